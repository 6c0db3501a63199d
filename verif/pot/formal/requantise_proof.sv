// SPDX-License-Identifier: Apache-2.0
//
// Requantisation against (acc * multiplier + 2^(shift-1)) >> shift, clamped, for every shift the
// networks have; with a narrow accumulator, of which all values are tried.

`include "formal.svh"

module requantise_proof (
  input logic        clk_i,
  input logic [11:0] acc,
  input logic [7:0]  multiplier,
  input logic [5:0]  shift,
  input logic        relu
);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic [7:0]         out;
  logic signed [63:0] factor, product, scaled, low, clamped;

  pot_requantise #(.AccBits(12)) u_dut (
    .acc_i       (acc),
    .multiplier_i(multiplier),
    .shift_i     (shift),
    .relu_i      (relu),
    .byte_o      (out)
  );

  assign factor  = $signed({56'b0, multiplier});
  assign product = 64'($signed(acc)) * factor;
  assign scaled  = (product + (64'sd1 <<< (shift - 6'd1))) >>> shift;
  assign low     = relu ? 64'sd0 : -64'sd128;
  assign clamped = scaled > 64'sd127 ? 64'sd127 : scaled < low ? low : scaled;

  always @(posedge clk_i) begin
    if (started_q) begin
      assume (shift != '0 && shift <= 6'd39);
      assume (multiplier[7]);
      assert (out == clamped[7:0]);
      `COVER(!relu && out == 8'h80 && shift == 6'd9)
    end
  end

endmodule : requantise_proof
