// SPDX-License-Identifier: Apache-2.0
//
// LeNet-5 on the msb_skip unit. Every loop keeps all eight accumulators busy, so that each loaded word is used by
// several dot4: convolutions compute a 2x2 pooling window of two channels at a time (four positions share a weight
// word, two channels share an activation word), linear layers up to eight outputs of one activation word.
//
// Windows must be read as aligned words. For c1 the image is expanded once into columns (four pixels below each
// other) and rows (four pixels side by side), each at every position; a 5x5 window is then five column words, one row
// word and one last pixel: 7 words, 28 lanes for 25 taps. For c3 the map is stored pixel by pixel (six channels), a
// window row is 30 contiguous bytes, and a second copy two bytes later makes the windows at odd x aligned too: 40
// words, 160 lanes for 150 taps. Lanes without a tap have weight 0.

#include "live.h"
#include "msb_skip.h"
#include "network.h"

// The program lenet5_branch jumps over activations that cannot be kept, where that pays (docs/soc.md).
#ifndef BRANCH
#define BRANCH 0
#endif

enum { C1_WORDS = 7, C3_ROW_WORDS = 8, PADDED = SIDE + 4 };
enum { C1_PIXEL = C1_OUT, C1_ROW = C1_SIDE * C1_PIXEL, C1_MAP = C1_SIDE * C1_ROW, C1_COPY = C1_MAP + 2 };
enum { C5_BLOCK = 8, F6_BLOCK = 7, OUT_BLOCK = 5 };  // outputs at a time: divisors of 120, 84 and 10

struct model {
  uint32_t c1_weights[C1_OUT / 2][C1_WORDS][2];
  int32_t c1_bias[C1_OUT];
  uint32_t c3_weights[C3_OUT / 2][5][C3_ROW_WORDS][2];
  int32_t c3_bias[C3_OUT];
  uint32_t c5_weights[C5_OUT / C5_BLOCK][C5_IN / 4][C5_BLOCK];
  int32_t c5_bias[C5_OUT];
  uint32_t f6_weights[F6_OUT / F6_BLOCK][C5_OUT / 4][F6_BLOCK];
  int32_t f6_bias[F6_OUT];
  uint32_t out_weights[CLASSES / OUT_BLOCK][F6_OUT / 4][OUT_BLOCK];
  int32_t out_bias[CLASSES];
};
struct model model __attribute__((section(".input")));

static uint32_t columns[SIDE][PADDED];  // [y][x]: padded rows y..y+3 of column x
static uint32_t rows[SIDE][PADDED];     // [y][x]: padded columns x..x+3 of row y+4
int8_t c1_output[C1_COPY + C1_MAP + 2] __attribute__((aligned(4)));  // [y][x][channel], twice

static uint32_t live_windows[C1_SIDE];  // one bit for each pooling window of c1, the leftmost highest

// Two pixels of zero padding on each side stay zero from start-up: only the image's own words are written.
void prepare(const uint8_t image[PIXELS]) {
  for (int x = 0; x < SIDE; x++) {
    uint32_t word = (uint32_t)(image[x] >> 1) << 24;
    for (int y = 0; y < SIDE; y++) {
      uint32_t pixel = y + 1 < SIDE ? image[(y + 1) * SIDE + x] >> 1 : 0;
      word = word >> 8 | pixel << 24;
      columns[y][x + 2] = word;
    }
  }
  for (int y = 2; y < SIDE; y++) {
    uint32_t word = (uint32_t)(image[y * SIDE] >> 1) << 24;
    for (int x = 0; x < SIDE + 2; x++) {
      uint32_t pixel = x + 1 < SIDE ? image[y * SIDE + x + 1] >> 1 : 0;
      word = word >> 8 | pixel << 24;
      rows[y - 2][x] = word;
    }
  }
  if (BRANCH) find_live_windows(image, live_windows);
}

// A load that stays where it is written. The compiler would put each load right before its use and pay a bubble; here
// the words of the next step are loaded between the dot4 of this one, which also gives a unit with one multiplier the
// time for words of which it keeps several lanes.
#define LOAD(word, address) __asm__ volatile("lw %0, %1" : "=r"(word) : "m"(*(address)))

// One step of a pooling window: accumulator 2p + o is position p (0 1 above 2 3) of channel o of the pair.
struct step {
  uint32_t a, b, c, d;  // activations of the four positions
  uint32_t w0, w1;      // weights of the two channels
};

#define DOT_STEP(now, load_0, load_1, load_2, load_3, load_4, load_5) \
  do {                                                                \
    MSB_DOT4(0, now.a, now.w0);                                       \
    load_0;                                                           \
    MSB_DOT4(1, now.a, now.w1);                                       \
    load_1;                                                           \
    MSB_DOT4(2, now.b, now.w0);                                       \
    load_2;                                                           \
    MSB_DOT4(3, now.b, now.w1);                                       \
    load_3;                                                           \
    MSB_DOT4(4, now.c, now.w0);                                       \
    load_4;                                                           \
    MSB_DOT4(5, now.c, now.w1);                                       \
    load_5;                                                           \
    MSB_DOT4(6, now.d, now.w0);                                       \
    MSB_DOT4(7, now.d, now.w1);                                       \
  } while (0)

static inline int32_t pool_even(int32_t bias, struct scale scale, uint32_t activation) {
  int32_t a = MSB_TAKE(0), b = MSB_TAKE(2), c = MSB_TAKE(4), d = MSB_TAKE(6);
  return pool(a, b, c, d, bias, scale, activation);
}

static inline int32_t pool_odd(int32_t bias, struct scale scale, uint32_t activation) {
  int32_t a = MSB_TAKE(1), b = MSB_TAKE(3), c = MSB_TAKE(5), d = MSB_TAKE(7);
  return pool(a, b, c, d, bias, scale, activation);
}

static inline __attribute__((always_inline)) void c1(uint32_t activation) {
  const struct scale scale = settings.scale[C1];
  for (int pair = 0; pair < C1_OUT / 2; pair++) {
    uint32_t w[C1_WORDS][2];  // in registers for the whole pair
    for (int i = 0; i < C1_WORDS; i++)
      for (int o = 0; o < 2; o++) w[i][o] = model.c1_weights[pair][i][o];
    const int32_t bias0 = model.c1_bias[2 * pair], bias1 = model.c1_bias[2 * pair + 1];
    const int8_t rest0 = BRANCH ? (int8_t)pool(0, 0, 0, 0, bias0, scale, activation) : 0;
    const int8_t rest1 = BRANCH ? (int8_t)pool(0, 0, 0, 0, bias1, scale, activation) : 0;
    int8_t *output = c1_output + 2 * pair;
    for (int y = 0; y < SIDE; y += 2) {
      const uint32_t *column = columns[y], *row = rows[y];
      uint32_t live = live_windows[y / 2];
      for (int x = 0; x < SIDE; x += 2, output += C1_PIXEL, column += 2, row += 2, live <<= 1) {
        if (BRANCH && (int32_t)live >= 0) {
          output[0] = output[C1_COPY] = rest0;
          output[1] = output[C1_COPY + 1] = rest1;
          continue;
        }
        struct step now = {.w0 = w[0][0], .w1 = w[0][1]}, next;
        LOAD(now.a, column);
        LOAD(now.b, column + 1);
        LOAD(now.c, column + PADDED);
        LOAD(now.d, column + PADDED + 1);
#pragma GCC unroll 4
        for (int kx = 1; kx < 5; kx++) {
          next = (struct step){.a = now.b, .c = now.d, .w0 = w[kx][0], .w1 = w[kx][1]};
          DOT_STEP(now, , , LOAD(next.b, column + kx + 1), , LOAD(next.d, column + PADDED + kx + 1), );
          now = next;
        }
        next = (struct step){.w0 = w[5][0], .w1 = w[5][1]};
        DOT_STEP(now, , LOAD(next.a, row), LOAD(next.b, row + 1), LOAD(next.c, row + PADDED),
                 LOAD(next.d, row + PADDED + 1), );
        now = next;
        next = (struct step){.w0 = w[6][0], .w1 = w[6][1]};
        DOT_STEP(now, , LOAD(next.a, row + 4), LOAD(next.b, row + 5), LOAD(next.c, row + PADDED + 4),
                 LOAD(next.d, row + PADDED + 5), );
        DOT_STEP(next, , , , , , );
        output[0] = output[C1_COPY] = (int8_t)pool_even(bias0, scale, activation);
        output[1] = output[C1_COPY + 1] = (int8_t)pool_odd(bias1, scale, activation);
      }
    }
  }
}

// One activation word on `outputs` (5, 7 or 8) accumulators.
#define DOT_WORD(a, w, outputs)            \
  do {                                     \
    uint32_t even_, odd_;                  \
    LOAD(even_, w);                        \
    LOAD(odd_, w + 1);                     \
    MSB_DOT4(0, a, even_);                 \
    LOAD(even_, w + 2);                    \
    MSB_DOT4(1, a, odd_);                  \
    LOAD(odd_, w + 3);                     \
    MSB_DOT4(2, a, even_);                 \
    LOAD(even_, w + 4);                    \
    MSB_DOT4(3, a, odd_);                  \
    if (outputs > 5) LOAD(odd_, w + 5);    \
    MSB_DOT4(4, a, even_);                 \
    if (outputs > 6) LOAD(even_, w + 6);   \
    if (outputs > 5) MSB_DOT4(5, a, odd_); \
    if (outputs > 7) LOAD(odd_, w + 7);    \
    if (outputs > 6) MSB_DOT4(6, a, even_); \
    if (outputs > 7) MSB_DOT4(7, a, odd_); \
  } while (0)

#define TAKE_BLOCK(sums, outputs)              \
  do {                                         \
    sums[0] = MSB_TAKE(0);                     \
    sums[1] = MSB_TAKE(1);                     \
    sums[2] = MSB_TAKE(2);                     \
    sums[3] = MSB_TAKE(3);                     \
    sums[4] = MSB_TAKE(4);                     \
    if (outputs > 5) sums[5] = MSB_TAKE(5);    \
    if (outputs > 6) sums[6] = MSB_TAKE(6);    \
    if (outputs > 7) sums[7] = MSB_TAKE(7);    \
  } while (0)

static inline __attribute__((always_inline)) void c3(uint32_t activation) {
  const struct scale scale = settings.scale[C3];
  for (int pair = 0; pair < C3_OUT / 2; pair++) {
    const int32_t bias0 = model.c3_bias[2 * pair], bias1 = model.c3_bias[2 * pair + 1];
    int8_t *output = c3_output + 2 * pair;
    for (int y = 0; y < 2 * C3_SIDE; y += 2) {
      for (int x = 0; x < 2 * C3_SIDE; x += 2, output += C3_OUT) {
        const int8_t *window = c1_output + y * C1_ROW + x * C1_PIXEL;
        const uint32_t *w = model.c3_weights[pair][0][0];
        for (int ky = 0; ky < 5; ky++, window += C1_ROW, w += 2 * C3_ROW_WORDS) {
          const uint32_t *a = (const uint32_t *)window;
          const uint32_t *b = (const uint32_t *)(window + C1_COPY + C1_PIXEL);
          const uint32_t *c = a + C1_ROW / 4, *d = b + C1_ROW / 4;
          struct step now, next;
          LOAD(now.a, a);
          LOAD(now.w0, w);
          LOAD(now.w1, w + 1);
          LOAD(now.b, b);
          LOAD(now.c, c);
          LOAD(now.d, d);
#pragma GCC unroll 7
          for (int i = 1; i < C3_ROW_WORDS; i++) {
            DOT_STEP(now, LOAD(next.a, a + i), LOAD(next.w0, w + 2 * i), LOAD(next.w1, w + 2 * i + 1),
                     LOAD(next.b, b + i), LOAD(next.c, c + i), LOAD(next.d, d + i));
            now = next;
          }
          DOT_STEP(now, , , , , , );
        }
        output[0] = (int8_t)pool_even(bias0, scale, activation);
        output[1] = (int8_t)pool_odd(bias1, scale, activation);
      }
    }
  }
}

// The same for eight channels of one position at a time: a single activation word is dead more often than all four of a
// step. For activations that are never negative, after ReLU; its weights are in blocks of eight channels.
static inline __attribute__((always_inline)) void c3_live(void) {
  const struct scale scale = settings.scale[C3];
  const uint32_t mask = live_mask(C3), mask_of_last = mask & 0xFFFF;  // which has two lanes only
  const uint32_t *weights = model.c3_weights[0][0][0];
  for (int block = 0; block < C3_OUT; block += 8, weights += 8 * 5 * C3_ROW_WORDS) {
    const int32_t *bias = model.c3_bias + block;
    int8_t *output = c3_output + block;
    for (int y = 0; y < 2 * C3_SIDE; y += 2) {
      for (int x = 0; x < 2 * C3_SIDE; x += 2, output += C3_OUT) {
        int32_t most[8];
        for (int position = 0; position < 4; position++) {
          const int odd = position & 1;
          const int8_t *window = c1_output + (y + (position >> 1)) * C1_ROW + x * C1_PIXEL;
          if (odd) window += C1_COPY + C1_PIXEL;
          const uint32_t *w = weights;
          for (int ky = 0; ky < 5; ky++, window += C1_ROW, w += 8 * C3_ROW_WORDS) {
            const uint32_t *word = (const uint32_t *)window;
#pragma GCC unroll 8
            for (int i = 0; i < C3_ROW_WORDS; i++) {
              uint32_t a;
              LOAD(a, word + i);
              if (a & (i < C3_ROW_WORDS - 1 ? mask : mask_of_last)) DOT_WORD(a, w + 8 * i, 8);
            }
          }
          int32_t sums[8];
          TAKE_BLOCK(sums, 8);
#pragma GCC unroll 8
          for (int o = 0; o < 8; o++) most[o] = position ? max(most[o], sums[o]) : sums[o];
        }
#pragma GCC unroll 8
        for (int o = 0; o < 8; o++) output[o] = (int8_t)relu(most[o] + bias[o], scale);
      }
    }
  }
}

// One block of outputs over `words` activation words.
static inline __attribute__((always_inline)) void dot_block(const int8_t *input, int words, const uint32_t *w,
                                                            const int outputs) {
  const uint32_t *activations = (const uint32_t *)input, *end = activations + words;
  uint32_t a;
  for (; activations != end; activations++, w += outputs) {
    LOAD(a, activations);
    DOT_WORD(a, w, outputs);
  }
}

// The same over the words from `first` to `end` only.
static inline __attribute__((always_inline)) void dot_block_live(const struct live_word *first,
                                                                 const struct live_word *end, const uint32_t *weights,
                                                                 const int outputs) {
  uint32_t a, offset;
  for (const struct live_word *live = first; live != end; live++) {
    LOAD(offset, &live->offset);
    LOAD(a, &live->word);
    const uint32_t *w = (const uint32_t *)((const char *)weights + offset);
    DOT_WORD(a, w, outputs);
  }
}

static inline __attribute__((always_inline)) void linear(const int8_t *input, int words, const uint32_t *weights,
                                                         const int32_t *bias, int8_t *output, int blocks,
                                                         const int outputs, struct scale scale) {
  for (int block = 0; block < blocks; block++, weights += words * outputs) {
    int32_t sums[8];
    dot_block(input, words, weights, outputs);
    TAKE_BLOCK(sums, outputs);
#pragma GCC unroll 8
    for (int o = 0; o < outputs; o++) *output++ = (int8_t)activate(sums[o] + *bias++, scale, settings.activation);
  }
}

static inline __attribute__((always_inline)) void linear_live(const int8_t *input, int words, const uint32_t *weights,
                                                              const int32_t *bias, int8_t *output, int blocks,
                                                              const int outputs, int layer) {
  static struct live_word live[C5_IN / 4];
  const struct live_word *end = find_live_words(input, words, layer, 4 * outputs, live);
  const struct scale scale = settings.scale[layer];
  for (int block = 0; block < blocks; block++, weights += words * outputs) {
    int32_t sums[8];
    dot_block_live(live, end, weights, outputs);
    TAKE_BLOCK(sums, outputs);
#pragma GCC unroll 8
    for (int o = 0; o < outputs; o++) *output++ = (int8_t)relu(sums[o] + *bias++, scale);
  }
}

static void classify(void) {
  for (int block = 0; block < CLASSES / OUT_BLOCK; block++) {
    int32_t sums[8];
    dot_block(f6_output, F6_OUT / 4, model.out_weights[block][0], OUT_BLOCK);
    TAKE_BLOCK(sums, OUT_BLOCK);
    for (int o = 0; o < OUT_BLOCK; o++) {
      int class = block * OUT_BLOCK + o;
      logits[class] = sums[o] + model.out_bias[class];
    }
  }
}

// Whether single words are jumped over in this layer. After ReLU nothing is negative, which makes the test short. In c3,
// where it costs loads of weights, only the absolute rule finds enough of them.
static inline int words_branch(int layer) {
  if (!BRANCH || settings.activation != RELU) return 0;
  return layer == C3 ? settings.mode == MSB_ABSOLUTE : settings.mode != MSB_EXACT;
}

void run_layer(int layer) {
  msb_configure(settings.mode, settings.threshold[layer], MSB_CLEAR_ACCUMULATORS | MSB_CLEAR_COUNTERS);
  switch (layer) {
    case C1:
      if (settings.activation == RELU) c1(RELU);
      else c1(TANH);
      break;
    case C3:
      if (words_branch(C3)) c3_live();
      else if (settings.activation == RELU) c3(RELU);
      else c3(TANH);
      break;
    case C5:
      if (words_branch(C5))
        linear_live(c3_output, C5_IN / 4, model.c5_weights[0][0], model.c5_bias, c5_output, C5_OUT / C5_BLOCK, C5_BLOCK,
                    C5);
      else
        linear(c3_output, C5_IN / 4, model.c5_weights[0][0], model.c5_bias, c5_output, C5_OUT / C5_BLOCK, C5_BLOCK,
               settings.scale[C5]);
      break;
    case F6:
      if (words_branch(F6))
        linear_live(c5_output, C5_OUT / 4, model.f6_weights[0][0], model.f6_bias, f6_output, F6_OUT / F6_BLOCK, F6_BLOCK,
                    F6);
      else
        linear(c5_output, C5_OUT / 4, model.f6_weights[0][0], model.f6_bias, f6_output, F6_OUT / F6_BLOCK, F6_BLOCK,
               settings.scale[F6]);
      break;
    default:
      classify();
  }
  counts[0] = MSB_TAKE_COUNTER(MSB_KEPT);
  counts[1] = MSB_TAKE_COUNTER(MSB_ZERO_SKIPPED);
  counts[2] = MSB_TAKE_COUNTER(MSB_SOFT_SKIPPED);
}
