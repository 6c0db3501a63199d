// SPDX-License-Identifier: Apache-2.0
//
// Self-check of the core: runs every part, then ends the run with 1. The first check that fails
// ends it with 16 and more, and prints its group, its number in the group, what came and what
// should have come.

#include "selfcheck.h"

const uint32_t corner[CORNERS] = {CORNER_0,  CORNER_1,  CORNER_2,  CORNER_3, CORNER_4,  CORNER_5,
                                  CORNER_6,  CORNER_7,  CORNER_8,  CORNER_9, CORNER_10, CORNER_11,
                                  CORNER_12, CORNER_13, CORNER_14, CORNER_15};

volatile struct trap trap;
volatile uint32_t trap_resume;
const volatile uint32_t *volatile trap_watch = &trap_resume;

static const char *group_name = "";
static uint32_t groups, number, passed;

static void print(const char *text) {
  while (*text) DEVICE_CONSOLE = (uint32_t)*text++;
}

static void print_hex(uint32_t value) {
  for (int i = 28; i >= 0; i -= 4) DEVICE_CONSOLE = (uint32_t)"0123456789abcdef"[value >> i & 15];
}

void group(const char *name) {
  group_name = name;
  groups++;
  number = 0;
}

void check(uint32_t got, uint32_t expected) {
  number++;
  if (got != expected) {
    print("self-check failed: ");
    print(group_name);
    print(" number 0x");
    print_hex(number);
    print(" got 0x");
    print_hex(got);
    print(" expected 0x");
    print_hex(expected);
    print("\n");
    DEVICE_EXIT = groups << 16 | number << 4;
    for (;;) {
    }
  }
  passed++;
}

// Called by start.S for every trap. An interrupt is answered by dropping all levels; an exception
// goes on behind the instruction, or where the check said.
void handle_trap(uint32_t entry) {
  trap.watched = *trap_watch;
  trap.cause = CSR_READ(mcause);
  trap.epc = CSR_READ(mepc);
  trap.value = CSR_READ(mtval);
  trap.status = CSR_READ(mstatus);
  trap.entry = entry;
  trap.count++;
  if (trap.cause >> 31) {
    DEVICE_IRQ = 0;
    (void)DEVICE_IRQ;
  } else if (trap_resume) {
    CSR_WRITE(mepc, trap_resume);
    trap_resume = 0;
  } else {
    uint16_t parcel = *(const volatile uint16_t *)trap.epc;
    CSR_WRITE(mepc, trap.epc + ((parcel & 3) == 3 ? 4 : 2));
  }
}

int main(uint32_t registers_at_reset) {
  group("registers at reset");
  check(registers_at_reset, 0);
  check_arithmetic();
  check_branches();
  check_compressed();
  check_memory();
  check_hazards();
  check_csrs();
  check_traps();
  check_interrupts();
  check_coprocessor();
  DEVICE_CHECKS = passed;
  DEVICE_EXIT = 1;
  return 0;
}
