// SPDX-License-Identifier: Apache-2.0
//
// Transfers of up to three words, back to back, with any waiting on either side: an offer stays until
// it is taken, as many words move as were asked for, each once and in order, and the last is marked.

`include "formal.svh"

module transfer_proof (
  input logic       clk_i,
  input logic       start,
  input logic       store,
  input logic [2:0] word,
  input logic [1:0] words,
  input logic       valid,
  input logic       ready
);

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic       busy, in_ready, out_valid, last, write, fetch;
  logic [2:0] at;

  pot_transfer #(.WordWidth(3)) u_dut (
    .clk_i,
    .rst_ni,
    .start_i(start),
    .store_i(store),
    .word_i (word),
    .words_i({14'b0, words}),
    .busy_o (busy),
    .valid_i(valid),
    .ready_o(in_ready),
    .valid_o(out_valid),
    .ready_i(ready),
    .last_o (last),
    .write_o(write),
    .fetch_o(fetch),
    .word_o (at)
  );

  logic       store_q, held_q, last_q, idle_q;
  logic [2:0] next_q;    // address of the next word that moves within the memory
  logic [1:0] left_q;    // words that have still to move there
  logic [1:0] owed_q;    // words that have still to pass the stream

  wire passes = store_q ? out_valid && ready : valid && in_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q <= '0;
      owed_q <= '0;
      held_q <= 1'b0;
      idle_q <= 1'b1;
    end else begin
      if (start) begin
        store_q <= store;
        next_q  <= word;
        left_q  <= words;
        owed_q  <= words;
      end else begin
        if (write || fetch) begin
          next_q <= next_q + 1'b1;
          left_q <= left_q - 1'b1;
        end
        if (passes) owed_q <= owed_q - 1'b1;
      end
      held_q <= out_valid && !ready;
      idle_q <= !busy;
    end
    last_q <= last;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!start || (!busy && words != '0));
      assert (!held_q || (out_valid && last == last_q));
      assert (!(write || fetch) || (left_q != '0 && at == next_q));
      assert (!write || (!store_q && valid && in_ready));
      assert (!fetch || store_q);
      assert (!out_valid || (store_q && owed_q != '0 && last == (owed_q == 2'd1)));
      assert (!in_ready || (!store_q && owed_q != '0));
      assert (busy == (owed_q != '0));
      `COVER(store_q && owed_q == 2'd1 && held_q && ready && left_q == '0)
    end
  end

endmodule : transfer_proof
