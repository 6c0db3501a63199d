// SPDX-License-Identifier: Apache-2.0

#include "reference.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "csrs.h"
#include "riscv/disasm.h"
#include "riscv/mmu.h"

namespace lockstep {
namespace {

// Zicclsm is Spike's name for misaligned accesses that work.
constexpr char Isa[] = "rv32imc_zicsr_zifencei_zicclsm";

// A $readmemh file of 32-bit words, as scripts/firmware.py writes it: words and @word-addresses.
void load_image(Region &region) {
  std::ifstream file(region.image);
  if (!file) throw std::runtime_error("cannot read " + region.image);
  size_t word = 0;
  for (std::string token; file >> token;) {
    if (token[0] == '@') {
      word = std::stoul(token.substr(1), nullptr, 16);
      continue;
    }
    const uint32_t value = std::stoul(token, nullptr, 16);
    if (4 * word + 4 > region.content.size()) {
      throw std::runtime_error(region.image + " does not fit into its memory");
    }
    std::memcpy(&region.content[4 * word++], &value, 4);
  }
}

}  // namespace

Reference::Reference(uint32_t reset_vector, std::unique_ptr<extension_t> coprocessor)
    : reset_vector_(reset_vector), coprocessor_(std::move(coprocessor)) {
  config_.isa = Isa;
  config_.priv = "m";
  // What it commits is read from its state: the log that Spike prints besides goes nowhere.
  log_.reset(std::fopen("/dev/null", "w"));
  if (!log_) throw std::runtime_error("cannot open /dev/null");
  processor_ =
      std::make_unique<processor_t>(Isa, "m", &config_, this, 0, false, log_.get(), std::cerr);
  harts_[0] = processor_.get();
  processor_->enable_log_commits();
  processor_->register_extension(coprocessor_.get());
}

Reference::~Reference() = default;

void Reference::add_memory(uint32_t base, uint32_t bytes, const std::string &image) {
  memory_.push_back({base, bytes, image, {}});
}

void Reference::add_device(uint32_t base, uint32_t bytes) {
  devices_.push_back({base, bytes, "", {}});
}

void Reference::reset() {
  for (Region &region : memory_) {
    region.content.assign(region.bytes, 0);
    if (!region.image.empty()) load_image(region);
  }
  denied_.clear();
  processor_->reset();
  csrs_ = std::make_unique<CsrTable>(*processor_);
  processor_->get_mmu()->flush_tlb();
  state_t *state = processor_->get_state();
  state->pc = reset_vector_;
  for (unsigned i = 1; i < NXPR; i++) state->XPR.write(i, 0);
}

// ---- Execution ----

void Reference::run_one() {
  state_t *state = processor_->get_state();
  const bool denying = !denied_.empty();
  if (denying) {
    processor_->get_mmu()->flush_tlb();
    processor_->get_mmu()->flush_icache();
  }
  state->log_reg_write.clear();
  state->log_mem_read.clear();
  state->log_mem_write.clear();
  const reg_t executed = state->minstret->read();  // Spike's own, which no program reaches
  processor_->step(1);
  processor_->clear_waiting_for_interrupt();
  trapped_ = state->minstret->read() == executed;
  if (denying) {
    denied_.clear();
    processor_->get_mmu()->flush_tlb();
    processor_->get_mmu()->flush_icache();
  }
}

namespace {

Access single(const commit_log_mem_t &log) {
  Access access;
  if (log.empty()) return access;
  const auto &[address, data, bytes] = log.front();
  access.address = uint32_t(address);
  access.data = uint32_t(data);
  access.bytes = bytes;
  return access;
}

}  // namespace

void Reference::step() {
  run_one();
  const state_t *state = processor_->get_state();
  read_ = trapped_ ? Access{} : single(state->log_mem_read);
  written_ = trapped_ ? Access{} : single(state->log_mem_write);
}

bool Reference::interrupt(uint32_t lines) {
  state_t *state = processor_->get_state();
  state->mip->backdoor_write_with_mask(~reg_t(0), lines);
  run_one();
  state->mip->backdoor_write_with_mask(~reg_t(0), 0);
  return trapped_ && (csr(CSR_MCAUSE) >> 31) != 0;
}

// ---- Memory ----

Region *Reference::region(reg_t address, size_t length) {
  for (Region &region : memory_) {
    if (region.holds(uint32_t(address), length)) return &region;
  }
  return nullptr;
}

bool Reference::is_denied(Port port, reg_t address, size_t length) const {
  for (const Denied &denied : denied_) {
    const bool hit = address < denied.word + 4 && denied.word < address + length;
    if (hit && denied.port == port) return true;
  }
  return false;
}

char *Reference::addr_to_mem(reg_t address) {
  if (!denied_.empty()) return nullptr;  // one byte at a time then, through mmio_*
  Region *found = region(address, 1);
  return found ? reinterpret_cast<char *>(&found->content[uint32_t(address) - found->base])
               : nullptr;
}

bool Reference::read(Port port, reg_t address, size_t length, uint8_t *bytes) {
  Region *found = region(address, length);
  if (!found || is_denied(port, address, length)) return false;
  std::memcpy(bytes, &found->content[uint32_t(address) - found->base], length);
  return true;
}

bool Reference::mmio_fetch(reg_t address, size_t length, uint8_t *bytes) {
  return read(Port::Fetch, address, length, bytes);
}

bool Reference::mmio_load(reg_t address, size_t length, uint8_t *bytes) {
  if (read(Port::Data, address, length, bytes)) return true;
  for (const Region &device : devices_) {
    if (!device.holds(uint32_t(address), length)) continue;
    std::memcpy(bytes, &next_device_word, length);
    return true;
  }
  return false;
}

bool Reference::mmio_store(reg_t address, size_t length, const uint8_t *bytes) {
  for (const Region &device : devices_) {
    if (device.holds(uint32_t(address), length)) return true;
  }
  Region *found = region(address, length);
  if (!found || is_denied(Port::Data, address, length)) return false;
  std::memcpy(&found->content[uint32_t(address) - found->base], bytes, length);
  return true;
}

void Reference::write_byte(uint32_t address, uint8_t value) {
  if (Region *found = region(address, 1)) found->content[address - found->base] = value;
}

// ---- State ----

uint32_t Reference::pc() const { return uint32_t(processor_->get_state()->pc); }

uint32_t Reference::reg(unsigned number) const {
  return uint32_t(processor_->get_state()->XPR[number]);
}

uint32_t Reference::csr(unsigned number) const { return uint32_t(processor_->get_csr(number)); }

void Reference::force_csr(unsigned number, uint32_t value) {
  processor_->get_state()->csrmap.at(number)->write(value);
}

std::string Reference::disassemble(uint32_t instruction) const {
  return processor_->get_disassembler()->disassemble(insn_t(instruction));
}

}  // namespace lockstep
