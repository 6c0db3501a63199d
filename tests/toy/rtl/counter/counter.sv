// SPDX-License-Identifier: Apache-2.0
//
// A counter, the smallest thing that the runner's own tests can simulate.
//
//   Step = 2:  count_o  0 2 4 6 ...

module counter #(
  parameter int Step = 1
) (
  input  logic        clk_i,
  output logic [31:0] count_o
);
  initial count_o = 0;
  always_ff @(posedge clk_i) count_o <= count_o + Step;
endmodule : counter
