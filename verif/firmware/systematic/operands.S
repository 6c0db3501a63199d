# SPDX-License-Identifier: Apache-2.0
#
# Every instruction with every corner value in each operand, at every distance from its writer.

#include "macros.h"

# 16-bit instructions a second time, in the other halves of their words
.macro short_operand reg, insn
  distances \reg, "\insn"
  c.nop
  distances \reg, "\insn"
.endm

.macro one_operand name, arguments:vararg
  distances a0, "\name \arguments"
.endm

.macro two_operands name, arguments:vararg
  distances a0, "\name \arguments"
  distances a1, "\name \arguments"
  both a0, a1, "\name \arguments"
.endm

  .section .text
  .globl operands
operands:
  checkpoint
  mv   s0, ra
  mv   s1, sp
  li   x25, 1
  .option norvc
  .irp name, add, sub, sll, slt, sltu, xor, srl, sra, or, and
  two_operands \name, a2, a0, a1
  .endr
  .irp name, mul, mulh, mulhsu, mulhu, div, divu, rem, remu
  two_operands \name, a2, a0, a1
  .endr
  two_operands x.xor, a2, a0, a1
  two_operands x.sum, a2, a0, a1
  two_operands x.add, a0, a1
  .irp name, beq, bne, blt, bge, bltu, bgeu
  two_operands \name, a0, a1, .+4
  .endr
  .irp name, sb, sh, sw
  two_operands \name, a1, Scratch(a0)
  .endr
  .irp name, addi, slti, sltiu, xori, ori, andi
  one_operand \name, a2, a0, 5
  .endr
  .irp name, slli, srli, srai
  one_operand \name, a2, a0, 5
  .endr
  .irp name, lb, lh, lw, lbu, lhu
  one_operand \name, a2, Scratch(a0)
  .endr
  .irp name, csrrw, csrrs, csrrc
  one_operand \name, a2, mscratch, a0
  .endr
  .option rvc
  .irp name, c.sub, c.xor, c.or, c.and, c.add
  short_operand a0, "\name a0, a1"
  short_operand a1, "\name a0, a1"
  both a0, a1, "\name a0, a1"
  .endr
  short_operand a0, "c.sw a1, Scratch(a0)"
  short_operand a1, "c.sw a1, Scratch(a0)"
  both a0, a1, "c.sw a1, Scratch(a0)"
  short_operand sp, "c.swsp a1, Scratch(sp)"
  short_operand a1, "c.swsp a1, Scratch(sp)"
  both sp, a1, "c.swsp a1, Scratch(sp)"
  short_operand a1, "c.mv a2, a1"
  .irp name, c.addi, c.andi, c.slli, c.srli, c.srai
  short_operand a0, "\name a0, 5"
  .endr
  short_operand a0, "c.lw a2, Scratch(a0)"
  short_operand a0, "c.beqz a0, .+2"
  short_operand a0, "c.bnez a0, .+2"
  short_operand sp, "c.lwsp a2, Scratch(sp)"
  short_operand sp, "c.addi4spn a2, sp, 16"
  short_operand sp, "c.addi16sp sp, 32"

  # Jumps go nowhere: every target is outside the memory, or is _start.
  li   x25, 0
  distances a0, "jalr a2, -4(a0); 2:", "la x27, 2f"
  .rept 2
  distances a0, "c.jalr a0; 2:", "la x27, 2f"
  distances a0, "c.jr a0; 2:", "la x27, 2f"
  c.nop
  .endr
  mv   sp, s1
  jr   s0
