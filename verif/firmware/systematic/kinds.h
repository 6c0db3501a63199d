# SPDX-License-Identifier: Apache-2.0
#
# One macro for each kind of instruction and for each cause of a trap, all of 32 bits.

# Each kind of instruction. \next: the label behind it. \register: holds its address.
.macro k_alu next, register
  add  a2, a0, a1
.endm
.macro k_mul next, register
  mul  a2, a0, a1
.endm
.macro k_mulh next, register
  mulh a2, a0, a1
.endm
.macro k_div next, register
  div  a2, a0, a1
.endm
.macro k_load next, register
  lw   a2, Scratch(gp)
.endm
.macro k_load_split next, register
  lw   a2, Scratch+1(gp)
.endm
.macro k_store next, register
  sw   a0, Scratch(gp)
.endm
.macro k_store_split next, register
  sw   a0, Scratch+1(gp)
.endm
.macro k_taken next, register
  beq  x0, x0, 7f
  nop
7:
.endm
.macro k_branch next, register
  bne  x0, x0, \next
.endm
.macro k_back next, register  # pairs.S has what it goes back to
  beq  x0, x0, 4b
.endm
.macro k_forth next, register
  j    \next
.endm
.macro k_jump next, register
  jal  x0, 7f
  nop
7:
.endm
.macro k_jalr next, register
  jalr a2, 0(\register)
.endm
.macro k_csr next, register
  csrr a2, mscratch
.endm
.macro k_fence next, register
  fence
.endm
.macro k_fence_i next, register
  fence.i
.endm
.macro k_mret next, register
  mret
.endm
.macro k_wfi next, register
  wfi
.endm
.macro k_offload next, register
  x.add a0, a1
.endm
.macro k_offload_rd next, register
  x.xor a2, a0, a1
.endm

# Each cause of a trap. s2..s5 hold addresses where accesses fail.
.macro k_nowhere next, register
  jr   s2
.endm
.macro k_illegal next, register
  .2byte 0
  .2byte 0
.endm
.macro k_refused next, register
  .insn r 0x5b, 0, 0, a2, a0, a1
.endm
.macro k_system next, register
  .4byte 0x10200073
.endm
.macro k_absent next, register
  csrr a2, 0x180
.endm
.macro k_read_only next, register
  csrw mhartid, a0
.endm
.macro k_ebreak next, register
  ebreak
.endm
.macro k_c_ebreak next, register
  .2byte 0x9002
  .2byte 0x0001
.endm
.macro k_ecall next, register
  ecall
.endm
.macro k_load_fault next, register
  lw   a2, 0(s2)
.endm
.macro k_load_second next, register
  lw   a2, 0(s3)
.endm
.macro k_store_fault next, register
  sw   a0, 0(s2)
.endm
.macro k_store_second next, register
  sw   a0, 0(s3)
.endm

