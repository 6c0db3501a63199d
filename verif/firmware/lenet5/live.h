// SPDX-License-Identifier: Apache-2.0
//
// Which activations can contribute anything at all, whatever the weights are. A weight's leading one is at 6 at most, so
// the absolute rule with threshold T keeps nothing of an activation below 2^(T-6). All functions are for activations
// that are not negative, of which the other rules keep nothing only if they are zero.

#ifndef LIVE_H
#define LIVE_H

#include "msb_skip.h"
#include "network.h"

// An activation word outside whose mask all bits are zero contributes nothing in this layer.
static inline uint32_t live_mask(int layer) {
  int32_t bits = settings.mode == MSB_ABSOLUTE ? (int32_t)settings.threshold[layer] - 6 : 0;
  bits = bits < 0 ? 0 : bits > 7 ? 7 : bits;
  return (0x7Fu & ~((1u << bits) - 1)) * 0x01010101u;
}

// Pooling windows of c1 (6x6 pixels of the image, two of padding) with a live pixel: bit 31 - x of live[y].
static inline void find_live_windows(const uint8_t image[PIXELS], uint32_t live[C1_SIDE]) {
  const uint32_t mask = live_mask(C1) << 1;  // the layer sees half of each pixel
  const uint32_t *word = (const uint32_t *)image;
  uint32_t blocks[C1_SIDE + 2];  // of 2x2 pixels, each with its neighbours to the left and right
  blocks[0] = blocks[C1_SIDE + 1] = 0;
  for (int y = 1; y <= C1_SIDE; y++, word += SIDE / 4) {
    uint32_t bits = 0;
    for (int x = 0; x < SIDE / 4; x++, word++) {
      uint32_t pixels = (word[0] | word[SIDE / 4]) & mask;
      bits = bits << 2 | ((pixels & 0xFFFF) != 0) << 1 | (pixels >> 16 != 0);
    }
    blocks[y] = (bits | bits << 1 | bits >> 1) << (32 - C1_SIDE);
  }
  for (int y = 0; y < C1_SIDE; y++)
    live[y] = settings.mode == MSB_EXACT ? ~0u : blocks[y] | blocks[y + 1] | blocks[y + 2];
}

struct live_word {
  uint32_t word;
  uint32_t offset;  // of its weights, in bytes
};

// The live ones of `words` activation words, each with `stride` bytes of weights; returns the end of the list.
static inline const struct live_word *find_live_words(const int8_t *input, int words, int layer, uint32_t stride,
                                                      struct live_word *list) {
  const uint32_t mask = live_mask(layer);
  const uint32_t *word = (const uint32_t *)input;
  for (uint32_t offset = 0; offset != words * stride; offset += stride, word++)
    if (*word & mask) *list++ = (struct live_word){*word, offset};
  return list;
}

#endif
