// SPDX-License-Identifier: Apache-2.0
//
// The CSRs of the core as docs/riscv.md lists them, put in the place of Spike's.

#pragma once

#include <cstdint>
#include <memory>

#include "riscv/processor.h"

namespace lockstep {

// A value that the RTL decides: reads return `value`, writes do nothing.
class ForcedCsr;

struct CsrTable {
  explicit CsrTable(processor_t &processor);

  // The instruction has retired: minstret counts it, unless it wrote minstret itself.
  void retire(bool trapped);

  std::shared_ptr<ForcedCsr> mip, mcycle, mcycleh;

 private:
  struct Counter;
  void add_constant(unsigned number, uint32_t value);

  processor_t &processor_;
  std::shared_ptr<Counter> minstret_;
};

class ForcedCsr : public csr_t {
 public:
  ForcedCsr(processor_t *processor, unsigned number, uint32_t initial = 0)
      : csr_t(processor, number), value(initial) {}
  reg_t read() const noexcept override { return value; }

  uint32_t value;

 protected:
  bool unlogged_write(reg_t) noexcept override { return false; }
};

}  // namespace lockstep
