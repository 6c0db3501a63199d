// SPDX-License-Identifier: Apache-2.0
//
// The instructions of the msb_skip unit (docs/msb_skip.md) for C. Accumulator numbers are part of the instruction, so
// they must be constants; hence macros.

#ifndef MSB_SKIP_H
#define MSB_SKIP_H

#include <stdint.h>

enum msb_skip_mode { MSB_EXACT = 0, MSB_ZERO = 1, MSB_ABSOLUTE = 2, MSB_RUNNING_MAXIMUM = 3 };
enum msb_skip_counter { MSB_KEPT = 0, MSB_ZERO_SKIPPED = 1, MSB_SOFT_SKIPPED = 2, MSB_COUNTERS = 3 };

#define MSB_CLEAR_ACCUMULATORS (1u << 8)
#define MSB_CLEAR_COUNTERS (1u << 9)

static inline void msb_configure(uint32_t mode, uint32_t threshold, uint32_t clear) {
  __asm__ volatile(".insn r 0x0b, 0, 0, x0, %0, x0" ::"r"(clear | mode << 4 | threshold));
}

// accumulator += kept products of four activations and four weights
#define MSB_DOT4(accumulator, activations, weights) \
  __asm__ volatile(".insn r 0x0b, 1, %0, x0, %1, %2" ::"i"(accumulator), "r"(activations), "r"(weights))

// value of an accumulator, which starts again from zero
#define MSB_TAKE(accumulator)                                                                  \
  ({                                                                                           \
    int32_t taken_;                                                                            \
    __asm__ volatile(".insn r 0x0b, 2, %1, %0, x0, x0" : "=r"(taken_) : "i"(0x10 | (accumulator))); \
    taken_;                                                                                    \
  })

// value of a counter, which starts again from zero
#define MSB_TAKE_COUNTER(counter)                                                             \
  ({                                                                                          \
    uint32_t taken_;                                                                          \
    __asm__ volatile(".insn r 0x0b, 2, %1, %0, x0, x0" : "=r"(taken_) : "i"(0x30 | (counter))); \
    taken_;                                                                                   \
  })

#endif
