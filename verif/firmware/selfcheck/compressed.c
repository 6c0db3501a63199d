// SPDX-License-Identifier: Apache-2.0
//
// Every 16-bit instruction by name, against constants. Jumps are in branches.c.

#include "selfcheck.h"

// One register in, changed in place
#define CHECK_C(op, before, after)                    \
  do {                                                \
    register uint32_t value __asm__("a0") = (before); \
    __asm__ volatile(op : "+r"(value) : : "memory");  \
    check(value, (after));                            \
  } while (0)

// Two registers in, the first one changed; a0 and s1 have three-bit names.
#define CHECK_CC(op, a, b, after)                               \
  do {                                                          \
    register uint32_t first __asm__("a0") = (a);                \
    register uint32_t second __asm__("s1") = (b);               \
    __asm__ volatile(op " %0, %1" : "+r"(first) : "r"(second)); \
    check(first, (after));                                      \
  } while (0)

static void check_immediates(void) {
  group("c.li, c.lui, c.addi, c.slli, c.srli, c.srai, c.andi");
  CHECK_C("c.li %0, 0", 9, 0);
  CHECK_C("c.li %0, 31", 9, 31);
  CHECK_C("c.li %0, -32", 9, 0xffffffe0);
  CHECK_C("c.lui %0, 1", 9, 0x00001000);
  CHECK_C("c.lui %0, 31", 9, 0x0001f000);
  CHECK_C("c.lui %0, 0xfffe0", 9, 0xfffe0000);
  CHECK_C("c.addi %0, 31", 0xfffffff0, 0x0000000f);
  CHECK_C("c.addi %0, -32", 5, 0xffffffe5);
  CHECK_C("c.nop", 5, 5);
  CHECK_C("c.slli %0, 1", 0x80000001, 0x00000002);
  CHECK_C("c.slli %0, 31", 0x80000001, 0x80000000);
  CHECK_C("c.srli %0, 1", 0x80000001, 0x40000000);
  CHECK_C("c.srli %0, 31", 0x80000001, 0x00000001);
  CHECK_C("c.srai %0, 1", 0x80000001, 0xc0000000);
  CHECK_C("c.srai %0, 31", 0x80000001, 0xffffffff);
  CHECK_C("c.andi %0, 21", 0xffffffff, 21);
  CHECK_C("c.andi %0, -32", 0x1234567f, 0x12345660);
}

static void check_registers(void) {
  group("c.mv, c.add, c.sub, c.xor, c.or, c.and");
  CHECK_CC("c.mv", 1, 0x87654321, 0x87654321);
  CHECK_CC("c.add", 0xfffffff0, 0x25, 0x15);
  CHECK_CC("c.sub", 0x25, 0xfffffff0, 0x35);
  CHECK_CC("c.xor", 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0);
  CHECK_CC("c.or", 0xff00ff00, 0x0ff00ff0, 0xfff0fff0);
  CHECK_CC("c.and", 0xff00ff00, 0x0ff00ff0, 0x0f000f00);
}

static void check_stack(void) {
  uint32_t difference, value;
  uint32_t frame[64];
  group("c.addi16sp, c.addi4spn, c.lwsp, c.swsp");
#define CHECK_ADDI16SP(n)                                                                   \
  __asm__ volatile("mv t0, sp\nc.addi16sp sp, " #n "\nmv t1, sp\nmv sp, t0\nsub %0, t1, t0" \
                   : "=r"(difference)::"t0", "t1");                                         \
  check(difference, (uint32_t)(n))
  CHECK_ADDI16SP(16);
  CHECK_ADDI16SP(32);
  CHECK_ADDI16SP(64);
  CHECK_ADDI16SP(128);
  CHECK_ADDI16SP(256);
  CHECK_ADDI16SP(-512);
  CHECK_ADDI16SP(496);
#define CHECK_ADDI4SPN(n)                                                                 \
  __asm__ volatile("c.addi4spn a0, sp, " #n "\nsub %0, a0, sp" : "=r"(difference)::"a0"); \
  check(difference, n)
  CHECK_ADDI4SPN(4);
  CHECK_ADDI4SPN(8);
  CHECK_ADDI4SPN(16);
  CHECK_ADDI4SPN(32);
  CHECK_ADDI4SPN(64);
  CHECK_ADDI4SPN(512);
  CHECK_ADDI4SPN(1020);
  // sp points into a frame of our own for a moment.
#define CHECK_SP(n)                                                                                \
  frame[(n) / 4] = 0;                                                                              \
  __asm__ volatile("mv t0, sp\nmv sp, %1\nc.swsp %2, " #n "(sp)\nc.lwsp %0, " #n "(sp)\nmv sp, t0" \
                   : "=&r"(value)                                                                  \
                   : "r"(frame), "r"(0xc0de0000u + (n))                                            \
                   : "t0", "memory");                                                              \
  check(value, 0xc0de0000u + (n));                                                                 \
  check(frame[(n) / 4], 0xc0de0000u + (n))
  CHECK_SP(0);
  CHECK_SP(4);
  CHECK_SP(8);
  CHECK_SP(16);
  CHECK_SP(32);
  CHECK_SP(64);
  CHECK_SP(128);
  CHECK_SP(252);
}

static void check_loads(void) {
  uint32_t frame[32];
  group("c.lw, c.sw");
#define CHECK_LW(n)                                             \
  do {                                                          \
    register uint32_t value __asm__("a0");                      \
    register uint32_t data __asm__("a1") = 0xfeed0000u + (n);   \
    register uint32_t *base __asm__("s1") = frame;              \
    frame[(n) / 4] = 0;                                         \
    __asm__ volatile("c.sw %1, " #n "(%2)\nc.lw %0, " #n "(%2)" \
                     : "=&r"(value)                             \
                     : "r"(data), "r"(base)                     \
                     : "memory");                               \
    check(value, 0xfeed0000u + (n));                            \
    check(frame[(n) / 4], 0xfeed0000u + (n));                   \
  } while (0)
  CHECK_LW(0);
  CHECK_LW(4);
  CHECK_LW(8);
  CHECK_LW(16);
  CHECK_LW(32);
  CHECK_LW(64);
  CHECK_LW(124);
}

static void check_branches_on_zero(void) {
  group("c.beqz, c.bnez");
#define CHECK_ZERO(op, operand, taken)                                                    \
  do {                                                                                    \
    register uint32_t value __asm__("a0") = (operand);                                    \
    uint32_t mark;                                                                        \
    __asm__ volatile("li %0, 1\n" op " %1, 1f\nli %0, 0\n1:" : "=&r"(mark) : "r"(value)); \
    check(mark, (taken));                                                                 \
  } while (0)
  CHECK_ZERO("c.beqz", 0, 1);
  CHECK_ZERO("c.beqz", 1, 0);
  CHECK_ZERO("c.beqz", 0x80000000, 0);
  CHECK_ZERO("c.bnez", 0, 0);
  CHECK_ZERO("c.bnez", 1, 1);
  CHECK_ZERO("c.bnez", 0x80000000, 1);
}

// Each bit of the offsets of c.j and c.beqz once, forward and backward.
static void check_offsets(void) {
  uint32_t sum;
  group("offsets of 16-bit jumps");
#define HOP(jump, distance)                                                               \
  __asm__ volatile("li %0, 1\nj 2f\n1: c.addi %0, 8\nj 3f\n.zero " #distance "\n2: " jump \
                   " 1b\n.zero " #distance "\n3: c.addi %0, 2"                            \
                   : "=&r"(sum)::"a0");                                                   \
  check(sum, 11)
  HOP("c.j", 2);
  HOP("c.j", 4);
  HOP("c.j", 10);
  HOP("c.j", 26);
  HOP("c.j", 58);
  HOP("c.j", 122);
  HOP("c.j", 250);
  HOP("c.j", 506);
  HOP("c.j", 1018);
  HOP("li a0, 0\nc.beqz a0,", 4);
  HOP("li a0, 0\nc.beqz a0,", 26);
  HOP("li a0, 0\nc.beqz a0,", 122);
  HOP("li a0, 0\nc.beqz a0,", 240);
}

void check_compressed(void) {
  check_immediates();
  check_registers();
  check_stack();
  check_loads();
  check_branches_on_zero();
  check_offsets();
}
