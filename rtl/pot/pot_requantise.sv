// SPDX-License-Identifier: Apache-2.0
//
// Requantisation of a sum with the layer's own factor: (acc * multiplier + 2^(shift-1)) >> shift,
// clamped to a signed byte.
//
//   multiplier 128, shift 9 (a quarter):  6 -> 2,  5 -> 1,  -6 -> -1 (halves go up)
//
//   cycle      0    1    2
//   valid_i    1    1    .
//   acc_i      a    b    .
//   byte_o     .    A    B
//
// The product has a register, so that what the multiplier does on its way to it moves nothing
// behind. Halves are added after the shift, at its last bit but one, which is the same and needs
// neither 2^(shift-1) nor a bit for its carry.
// The same bits as golden/arithmetic.py with multiplier * 2^23 and shift + 23.

module pot_requantise #(
  parameter int AccBits = 24
) (
  input  logic               clk_i,

  input  logic               valid_i,
  input  logic [AccBits-1:0] acc_i,
  input  logic [7:0]         multiplier_i,
  input  logic [5:0]         shift_i,  // 1..63, with byte_o
  output logic [7:0]         byte_o
);

  localparam int Width = AccBits + 9;  // of a product with a positive number of 8 bits

  logic signed [Width-1:0]   acc, factor, doubled, halved, scaled;
  logic signed [Width-1:0]   product_q;  // no reset: looked at only a cycle after valid_i
  logic                      negative, too_big, too_small;

  assign acc    = Width'($signed(acc_i));
  assign factor = Width'(multiplier_i);

  always_ff @(posedge clk_i) begin
    if (valid_i) product_q <= acc * factor;
  end

  assign doubled = product_q >>> (shift_i - 6'd1);
  assign halved  = doubled >>> 1;
  assign scaled  = halved + $signed(Width'(doubled[0]));

  assign negative  = scaled[Width-1];
  assign too_big   = !negative && |scaled[Width-2:7];
  assign too_small = negative && !(&scaled[Width-2:7]);

  assign byte_o = too_big   ? 8'h7f :
                  too_small ? 8'h80 : scaled[7:0];

endmodule : pot_requantise
