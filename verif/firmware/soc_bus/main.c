// SPDX-License-Identifier: Apache-2.0
//
// Everything on the system's bus that LeNet-5 leaves out: data accesses to the instruction RAM while it is fetched
// from, code that the program wrote itself, every lane and every bit of an address, accesses that no target answers,
// instructions of the unit that are taken back, interrupt lines, and what leaves through the device.
//
// Exit code: number of checks << 16 | number of the first one that failed, 0 if none did.

#include <stdint.h>

#include "../common/msb_skip.h"
#include "../common/soc.h"

#define INSTRUCTION_RAM 0x80000000u
#define DATA_RAM 0x80100000u
#define DEVICE 0xf0000000u
#define SCRATCH ((volatile uint8_t *)0x80007ff0u)   // end of the instruction RAM, behind the program
#define DATA_SCRATCH ((volatile uint8_t *)0x8011fff0u)  // end of the data RAM
#define RET 0x00008067u

enum { FETCH_FAULT = 1, LOAD_FAULT = 5, STORE_FAULT = 7 };

static uint32_t checks, failed;
static volatile uint32_t cause;

static void check(int holds) {
  checks++;
  if (!holds && !failed) failed = checks;
}

// Faulting accesses are 4 bytes long and are skipped; a faulting fetch goes on at mscratch. An interrupt comes once.
__attribute__((interrupt, aligned(4))) static void trap(void) {
  uint32_t resume;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause >> 31) {
    __asm__ volatile("csrw mie, zero");
    return;
  }
  if (cause == FETCH_FAULT) __asm__ volatile("csrr %0, mscratch" : "=r"(resume));
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
    words[1] = RET;
    __asm__ volatile("fence.i" ::: "memory");
    check(((uint32_t(*)(void))SCRATCH)() == value);
  }
}

// Stores of all sizes at all offsets, over the end of a word, too, change the bytes they name and no others.
static void lanes(volatile uint8_t *place) {
  volatile uint32_t *words = (volatile uint32_t *)place;
  const uint32_t value = 0xa1b2c3d4u;
  for (uint32_t size = 1; size <= 4; size *= 2) {
    for (uint32_t offset = 0; offset < 4; offset++) {
      volatile uint8_t *address = place + offset;
      words[0] = 0x33221100u;
      words[1] = 0x77665544u;
      if (size == 1) __asm__ volatile("sb %0, 0(%1)" ::"r"(value), "r"(address) : "memory");
      if (size == 2) __asm__ volatile("sh %0, 0(%1)" ::"r"(value), "r"(address) : "memory");
      if (size == 4) __asm__ volatile("sw %0, 0(%1)" ::"r"(value), "r"(address) : "memory");
      uint32_t wrong = 0;
      for (uint32_t i = 0; i < 8; i++) {
        uint32_t written = i - offset < size;
        wrong |= place[i] ^ (written ? value >> 8 * (i - offset) & 0xff : i * 0x11);
      }
      check(!wrong);
    }
  }
}

// Words whose addresses differ from `middle` in one bit each keep words of their own. Each is a function that returns
// its bit's number, so that fetches, too, can tell them apart.
static void address_bits(uint32_t middle, uint32_t bits, int is_code) {
  for (uint32_t bit = 0; bit <= bits; bit++) {  // the last one is `middle` itself
    uint32_t word = 0x80824501u | bit << 2;     // c.li a0, bit; c.jr ra
    *(volatile uint32_t *)(middle ^ (bit < bits ? 4u << bit : 0)) = word;
  }
  __asm__ volatile("fence.i" ::: "memory");
  for (uint32_t bit = 0; bit <= bits; bit++) {
    uint32_t address = middle ^ (bit < bits ? 4u << bit : 0);
    check(*(volatile uint32_t *)address == (0x80824501u | bit << 2));
    if (is_code) check(((uint32_t(*)(void))address)() == bit);
  }
}

// One bit of an address decides whether somebody answers.
static void decoded_bits(void) {
  for (uint32_t bit = 15; bit < 32; bit++) {
    uint32_t address = INSTRUCTION_RAM ^ 1u << bit;
    check(cause_of_load(address) == (address == DATA_RAM ? 0 : LOAD_FAULT));
    check(cause_of_fetch(address) == FETCH_FAULT);
  }
  for (uint32_t bit = 17; bit < 32; bit++) {
    uint32_t address = DATA_RAM ^ 1u << bit;
    check(cause_of_load(address) == (address == INSTRUCTION_RAM ? 0 : LOAD_FAULT));
  }
  for (uint32_t bit = 4; bit < 32; bit++) check(cause_of_store(DEVICE ^ 1u << bit) == STORE_FAULT);
}

// The words on both sides of each border
static void borders(void) {
  enum { LOADS = 1, STORES = 2, RUNS = 4 };
  static const struct { uint32_t address, answers; } places[] = {
    {INSTRUCTION_RAM - 4, 0},
    {INSTRUCTION_RAM, LOADS | STORES | RUNS},
    {INSTRUCTION_RAM + 0x7ffc, LOADS | STORES | RUNS},
    {INSTRUCTION_RAM + 0x8000, 0},
    {DATA_RAM - 4, 0},
    {DATA_RAM, LOADS | STORES},
    {DATA_RAM + 0x1fffc, LOADS | STORES},
    {DATA_RAM + 0x20000, 0},
    {DEVICE - 4, 0},
    {DEVICE + 12, STORES},  // its last register, which does nothing
    {DEVICE + 16, 0},
  };
  for (uint32_t i = 0; i < sizeof places / sizeof *places; i++) {
    uint32_t address = places[i].address, answers = places[i].answers;
    check(cause_of_load(address) == (answers & LOADS ? 0 : LOAD_FAULT));
    check(cause_of_store(address) == (answers & STORES ? 0 : STORE_FAULT));
    if (!(answers & RUNS)) check(cause_of_fetch(address) == FETCH_FAULT);
  }
  check(cause_of_load(DEVICE) == LOAD_FAULT);  // write-only
  check(cause_of_fetch(DEVICE) == FETCH_FAULT);
}

// The core fetches ahead, here behind the instruction RAM, while an access goes to each target.
static void fetches_ahead_of_accesses(void) {
  static const uint32_t targets[] = {INSTRUCTION_RAM + 0x7000, DATA_RAM, DEVICE + 12, 0};
  volatile uint32_t *end = (volatile uint32_t *)(INSTRUCTION_RAM + 0x8000);
  end[-2] = 0x00052023;  // sw zero, 0(a0)
  end[-1] = RET;
  __asm__ volatile("fence.i" ::: "memory");
  for (uint32_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    cause = 0;
    ((void (*)(uint32_t))(end - 2))(targets[i]);
    check(cause == (targets[i] ? 0 : STORE_FAULT));
  }
}

// Skips a faulting access without one of its own, of which that of the C handler is full.
__attribute__((naked, aligned(4))) static void skip(void) {
  __asm__ volatile("csrw mscratch, t0\n csrr t0, mepc\n addi t0, t0, 4\n csrw mepc, t0\n csrr t0, mscratch\n mret");
}

// An access to each target right after one to each: no value is lost or taken from the other.
static void one_after_the_other(void) {
  static volatile uint32_t here;
  const uint32_t targets[] = {INSTRUCTION_RAM + 0x7000, (uint32_t)&here, DEVICE + 12, 0};
  __asm__ volatile("csrw mtvec, %0" ::"r"(skip));
  for (uint32_t i = 0; i < 16; i++) {
    uint32_t first = targets[i / 4], second = targets[i % 4], a = 0, b = 0;
    __asm__ volatile(".option push\n .option norvc\n"
                     "sw %[v], 0(%[first])\n sw %[w], 0(%[second])\n lw %[a], 0(%[first])\n lw %[b], 0(%[second])\n"
                     ".option pop"
                     : [a] "+&r"(a), [b] "+&r"(b)
                     : [first] "r"(first), [second] "r"(second), [v] "r"(~i), [w] "r"(i * 0x01010101u)
                     : "memory");
    check(a == (i / 4 >= 2 ? 0 : first == second ? i * 0x01010101u : ~i));
    check(b == (i % 4 >= 2 ? 0 : i * 0x01010101u));
  }
  __asm__ volatile("csrw mtvec, %0" ::"r"(trap));
}

// The unit takes instructions behind a fault back, and does each once when the handler has returned.
static void unit_behind_faults(void) {
  uint32_t word = 0x9e3779b9u;
  __asm__ volatile("csrw mtvec, %0" ::"r"(skip));
  msb_configure(MSB_EXACT, 0, MSB_CLEAR_ACCUMULATORS | MSB_CLEAR_COUNTERS);
  for (uint32_t i = 0; i < 16; i++) {
    uint32_t activations = word, weights = word = word * 1664525u + 1013904223u;
    int32_t sum = 0;
    for (uint32_t lane = 0; lane < 32; lane += 8) sum += (int8_t)(activations >> lane) * (int8_t)(weights >> lane);
    __asm__ volatile(".option push\n .option norvc\n lw t0, 0(zero)\n .option pop\n"
                     ".insn r 0x0b, 1, 5, x0, %0, %1" ::"r"(activations), "r"(weights) : "t0");
    check(MSB_TAKE(5) == sum);
  }
  check(MSB_TAKE_COUNTER(MSB_KEPT) == 16 * 4);
  __asm__ volatile("csrw mtvec, %0" ::"r"(trap));
}

static void interrupts(void) {
  for (uint32_t line = 0; line < 3; line++) {
    uint32_t pending = 0, bit = 1u << (4 * line + 3);  // in mip and mie: 3 software, 7 timer, 11 external
    marker(MARKER_INTERRUPTS, 1u << line);
    for (uint32_t tries = 0; tries < 8 && !pending; tries++) __asm__ volatile("csrr %0, mip" : "=r"(pending));
    check(pending == bit);
    cause = 0;
    __asm__ volatile("csrw mie, %0\n csrsi mstatus, 8\n nop\n nop\n csrci mstatus, 8" ::"r"(bit) : "memory");
    check(cause == (1u << 31 | (4 * line + 3)));
    marker(MARKER_INTERRUPTS, 0);
  }
}

// What the test Bus waits for: bytes and words with every bit high and low.
static void device(void) {
  for (const char *text = "\xc3\x9c" "ber *UU*\n"; *text; text++) DEVICE_CONSOLE = *(const uint8_t *)text;
  DEVICE_MARKER = 0x55555555u;
  DEVICE_MARKER = 0xaaaaaaaau;
  *(volatile uint32_t *)(DEVICE + 12) = 0xffffffffu;
  *(volatile uint32_t *)(DEVICE + 12) = 0;
}

int main(void) {
  __asm__ volatile("csrw mtvec, %0" ::"r"(trap));
  instruction_ram_as_data();
  code_written_by_the_program();
  lanes(SCRATCH);
  lanes(DATA_SCRATCH);
  address_bits(0x80004000u, 13, 1);
  address_bits(0x80110000u, 15, 0);
  decoded_bits();
  borders();
  fetches_ahead_of_accesses();
  one_after_the_other();
  unit_behind_faults();
  interrupts();
  device();
  return (int)(checks << 16 | failed);
}
