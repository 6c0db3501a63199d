// SPDX-License-Identifier: Apache-2.0
//
// Bench of the streaming accelerator: clock, a source and a sink with random stalls, and between
// them one layer (layer.vh) or a generated pipeline (net.vh, by generate.py).
//
// Between two batches no Python runs: it starts the source, says how many beats it expects, and
// sleeps until done.

`timescale 1ns/1ps

module bench #(
  parameter int Height     = 6,
  parameter int Width      = 6,
  parameter int Channels   = 4,
  parameter int Filters    = 4,
  parameter int Kernel     = 3,
  parameter int Stride     = 1,
  parameter int Padding    = 1,
  parameter int Pool       = 1,
  parameter int Logits     = 0,
  parameter int Multiplier = 1518500250,
  parameter int Shift      = 40,
  parameter int Streams    = 2,
  parameter int Lanes      = 2,
  parameter int Pixels     = 2,
  parameter int Slots      = 2,
  parameter int Columns    = 2,
  parameter int Queue      = 4,
  parameter int Banks      = 2,
  parameter int Dense      = 0,
  parameter int OutValues  = 2
);

  localparam int Depth = 65536;  // beats of a batch

  logic clk = 1'b0;
  logic rst_n = 1'b1;  // driven by the test
  always #5 clk = ~clk;

  logic [63:0] cycle = '0;
  always_ff @(posedge clk) cycle <= cycle + 64'd1;

  // Set by Python
  logic [31:0] seed = 32'd1;
  logic [8:0]  source_stall = '0;
  logic [8:0]  sink_stall = '0;
  logic        source_start = 1'b0;
  logic [31:0] source_beats = '0;
  logic        flush = 1'b0;
  logic [31:0] expected = '0;

  logic        source_playing;
  logic [31:0] source_sent;
  logic [31:0] count;              // output beats so far, resets or not

  wire done = count == expected;

`ifdef NET
  `include "net.vh"
`else
  `include "layer.vh"
`endif

  stream_source #(.Width(InBits), .Depth(Depth), .File("source")) u_source (
    .clk_i    (clk),
    .rst_ni   (rst_n),
    .seed_i   (seed ^ 32'h0050_0000),
    .stall_i  (source_stall),
    .start_i  (source_start),
    .beats_i  (source_beats),
    .playing_o(source_playing),
    .sent_o   (source_sent),
    .valid_o  (in_valid),
    .ready_i  (in_ready),
    .data_o   (in_data)
  );

  stream_sink #(.Width(OutBits), .File("sink")) u_sink (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .seed_i (seed ^ 32'h0000_5100),
    .stall_i(sink_stall),
    .cycle_i(cycle),
    .mark_i (products[Layers-1]),
    .flush_i(flush),
    .count_o(count),
    .valid_i(out_valid),
    .ready_o(out_ready),
    .data_i (out_data)
  );

  // When a batch began, and what the multipliers did since the last reset
  logic [63:0] began = '0;
  logic        any_q;

  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      any_q <= 1'b0;
    end else if (in_valid && in_ready) begin
      any_q <= source_playing;
      if (!any_q) began <= cycle;
    end
  end

  for (genvar i = 0; i < Layers; i++) begin : g_products
    always_ff @(posedge clk or negedge rst_n) begin
      if (!rst_n) products[i] <= '0;
      else        products[i] <= products[i] + 64'(busy[BusyBits*i +: BusyBits]);
    end
  end

endmodule : bench
