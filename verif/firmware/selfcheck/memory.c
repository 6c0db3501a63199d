// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores of every size at every offset, across words too.

#include "selfcheck.h"

// Bytes of the pattern, known to the compiler: half of them negative
#define BYTE(i) ((0x9du * (i) + 0x83u) & 0xffu)
#define HALF(i) (BYTE(i) | BYTE((i) + 1) << 8)
#define WORD(i) (HALF(i) | HALF((i) + 2) << 16)

static uint8_t pattern[16] __attribute__((aligned(4))) = {
    BYTE(0), BYTE(1), BYTE(2),  BYTE(3),  BYTE(4),  BYTE(5),  BYTE(6),  BYTE(7),
    BYTE(8), BYTE(9), BYTE(10), BYTE(11), BYTE(12), BYTE(13), BYTE(14), BYTE(15)};

#define CHECK_LOAD(op, offset, expected)                   \
  do {                                                     \
    uint32_t value;                                        \
    __asm__ volatile(#op " %0, %2(%1)"                     \
                     : "=r"(value)                         \
                     : "r"(pattern + 8), "i"((offset) - 8) \
                     : "memory");                          \
    check(value, (uint32_t)(expected));                    \
  } while (0)

#define CHECK_LOADS(offset)                      \
  CHECK_LOAD(lb, offset, (int8_t)BYTE(offset));  \
  CHECK_LOAD(lbu, offset, BYTE(offset));         \
  CHECK_LOAD(lh, offset, (int16_t)HALF(offset)); \
  CHECK_LOAD(lhu, offset, HALF(offset));         \
  CHECK_LOAD(lw, offset, WORD(offset))

static uint8_t target[12] __attribute__((aligned(4)));

// Stores `size` bytes at an offset into a cleared target and looks at every byte of it.
#define CHECK_STORE(op, size, offset)                                                            \
  do {                                                                                           \
    for (int i = 0; i < 12; i++) target[i] = 0x5a;                                               \
    __asm__ volatile(#op " %1, %2(%0)" ::"r"(target), "r"(0x89abcdefu), "i"(offset) : "memory"); \
    for (int i = 0; i < 12; i++) {                                                               \
      static const uint8_t stored[4] = {0xef, 0xcd, 0xab, 0x89};                                 \
      int k = i - (offset);                                                                      \
      check(*(volatile uint8_t *)&target[i], k >= 0 && k < (size) ? stored[k] : 0x5a);           \
    }                                                                                            \
  } while (0)

#define CHECK_STORES(offset)  \
  CHECK_STORE(sb, 1, offset); \
  CHECK_STORE(sh, 2, offset); \
  CHECK_STORE(sw, 4, offset)

// A split load whose result is its own address register, and one right behind another
static void check_split(void) {
  uint32_t first, second;
  group("split accesses in a row");
  __asm__ volatile("mv %0, %1\nlw %0, 1(%0)" : "=&r"(first) : "r"(pattern) : "memory");
  check(first, WORD(1));
  __asm__ volatile("lw %0, 3(%2)\nlw %1, 6(%2)"
                   : "=&r"(first), "=&r"(second)
                   : "r"(pattern)
                   : "memory");
  check(first, WORD(3));
  check(second, WORD(6));
  __asm__ volatile("sw %2, 3(%3)\nlw %0, 3(%3)\nlhu %1, 5(%3)"
                   : "=&r"(first), "=&r"(second)
                   : "r"(0x76543210), "r"(target)
                   : "memory");
  check(first, 0x76543210);
  check(second, 0x7654);
}

// A store of code, then fence.i, then a call: the core must not run what it fetched before.
static void check_fence_i(void) {
  // addi a0, x0, n (32 bits); c.jr ra; c.nop
  static uint32_t code[2] = {0x00000513, 0x00018082};
  group("fence.i");
  for (uint32_t n = 1; n < 5; n++) {
    register uint32_t result __asm__("a0");
    __asm__ volatile("sw %1, 0(%2)\nfence.i\njalr ra, %2, 0"
                     : "=r"(result)
                     : "r"(0x00000513u | n << 20), "r"(code)
                     : "ra", "memory");
    check(result, n);
  }
  // The instruction right behind fence.i is rewritten.
  uint32_t result;
  __asm__ volatile(
      "la t0, 1f\nsw %1, 0(t0)\nfence.i\n.balign 4\n.option push\n.option norvc\n"
      "1: addi a0, x0, 1\n.option pop\nmv %0, a0"
      : "=&r"(result)
      : "r"(0x02a00513u)
      : "t0", "a0", "memory");
  check(result, 42);
  __asm__ volatile("fence rw, rw\nfence" ::: "memory");
}

void check_memory(void) {
  group("loads");
  CHECK_LOADS(0);
  CHECK_LOADS(1);
  CHECK_LOADS(2);
  CHECK_LOADS(3);
  CHECK_LOADS(4);
  CHECK_LOADS(5);
  CHECK_LOADS(10);
  CHECK_LOADS(11);
  group("stores");
  CHECK_STORES(0);
  CHECK_STORES(1);
  CHECK_STORES(2);
  CHECK_STORES(3);
  CHECK_STORES(4);
  CHECK_STORES(7);
  check_split();
  check_fence_i();
}
