# SPDX-License-Identifier: Apache-2.0
#
# Each kind of instruction that writes a register, and each that reads it one to three instructions
# later, as either operand.

#include "macros.h"

# Writers of a0. a1 * a2 and the like lie outside the memory, so that what takes them for addresses
# fails and goes on at label 9. A jump leaves the address of one that leads there.
.macro w_alu
  add  a0, a1, a2
.endm
.macro w_mul
  mul  a0, a1, a2
.endm
.macro w_mulh
  mulh a0, a1, a2
.endm
.macro w_div
  div  a0, a1, a2
.endm
.macro w_load
  lw   a0, 20(gp)
.endm
.macro w_load_split
  lw   a0, 21(gp)
.endm
.macro w_jump
  jal  a0, 7f
  j    9f
  .word 0                     # a store may land here
7:
.endm
.macro w_jalr
  jalr a0, 0(a5)
  j    9f
  .word 0
7:
.endm
.macro w_csr
  csrr a0, mscratch
.endm
.macro w_offload_rd
  x.xor a0, a1, a2
.endm

.macro hazard writer, reader, load
  la   x27, 9f
  la   a5, 7f
  w_\writer
7:
  \load
  \reader
9:
  lw   a4, Zero(gp)
.endm

.macro read_after writer, load
  .irp reader, add, mul, mulh, div, x.xor
  hazard \writer, "\reader a3, a0, a1", "\load"
  hazard \writer, "\reader a3, a1, a0", "\load"
  .endr
  hazard \writer, "x.add a0, a1", "\load"
  hazard \writer, "x.add a1, a0", "\load"
  hazard \writer, "lw a3, 4(a0)", "\load"
  hazard \writer, "sw a1, 4(a0)", "\load"
  hazard \writer, "sw a0, Scratch(gp)", "\load"
  hazard \writer, "beq a0, x0, .+4", "\load"
  hazard \writer, "beq x0, a0, .+4", "\load"
  hazard \writer, "jalr a3, 0(a0)", "\load"
  hazard \writer, "csrrw a3, mcause, a0", "\load"
.endm

  .section .text
  .globl hazards
hazards:
  checkpoint
  mv   s0, ra
  li   x25, 0
  li   a1, -7
  li   a2, 3
  li   t0, 0x55
  csrw mscratch, t0
  .option norvc
  .irp writer, alu, mul, mulh, div, load, load_split, jump, jalr, csr, offload_rd
  .rept 6                     # with a load behind, that is seldom fetched in time to wait
  read_after \writer, ""
  .endr
  read_after \writer, "lw a4, Zero(gp)"
  read_after \writer, "lw a4, Zero(gp); lw a4, Zero(gp)"
  .endr

  # A division leaves the fetch port much time; now and then it is not enough.
  li   s2, 400
  li   a6, 1
  li   a7, 7
  li   s3, 0x888
  la   x27, 2f
2:
  la   a5, 7f
  .irp reader, add, mul
  div  a0, a1, a2
  \reader a3, a0, a1
  div  a0, a1, a2
  \reader a3, a1, a0
  div  a0, a1, a2
  \reader a3, a1, a1
  .irp operands, "a0, a1", "a1, a0"
  div  a0, a1, a2
  beq  x0, x0, 1f             # fetched anew, with the division one instruction further away
  nop
1:
  \reader a3, \operands
  .endr
  .endr
  div  a0, a1, a2
  beq  a0, x0, .+4
  div  a0, a1, a2
  beq  x0, a0, .+4
  div  a0, a1, a2
  beq  x0, x0, 3f
  nop
3:
  div  a0, a1, a2
  jal  x0, 4f
  nop
4:
  div  a0, a1, a2
  fence
  csrw mie, s3                # for WFI
  sw   a7, Lines(tp)
  div  a0, a1, a2
  wfi
  div  a0, a5, a6
  jalr a3, 0(a0)
7:
  addi s2, s2, -1
  bgtz s2, 2b

  # What is rare before instructions across two words, the second of which may fail
  li   s2, 100
  la   x27, 2f
  .option rvc
  .balign 4
2:
  c.nop
  .option norvc
  sw   a7, Lines(tp)
  .rept 4
  fence
  add  a4, a4, a4
  fence.i
  add  a4, a4, a4
  wfi
  add  a4, a4, a4
  .endr
  .option rvc
  c.nop
  addi s2, s2, -1
  bgtz s2, 2b
  checkpoint                  # back there WFI would wait for ever
  csrw mie, x0
  sw   x0, Lines(tp)
  jr   s0
