// SPDX-License-Identifier: Apache-2.0
//
// 2x2 pooling with stride 2 of a map that comes as a stream: row, column, channel.
//
//   one channel, maximum      1 5 2 0      ->   5 3
//                             4 0 1 3
//
//   cycle        0     1      2
//   value in     v     .      .
//   combined     .     v      .      with what its 2x2 block has so far; out, if v is the block's last
//
// One value per cycle. What a block has so far is in a RAM, read when the next of its values comes.
// Average: (a + b + c + d + 2) >> 2.

`include "assert.svh"

module sparse_stream_pool #(
  parameter int Width    = 8,  // of the map that comes in
  parameter int Channels = 4,
  parameter int Average  = 0
) (
  input  logic       clk_i,
  input  logic       rst_ni,

  input  logic       valid_i,
  output logic       ready_o,
  input  logic [7:0] data_i,

  output logic       valid_o,
  input  logic       ready_i,
  output logic [7:0] data_o
);

  localparam int Words        = Width / 2 * Channels;
  localparam int AddrWidth    = Words > 1 ? $clog2(Words) : 1;
  localparam int ChannelWidth = Channels > 1 ? $clog2(Channels) : 1;
  localparam int PartWidth    = Average != 0 ? 10 : 8;

  // Position of the value that comes in.
  logic                    row_q, column_q;  // odd ones
  logic [ChannelWidth-1:0] channel_q;
  logic [AddrWidth-1:0]    block_q;          // first channel's word
  logic [AddrWidth-1:0]    addr;
  logic                    take, channel_last, block_last;

  // The value that is combined. No reset on data: looked at only under valid_q.
  logic                        valid_q, leaves;
  logic                        begins_q, ends_q;
  logic [AddrWidth-1:0]        addr_q;
  logic signed [7:0]           value_q;
  logic        [PartWidth-1:0] stored;
  logic signed [PartWidth-1:0] part, combined;

  assign take         = valid_i && ready_o;
  assign leaves       = valid_q && (!ends_q || ready_i);
  assign ready_o      = !valid_q || !ends_q || ready_i;
  assign channel_last = channel_q == ChannelWidth'(Channels - 1);
  assign block_last   = block_q == AddrWidth'(Words - Channels);
  assign addr         = block_q + AddrWidth'(channel_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      row_q     <= 1'b0;
      column_q  <= 1'b0;
      channel_q <= '0;
      block_q   <= '0;
      valid_q   <= 1'b0;
    end else begin
      valid_q <= take || (valid_q && !leaves);
      if (take) begin
        channel_q <= channel_last ? '0 : channel_q + 1'b1;
        if (channel_last) column_q <= !column_q;
        if (channel_last && column_q) begin
          block_q <= block_last ? '0 : block_q + AddrWidth'(Channels);
          if (block_last) row_q <= !row_q;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      value_q  <= data_i;
      addr_q   <= addr;
      begins_q <= !row_q && !column_q;
      ends_q   <= row_q && column_q;
    end
  end

  ram_2p #(
    .Width (PartWidth),
    .Words (Words)
  ) u_parts (
    .clk_i        (clk_i),
    .read_i       (take && (row_q || column_q)),
    .read_addr_i  (addr),
    .read_data_o  (stored),
    .write_i      (leaves && !ends_q),
    .write_addr_i (addr_q),
    .write_data_i (combined)
  );

  // With a single channel what is stored may be needed in the next cycle, before it can be read.
  if (Channels == 1) begin : g_forward
    logic [PartWidth-1:0] before_q;
    logic                 forward_q;

    always_ff @(posedge clk_i) begin
      if (leaves) before_q <= combined;
      if (take) forward_q <= leaves && addr == addr_q;
    end

    assign part = forward_q ? before_q : stored;
  end else begin : g_stored
    assign part = stored;
  end

  if (Average != 0) begin : g_average
    logic signed [PartWidth-1:0] rounded;

    assign combined = begins_q ? PartWidth'(value_q) : part + PartWidth'(value_q);
    assign rounded  = combined + 10'sd2;
    assign data_o   = 8'(rounded >>> 2);
  end else begin : g_maximum
    assign combined = begins_q || value_q > part ? value_q : part;
    assign data_o   = combined;
  end

  assign valid_o = valid_q && ends_q;

  logic       waiting_q;
  logic [7:0] data_before_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= valid_o && !ready_i;
  end

  always_ff @(posedge clk_i) data_before_q <= data_o;

  `ASSERT(OutputWaitsForReady, !waiting_q || (valid_o && data_o == data_before_q))

endmodule : sparse_stream_pool
