// SPDX-License-Identifier: Apache-2.0
//
// The coprocessor of the bench: results, instructions without one, and kills.

#include "selfcheck.h"

// rd = rs1 ^ rs2; sum += rs1; rd = sum
#define COP_XOR(rd, rs1, rs2) ".insn r 0x2b, 0, 0, " rd ", " rs1 ", " rs2 "\n"
#define COP_ADD(rs1) ".insn r 0x2b, 1, 0, x0, " rs1 ", x0\n"
#define COP_SUM(rd) ".insn r 0x2b, 2, 0, " rd ", x0, x0\n"

static uint32_t read_sum(void) {
  uint32_t sum;
  __asm__ volatile(COP_SUM("%0") : "=r"(sum));
  return sum;
}

static void check_results(void) {
  uint32_t result;
  group("coprocessor results");
  __asm__ volatile(COP_XOR("%0", "%1", "%2") : "=r"(result) : "r"(0xff00ff00), "r"(0x0ff00ff0));
  check(result, 0xf0f0f0f0);
  // used at once: by the ALU, by a second one, as an address, as data
  __asm__ volatile(COP_XOR("t0", "%1", "%2") "add %0, t0, t0"
                   : "=r"(result)
                   : "r"(3), "r"(5)
                   : "t0");
  check(result, 12);
  __asm__ volatile(COP_XOR("t0", "%1", "%2") COP_XOR("%0", "t0", "%1")
                   : "=&r"(result)
                   : "r"(3), "r"(5)
                   : "t0");
  check(result, 5);
  __asm__ volatile(COP_XOR("t0", "%1", "x0") "lw %0, 0(t0)"
                   : "=r"(result)
                   : "r"(&corner[9])
                   : "t0", "memory");
  check(result, corner[9]);
  __asm__ volatile("lw t0, 0(%1)\n" COP_XOR("%0", "t0", "%1")
                   : "=&r"(result)
                   : "r"(&corner[0])
                   : "t0");
  check(result, (uint32_t)&corner[0]);
  __asm__ volatile("li %0, 4\n" COP_XOR("x0", "%1", "%2") "add %0, %0, x0"
                   : "=&r"(result)
                   : "r"(3), "r"(5));
  check(result, 4);
}

static void check_sums(void) {
  uint32_t start = read_sum(), first, second;
  group("coprocessor sums");
  // More in a row than there are ids
  __asm__ volatile(".rept 40\n" COP_ADD("%0") ".endr" ::"r"(3));
  check(read_sum() - start, 120);
  __asm__ volatile("csrr %0, minstret\n" COP_ADD("x0") COP_ADD("x0")
                       COP_SUM("x0") "csrr %1, minstret"
                   : "=&r"(first), "=&r"(second));
  check(second - first, 4);
}

// Behind an access that fails, an instruction is killed or never offered; it must count once, after
// the handler.
static void check_kills(void) {
  uint32_t start = read_sum();
  group("coprocessor kills");
  for (uint32_t n = 1; n <= 10; n++) {
    __asm__ volatile("lw t0, 0(%0)\n" COP_ADD("%1") : : "r"(UNMAPPED), "r"(5) : "t0");
    check(read_sum() - start, 10 * n - 5);
    __asm__ volatile("sw t0, 0(%0)\n" COP_ADD("%1") : : "r"(UNMAPPED), "r"(5) : "memory");
    check(read_sum() - start, 10 * n);
  }
  // An instruction that nobody knows behind a failing access: two traps
  uint32_t before = trap.count;
  __asm__ volatile("lw t0, 0(%0)\n.word 0x0000000b\n" COP_ADD("%1")
                   :
                   : "r"(UNMAPPED), "r"(5)
                   : "t0");
  check(trap.count - before, 2);
  check(read_sum() - start, 105);
}

// Interrupts among sums: each instruction counts exactly once.
static void check_interrupted(void) {
  group("coprocessor and interrupts");
  CSR_WRITE(mie, 0x888);
  for (uint32_t n = 1; n < 60; n += MOMENT_STEP) {
    uint32_t start = read_sum(), before = trap.count, last;
    DEVICE_IRQ_AFTER = (uint32_t)IRQ_EXTERNAL << 29 | n;
    CSR_SET(mstatus, 8);
    __asm__ volatile(".rept 8\n" COP_ADD("%1") COP_SUM("%0") ".endr" : "=&r"(last) : "r"(1));
    for (int i = 0; i < 40; i++) (void)DEVICE_IRQ;
    CSR_CLEAR(mstatus, 8);
    check(last - start, 8);
    check(trap.count - before, 1);
  }
  CSR_WRITE(mie, 0);
}

void check_coprocessor(void) {
  check_results();
  check_sums();
  check_kills();
  check_interrupted();
}
