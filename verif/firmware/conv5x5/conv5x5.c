// SPDX-License-Identifier: Apache-2.0
//
// The first layer of LeNet-5 without padding, twice: 28 x 28 int8 pixels, six 5 x 5 filters, shift,
// ReLU and clamp. naive: five nested loops over indices. unrolled: a kernel row by hand, pointers.

#include "../kernels/kernels.h"

#define IN 28
#define K 5
#define OUT (IN - K + 1)
#define MAPS 6

static int8_t image[IN * IN], weights[MAPS * K * K], result[MAPS * OUT * OUT];
static int32_t bias[MAPS];

static void fill(void) {
  uint32_t state = 8;
  for (int i = 0; i < IN * IN; i++) image[i] = (int8_t)(next_random(&state) & 0x7f);
  for (int i = 0; i < MAPS * K * K; i++) weights[i] = (int8_t)next_random(&state);
}

static int8_t activation(int32_t sum) {
  sum >>= 8;
  if (sum < 0) sum = 0;
  if (sum > 127) sum = 127;
  return (int8_t)sum;
}

static uint32_t checksum(void) {
  uint32_t sum = 0;
  for (int i = 0; i < MAPS * OUT * OUT; i++) sum = sum * 31 + (uint8_t)result[i];
  return sum;
}

static __attribute__((noinline)) void convolve_naive(void) {
  for (int map = 0; map < MAPS; map++) {
    for (int y = 0; y < OUT; y++) {
      for (int x = 0; x < OUT; x++) {
        int32_t sum = bias[map];
        for (int ky = 0; ky < K; ky++) {
          for (int kx = 0; kx < K; kx++) {
            sum += (int32_t)image[(y + ky) * IN + x + kx] * weights[map * K * K + ky * K + kx];
          }
        }
        result[(map * OUT + y) * OUT + x] = activation(sum);
      }
    }
  }
}

static __attribute__((noinline)) void convolve_unrolled(void) {
  for (int map = 0; map < MAPS; map++) {
    for (int y = 0; y < OUT; y++) {
      for (int x = 0; x < OUT; x++) {
        const int8_t *pixel = &image[y * IN + x], *weight = &weights[map * K * K];
        int32_t sum = bias[map];
        for (int ky = 0; ky < K; ky++, pixel += IN, weight += K) {
          sum += pixel[0] * weight[0];
          sum += pixel[1] * weight[1];
          sum += pixel[2] * weight[2];
          sum += pixel[3] * weight[3];
          sum += pixel[4] * weight[4];
        }
        result[(map * OUT + y) * OUT + x] = activation(sum);
      }
    }
  }
}

static uint32_t naive(void) {
  convolve_naive();
  return 0;
}

static uint32_t unrolled(void) {
  convolve_unrolled();
  return 0;
}

// Only the convolution is on the clock; the checksum of what it left is a kernel of its own.
static uint32_t fill_once(void) {
  fill();
  return checksum();
}

const struct kernel kernels[] = {
    {"fill", fill_once},          {"naive", naive},         {"naive_checksum", checksum},
    {"unrolled", unrolled},       {"unrolled_checksum", checksum}, {0, 0},
};
