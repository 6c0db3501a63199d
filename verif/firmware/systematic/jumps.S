# SPDX-License-Identifier: Apache-2.0
#
# Branches and jumps from either half of a word to either half, to 16 and 32 bits, near and far;
# code that changes itself; loads and stores at every offset, in pairs, and beyond the memory.

#include "macros.h"

# The instruction in one half of a word, its target (label 2) in one half: 0 lower, 2 upper.
.macro place half, target, target_size, before, insn
  \before
  aligned
  .if \half
  c.nop
  .endif
  \insn
  c.nop
  aligned
  .if \target
  c.nop
  .endif
2:
  .if \target_size == 16
  c.nop
  .else
  .option norvc
  nop
  .option rvc
  .endif
.endm

.macro everywhere before, insn
  .irp half, 0, 2
  .irp target, 0, 2
  .irp size, 16, 32
  checkpoint
  place \half, \target, \size, "\before", "\insn"
  .endr
  .endr
  .endr
.endm

# A branch that is taken with the first two operands, and not with the last two
.macro branch name, taken_a, taken_b, other_a, other_b
  everywhere "li a0, \taken_a; li a1, \taken_b", ".option norvc; \name a0, a1, 2f; .option rvc"
  everywhere "li a0, \other_a; li a1, \other_b", ".option norvc; \name a0, a1, 2f; .option rvc"
.endm

  .section .text
  .globl jumps
jumps:
  checkpoint
  mv   s0, ra
  mv   s1, sp
  checkpoint
  li   x25, 1
  branch beq, 1, 1, 1, 2
  branch bne, 1, 2, 1, 1
  branch blt, -1, 1, 1, -1
  branch bge, 1, -1, -1, 1
  branch bltu, 1, -1, -1, 1
  branch bgeu, -1, 1, 1, -1
  .irp value, 0, 1
  everywhere "li a0, \value", "c.beqz a0, 2f"
  everywhere "li a0, \value", "c.bnez a0, 2f"
  .endr
  everywhere "", ".option norvc; jal ra, 2f; .option rvc"
  everywhere "la a5, 2f", ".option norvc; jalr ra, 0(a5); .option rvc"
  everywhere "", "c.j 2f"
  everywhere "", "c.jal 2f"
  everywhere "la a5, 2f", "c.jr a5"
  everywhere "la a5, 2f", "c.jalr a5"
  everywhere "la a5, 2f; csrw mepc, a5", "mret"

  # Far: beyond half of the reach, both ways. `before` comes behind the checkpoint: a branch that is
  # not taken falls into the gap, whose many traps hardly ever come to an end with bus errors.
.macro far_branch gap, insn, before
  checkpoint
  \before
  j    3f
4:
  j    5f
  .skip \gap
3:
  \insn 4b
5:
  \insn 6f
  .skip \gap
6:
.endm
  .option norvc
  .irp insn, "beq x0, x0,", "bne sp, x0,", "blt x0, sp,", "bge sp, x0,", "bltu x0, sp,", "bgeu sp, x0,"
  far_branch 3000, "\insn", "li sp, 1"
  .endr
  .option rvc
  far_branch 160, "c.beqz a0,", "li a0, 0"
  far_branch 160, "c.bnez a0,", "li a0, 1"
  far_branch 1400, "c.j"
  far_branch 1400, "c.jal"

  # Back by little, which no other part does
.macro back insn
  checkpoint
  j    3f
2:
  j    4f
3:
  \insn 2b
4:
.endm
  li   a0, 0
  li   a1, 1
  .option norvc
  back "beq a0, x0,"
  back "bne a0, a1,"
  back "blt a0, a1,"
  back "bge a1, a0,"
  back "bltu a0, a1,"
  back "bgeu a1, a0,"
  back "jal x0,"
  .option rvc
  back "c.beqz a0,"
  li   a0, 1
  back "c.bnez a0,"
  back "c.j"
  back "c.jal"
  .rept 8                     # held up by a load
  lw   a4, Zero(gp)
  c.j  .+2
  lw   a4, Zero(gp)
  c.jal .+2
  .endr
  .option norvc
  jal  ra, far
  .option rvc

  # Code that changes itself: by each store, right behind FENCE.I and two words on
.macro change option, store, address, behind
  checkpoint
  la   a3, 2f
  la   sp, 2f
  .option norvc
  lw   a0, 4f
  j    3f
  aligned
4:
  addi a2, x0, 7
3:
  .option \option
  aligned
  \store a0, \address
  .option norvc
  aligned
  fence.i
  .if \behind
  nop
  nop
  .endif
2:
  addi a2, x0, 1
  .option rvc
.endm
  checkpoint
  li   x25, 0                 # if any of it fails, all of it is done again
  .irp behind, 0, 1
  .irp name, sb, sh, sw
  change norvc, \name, 0(a3), \behind
  .endr
  change rvc, c.sw, 0(a3), \behind
  change rvc, c.swsp, 0(sp), \behind
  .endr
  checkpoint
  li   x25, 1

  # Every access at every offset, at once after one another
  .irp offset, 0, 1, 2, 3
  checkpoint
  la   sp, pool + 64 + \offset
  mv   a3, sp
  .option norvc
  .irp first, lb, lh, lw, lbu, lhu, sb, sh, sw
  \first a0, 0(sp)
  .endr
  .option rvc
  c.lw a0, 0(a3)
  c.sw a0, 0(a3)
  c.lwsp a0, 0(sp)
  c.swsp a0, 0(sp)
  .option norvc
  li   a1, -1
  .irp value, -1, 0
  li   a1, \value
  sw   a1, 0(sp)
  .irp name, lb, lh, lbu, lhu
  \name a0, 0(sp)
  .endr
  .endr
  .endr
  la   sp, pool + 64
  .irp first, "lw a0, 0(sp)", "lw a0, 1(sp)", "sw a1, 0(sp)", "sw a1, 1(sp)"
  .irp second, "lw a0, 0(sp)", "lw a0, 1(sp)", "sw a1, 0(sp)", "sw a1, 1(sp)", "lw a0, 8(sp)", "lw a0, 9(sp)", "sw a1, 8(sp)", "sw a1, 9(sp)"
  \first
  \second
  .endr
  .endr

  # Accesses that fail whole, in their first and in their second part, an offer right behind
  .irp base, MemoryEnd, MemoryEnd - 1, 0x7fffffff
  checkpoint
  li   sp, \base
  li   a3, \base
  .irp name, lb, lh, lw, lbu, lhu, sb, sh, sw
  .option norvc
  checkpoint
  li   sp, \base
  \name a0, 0(sp)
  x.xor a0, a0, a1
  \name a0, 0(sp)
  x.add a0, a1
  .endr
  .option rvc
  checkpoint
  li   sp, \base
  c.lw a0, 0(a3)
  x.xor a2, a4, a1
  c.sw a0, 0(a3)
  x.xor a2, a4, a1
  c.lwsp a0, 0(sp)
  x.xor a2, a4, a1
  c.swsp a0, 0(sp)
  x.xor a2, a4, a1
  .endr
  checkpoint                  # x25 = 0 ends what traps on purpose
  li   x25, 0
  mv   sp, s1
  jr   s0

  .section .far, "ax"
  .option norvc
far:
  mv   a5, ra
  jal  x0, near

  .section .text
near:
  jr   a5
