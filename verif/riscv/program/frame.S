# SPDX-License-Identifier: Apache-2.0
#
# The frame of a random program. It is preprocessed with BODY naming the file with the blocks.
#
# Registers the frame owns; the blocks leave them alone, all others are theirs:
#   x2, x8     point into the data         x26  where the next block begins
#   x24        for the blocks' addresses   x28, x29  the trap handler's, changed at any time
#   x30        counts inner loops          x31  counts passes through the program
#
# No trap may end the program. A faulting or illegal instruction is skipped, a fetch that failed at
# random is tried again, and when the handler itself traps, what it knew is lost and the next block
# begins. Interrupts mask themselves until the program enables them again.

  .equ Device, 0xf0000000
  .equ Mpie, 0x80

  .section .text
  .globl _start
_start:
  la    x2, data + 2048
  la    x8, data + 6144
  la    x26, finish
  la    x24, trap_table + VECTORED
  csrw  mtvec, x24
  li    x24, Device
  li    x29, 1
  sw    x29, 0x18(x24)           # from now on errors and interrupts may come
  li    x24, 0x888
  csrw  mie, x24
  li    x31, PASSES
next_pass:
  beqz  x31, finish
  addi  x31, x31, -1
  j     blocks

finish:
  li    x24, Device
  sw    x0, 0x18(x24)
  sw    x0, 0x0c(x24)
  la    x24, tohost
  li    x29, 1
1:
  sw    x29, 0(x24)
  j     1b

  # One entry for each cause of a vectored interrupt, and for all traps
  .option push
  .option norvc
  .balign 64
trap_table:
  .rept 12
  j     handler
  .endr
  .option pop

handler:
  csrr  x28, mepc
  la    x29, trap_table
  bltu  x28, x29, 1f
  la    x29, handler_end
  bltu  x28, x29, recover        # the handler itself has trapped
1:
  csrr  x29, minstret            # now and then it traps on purpose
  andi  x29, x29, 31
  bnez  x29, 1f
  ebreak
1:
  csrr  x29, mtval
  csrr  x29, mcause
  bltz  x29, interrupt
  addi  x29, x29, -1
  beqz  x29, fetch_fault
  lhu   x29, 0(x28)
  andi  x29, x29, 3
  addi  x29, x29, -3
  addi  x28, x28, 2
  bnez  x29, 1f
  addi  x28, x28, 2
1:
  csrw  mepc, x28
  mret

fetch_fault:
  la    x29, blocks
  bltu  x28, x29, recover
  la    x29, blocks_end
  bgeu  x28, x29, recover
  j     again

interrupt:
  csrr  x29, mip
  li    x29, Mpie
  csrc  mstatus, x29
again:                           # at an mret mepc is lost: it would return to itself for ever
  lhu   x29, 0(x28)
  addi  x29, x29, -0x73
  bnez  x29, 1f
  lhu   x29, 2(x28)
  li    x28, 0x3020
  beq   x29, x28, recover
1:
  mret

recover:
  csrw  mepc, x26
  mret
handler_end:

  .balign 4
blocks:
#include BODY
  j     next_pass
blocks_end:
  nop                            # fetched ahead, never executed
  nop

  .section .data
  .balign 64
  .globl data
data:
  .fill 2048, 4, 0x9e3779b9
  .section .tohost, "aw"
  .balign 64
  .globl tohost
tohost:
  .word 0
