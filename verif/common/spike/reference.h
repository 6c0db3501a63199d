// SPDX-License-Identifier: Apache-2.0
//
// The reference: Spike's processor with a memory of our own, stepped one instruction at a time.
//
// What cannot be the same in both by nature is forced here from what the RTL did, and nowhere else:
//
//   interrupts     when they are taken depends on timing: `interrupt` hands over the lines
//   bus errors     come at random: `deny` makes the next step's fetches of a word, or accesses to it, fail
//   device reads   `next_device_word` is what the RTL read
//   mip, mcycle    (csrs.h) depend on timing
//   wfi            Spike would wait for an interrupt that it does not know of: `step` ends the wait

#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "riscv/extension.h"
#include "riscv/processor.h"
#include "riscv/simif.h"

namespace lockstep {

struct CsrTable;

struct Region {
  uint32_t base;
  uint32_t bytes;
  std::string image;               // $readmemh file of its words, "" for none
  std::vector<uint8_t> content;

  bool holds(uint32_t address, size_t length) const {
    return address >= base && uint64_t(address) + length <= uint64_t(base) + bytes;
  }
};

struct Access {
  uint32_t address = 0;
  uint32_t data = 0;
  unsigned bytes = 0;              // 0: none
};

enum class Port { Fetch, Data };

class Reference : public simif_t {
 public:
  Reference(uint32_t reset_vector, std::unique_ptr<extension_t> coprocessor);
  ~Reference() override;

  void add_memory(uint32_t base, uint32_t bytes, const std::string &image);
  void add_device(uint32_t base, uint32_t bytes);
  void reset();

  // Executes one instruction, or takes the trap it causes.
  void step();
  // Takes an interrupt if mie and mstatus allow one of the lines (as in mip); false if not.
  bool interrupt(uint32_t lines);
  // In the next step accesses to this word fail.
  void deny(Port port, uint32_t word) { denied_.push_back({port, word & ~3u}); }

  uint32_t next_device_word = 0;   // what a load from a device returns, from bit 0 on

  uint32_t pc() const;
  uint32_t reg(unsigned number) const;
  uint32_t csr(unsigned number) const;
  void force_csr(unsigned number, uint32_t value);
  bool trapped() const { return trapped_; }        // the last step ended in a trap
  Access read() const { return read_; }            // what the last step loaded and stored
  Access written() const { return written_; }
  CsrTable &csrs() { return *csrs_; }
  std::string disassemble(uint32_t instruction) const;
  void write_byte(uint32_t address, uint8_t value);

  // simif_t
  char *addr_to_mem(reg_t address) override;
  bool mmio_load(reg_t address, size_t length, uint8_t *bytes) override;
  bool mmio_store(reg_t address, size_t length, const uint8_t *bytes) override;
  bool mmio_fetch(reg_t address, size_t length, uint8_t *bytes) override;
  void proc_reset(unsigned) override {}
  const cfg_t &get_cfg() const override { return config_; }
  const std::map<size_t, processor_t *> &get_harts() const override { return harts_; }
  const char *get_symbol(uint64_t) override { return nullptr; }

 private:
  Region *region(reg_t address, size_t length);
  bool is_denied(Port port, reg_t address, size_t length) const;
  bool read(Port port, reg_t address, size_t length, uint8_t *bytes);
  void run_one();

  struct Denied {
    Port port;
    uint32_t word;
  };
  struct Close {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };

  cfg_t config_;
  uint32_t reset_vector_;
  std::vector<Region> memory_;
  std::vector<Region> devices_;
  std::vector<Denied> denied_;
  std::map<size_t, processor_t *> harts_;
  std::unique_ptr<std::FILE, Close> log_;
  std::unique_ptr<extension_t> coprocessor_;
  std::unique_ptr<processor_t> processor_;
  std::unique_ptr<CsrTable> csrs_;
  bool trapped_ = false;
  Access read_, written_;
};

}  // namespace lockstep
