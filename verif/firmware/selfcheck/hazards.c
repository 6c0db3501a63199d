// SPDX-License-Identifier: Apache-2.0
//
// Results used by the very next instructions, for each kind of producer and consumer.

#include "selfcheck.h"

static volatile uint32_t cell[4];

// Producers leave 12 (from a = 7, b = 5, or the cell that holds 12) in t0.
#define BY_ADD "add t0, %1, %2\n"
#define BY_MUL "addi t0, %1, -3\nli t1, 3\nmul t0, t0, t1\n"
#define BY_MULH "lui t0, 0xc0000\nli t1, 16\nmulhu t0, t0, t1\n"
#define BY_DIV "li t0, 84\ndivu t0, t0, %1\n"
#define BY_LOAD "lw t0, 0(%3)\n"
#define BY_BYTE "lbu t0, 0(%3)\n"
#define BY_SPLIT "lw t0, 6(%3)\n"
#define BY_CSR "li t1, 12\ncsrw mscratch, t1\ncsrr t0, mscratch\n"
#define BY_LINK "la t1, 9f-12\njal t0, 9f\n9: sub t0, t0, t1\n"

// Consumers turn 12 into `result`.
#define CHECK_USE(producer, consumer, expected)                                        \
  do {                                                                                 \
    uint32_t result;                                                                   \
    cell[0] = 12;                                                                      \
    cell[1] = 0x000c0000;                                                              \
    cell[2] = 0;                                                                       \
    cell[3] = 99;                                                                      \
    __asm__ volatile(".option push\n.option norvc\n" producer consumer ".option pop\n" \
                     : "=&r"(result)                                                   \
                     : "r"(7), "r"(5), "r"(cell)                                       \
                     : "t0", "t1", "memory");                                          \
    check(result, (expected));                                                         \
  } while (0)

#define CHECK_PRODUCER(producer)                                                                  \
  do {                                                                                            \
    group("result of " #producer);                                                                \
    CHECK_USE(producer, "sub %0, t0, %1\n", 5);           /* first operand */                     \
    CHECK_USE(producer, "sub %0, %1, t0\n", 0xfffffffbu); /* second operand */                    \
    CHECK_USE(producer, "nop\nsub %0, t0, %1\n", 5);      /* one instruction later */             \
    CHECK_USE(producer, "nop\nnop\nsub %0, t0, %1\n", 5); /* two */                               \
    CHECK_USE(producer, "mul %0, t0, t0\n", 144);                                                 \
    CHECK_USE(producer, "divu %0, t0, %2\n", 2);                                                  \
    CHECK_USE(producer, "mulhu %0, t0, t0\n", 0);                                                 \
    CHECK_USE(producer, "sll %0, %2, t0\n", 0x5000);                                              \
    CHECK_USE(producer, "add t0, t0, %3\nlw %0, 0(t0)\n", 99); /* part of an address */           \
    CHECK_USE(producer, "addi t0, t0, 1\naddi t0, t0, 1\nmv %0, t0\n", 14);                       \
    CHECK_USE(producer, "sw t0, 8(%3)\nlw %0, 8(%3)\n", 12); /* data of a store */                \
    CHECK_USE(producer, "li %0, 1\nbeq t0, %1, 1f\nli %0, 0\n1:\n",                               \
              0); /* of a branch, not taken */                                                    \
    CHECK_USE(producer, "li %0, 1\nbltu %1, t0, 1f\nli %0, 0\n1:\n", 1);                          \
    CHECK_USE(producer, "csrw mscratch, t0\ncsrr %0, mscratch\n", 12);                            \
    CHECK_USE(producer, "li %0, 0\nla t1, 1f-12\nadd t0, t0, t1\njr t0\n1: addi %0, %0, 3\n", 3); \
  } while (0)

// A result that is overwritten at once, and a load overtaken by a later result to the same register
static void check_overwriting(void) {
  group("overwriting");
  CHECK_USE(BY_LOAD, "addi t0, %1, 1\nmv %0, t0\n", 8);
  CHECK_USE(BY_LOAD, "lui t0, 1\nmv %0, t0\n", 0x1000);
  CHECK_USE("addi t0, %1, 1\n", "lw t0, 12(%3)\nmv %0, t0\n", 99);
  CHECK_USE("lw t0, 12(%3)\n", "lw t0, 0(%3)\nmv %0, t0\n", 12);
  CHECK_USE("sw %3, 8(%3)\n", "lw t0, 8(%3)\nlw %0, 0(t0)\n",
            12);  // an address straight from a load
  CHECK_USE("la t0, 1f\nsw t0, 8(%3)\nli %0, 4\n", "lw t0, 8(%3)\njr t0\nli %0, 0\n1:\n", 4);
}

void check_hazards(void) {
  CHECK_PRODUCER(BY_ADD);
  CHECK_PRODUCER(BY_MUL);
  CHECK_PRODUCER(BY_MULH);
  CHECK_PRODUCER(BY_DIV);
  CHECK_PRODUCER(BY_LOAD);
  CHECK_PRODUCER(BY_BYTE);
  CHECK_PRODUCER(BY_SPLIT);
  CHECK_PRODUCER(BY_CSR);
  CHECK_PRODUCER(BY_LINK);
  check_overwriting();
}
