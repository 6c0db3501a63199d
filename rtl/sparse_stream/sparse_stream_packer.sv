// SPDX-License-Identifier: Apache-2.0
//
// Collects values into beats.
//
//   Values 3:  a b c d e f ...  ->  {c, b, a}, {f, e, d}, ...   the first value lies lowest
//
//   cycle      0    1    2    3
//   data_i     a    b    c    d
//   valid_o    .    .    .    cba
//
// A value per cycle; only the value that completes a beat must wait for the beat before.

`include "assert.svh"

module sparse_stream_packer #(
  parameter int Width  = 8,
  parameter int Values = 4
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic                    valid_i,
  output logic                    ready_o,
  input  logic [Width-1:0]        data_i,

  output logic                    valid_o,
  input  logic                    ready_i,
  output logic [Width*Values-1:0] data_o
);

  logic                    valid_q, completes;
  logic [Width*Values-1:0] beat;
  logic [Width*Values-1:0] beat_q;  // no reset: looked at only under valid_q

  assign ready_o = !completes || !valid_q || ready_i;
  assign valid_o = valid_q;
  assign data_o  = beat_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else         valid_q <= (valid_i && ready_o && completes) || (valid_q && !ready_i);
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o && completes) beat_q <= beat;
  end

  if (Values == 1) begin : g_one
    assign completes = 1'b1;
    assign beat      = data_i;
  end else begin : g_many
    localparam int CountWidth = $clog2(Values);

    logic [CountWidth-1:0]         count_q;
    logic [Width*(Values-1)-1:0] kept_q;  // no reset: the values below count_q

    assign completes = count_q == CountWidth'(Values - 1);
    assign beat      = {data_i, kept_q};

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni)                 count_q <= '0;
      else if (valid_i && ready_o) count_q <= completes ? '0 : count_q + 1'b1;
    end

    for (genvar v = 0; v < Values - 1; v++) begin : g_value
      always_ff @(posedge clk_i) begin
        if (valid_i && ready_o && count_q == CountWidth'(v)) kept_q[Width*v +: Width] <= data_i;
      end
    end
  end

  logic                    waiting_q;
  logic [Width*Values-1:0] data_before_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= valid_o && !ready_i;
  end

  always_ff @(posedge clk_i) data_before_q <= data_o;

  `ASSERT(OutputWaitsForReady, !waiting_q || (valid_o && data_o == data_before_q))

endmodule : sparse_stream_packer
