// SPDX-License-Identifier: Apache-2.0
//
// CV-X-IF: offers instructions that the core does not know to a coprocessor and follows them to
// commit or kill.
//
//   cycle            0      1      2      3
//   issue (X)      <dot4><dot4><dot4>             one per cycle, registers come along
//   commit (M)            <dot4><dot4><dot4>      it has reached M: nothing older can trap
//   result                                <dot4>  at any time; M waits only if it writes rd
//
// An instruction may be offered while an older load is under way; if that load fails it is killed.
// Rejected instructions are killed too: each completed issue gets exactly one commit transaction.
// An offer is never withdrawn. busy_q keeps an id from being used again before its result has come,
// in whatever order results come.

module riscv_xif #(
  parameter int          XifIdWidth = 4,
  parameter logic [31:0] HartId     = 32'd0
) (
  input  logic clk_i,
  input  logic rst_ni,

  // Stage X
  input  logic        offer_i,        // offer the instruction in X, its registers are there
  input  logic [31:0] instr_i,
  input  logic [1:0][31:0] rs_i,
  output logic        waiting_o,      // early: it was offered before, and not yet answered
  output logic        accepted_o,     // it is, or was, accepted
  output logic        rejected_o,     // early: it was rejected
  output logic        writeback_o,    // it will write its register
  input  logic        advance_i,      // it moves on to M
  input  logic        flush_i,        // it is thrown away

  // Stage M
  input  logic        m_writeback_i,  // M waits for the result of the instruction that it holds
  output logic        m_done_o,
  output logic        m_we_o,

  output logic                   xif_issue_valid_o,
  input  logic                   xif_issue_ready_i,
  output logic [31:0]            xif_issue_instr_o,
  output logic [31:0]            xif_issue_hartid_o,
  output logic [XifIdWidth-1:0]  xif_issue_id_o,
  input  logic                   xif_issue_accept_i,
  input  logic                   xif_issue_writeback_i,
  output logic                   xif_register_valid_o,
  input  logic                   xif_register_ready_i,
  output logic [31:0]            xif_register_hartid_o,
  output logic [XifIdWidth-1:0]  xif_register_id_o,
  output logic [1:0][31:0]       xif_register_rs_o,
  output logic [1:0]             xif_register_rs_valid_o,
  output logic                   xif_commit_valid_o,
  output logic [31:0]            xif_commit_hartid_o,
  output logic [XifIdWidth-1:0]  xif_commit_id_o,
  output logic                   xif_commit_kill_o,
  input  logic                   xif_result_valid_i,
  output logic                   xif_result_ready_o,
  input  logic [31:0]            xif_result_hartid_i,
  input  logic [XifIdWidth-1:0]  xif_result_id_i,
  input  logic                   xif_result_we_i
);

  localparam int Ids = 2 ** XifIdWidth;

  logic [XifIdWidth-1:0] id_q;           // of the next offer
  logic [XifIdWidth-1:0] m_id_q;         // of the instruction in M
  logic                  issued_q;       // the instruction in X is answered; its id is id_q - 1
  logic                  accept_q, writeback_q;
  logic                  waiting_q;
  logic                  commit_q;       // M has just received an accepted instruction
  logic [Ids-1:0]        busy_q, set_busy, clear_busy;

  wire issue = xif_issue_valid_o && xif_issue_ready_i;
  wire kill  = flush_i && issued_q;
  wire [XifIdWidth-1:0] issued_id = id_q - XifIdWidth'(1);

  assign xif_issue_valid_o  = offer_i && !issued_q && !busy_q[id_q];
  assign xif_issue_instr_o  = instr_i;
  assign xif_issue_hartid_o = HartId;
  assign xif_issue_id_o     = id_q;

  assign xif_register_valid_o    = xif_issue_valid_o;
  assign xif_register_hartid_o   = HartId;
  assign xif_register_id_o       = id_q;
  assign xif_register_rs_o       = rs_i;
  assign xif_register_rs_valid_o = 2'b11;

  assign waiting_o   = waiting_q;
  assign accepted_o  = issued_q ? accept_q : issue && xif_issue_accept_i;
  assign rejected_o  = issued_q && !accept_q;
  assign writeback_o = issued_q ? writeback_q : xif_issue_writeback_i;

  assign xif_commit_valid_o  = commit_q || kill;
  assign xif_commit_hartid_o = HartId;
  assign xif_commit_id_o     = kill ? issued_id : m_id_q;
  assign xif_commit_kill_o   = kill;

  assign xif_result_ready_o = 1'b1;
  assign m_done_o           = m_writeback_i && xif_result_valid_i && xif_result_id_i == m_id_q;
  assign m_we_o             = xif_result_we_i;

  always_comb begin
    set_busy                    = '0;
    set_busy[id_q]              = issue && xif_issue_accept_i;
    clear_busy                  = '0;
    clear_busy[xif_result_id_i] = xif_result_valid_i;
    if (kill) clear_busy[issued_id] = 1'b1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      id_q        <= '0;
      m_id_q      <= '0;
      issued_q    <= 1'b0;
      accept_q    <= 1'b0;
      writeback_q <= 1'b0;
      waiting_q   <= 1'b0;
      commit_q    <= 1'b0;
      busy_q      <= '0;
    end else begin
      waiting_q <= xif_issue_valid_o && !xif_issue_ready_i;
      commit_q  <= advance_i;
      busy_q    <= (busy_q & ~clear_busy) | set_busy;
      if (issue) begin
        id_q        <= id_q + XifIdWidth'(1);
        accept_q    <= xif_issue_accept_i;
        writeback_q <= xif_issue_writeback_i;
      end
      if (advance_i) m_id_q <= issued_q ? issued_id : id_q;
      if (advance_i || flush_i) issued_q <= 1'b0;
      else if (issue)           issued_q <= 1'b1;
    end
  end

  `include "assert.svh"
  `ASSERT(RegistersAreTakenWithTheIssue,
          !(issue && xif_issue_accept_i) || xif_register_ready_i)
  `ASSERT(OfferIsNeverWithdrawn, !waiting_q || xif_issue_valid_o)
  `ASSERT(ResultsBelongToThisHart, !xif_result_valid_i || xif_result_hartid_i == HartId)
  `ASSERT(ResultsAnswerAcceptedInstructions, !xif_result_valid_i || busy_q[xif_result_id_i])

endmodule : riscv_xif
