// SPDX-License-Identifier: Apache-2.0
//
// Running maxima, one for each accumulator.
//
//   write_i 1, write_index_i 2, write_value_i 9   the maximum of accumulator 2 will be 9
//   read_index_i 2, forward_i 1                   value_o = 9 in that same cycle
//
// The word that is about to be written may be held up in the beat stage (its commit is late), so
// the word behind it reads the new maximum from there: forward_i says that write_value_i is it.
//
// All maxima share one clock, since only one of the four modes writes them: eight gates would cost
// more than they save. They have no reset; a cleared one is marked and reads as 0.

`include "assert.svh"

module msb_skip_maxima #(
  parameter int Accumulators = 8
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic [Accumulators-1:0] clear_i,
  input  logic                    write_i,
  input  logic                    forward_i,
  input  logic [2:0]              write_index_i,
  input  logic [3:0]              write_value_i,

  input  logic [2:0]              read_index_i,
  output logic [3:0]              value_o
);

  logic [Accumulators-1:0][3:0] maximum_q;
  logic [Accumulators-1:0][3:0] maximum;
  logic [Accumulators-1:0]      used_q;  // those that do not stand for 0
  logic [Accumulators-1:0]      written;
  logic                         change;

  assign change = write_i || |(clear_i & used_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      used_q <= '0;
    end else if (change) begin
      used_q <= (used_q | written) & ~clear_i;
    end
  end

  for (genvar i = 0; i < Accumulators; i++) begin : g_maximum
    assign written[i] = write_i && write_index_i == 3'(i);

    assign maximum[i] = used_q[i] ? maximum_q[i] : '0;

    always_ff @(posedge clk_i) begin
      if (change) maximum_q[i] <= written[i] ? write_value_i : maximum[i];
    end

    `ASSERT(MaximumNeverFalls, !written[i] || write_value_i >= maximum[i])
  end

  always_comb begin
    value_o = '0;
    for (int i = 0; i < Accumulators; i++) begin
      if (read_index_i == 3'(i)) value_o = maximum[i];
    end
    if (forward_i && write_index_i == read_index_i) value_o = write_value_i;
  end

endmodule : msb_skip_maxima
