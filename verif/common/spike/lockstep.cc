// SPDX-License-Identifier: Apache-2.0
//
// Compares every retired instruction (RVFI) with the reference. Called from lockstep.sv.
//
// The first difference is printed with both sides and the instructions before it, and written to
// lockstep.json in the current folder, where the test finds it.

#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "csrs.h"
#include "custom.h"
#include "reference.h"

namespace lockstep {
namespace {

constexpr size_t History = 10;         // instructions shown before a mismatch
constexpr uint32_t Wfi = 0x10500073;
constexpr uint32_t FetchFault = 1, LoadFault = 5, StoreFault = 7;

std::string format(const char *text, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char *text, ...) {
  char buffer[256];
  va_list arguments;
  va_start(arguments, text);
  std::vsnprintf(buffer, sizeof buffer, text, arguments);
  va_end(arguments);
  return buffer;
}

// What the RTL says of one instruction. Layout of the trace file: 64 bytes, little endian.
struct Retired {
  uint64_t cycle;
  uint32_t pc, next_pc, insn;
  uint32_t rs1_value, rs2_value, rd_value;
  uint32_t mem_addr, mem_rdata, mem_wdata;
  uint8_t rs1, rs2, rd;
  uint8_t mem_mask;                    // bytes read, bytes written << 4
  uint8_t flags;                       // 1 trap, 2 first instruction of a handler
  uint8_t cause;                       // of the trap or interrupt; bit 7: interrupt
  uint16_t busy;                       // what waited since the instruction before (lockstep.sv)
  uint32_t mcause, mtval;              // written by the trap
  uint32_t mip;                        // seen by the instruction

  bool trap() const { return flags & 1; }
  bool intr() const { return flags & 2; }
  unsigned read_bytes() const { return __builtin_popcount(mem_mask & 15); }
  unsigned written_bytes() const { return __builtin_popcount(mem_mask >> 4); }
};
static_assert(sizeof(Retired) == 64, "the readers of the trace rely on it");

uint32_t low_bytes(uint32_t word, unsigned bytes) {
  return bytes >= 4 ? word : word & ((1u << 8 * bytes) - 1);
}

uint8_t short_cause(uint32_t mcause) { return uint8_t((mcause >> 24 & 0x80) | (mcause & 0x7f)); }

class Lockstep {
 public:
  Lockstep(uint32_t reset_vector, const char *coprocessor, unsigned accumulators)
      : reference_(reset_vector, make_coprocessor(coprocessor, accumulators)) {}
  ~Lockstep() {
    if (trace_) std::fclose(trace_);
  }

  Reference &reference() { return reference_; }

  void open_trace(const char *path) {
    trace_ = std::fopen(path, "wb");
    if (!trace_) throw std::runtime_error(std::string("cannot write ") + path);
  }

  void reset() {
    reference_.reset();
    after_trap_ = asleep_ = false;
    std::fill(std::begin(registers_), std::end(registers_), 0);
    data_errors_.clear();
    fetch_errors_.clear();
  }

  void bus_answer(bool is_data, uint32_t word, bool error) {
    if (is_data) {
      if (error) data_errors_.push_back(word);
    } else {
      uint8_t &recent = fetch_errors_[word];
      recent = uint8_t(recent << 1 | error);
    }
  }

  // True if the reference agrees.
  bool retire(Retired rtl) {
    number_++;
    recent_.push_back(rtl);
    if (recent_.size() > History + 1) recent_.pop_front();
    const bool agrees = follow(rtl);
    if (!agrees) report(rtl);
    if (trace_) {
      if (rtl.trap() || rtl.intr()) rtl.cause = short_cause(reference_.csr(0x342));
      std::fwrite(&rtl, sizeof rtl, 1, trace_);
    }
    data_errors_.clear();
    after_trap_ = rtl.trap();
    return agrees;
  }

 private:
  bool equal(const char *what, uint64_t expected, uint64_t got) {
    if (expected == got) return true;
    what_ = what;
    expected_ = expected;
    got_ = got;
    return false;
  }

  bool follow(const Retired &rtl) {
    if (!take_interrupt(rtl)) return false;
    if (!equal("pc", reference_.pc(), rtl.pc)) return false;
    if (!force(rtl)) return false;
    reference_.step();
    if (rtl.trap() && is_access_fault(rtl)) correct_split_access(rtl);
    reference_.csrs().retire(reference_.trapped());
    return equal("trap", reference_.trapped(), rtl.trap()) && compare_trap(rtl) &&
           equal("next pc", reference_.pc(), rtl.next_pc) && compare_registers(rtl) &&
           compare_memory(rtl);
  }

  // The RTL decides when an interrupt comes; whether it may, and which one, the reference.
  bool take_interrupt(const Retired &rtl) {
    if (!rtl.intr()) return equal("first of a handler", after_trap_, 0);
    if (after_trap_) return true;
    return equal("interrupt", reference_.interrupt(rtl.mip), 1);
  }

  bool force(const Retired &rtl) {
    reference_.csrs().mip->value = rtl.rd_value;
    reference_.csrs().mcycle->value = rtl.rd_value;
    reference_.csrs().mcycleh->value = rtl.rd_value;
    reference_.next_device_word = rtl.mem_rdata;
    // Behind a WFI, only when an enabled interrupt is pending
    const bool awake = (rtl.mip & reference_.csr(0x304)) != 0;
    if (asleep_ && !equal("awake", 1, awake)) return false;
    asleep_ = rtl.insn == Wfi && !rtl.trap() && !awake;
    return rtl.trap() ? deny(rtl) : !fetched_in_error(rtl);
  }

  bool is_access_fault(const Retired &rtl) const {
    return rtl.mcause == LoadFault || rtl.mcause == StoreFault;
  }

  // A trap that a bus error explains happens in the reference too.
  bool deny(const Retired &rtl) {
    if (is_access_fault(rtl)) {
      for (const uint32_t word : data_errors_) reference_.deny(Port::Data, word);
    } else if (rtl.mcause == FetchFault) {
      const auto found = fetch_errors_.find(rtl.mtval & ~3u);
      if (found != fetch_errors_.end() && found->second != 0) reference_.deny(Port::Fetch, rtl.mtval);
    } else {
      return !fetched_in_error(rtl);
    }
    return true;
  }

  // An instruction whose word came with an error each of the last times must not be executed.
  bool fetched_in_error(const Retired &rtl) {
    const auto always = [this](uint32_t address) {
      const auto found = fetch_errors_.find(address & ~3u);
      return found != fetch_errors_.end() && found->second == 0xff;
    };
    const bool in_error = always(rtl.pc) || ((rtl.insn & 3) == 3 && always(rtl.pc + 2));
    return !equal("fetch error", in_error, 0);
  }

  // Of a misaligned access that crosses a word, Spike does all or nothing and tells its start in
  // mtval. The specification asks for the part that failed; and the part before it has happened.
  void correct_split_access(const Retired &rtl) {
    const uint32_t address = reference_.csr(0x343);
    if (!reference_.trapped() || data_errors_.empty()) return;
    const uint32_t second = (address & ~3u) + 4;
    const unsigned bytes = 1u << (access_size(rtl.insn) & 3);
    const bool crosses = (address & 3) + bytes > 4;
    if (!crosses || data_errors_.back() != second) return;
    reference_.force_csr(0x343, second);
    if (rtl.mcause != StoreFault) return;
    for (unsigned i = 0; address + i < second; i++) {
      reference_.write_byte(address + i, uint8_t(rtl.rs2_value >> 8 * i));
    }
  }

  // log2 of the bytes of a load or store, of which 16 bits are words all.
  static unsigned access_size(uint32_t insn) { return (insn & 3) == 3 ? insn >> 12 & 3 : 2; }

  bool compare_trap(const Retired &rtl) {
    return !rtl.trap() || (equal("mcause", reference_.csr(0x342), rtl.mcause) &&
                           equal("mtval", reference_.csr(0x343), rtl.mtval));
  }

  // All registers, so that no write of either side goes unnoticed.
  bool compare_registers(const Retired &rtl) {
    if (rtl.rd != 0) registers_[rtl.rd] = rtl.rd_value;
    for (unsigned i = 1; i < 32; i++) {
      if (reference_.reg(i) == registers_[i]) continue;
      names_ = format("x%u", i);
      return equal(names_.c_str(), reference_.reg(i), registers_[i]);
    }
    return true;
  }

  bool compare_memory(const Retired &rtl) {
    const Access read = reference_.read(), written = reference_.written();
    if (!equal("bytes loaded", read.bytes, rtl.read_bytes()) ||
        !equal("bytes stored", written.bytes, rtl.written_bytes())) {
      return false;
    }
    if (read.bytes && !(equal("load address", read.address, rtl.mem_addr))) return false;
    if (read.bytes && rtl.rd != 0 && !equal("load data", low_bytes(rtl.rd_value, read.bytes),
                                            low_bytes(rtl.mem_rdata, read.bytes))) {
      return false;
    }
    return !written.bytes ||
           (equal("store address", written.address, rtl.mem_addr) &&
            equal("store data", low_bytes(written.data, written.bytes),
                  low_bytes(rtl.mem_wdata, written.bytes)));
  }

  std::string line(const Retired &rtl) const {
    std::string text = format("  %8x  %08x  %-28s", rtl.pc, rtl.insn,
                              reference_.disassemble(rtl.insn).c_str());
    if (rtl.rd) text += format("  x%u = %08x", rtl.rd, rtl.rd_value);
    if (rtl.mem_mask & 15) text += format("  [%08x] -> %08x", rtl.mem_addr, rtl.mem_rdata);
    if (rtl.mem_mask >> 4) text += format("  [%08x] <- %08x", rtl.mem_addr, rtl.mem_wdata);
    if (rtl.trap()) text += format("  trap: mcause %x, mtval %x", rtl.mcause, rtl.mtval);
    if (rtl.intr()) text += "  (first of a handler)";
    return text;
  }

  void report(const Retired &rtl) {
    std::string text = format("lock-step: instruction %" PRIu64 ", cycle %" PRIu64
                              ": %s is %#" PRIx64 ", and %#" PRIx64 " in the reference\n",
                              number_, rtl.cycle, what_, got_, expected_);
    for (const Retired &entry : recent_) text += line(entry) + "\n";
    text += format("  reference: pc %x, next pc %x, trap %d, mcause %x, mepc %x, mtval %x\n",
                   rtl.pc, reference_.pc(), reference_.trapped(), reference_.csr(0x342),
                   reference_.csr(0x341), reference_.csr(0x343));
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    std::ofstream("lockstep.json")
        << format("{\"what\": \"%s\", \"number\": %" PRIu64 ", \"expected\": %" PRIu64
                  ", \"got\": %" PRIu64 ", \"pc\": %u, \"insn\": %u, ",
                  what_, number_, expected_, got_, rtl.pc, rtl.insn)
        << "\"disassembly\": \"" << reference_.disassemble(rtl.insn) << "\"}\n";
  }

  Reference reference_;
  std::FILE *trace_ = nullptr;
  uint64_t number_ = 0;
  uint32_t registers_[32] = {};
  bool after_trap_ = false;
  bool asleep_ = false;
  std::deque<Retired> recent_;
  std::vector<uint32_t> data_errors_;                    // words, since the last retirement
  std::unordered_map<uint32_t, uint8_t> fetch_errors_;   // the last eight answers, 1 is an error
  const char *what_ = "";
  std::string names_;
  uint64_t expected_ = 0, got_ = 0;
};

std::unique_ptr<Lockstep> instance;

// Exceptions must not cross into the simulator.
template <typename Function>
int guarded(Function function) {
  try {
    return function();
  } catch (const std::exception &error) {
    std::fprintf(stdout, "lock-step: %s\n", error.what());
    return -1;
  }
}

}  // namespace
}  // namespace lockstep

// ---- DPI: 0 is success ----

using lockstep::guarded;
using lockstep::instance;

extern "C" int lockstep_open(int reset_vector, const char *coprocessor, int accumulators) {
  return guarded([&] {
    instance = std::make_unique<lockstep::Lockstep>(uint32_t(reset_vector), coprocessor,
                                                    unsigned(accumulators));
    return 0;
  });
}

extern "C" int lockstep_memory(int base, int bytes, const char *image) {
  return guarded([&] {
    instance->reference().add_memory(uint32_t(base), uint32_t(bytes), image);
    return 0;
  });
}

extern "C" int lockstep_device(int base, int bytes) {
  instance->reference().add_device(uint32_t(base), uint32_t(bytes));
  return 0;
}

extern "C" int lockstep_trace(const char *path) {
  return guarded([&] {
    instance->open_trace(path);
    return 0;
  });
}

extern "C" int lockstep_reset() {
  return guarded([&] {
    instance->reset();
    return 0;
  });
}

extern "C" void lockstep_bus_answer(int is_data, int address, int error) {
  instance->bus_answer(is_data != 0, uint32_t(address) & ~3u, error != 0);
}

extern "C" int lockstep_retire(long long cycle, int pc, int next_pc, int insn, int rs1_value,
                               int rs2_value, int rd_value, int mem_addr, int mem_rdata,
                               int mem_wdata, int registers, int masks_flags, int busy,
                               int mcause, int mtval, int mip) {
  lockstep::Retired rtl = {};
  rtl.cycle = uint64_t(cycle);
  rtl.pc = uint32_t(pc);
  rtl.next_pc = uint32_t(next_pc);
  rtl.insn = uint32_t(insn);
  rtl.rs1_value = uint32_t(rs1_value);
  rtl.rs2_value = uint32_t(rs2_value);
  rtl.rd_value = uint32_t(rd_value);
  rtl.mem_addr = uint32_t(mem_addr);
  rtl.mem_rdata = uint32_t(mem_rdata);
  rtl.mem_wdata = uint32_t(mem_wdata);
  rtl.rs1 = uint8_t(registers & 31);
  rtl.rs2 = uint8_t(registers >> 5 & 31);
  rtl.rd = uint8_t(registers >> 10 & 31);
  rtl.mem_mask = uint8_t(masks_flags & 255);
  rtl.flags = uint8_t(masks_flags >> 8);
  rtl.busy = uint16_t(busy);
  rtl.mcause = uint32_t(mcause);
  rtl.mtval = uint32_t(mtval);
  rtl.mip = uint32_t(mip);
  return guarded([&] { return instance->retire(rtl) ? 0 : 1; });
}
