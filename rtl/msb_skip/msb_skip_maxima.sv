// SPDX-License-Identifier: Apache-2.0
//
// Running maxima, one for each accumulator.
//
//   write_i 1, write_index_i 2, write_value_i 9   the maximum of accumulator 2 will be 9
//   read_index_i 2, forward_i 1                   value_o = 9 in that same cycle
//
// The word that is about to be written may be held up in the beat stage (its commit is late), so
// the word behind it reads the new maximum from there: forward_i says that write_value_i is it.

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

  for (genvar i = 0; i < Accumulators; i++) begin : g_maximum
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        maximum_q[i] <= '0;
      end else if (clear_i[i] || write_i && write_index_i == 3'(i)) begin
        maximum_q[i] <= clear_i[i] ? '0 : write_value_i;
      end
    end

    `ASSERT(MaximumNeverFalls,
            !(write_i && write_index_i == 3'(i)) || write_value_i >= maximum_q[i])
  end

  always_comb begin
    value_o = '0;
    for (int i = 0; i < Accumulators; i++) begin
      if (read_index_i == 3'(i)) value_o = maximum_q[i];
    end
    if (forward_i && write_index_i == read_index_i) value_o = write_value_i;
  end

endmodule : msb_skip_maxima
