// SPDX-License-Identifier: Apache-2.0
//
// Training kernels: integer layers with skipped products, their activations and pools, forward and
// backward.
//
// Values are floats that hold integers. The batch is the innermost dimension of every array, so
// that one weight, and the one threshold that decides whether its products are kept, serve a whole
// vector of images:
//
//     a * w is kept  <=>  msb(a) + msb(w) >= T  <=>  magnitude(a) >= 2^max(0, T - msb(w))
//                    <=>  |a + 1/2| >= threshold(w),  threshold(w) = 2^max(0, T - msb(w)) + 1/2
//
// because the ones'-complement magnitude of a is |a + 1/2| - 1/2. Without thresholds (null) every
// product is kept.
//
// A layer is a gather: output position p reads the input rows base[p] + offset[k], k = 0..terms-1,
// so convolutions and matrix products are the same loops. Arrays: inputs [rows][Batch], weights and
// thresholds [terms][outputs], sums and their gradients [outputs][positions][Batch].

#include <cmath>
#include <cstdint>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace {

constexpr int Batch = 128;
constexpr int Lanes = 16;

// GCC's vector types keep the sums in registers on any machine.
typedef float Vector __attribute__((vector_size(4 * Lanes), aligned(4), may_alias));
typedef int32_t Bits __attribute__((vector_size(4 * Lanes)));

inline Vector load(const float* from) { return *reinterpret_cast<const Vector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<Vector*>(to) = value; }

// |a + 1/2|, to be compared with a threshold.
inline Vector shifted_magnitude(Vector a) { return (Vector)((Bits)(a + 0.5f) & 0x7fffffff); }

// sum + a * b where the magnitude reaches the threshold, sum elsewhere.
inline Vector add_kept(Vector sum, Vector a, Vector b, Vector magnitude, float threshold) {
#ifdef __AVX512F__  // GCC does not merge the compare and the multiply-add by itself
  const __mmask16 keep =
      _mm512_cmp_ps_mask((__m512)magnitude, _mm512_set1_ps(threshold), _CMP_GE_OQ);
  return (Vector)_mm512_mask3_fmadd_ps((__m512)a, (__m512)b, (__m512)sum, keep);
#else
  return magnitude >= threshold ? sum + a * b : sum;
#endif
}

}  // namespace

struct Geometry {
  const int32_t* base;
  const int32_t* offset;
  int32_t positions, terms, outputs;
};

namespace {

const float* row(const Geometry& g, const float* inputs, int position, int term) {
  return inputs + (int64_t)(g.base[position] + g.offset[term]) * Batch;
}

int64_t sum_index(const Geometry& g, int output, int position) {
  return ((int64_t)output * g.positions + position) * Batch;
}

// Calls block(std::integral_constant-like size, first) for consecutive blocks that cover
// 0..count-1.
template <int Size>
struct Block {};

template <typename Body>
void for_blocks(int count, Body body) {
  int first = 0;
  for (; count - first >= 8; first += 8) body(Block<8>(), first);
  for (; count - first >= 6; first += 6) body(Block<6>(), first);
  for (; count - first >= 4; first += 4) body(Block<4>(), first);
  for (; count - first >= 2; first += 2) body(Block<2>(), first);
  for (; count - first >= 1; first += 1) body(Block<1>(), first);
}

template <bool Skip, int Outputs>
void forward_block(const Geometry& g, const float* inputs, const float* weights,
                   const float* thresholds, const float* bias, int first, float* sums) {
  for (int p = 0; p < g.positions; p++) {
    for (int b = 0; b < Batch; b += Lanes) {
      Vector sum[Outputs];
      for (int o = 0; o < Outputs; o++) sum[o] = Vector{} + bias[first + o];
      for (int k = 0; k < g.terms; k++) {
        const Vector a = load(row(g, inputs, p, k) + b);
        const Vector magnitude = shifted_magnitude(a);
        const int64_t w = (int64_t)k * g.outputs + first;
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; o++) {
          if (Skip)
            sum[o] = add_kept(sum[o], a, Vector{} + weights[w + o], magnitude, thresholds[w + o]);
          else
            sum[o] += a * weights[w + o];
        }
      }
      for (int o = 0; o < Outputs; o++) store(sums + sum_index(g, first + o, p) + b, sum[o]);
    }
  }
}

template <bool Skip, int Outputs>
void input_gradient_block(const Geometry& g, const float* inputs, const float* weights,
                          const float* thresholds, const float* gradient, int first,
                          float* result) {
  for (int p = 0; p < g.positions; p++) {
    for (int b = 0; b < Batch; b += Lanes) {
      Vector slope[Outputs];
      for (int o = 0; o < Outputs; o++) slope[o] = load(gradient + sum_index(g, first + o, p) + b);
      for (int k = 0; k < g.terms; k++) {
        const float* a = row(g, inputs, p, k) + b;
        float* to = result + (a - inputs);
        const Vector magnitude = shifted_magnitude(load(a));
        const int64_t w = (int64_t)k * g.outputs + first;
        Vector sum[2] = {load(to), Vector{}};  // two chains hide the latency of the additions
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; o++) {
          if (Skip)
            sum[o & 1] = add_kept(sum[o & 1], slope[o], Vector{} + weights[w + o], magnitude,
                                  thresholds[w + o]);
          else
            sum[o & 1] += slope[o] * weights[w + o];
        }
        store(to, sum[0] + sum[1]);
      }
    }
  }
}

template <bool Skip, int Terms, int Outputs>
void weight_gradient_block(const Geometry& g, const float* inputs, const float* thresholds,
                           const float* gradient, int term, int first, float* result) {
  Vector sum[Terms][Outputs] = {};
  for (int p = 0; p < g.positions; p++) {
    for (int b = 0; b < Batch; b += Lanes) {
      Vector slope[Outputs];
      for (int o = 0; o < Outputs; o++) slope[o] = load(gradient + sum_index(g, first + o, p) + b);
#pragma GCC unroll 4
      for (int k = 0; k < Terms; k++) {
        const Vector a = load(row(g, inputs, p, term + k) + b);
        const Vector magnitude = shifted_magnitude(a);
        const int64_t w = (int64_t)(term + k) * g.outputs + first;
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; o++) {
          if (Skip)
            sum[k][o] = add_kept(sum[k][o], a, slope[o], magnitude, thresholds[w + o]);
          else
            sum[k][o] += a * slope[o];
        }
      }
    }
  }
  for (int k = 0; k < Terms; k++) {
    for (int o = 0; o < Outputs; o++) {
      float total = 0;
      for (int lane = 0; lane < Lanes; lane++) total += sum[k][o][lane];
      result[(int64_t)(term + k) * g.outputs + first + o] = total;
    }
  }
}

template <bool Skip>
void weight_gradient_all(const Geometry& g, const float* inputs, const float* thresholds,
                         const float* gradient, float* result) {
  for_blocks(g.outputs, [&]<int Outputs>(Block<Outputs>, int first) {
    int term = 0;
    constexpr int Terms = 16 / Outputs > 3 ? 3 : 16 / Outputs;  // at most 18 sums stay in registers
    for (; term + Terms <= g.terms; term += Terms)
      weight_gradient_block<Skip, Terms, Outputs>(g, inputs, thresholds, gradient, term, first,
                                                  result);
    for (; term < g.terms; term++)
      weight_gradient_block<Skip, 1, Outputs>(g, inputs, thresholds, gradient, term, first, result);
  });
}

}  // namespace

extern "C" {

int batch_size() { return Batch; }

// sums[o][p] = bias[o] + kept products.
void forward(const Geometry* g, const float* inputs, const float* weights, const float* thresholds,
             const float* bias, float* sums) {
  for_blocks(g->outputs, [&]<int Outputs>(Block<Outputs>, int first) {
    if (thresholds)
      forward_block<true, Outputs>(*g, inputs, weights, thresholds, bias, first, sums);
    else
      forward_block<false, Outputs>(*g, inputs, weights, thresholds, bias, first, sums);
  });
}

// result[rows][Batch], which the caller has zeroed, += gradient through the kept products.
void input_gradient(const Geometry* g, const float* inputs, const float* weights,
                    const float* thresholds, const float* gradient, float* result) {
  for_blocks(g->outputs, [&]<int Outputs>(Block<Outputs>, int first) {
    if (thresholds)
      input_gradient_block<true, Outputs>(*g, inputs, weights, thresholds, gradient, first, result);
    else
      input_gradient_block<false, Outputs>(*g, inputs, weights, thresholds, gradient, first,
                                           result);
  });
}

// result[terms][outputs] = gradient summed over positions and batch.
void weight_gradient(const Geometry* g, const float* inputs, const float* thresholds,
                     const float* gradient, float* result) {
  if (thresholds)
    weight_gradient_all<true>(*g, inputs, thresholds, gradient, result);
  else
    weight_gradient_all<false>(*g, inputs, thresholds, gradient, result);
}

// outputs = clamp(round(sums * scale), 0, 127); slopes = d outputs / d sums, straight through the
// rounding.
void relu(const float* sums, int64_t count, float scale, float* outputs, float* slopes) {
  for (int64_t i = 0; i < count; i++) {
    const float scaled = floorf(sums[i] * scale + 0.5f);
    outputs[i] = scaled < 0 ? 0 : scaled > 127 ? 127 : scaled;
    slopes[i] = scaled > 0 && scaled < 127 ? scale : 0;
  }
}

// outputs = table[clamp(round(sums * scale), -511, 511)], slopes likewise; both tables start at
// -511.
void tanh_table(const float* sums, int64_t count, float scale, const float* table,
                const float* slope_table, float* outputs, float* slopes) {
  for (int64_t i = 0; i < count; i++) {
    float scaled = floorf(sums[i] * scale + 0.5f);
    scaled = scaled < -511 ? -511 : scaled > 511 ? 511 : scaled;
    const int32_t index = (int32_t)scaled + 511;
    outputs[i] = table[index];
    slopes[i] = slope_table[index];
  }
}

// result[row][column] = scale * table[channel[row]][magnitude] with the operand's sign; table
// [channels][128].
void magnitude_slopes(const float* operands, int64_t rows, int64_t columns, const int32_t* channel,
                      const float* table, float scale, float* result) {
  for (int64_t row = 0; row < rows; row++) {
    const float* slopes = table + (int64_t)channel[row] * 128;
    for (int64_t i = row * columns; i < (row + 1) * columns; i++) {
      const int32_t magnitude = (int32_t)(fabsf(operands[i] + 0.5f) - 0.5f);
      result[i] = slopes[magnitude > 127 ? 127 : magnitude] * (operands[i] < 0 ? -scale : scale);
    }
  }
}

// 2x2 maps [channels][side][side][Batch] -> [channels][side/2][side/2][Batch]; which: 0..3 of the
// first maximum.
void max_pool(const float* maps, int channels, int side, float* pooled, uint8_t* which) {
  for (int row = 0; row < channels * side / 2; row++) {
    for (int column = 0; column < side / 2; column++, pooled += Batch, which += Batch) {
      const float* upper = maps + (int64_t)(2 * row * side + 2 * column) * Batch;
      const float* lower = upper + side * Batch;
      for (int b = 0; b < Batch; b++) {
        const float top = upper[b + Batch] > upper[b] ? upper[b + Batch] : upper[b];
        const float bottom = lower[b + Batch] > lower[b] ? lower[b + Batch] : lower[b];
        const uint8_t top_which = upper[b + Batch] > upper[b];
        const uint8_t bottom_which = lower[b + Batch] > lower[b];
        pooled[b] = bottom > top ? bottom : top;
        which[b] = bottom > top ? 2 + bottom_which : top_which;
      }
    }
  }
}

// pooled = floor((a + b + c + d + 2) / 4).
void average_pool(const float* maps, int channels, int side, float* pooled) {
  for (int row = 0; row < channels * side / 2; row++) {
    for (int column = 0; column < side / 2; column++, pooled += Batch) {
      const float* upper = maps + (int64_t)(2 * row * side + 2 * column) * Batch;
      const float* lower = upper + side * Batch;
      for (int b = 0; b < Batch; b++)
        pooled[b] = floorf((upper[b] + upper[b + Batch] + lower[b] + lower[b + Batch] + 2) * 0.25f);
    }
  }
}

// Gradient of the sums behind a pool: that of the pooled maps, to the maximum (which) or a quarter
// to each (which = null), times the slopes of the activation.
void pool_gradient(const float* gradient, const float* slopes, const uint8_t* which, int channels,
                   int side, float* result) {
  for (int row = 0; row < channels * side; row++) {
    for (int column = 0; column < side; column++, slopes += Batch, result += Batch) {
      const int64_t from = ((int64_t)(row / 2) * (side / 2) + column / 2) * Batch;
      const uint8_t place = 2 * (row & 1) + (column & 1);
      const float* g = gradient + from;
      if (which)
        for (int b = 0; b < Batch; b++) result[b] = which[from + b] == place ? g[b] * slopes[b] : 0;
      else
        for (int b = 0; b < Batch; b++) result[b] = 0.25f * g[b] * slopes[b];
    }
  }
}

}  // extern "C"
