// SPDX-License-Identifier: Apache-2.0
//
// Evaluates a netlist for 512 clock cycles at a time, counts toggles, and compares with the
// recording. generated.inc has one function for each Boolean function of the cells:
//   static inline Vec function_3(const Vec *nets, const int32_t *in) { return ~(nets[in[0]] & ...); }
// and the macro FUNCTIONS, a list of `case 3: y = function_3(nets, op.in); break;`.

#include <cstdint>
#include <cstring>
#include <vector>

typedef uint64_t Vec __attribute__((vector_size(64), aligned(8)));
constexpr int kWords = 8;

#include "generated.inc"

struct Op {
  int32_t function, output, in[kInputs];
};

// A net and the row of the recording it comes from (source) or is compared with (check). delay is 1
// where the net says what the row holds one cycle later; flip is all ones for an inverted row; row
// -1 means the constant 0.
struct Link {
  int32_t net, row, delay, pad;
  uint64_t flip;
};

struct Netlist {
  int32_t nets, ops, sources, checks;
  const Op *op;
  const Link *source, *check;
};

static inline uint64_t word_at(const uint64_t *row, int64_t words, int64_t i) {
  return i < words ? row[i] : 0;
}

static void evaluate(const Netlist &n, Vec *nets) {
  for (int i = 0; i < n.ops; i++) {
    const Op &op = n.op[i];
    Vec y;
    switch (op.function) {
      FUNCTIONS
      default: __builtin_unreachable();
    }
    nets[op.output] = y;
  }
}

// Loads the sources' words from `first` on; a net's words follow each other within its Vec.
static void load(const Netlist &n, const uint64_t *rows, int64_t words, int64_t first, Vec *nets) {
  for (int i = 0; i < n.sources; i++) {
    const Link &s = n.source[i];
    const uint64_t *row = rows + s.row * words;
    Vec v;
    for (int w = 0; w < kWords; w++) v[w] = word_at(row, words, first + w) ^ s.flip;
    nets[s.net] = v;
  }
  nets[0] = Vec{};
  nets[1] = ~Vec{};
}

// Bits of cycles [begin, end) among the words from `first` on.
static Vec window(int64_t first, int64_t begin, int64_t end) {
  Vec mask;
  for (int w = 0; w < kWords; w++) {
    const int64_t low = begin - (first + w) * 64, high = end - (first + w) * 64;
    const uint64_t from = low <= 0 ? ~0ull : low >= 64 ? 0 : ~0ull << low;
    const uint64_t to = high <= 0 ? 0 : high >= 64 ? ~0ull : ~(~0ull << high);
    mask[w] = from & to;
  }
  return mask;
}

// First cycle in which a check fails, or -1. The last cycle has no follower to compare with.
static int64_t failing(const Link &c, const uint64_t *rows, int64_t words, int64_t cycles, int64_t first,
                       const Vec &mask, const Vec &value) {
  for (int w = 0; w < kWords; w++) {
    uint64_t expected = 0;
    if (c.row >= 0) {
      const uint64_t *row = rows + c.row * words;
      const int64_t i = first + w;
      expected = word_at(row, words, i);
      if (c.delay) expected = expected >> 1 | word_at(row, words, i + 1) << 63;
      expected ^= c.flip;
    }
    uint64_t wrong = (value[w] ^ expected) & mask[w];
    if (c.delay && (cycles - 1) / 64 == first + w) wrong &= ~(1ull << ((cycles - 1) % 64));
    if (wrong) return (first + w) * 64 + __builtin_ctzll(wrong);
  }
  return -1;
}

// Replays cycles [begin, end) of the recording `rows` (each of `words` words, `cycles` bits). Adds to
// toggles[net] the changes between successive cycles of the window, the one into its first cycle
// included, and to high[net] the cycles at 1. Returns -1, or the index of the first check that
// fails, with its cycle in *at.
extern "C" int64_t replay(const Netlist *netlist, const uint64_t *rows, int64_t words, int64_t cycles,
                          int64_t begin, int64_t end, uint64_t *toggles, uint64_t *high, int64_t *at) {
  const Netlist &n = *netlist;
  std::vector<Vec> storage(n.nets);
  Vec *nets = storage.data();
  std::vector<uint8_t> last(n.nets, 0);
  const int64_t start = begin == 0 ? 0 : begin - 1;  // one cycle earlier, for the change into the first
  for (int64_t first = start / 64; first * 64 < end; first += kWords) {
    load(n, rows, words, first, nets);
    evaluate(n, nets);
    const Vec counted = window(first, begin, end), changed = window(first, begin == 0 ? 1 : begin, end);
    for (int i = 0; i < n.nets; i++) {
      uint64_t before = last[i], flips = 0, ones = 0;
      for (int w = 0; w < kWords; w++) {
        const uint64_t v = nets[i][w];
        flips += __builtin_popcountll((v ^ (v << 1 | before)) & changed[w]);
        ones += __builtin_popcountll(v & counted[w]);
        before = v >> 63;
      }
      last[i] = before;
      toggles[i] += flips;
      high[i] += ones;
    }
    for (int i = 0; i < n.checks; i++) {
      const int64_t cycle = failing(n.check[i], rows, words, cycles, first, counted, nets[n.check[i].net]);
      if (cycle >= 0) {
        *at = cycle;
        return i;
      }
    }
  }
  return -1;
}

// Values of all nets in one cycle, a byte each: the start of a simulation in finer steps.
extern "C" void cycle_values(const Netlist *netlist, const uint64_t *rows, int64_t words, int64_t cycle,
                             uint8_t *values) {
  std::vector<Vec> nets(netlist->nets);
  load(*netlist, rows, words, cycle / 64, nets.data());
  evaluate(*netlist, nets.data());
  for (int i = 0; i < netlist->nets; i++) values[i] = nets[i][0] >> (cycle % 64) & 1;
}

// Values of all nets before and after up to 256 clock edges: two bits for each of `cycles`, the lower
// one from the cycle before it.
extern "C" void steps(const Netlist *netlist, const uint64_t *rows, int64_t words, const int64_t *cycles,
                      int64_t count, Vec *nets) {
  for (int i = 0; i < netlist->sources; i++) {
    const Link &s = netlist->source[i];
    const uint64_t *row = rows + s.row * words;
    Vec v{};
    for (int64_t k = 0; k < 2 * count; k++) {
      const int64_t cycle = cycles[k / 2] - (k % 2 == 0);
      v[k / 64] |= (row[cycle / 64] >> (cycle % 64) & 1) << (k % 64);
    }
    nets[s.net] = v ^ s.flip;
  }
  nets[0] = Vec{};
  nets[1] = ~Vec{};
  evaluate(*netlist, nets);
}
