// SPDX-License-Identifier: Apache-2.0
//
// Soft-sparsity unit on a CV-X-IF port: dot products of four int8 lanes that leave out the products
// whose operands are both small. docs/msb_skip.md has the instructions and the rules.
//
//   cycle       0        1              2             3
//   dot4        issue    word: deal     beat: add     result
//   commit      .        here at the latest for full speed
//   read, cfg   issue    word: execute  result
//
// Two stages. The word register holds the youngest instruction; a dot4 deals its lanes from there,
// Multipliers of them per cycle, to the beat stage behind it. Dealing runs ahead of the commit,
// because operand registers are not architectural state; accumulators, maxima and counters change
// only in the beat stage, once the instruction is committed. cfg and read change or see the state
// of everything older, so they wait in the word register until the beat stage is empty.

`include "assert.svh"

module msb_skip
  import msb_skip_pkg::*;
#(
  parameter int Multipliers  = 1,
  parameter int Accumulators = 8,
  parameter int IdWidth      = 4,
  parameter int HartId       = 0   // the one hart the unit belongs to
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  // CV-X-IF issue and register: one handshake, the registers come with the instruction
  input  logic               xif_issue_valid_i,
  output logic               xif_issue_ready_o,  // early: the request and registers only
  input  logic [31:0]        xif_issue_instr_i,
  input  logic [31:0]        xif_issue_hartid_i,
  input  logic [IdWidth-1:0] xif_issue_id_i,
  output logic               xif_issue_accept_o,
  output logic               xif_issue_writeback_o,
  output logic [1:0]         xif_issue_register_read_o,
  input  logic               xif_register_valid_i,
  output logic               xif_register_ready_o,
  input  logic [31:0]        xif_register_hartid_i,
  input  logic [IdWidth-1:0] xif_register_id_i,
  input  logic [1:0][31:0]   xif_register_rs_i,
  input  logic [1:0]         xif_register_rs_valid_i,

  // CV-X-IF commit: a pulse, no handshake
  input  logic               xif_commit_valid_i,
  input  logic [31:0]        xif_commit_hartid_i,
  input  logic [IdWidth-1:0] xif_commit_id_i,
  input  logic               xif_commit_kill_i,

  // CV-X-IF result: stable while valid and not ready, from registers
  output logic               xif_result_valid_o,
  input  logic               xif_result_ready_i,
  output logic [31:0]        xif_result_hartid_o,
  output logic [IdWidth-1:0] xif_result_id_o,
  output logic [31:0]        xif_result_data_o,
  output logic [4:0]         xif_result_rd_o,
  output logic               xif_result_we_o
);

  initial begin
    if (Multipliers != 1 && Multipliers != 2 && Multipliers != 4)
      $fatal(1, "msb_skip: Multipliers = %0d must be 1, 2 or 4", Multipliers);
    if (Accumulators != 4 && Accumulators != 8)
      $fatal(1, "msb_skip: Accumulators = %0d must be 4 or 8", Accumulators);
    if (IdWidth < 3) $fatal(1, "msb_skip: IdWidth = %0d must be at least 3", IdWidth);
  end

  // Word register: the youngest instruction

  logic                  word_valid;
  logic                  word_commit;
  logic                  word_kill;
  logic                  word_load;
  op_e                   word_op;
  logic [2:0]            word_index;
  logic                  word_clear;
  logic [4:0]            word_rd;
  logic [IdWidth-1:0]    word_id;
  logic [Lanes-1:0][7:0] word_act;
  logic [Lanes-1:0][7:0] word_wgt;
  logic [31:0]           cfg_word;

  logic deal;        // a beat of a dot4 moves to the beat stage
  logic deal_last;   // the lanes dealt now are the last of the word
  logic deal_final;
  logic execute;     // a cfg or read takes effect
  logic cfg;
  logic read_accumulator;
  logic read_status;

  // Beat stage: lanes at the multipliers

  logic                     beat_valid;
  logic                     beat_last;    // of its word
  logic [IdWidth-1:0]       beat_id;
  logic                     beat_fire;
  logic                     beat_retire;  // the last beat of a word is done
  logic                     beat_busy_q;  // has at least one lane
  logic [2:0]               beat_index_q;
  logic [3:0]               beat_maximum_q;
  logic [Counters-1:0][2:0] beat_count_q;

  logic result_full;
  logic result_first_free;

  // cfg and read hold the word register, and with it the issue port, until they are done: their end
  // depends on commit and result_ready, which issue_ready must not.
  msb_skip_issue #(.Accumulators(Accumulators), .IdWidth(IdWidth)) u_issue (
    .clk_i                 (clk_i),
    .rst_ni                (rst_ni),
    .issue_valid_i         (xif_issue_valid_i),
    .issue_ready_o         (xif_issue_ready_o),
    .issue_instr_i         (xif_issue_instr_i),
    .issue_id_i            (xif_issue_id_i),
    .issue_accept_o        (xif_issue_accept_o),
    .issue_writeback_o     (xif_issue_writeback_o),
    .issue_register_read_o (xif_issue_register_read_o),
    .register_valid_i      (xif_register_valid_i),
    .register_rs_i         (xif_register_rs_i),
    .register_rs_valid_i   (xif_register_rs_valid_i),
    .commit_valid_i        (xif_commit_valid_i),
    .commit_id_i           (xif_commit_id_i),
    .commit_kill_i         (xif_commit_kill_i),
    .word_free_i           (!word_valid || deal_final),
    .word_done_i           (deal_final || execute),
    .word_valid_o          (word_valid),
    .word_commit_o         (word_commit),
    .word_kill_o           (word_kill),
    .word_load_o           (word_load),
    .word_op_o             (word_op),
    .word_index_o          (word_index),
    .word_clear_o          (word_clear),
    .word_rd_o             (word_rd),
    .word_id_o             (word_id),
    .word_act_o            (word_act),
    .word_wgt_o            (word_wgt)
  );
  assign xif_register_ready_o = xif_issue_ready_o;

  // cfg and read

  logic [1:0]              mode;
  logic [3:0]              threshold;
  logic [Accumulators-1:0] clear_accumulator;
  logic [31:0]             accumulator;
  logic [31:0]             status;

  assign execute          = word_valid && word_op != OpDot4 && word_commit
                         && !beat_valid && result_first_free;
  assign cfg_word         = word_act;
  assign cfg              = execute && word_op == OpCfg;
  assign read_accumulator = word_op == OpReadAccumulator;
  assign read_status      = word_op == OpReadStatus;

  for (genvar i = 0; i < Accumulators; i++) begin : g_clear
    assign clear_accumulator[i] = cfg && cfg_word[CfgClearAccumulators]
                               || execute && read_accumulator && word_clear && word_index == 3'(i);
  end

  // Dealing

  logic [3:0]                  maximum_before;
  logic [3:0]                  maximum_after;
  logic [Lanes-1:0]            keep;
  logic [Lanes-1:0]            zero;
  logic [Lanes-1:0]            dealt_q;  // lanes of the word that have gone to the multipliers
  logic [Lanes-1:0]            picked;
  logic [Multipliers-1:0]      busy;
  logic [Multipliers-1:0][7:0] act;
  logic [Multipliers-1:0][7:0] wgt;

  msb_skip_keep u_keep (
    .mode_i      (mode),
    .threshold_i (threshold),
    .maximum_i   (maximum_before),
    .act_i       (word_act),
    .wgt_i       (word_wgt),
    .keep_o      (keep),
    .zero_o      (zero),
    .maximum_o   (maximum_after)
  );

  msb_skip_picker #(.Multipliers(Multipliers)) u_picker (
    .waiting_i (keep & ~dealt_q),
    .act_i     (word_act),
    .wgt_i     (word_wgt),
    .picked_o  (picked),
    .last_o    (deal_last),
    .busy_o    (busy),
    .act_o     (act),
    .wgt_o     (wgt)
  );

  assign deal       = word_valid && word_op == OpDot4 && (!beat_valid || beat_fire);
  assign deal_final = deal && deal_last;

  // Clocked only by words that take more than one cycle: most keep one lane or none.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      dealt_q <= '0;
    end else if (word_load && |dealt_q || deal && !deal_last) begin
      dealt_q <= word_load ? '0 : dealt_q | picked;
    end
  end

  // Beat stage

  msb_skip_beat #(.IdWidth(IdWidth)) u_beat (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .deal_i         (deal),
    .deal_last_i    (deal_last),
    .deal_id_i      (word_id),
    .deal_commit_i  (word_commit),
    .deal_kill_i    (word_kill),
    .commit_valid_i (xif_commit_valid_i),
    .commit_id_i    (xif_commit_id_i),
    .commit_kill_i  (xif_commit_kill_i),
    .result_full_i  (result_full),
    .valid_o        (beat_valid),
    .last_o         (beat_last),
    .id_o           (beat_id),
    .fire_o         (beat_fire),
    .retire_o       (beat_retire)
  );

  function automatic logic [2:0] ones(input logic [Lanes-1:0] lanes);
    return {2'b0, lanes[0]} + {2'b0, lanes[1]} + {2'b0, lanes[2]} + {2'b0, lanes[3]};
  endfunction

  // A beat without a lane leaves the index alone, so that nothing moves at the adder. It need not
  // carry the maximum either: a lane that raises the maximum is always kept.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_busy_q    <= 1'b0;
      beat_index_q   <= '0;
      beat_maximum_q <= '0;
      beat_count_q   <= '0;
    end else if (deal) begin
      beat_busy_q  <= |busy;
      beat_count_q <= {ones(~keep & ~zero), ones(~keep & zero), ones(keep)};  // CounterSoft first
      if (|busy) begin
        beat_index_q   <= word_index;
        beat_maximum_q <= maximum_after;
      end
    end
  end

  // State

  logic maximum_write;

  assign maximum_write = beat_retire && beat_busy_q && mode == ModeRunningMaximum;

  msb_skip_mac #(.Multipliers(Multipliers), .Accumulators(Accumulators)) u_mac (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .load_i  (deal),
    .busy_i  (busy),
    .act_i   (act),
    .wgt_i   (wgt),
    .index_i (read_accumulator && !beat_valid ? word_index : beat_index_q),
    .add_i   (beat_fire && beat_busy_q),
    .clear_i (clear_accumulator),
    .value_o (accumulator)
  );

  msb_skip_maxima #(.Accumulators(Accumulators)) u_maxima (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .clear_i       (clear_accumulator),
    .write_i       (maximum_write),
    .forward_i     (beat_valid && beat_last && beat_busy_q),
    .write_index_i (beat_index_q),
    .write_value_i (beat_maximum_q),
    .read_index_i  (word_index),
    .value_o       (maximum_before)
  );

  msb_skip_status u_status (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .cfg_i       (cfg),
    .cfg_word_i  (cfg_word),
    .mode_o      (mode),
    .threshold_o (threshold),
    .add_i       (beat_retire),
    .count_i     (beat_count_q),
    .read_i      (read_status),
    .index_i     (word_index[1:0]),
    .clear_i     (execute && read_status && word_clear),
    .value_o     (status)
  );

  msb_skip_result #(.IdWidth(IdWidth)) u_result (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .push_i         (beat_retire || execute),
    .push_read_i    (execute && (read_accumulator || read_status)),
    .push_id_i      (beat_retire ? beat_id : word_id),
    .push_rd_i      (word_rd),
    .push_data_i    (read_status ? status : accumulator),
    .full_o         (result_full),
    .first_free_o   (result_first_free),
    .result_valid_o (xif_result_valid_o),
    .result_ready_i (xif_result_ready_i),
    .result_id_o    (xif_result_id_o),
    .result_data_o  (xif_result_data_o),
    .result_rd_o    (xif_result_rd_o),
    .result_we_o    (xif_result_we_o)
  );
  assign xif_result_hartid_o = 32'(HartId);

  // What the core promises
  `ASSERT(RegistersComeWithTheIssue, xif_register_valid_i == xif_issue_valid_i
          && (!xif_issue_valid_i || xif_register_id_i == xif_issue_id_i))
  `ASSERT(OnlyOneHartIssues, !xif_issue_valid_i
          || xif_issue_hartid_i == 32'(HartId) && xif_register_hartid_i == 32'(HartId))
  `ASSERT(OnlyOneHartCommits, !xif_commit_valid_i || xif_commit_hartid_i == 32'(HartId))

  // What the unit promises
  `ASSERT(StateChangesOnlyAfterCommit, !execute || word_commit)
  `ASSERT(OneInstructionRetiresAtATime, !(beat_retire && execute))
  `ASSERT(NoLaneIsDealtTwice, !deal || (picked & dealt_q) == '0)
  `ASSERT(OnlyKeptLanesAreDealt, !deal || (picked & ~keep) == '0)
  `ASSERT(AWordLeavesWithAllItsLanes, !deal_final || (picked | dealt_q) == keep)

endmodule : msb_skip
