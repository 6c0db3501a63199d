// SPDX-License-Identifier: Apache-2.0
//
// LeNet-5 in integers, as main.c drives it. Two implementations exist, linked one at a time: msb_skip.c (the custom
// instructions) and scalar.c (plain RV32IMC, the yardstick). Each has its own struct model; the bench fills it in
// before the program starts (verif/soc/image.py knows both layouts by their field names below).

#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

enum { C1, C3, C5, F6, OUT, LAYERS };
enum { RELU = 0, TANH = 1 };
enum { SIDE = 28, PIXELS = SIDE * SIDE, TANH_TABLE = 512 };
enum { C1_OUT = 6, C1_SIDE = 14, C3_OUT = 16, C3_SIDE = 5, C5_IN = 400, C5_OUT = 120, F6_OUT = 84, CLASSES = 10 };

// (accumulator * multiplier + 2^(s-1)) >> s with s = 32 + shift; shift >= 1, so the low word never matters.
struct scale {
  int32_t multiplier;
  uint32_t shift;
};

// What both implementations need beside their weights.
struct settings {
  uint32_t mode;               // enum msb_skip_mode
  uint32_t activation;         // RELU or TANH
  uint32_t threshold[LAYERS];  // of the absolute and running-maximum rules
  struct scale scale[LAYERS];  // OUT has none: its accumulators are the logits
  uint8_t tanh_table[TANH_TABLE];
};
extern struct settings settings;

// Outputs, read by the bench at each layer's end. Maps are stored pixel by pixel (y, x, channel) by msb_skip.c and
// channel by channel by scalar.c.
extern int8_t c3_output[C3_SIDE * C3_SIDE * C3_OUT], c5_output[C5_OUT], f6_output[F6_OUT];
extern int32_t logits[CLASSES];
extern uint32_t counts[3];  // kept, zero-skipped, soft-skipped lanes of the last layer (scalar.c leaves them 0)

void prepare(const uint8_t image[PIXELS]);
void run_layer(int layer);

static inline int32_t max(int32_t a, int32_t b) { return a > b ? a : b; }

static inline int32_t requantise(int32_t accumulator, struct scale scale) {
  int32_t high = (int32_t)(((int64_t)accumulator * scale.multiplier) >> 32);
  return (high + (1 << (scale.shift - 1))) >> scale.shift;
}

static inline int32_t relu(int32_t accumulator, struct scale scale) {
  int32_t value = requantise(accumulator, scale);
  return value < 0 ? 0 : value > 127 ? 127 : value;
}

// tanh by a table of its right half in steps of 1/128
static inline int32_t tanh_table(int32_t accumulator, struct scale scale) {
  int32_t value = requantise(accumulator, scale);
  int32_t magnitude = value < 0 ? -value : value;
  int32_t result = settings.tanh_table[magnitude < TANH_TABLE ? magnitude : TANH_TABLE - 1];
  return value < 0 ? -result : result;
}

static inline int32_t activate(int32_t accumulator, struct scale scale, uint32_t activation) {
  return activation == RELU ? relu(accumulator, scale) : tanh_table(accumulator, scale);
}

// 2x2 pooling and activation of four accumulators. Requantisation is monotonous, so the largest accumulator gives the
// largest activation and ReLU needs it once; tanh is averaged, so it is needed four times.
static inline int32_t pool(int32_t a, int32_t b, int32_t c, int32_t d, int32_t bias, struct scale scale,
                           uint32_t activation) {
  if (activation == RELU) return relu(max(max(a, b), max(c, d)) + bias, scale);
  return (tanh_table(a + bias, scale) + tanh_table(b + bias, scale) + tanh_table(c + bias, scale) +
          tanh_table(d + bias, scale) + 2) >> 2;
}

#endif
