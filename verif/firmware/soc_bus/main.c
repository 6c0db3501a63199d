// SPDX-License-Identifier: Apache-2.0
//
// Everything on the system's bus that LeNet-5 leaves out: data accesses to the instruction RAM while it is fetched
// from, code that the program wrote itself, and accesses that no target answers.
//
// Exit code: number of checks << 8 | number of the first one that failed, 0 if none did.

#include <stdint.h>

#define SCRATCH ((volatile uint8_t *)0x80007ff0u)  // end of the instruction RAM, behind the program

static uint32_t checks, failed;
static volatile uint32_t cause;

static void check(int holds) {
  checks++;
  if (!holds && !failed) failed = checks;
}

// Faulting accesses are 4 bytes long and are skipped; a faulting fetch goes on at mscratch.
__attribute__((interrupt, aligned(4))) static void trap(void) {
  uint32_t resume;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause == 1) __asm__ volatile("csrr %0, mscratch" : "=r"(resume));
  else __asm__ volatile("csrr %0, mepc\n addi %0, %0, 4" : "=r"(resume));
  __asm__ volatile("csrw mepc, %0" ::"r"(resume));
}

static uint32_t cause_of_load(uint32_t address) {
  uint32_t ignored;
  cause = 0;
  __asm__ volatile(".option push\n .option norvc\n lw %0, 0(%1)\n .option pop" : "=r"(ignored) : "r"(address));
  return cause;
}

static uint32_t cause_of_store(uint32_t address) {
  cause = 0;
  __asm__ volatile(".option push\n .option norvc\n sw zero, 0(%0)\n .option pop" ::"r"(address) : "memory");
  return cause;
}

static uint32_t cause_of_fetch(uint32_t address) {
  cause = 0;
  __asm__ volatile("la t0, 1f\n csrw mscratch, t0\n jalr ra, 0(%0)\n1:" ::"r"(address) : "t0", "ra", "memory");
  return cause;
}

static void instruction_ram_as_data(void) {
  volatile uint32_t *words = (volatile uint32_t *)SCRATCH;
  for (uint32_t i = 0; i < 4; i++) words[i] = 0x01234567u * (i + 1);
  for (uint32_t i = 0; i < 4; i++) check(words[i] == 0x01234567u * (i + 1));
  for (uint32_t i = 0; i < 4; i++) SCRATCH[5 * i] = (uint8_t)(0xa0 + i);  // each byte lane once
  for (uint32_t i = 0; i < 4; i++) {
    uint32_t kept = 0x01234567u * (i + 1) & ~(0xffu << 8 * i);
    check(words[i] == (kept | (0xa0u + i) << 8 * i));
  }
}

static void code_written_by_the_program(void) {
  volatile uint32_t *words = (volatile uint32_t *)SCRATCH;
  for (uint32_t value = 1; value < 4; value++) {
    words[0] = value << 20 | 0x513;  // addi a0, zero, value
    words[1] = 0x00008067;           // ret
    __asm__ volatile("fence.i" ::: "memory");
    check(((uint32_t(*)(void))SCRATCH)() == value);
  }
}

static void accesses_without_a_target(void) {
  enum { FETCH_FAULT = 1, LOAD_FAULT = 5, STORE_FAULT = 7 };
  check(cause_of_load(0x00000000) == LOAD_FAULT);
  check(cause_of_load(0x80008000) == LOAD_FAULT);   // behind the instruction RAM
  check(cause_of_load(0x80120000) == LOAD_FAULT);   // behind the data RAM
  check(cause_of_load(0xf0000000) == LOAD_FAULT);   // the device is write-only
  check(cause_of_store(0x800ffffc) == STORE_FAULT); // before the data RAM
  check(cause_of_store(0xf0000010) == STORE_FAULT); // behind the device
  check(cause_of_fetch(0x80100000) == FETCH_FAULT); // the data RAM holds no code
  check(cause_of_load(0x80100000) == 0);
}

int main(void) {
  __asm__ volatile("csrw mtvec, %0" ::"r"(trap));
  instruction_ram_as_data();
  code_written_by_the_program();
  accesses_without_a_target();
  return (int)(checks << 8 | failed);
}
