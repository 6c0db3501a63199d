// SPDX-License-Identifier: Apache-2.0
//
// Control of the beat stage, the only place where a dot4 changes architectural state.
//
//   cycle     0      1      2
//   deal_i    1      0      0      dealt before its commit is known
//   commit    .      1      .
//   fire_o    0      0      1      the beat's products are added
//
// A beat waits here for the commit of its instruction; a kill empties the stage. The last beat of a
// word, which retires it, also waits for a place for the result.

`include "assert.svh"

module msb_skip_beat #(
  parameter int IdWidth = 4
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               deal_i,         // a beat moves in
  input  logic               deal_last_i,    // the last of its word
  input  logic [IdWidth-1:0] deal_id_i,
  input  logic               deal_commit_i,  // committed now or earlier
  input  logic               deal_kill_i,

  input  logic               commit_valid_i,
  input  logic [IdWidth-1:0] commit_id_i,
  input  logic               commit_kill_i,
  input  logic               result_full_i,

  output logic               valid_o,
  output logic               last_o,
  output logic [IdWidth-1:0] id_o,
  output logic               fire_o,
  output logic               retire_o        // the last beat of a word is done
);

  logic               valid_q;
  logic               committed_q;
  logic               last_q;
  logic [IdWidth-1:0] id_q;
  logic               commit;
  logic               kill;

  msb_skip_verdict #(.IdWidth(IdWidth)) u_verdict (
    .id_i           (id_q),
    .commit_valid_i (commit_valid_i),
    .commit_id_i    (commit_id_i),
    .commit_kill_i  (commit_kill_i),
    .commit_o       (commit),
    .kill_o         (kill)
  );

  assign valid_o  = valid_q;
  assign last_o   = last_q;
  assign id_o     = id_q;
  assign fire_o   = valid_q && committed_q && (!last_q || !result_full_i);
  assign retire_o = fire_o && last_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q     <= 1'b0;
      committed_q <= 1'b0;
    end else if (deal_i) begin
      valid_q     <= !deal_kill_i;
      committed_q <= deal_commit_i;
    end else begin
      valid_q     <= valid_q && !fire_o && (committed_q || !kill);
      committed_q <= committed_q || commit;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      last_q <= 1'b0;
      id_q   <= '0;
    end else if (deal_i) begin
      last_q <= deal_last_i;
      id_q   <= deal_id_i;
    end
  end

  `ASSERT(StateChangesOnlyAfterCommit, !fire_o || committed_q)
  `ASSERT(NoBeatIsOverwritten, !deal_i || !valid_q || fire_o)
  `ASSERT(ResultsAreNeverLost, !(retire_o && result_full_i))

endmodule : msb_skip_beat
