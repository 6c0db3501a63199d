// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the self-check share: the check itself, the device of verif/riscv/bench.sv, and
// the record that the trap handler leaves. Expected values are constants that the compiler computes
// on the host from the definition of each instruction in C; the core under test has no part in
// them.

#ifndef SELFCHECK_H
#define SELFCHECK_H

#include <stdint.h>

#define DEVICE(offset) (*(volatile uint32_t *)(0xF0000000u + (offset)))
#define DEVICE_CONSOLE DEVICE(0x00)
#define DEVICE_EXIT DEVICE(0x04)
#define DEVICE_CYCLES DEVICE(0x08)
#define DEVICE_IRQ DEVICE(0x0C)        // levels
#define DEVICE_IRQ_AFTER DEVICE(0x10)  // levels << 29 | cycles
#define DEVICE_CHECKS DEVICE(0x14)

enum irq { IRQ_SOFTWARE = 1, IRQ_TIMER = 2, IRQ_EXTERNAL = 4 };

#define MEMORY_END 0x80400000u
#define UNMAPPED 0x10000000u

// Sixteen operands that make carries, signs and borders meet.
#define CORNER_0 0x00000000u
#define CORNER_1 0x00000001u
#define CORNER_2 0x00000002u
#define CORNER_3 0x0000001fu
#define CORNER_4 0x00000021u
#define CORNER_5 0x00007fffu
#define CORNER_6 0x00008000u
#define CORNER_7 0x0000ffffu
#define CORNER_8 0x00010000u
#define CORNER_9 0x12345678u
#define CORNER_10 0x7fffffffu
#define CORNER_11 0x80000000u
#define CORNER_12 0x80000001u
#define CORNER_13 0xaaaaaaaau
#define CORNER_14 0xffff0000u
#define CORNER_15 0xffffffffu
#define CORNERS 16

// For slow simulators, -DQUICK=1 takes every 17th pair and every 9th moment of an interrupt.
#ifdef QUICK
#define PAIR_STEP 17
#define MOMENT_STEP 9
#else
#define PAIR_STEP 1
#define MOMENT_STEP 1
#endif

extern const uint32_t corner[CORNERS];

// FOR_CORNERS(F, ...) is F(..., c) for each corner c, separated by commas; FOR_PAIRS(F) is F(a, b)
// for each pair.
#define FOR_CORNERS(F, ...)                                                            \
  F(__VA_ARGS__, CORNER_0), F(__VA_ARGS__, CORNER_1), F(__VA_ARGS__, CORNER_2),        \
      F(__VA_ARGS__, CORNER_3), F(__VA_ARGS__, CORNER_4), F(__VA_ARGS__, CORNER_5),    \
      F(__VA_ARGS__, CORNER_6), F(__VA_ARGS__, CORNER_7), F(__VA_ARGS__, CORNER_8),    \
      F(__VA_ARGS__, CORNER_9), F(__VA_ARGS__, CORNER_10), F(__VA_ARGS__, CORNER_11),  \
      F(__VA_ARGS__, CORNER_12), F(__VA_ARGS__, CORNER_13), F(__VA_ARGS__, CORNER_14), \
      F(__VA_ARGS__, CORNER_15)
#define FOR_PAIRS(F)                                                                   \
  FOR_CORNERS(F, CORNER_0), FOR_CORNERS(F, CORNER_1), FOR_CORNERS(F, CORNER_2),        \
      FOR_CORNERS(F, CORNER_3), FOR_CORNERS(F, CORNER_4), FOR_CORNERS(F, CORNER_5),    \
      FOR_CORNERS(F, CORNER_6), FOR_CORNERS(F, CORNER_7), FOR_CORNERS(F, CORNER_8),    \
      FOR_CORNERS(F, CORNER_9), FOR_CORNERS(F, CORNER_10), FOR_CORNERS(F, CORNER_11),  \
      FOR_CORNERS(F, CORNER_12), FOR_CORNERS(F, CORNER_13), FOR_CORNERS(F, CORNER_14), \
      FOR_CORNERS(F, CORNER_15)

// Names what is checked next, for the message of a failure.
void group(const char *name);

// Ends the run with the number of the check unless got equals expected.
void check(uint32_t got, uint32_t expected);

struct trap {
  uint32_t count;  // of traps so far
  uint32_t cause, epc, value, status;
  uint32_t entry;    // of the vector table, 255 in direct mode
  uint32_t watched;  // *trap_watch when the handler began
};
extern volatile struct trap trap;
extern volatile uint32_t
    trap_resume;  // where to go on after the next exception; 0: behind the instruction
extern const volatile uint32_t *volatile trap_watch;
extern char trap_direct[], trap_table[];

#define CSR_READ(name)                                     \
  ({                                                       \
    uint32_t csr_value;                                    \
    __asm__ volatile("csrr %0, " #name : "=r"(csr_value)); \
    csr_value;                                             \
  })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")
#define CSR_SET(name, value) __asm__ volatile("csrs " #name ", %0" ::"r"(value) : "memory")
#define CSR_CLEAR(name, value) __asm__ volatile("csrc " #name ", %0" ::"r"(value) : "memory")

void check_arithmetic(void);
void check_branches(void);
void check_compressed(void);
void check_memory(void);
void check_hazards(void);
void check_csrs(void);
void check_traps(void);
void check_interrupts(void);
void check_coprocessor(void);

#endif
