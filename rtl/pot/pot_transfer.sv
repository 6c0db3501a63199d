// SPDX-License-Identifier: Apache-2.0
//
// Moves words between the streams and the memory of the maps: OpLoad and OpStore.
//
//   cycle           0    1    2    3    4
//   start_i         1    .    .    .    .      two words to be stored
//   fetch_o         .    1    1    .    .
//   valid_o         .    .    1    1    .      the memory's output is the stream's register
//   ready_i         .    .    1    1    .
//   busy_o          .    1    1    1    .
//
// A word per cycle, in and out.

`include "assert.svh"

module pot_transfer #(
  parameter int WordWidth = 12
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 start_i,
  input  logic                 store_i,
  input  logic [WordWidth-1:0] word_i,   // the first one
  input  logic [15:0]          words_i,  // at least one
  output logic                 busy_o,

  input  logic                 valid_i,
  output logic                 ready_o,

  output logic                 valid_o,
  input  logic                 ready_i,
  output logic                 last_o,

  output logic                 write_o,
  output logic                 fetch_o,
  output logic [WordWidth-1:0] word_o
);

  logic                 loading_q, storing_q;
  logic                 valid_q;
  logic                 last_q;  // no reset: looked at only under valid_q
  logic [WordWidth-1:0] word_q;  // no reset on these two: set at the start
  logic [15:0]          left_q;
  logic                 move, last, leaves;

  assign ready_o = loading_q;
  assign write_o = loading_q && valid_i;
  assign leaves  = !valid_q || ready_i;
  assign last    = left_q == 16'd1;
  assign fetch_o = storing_q && leaves && !(valid_q && last_q);
  assign move    = write_o || fetch_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loading_q <= 1'b0;
      storing_q <= 1'b0;
      valid_q   <= 1'b0;
    end else begin
      loading_q <= start_i ? !store_i : loading_q && !(write_o && last);
      storing_q <= start_i ? store_i : storing_q && !(valid_q && last_q && ready_i);
      valid_q   <= fetch_o || (valid_q && !ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i || move) begin
      word_q <= start_i ? word_i : word_q + 1'b1;
      left_q <= start_i ? words_i : left_q - 1'b1;
    end
    if (fetch_o) last_q <= last;
  end

  assign busy_o  = loading_q || storing_q;
  assign valid_o = valid_q;
  assign last_o  = last_q;
  assign word_o  = word_q;

  logic waiting_q, last_before_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= valid_o && !ready_i;
  end

  always_ff @(posedge clk_i) last_before_q <= last_o;

  `ASSERT(OutputWaitsForReady, !waiting_q || (valid_o && last_o == last_before_q))
  `ASSERT(TransfersComeOneAtATime, !start_i || !busy_o)
  `ASSERT(TransfersHaveAWord, !start_i || words_i != '0)

endmodule : pot_transfer
