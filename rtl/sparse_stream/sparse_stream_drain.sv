// SPDX-License-Identifier: Apache-2.0
//
// Drains finished windows: one filter per cycle is summed over the streams, biased, requantised and
// clamped to 0..127 (or left as it is, with Logits).
//
//   Groups 2, Columns 2
//
//   cycle     0    1    2    3    4    5    6    7
//   done_i    1    1    1    1    .                    all streams are done with the window
//   filter    0    1    2    3                         sums of the streams are added
//   next_o    0    1    0    1
//   last_o    0    0    0    1                         banks are free from cycle 4 on
//   biased    .    0    1    2    3                    bias added
//   data_o    .    .    .    .    0    1    2    3     (Logits: from cycle 2 on)
//
// When the last stage holds a value that is not taken, everything stops; else a value per cycle
// goes through, and the next window follows without a gap. An empty stream counts as zero.

`include "assert.svh"

module sparse_stream_drain #(
  parameter  int Streams    = 1,
  parameter  int Columns    = 4,
  parameter  int Groups     = 2,
  parameter  int Logits     = 0,
  parameter  int Multiplier = 1073741824,
  parameter  int Shift      = 40,
  localparam int DataWidth  = Logits != 0 ? 32 : 8
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,

  input  logic [Streams-1:0]            done_i,
  input  logic [Streams-1:0]            empty_i,
  input  logic [32*Columns*Streams-1:0] sums_i,
  output logic                          next_o,
  output logic                          last_o,

  output logic                          valid_o,
  input  logic                          ready_i,
  output logic [DataWidth-1:0]          data_o
);

  localparam int Filters     = Columns * Groups;
  localparam int FilterWidth = Filters > 1 ? $clog2(Filters) : 1;
  localparam int ColumnWidth = Columns > 1 ? $clog2(Columns) : 1;

  logic [FilterWidth-1:0] filter_q;
  logic [ColumnWidth-1:0] column_q;
  logic                   enable, issue, column_last, filter_last;

  assign enable      = !valid_o || ready_i;
  assign issue       = enable && &done_i;
  assign column_last = column_q == ColumnWidth'(Columns - 1);
  assign filter_last = filter_q == FilterWidth'(Filters - 1);
  assign next_o      = issue && column_last;
  assign last_o      = issue && filter_last;

  logic [31:0] partial [0:Streams-1];  // running sum over the streams
  logic [31:0] sum_q;                  // no reset on data: looked at only under valid_q
  logic [31:0] bias, biased;
  logic        valid_q;

  for (genvar s = 0; s < Streams; s++) begin : g_stream
    logic [32*Columns-1:0] sums;
    logic [31:0]           chosen, sum;

    assign sums = sums_i[32*Columns*s +: 32*Columns];
    assign sum  = empty_i[s] ? '0 : chosen;
    if (Columns == 1) begin : g_only
      assign chosen = sums;
    end else begin : g_chosen
      assign chosen = sums[{column_q, 5'd0} +: 32];
    end
    if (s == 0) begin : g_first
      assign partial[s] = sum;
    end else begin : g_next
      assign partial[s] = partial[s-1] + sum;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      filter_q <= '0;
      column_q <= '0;
      valid_q  <= 1'b0;
    end else begin
      if (issue) begin
        filter_q <= filter_last ? '0 : filter_q + 1'b1;
        column_q <= column_last ? '0 : column_q + 1'b1;
      end
      if (enable) valid_q <= issue;
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue) sum_q <= partial[Streams-1];
  end

  ram_2p #(
    .Width (32),
    .Words (Filters)
  ) u_biases (
    .clk_i        (clk_i),
    .read_i       (issue),
    .read_addr_i  (filter_q),
    .read_data_o  (bias),
    .write_i      (1'b0),
    .write_addr_i ({FilterWidth{1'b0}}),
    .write_data_i (32'd0)
  );

  assign biased = sum_q + bias;

  if (Logits != 0) begin : g_logits
    logic        out_valid_q;
    logic [31:0] out_q;  // no reset: looked at only under out_valid_q

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni)     out_valid_q <= 1'b0;
      else if (enable) out_valid_q <= valid_q;
    end

    always_ff @(posedge clk_i) begin
      if (enable && valid_q) out_q <= biased;
    end

    assign valid_o = out_valid_q;
    assign data_o  = out_q;
  end else begin : g_activations
    logic signed [31:0] scaled;

    requantise #(
      .Multiplier (Multiplier),
      .Shift      (Shift)
    ) u_requantise (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .en_i          (enable),
      .valid_i       (valid_q),
      .accumulator_i (biased),
      .valid_o       (valid_o),
      .scaled_o      (scaled)
    );

    assign data_o = scaled[31] ? 8'd0 : scaled > 32'sd127 ? 8'd127 : scaled[7:0];
  end

  `ASSERT(WindowsEndWithAGroup, !last_o || next_o)

endmodule : sparse_stream_drain
