// SPDX-License-Identifier: Apache-2.0
//
// Turns values of a signal, one for each cycle, into rows of bits, 64 cycles in a word.

#include <cstdint>

// Bit b of word c goes to bit c of word b, for 64 words: exchanges ever smaller blocks.
static void transpose_block(uint64_t *block) {
  uint64_t mask = 0x00000000ffffffff;
  for (int size = 32; size; size >>= 1, mask ^= mask << size) {
    for (int i = 0; i < 64; i = ((i | size) + 1) & ~size) {
      const uint64_t moved = ((block[i] >> size) ^ block[i | size]) & mask;
      block[i] ^= moved << size;
      block[i | size] ^= moved;
    }
  }
}

// values: [cycles][words]; rows: [64 * words][cycles / 64, rounded up], zero where no cycle is left.
extern "C" void transpose(const uint64_t *values, int64_t cycles, int64_t words, uint64_t *rows) {
  const int64_t length = (cycles + 63) / 64;
  for (int64_t w = 0; w < words; w++) {
    for (int64_t i = 0; i < length; i++) {
      uint64_t block[64];
      for (int64_t c = 0; c < 64; c++) block[c] = i * 64 + c < cycles ? values[(i * 64 + c) * words + w] : 0;
      transpose_block(block);
      for (int64_t b = 0; b < 64; b++) rows[(w * 64 + b) * length + i] = block[b];
    }
  }
}
