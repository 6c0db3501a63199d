// SPDX-License-Identifier: Apache-2.0
//
// The buffer of weights: words are read in the order in which they came, from the mark on again
// after a restart, and none is lost or written over before its group was released.

`include "formal.svh"

module weights_proof (
  input logic       clk_i,
  input logic       valid,
  input logic [1:0] data,
  input logic       read,
  input logic       mark,
  input logic       restart,
  input logic       free,
  input logic [3:0] watched   // number of the word that is followed; any
);

  localparam int Words = 4;

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic [3:0] watched_q;
  always_ff @(posedge clk_i) watched_q <= started_q ? watched_q : watched;

  logic       ready, available;
  logic [1:0] out;

  pot_weights #(.Width(2), .Words(Words)) u_dut (
    .clk_i,
    .rst_ni,
    .valid_i    (valid),
    .ready_o    (ready),
    .data_i     (data),
    .available_o(available),
    .read_i     (read),
    .mark_i     (mark),
    .restart_i  (restart),
    .release_i  (free),
    .data_o     (out)
  );

  // Numbers of words: pushed, to be read next, to be read again, not yet released
  logic [3:0] pushed_q, next_q, again_q, held_q;
  logic       marked_q;   // in this group
  logic [1:0] word_q;     // the watched one
  logic       shows_q;    // it was read last

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pushed_q <= '0;
      next_q   <= '0;
      again_q  <= '0;
      held_q   <= '0;
      marked_q <= 1'b0;
      shows_q  <= 1'b0;
    end else begin
      if (valid && ready) pushed_q <= pushed_q + 1'b1;
      if (read) begin
        next_q  <= next_q + 1'b1;
        shows_q <= next_q == watched_q;
      end
      if (mark) begin
        again_q  <= next_q + 1'b1;
        marked_q <= 1'b1;
      end
      if (restart) next_q <= again_q;
      if (free) begin
        held_q   <= next_q;
        marked_q <= 1'b0;
      end
    end
    if (valid && ready && pushed_q == watched_q) word_q <= data;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume (pushed_q != 4'd15);
      assume (!read || available);
      assume (!mark || read);
      assume (!(restart || free) || !read);
      assume (!restart || (marked_q && !free));
      assume (!free || next_q != held_q);
      assert (available == (next_q != pushed_q));
      assert (ready == (pushed_q - held_q != 4'(Words)));
      assert (!shows_q || out == word_q);
      `COVER(shows_q && watched_q == 4'd6 && restart)
    end
  end

endmodule : weights_proof
