// SPDX-License-Identifier: Apache-2.0
//
// Register and immediate arithmetic, multiplication and division: all pairs of corner operands.

#include "selfcheck.h"

#define LOW(x) ((uint32_t)(x))
#define SIGNED(x) ((int64_t)(int32_t)(x))
#define WIDE(x) ((uint64_t)(uint32_t)(x))
#define NOT_ZERO(b) ((b) ? (b) : 1)

#define EXPECT_add(a, b) LOW((a) + (b))
#define EXPECT_sub(a, b) LOW((a) - (b))
#define EXPECT_sll(a, b) LOW((a) << ((b) & 31))
#define EXPECT_srl(a, b) LOW((a) >> ((b) & 31))
#define EXPECT_sra(a, b) LOW(SIGNED(a) >> ((b) & 31))
#define EXPECT_slt(a, b) LOW(SIGNED(a) < SIGNED(b))
#define EXPECT_sltu(a, b) LOW((a) < (b))
#define EXPECT_xor(a, b) LOW((a) ^ (b))
#define EXPECT_or(a, b) LOW((a) | (b))
#define EXPECT_and(a, b) LOW((a) & (b))
#define EXPECT_mul(a, b) LOW((a) * (b))
#define EXPECT_mulh(a, b) LOW(SIGNED(a) * SIGNED(b) >> 32)
#define EXPECT_mulhsu(a, b) LOW(SIGNED(a) * (int64_t)WIDE(b) >> 32)
#define EXPECT_mulhu(a, b) LOW(WIDE(a) * WIDE(b) >> 32)
#define EXPECT_div(a, b) LOW((b) ? SIGNED(a) / NOT_ZERO(SIGNED(b)) : -1)
#define EXPECT_divu(a, b) LOW((b) ? WIDE(a) / NOT_ZERO(WIDE(b)) : 0xffffffff)
#define EXPECT_rem(a, b) LOW((b) ? SIGNED(a) % NOT_ZERO(SIGNED(b)) : SIGNED(a))
#define EXPECT_remu(a, b) LOW((b) ? WIDE(a) % NOT_ZERO(WIDE(b)) : WIDE(a))

#define CHECK_REGISTER(op)                                                        \
  do {                                                                            \
    static const uint32_t expected[CORNERS * CORNERS] = {FOR_PAIRS(EXPECT_##op)}; \
    group(#op);                                                                   \
    for (int i = 0; i < CORNERS * CORNERS; i += PAIR_STEP) {                      \
      uint32_t result;                                                            \
      __asm__ volatile(#op " %0, %1, %2"                                          \
                       : "=r"(result)                                             \
                       : "r"(corner[i / 16]), "r"(corner[i % 16]));               \
      check(result, expected[i]);                                                 \
    }                                                                             \
  } while (0)

// The immediates stand in the text of the instruction, hence one loop for each.
#define CHECK_IMMEDIATE(op, formula, immediate)                                              \
  do {                                                                                       \
    static const uint32_t expected[CORNERS] = {FOR_CORNERS(formula, (uint32_t)(immediate))}; \
    for (int i = 0; i < CORNERS; i++) {                                                      \
      uint32_t result;                                                                       \
      __asm__ volatile(".option push\n.option norvc\n" #op " %0, %1, %2\n.option pop"        \
                       : "=r"(result)                                                        \
                       : "r"(corner[i]), "i"(immediate));                                    \
      check(result, expected[i]);                                                            \
    }                                                                                        \
  } while (0)

#define CHECK_IMMEDIATES(op, formula)    \
  do {                                   \
    group(#op);                          \
    CHECK_IMMEDIATE(op, formula, 0);     \
    CHECK_IMMEDIATE(op, formula, 1);     \
    CHECK_IMMEDIATE(op, formula, -1);    \
    CHECK_IMMEDIATE(op, formula, 0x555); \
    CHECK_IMMEDIATE(op, formula, 2047);  \
    CHECK_IMMEDIATE(op, formula, -2048); \
  } while (0)

#define CHECK_SHIFTS(op, formula)     \
  do {                                \
    group(#op);                       \
    CHECK_IMMEDIATE(op, formula, 0);  \
    CHECK_IMMEDIATE(op, formula, 1);  \
    CHECK_IMMEDIATE(op, formula, 7);  \
    CHECK_IMMEDIATE(op, formula, 16); \
    CHECK_IMMEDIATE(op, formula, 31); \
  } while (0)

// FOR_CORNERS puts the operand last.
#define EXPECT_addi(b, a) EXPECT_add(a, b)
#define EXPECT_slti(b, a) EXPECT_slt(a, b)
#define EXPECT_sltiu(b, a) EXPECT_sltu(a, b)
#define EXPECT_xori(b, a) EXPECT_xor(a, b)
#define EXPECT_ori(b, a) EXPECT_or(a, b)
#define EXPECT_andi(b, a) EXPECT_and(a, b)
#define EXPECT_slli(b, a) EXPECT_sll(a, b)
#define EXPECT_srli(b, a) EXPECT_srl(a, b)
#define EXPECT_srai(b, a) EXPECT_sra(a, b)

static void check_upper_immediates(void) {
  uint32_t value, here;
  group("lui, auipc");
#define CHECK_LUI(immediate)                             \
  __asm__ volatile("lui %0, " #immediate : "=r"(value)); \
  check(value, (uint32_t)immediate << 12)
  CHECK_LUI(0);
  CHECK_LUI(1);
  CHECK_LUI(0x12345);
  CHECK_LUI(0x80000);
  CHECK_LUI(0xfffff);
#define CHECK_AUIPC(immediate)                                                         \
  __asm__ volatile("la %1, 1f\n1: auipc %0, " #immediate : "=&r"(value), "=&r"(here)); \
  check(value - here, (uint32_t)immediate << 12)
  CHECK_AUIPC(0);
  CHECK_AUIPC(1);
  CHECK_AUIPC(0x54321);
  CHECK_AUIPC(0xfffff);
}

// x0 takes any write and stays zero, also for the instruction right behind.
static void check_x0(void) {
  uint32_t value;
  group("x0");
  __asm__ volatile("addi x0, %1, 1\nadd %0, x0, x0" : "=r"(value) : "r"(7));
  check(value, 0);
  __asm__ volatile("mul x0, %1, %1\nor %0, x0, x0" : "=r"(value) : "r"(7));
  check(value, 0);
  __asm__ volatile("lw x0, 0(%1)\nadd %0, x0, x0" : "=r"(value) : "r"(&corner[9]));
  check(value, 0);
  __asm__ volatile("lui x0, 0x12345\nadd %0, x0, x0" : "=r"(value));
  check(value, 0);
  __asm__ volatile("jal x0, 1f\n1: add %0, x0, x0" : "=r"(value));
  check(value, 0);
}

void check_arithmetic(void) {
  CHECK_REGISTER(add);
  CHECK_REGISTER(sub);
  CHECK_REGISTER(sll);
  CHECK_REGISTER(srl);
  CHECK_REGISTER(sra);
  CHECK_REGISTER(slt);
  CHECK_REGISTER(sltu);
  CHECK_REGISTER(xor);
  CHECK_REGISTER(or);
  CHECK_REGISTER(and);
  CHECK_REGISTER(mul);
  CHECK_REGISTER(mulh);
  CHECK_REGISTER(mulhsu);
  CHECK_REGISTER(mulhu);
  CHECK_REGISTER(div);
  CHECK_REGISTER(divu);
  CHECK_REGISTER(rem);
  CHECK_REGISTER(remu);
  CHECK_IMMEDIATES(addi, EXPECT_addi);
  CHECK_IMMEDIATES(slti, EXPECT_slti);
  CHECK_IMMEDIATES(sltiu, EXPECT_sltiu);
  CHECK_IMMEDIATES(xori, EXPECT_xori);
  CHECK_IMMEDIATES(ori, EXPECT_ori);
  CHECK_IMMEDIATES(andi, EXPECT_andi);
  CHECK_SHIFTS(slli, EXPECT_slli);
  CHECK_SHIFTS(srli, EXPECT_srli);
  CHECK_SHIFTS(srai, EXPECT_srai);
  check_upper_immediates();
  check_x0();
}
