// SPDX-License-Identifier: Apache-2.0
//
// What nets do within one clock cycle: each net's waveform is 512 steps of time in one vector, the
// first step in the lowest bit, so that a gate's output over the whole cycle is one evaluation of
// its function, between shifts that are its delays. generated.inc: see replay.cc.

#include <cstdint>
#include <cstring>
#include <vector>

typedef uint64_t Vec __attribute__((vector_size(64), aligned(8)));
constexpr int kWords = 8, kSteps = 512;

#include "generated.inc"

// An input acts `shift` steps late; then a rise takes `rise` steps and a fall `fall` steps.
struct Gate {
  int32_t function, output, inputs, rise, fall, in[kInputs], shift[kInputs];
};

// A net that changes once, at the given step.
struct Source {
  int32_t net, rise, fall;
};

struct Wave {
  Vec before, steps;  // before: the value at the start, in all bits
};

static Vec all(bool value) { return Vec{} - static_cast<uint64_t>(value); }

static Vec later(const Vec &before, const Vec &steps, int shift) {
  uint64_t words[2 * kWords];
  std::memcpy(words, &before, sizeof before);
  std::memcpy(words + kWords, &steps, sizeof steps);
  Vec whole, carried;
  std::memcpy(&whole, words + kWords - shift / 64, sizeof whole);
  std::memcpy(&carried, words + kWords - 1 - shift / 64, sizeof carried);
  return whole << (shift % 64) | carried >> 1 >> (63 - shift % 64);
}

// The common case of `later`, without a way through memory.
static inline Vec soon(const Vec &before, const Vec &steps, int shift) {
  const Vec carried = __builtin_shuffle(before, steps, Vec{7, 8, 9, 10, 11, 12, 13, 14});
  return steps << shift | carried >> 1 >> (63 - shift);
}

static inline Vec shifted(const Vec &before, const Vec &steps, int shift) {
  return shift < 64 ? soon(before, steps, shift) : later(before, steps, shift);
}

// And (or, if kOr) of each step and the `count` before it.
template <bool kOr>
static inline Vec gathered(const Vec &before, Vec steps, int count) {
  for (int have = 0; have < count;) {
    const int more = have + 1 < count - have ? have + 1 : count - have;
    const Vec moved = shifted(before, steps, more);
    steps = kOr ? steps | moved : steps & moved;
    have += more;
  }
  return steps;
}

// Inertial delay: the output rises when its function has been 1 for `rise` steps, falls when it has
// been 0 for `fall`, and otherwise keeps its value. Keeping is what a carry does in an addition:
// it is generated where the output rises, and passed on where it does not fall.
static inline Vec inertial(const Vec &before, const Vec &function, int rise, int fall) {
  const Vec high = gathered<false>(before, function, rise);
  const Vec not_low = gathered<true>(before, function, fall);
  Vec out;
  uint64_t carry = before[0] & 1;
  for (int w = 0; w < kWords; w++) {
    uint64_t sum;
    const bool first = __builtin_add_overflow(high[w], not_low[w], &sum);
    const bool second = __builtin_add_overflow(sum, carry, &sum);
    out[w] = high[w] | (not_low[w] & (sum ^ high[w] ^ not_low[w]));
    carry = first | second;
  }
  return out;
}

static inline Vec value(int function, const Vec *nets) {
  static constexpr struct {
    int32_t in[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  } op;
  static_assert(kInputs == 8);
  Vec y;
  switch (function) {
    FUNCTIONS
    default: __builtin_unreachable();
  }
  return y;
}

static Vec from_step(int step) {
  Vec mask;
  for (int w = 0; w < kWords; w++) {
    const int at = step - 64 * w;
    mask[w] = at <= 0 ? ~0ull : at >= 64 ? 0 : ~0ull << at;
  }
  return mask;
}

static int changes(const Wave &wave) {
  const Vec different = wave.steps ^ soon(wave.before, wave.steps, 1);
  int count = 0;
  for (int w = 0; w < kWords; w++) count += __builtin_popcountll(different[w]);
  return count;
}

// One cycle after another, up to 256. steps[net] has two bits for each, the lower one being the net's
// value before the cycle and the other the one at its end. Adds to extra[net] the changes beyond
// those that make this difference; energy[cycle] is their sum, each with its net's weight. Returns
// -1, or a net that has not settled in time.
extern "C" int64_t glitch(const Gate *gate, int64_t gates, const Source *source, int64_t sources, int64_t nets,
                          int64_t cycles, const uint64_t *steps, const double *weights, int64_t *extra,
                          double *energy) {
  std::vector<Wave> waves(nets);
  std::vector<uint8_t> moves(nets);
  for (int64_t cycle = 0; cycle < cycles; cycle++) {
    const uint64_t *word = steps + cycle / 32;
    const int bit = cycle % 32 * 2;
    const auto before = [&](int net) { return word[net * kWords] >> bit & 1; };
    const auto after = [&](int net) { return word[net * kWords] >> bit >> 1 & 1; };
    std::memset(moves.data(), 0, nets);
    for (int64_t i = 0; i < sources; i++) {
      const Source &s = source[i];
      const bool rises = after(s.net);
      if (before(s.net) == rises) continue;
      moves[s.net] = 1;
      waves[s.net] = {all(!rises), from_step(rises ? s.rise : s.fall) ^ all(!rises)};
    }
    double sum = 0;
    for (int64_t i = 0; i < gates; i++) {
      const Gate &g = gate[i];
      uint8_t any = 0;
      for (int p = 0; p < g.inputs; p++) any |= moves[g.in[p]];
      if (!any) continue;
      Vec inputs[kInputs];
      for (int p = 0; p < g.inputs; p++) {
        const Wave &in = waves[g.in[p]];
        inputs[p] = moves[g.in[p]] ? shifted(in.before, in.steps, g.shift[p]) : all(before(g.in[p]));
      }
      Wave &out = waves[g.output];
      out.before = all(before(g.output));
      out.steps = inertial(out.before, value(g.function, inputs), g.rise, g.fall);
      const int count = changes(out);
      if (count == 0) continue;
      moves[g.output] = 1;
      const int more = count - (before(g.output) != after(g.output));
      extra[g.output] += more;
      sum += more * weights[g.output];
      if (out.steps[kWords - 1] >> 63 != after(g.output)) return g.output;
    }
    energy[cycle] = sum;
  }
  return -1;
}
