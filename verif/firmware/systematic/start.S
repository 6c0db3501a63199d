# SPDX-License-Identifier: Apache-2.0
#
# Goes systematically through what random programs meet too rarely: every instruction with corner
# operands at every distance, every pair of kinds of instructions, every cause of a trap behind each
# of them, every CSR in every form. It checks nothing: it runs in lock-step with the reference.

#include "macros.h"

  .section .start, "ax"
  .globl _start
_start:
  beqz x27, begin             # a jump through the corner 0x80000000 ends here: go on
  jr   x27
  .balign 64
  .space 192                  # stores through the corner 0x80000000

begin:
  la   x27, begin
  la   gp, pool
  li   tp, Device
  la   x31, trap_handler
  csrw mtvec, x31
  li   x31, 1
  sw   x31, Arm(tp)           # bus errors and interrupts may come, if the run asks for them
  call operands
  call encodings
  call hazards
  call jumps
  call csrs
  call pairs
  call handlers
  sw   x0, Arm(tp)
  la   t0, tohost
  li   t1, 1
1:
  sw   t1, 0(t0)
  j    1b

  .data
  .balign 64
  .globl pool
pool:
  .word 0, 1, -1, 0x80000000, 0x7fffffff, 0x12345678, 0x87654321, 0
  .space 128
  .balign 64
  .globl tohost
tohost:
  .word 0
