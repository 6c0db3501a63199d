// SPDX-License-Identifier: Apache-2.0
//
// The coprocessors as Spike extensions: what their instructions do, without any timing.

#pragma once

#include <memory>
#include <string>

#include "riscv/extension.h"

namespace lockstep {

// "adder": the bench's own coprocessor (custom-1, verif/riscv/coprocessor.sv); "msb_skip": the
// soft-sparsity unit (custom-0, docs/msb_skip.md). Throws std::invalid_argument for other names.
std::unique_ptr<extension_t> make_coprocessor(const std::string &name, unsigned accumulators);

}  // namespace lockstep
