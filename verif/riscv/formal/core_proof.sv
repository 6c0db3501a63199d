// SPDX-License-Identifier: Apache-2.0
//
// The core with buses, interrupts and a coprocessor that do whatever their rules allow. What is
// proven is chosen by a macro; the properties look at ports and RVFI only. Multiplications and
// divisions are the stand-ins of RISCV_FORMAL_ALTOPS.

`include "formal.svh"

module core_proof
  import isa_pkg::*;
(
  input logic        clk_i,
  input logic [2:0]  irq,
  input logic        instr_gnt, instr_answer, instr_err,
  input logic [31:0] instr_rdata,
  input logic        data_gnt, data_answer, data_err,
  input logic [31:0] data_rdata,
  input logic        issue_ready, accept, writeback, result_valid,
  input logic [1:0]  result_id,
  input logic [31:0] result_data,
  input logic [4:0]  choice
);

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic        instr_req, data_req, data_we;
  logic [31:0] instr_addr, data_addr, data_wdata;
  logic [3:0]  data_be;
  logic        issue_valid, register_valid, commit_valid, commit_kill, result_ready;
  logic [31:0] issue_instr;
  logic [2:0]  issue_id, commit_id;
  logic [1:0][31:0] rs;
  logic [4:0]  result_rd;

  logic [1:0]  instr_owed_q, data_owed_q;
  wire         instr_rvalid = instr_answer && instr_owed_q != '0;
  wire         data_rvalid  = data_answer && data_owed_q != '0;

  logic        rvfi_valid, rvfi_trap, rvfi_halt, rvfi_intr;
  logic [63:0] rvfi_order;
  logic [1:0]  rvfi_mode, rvfi_ixl;
  logic [31:0] rvfi_insn, rvfi_rs1_rdata, rvfi_rs2_rdata, rvfi_rd_wdata, rvfi_pc_rdata;
  logic [31:0] rvfi_pc_wdata, rvfi_mem_addr, rvfi_mem_rdata, rvfi_mem_wdata;
  logic [4:0]  rvfi_rs1_addr, rvfi_rs2_addr, rvfi_rd_addr;
  logic [3:0]  rvfi_mem_rmask, rvfi_mem_wmask, rvfi_mem_fault_rmask, rvfi_mem_fault_wmask;
  logic        rvfi_mem_fault;
  logic [63:0] rvfi_csr_mcycle_rmask, rvfi_csr_mcycle_wmask;
  logic [63:0] rvfi_csr_mcycle_rdata, rvfi_csr_mcycle_wdata;
  logic [63:0] rvfi_csr_minstret_rmask, rvfi_csr_minstret_wmask;
  logic [63:0] rvfi_csr_minstret_rdata, rvfi_csr_minstret_wdata;
  logic [31:0] rvfi_csr_mcause_rmask, rvfi_csr_mcause_wmask;
  logic [31:0] rvfi_csr_mcause_rdata, rvfi_csr_mcause_wdata;
  logic [31:0] rvfi_csr_mtval_rmask, rvfi_csr_mtval_wmask;
  logic [31:0] rvfi_csr_mtval_rdata, rvfi_csr_mtval_wdata;
  logic [31:0] rvfi_csr_mip_rmask, rvfi_csr_mip_wmask, rvfi_csr_mip_rdata, rvfi_csr_mip_wdata;

  // ---- Coprocessor: remembers what it owes by id ----

  logic [7:0]      accepted_q, committed_q, writes_q;
  logic [7:0][4:0] rd_q;
  wire  [2:0]      answer_id = {1'b0, result_id};
  wire             result    = result_valid && accepted_q[answer_id] && committed_q[answer_id];
  wire             issue     = issue_valid && issue_ready;

  assign result_rd = rd_q[answer_id];

  riscv #(.XifIdWidth(3)) u_dut (
    .clk_i,
    .rst_ni,
    .irq_software_i           (irq[0]),
    .irq_timer_i              (irq[1]),
    .irq_external_i           (irq[2]),
    .instr_req_o              (instr_req),
    .instr_gnt_i              (instr_gnt),
    .instr_addr_o             (instr_addr),
    .instr_rvalid_i           (instr_rvalid),
    .instr_rdata_i            (instr_rdata),
    .instr_err_i              (instr_err),
    .data_req_o               (data_req),
    .data_gnt_i               (data_gnt),
    .data_addr_o              (data_addr),
    .data_we_o                (data_we),
    .data_be_o                (data_be),
    .data_wdata_o             (data_wdata),
    .data_rvalid_i            (data_rvalid),
    .data_rdata_i             (data_rdata),
    .data_err_i               (data_err),
    .xif_issue_valid_o        (issue_valid),
    .xif_issue_ready_i        (issue_ready),
    .xif_issue_instr_o        (issue_instr),
    .xif_issue_hartid_o       (),
    .xif_issue_id_o           (issue_id),
    .xif_issue_accept_i       (accept),
    .xif_issue_writeback_i    (accept && writeback),
    .xif_issue_register_read_i(2'b11),
    .xif_register_valid_o     (register_valid),
    .xif_register_ready_i     (issue_ready),
    .xif_register_hartid_o    (),
    .xif_register_id_o        (),
    .xif_register_rs_o        (rs),
    .xif_register_rs_valid_o  (),
    .xif_commit_valid_o       (commit_valid),
    .xif_commit_hartid_o      (),
    .xif_commit_id_o          (commit_id),
    .xif_commit_kill_o        (commit_kill),
    .xif_result_valid_i       (result),
    .xif_result_ready_o       (result_ready),
    .xif_result_hartid_i      (32'd0),
    .xif_result_id_i          (answer_id),
    .xif_result_data_i        (result_data),
    .xif_result_rd_i          (result_rd),
    .xif_result_we_i          (writes_q[answer_id]),
    .*
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      instr_owed_q <= '0;
      data_owed_q  <= '0;
      accepted_q   <= '0;
      committed_q  <= '0;
    end else begin
      instr_owed_q <= instr_owed_q + 2'(instr_req && instr_gnt) - 2'(instr_rvalid);
      data_owed_q  <= data_owed_q + 2'(data_req && data_gnt) - 2'(data_rvalid);
      if (commit_valid) begin
        if (commit_kill) accepted_q[commit_id]  <= 1'b0;
        else             committed_q[commit_id] <= 1'b1;
      end
      if (result) begin
        accepted_q[answer_id]  <= 1'b0;
        committed_q[answer_id] <= 1'b0;
      end
      if (issue) begin
        accepted_q[issue_id]  <= accept;
        committed_q[issue_id] <= 1'b0;
        writes_q[issue_id]    <= writeback;
        rd_q[issue_id]        <= issue_instr[11:7];
      end
    end
  end

  // ---- What has retired ----

  wire         short = rvfi_insn[1:0] != 2'b11;
  wire  [32:0] expansion = expand(rvfi_insn[15:0]);
  wire  [31:0] word  = short ? expansion[31:0] : rvfi_insn;
  wire         reserved = short && expansion[32];
  wire  [31:0] next  = rvfi_pc_rdata + (short ? 32'd2 : 32'd4);
  wire  [31:0] a     = rvfi_rs1_rdata;
  wire  [31:0] b     = rvfi_rs2_rdata;
  wire  [31:0] imm_i = 32'($signed(word[31:20]));
  wire  [31:0] imm_s = 32'($signed({word[31:25], word[11:7]}));
  wire  [31:0] imm_b = 32'($signed({word[31], word[7], word[30:25], word[11:8], 1'b0}));
  wire  [31:0] imm_j = 32'($signed({word[31], word[19:12], word[20], word[30:21], 1'b0}));
  wire  [2:0]  f3    = word[14:12];
  wire  [4:0]  rd    = word[11:7];
  wire         works = rvfi_valid && !rvfi_trap && !reserved;
  class_e      kind;
  always_comb  kind = class_of(word);

  function automatic logic [31:0] written(input logic [4:0] register, input logic [31:0] value);
    return register == 0 ? 32'd0 : value;
  endfunction

`ifdef PROVE_INTEGER
  `include "core_integer.svh"
`elsif PROVE_JUMP
  `include "core_jump.svh"
`elsif PROVE_MEMORY
  `include "core_memory.svh"
`elsif PROVE_TRAP
  `include "core_trap.svh"
`elsif PROVE_CHAIN
  `include "core_chain.svh"
`elsif PROVE_FETCH
  `include "core_fetch.svh"
`elsif PROVE_CSR
  `include "core_csr.svh"
`elsif PROVE_BUS
  `include "core_bus.svh"
`elsif PROVE_XIF
  `include "core_xif.svh"
`elsif PROVE_ALIVE
  `include "core_alive.svh"
`endif

endmodule : core_proof
