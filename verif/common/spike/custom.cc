// SPDX-License-Identifier: Apache-2.0

#include "custom.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include "riscv/trap.h"

namespace lockstep {
namespace {

using Execute = insn_func_t;

insn_desc_t describe(insn_bits_t match, insn_bits_t mask, Execute execute) {
  return {match, mask, execute, execute, execute, execute, execute, execute, execute, execute};
}

uint32_t operand(processor_t *processor, uint64_t number) {
  return uint32_t(processor->get_state()->XPR[number]);
}

void write_back(processor_t *processor, uint64_t number, uint32_t value) {
  processor->get_state()->XPR.write(number, sreg_t(int32_t(value)));
}

// ---- custom-1: the bench's adder ----

class Adder : public extension_t {
 public:
  const char *name() const override { return "adder"; }
  void reset(processor_t &) override { sum_ = 0; }
  std::vector<disasm_insn_t *> get_disasms(const processor_t *) override { return {}; }

  std::vector<insn_desc_t> get_instructions(const processor_t &) override {
    constexpr insn_bits_t mask = 0xfe00707f;
    return {describe(0x002b, mask, exclusive_or), describe(0x102b, mask, add),
            describe(0x202b, mask, read)};
  }

 private:
  static Adder &self(processor_t *processor) {
    return *static_cast<Adder *>(processor->get_extension("adder"));
  }
  static reg_t exclusive_or(processor_t *p, insn_t i, reg_t pc) {
    write_back(p, i.rd(), operand(p, i.rs1()) ^ operand(p, i.rs2()));
    return pc + 4;
  }
  static reg_t add(processor_t *p, insn_t i, reg_t pc) {
    self(p).sum_ += operand(p, i.rs1());
    return pc + 4;
  }
  static reg_t read(processor_t *p, insn_t i, reg_t pc) {
    write_back(p, i.rd(), self(p).sum_);
    return pc + 4;
  }

  uint32_t sum_ = 0;
};

// ---- custom-0: the soft-sparsity unit ----

enum Mode { Exact, Zero, Absolute, RunningMaximum };

// Position of the leading one of the ones' complement magnitude; -1 if there is none.
int leading_one(int8_t x) {
  const unsigned magnitude = uint8_t(x < 0 ? ~x : x);
  return magnitude ? 31 - __builtin_clz(magnitude) : -1;
}

class MsbSkip : public extension_t {
 public:
  explicit MsbSkip(unsigned accumulators) : accumulators_(accumulators), maxima_(accumulators) {}

  const char *name() const override { return "msb_skip"; }
  std::vector<disasm_insn_t *> get_disasms(const processor_t *) override { return {}; }

  void reset(processor_t &) override {
    clear_accumulators();
    counters_ = {};
    configuration_ = 0;
  }

  std::vector<insn_desc_t> get_instructions(const processor_t &) override {
    constexpr insn_bits_t mask = 0x707f;
    return {describe(0x000b, mask, cfg), describe(0x100b, mask, dot4),
            describe(0x200b, mask, read)};
  }

 private:
  static MsbSkip &self(processor_t *processor) {
    return *static_cast<MsbSkip *>(processor->get_extension("msb_skip"));
  }
  static unsigned funct7(insn_t i) { return i.bits() >> 25 & 0x7f; }
  static void accept_only_if(bool accepted, insn_t i) {
    if (!accepted) throw trap_illegal_instruction(i.bits() & 0xffffffff);
  }

  static reg_t cfg(processor_t *p, insn_t i, reg_t pc) {
    accept_only_if(funct7(i) == 0 && i.rs2() == 0 && i.rd() == 0, i);
    self(p).configure(operand(p, i.rs1()));
    return pc + 4;
  }

  static reg_t dot4(processor_t *p, insn_t i, reg_t pc) {
    MsbSkip &unit = self(p);
    accept_only_if(funct7(i) < unit.accumulators_.size() && i.rd() == 0, i);
    const uint32_t activations = operand(p, i.rs1()), weights = operand(p, i.rs2());
    for (int lane = 0; lane < 32; lane += 8) {
      unit.multiply(funct7(i), int8_t(activations >> lane), int8_t(weights >> lane));
    }
    return pc + 4;
  }

  static reg_t read(processor_t *p, insn_t i, reg_t pc) {
    MsbSkip &unit = self(p);
    const unsigned index = funct7(i) & 7;
    const bool clear = funct7(i) & 0x10, status = funct7(i) & 0x20;
    accept_only_if((funct7(i) & 0x48) == 0 && i.rs1() == 0 && i.rs2() == 0, i);
    accept_only_if(status ? index < 3 || (index == 3 && !clear)
                          : index < unit.accumulators_.size(), i);
    write_back(p, i.rd(), status ? unit.read_status(index, clear)
                                 : unit.read_accumulator(index, clear));
    return pc + 4;
  }

  void clear_accumulators() {
    std::fill(accumulators_.begin(), accumulators_.end(), 0);
    std::fill(maxima_.begin(), maxima_.end(), 0);
  }

  void configure(uint32_t word) {
    configuration_ = word & 0x3f;
    if (word >> 8 & 1) clear_accumulators();
    if (word >> 9 & 1) counters_ = {};
  }

  bool keeps(unsigned index, int8_t a, int8_t w) {
    const int threshold = configuration_ & 15;
    const int s = leading_one(a) + leading_one(w);
    const bool exists = leading_one(a) >= 0 && leading_one(w) >= 0;
    switch (configuration_ >> 4) {
      case Exact: return true;
      case Zero: return a != 0 && w != 0;
      case Absolute: return exists && s >= threshold;
      default:
        if (exists) maxima_[index] = std::max(maxima_[index], s);
        return exists && s >= maxima_[index] - threshold;
    }
  }

  void multiply(unsigned index, int8_t a, int8_t w) {
    if (keeps(index, a, w)) {
      accumulators_[index] += uint32_t(int32_t(a) * w);
      counters_[0]++;
    } else {
      counters_[a == 0 || w == 0 ? 1 : 2]++;
    }
  }

  uint32_t read_accumulator(unsigned index, bool clear) {
    const uint32_t value = accumulators_[index];
    if (clear) accumulators_[index] = maxima_[index] = 0;
    return value;
  }

  uint32_t read_status(unsigned index, bool clear) {
    const uint32_t value = index == 3 ? configuration_ : counters_[index];
    if (clear) counters_[index] = 0;
    return value;
  }

  std::vector<uint32_t> accumulators_;
  std::vector<int> maxima_;
  std::array<uint32_t, 3> counters_ = {};
  uint32_t configuration_ = 0;
};

}  // namespace

std::unique_ptr<extension_t> make_coprocessor(const std::string &name, unsigned accumulators) {
  if (name == "adder") return std::make_unique<Adder>();
  if (name == "msb_skip") return std::make_unique<MsbSkip>(accumulators);
  throw std::invalid_argument("unknown coprocessor " + name);
}

}  // namespace lockstep
