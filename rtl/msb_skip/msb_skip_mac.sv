// SPDX-License-Identifier: Apache-2.0
//
// Multipliers and accumulators: takes a beat of up to Multipliers lanes, adds its products a cycle
// later.
//
//   cycle       0                1                  2
//   load_i      operands in      .                  .
//   add_i       .                product, sum       accumulator holds the new value
//
// Each multiplier keeps its operands in registers that are clocked only when it is dealt a lane. A
// multiplier without a lane therefore sees no change at all; an AND gate in front of it would let
// the operands fall to zero and back, which costs most of what skipping saves.

`include "assert.svh"

module msb_skip_mac
  import msb_skip_pkg::*;
#(
  parameter int Multipliers  = 1,
  parameter int Accumulators = 8
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        load_i,   // take a beat; busy_i says for which multipliers
  input  logic [Multipliers-1:0]      busy_i,
  input  logic [Multipliers-1:0][7:0] act_i,
  input  logic [Multipliers-1:0][7:0] wgt_i,

  input  logic [2:0]                  index_i,  // accumulator that is read and added to
  input  logic                        add_i,    // accumulator += sum of the beat
  input  logic [Accumulators-1:0]     clear_i,
  output logic [31:0]                 value_o
);

  logic [Multipliers-1:0]               busy_q;
  logic [Multipliers-1:0][SumWidth-1:0] partial;  // running sum over the multipliers

  // A beat without a lane leaves busy_q alone: the sum must not fall to zero for nothing.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= '0;
    end else if (load_i && |busy_i) begin
      busy_q <= busy_i;
    end
  end

  for (genvar m = 0; m < Multipliers; m++) begin : g_multiplier
    logic signed [7:0]          act_q;
    logic signed [7:0]          wgt_q;
    logic signed [15:0]         product;
    logic        [SumWidth-1:0] term;

    always_ff @(posedge clk_i) begin
      if (load_i && busy_i[m]) begin
        act_q <= act_i[m];
        wgt_q <= wgt_i[m];
      end
    end

    logic signed [7:0] act_before_q;
    logic signed [7:0] wgt_before_q;
    logic              dealt_q;  // the operands changed at the last edge, and rightly so

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) dealt_q <= 1'b1;
      else         dealt_q <= load_i && busy_i[m];
    end

    always_ff @(posedge clk_i) begin
      act_before_q <= act_q;
      wgt_before_q <= wgt_q;
    end

    // Of four states, as operands are unknown until the first lane.
    `ASSERT(OperandsRestWithoutALane,
            dealt_q || act_q === act_before_q && wgt_q === wgt_before_q)

    msb_skip_multiplier u_multiplier (
      .act_i     (act_q),
      .wgt_i     (wgt_q),
      .product_o (product)
    );

    // A single multiplier holds a lane whenever add_i comes, so its product needs no mask.
    assign term    = Multipliers == 1 || busy_q[m] ? SumWidth'(product) : '0;
    if (m == 0) begin : g_first
      assign partial[m] = term;
    end else begin : g_next
      assign partial[m] = partial[m-1] + term;
    end
  end

  msb_skip_accumulators #(.Accumulators(Accumulators)) u_accumulators (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .index_i (index_i),
    .add_i   (add_i),
    .sum_i   (partial[Multipliers-1]),
    .clear_i (clear_i),
    .value_o (value_o)
  );

endmodule : msb_skip_mac
