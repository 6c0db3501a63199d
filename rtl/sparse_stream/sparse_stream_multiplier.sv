// SPDX-License-Identifier: Apache-2.0
//
// One multiplier: the product of two int8.
//
//   act_i -128, wgt_i 127  ->  product_o -16256
//
// Combinational. A module of its own, so that its gates, and what they consume, can be told apart.

module sparse_stream_multiplier (
  input  logic signed [7:0]  act_i,
  input  logic signed [7:0]  wgt_i,
  output logic signed [15:0] product_o
);

  assign product_o = act_i * wgt_i;

endmodule : sparse_stream_multiplier
