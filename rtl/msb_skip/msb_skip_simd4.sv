// SPDX-License-Identifier: Apache-2.0
//
// Four multipliers that always multiply: what msb_skip is measured against. Same port, same
// instructions, and the answers of msb_skip in mode exact, whatever the configuration says:
//
//   cfg    is taken and read back, its mode and threshold have no effect
//   read   the counter of kept lanes grows by four with each dot4, the others stay zero
//
//   cycle       0        1               2             3
//   dot4        issue    word: multiply  beat: add     result
//   commit      .        here at the latest for full speed
//   read, cfg   issue    word: execute   result
//
// One set of operand registers, those of the word register, feeds the multipliers; they are clocked
// only by instructions that bring operands, so nothing moves between two dot4. The sum of the four
// products is kept in the beat stage, where it waits for the commit: one dot4 per cycle, and the
// accumulators' adder sees settled sums only.

`include "assert.svh"

module msb_skip_simd4
  import msb_skip_pkg::*;
#(
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
    if (Accumulators != 4 && Accumulators != 8)
      $fatal(1, "msb_skip_simd4: Accumulators = %0d must be 4 or 8", Accumulators);
    if (IdWidth < 3) $fatal(1, "msb_skip_simd4: IdWidth = %0d must be at least 3", IdWidth);
  end

  // Word register: the youngest instruction

  logic                  word_valid;
  logic                  word_commit;
  logic                  word_kill;
  op_e                   word_op;
  logic [2:0]            word_index;
  logic                  word_clear;
  logic [4:0]            word_rd;
  logic [IdWidth-1:0]    word_id;
  logic [Lanes-1:0][7:0] word_act;
  logic [Lanes-1:0][7:0] word_wgt;
  logic [31:0]           cfg_word;

  logic deal;     // a dot4 moves to the beat stage
  logic execute;  // a cfg or read takes effect
  logic cfg;
  logic read_accumulator;
  logic read_status;

  // Beat stage: the sum of the products

  logic                beat_valid;
  logic [IdWidth-1:0]  beat_id;
  logic                beat_fire;
  logic                beat_retire;
  logic [2:0]          beat_index_q;
  logic [SumWidth-1:0] beat_sum_q;

  logic result_full;
  logic result_first_free;

  // A word has one beat, which no rule looks at.
  logic       unused_word_load;
  logic       unused_beat_last;
  logic [1:0] unused_mode;
  logic [3:0] unused_threshold;

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
    .word_free_i           (!word_valid || deal),
    .word_done_i           (deal || execute),
    .word_valid_o          (word_valid),
    .word_commit_o         (word_commit),
    .word_kill_o           (word_kill),
    .word_load_o           (unused_word_load),
    .word_op_o             (word_op),
    .word_index_o          (word_index),
    .word_clear_o          (word_clear),
    .word_rd_o             (word_rd),
    .word_id_o             (word_id),
    .word_act_o            (word_act),
    .word_wgt_o            (word_wgt)
  );
  assign xif_register_ready_o = xif_issue_ready_o;

  assign deal = word_valid && word_op == OpDot4 && (!beat_valid || beat_fire);

  // cfg and read

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

  // Products and their sum, as a balanced tree

  logic        [Lanes-1:0][15:0] product;
  logic signed [16:0]            sum_low;
  logic signed [16:0]            sum_high;

  for (genvar i = 0; i < Lanes; i++) begin : g_lane
    msb_skip_multiplier u_multiplier (
      .act_i     (word_act[i]),
      .wgt_i     (word_wgt[i]),
      .product_o (product[i])
    );
  end

  assign sum_low  = 17'($signed(product[0])) + 17'($signed(product[1]));
  assign sum_high = 17'($signed(product[2])) + 17'($signed(product[3]));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_index_q <= '0;
    end else if (deal) begin
      beat_index_q <= word_index;
    end
  end

  always_ff @(posedge clk_i) begin
    if (deal) beat_sum_q <= SumWidth'(sum_low) + SumWidth'(sum_high);
  end

  msb_skip_beat #(.IdWidth(IdWidth)) u_beat (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .deal_i         (deal),
    .deal_last_i    (1'b1),
    .deal_id_i      (word_id),
    .deal_commit_i  (word_commit),
    .deal_kill_i    (word_kill),
    .commit_valid_i (xif_commit_valid_i),
    .commit_id_i    (xif_commit_id_i),
    .commit_kill_i  (xif_commit_kill_i),
    .result_full_i  (result_full),
    .valid_o        (beat_valid),
    .last_o         (unused_beat_last),
    .id_o           (beat_id),
    .fire_o         (beat_fire),
    .retire_o       (beat_retire)
  );

  // State

  msb_skip_accumulators #(.Accumulators(Accumulators)) u_accumulators (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .index_i (read_accumulator && !beat_valid ? word_index : beat_index_q),
    .add_i   (beat_fire),
    .sum_i   (beat_sum_q),
    .clear_i (clear_accumulator),
    .value_o (accumulator)
  );

  msb_skip_status u_status (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .cfg_i       (cfg),
    .cfg_word_i  (cfg_word),
    .mode_o      (unused_mode),
    .threshold_o (unused_threshold),
    .add_i       (beat_retire),
    .count_i     ({3'd0, 3'd0, 3'(Lanes)}),  // CounterSoft first; every lane is kept
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

endmodule : msb_skip_simd4
