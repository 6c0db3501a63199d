// SPDX-License-Identifier: Apache-2.0
//
// LeNet-5 in plain RV32IMC C, exact: the yardstick that the custom instructions are compared with. It is what a
// careful programmer writes for a core with a one-cycle multiplier: pointers, a kernel row of five taps unrolled,
// pooling before requantisation, nothing left for the inner loop to recompute.

#include "network.h"

enum { PADDED = SIDE + 4, TAPS = 25 };

struct model {
  int8_t c1_weights[C1_OUT][TAPS];
  int8_t c3_weights[C3_OUT][C1_OUT * TAPS];
  int8_t c5_weights[C5_OUT][C5_IN];
  int8_t f6_weights[F6_OUT][C5_OUT];
  int8_t out_weights[CLASSES][F6_OUT];
  int32_t c1_bias[C1_OUT], c3_bias[C3_OUT], c5_bias[C5_OUT], f6_bias[F6_OUT], out_bias[CLASSES];
};
struct model model __attribute__((section(".input")));

static int8_t input[PADDED * PADDED];
int8_t c1_output[C1_OUT * C1_SIDE * C1_SIDE] __attribute__((aligned(4)));  // [channel][y][x]

void prepare(const uint8_t image[PIXELS]) {
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) input[(y + 2) * PADDED + x + 2] = (int8_t)(image[y * SIDE + x] >> 1);
}

static inline int32_t window(const int8_t *map, int side, int channels, const int8_t *w) {
  int32_t sum = 0;
  for (int c = 0; c < channels; c++, map += side * (side - 5)) {
#pragma GCC unroll 5
    for (int ky = 0; ky < 5; ky++, map += side, w += 5) {
      sum += map[0] * w[0];
      sum += map[1] * w[1];
      sum += map[2] * w[2];
      sum += map[3] * w[3];
      sum += map[4] * w[4];
    }
  }
  return sum;
}

// Valid 5x5 convolution and 2x2 pooling of `channels` maps of side x side.
static inline __attribute__((always_inline)) void convolve(const int8_t *map, const int side, const int channels,
                                                           const int8_t *w, const int32_t *bias, int outputs,
                                                           int8_t *output, struct scale scale) {
  for (int o = 0; o < outputs; o++, w += channels * TAPS) {
    for (int y = 0; y < side - 4; y += 2) {
      const int8_t *upper = map + y * side, *lower = upper + side;
      for (int x = 0; x < side - 4; x += 2, upper += 2, lower += 2) {
        int32_t a = window(upper, side, channels, w), b = window(upper + 1, side, channels, w);
        int32_t c = window(lower, side, channels, w), d = window(lower + 1, side, channels, w);
        *output++ = (int8_t)pool(a, b, c, d, bias[o], scale, settings.activation);
      }
    }
  }
}

static inline int32_t dot(const int8_t *a, const int8_t *w, int length) {
  int32_t sum = 0;
#pragma GCC unroll 4
  for (int i = 0; i < length; i++) sum += a[i] * w[i];
  return sum;
}

static inline void linear(const int8_t *a, int length, const int8_t *w, const int32_t *bias, int outputs,
                          int8_t *output, struct scale scale) {
  for (int o = 0; o < outputs; o++, w += length)
    output[o] = (int8_t)activate(dot(a, w, length) + bias[o], scale, settings.activation);
}

void run_layer(int layer) {
  const struct scale scale = settings.scale[layer];
  switch (layer) {
    case C1:
      convolve(input, PADDED, 1, model.c1_weights[0], model.c1_bias, C1_OUT, c1_output, scale);
      break;
    case C3:
      convolve(c1_output, C1_SIDE, C1_OUT, model.c3_weights[0], model.c3_bias, C3_OUT, c3_output, scale);
      break;
    case C5:
      linear(c3_output, C5_IN, model.c5_weights[0], model.c5_bias, C5_OUT, c5_output, scale);
      break;
    case F6:
      linear(c5_output, C5_OUT, model.f6_weights[0], model.f6_bias, F6_OUT, f6_output, scale);
      break;
    default:
      for (int o = 0; o < CLASSES; o++) logits[o] = dot(f6_output, model.out_weights[o], F6_OUT) + model.out_bias[o];
  }
}
