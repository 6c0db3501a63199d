# SPDX-License-Identifier: Apache-2.0
#
# Immediates at the ends of their ranges, x0 in every place, operands that share a register.

#include "macros.h"

  .section .text
  .globl encodings
encodings:
  checkpoint
  mv   s0, ra
  mv   s1, sp
  checkpoint
  li   x25, 1
  lw   a0, 20(gp)
  .option norvc
  .irp value, 0, 1, -1, 2047, -2048
  checkpoint
  .irp name, addi, slti, sltiu, xori, ori, andi
  \name a2, a0, \value
  .endr
  .irp name, lb, lh, lw, lbu, lhu
  \name a2, \value(gp)
  .endr
  la   a3, pool + 128 - \value
  .irp name, sb, sh, sw
  \name a0, \value(a3)
  .endr
  la   a3, 2f - \value
  jalr a2, \value(a3)
2:
  .endr
  .irp value, 0, 1, 5, 31
  slli a2, a0, \value
  srli a2, a0, \value
  srai a2, a0, \value
  csrrwi a2, mscratch, \value
  csrrsi a2, mscratch, \value
  csrrci a2, mscratch, \value
  .endr
  .irp value, 0, 1, 0x7ffff, 0x80000, 0xfffff
  lui  a2, \value
  auipc a2, \value
  .endr
  .option rvc
  .irp value, 1, 5, 31, -1, -32
  c.addi a0, \value
  c.li a0, \value
  c.andi a0, \value
  .endr
  c.li a0, 0
  c.andi a0, 0
  .2byte 0x0501               # c.addi a0, 0: a hint
  c.lui a0, 1
  c.lui a0, 31
  c.lui a0, 0xfffff
  c.lui a0, 0xfffe0
  .irp value, 16, 496, -512, -16
  la   sp, pool
  c.addi16sp sp, \value
  .endr
  la   sp, pool
  c.addi4spn a0, sp, 4
  c.addi4spn a0, sp, 1020
  .irp value, 0, 4, 124
  la   a3, pool + 64
  c.lw a0, \value(a3)
  la   a3, pool + 128 - \value
  c.sw a0, \value(a3)
  .endr
  .irp value, 0, 4, 252
  la   sp, pool
  c.lwsp a0, \value(sp)
  la   sp, pool + 128 - \value
  c.swsp a0, \value(sp)
  .endr
  .irp value, 1, 5, 31
  c.slli a0, \value
  c.srli a0, \value
  c.srai a0, \value
  .endr
  .2byte 0x0502, 0x8101, 0x8501   # c.slli, c.srli, c.srai by 0: hints

  # x0 in every place
  checkpoint
  .option norvc
  .irp name, add, sub, sll, slt, sltu, xor, srl, sra, or, and
  \name x0, x0, x0
  .endr
  .irp name, mul, mulh, mulhsu, mulhu, div, divu, rem, remu
  \name x0, x0, x0
  .endr
  x.xor x0, x0, x0
  x.add x0, x0
  x.sum x0, x0, x0
  .irp name, addi, slti, sltiu, xori, ori, andi, slli, srli, srai
  \name x0, x0, 3
  .endr
  .irp name, beq, bne, blt, bge, bltu, bgeu
  \name x0, x0, .+4
  .endr
  .irp name, lb, lh, lw, lbu, lhu
  \name x0, 0(gp)
  \name a2, 0(x0)
  .endr
  .irp name, sb, sh, sw
  \name x0, Scratch(gp)
  \name a0, 0(x0)
  .endr
  lui  x0, 5
  auipc x0, 5
  jal  x0, .+4
  .irp name, csrrw, csrrs, csrrc
  \name x0, mscratch, x0
  .endr
  .irp name, csrrwi, csrrsi, csrrci
  \name x0, mscratch, 0
  .endr
  checkpoint
  li   x25, 0
  la   x27, 2f
  jalr x0, 0(x0)
2:
  la   a3, 2f
  jalr x0, 0(a3)
2:
  checkpoint
  li   x25, 1
  .option rvc
  .2byte 0x4005               # c.li x0, 1; likewise c.lui, c.slli, c.mv, c.add: hints
  .2byte 0x6005, 0x0006, 0x802a, 0x902a
  la   sp, pool
  c.swsp x0, Scratch(sp)

  # Operands that share a register
  checkpoint
  .option norvc
  .irp name, add, sub, sll, slt, sltu, xor, srl, sra, or, and
  \name a0, a0, a1
  \name a0, a1, a0
  \name a0, a1, a1
  \name a0, a0, a0
  .endr
  .irp name, mul, mulh, mulhsu, mulhu, div, divu, rem, remu
  li   a1, -7
  \name a0, a0, a1
  \name a0, a1, a0
  \name a0, a1, a1
  \name a0, a0, a0
  .endr
  .irp name, x.xor, x.sum
  \name a0, a0, a1
  \name a0, a1, a0
  \name a0, a1, a1
  \name a0, a0, a0
  .endr
  x.add a0, a0
  .irp name, beq, bne, blt, bge, bltu, bgeu
  \name a0, a0, .+4
  .endr
  .irp name, sb, sh, sw
  la   a0, pool + Scratch
  \name a0, 0(a0)
  .endr
  .option rvc
  .irp name, c.sub, c.xor, c.or, c.and, c.add
  li   a0, 9
  \name a0, a0
  \name a0, a1
  .endr
  la   a0, pool + Scratch
  c.sw a0, 0(a0)
  la   sp, pool + Scratch
  c.swsp sp, 0(sp)
  checkpoint
  li   x25, 0
  mv   sp, s1
  jr   s0
