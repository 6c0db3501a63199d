// SPDX-License-Identifier: Apache-2.0

#include "kernels.h"

#define SIZE 256
#define SIDE 16

static uint32_t words[SIZE];
static uint8_t bytes[4 * SIZE];

static uint32_t sum_of(const uint32_t *values, int count) {
  uint32_t sum = 0;
  for (int i = 0; i < count; i++) sum = sum * 31 + values[i];
  return sum;
}

static void fill(uint32_t seed) {
  for (int i = 0; i < SIZE; i++) words[i] = next_random(&seed);
  for (int i = 0; i < 4 * SIZE; i++) bytes[i] = (uint8_t)next_random(&seed);
}

// Copies by words and by bytes: loads and stores.
static uint32_t copy(void) {
  static uint32_t target[SIZE];
  fill(1);
  for (int pass = 0; pass < 4; pass++) {
    for (int i = 0; i < SIZE; i++) target[i] = words[i] + (uint32_t)pass;
    for (int i = 0; i < 4 * SIZE; i++) ((uint8_t *)target)[i] ^= bytes[4 * SIZE - 1 - i];
  }
  return sum_of(target, SIZE);
}

// CRC-32, bit by bit: shifts, logic, short loops.
static uint32_t crc(void) {
  uint32_t value = 0xffffffffu;
  fill(2);
  for (int i = 0; i < 512; i++) {
    value ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
  }
  return ~value;
}

// Product of two matrices of 16-bit numbers: multiplications, two-dimensional indices.
static uint32_t matrix(void) {
  static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
  static uint32_t product[SIDE * SIDE];
  uint32_t state = 3;
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      a[i][j] = (int16_t)next_random(&state);
      b[i][j] = (int16_t)next_random(&state);
    }
  }
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      int32_t sum = 0;
      for (int k = 0; k < SIDE; k++) sum += (int32_t)((uint32_t)(a[i][k] * b[k][j]) >> 3);
      product[SIDE * i + j] = (uint32_t)sum;
    }
  }
  return sum_of(product, SIDE * SIDE);
}

// A linked list, built, reversed and walked: each load's address comes from the load before.
static uint32_t list(void) {
  struct node {
    struct node *next;
    uint32_t value;
  };
  static struct node nodes[SIZE];
  struct node *head = 0;
  uint32_t state = 4, sum = 0;
  for (int i = 0; i < SIZE; i++) {
    struct node *node = &nodes[(i * 97) % SIZE];
    node->value = next_random(&state);
    node->next = head;
    head = node;
  }
  for (int pass = 0; pass < 4; pass++) {
    struct node *reversed = 0;
    while (head) {
      struct node *next = head->next;
      head->next = reversed;
      reversed = head;
      head = next;
    }
    head = reversed;
    for (const struct node *node = head; node; node = node->next) sum = sum * 31 + node->value;
  }
  return sum;
}

// Tells numbers from words in a text, character by character: branches that are hard to foresee.
static uint32_t scan(void) {
  static const char alphabet[] = "0123456789+-.eE abcxyz,;";
  enum { Start, Sign, Integer, Fraction, Exponent, Word } mode = Start;
  uint32_t counts[6] = {0}, state = 5;
  for (int i = 0; i < 2000; i++) {
    const char c = alphabet[next_random(&state) % (sizeof alphabet - 1)];
    const int digit = c >= '0' && c <= '9';
    switch (mode) {
      case Start: mode = digit ? Integer : c == '+' || c == '-' ? Sign : c == ' ' ? Start : Word; break;
      case Sign: mode = digit ? Integer : Word; break;
      case Integer: mode = digit ? Integer : c == '.' ? Fraction : c == ' ' ? Start : Word; break;
      case Fraction: mode = digit ? Fraction : c == 'e' || c == 'E' ? Exponent : Start; break;
      case Exponent: mode = digit ? Exponent : Start; break;
      default: mode = c == ' ' || c == ',' || c == ';' ? Start : Word; break;
    }
    counts[mode]++;
  }
  return sum_of(counts, 6);
}

static void sort_range(uint32_t *values, int low, int high) {
  while (low < high) {
    const uint32_t pivot = values[(low + high) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const uint32_t held = values[i];
        values[i++] = values[j];
        values[j--] = held;
      }
    }
    sort_range(values, low, j);
    low = i;
  }
}

// Quicksort: comparisons of loaded values, calls.
static uint32_t sort(void) {
  fill(6);
  sort_range(words, 0, SIZE - 1);
  return sum_of(words, SIZE);
}

// Greatest common divisors: divisions.
static uint32_t divide(void) {
  uint32_t state = 7, sum = 0;
  for (int i = 0; i < 64; i++) {
    uint32_t a = next_random(&state) + 1, b = next_random(&state) + 1;
    while (b) {
      const uint32_t rest = a % b;
      a = b;
      b = rest;
    }
    sum = sum * 31 + a;
  }
  return sum;
}

const struct kernel kernels[] = {
    {"copy", copy}, {"crc", crc},   {"matrix", matrix}, {"list", list},
    {"scan", scan}, {"sort", sort}, {"divide", divide}, {0, 0},
};
