// SPDX-License-Identifier: Apache-2.0
//
// Multiply-accumulate with registers on all sides: the yardstick by which energy of memories is
// carried from one cell library to another (docs/method.md).
//
//   cycle   0      1        2
//   a_i     a      .        .
//   a_q     .      a        .        acc_q <= acc_q + a_q * b_q at its end, or 0 after clear_i
//   acc_o   .      .        a * b
//
// No reset: clear_i for three cycles does it. Its paths are of very unequal length, which makes it
// a good test of the glitch simulation too.

module mac (
  input  logic               clk_i,
  input  logic               clear_i,
  input  logic signed [7:0]  a_i,
  input  logic signed [7:0]  b_i,
  output logic signed [31:0] acc_o
);
  logic               clear_q;
  logic signed [7:0]  a_q, b_q;
  logic signed [31:0] acc_q;

  always_ff @(posedge clk_i) begin
    clear_q <= clear_i;
    a_q     <= a_i;
    b_q     <= b_i;
    acc_q   <= clear_q ? 32'sd0 : acc_q + 32'(a_q * b_q);
  end

  assign acc_o = acc_q;
endmodule : mac
