// SPDX-License-Identifier: Apache-2.0

#include "csrs.h"

#include <set>

namespace lockstep {
namespace {

constexpr unsigned Mhpmevents = 29;
constexpr uint32_t MisaImc = 0x40001104;

// Bits that can be written; the others read as zero.
class MaskedCsr : public csr_t {
 public:
  MaskedCsr(processor_t *processor, unsigned number, uint32_t mask)
      : csr_t(processor, number), mask_(mask) {}
  reg_t read() const noexcept override { return value_; }

 protected:
  bool unlogged_write(reg_t value) noexcept override {
    value_ = uint32_t(value) & mask_;
    return true;
  }

 private:
  uint32_t mask_, value_ = 0;
};

// One of Spike's CSRs, which its traps and interrupts work with, without the bits of other modes.
class NarrowedCsr : public csr_t {
 public:
  NarrowedCsr(processor_t *processor, csr_t_p whole, uint32_t writable, uint32_t constant)
      : csr_t(processor, whole->address), whole_(whole), writable_(writable), constant_(constant) {}
  reg_t read() const noexcept override { return (whole_->read() & writable_) | constant_; }

 protected:
  bool unlogged_write(reg_t value) noexcept override {
    whole_->write((value & writable_) | constant_);
    return true;
  }

 private:
  csr_t_p whole_;
  uint32_t writable_, constant_;
};

}  // namespace

// minstret as the core has it: a write is what the next instruction reads, and the bit of
// mcountinhibit counts as the instruction leaves it. Spike's own counter differs in both.
struct CsrTable::Counter {
  uint64_t value = 0;
  bool written = false;
  std::shared_ptr<MaskedCsr> inhibit;

  class Half : public csr_t {
   public:
    Half(processor_t *processor, unsigned number, std::shared_ptr<Counter> counter, int shift)
        : csr_t(processor, number), counter_(std::move(counter)), shift_(shift) {}
    reg_t read() const noexcept override { return uint32_t(counter_->value >> shift_); }

   protected:
    bool unlogged_write(reg_t written) noexcept override {
      const uint64_t mask = uint64_t(0xffffffff) << shift_;
      counter_->value = (counter_->value & ~mask) | (uint64_t(uint32_t(written)) << shift_);
      counter_->written = true;
      return true;
    }

   private:
    std::shared_ptr<Counter> counter_;
    int shift_;
  };
};

CsrTable::CsrTable(processor_t &processor)
    : processor_(processor), minstret_(std::make_shared<Counter>()) {
  state_t &state = *processor.get_state();
  auto &map = state.csrmap;

  // Spike's own are right for these.
  const std::set<reg_t> kept = {CSR_MTVEC, CSR_MSCRATCH, CSR_MEPC, CSR_MTVAL};
  for (auto entry = map.begin(); entry != map.end();) {
    entry = kept.count(entry->first) ? std::next(entry) : map.erase(entry);
  }

  // Read-only, or writes ignored
  add_constant(CSR_MISA, MisaImc);
  for (unsigned number : {CSR_MVENDORID, CSR_MARCHID, CSR_MIMPID, CSR_MHARTID, CSR_MCONFIGPTR,
                          CSR_MSTATUSH, CSR_TSELECT, CSR_TDATA1, CSR_TDATA2, CSR_TDATA3}) {
    add_constant(number, 0);
  }
  for (unsigned i = 3; i < 3 + Mhpmevents; i++) {
    add_constant(CSR_MCYCLE + i, 0);
    add_constant(CSR_MCYCLEH + i, 0);
    add_constant(CSR_MCOUNTINHIBIT + i, 0);  // mhpmevent3..31
  }

  const auto narrow = [&](const csr_t_p &whole, uint32_t writable, uint32_t constant) {
    map[whole->address] = std::make_shared<NarrowedCsr>(&processor, whole, writable, constant);
  };
  narrow(state.mstatus, MSTATUS_MIE | MSTATUS_MPIE, MSTATUS_MPP);
  narrow(state.mie, MIP_MSIP | MIP_MTIP | MIP_MEIP, 0);

  // mcause has the bits of the causes that there are; traps write it through `state`.
  map[CSR_MCAUSE] = state.mcause =
      std::make_shared<MaskedCsr>(&processor, CSR_MCAUSE, 0x8000000f);

  minstret_->inhibit = std::make_shared<MaskedCsr>(&processor, CSR_MCOUNTINHIBIT, 0x5);
  map[CSR_MCOUNTINHIBIT] = minstret_->inhibit;
  map[CSR_MINSTRET] = std::make_shared<Counter::Half>(&processor, CSR_MINSTRET, minstret_, 0);
  map[CSR_MINSTRETH] = std::make_shared<Counter::Half>(&processor, CSR_MINSTRETH, minstret_, 32);

  // Decided by the RTL's timing
  mip = std::make_shared<ForcedCsr>(&processor, CSR_MIP);
  mcycle = std::make_shared<ForcedCsr>(&processor, CSR_MCYCLE);
  mcycleh = std::make_shared<ForcedCsr>(&processor, CSR_MCYCLEH);
  map[CSR_MIP] = mip;
  map[CSR_MCYCLE] = mcycle;
  map[CSR_MCYCLEH] = mcycleh;

  // cycle, instret and hpmcounter3..31 read the same; `time` is absent.
  for (unsigned half : {CSR_CYCLE, CSR_CYCLEH}) {
    for (unsigned i = 0; i < 3 + Mhpmevents; i++) {
      if (half + i == CSR_TIME || half + i == CSR_TIMEH) continue;
      map[half + i] = std::make_shared<proxy_csr_t>(&processor, half + i,
                                                    map[half + i - CSR_CYCLE + CSR_MCYCLE]);
    }
  }
}

void CsrTable::add_constant(unsigned number, uint32_t value) {
  processor_.get_state()->csrmap[number] =
      std::make_shared<ForcedCsr>(&processor_, number, value);
}

void CsrTable::retire(bool trapped) {
  const bool inhibited = (minstret_->inhibit->read() & 4) != 0;
  if (!trapped && !minstret_->written && !inhibited) minstret_->value++;
  minstret_->written = false;
}

}  // namespace lockstep
