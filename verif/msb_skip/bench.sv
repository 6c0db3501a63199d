// SPDX-License-Identifier: Apache-2.0
//
// Bench of the soft-sparsity unit: clock, and the core's pins. What Python writes to next_* between
// two clock edges reaches the pins at the next rising edge, as if a core's registers drove them.

`timescale 1ns/1ps

module bench #(
  parameter int Multipliers  = 1,
  parameter int Accumulators = 8,
  parameter int IdWidth      = 4,
  parameter int Simd4        = 0   // 1: msb_skip_simd4, four multipliers that always multiply
);

  logic clk = 1'b0;
  logic rst_n = 1'b1;  // driven by the test
  always #5 clk = ~clk;

  // A reset may be shorter than a clock cycle. The agents, which look once in each, go by this one:
  // low for a whole cycle at least, and nothing is sent meanwhile.
  logic [1:0] awake_q;
  wire        agent_rst_n = awake_q[1];
  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) awake_q <= '0;
    else        awake_q <= {awake_q[0], 1'b1};
  end

  logic               next_issue_valid = 1'b0;
  logic [31:0]        next_issue_instr = '0;
  logic [IdWidth-1:0] next_issue_id = '0;
  logic [1:0][31:0]   next_register_rs = '0;
  logic [1:0]         next_register_rs_valid = '0;
  logic               next_commit_valid = 1'b0;
  logic [IdWidth-1:0] next_commit_id = '0;
  logic               next_commit_kill = 1'b0;
  logic               next_result_ready = 1'b0;

  logic               xif_issue_valid;
  logic               xif_issue_ready;
  logic [31:0]        xif_issue_instr;
  logic [IdWidth-1:0] xif_issue_id;
  logic               xif_issue_accept;
  logic               xif_issue_writeback;
  logic [1:0]         xif_issue_register_read;
  logic               xif_register_ready;
  logic [1:0][31:0]   xif_register_rs;
  logic [1:0]         xif_register_rs_valid;
  logic               xif_commit_valid;
  logic [IdWidth-1:0] xif_commit_id;
  logic               xif_commit_kill;
  logic               xif_result_valid;
  logic               xif_result_ready;
  logic [31:0]        xif_result_hartid;
  logic [IdWidth-1:0] xif_result_id;
  logic [31:0]        xif_result_data;
  logic [4:0]         xif_result_rd;
  logic               xif_result_we;

  always_ff @(posedge clk or negedge agent_rst_n) begin
    if (!agent_rst_n) begin
      xif_issue_valid       <= 1'b0;
      xif_issue_instr       <= '0;
      xif_issue_id          <= '0;
      xif_register_rs       <= '0;
      xif_register_rs_valid <= '0;
      xif_commit_valid      <= 1'b0;
      xif_commit_id         <= '0;
      xif_commit_kill       <= 1'b0;
      xif_result_ready      <= 1'b0;
    end else begin
      xif_issue_valid       <= next_issue_valid;
      xif_issue_instr       <= next_issue_instr;
      xif_issue_id          <= next_issue_id;
      xif_register_rs       <= next_register_rs;
      xif_register_rs_valid <= next_register_rs_valid;
      xif_commit_valid      <= next_commit_valid;
      xif_commit_id         <= next_commit_id;
      xif_commit_kill       <= next_commit_kill;
      xif_result_ready      <= next_result_ready;
    end
  end

`ifdef MUTANTS
  // A netlist with mutants (scripts/mutants.py), whose parameters are set already
  logic [9:0] mutant;
  initial if (!$value$plusargs("mutant=%d", mutant)) mutant = '0;

  if (1) begin : g_unit
    msb_skip u_msb_skip (
      .mutsel                    (mutant),
`else
  if (Simd4 != 0) begin : g_unit
    msb_skip_simd4 #(
      .Accumulators (Accumulators),
      .IdWidth      (IdWidth)
    ) u_msb_skip (
      .clk_i                     (clk),
      .rst_ni                    (rst_n),
      .xif_issue_valid_i         (xif_issue_valid),
      .xif_issue_ready_o         (xif_issue_ready),
      .xif_issue_instr_i         (xif_issue_instr),
      .xif_issue_hartid_i        (32'd0),
      .xif_issue_id_i            (xif_issue_id),
      .xif_issue_accept_o        (xif_issue_accept),
      .xif_issue_writeback_o     (xif_issue_writeback),
      .xif_issue_register_read_o (xif_issue_register_read),
      .xif_register_valid_i      (xif_issue_valid),
      .xif_register_ready_o      (xif_register_ready),
      .xif_register_hartid_i     (32'd0),
      .xif_register_id_i         (xif_issue_id),
      .xif_register_rs_i         (xif_register_rs),
      .xif_register_rs_valid_i   (xif_register_rs_valid),
      .xif_commit_valid_i        (xif_commit_valid),
      .xif_commit_hartid_i       (32'd0),
      .xif_commit_id_i           (xif_commit_id),
      .xif_commit_kill_i         (xif_commit_kill),
      .xif_result_valid_o        (xif_result_valid),
      .xif_result_ready_i        (xif_result_ready),
      .xif_result_hartid_o       (xif_result_hartid),
      .xif_result_id_o           (xif_result_id),
      .xif_result_data_o         (xif_result_data),
      .xif_result_rd_o           (xif_result_rd),
      .xif_result_we_o           (xif_result_we)
    );
  end else begin : g_unit
    msb_skip #(
      .Multipliers  (Multipliers),
      .Accumulators (Accumulators),
      .IdWidth      (IdWidth)
    ) u_msb_skip (
`endif
      .clk_i                     (clk),
      .rst_ni                    (rst_n),
      .xif_issue_valid_i         (xif_issue_valid),
      .xif_issue_ready_o         (xif_issue_ready),
      .xif_issue_instr_i         (xif_issue_instr),
      .xif_issue_hartid_i        (32'd0),
      .xif_issue_id_i            (xif_issue_id),
      .xif_issue_accept_o        (xif_issue_accept),
      .xif_issue_writeback_o     (xif_issue_writeback),
      .xif_issue_register_read_o (xif_issue_register_read),
      .xif_register_valid_i      (xif_issue_valid),
      .xif_register_ready_o      (xif_register_ready),
      .xif_register_hartid_i     (32'd0),
      .xif_register_id_i         (xif_issue_id),
      .xif_register_rs_i         (xif_register_rs),
      .xif_register_rs_valid_i   (xif_register_rs_valid),
      .xif_commit_valid_i        (xif_commit_valid),
      .xif_commit_hartid_i       (32'd0),
      .xif_commit_id_i           (xif_commit_id),
      .xif_commit_kill_i         (xif_commit_kill),
      .xif_result_valid_o        (xif_result_valid),
      .xif_result_ready_i        (xif_result_ready),
      .xif_result_hartid_o       (xif_result_hartid),
      .xif_result_id_o           (xif_result_id),
      .xif_result_data_o         (xif_result_data),
      .xif_result_rd_o           (xif_result_rd),
      .xif_result_we_o           (xif_result_we)
    );
  end

  // The registers come with the issue, so the two groups answer together.
  always @(posedge clk) begin
    if (rst_n && xif_register_ready != xif_issue_ready) $fatal(1, "register_ready differs");
    if (rst_n && xif_result_valid && xif_result_hartid != 0) $fatal(1, "result of another hart");
  end

  // No output is ever unknown after reset (four-state simulators only).
  wire issue_known  = ^{xif_issue_ready, xif_issue_accept, xif_issue_writeback,
                        xif_issue_register_read, xif_register_ready} !== 1'bx;
  wire result_known = ^{xif_result_valid, xif_result_hartid, xif_result_id, xif_result_data,
                        xif_result_rd, xif_result_we} !== 1'bx;

  always @(posedge clk) begin
    if (rst_n && !issue_known) $fatal(1, "unknown value in an issue response");
    if (rst_n && !result_known) $fatal(1, "unknown value in the result");
  end

endmodule : bench
