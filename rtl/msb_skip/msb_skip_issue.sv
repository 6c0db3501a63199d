// SPDX-License-Identifier: Apache-2.0
//
// Issue side of the CV-X-IF port: takes an instruction with its registers into the word register
// and follows what the commit port says about it.
//
//   cycle          0       1       2
//   issue (id 7)   take    .       .
//   word_valid_o   .       1       1      until word_done_i or a kill
//   commit 7       .       1       .
//   word_commit_o  .       1       1      committed now or earlier
//
// issue_ready depends on the request and on word_free_i, which comes from registers. A rejected
// instruction is answered at once and leaves nothing behind. A commit may also come while its
// instruction still waits at the port: the verdict then stays with the request.

module msb_skip_issue
  import msb_skip_pkg::*;
#(
  parameter int Accumulators = 8,
  parameter int IdWidth      = 4
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               issue_valid_i,
  output logic               issue_ready_o,
  input  logic [31:0]        issue_instr_i,
  input  logic [IdWidth-1:0] issue_id_i,
  output logic               issue_accept_o,
  output logic               issue_writeback_o,
  output logic [1:0]         issue_register_read_o,
  input  logic               register_valid_i,
  input  logic [1:0][31:0]   register_rs_i,
  input  logic [1:0]         register_rs_valid_i,

  input  logic               commit_valid_i,
  input  logic [IdWidth-1:0] commit_id_i,
  input  logic               commit_kill_i,

  input  logic                  word_free_i,    // early: the word register can be loaded
  input  logic                  word_done_i,    // the word leaves now
  output logic                  word_valid_o,
  output logic                  word_commit_o,  // late: depends on the commit port
  output logic                  word_kill_o,    // late
  output logic                  word_load_o,    // a new instruction enters the word register
  output op_e                   word_op_o,
  output logic [2:0]            word_index_o,
  output logic                  word_clear_o,
  output logic [4:0]            word_rd_o,
  output logic [IdWidth-1:0]    word_id_o,
  output logic [Lanes-1:0][7:0] word_act_o,     // rs1; the configuration word of cfg
  output logic [Lanes-1:0][7:0] word_wgt_o      // rs2
);

  op_e        op;
  logic [2:0] index;
  logic       clear;
  logic [1:0] register_missing;

  logic       issue_commit;
  logic       issue_kill;
  logic       issue_waits;
  logic       issue_committed;
  logic       issue_killed;
  logic       word_commit;
  logic       word_kill;

  logic               early_commit_q;
  logic               early_kill_q;
  logic [IdWidth-1:0] early_id_q;

  logic                  valid_q;
  logic                  committed_q;
  op_e                   op_q;
  logic [2:0]            index_q;
  logic                  clear_q;
  logic [4:0]            rd_q;
  logic [IdWidth-1:0]    id_q;
  logic [Lanes-1:0][7:0] act_q;
  logic [Lanes-1:0][7:0] wgt_q;

  msb_skip_decode #(.Accumulators(Accumulators)) u_decode (
    .instr_i         (issue_instr_i),
    .accept_o        (issue_accept_o),
    .op_o            (op),
    .index_o         (index),
    .clear_o         (clear),
    .writeback_o     (issue_writeback_o),
    .register_read_o (issue_register_read_o)
  );

  assign register_missing = issue_register_read_o & ~(register_rs_valid_i & {2{register_valid_i}});
  assign issue_ready_o    = !issue_accept_o || word_free_i && register_missing == '0;
  assign issue_waits      = issue_valid_i && !issue_ready_o;
  assign word_load_o      = issue_valid_i && issue_ready_o && issue_accept_o;

  msb_skip_verdict #(.IdWidth(IdWidth)) u_issue_verdict (
    .id_i           (issue_id_i),
    .commit_valid_i (commit_valid_i),
    .commit_id_i    (commit_id_i),
    .commit_kill_i  (commit_kill_i),
    .commit_o       (issue_commit),
    .kill_o         (issue_kill)
  );

  msb_skip_verdict #(.IdWidth(IdWidth)) u_word_verdict (
    .id_i           (id_q),
    .commit_valid_i (commit_valid_i),
    .commit_id_i    (commit_id_i),
    .commit_kill_i  (commit_kill_i),
    .commit_o       (word_commit),
    .kill_o         (word_kill)
  );

  // A core may withdraw a waiting request and show another: the verdict holds for the same id only.
  assign issue_committed = issue_commit || early_commit_q && early_id_q == issue_id_i;
  assign issue_killed    = issue_kill || early_kill_q && early_id_q == issue_id_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      early_commit_q <= 1'b0;
      early_kill_q   <= 1'b0;
      early_id_q     <= '0;
    end else if (issue_waits && commit_valid_i || early_commit_q || early_kill_q) begin
      early_commit_q <= issue_waits && issue_committed;
      early_kill_q   <= issue_waits && issue_killed;
      early_id_q     <= issue_id_i;
    end
  end

  assign word_commit_o = committed_q || word_commit;
  assign word_kill_o   = !committed_q && word_kill;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q     <= 1'b0;
      committed_q <= 1'b0;
    end else if (word_load_o) begin
      valid_q     <= !issue_killed;
      committed_q <= issue_committed;
    end else begin
      valid_q     <= valid_q && !word_done_i && !word_kill_o;
      committed_q <= word_commit_o;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      op_q    <= OpCfg;
      index_q <= '0;
      clear_q <= 1'b0;
      rd_q    <= '0;
      id_q    <= '0;
    end else if (word_load_o) begin
      op_q    <= op;
      index_q <= index;
      clear_q <= clear;
      rd_q    <= issue_instr_i[11:7];
      id_q    <= issue_id_i;
    end
  end

  // Operands need no reset: nothing looks at them before an instruction has brought some.
  always_ff @(posedge clk_i) begin
    if (word_load_o && issue_register_read_o[0]) act_q <= register_rs_i[0];
    if (word_load_o && issue_register_read_o[1]) wgt_q <= register_rs_i[1];
  end

  assign word_valid_o = valid_q;
  assign word_op_o    = op_q;
  assign word_index_o = index_q;
  assign word_clear_o = clear_q;
  assign word_rd_o    = rd_q;
  assign word_id_o    = id_q;
  assign word_act_o   = act_q;
  assign word_wgt_o   = wgt_q;

endmodule : msb_skip_issue
