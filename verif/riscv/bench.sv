// SPDX-License-Identifier: Apache-2.0
//
// Bench of the core: memory with two ports, a device (device.sv), a coprocessor, checks of what
// retires, and under Verilator the reference in lock-step.
//
// Plusargs: +memory0=FILE (the program), +seed=N, +tohost=HEX (a store there ends the run; the
// value is the exit code, 1 is success), +max_instructions=N (so many end it with success, too),
// +wait_states=0..7 (+data_wait_states=0..7, if the data port's differ), +bus_errors=N,
// +interrupts=N, +resets=N (bus_port.sv, device.sv, reset_driver.sv), +lockstep, +trace=FILE
// (lockstep.sv), +finish (end the simulation then, for runs without cocotb).
//
// What is neither memory nor device answers with a bus error.

`timescale 1ns/1ps

module bench #(
  parameter int          MemoryBytes = 4194304,
  parameter logic [31:0] ResetVector = 32'h8000_0000
) ();

  localparam int XifIdWidth = 4;

  logic clk = 1'b0;
  logic rst_n;
  always #5 clk = ~clk;

  logic [31:0] seed, tohost, bus_errors, interrupts;
  logic [63:0] max_instructions;
  logic [2:0]  wait_states, data_wait_states;

  initial begin
    if (!$value$plusargs("seed=%d", seed)) seed = 32'd1;
    if (!$value$plusargs("tohost=%h", tohost)) tohost = 32'hf000_0004;
    if (!$value$plusargs("max_instructions=%d", max_instructions)) max_instructions = '0;
    if (!$value$plusargs("wait_states=%d", wait_states)) wait_states = '0;
    if (!$value$plusargs("data_wait_states=%d", data_wait_states)) data_wait_states = wait_states;
    if (!$value$plusargs("bus_errors=%d", bus_errors)) bus_errors = '0;
    if (!$value$plusargs("interrupts=%d", interrupts)) interrupts = '0;
  end

  reset_driver u_reset_driver (
    .seed_i(seed),
    .rst_no(rst_n)
  );

  // Outcome, for the test to read

  logic [63:0] cycles = '0;
  logic [63:0] retired;
  logic [63:0] compared;
  logic [31:0] checks;
  logic [31:0] exit_code = '0;
  logic        exited = 1'b0;
  logic        mismatch;

  // ---- The core ----

  logic        instr_req, instr_gnt, instr_rvalid, instr_err;
  logic [31:0] instr_addr, instr_rdata;
  logic        data_req, data_gnt, data_we, data_rvalid, data_err;
  logic [3:0]  data_be;
  logic [31:0] data_addr, data_wdata, data_rdata;
  logic [2:0]  irq;

  logic                  issue_valid, issue_ready, issue_accept, issue_writeback;
  logic [31:0]           issue_instr;
  logic [XifIdWidth-1:0] issue_id, register_id, commit_id, result_id;
  logic [31:0]           issue_hartid, register_hartid, commit_hartid;
  logic                  register_valid;
  logic [1:0]            rs_valid;
  logic [1:0][31:0]      rs;
  logic                  commit_valid, commit_kill, result_valid, result_ready, result_we;
  logic [31:0]           result_data;
  logic [4:0]            result_rd;

  logic        rvfi_valid, rvfi_trap, rvfi_intr, rvfi_halt;
  logic [1:0]  rvfi_mode, rvfi_ixl;
  logic [63:0] rvfi_order;
  logic [31:0] rvfi_insn, rvfi_pc_rdata, rvfi_pc_wdata;
  logic [31:0] rvfi_rs1_rdata, rvfi_rs2_rdata, rvfi_rd_wdata;
  logic [4:0]  rvfi_rs1_addr, rvfi_rs2_addr, rvfi_rd_addr;
  logic [31:0] rvfi_mem_addr, rvfi_mem_rdata, rvfi_mem_wdata;
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
  logic [31:0] rvfi_csr_mip_rmask, rvfi_csr_mip_wmask;
  logic [31:0] rvfi_csr_mip_rdata, rvfi_csr_mip_wdata;

`ifdef MUTANTS
  // A netlist with mutants (scripts/mutants.py), whose parameters are set already
  logic [9:0] mutant;
  initial if (!$value$plusargs("mutant=%d", mutant)) mutant = '0;

  riscv u_riscv (
    .mutsel                   (mutant),
`else
  riscv #(
    .ResetVector(ResetVector),
    .XifIdWidth (XifIdWidth)
  ) u_riscv (
`endif
    .clk_i                    (clk),
    .rst_ni                   (rst_n),
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
    .xif_issue_hartid_o       (issue_hartid),
    .xif_issue_id_o           (issue_id),
    .xif_issue_accept_i       (issue_accept),
    .xif_issue_writeback_i    (issue_writeback),
    .xif_issue_register_read_i(2'b11),
    .xif_register_valid_o     (register_valid),
    .xif_register_ready_i     (issue_ready),
    .xif_register_hartid_o    (register_hartid),
    .xif_register_id_o        (register_id),
    .xif_register_rs_o        (rs),
    .xif_register_rs_valid_o  (rs_valid),
    .xif_commit_valid_o       (commit_valid),
    .xif_commit_hartid_o      (commit_hartid),
    .xif_commit_id_o          (commit_id),
    .xif_commit_kill_o        (commit_kill),
    .xif_result_valid_i       (result_valid),
    .xif_result_ready_o       (result_ready),
    .xif_result_hartid_i      (32'd0),
    .xif_result_id_i          (result_id),
    .xif_result_data_i        (result_data),
    .xif_result_rd_i          (result_rd),
    .xif_result_we_i          (result_we),
    .*                             // rvfi_*
  );

  coprocessor #(.XifIdWidth(XifIdWidth)) u_coprocessor (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .seed_i           (seed),
    .wait_states_i    (wait_states),
    .issue_valid_i    (issue_valid),
    .issue_ready_o    (issue_ready),
    .issue_instr_i    (issue_instr),
    .issue_id_i       (issue_id),
    .issue_accept_o   (issue_accept),
    .issue_writeback_o(issue_writeback),
    .rs_i             (rs),
    .commit_valid_i   (commit_valid),
    .commit_id_i      (commit_id),
    .commit_kill_i    (commit_kill),
    .result_valid_o   (result_valid),
    .result_ready_i   (result_ready),
    .result_id_o      (result_id),
    .result_data_o    (result_data),
    .result_rd_o      (result_rd),
    .result_we_o      (result_we)
  );

  // ---- Memory and device ----

  logic [31:0] instr_memory, data_memory, device_rdata;
  logic        instr_absent, data_absent;
  logic        instr_waiting, data_waiting, data_access, data_fails, armed;
  logic [31:0] instr_answer_addr, data_answer_addr;

  wire is_device = data_addr[31:12] == 20'hf0000;
  wire store     = data_access && data_we && !data_fails && rst_n;

  memory #(.Base(ResetVector), .Bytes(MemoryBytes)) u_memory (
    .clk_i         (clk),
    .rst_ni        (rst_n),
    .instr_addr_i  (instr_addr),
    .instr_rdata_o (instr_memory),
    .instr_absent_o(instr_absent),
    .data_addr_i   (data_addr),
    .data_store_i  (store),
    .data_be_i     (data_be),
    .data_wdata_i  (data_wdata),
    .data_rdata_o  (data_memory),
    .data_absent_o (data_absent)
  );

  device u_device (
    .clk_i       (clk),
    .rst_ni      (rst_n),
    .seed_i      (seed),
    .interrupts_i(interrupts),
    .cycle_i     (cycles),
    .store_i     (store && is_device),
    .addr_i      (data_addr[4:2]),
    .wdata_i     (data_wdata),
    .rdata_o     (device_rdata),
    .irq_o       (irq),
    .armed_o     (armed),
    .checks_o    (checks)
  );

  bus_port u_instr_port (
    .clk_i        (clk),
    .rst_ni       (rst_n),
    .seed_i       (seed),
    .wait_states_i(wait_states),
    .bus_errors_i (armed ? bus_errors : '0),
    .req_i        (instr_req),
    .gnt_o        (instr_gnt),
    .addr_i       (instr_addr),
    .rest_i       ('0),
    .rvalid_o     (instr_rvalid),
    .rdata_o      (instr_rdata),
    .err_o        (instr_err),
    .access_o     (),
    .fails_o      (),
    .absent_i     (instr_absent),
    .rdata_i      (instr_memory),
    .answer_addr_o(instr_answer_addr),
    .waiting_o    (instr_waiting)
  );

  bus_port u_data_port (
    .clk_i        (clk),
    .rst_ni       (rst_n),
    .seed_i       (~seed),
    .wait_states_i(data_wait_states),
    .bus_errors_i (armed && !is_device ? bus_errors : '0),
    .req_i        (data_req),
    .gnt_o        (data_gnt),
    .addr_i       (data_addr),
    .rest_i       ({data_we, data_be, data_we ? data_wdata : '0}),
    .rvalid_o     (data_rvalid),
    .rdata_o      (data_rdata),
    .err_o        (data_err),
    .access_o     (data_access),
    .fails_o      (data_fails),
    .absent_i     (data_absent && !is_device),
    .rdata_i      (is_device ? device_rdata : data_memory),
    .answer_addr_o(data_answer_addr),
    .waiting_o    (data_waiting)
  );

  // ---- The end ----

  wire told     = store && data_addr == tohost;
  wire finished = max_instructions != '0 && retired >= max_instructions;

  always @(posedge clk) begin
    if (rst_n) cycles <= cycles + 64'd1;
    if (rst_n && !exited && (told || finished)) begin
      exited    <= 1'b1;
      exit_code <= told ? data_wdata : 32'd1;
      if ($test$plusargs("finish")) begin
        $display("exit code %0d, %0d cycles, %0d instructions, %0d checks, %0d compared",
                 told ? data_wdata : 32'd1, cycles, retired, checks, compared);
        $finish;
      end
    end
    if (mismatch && $test$plusargs("finish")) $finish;
  end

  // ---- No output is ever unknown (four-state simulators only) ----

  wire bus_known = ^{instr_req, instr_addr, data_req, data_addr, data_we, data_be,
                     data_wdata} !== 1'bx;
  wire xif_known = ^{issue_valid, issue_instr, issue_id, rs, commit_valid, commit_id, commit_kill,
                     result_ready} !== 1'bx;

  always @(posedge clk) begin
    if (rst_n) begin
      assert (bus_known) else $fatal(1, "unknown value on a bus output");
      assert (xif_known) else $fatal(1, "unknown value on a CV-X-IF output");
    end
  end

  // ---- What retires makes sense, and is what the reference does ----

  retirement #(.ResetVector(ResetVector)) u_retirement (
    .clk_i    (clk),
    .rst_ni   (rst_n),
    .retired_o(retired),
    .*
  );

  csr_channel #(.Width(64), .Low(12'hb00), .High(12'hb80)) u_mcycle_channel (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .rmask_i(rvfi_csr_mcycle_rmask),
    .wmask_i(rvfi_csr_mcycle_wmask),
    .rdata_i(rvfi_csr_mcycle_rdata),
    .wdata_i(rvfi_csr_mcycle_wdata),
    .*
  );

  csr_channel #(.Width(64), .Low(12'hb02), .High(12'hb82)) u_minstret_channel (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .rmask_i(rvfi_csr_minstret_rmask),
    .wmask_i(rvfi_csr_minstret_wmask),
    .rdata_i(rvfi_csr_minstret_rdata),
    .wdata_i(rvfi_csr_minstret_wdata),
    .*
  );

  csr_channel #(.Width(32), .Low(12'h342), .High(12'h000)) u_mcause_channel (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .rmask_i(rvfi_csr_mcause_rmask),
    .wmask_i(rvfi_csr_mcause_wmask),
    .rdata_i(rvfi_csr_mcause_rdata),
    .wdata_i(rvfi_csr_mcause_wdata),
    .*
  );

  csr_channel #(.Width(32), .Low(12'h343), .High(12'h000)) u_mtval_channel (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .rmask_i(rvfi_csr_mtval_rmask),
    .wmask_i(rvfi_csr_mtval_wmask),
    .rdata_i(rvfi_csr_mtval_rdata),
    .wdata_i(rvfi_csr_mtval_wdata),
    .*
  );

  counters u_counters (.clk_i(clk), .rst_ni(rst_n), .*);

  // The core says of what it offers all at once, of hart 0.
  always @(posedge clk) begin
    if (rst_n) begin
      assert (issue_hartid == '0 && register_hartid == '0 && commit_hartid == '0)
        else $fatal(1, "CV-X-IF: another hart");
      assert (register_valid == issue_valid && (!issue_valid || register_id == issue_id))
        else $fatal(1, "CV-X-IF: registers without an offer");
      assert (!register_valid || rs_valid == 2'b11) else $fatal(1, "CV-X-IF: no registers");
    end
  end

`ifdef VERILATOR
  logic xif_pending;               // a result is awaited
  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) xif_pending <= 1'b0;
    else if (issue_valid && issue_ready && issue_accept) xif_pending <= issue_writeback;
    else if ((result_valid && result_we) || (commit_valid && commit_kill)) xif_pending <= 1'b0;
  end

  wire [12:0] busy = {
    irq, commit_valid && commit_kill, irq != '0, data_rvalid && data_err, instr_rvalid && instr_err,
    xif_pending && !result_valid, issue_valid && !issue_ready, data_waiting && !data_rvalid,
    data_req && !data_gnt, instr_waiting && !instr_rvalid, instr_req && !instr_gnt
  };

  lockstep #(
    .ResetVector(ResetVector),
    .MemoryBase (ResetVector),
    .MemoryBytes(MemoryBytes)
  ) u_lockstep (
    .clk_i              (clk),
    .rst_ni             (rst_n),
    .cycle_i            (cycles),
    .instr_answer_i     (instr_rvalid),
    .instr_answer_addr_i(instr_answer_addr),
    .instr_answer_err_i (instr_err),
    .data_answer_i      (data_rvalid),
    .data_answer_addr_i (data_answer_addr),
    .data_answer_err_i  (data_err),
    .busy_i             (busy),
    .mismatch_o         (mismatch),
    .compared_o         (compared),
    .*
  );
`else
  assign mismatch = 1'b0;
  assign compared = '0;
`endif

endmodule : bench
