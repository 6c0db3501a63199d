# SPDX-License-Identifier: Apache-2.0
#
# The table of docs/riscv.md, in cycles, with memories that grant at once. Prediction changes no
# result, only these numbers: without this program nobody would notice that it is broken.
# Exit code 2 n + 1: the n-th measurement is wrong.

# Between two readings of mcycle, the second of which waits a cycle for stage M. The code starts at a
# jump, so that nothing has been fetched ahead.
.macro begin
  .option norvc
  la   t1, 9f
  .balign 4
  csrr s0, mcycle
  jr   t1
  .balign 4
9:
.endm

.macro takes cycles
  .option norvc
  .balign 4
  nop                         # behind a jump, the wait for stage M would go unseen
  csrr s1, mcycle
  addi s2, s2, 1
  sub  s1, s1, s0
  li   t0, \cycles + 5        # the jump: 2; the NOP: 1; the reading: 2
  bne  s1, t0, wrong
.endm

  .text
  .globl _start
_start:
  li   s2, 0
  la   a2, pool
  li   a1, 3

  begin
  .rept 8
  add  a0, a0, a1
  .endr
  takes 8

  begin
  .rept 4
  mul  a0, a0, a1
  .endr
  takes 4

  begin
  .rept 2
  mulhu a0, a0, a1
  .endr
  takes 8

  begin
  div  a0, a0, a1
  remu a0, a0, x0
  takes 68

  begin
  .rept 4
  lw   a0, 4(a2)
  sw   a0, 8(a2)
  .endr
  takes 12                    # each store waits for the datum

  begin
  lw   a0, 1(a2)
  sw   a1, 9(a2)
  takes 4                     # across two words

  begin
  lw   a0, 4(a2)
  add  a0, a0, a1
  lw   a0, 4(a2)
  mul  a0, a0, a1
  takes 4

  begin
  mv   a0, a2
  .rept 4
  lw   a0, 0(a0)
  .endr
  takes 8                     # the first address is there

  begin
  lw   a0, 4(a2)
  bnez a0, wrong
  lw   a0, 4(a2)
  mulh a0, a0, a1
  takes 8                     # the branch does not wait: it goes where it was predicted to go

  begin
  .rept 4
  bne  x0, x0, wrong
  .endr
  takes 4

  begin
  .rept 4
  beq  x0, x0, 1f
  nop
1:
  .endr
  takes 8

  begin
  .rept 3
  auipc t2, 0
  jalr x0, 12(t2)
  nop
  .endr
  takes 9

  begin
  auipc t2, 0
  jalr x0, 10(t2)
  .option rvc
  c.nop
  .option norvc
  add  a0, a0, a1             # at 10: across two words
  .option rvc
  c.nop
  takes 6

  begin
  fence.i
  takes 2                     # stage M is empty

  # Predicted: the branch waits in the half word register while the first instruction leaves
  begin
  .option rvc
  li   a0, 16
  .balign 4
1:
  c.addi a0, -1
  c.bnez a0, 1b
  takes 35

  # Not predicted: whatever arrives leaves at once
  begin
  li   a0, 16
1:
  addi a0, a0, -1
  bnez a0, 1b
  takes 48

  # Predicted, as the division holds up what is behind it
  begin
  li   a0, 4
1:
  divu a3, a1, a1
  addi a0, a0, -1
  bnez a0, 1b
  takes 146

  # Jumps in the second half of a word, either way
  begin
  .option rvc
  .rept 4
  c.addi a0, 1
  c.j  1f
  .balign 4
  nop
  .balign 4
1:
  .endr
  takes 8

  li   s2, 0                  # exit code 1
wrong:
  slli s2, s2, 1
  ori  s2, s2, 1
  la   t0, tohost
1:
  sw   s2, 0(t0)
  j    1b

  .data
  .balign 64
pool:
  .word pool, 0, 0, 0
  .balign 64
  .globl tohost
tohost:
  .word 0
