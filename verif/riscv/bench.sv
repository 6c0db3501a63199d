// SPDX-License-Identifier: Apache-2.0
//
// Bench of the core: flat memory with two ports, a small device, a coprocessor, and checks of what
// retires.
//
// Plusargs: +image=FILE ($readmemh, words from ResetVector on), +seed=N, +tohost=HEX (a store there
// ends the run; the value is the exit code, 1 is success), +finish (end the simulation then, for
// runs without cocotb).
//
//   0xF0000000  w   console        0xF000000C  rw  interrupts: 0 software, 1 timer, 2 external
//   0xF0000004  w   exit code      0xF0000010  w   raise levels [31:29] after [28:0] cycles
//   0xF0000008  r   cycles         0xF0000014  w   checks passed, for the report
//
// Any other address outside the memory answers with a bus error.

`timescale 1ns/1ps

module bench #(
  parameter int          WaitStates  = 0,
  parameter int          MemoryBytes = 4194304,
  parameter logic [31:0] ResetVector = 32'h8000_0000
) ();

  localparam int Words      = MemoryBytes / 4;
  localparam int WordWidth  = $clog2(Words);
  localparam int XifIdWidth = 4;

  logic clk = 1'b0;
  logic rst_n;
  always #5 clk = ~clk;

  // Reset rises, falls and rises: a power-up in which it starts high must do no harm.
  initial begin
    rst_n = 1'b1;
    #2  rst_n = 1'b0;
    #30 rst_n = 1'b1;
  end

  logic [31:0]   seed, tohost;
  logic [4095:0] image;
  logic [31:0]   mem [0:Words-1];

  initial begin
    if (!$value$plusargs("seed=%d", seed)) seed = 32'd1;
    if (!$value$plusargs("tohost=%h", tohost)) tohost = 32'hf000_0004;
    if ($value$plusargs("image=%s", image)) $readmemh(image, mem);
    else $fatal(1, "no program: give +image=FILE");
  end

  // Outcome, for the test to read

  logic [63:0] cycles = '0;
  logic [63:0] retired = '0;
  logic [31:0] checks = '0;
  logic [31:0] exit_code = '0;
  logic        exited = 1'b0;

  // ---- The core ----

  logic        instr_req, instr_gnt, instr_rvalid, instr_err;
  logic [31:0] instr_addr, instr_rdata;
  logic        data_req, data_gnt, data_we, data_rvalid, data_err;
  logic [3:0]  data_be;
  logic [31:0] data_addr, data_wdata, data_rdata;
  logic [2:0]  irq = '0;

  logic                  issue_valid, issue_ready, issue_accept, issue_writeback;
  logic [31:0]           issue_instr;
  logic [XifIdWidth-1:0] issue_id, commit_id, result_id;
  logic [1:0][31:0]      rs;
  logic                  commit_valid, commit_kill, result_valid, result_ready, result_we;
  logic [31:0]           result_data;
  logic [4:0]            result_rd;

  logic        rvfi_valid, rvfi_trap, rvfi_intr;
  logic [63:0] rvfi_order;
  logic [31:0] rvfi_rs1_rdata, rvfi_rs2_rdata, rvfi_rd_wdata, rvfi_pc_rdata, rvfi_pc_wdata;
  logic [4:0]  rvfi_rs1_addr, rvfi_rs2_addr, rvfi_rd_addr;

  riscv #(
    .ResetVector(ResetVector),
    .XifIdWidth (XifIdWidth)
  ) u_riscv (
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
    .xif_issue_hartid_o       (),
    .xif_issue_id_o           (issue_id),
    .xif_issue_accept_i       (issue_accept),
    .xif_issue_writeback_i    (issue_writeback),
    .xif_issue_register_read_i(2'b11),
    .xif_register_valid_o     (),
    .xif_register_ready_i     (issue_ready),
    .xif_register_hartid_o    (),
    .xif_register_id_o        (),
    .xif_register_rs_o        (rs),
    .xif_register_rs_valid_o  (),
    .xif_commit_valid_o       (commit_valid),
    .xif_commit_hartid_o      (),
    .xif_commit_id_o          (commit_id),
    .xif_commit_kill_o        (commit_kill),
    .xif_result_valid_i       (result_valid),
    .xif_result_ready_o       (result_ready),
    .xif_result_hartid_i      (32'd0),
    .xif_result_id_i          (result_id),
    .xif_result_data_i        (result_data),
    .xif_result_rd_i          (result_rd),
    .xif_result_we_i          (result_we),
    .rvfi_valid,
    .rvfi_order,
    .rvfi_insn                (),
    .rvfi_trap,
    .rvfi_halt                (),
    .rvfi_intr,
    .rvfi_mode                (),
    .rvfi_ixl                 (),
    .rvfi_rs1_addr,
    .rvfi_rs2_addr,
    .rvfi_rs1_rdata,
    .rvfi_rs2_rdata,
    .rvfi_rd_addr,
    .rvfi_rd_wdata,
    .rvfi_pc_rdata,
    .rvfi_pc_wdata,
    .rvfi_mem_addr            (),
    .rvfi_mem_rmask           (),
    .rvfi_mem_wmask           (),
    .rvfi_mem_rdata           (),
    .rvfi_mem_wdata           (),
    .rvfi_csr_mcycle_rmask    (),
    .rvfi_csr_mcycle_wmask    (),
    .rvfi_csr_mcycle_rdata    (),
    .rvfi_csr_mcycle_wdata    (),
    .rvfi_csr_minstret_rmask  (),
    .rvfi_csr_minstret_wmask  (),
    .rvfi_csr_minstret_rdata  (),
    .rvfi_csr_minstret_wdata  ()
  );

  coprocessor #(.XifIdWidth(XifIdWidth), .WaitStates(WaitStates)) u_coprocessor (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .seed_i           (seed),
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

  function automatic logic in_memory(input logic [31:0] address);
    in_memory = address - ResetVector < 32'(MemoryBytes);
  endfunction

  wire [WordWidth-1:0] instr_word = WordWidth'((instr_addr - ResetVector) >> 2);
  wire [WordWidth-1:0] data_word  = WordWidth'((data_addr - ResetVector) >> 2);
  wire                 is_device  = data_addr[31:12] == 20'hf0000;
  wire                 data_bad   = !in_memory(data_addr) && !is_device;
  wire                 data_access;

  logic [31:0] device_rdata;
  always_comb begin
    unique case (data_addr[4:2])
      3'd2:    device_rdata = cycles[31:0];
      3'd3:    device_rdata = 32'(irq);
      default: device_rdata = '0;
    endcase
  end

  bus_port #(.WaitStates(WaitStates)) u_instr_port (
    .clk_i   (clk),
    .rst_ni  (rst_n),
    .seed_i  (seed),
    .req_i   (instr_req),
    .gnt_o   (instr_gnt),
    .rvalid_o(instr_rvalid),
    .rdata_o (instr_rdata),
    .err_o   (instr_err),
    .access_o(),
    .rdata_i (mem[instr_word]),
    .err_i   (!in_memory(instr_addr))
  );

  bus_port #(.WaitStates(WaitStates)) u_data_port (
    .clk_i   (clk),
    .rst_ni  (rst_n),
    .seed_i  (~seed),
    .req_i   (data_req),
    .gnt_o   (data_gnt),
    .rvalid_o(data_rvalid),
    .rdata_o (data_rdata),
    .err_o   (data_err),
    .access_o(data_access),
    .rdata_i (is_device ? device_rdata : mem[data_word]),
    .err_i   (data_bad)
  );

  wire store        = data_access && data_we && rst_n;
  wire device_store = store && is_device;

  always @(posedge clk) begin
    if (store && in_memory(data_addr)) begin
      for (int b = 0; b < 4; b++) begin
        if (data_be[b]) mem[data_word][8*b +: 8] <= data_wdata[8*b +: 8];
      end
    end
  end

  logic [28:0] raise_after = '0;
  logic [2:0]  raise = '0;

  always @(posedge clk) begin
    if (device_store && data_addr[4:2] == 3'd0) $write("%c", data_wdata[7:0]);
    if (device_store && data_addr[4:2] == 3'd5) checks <= data_wdata;
    if (device_store && data_addr[4:2] == 3'd4) begin
      {raise, raise_after} <= data_wdata;
    end else begin
      if (raise_after != '0) raise_after <= raise_after - 29'd1;
      if (raise_after == 29'd1) irq <= irq | raise;
    end
    if (device_store && data_addr[4:2] == 3'd3) irq <= data_wdata[2:0];
    if (store && data_addr == tohost && !exited) begin
      exited    <= 1'b1;
      exit_code <= data_wdata;
      if ($test$plusargs("finish")) begin
        $display("exit code %0d, %0d cycles, %0d instructions, %0d checks", data_wdata, cycles,
                 retired, checks);
        $finish;
      end
    end
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

  // ---- What retires makes sense ----

  logic [31:0] expected_pc = ResetVector;
  logic [31:0] registers [0:31];

  initial for (int i = 0; i < 32; i++) registers[i] = '0;

  always @(posedge clk) begin
    if (rst_n) cycles <= cycles + 64'd1;
    if (rst_n && rvfi_valid) begin
      retired     <= retired + 64'd1;
      expected_pc <= rvfi_pc_wdata;
      registers[rvfi_rd_addr] <= rvfi_rd_wdata;
      assert (rvfi_order == retired)
        else $fatal(1, "order is %0d, not %0d", rvfi_order, retired);
      assert (rvfi_pc_rdata == expected_pc || rvfi_intr)
        else $fatal(1, "pc is %h, not %h", rvfi_pc_rdata, expected_pc);
      assert (rvfi_rd_addr != '0 || rvfi_rd_wdata == '0)
        else $fatal(1, "x0 written with %h at pc %h", rvfi_rd_wdata, rvfi_pc_rdata);
      assert (rvfi_rs1_rdata == registers[rvfi_rs1_addr])
        else $fatal(1, "rs1 is not what was written before at pc %h", rvfi_pc_rdata);
      assert (rvfi_rs2_rdata == registers[rvfi_rs2_addr])
        else $fatal(1, "rs2 is not what was written before at pc %h", rvfi_pc_rdata);
      assert (!rvfi_trap || rvfi_rd_addr == '0)
        else $fatal(1, "trapping instruction writes a register at pc %h", rvfi_pc_rdata);
    end
  end

endmodule : bench
