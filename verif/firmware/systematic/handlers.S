# SPDX-License-Identifier: Apache-2.0
#
# Handlers that begin with each kind of instruction; interrupts whose handlers trap at once; traps in
# traps; interrupts with others pending; WFI. At the end the handler of the whole program.

#include "macros.h"
#include "kinds.h"

# Exceptions, then an interrupt, whose handler begins with this kind of instruction.
.macro handled_by kind
  li   s4, 8
  la   a3, trap_handler       # while a6 and mtvec do not belong together
  csrw mtvec, a3
  la   a6, behind_\kind       # for JALR
  la   a3, stub_\kind
  csrw mtvec, a3
8:
  la   x27, 9f
  li   a7, 7
  sw   a7, Lines(tp)          # for WFI
  lw   a4, 0(s2)
9:
  addi s4, s4, -1
  bgtz s4, 8b
  interrupt_with stub_\kind
.endm

# An interrupt through mtvec = \vector, in a few cycles. A line is up, or about to rise, whatever trap
# comes by chance: the handler may begin with WFI.
.macro interrupt_with vector
  la   x27, 9f
  la   a3, \vector
  csrw mtvec, a3
  li   a7, 1 << 29 | 12
  sw   a7, Raise(tp)
  sw   x0, Lines(tp)
  csrwi mstatus, 8
  .rept 24
  lw   a4, Zero(gp)
  .endr
9:
  csrw mstatus, x0
  li   a7, 7
  sw   a7, Lines(tp)
.endm

.macro stub kind
  aligned
stub_\kind:
  k_\kind behind_\kind, a6
behind_\kind:
  lw   a4, Zero(gp)
  j    trap_handler
.endm

# The same in 16 bits
.macro k_short next, register
  .option rvc
  c.nop
  .option norvc
.endm

# A table whose entry for exceptions is the handler, and all others trap
.macro table kind
  aligned
table_\kind:
  j    trap_handler
  .rept 11
  k_\kind 0, 0
  .endr
.endm

  .section .text
  .globl handlers
handlers:
  checkpoint
  mv   s0, ra
  mv   s1, sp
  li   x25, 0
  la   x27, handlers_anew
handlers_anew:
  .option norvc
  li   s2, MemoryEnd
  li   s3, MemoryEnd - 2
  li   t0, 0x888
  csrw mie, t0
  csrw mstatus, x0
  .irp kind, alu, mul, mulh, div, load, load_split, store, store_split, taken, branch, jump
  handled_by \kind
  .endr
  .irp kind, jalr, csr, fence, fence_i, wfi, offload, offload_rd, short
  handled_by \kind
  .endr
  .irp kind, nowhere, illegal, refused, system, absent, read_only, ebreak, c_ebreak, ecall
  interrupt_with table_\kind + 1
  .endr
  .irp kind, load_fault, load_second, store_fault, store_second
  interrupt_with table_\kind + 1
  .endr

  # Handlers that begin with an access, often: it may fail by chance.
  .irp kind, load, load_split, store, store_split
  la   a3, stub_\kind
  csrw mtvec, a3
  li   s4, 200
1:
  la   x27, 2f
  lw   a4, 0(s2)
2:
  addi s4, s4, -1
  bgtz s4, 1b
  .endr

  # Exceptions whose handler is nothing but MRET: what failed by chance is tried again. If MRET
  # itself fails so, it returns to itself, until an interrupt ends it.
.macro accesses
1:
  lw   a4, Scratch(gp)
  lw   a4, Scratch+1(gp)
  sw   a4, Scratch(gp)
  sw   a4, Scratch+1(gp)
  addi s4, s4, -1
  bgtz s4, 1b
.endm
  la   x27, interrupts_return
  la   a3, table_returns + 1
  csrw mtvec, a3
  sw   x0, Lines(tp)
  li   a7, 1 << 29 | 4000
  sw   a7, Raise(tp)
  li   s4, 60
  csrwi mstatus, 8
  accesses

  # Interrupts, likewise: one that comes by chance, as no other does here, goes by chance.
interrupts_return:
  csrw mstatus, x0
  la   x27, pending
  la   a3, table_mret + 1
  csrw mtvec, a3
  sw   x0, Raise(tp)
  sw   x0, Lines(tp)
  csrwi mie, 8
  li   s4, 500
  csrwi mstatus, 8
  accesses

  # Each interrupt alone and with the others pending, direct and vectored
pending:
  csrw mstatus, x0
  li   s4, 0
2:
  la   a3, table_plain
  add  a3, a3, s4
  csrw mtvec, a3
  .irp lines, 1, 2, 3, 4, 5, 6, 7
  .irp enabled, 1, 2, 4
  .if \lines & \enabled
  la   x27, 9f
  li   a7, (\enabled & 1) << 3 | (\enabled & 2) << 6 | (\enabled & 4) << 9
  csrw mie, a7
  li   a7, \lines
  sw   a7, Lines(tp)
  lw   a7, Lines(tp)
  csrwi mstatus, 8
  nop
  nop
9:
  csrw mstatus, x0
  .endif
  .endr
  .endr
  addi s4, s4, 1
  li   t0, 2
  blt  s4, t0, 2b

  # WFI ended by each line soon and late, with interrupts on and off
  li   t0, 0x888
  csrw mie, t0
  .irp line, 1, 2, 4
  .irp delay, 14, 500
  .irp mie, 0, 8
  la   x27, 9f
  sw   x0, Lines(tp)
  li   a7, \line << 29 | \delay
  sw   a7, Raise(tp)
  csrwi mstatus, \mie
  wfi
9:
  csrw mstatus, x0
  sw   x0, Raise(tp)
  .endr
  .endr
  .endr
  sw   x0, Lines(tp)

  # Traps in traps, then interrupts in interrupts. This handler cannot lose what it knew.
  sw   x0, Arm(tp)
  la   a3, nested
  csrw mtvec, a3
  la   s5, pool + Scratch
  li   s4, 0
  la   x27, handlers_end
  ecall
  la   x27, handlers_end
  li   a7, 1 << 29 | 10
  sw   a7, Raise(tp)
  csrwi mstatus, 8
  .rept 40
  nop
  .endr
handlers_end:
  li   a7, 1
  sw   a7, Arm(tp)
  csrw mstatus, x0
  csrw mie, x0
  sw   x0, Raise(tp)
  sw   x0, Lines(tp)
  la   a3, trap_handler
  csrw mtvec, a3
  .option rvc
  mv   sp, s1
  jr   s0

  # All below counts as handler: a trap in it makes the handler forget what it was doing.
  .option norvc
  aligned
stubs:
  .irp kind, alu, mul, mulh, div, load, load_split, store, store_split, taken, branch, jump
  stub \kind
  .endr
  .irp kind, jalr, csr, fence, fence_i, wfi, offload, offload_rd, short
  stub \kind
  .endr
  .irp kind, nowhere, illegal, refused, system, absent, read_only, ebreak, c_ebreak, ecall
  table \kind
  .endr
  .irp kind, load_fault, load_second, store_fault, store_second
  table \kind
  .endr
  table mret
table_returns:
  mret
  .rept 11
  j    trap_handler
  .endr
table_plain:
  .rept 12
  j    trap_handler
  .endr

# Saves mepc at s5, and traps or is interrupted again until it is four deep (s4).
  aligned
nested:
  csrr a3, mepc
  csrr a4, mcause
  sw   a3, 0(s5)
  addi s5, s5, 4
  addi s4, s4, 1
  sw   x0, Lines(tp)
  li   a7, 4
  bgeu s4, a7, 2f
  bltz a4, 1f
  ecall
  j    2f
1:
  li   a7, 1 << 29 | 10
  sw   a7, Raise(tp)
  csrwi mstatus, 8
  .rept 40
  nop
  .endr
  csrw mstatus, x0
2:
  addi s5, s5, -4
  addi s4, s4, -1
  lw   a3, 0(s5)
  lhu  a7, 0(a3)              # an ECALL is left behind, everything else is done again
  addi a7, a7, -0x73
  bnez a7, 3f
  addi a3, a3, 4
3:
  csrw mepc, a3
  mret

# The handler of the program. A failed fetch inside the program is tried again, everything else goes
# on at x27 or, with x25, behind the instruction; interrupts at x27, for an MRET that they came
# before has lost its mepc. When the handler itself traps, what it knew is lost: x27.
  aligned
  .globl trap_handler
trap_handler:
  csrr x31, mepc
  la   x30, stubs
  bltu x31, x30, 1f
  la   x30, trap_handler_end
  bltu x31, x30, resume
1:
  csrr x30, mcause
  bltz x30, lower_lines
  addi x30, x30, -1
  beqz x30, fetch_fault
  beqz x25, resume
  lhu  x30, 0(x31)
  andi x30, x30, 3
  addi x30, x30, -3
  addi x31, x31, 2
  bnez x30, 1f
  addi x31, x31, 2
1:
  csrw mepc, x31
  mret
fetch_fault:
  srli x30, x31, 22           # inside the memory, or beyond it
  addi x30, x30, -512
  bnez x30, resume
  mret
lower_lines:
  li   x30, 1 << 29 | 600     # first: a trap in between may go to a WFI, which must not wait for ever
  sw   x30, Raise(tp)
  sw   x0, Lines(tp)
resume:
  csrw mepc, x27
  mret
trap_handler_end:
  nop                         # fetched ahead, never executed
  nop
