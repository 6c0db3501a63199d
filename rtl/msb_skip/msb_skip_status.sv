// SPDX-License-Identifier: Apache-2.0
//
// Configuration register and the three counters of lanes: kept, zero-skipped, soft-skipped.
//
//   add_i with counts 1, 2, 1 -> the counters grow by one, two and one at the next edge, and wrap
//   a low part of 63 + 1 -> 0, and the high parts are clocked at the same edge
//
// The low part of a counter is clocked only when it changes: most words of a sparse network count
// in one of them. The high parts share a clock that a carry opens; a counter has one once in 16
// words at most. They have no reset: a cleared one is marked and reads as 0.

`include "assert.svh"

module msb_skip_status
  import msb_skip_pkg::*;
(
  input  logic                     clk_i,
  input  logic                     rst_ni,

  input  logic                     cfg_i,       // load the configuration
  input  logic [31:0]              cfg_word_i,
  output logic [1:0]               mode_o,
  output logic [3:0]               threshold_o,

  input  logic                     add_i,
  input  logic [Counters-1:0][2:0] count_i,

  input  logic                     read_i,
  input  logic [1:0]               index_i,     // what is read: a counter or the configuration
  input  logic                     clear_i,     // clear the counter that is read
  output logic [31:0]              value_o
);

  localparam int LowWidth  = 6;
  localparam int HighWidth = 32 - LowWidth;

  logic [1:0]                mode_q;
  logic [3:0]                threshold_q;
  logic                      clear_all;
  logic [Counters-1:0][31:0] counter;

  logic [Counters-1:0]                clear;
  logic [Counters-1:0]                carry;  // out of the low part, if the counts are added now
  logic [Counters-1:0][HighWidth-1:0] high_q;
  logic [Counters-1:0][HighWidth-1:0] high_next;
  logic                               high_clock;
  logic [Counters-1:0]                high_used_q;  // those that do not stand for 0

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mode_q      <= ModeExact;
      threshold_q <= '0;
    end else if (cfg_i) begin
      mode_q      <= cfg_word_i[CfgModeLsb +: 2];
      threshold_q <= cfg_word_i[CfgThresholdLsb +: 4];
    end
  end

  assign mode_o      = mode_q;
  assign threshold_o = threshold_q;
  assign clear_all   = cfg_i && cfg_word_i[CfgClearCounters];

  for (genvar i = 0; i < Counters; i++) begin : g_counter
    logic [LowWidth-1:0]  low_q;
    logic [LowWidth-1:0]  low_next;
    logic [HighWidth-1:0] high;

    assign clear[i]              = clear_all || clear_i && index_i == 2'(i);
    assign {carry[i], low_next}  = {1'b0, low_q} + (LowWidth + 1)'(count_i[i]);
    assign high                  = high_used_q[i] ? high_q[i] : '0;
    assign high_next[i]          = high + HighWidth'(add_i && carry[i]);
    assign counter[i]            = {high, low_q};

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        low_q <= '0;
      end else if (clear[i] || add_i && |count_i[i]) begin
        low_q <= clear[i] ? '0 : low_next;
      end
    end
  end

  // One enable for both, so that one clock gate does. A high part that is clocked without a carry
  // of its own keeps its value.
  assign high_clock = add_i && |carry || |clear;

  always_ff @(posedge clk_i) begin
    if (high_clock) high_q <= high_next;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      high_used_q <= '0;
    end else if (high_clock) begin
      high_used_q <= (high_used_q | carry & {Counters{add_i}}) & ~clear;
    end
  end

  // Only a read lets the counters through, which otherwise move the result's data for nothing.
  always_comb begin
    value_o = '0;
    if (read_i) begin
      value_o = {26'b0, mode_q, threshold_q};
      for (int i = 0; i < Counters; i++) begin
        if (index_i == 2'(i)) value_o = counter[i];
      end
    end
  end

  `ASSERT(EveryLaneCountsExactlyOnce, !add_i
          || 5'(count_i[CounterKept]) + 5'(count_i[CounterZero]) + 5'(count_i[CounterSoft])
             == 5'(Lanes))

endmodule : msb_skip_status
