// SPDX-License-Identifier: Apache-2.0
//
// Branches on all pairs of corner operands; jumps, links, and targets at every place in a fetch
// word.

#include "selfcheck.h"

#define EXPECT_beq(a, b) ((a) == (b))
#define EXPECT_bne(a, b) ((a) != (b))
#define EXPECT_blt(a, b) ((int32_t)(a) < (int32_t)(b))
#define EXPECT_bge(a, b) ((int32_t)(a) >= (int32_t)(b))
#define EXPECT_bltu(a, b) ((a) < (b))
#define EXPECT_bgeu(a, b) ((a) >= (b))

#define CHECK_BRANCH(op)                                                         \
  do {                                                                           \
    static const uint8_t expected[CORNERS * CORNERS] = {FOR_PAIRS(EXPECT_##op)}; \
    group(#op);                                                                  \
    for (int i = 0; i < CORNERS * CORNERS; i += PAIR_STEP) {                     \
      uint32_t taken;                                                            \
      __asm__ volatile("li %0, 1\n" #op " %1, %2, 1f\nli %0, 0\n1:"              \
                       : "=&r"(taken)                                            \
                       : "r"(corner[i / 16]), "r"(corner[i % 16]));              \
      check(taken, expected[i]);                                                 \
    }                                                                            \
  } while (0)

static void check_jumps(void) {
  uint32_t link, want, mark;
  group("jal, jalr");
  __asm__ volatile(
      ".option push\n.option norvc\n"
      "la %1, 1f\nli %2, 5\njal %0, 2f\n1: li %2, 6\n2:\n.option pop"
      : "=&r"(link), "=&r"(want), "=&r"(mark));
  check(link, want);
  check(mark, 5);
  // Bit 0 of the target is cleared; the register that holds it may take the link.
  __asm__ volatile(
      ".option push\n.option norvc\n"
      "la %1, 1f\nli %2, 5\nla %0, 2f+3\njalr %0, -2(%0)\n1: li %2, 6\n2:\n.option pop"
      : "=&r"(link), "=&r"(want), "=&r"(mark));
  check(link, want);
  check(mark, 5);
  __asm__ volatile(
      ".option push\n.option rvc\n"
      "la %1, 1f\nli %2, 5\nla t0, 2f\nc.jalr t0\n1: li %2, 6\n2: mv %0, ra\n.option pop"
      : "=&r"(link), "=&r"(want), "=&r"(mark)
      :
      : "ra", "t0");
  check(link, want);
  check(mark, 5);
  __asm__ volatile(
      ".option push\n.option rvc\n"
      "la %1, 1f\nli %2, 5\nc.jal 2f\n1: li %2, 6\n2: mv %0, ra\n.option pop"
      : "=&r"(link), "=&r"(want), "=&r"(mark)
      :
      : "ra");
  check(link, want);
  check(mark, 5);
  __asm__ volatile("li %0, 5\nc.j 1f\nli %0, 6\n1:" : "=&r"(mark));
  check(mark, 5);
  __asm__ volatile("li %0, 5\nla t0, 1f\nc.jr t0\nli %0, 6\n1:" : "=&r"(mark)::"t0");
  check(mark, 5);
}

// Sums up on a path of jumps between 16-bit and 32-bit instructions, each at both halves of a fetch
// word.
static void check_alignment(void) {
  uint32_t sum;
  group("targets at every half word");
#define HOP(align, first) \
  ".balign 4\n" align "j 1f\n.balign 4\n.word 0\n" align "1: " first "\nc.addi %0, 2\n"
#define WIDE(n) ".option push\n.option norvc\naddi %0, %0, " #n "\n.option pop\n"
  __asm__ volatile("li %0, 0\n" HOP("", WIDE(16)) HOP("c.nop\n", WIDE(16)) HOP("", "c.addi %0, 4\n")
                       HOP("c.nop\n", "c.addi %0, 4\n")
                           HOP("c.nop\n", WIDE(16) WIDE(32) "c.addi %0, 4\n" WIDE(64))
                   : "=&r"(sum));
  check(sum, 5 * 2 + 16 + 16 + 4 + 4 + 16 + 32 + 4 + 64);
}

// A loop that ends at each place in a fetch word.
static void check_loops(void) {
  uint32_t sum, count;
  group("backward branches");
#define LOOP(pad, body)                                                                        \
  sum = 0;                                                                                     \
  count = 7;                                                                                   \
  __asm__ volatile(".balign 4\n" pad "1: " body "add %0, %0, %1\naddi %1, %1, -1\nbnez %1, 1b" \
                   : "+r"(sum), "+r"(count));                                                  \
  check(sum, 28);                                                                              \
  check(count, 0)
  LOOP("", "");
  LOOP("c.nop\n", "");
  LOOP("", "c.nop\n");
  LOOP("c.nop\n", "c.nop\n");
  LOOP("c.nop\n", ".option push\n.option norvc\nnop\n.option pop\n");
}

void check_branches(void) {
  CHECK_BRANCH(beq);
  CHECK_BRANCH(bne);
  CHECK_BRANCH(blt);
  CHECK_BRANCH(bge);
  CHECK_BRANCH(bltu);
  CHECK_BRANCH(bgeu);
  check_jumps();
  check_alignment();
  check_loops();
}
