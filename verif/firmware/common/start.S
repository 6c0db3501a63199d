# SPDX-License-Identifier: Apache-2.0
#
# Start-up: stack, cleared .bss, main, exit with main's value. Any trap ends the run with 256 + mcause, so that a
# crash is told apart from a result.

  .section .text.start, "ax"
  .globl _start
_start:
  la   t0, trap
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
  call main
exit:
  li   t0, 0xF0000000       # DEVICE_EXIT
  sw   a0, 4(t0)
3:
  j    3b

  .balign 4
trap:
  csrr a0, mcause
  addi a0, a0, 256
  j    exit
