// SPDX-License-Identifier: Apache-2.0
//
// Small programs whose cycles say how good the core is at ordinary code. Each returns a checksum of
// all that it computed, which must be the same on the machine that builds it (host.c).

#ifndef KERNELS_H
#define KERNELS_H

#include <stdint.h>

struct kernel {
  const char *name;
  uint32_t (*run)(void);
};

// Ends with an entry whose name is null.
extern const struct kernel kernels[];

// A reproducible sequence: Knuth's linear congruential generator, upper bits.
static inline uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

#endif
