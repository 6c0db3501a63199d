// SPDX-License-Identifier: Apache-2.0
//
// Configuration register and the three counters of lanes: kept, zero-skipped, soft-skipped.
//
//   add_i with counts 1, 2, 1 -> the counters grow by one, two and one at the next edge, and wrap
//
// A counter is clocked only when it changes: most words of a sparse network count in one of them.

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

  input  logic [1:0]               index_i,     // what is read: a counter or the configuration
  input  logic                     clear_i,     // clear the counter that is read
  output logic [31:0]              value_o
);

  logic [1:0]                mode_q;
  logic [3:0]                threshold_q;
  logic                      clear_all;
  logic [Counters-1:0][31:0] counter;

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
    logic        clear;
    logic [31:0] value_q;

    assign clear      = clear_all || clear_i && index_i == 2'(i);
    assign counter[i] = value_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        value_q <= '0;
      end else if (clear || add_i && |count_i[i]) begin
        value_q <= clear ? '0 : value_q + 32'(count_i[i]);
      end
    end
  end

  always_comb begin
    value_o = {26'b0, mode_q, threshold_q};
    for (int i = 0; i < Counters; i++) begin
      if (index_i == 2'(i)) value_o = counter[i];
    end
  end

  `ASSERT(EveryLaneCountsExactlyOnce, !add_i
          || 5'(count_i[CounterKept]) + 5'(count_i[CounterZero]) + 5'(count_i[CounterSoft])
             == 5'(Lanes))

endmodule : msb_skip_status
