// SPDX-License-Identifier: Apache-2.0
//
// The accumulators and their adder.
//
//   index_i 2, add_i 1, sum_i -3   value_o = accumulator 2 now; it is 3 less at the next edge
//   clear_i 0000_0100              accumulator 2 is 0 at the next edge, whatever add_i says
//
// An accumulator is clocked only when it is added to. Clearing unmarks it, and an unmarked one reads
// as 0: its flip-flops need neither a reset nor a gate at each data pin.

module msb_skip_accumulators
  import msb_skip_pkg::*;
#(
  parameter int Accumulators = 8
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic [2:0]              index_i,  // accumulator that is read and added to
  input  logic                    add_i,
  input  logic [SumWidth-1:0]     sum_i,    // signed
  input  logic [Accumulators-1:0] clear_i,
  output logic [31:0]             value_o
);

  logic [Accumulators-1:0][31:0] accumulator_q;
  logic [31:0]                   next;
  logic [Accumulators-1:0]       used_q;  // those that do not stand for 0
  logic [Accumulators-1:0]       chosen;

  assign next = value_o + {{(32 - SumWidth) {sum_i[SumWidth-1]}}, sum_i};

  for (genvar i = 0; i < Accumulators; i++) begin : g_accumulator
    assign chosen[i] = index_i == 3'(i);

    always_ff @(posedge clk_i) begin
      if (add_i && chosen[i]) accumulator_q[i] <= next;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      used_q <= '0;
    end else if (add_i || |clear_i) begin
      used_q <= (used_q | chosen & {Accumulators{add_i}}) & ~clear_i;
    end
  end

  always_comb begin
    value_o = '0;
    for (int i = 0; i < Accumulators; i++) begin
      if (chosen[i] && used_q[i]) value_o = accumulator_q[i];
    end
  end

endmodule : msb_skip_accumulators
