# SPDX-License-Identifier: Apache-2.0
#
# Every kind of instruction after every kind, and every cause of a trap after every kind; first in
# peace, then with an interrupt somewhere in each pair.

#include "macros.h"
#include "kinds.h"

# A pair, with a load behind it. x26 = 0: all lines are up and masked, so that WFI falls through.
# x26 = 8: one line comes up in a few cycles.
.macro pair first, second
  la   a5, 8f
  la   a6, 9f
  la   x27, 9f
  csrw mstatus, x0
  csrw mepc, a6
  .ifc \first, mret
  csrw mepc, a5
  .endif
  bnez x26, 5f
  li   a7, 7
  sw   a7, Lines(tp)
  j    6f
5:
  sw   x0, Lines(tp)
  sw   s6, Raise(tp)
6:
  j    7f
4:
  lw   a4, Zero(gp)
  j    9f
7:
  csrw mstatus, x26
  held_\second
  k_\first 8f, a5
8:
  k_\second 9f, a6
9:
  lw   a4, Zero(gp)
  call next_moment
.endm

# Jumps that wait in F, behind what holds up X, are predicted.
.irp second, alu, mul, mulh, div, load, load_split, store, store_split, taken, branch, jump, jalr, csr
.macro held_\second
.endm
.endr
.irp second, fence, fence_i, mret, wfi, offload, offload_rd, nowhere, illegal, refused, system, absent
.macro held_\second
.endm
.endr
.irp second, read_only, ebreak, c_ebreak, ecall, load_fault, load_second, store_fault, store_second
.macro held_\second
.endm
.endr
.irp second, back, forth
.macro held_\second
  mulh x0, a0, a1
.endm
.endr

.macro after first
  .irp second, alu, mul, mulh, div, load, load_split, store, store_split, taken, branch, jump
  pair \first, \second
  .endr
  .irp second, jalr, csr, fence, fence_i, wfi, offload, offload_rd, back, forth
  pair \first, \second
  .endr
  .ifnc \first, mret          # it would return to itself
  pair \first, mret
  .endif
  .irp second, nowhere, illegal, refused, system, absent, read_only, ebreak, c_ebreak, ecall
  pair \first, \second
  .endr
  .irp second, load_fault, load_second, store_fault, store_second
  pair \first, \second
  .endr
.endm

  .section .text
  .globl pairs
pairs:
  checkpoint
  mv   s0, ra
  mv   s1, sp
  li   x25, 0
  la   x27, pairs_begin
pairs_begin:
  li   s2, MemoryEnd
  li   s3, MemoryEnd - 2
  li   s6, 1 << 29 | 9
  li   s7, 9
  li   s9, 1
  li   t0, 0x888
  csrw mie, t0
  li   a0, -7
  li   a1, 3
  li   x26, 0
  li   s8, 9
1:
  .option norvc
  .irp first, alu, mul, mulh, div, load, load_split, store, store_split, taken, branch, jump
  after \first
  .endr
  .irp first, jalr, csr, fence, fence_i, mret, wfi, offload, offload_rd
  after \first
  .endr
  # A predicted jump to another one
  .irp first, "j 12b", "beq x0, x0, 12b"
  .irp second, "j 11b", "beq x0, x0, 11b"
  la   x27, 14f
  j    13f
11:
  lw   a4, Zero(gp)
  j    14f
12:
  \second
13:
  mulh x0, a0, a1
  \first
14:
  .endr
  .endr
  .option rvc
  addi s8, s8, -1
  slti x26, s8, 7             # three times in peace
  slli x26, x26, 3
  blez s8, 2f           # not only 0: what is lost here is counted twice
  la   t0, 1b
  jr   t0
2:
  la   x27, 2b
  csrw mstatus, x0
  csrw mie, x0
  sw   x0, Raise(tp)
  sw   x0, Lines(tp)
  li   x25, 0
  mv   sp, s1
  jr   s0

# The line and the moment of the next interrupt: each line in turn, after 1 to 32 cycles.
next_moment:
  addi s7, s7, 7
  andi s7, s7, 31
  srli s9, s9, 1
  bnez s9, 3f
  li   s9, 4
3:
  slli t0, s9, 29
  add  s6, t0, s7
  addi s6, s6, 1
  ret
