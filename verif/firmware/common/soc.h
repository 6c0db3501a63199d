// SPDX-License-Identifier: Apache-2.0
//
// The device of rtl/soc as C sees it. `marker` tells the bench where the program is; the bench stops the clock while
// it looks, so whatever the program wrote before the marker can be read at leisure.

#ifndef SOC_H
#define SOC_H

#include <stdint.h>

#define DEVICE_CONSOLE (*(volatile uint32_t *)0xF0000000u)
#define DEVICE_EXIT (*(volatile uint32_t *)0xF0000004u)
#define DEVICE_MARKER (*(volatile uint32_t *)0xF0000008u)

// MARKER_INTERRUPTS sets the lines of the bench: index 1 software, 2 timer, 4 external, or several
enum marker_event { MARKER_IMAGE_BEGIN = 1, MARKER_LAYER_END = 2, MARKER_IMAGE_END = 3, MARKER_INTERRUPTS = 4 };

// The barrier keeps the compiler from moving a result's store behind the marker that announces it.
static inline void marker(enum marker_event event, uint32_t index) {
  __asm__ volatile("" ::: "memory");
  DEVICE_MARKER = (uint32_t)event << 24 | index;
}

static inline uint32_t cycles(void) {
  uint32_t value;
  __asm__ volatile("csrr %0, mcycle" : "=r"(value));
  return value;
}

#endif
