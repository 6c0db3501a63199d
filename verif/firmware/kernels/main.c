// SPDX-License-Identifier: Apache-2.0
//
// Runs each kernel twice, the second time on the clock, and prints a line for each:
// name, cycles, instructions, checksum.

#include "kernels.h"

#define CONSOLE (*(volatile uint32_t *)0xF0000000u)
#define CSR(name)                                            \
  ({                                                         \
    uint32_t value;                                          \
    __asm__ volatile("csrr %0, " name : "=r"(value)::"memory"); \
    value;                                                   \
  })

static void text(const char *string) {
  while (*string) CONSOLE = (uint32_t)*string++;
}

static void number(uint32_t value) {
  text(" ");
  for (int shift = 28; shift >= 0; shift -= 4) {
    CONSOLE = (uint32_t)"0123456789abcdef"[value >> shift & 15];
  }
}

int main(void) {
  for (const struct kernel *kernel = kernels; kernel->name; kernel++) {
    const uint32_t warm = kernel->run();
    const uint32_t instructions = CSR("minstret");
    const uint32_t cycles = CSR("mcycle");
    const uint32_t sum = kernel->run();
    const uint32_t end = CSR("mcycle");
    text("kernel ");
    text(kernel->name);
    number(end - cycles);
    number(CSR("minstret") - instructions);
    number(sum);
    text("\n");
    if (sum != warm) return 2;
  }
  return 1;
}
