// SPDX-License-Identifier: Apache-2.0
//
// Requantisation against (acc * multiplier + 2^(shift-1)) >> shift, clamped, for every shift the
// networks have; with a narrow accumulator, of which all values are tried.

`include "formal.svh"

module requantise_proof (
  input logic        clk_i,
  input logic [11:0] acc,
  input logic [7:0]  multiplier,
  input logic [5:0]  shift
);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic [7:0]         out;
  logic signed [63:0] factor, product, scaled, clamped;

  pot_requantise #(.AccBits(12)) u_dut (
    .clk_i,
    .valid_i     (1'b1),
    .acc_i       (acc),
    .multiplier_i(multiplier),
    .shift_i     (shift),
    .byte_o      (out)
  );

  // The result comes a cycle later; a layer's shift stays.
  logic [7:0] clamped_q;
  logic [5:0] shift_q;
  always_ff @(posedge clk_i) begin
    clamped_q <= clamped[7:0];
    shift_q   <= shift;
  end

  assign factor  = $signed({56'b0, multiplier});
  assign product = 64'($signed(acc)) * factor;
  assign scaled  = (product + (64'sd1 <<< (shift - 6'd1))) >>> shift;
  assign clamped = scaled > 64'sd127 ? 64'sd127 : scaled < -64'sd128 ? -64'sd128 : scaled;

  always @(posedge clk_i) begin
    assume (shift != '0 && shift <= 6'd39);
    assume (multiplier[7]);
    if (started_q) begin
      assume (shift == shift_q);
      assert (out == clamped_q);
      `COVER(out == 8'h80 && shift == 6'd9)
    end
  end

endmodule : requantise_proof
