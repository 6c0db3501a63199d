// SPDX-License-Identifier: Apache-2.0
//
// Requantisation of accumulators: (accumulator * Multiplier + 2^(Shift-1)) >> Shift, as
// golden/arithmetic.py says.
//
//   Multiplier 2^30, Shift 32 (a quarter):  6 -> 2,  5 -> 1,  -6 -> -1 (halves go up)
//
//   cycle           0         1        2         3
//   valid_i         A         .        .         .
//   registers       .         A        A*M       scaled_o of A, valid_o
//
// One value per cycle, three cycles. Everything moves only with en_i, and a data register only when
// it gets a value. A shift of at least 32 makes the result fit 32 bits, whatever the accumulator.

`include "assert.svh"

module requantise #(
  parameter int Multiplier = 1073741824,
  parameter int Shift      = 32
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               en_i,
  input  logic               valid_i,
  input  logic signed [31:0] accumulator_i,
  output logic               valid_o,
  output logic signed [31:0] scaled_o
);

  initial begin
    if (Multiplier < 1073741824) begin
      $fatal(1, "requantise: Multiplier = %0d must be in 2^30 .. 2^31 - 1", Multiplier);
    end
    if (Shift < 32 || Shift > 62) begin
      $fatal(1, "requantise: Shift = %0d must be in 32 .. 62", Shift);
    end
  end

  localparam logic signed [31:0] Factor = Multiplier;
  localparam logic signed [63:0] Half   = 64'sd1 <<< (Shift - 1);

  logic [2:0]         valid_q;
  logic signed [31:0] accumulator_q;  // no reset on data: looked at only under valid_q
  logic signed [63:0] product_q;
  logic signed [63:0] rounded;
  logic signed [31:0] scaled_q;

  assign rounded = product_q + Half;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)   valid_q <= '0;
    else if (en_i) valid_q <= {valid_q[1:0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (en_i && valid_i)    accumulator_q <= accumulator_i;
    if (en_i && valid_q[0]) product_q     <= accumulator_q * Factor;
    if (en_i && valid_q[1]) scaled_q      <= 32'(rounded >>> Shift);
  end

  assign valid_o  = valid_q[2];
  assign scaled_o = scaled_q;

  `ASSERT(ResultFits32Bits,
          !valid_q[1] || 64'($signed(32'(rounded >>> Shift))) == rounded >>> Shift)

endmodule : requantise
