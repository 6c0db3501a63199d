// SPDX-License-Identifier: Apache-2.0
//
// CSRs: fields that keep what is written, fields that do not, the six access instructions, and the
// counters.

#include "selfcheck.h"

#define CHECK_WRITE(name, value, expected) \
  CSR_WRITE(name, (uint32_t)(value));      \
  check(CSR_READ(name), (expected))

static void check_fields(void) {
  group("CSR fields");
  check(CSR_READ(misa), 0x40001104);
  check(CSR_READ(mvendorid), 0);
  check(CSR_READ(marchid), 0);
  check(CSR_READ(mimpid), 0);
  check(CSR_READ(mhartid), 0);
  check(CSR_READ(mconfigptr), 0);
  CHECK_WRITE(mscratch, 0xffffffff, 0xffffffff);
  CHECK_WRITE(mscratch, 0x12345678, 0x12345678);
  CHECK_WRITE(mepc, 0xffffffff, 0xfffffffe);
  CHECK_WRITE(mepc, 0x12345676, 0x12345676);
  CHECK_WRITE(mtval, 0xffffffff, 0xffffffff);
  CHECK_WRITE(mtval, 0x89abcdef, 0x89abcdef);
  CHECK_WRITE(mcause, 0x80000007, 0x80000007);
  CHECK_WRITE(mcause, 11, 11);
  CHECK_WRITE(mie, 0xffffffff, 0x888);
  CHECK_WRITE(mie, 0, 0);
  CHECK_WRITE(mip, 0xffffffff, 0);
  CHECK_WRITE(misa, 0, 0x40001104);
  CHECK_WRITE(mstatush, 0xffffffff, 0);
  CHECK_WRITE(mstatus, 0xfffffff7, 0x1880);  // MIE stays off: nothing may interrupt here
  CHECK_WRITE(mstatus, 0, 0x1800);           // MPP is machine mode for ever
  CHECK_WRITE(mcountinhibit, 0xffffffff, 5);
  CHECK_WRITE(mcountinhibit, 0, 0);
  CHECK_WRITE(mhpmcounter3, 0xffffffff, 0);
  CHECK_WRITE(mhpmcounter31h, 0xffffffff, 0);
  CHECK_WRITE(mhpmevent31, 0xffffffff, 0);
  uint32_t old = CSR_READ(mtvec);
  check(old, (uint32_t)trap_direct);
  CHECK_WRITE(mtvec, 0xffffffff, 0xfffffffd);
  CHECK_WRITE(mtvec, 0x12345674, 0x12345674);
  CSR_WRITE(mtvec, old);
}

#define CHECK_ACCESS(op, operand, before, after)                     \
  do {                                                               \
    uint32_t read;                                                   \
    CSR_WRITE(mscratch, (uint32_t)(before));                         \
    __asm__ volatile(op " %0, mscratch, %1" : "=r"(read) : operand); \
    check(read, (uint32_t)(before));                                 \
    check(CSR_READ(mscratch), (uint32_t)(after));                    \
  } while (0)

static void check_accesses(void) {
  group("CSR accesses");
  CHECK_ACCESS("csrrw", "r"(0xff00ff00), 0x12345678, 0xff00ff00);
  CHECK_ACCESS("csrrs", "r"(0xff00ff00), 0x12345678, 0xff34ff78);
  CHECK_ACCESS("csrrc", "r"(0xff00ff00), 0x12345678, 0x00340078);
  CHECK_ACCESS("csrrwi", "i"(21), 0x1234567f, 21);
  CHECK_ACCESS("csrrsi", "i"(21), 0x12345660, 0x12345675);
  CHECK_ACCESS("csrrci", "i"(21), 0x1234567f, 0x1234566a);
  CHECK_ACCESS("csrrwi", "i"(0), 0x1234567f, 0);
  CHECK_ACCESS("csrrsi", "i"(0), 0x1234567f, 0x1234567f);
  uint32_t same = 0x0f0f0f0f;  // source and destination in one register
  CSR_WRITE(mscratch, 0x12345678);
  __asm__ volatile("csrrw %0, mscratch, %0" : "+r"(same));
  check(same, 0x12345678);
  check(CSR_READ(mscratch), 0x0f0f0f0f);
  // Read-only registers may be read by instructions that do not write.
  uint32_t id;
  __asm__ volatile("csrrs %0, mhartid, x0" : "=r"(id));
  check(id, 0);
  __asm__ volatile("csrrci %0, mvendorid, 0" : "=r"(id));
  check(id, 0);
}

static void check_counters(void) {
  uint32_t first, second;
  group("counters");
  __asm__ volatile(
      "csrr %0, minstret\nnop\nmul x0, x0, x0\nlw x0, 0(sp)\nsw x0, -4(sp)\nlw x0, 1(sp)\nj 1f\n1: "
      "csrr %1, minstret"
      : "=&r"(first), "=&r"(second)::"memory");
  check(second - first, 7);
  __asm__ volatile("csrr %0, mcycle\nnop\nnop\nnop\nnop\ncsrr %1, mcycle"
                   : "=&r"(first), "=&r"(second));
  check(second - first >= 5, 1);
  check(second - first < 1000, 1);
  // A written value is what the next instruction reads; the carry reaches the upper half.
  __asm__ volatile("li t0, 100\ncsrw minstret, t0\ncsrr %0, minstret" : "=r"(first)::"t0");
  check(first, 100);
  __asm__ volatile(
      "li t0, -1\ncsrw minstreth, x0\ncsrw minstret, t0\nnop\ncsrr %0, minstret\ncsrr %1, minstreth"
      : "=&r"(first), "=&r"(second)::"t0");
  check(first, 0);
  check(second, 1);
  __asm__ volatile(
      "li t0, -10\ncsrw mcycleh, x0\ncsrw mcycle, t0\nli t0, 20\n1: addi t0, t0, -1\nbnez t0, 1b\n"
      "csrr %0, mcycle\ncsrr %1, mcycleh"
      : "=&r"(first), "=&r"(second)::"t0");
  check(first < 0x10000, 1);
  check(second, 1);
  CSR_WRITE(mcycleh, 0x89abcdef);
  check(CSR_READ(mcycleh), 0x89abcdef);
  CSR_WRITE(minstreth, 0x76543210);
  check(CSR_READ(minstreth), 0x76543210);
  // The shadows
  check(CSR_READ(cycleh), 0x89abcdef);
  check(CSR_READ(instreth), 0x76543210);
  first = CSR_READ(mcycle);
  check(CSR_READ(cycle) - first < 1000, 1);
  __asm__ volatile("csrr %0, minstret\ncsrr %1, instret" : "=&r"(first), "=&r"(second));
  check(second - first, 1);
  check(CSR_READ(hpmcounter3), 0);
  check(CSR_READ(hpmcounter31h), 0);
}

static void check_inhibit(void) {
  uint32_t first, second;
  group("mcountinhibit");
  CSR_WRITE(mcountinhibit, 1);
  first = CSR_READ(mcycle);
  second = CSR_READ(mcycle);
  check(second, first);
  check(CSR_READ(minstret) != CSR_READ(minstret), 1);
  CSR_WRITE(mcountinhibit, 4);
  first = CSR_READ(minstret);
  second = CSR_READ(minstret);
  check(second, first);
  check(CSR_READ(mcycle) != CSR_READ(mcycle), 1);
  CSR_WRITE(minstret, 55);
  check(CSR_READ(minstret), 55);
  CSR_WRITE(mcountinhibit, 0);
  check(CSR_READ(minstret) != CSR_READ(minstret), 1);
}

void check_csrs(void) {
  check_fields();
  check_accesses();
  check_counters();
  check_inhibit();
}
