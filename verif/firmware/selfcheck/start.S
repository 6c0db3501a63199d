# SPDX-License-Identifier: Apache-2.0
#
# Start-up, and the two ways into the trap handler: one address (direct), or a table (vectored).
#
# At the start all registers must read zero: reset clears them, not this code.

  .section .text.start, "ax"
  .globl _start
_start:
  or   a0, x1, x2
  or   a0, a0, x3
  or   a0, a0, x4
  or   a0, a0, x5
  or   a0, a0, x6
  or   a0, a0, x7
  or   a0, a0, x8
  or   a0, a0, x9
  or   a0, a0, x11
  or   a0, a0, x12
  or   a0, a0, x13
  or   a0, a0, x14
  or   a0, a0, x15
  or   a0, a0, x16
  or   a0, a0, x17
  or   a0, a0, x18
  or   a0, a0, x19
  or   a0, a0, x20
  or   a0, a0, x21
  or   a0, a0, x22
  or   a0, a0, x23
  or   a0, a0, x24
  or   a0, a0, x25
  or   a0, a0, x26
  or   a0, a0, x27
  or   a0, a0, x28
  or   a0, a0, x29
  or   a0, a0, x30
  or   a0, a0, x31
  mv   s0, a0
  la   t0, trap_direct
  csrw mtvec, t0
  la   sp, _stack_top
  la   t0, _bss_begin
  la   t1, _bss_end
1:
  bgeu t0, t1, 2f
  sw   zero, 0(t0)
  addi t0, t0, 4
  j    1b
2:
  mv   a0, s0
  call main
3:
  j    3b

# All registers but sp are kept on the stack; handle_trap(entry) does the rest. `entry` is the number
# of the entry in the table, or 255 when there was none.

.macro entry number
  addi sp, sp, -128
  sw   a0, 40(sp)
  li   a0, \number
  j    trap_common
.endm

  .text
  .balign 4
  .globl trap_direct
trap_direct:
  entry 255

trap_entry_0:
  entry 0
trap_entry_3:
  entry 3
trap_entry_7:
  entry 7
trap_entry_11:
  entry 11
trap_entry_other:
  entry 254

  .balign 4
  .globl trap_table
  .option push
  .option norvc
trap_table:
  j trap_entry_0
  j trap_entry_other
  j trap_entry_other
  j trap_entry_3
  j trap_entry_other
  j trap_entry_other
  j trap_entry_other
  j trap_entry_7
  j trap_entry_other
  j trap_entry_other
  j trap_entry_other
  j trap_entry_11
  .option pop

.macro each_register op
  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
  \op  x\n, 4*\n(sp)
  .endr
  .irp n, 23, 24, 25, 26, 27, 28, 29, 30, 31
  \op  x\n, 4*\n(sp)
  .endr
.endm

trap_common:
  each_register sw
  call handle_trap
  each_register lw
  lw   a0, 40(sp)
  addi sp, sp, 128
  mret
