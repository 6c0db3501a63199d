// SPDX-License-Identifier: Apache-2.0
//
// Clocks bare.sv until the program exits, and prints the cycles and the CPU seconds that took.

#include <cstdio>
#include <ctime>

#include "Vbare.h"
#include "verilated.h"

int main(int argc, char **argv) {
  VerilatedContext context;
  context.commandArgs(argc, argv);
  Vbare top{&context};
  const auto step = [&](bool reset_n) {
    top.rst_ni = reset_n;
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
  };
  step(true);
  for (int i = 0; i < 4; i++) step(false);
  const std::clock_t start = std::clock();
  unsigned long long cycles = 0;
  while (!top.exit_valid_o) {
    step(true);
    cycles++;
  }
  std::printf("%llu %.6f\n", cycles, double(std::clock() - start) / CLOCKS_PER_SEC);
  return 0;
}
