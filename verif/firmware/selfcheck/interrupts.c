// SPDX-License-Identifier: Apache-2.0
//
// Interrupts: each kind, direct and vectored, masked, in priority, at every moment of a busy
// sequence; wfi.

#include "selfcheck.h"

#define MSTATUS_MIE 8u

static uint32_t mie_bit(enum irq irq) {
  return irq == IRQ_SOFTWARE ? 1u << 3 : irq == IRQ_TIMER ? 1u << 7 : 1u << 11;
}

static uint32_t cause(enum irq irq) {
  return irq == IRQ_SOFTWARE ? 3 : irq == IRQ_TIMER ? 7 : 11;
}

// Long enough for a level to arrive whatever the wait states
static void wait(void) {
  for (int i = 0; i < 20; i++) (void)DEVICE_IRQ;
}

static void check_one(enum irq irq) {
  uint32_t before = trap.count;
  CSR_WRITE(mie, mie_bit(irq));
  DEVICE_IRQ = irq;  // pending, not enabled
  wait();
  check(trap.count, before);
  check(CSR_READ(mip), mie_bit(irq));
  CSR_SET(mstatus, MSTATUS_MIE);
  wait();
  check(trap.count - before, 1);
  check(trap.cause, 1u << 31 | cause(irq));
  check(trap.value, 0);
  check(trap.status, 0x1880);
  check(CSR_READ(mstatus), 0x1888);
  check(CSR_READ(mip), 0);
  CSR_WRITE(mie, ~mie_bit(irq));  // enabled in mstatus, masked in mie
  DEVICE_IRQ = irq;
  wait();
  check(trap.count - before, 1);
  DEVICE_IRQ = 0;
  wait();
  CSR_CLEAR(mstatus, MSTATUS_MIE);
}

static void check_vectored(void) {
  static const enum irq kinds[3] = {IRQ_SOFTWARE, IRQ_TIMER, IRQ_EXTERNAL};
  group("interrupts, vectored");
  CSR_WRITE(mtvec, (uint32_t)trap_table | 1);
  for (int i = 0; i < 3; i++) {
    check_one(kinds[i]);
    check(trap.entry, cause(kinds[i]));
  }
  __asm__ volatile("ecall" ::: "memory");  // exceptions go to the base
  check(trap.entry, 0);
  CSR_WRITE(mtvec, (uint32_t)trap_direct);
}

static void check_priority(void) {
  group("interrupt priority");
  CSR_WRITE(mie, 0x888);
#define CHECK_FIRST(levels, first) \
  DEVICE_IRQ = (levels);           \
  wait();                          \
  CSR_SET(mstatus, MSTATUS_MIE);   \
  wait();                          \
  CSR_CLEAR(mstatus, MSTATUS_MIE); \
  check(trap.cause, 1u << 31 | (first))
  CHECK_FIRST(7, 11);
  CHECK_FIRST(IRQ_SOFTWARE | IRQ_TIMER, 3);
  CHECK_FIRST(IRQ_TIMER, 7);
}

// An interrupt after n cycles of work, for each n: it comes exactly once and the work does not
// notice.
static void check_moments(void) {
  static volatile uint32_t cell[4];
  group("interrupts at every moment");
  CSR_WRITE(mie, 0x888);
  for (uint32_t n = 1; n < 160; n += MOMENT_STEP) {
    uint32_t before = trap.count, result, loops = 3;
    cell[0] = 7;
    cell[1] = 0;
    DEVICE_IRQ_AFTER = (uint32_t)IRQ_TIMER << 29 | n;
    CSR_SET(mstatus, MSTATUS_MIE);
    __asm__ volatile(
        "li %0, 0\n"
        "1: lw t0, 0(%2)\nmul t0, t0, t0\nsw t0, 4(%2)\nlw t1, 3(%2)\nsrli t1, t1, 8\nadd %0, %0, "
        "t1\n"
        "li t0, 100\ndivu t0, t0, t1\nadd %0, %0, t0\nmulhu t0, t0, t1\nadd %0, %0, t0\n"
        "addi %1, %1, -1\nbnez %1, 1b"
        : "=&r"(result), "+r"(loops)
        : "r"(cell)
        : "t0", "t1", "memory");
    // In each round 7 * 7 = 49, then 100 / 49 = 2, then 0.
    check(result, 3 * (49 + 2));
    wait();
    wait();
    CSR_CLEAR(mstatus, MSTATUS_MIE);
    check(trap.count - before, 1);
  }
}

static void check_wfi(void) {
  group("wfi");
  CSR_WRITE(mie, 0x80);
  uint32_t before = trap.count, start = DEVICE_CYCLES;
  DEVICE_IRQ_AFTER = (uint32_t)IRQ_TIMER << 29 | 300;
  __asm__ volatile("wfi" ::: "memory");  // wakes without being taken
  uint32_t slept = DEVICE_CYCLES - start;  // once: with wait states a check takes its time, too
  check(slept >= 300, 1);
  check(slept < 600, 1);
  check(trap.count, before);
  start = DEVICE_CYCLES;
  __asm__ volatile("wfi" ::: "memory");  // still pending: does not sleep
  check(DEVICE_CYCLES - start < 200, 1);
  DEVICE_IRQ = 0;
  wait();
  uint32_t pc;
  CSR_SET(mstatus, MSTATUS_MIE);
  DEVICE_IRQ_AFTER = (uint32_t)IRQ_TIMER << 29 | 300;
  __asm__ volatile("la %0, 1f\nwfi\n1: nop" : "=&r"(pc)::"memory");
  check(trap.count - before, 1);
  check(trap.epc, pc);  // woken up, the interrupt is taken behind the wfi
  CSR_CLEAR(mstatus, MSTATUS_MIE);
}

void check_interrupts(void) {
  group("interrupts, direct");
  check_one(IRQ_SOFTWARE);
  check_one(IRQ_TIMER);
  check_one(IRQ_EXTERNAL);
  check(trap.entry, 255);
  check_vectored();
  check_priority();
  check_moments();
  check_wfi();
  CSR_WRITE(mie, 0);
}
