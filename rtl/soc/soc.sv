// SPDX-License-Identifier: Apache-2.0
//
// The system on which networks run: core, msb_skip unit, two RAMs and a device.
//
//      +--------+  CV-X-IF  +----------+
//      | riscv  |<--------->| msb_skip |
//      +--+--+--+           +----------+
//   fetch |  | data
//      +--+--+---+
//      | soc_bus |----> instruction RAM, data RAM, console/exit/marker
//      +---------+
//
// Two single-port RAMs rather than one with two ports: a fetch and a load in the same cycle is the
// rule in the inner loops, and two small macros are what a chip would have.

module soc #(
  parameter int InstrRamBytes = 32768,
  parameter int DataRamBytes  = 131072,
  parameter int Multipliers   = 1,
  parameter int Accumulators  = 8,
  parameter int Simd4         = 0        // 1: msb_skip_simd4 in the place of msb_skip
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic irq_software_i,
  input  logic irq_timer_i,
  input  logic irq_external_i,

  output logic        console_valid_o,
  output logic [7:0]  console_o,
  output logic        exit_valid_o,
  output logic        marker_valid_o,
  output logic [31:0] value_o          // of the exit code or the marker
);

  localparam int XifIdWidth = 4;
  localparam int InstrWidth = $clog2(InstrRamBytes / 4);
  localparam int DataWidth  = $clog2(DataRamBytes / 4);

  initial begin
    if (InstrRamBytes != 2 ** (InstrWidth + 2) || DataRamBytes != 2 ** (DataWidth + 2)) begin
      $fatal(1, "RAM sizes must be powers of two");
    end
    if (Simd4 != 0 && Simd4 != 1) $fatal(1, "soc: Simd4 = %0d must be 0 or 1", Simd4);
  end

  logic        instr_req, instr_gnt, instr_rvalid, instr_err;
  logic [31:0] instr_addr, instr_rdata;
  logic        data_req, data_gnt, data_we, data_rvalid, data_err;
  logic [3:0]  data_be;
  logic [31:0] data_addr, data_wdata, data_rdata;

  logic                  xif_issue_valid, xif_issue_ready, xif_issue_accept, xif_issue_writeback;
  logic [31:0]           xif_issue_instr, xif_issue_hartid;
  logic [XifIdWidth-1:0] xif_issue_id;
  logic [1:0]            xif_issue_register_read;
  logic                  xif_register_valid, xif_register_ready;
  logic [31:0]           xif_register_hartid;
  logic [XifIdWidth-1:0] xif_register_id;
  logic [1:0][31:0]      xif_register_rs;
  logic [1:0]            xif_register_rs_valid;
  logic                  xif_commit_valid, xif_commit_kill;
  logic [31:0]           xif_commit_hartid;
  logic [XifIdWidth-1:0] xif_commit_id;
  logic                  xif_result_valid, xif_result_ready, xif_result_we;
  logic [31:0]           xif_result_hartid, xif_result_data;
  logic [XifIdWidth-1:0] xif_result_id;
  logic [4:0]            xif_result_rd;

  riscv #(
    .ResetVector(soc_pkg::InstrRamBase),
    .HartId     (32'd0),
    .XifIdWidth (XifIdWidth)
  ) u_riscv (
    .clk_i,
    .rst_ni,
    .irq_software_i,
    .irq_timer_i,
    .irq_external_i,
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
    .xif_issue_valid_o        (xif_issue_valid),
    .xif_issue_ready_i        (xif_issue_ready),
    .xif_issue_instr_o        (xif_issue_instr),
    .xif_issue_hartid_o       (xif_issue_hartid),
    .xif_issue_id_o           (xif_issue_id),
    .xif_issue_accept_i       (xif_issue_accept),
    .xif_issue_writeback_i    (xif_issue_writeback),
    .xif_issue_register_read_i(xif_issue_register_read),
    .xif_register_valid_o     (xif_register_valid),
    .xif_register_ready_i     (xif_register_ready),
    .xif_register_hartid_o    (xif_register_hartid),
    .xif_register_id_o        (xif_register_id),
    .xif_register_rs_o        (xif_register_rs),
    .xif_register_rs_valid_o  (xif_register_rs_valid),
    .xif_commit_valid_o       (xif_commit_valid),
    .xif_commit_hartid_o      (xif_commit_hartid),
    .xif_commit_id_o          (xif_commit_id),
    .xif_commit_kill_o        (xif_commit_kill),
    .xif_result_valid_i       (xif_result_valid),
    .xif_result_ready_o       (xif_result_ready),
    .xif_result_hartid_i      (xif_result_hartid),
    .xif_result_id_i          (xif_result_id),
    .xif_result_data_i        (xif_result_data),
    .xif_result_rd_i          (xif_result_rd),
    .xif_result_we_i          (xif_result_we)
  );

  // Whichever unit it is, its path is the same.
  if (Simd4 != 0) begin : g_unit
    msb_skip_simd4 #(
      .Accumulators(Accumulators),
      .IdWidth     (XifIdWidth)
    ) u_msb_skip (
      .clk_i,
      .rst_ni,
      .xif_issue_valid_i        (xif_issue_valid),
      .xif_issue_ready_o        (xif_issue_ready),
      .xif_issue_instr_i        (xif_issue_instr),
      .xif_issue_hartid_i       (xif_issue_hartid),
      .xif_issue_id_i           (xif_issue_id),
      .xif_issue_accept_o       (xif_issue_accept),
      .xif_issue_writeback_o    (xif_issue_writeback),
      .xif_issue_register_read_o(xif_issue_register_read),
      .xif_register_valid_i     (xif_register_valid),
      .xif_register_ready_o     (xif_register_ready),
      .xif_register_hartid_i    (xif_register_hartid),
      .xif_register_id_i        (xif_register_id),
      .xif_register_rs_i        (xif_register_rs),
      .xif_register_rs_valid_i  (xif_register_rs_valid),
      .xif_commit_valid_i       (xif_commit_valid),
      .xif_commit_hartid_i      (xif_commit_hartid),
      .xif_commit_id_i          (xif_commit_id),
      .xif_commit_kill_i        (xif_commit_kill),
      .xif_result_valid_o       (xif_result_valid),
      .xif_result_ready_i       (xif_result_ready),
      .xif_result_hartid_o      (xif_result_hartid),
      .xif_result_id_o          (xif_result_id),
      .xif_result_data_o        (xif_result_data),
      .xif_result_rd_o          (xif_result_rd),
      .xif_result_we_o          (xif_result_we)
    );
  end else begin : g_unit
    msb_skip #(
      .Multipliers (Multipliers),
      .Accumulators(Accumulators),
      .IdWidth     (XifIdWidth)
    ) u_msb_skip (
      .clk_i,
      .rst_ni,
      .xif_issue_valid_i        (xif_issue_valid),
      .xif_issue_ready_o        (xif_issue_ready),
      .xif_issue_instr_i        (xif_issue_instr),
      .xif_issue_hartid_i       (xif_issue_hartid),
      .xif_issue_id_i           (xif_issue_id),
      .xif_issue_accept_o       (xif_issue_accept),
      .xif_issue_writeback_o    (xif_issue_writeback),
      .xif_issue_register_read_o(xif_issue_register_read),
      .xif_register_valid_i     (xif_register_valid),
      .xif_register_ready_o     (xif_register_ready),
      .xif_register_hartid_i    (xif_register_hartid),
      .xif_register_id_i        (xif_register_id),
      .xif_register_rs_i        (xif_register_rs),
      .xif_register_rs_valid_i  (xif_register_rs_valid),
      .xif_commit_valid_i       (xif_commit_valid),
      .xif_commit_hartid_i      (xif_commit_hartid),
      .xif_commit_id_i          (xif_commit_id),
      .xif_commit_kill_i        (xif_commit_kill),
      .xif_result_valid_o       (xif_result_valid),
      .xif_result_ready_i       (xif_result_ready),
      .xif_result_hartid_o      (xif_result_hartid),
      .xif_result_id_o          (xif_result_id),
      .xif_result_data_o        (xif_result_data),
      .xif_result_rd_o          (xif_result_rd),
      .xif_result_we_o          (xif_result_we)
    );
  end

  logic                  instr_ram_req, instr_ram_we, data_ram_req, device_write;
  logic [InstrWidth-1:0] instr_ram_addr;
  logic [DataWidth-1:0]  data_ram_addr;
  logic [31:0]           instr_ram_rdata, data_ram_rdata;
  logic [1:0]            device_register;

  soc_bus #(
    .InstrRamBytes(InstrRamBytes),
    .DataRamBytes (DataRamBytes)
  ) u_bus (
    .clk_i,
    .rst_ni,
    .instr_req_i      (instr_req),
    .instr_gnt_o      (instr_gnt),
    .instr_addr_i     (instr_addr),
    .instr_rvalid_o   (instr_rvalid),
    .instr_rdata_o    (instr_rdata),
    .instr_err_o      (instr_err),
    .data_req_i       (data_req),
    .data_gnt_o       (data_gnt),
    .data_addr_i      (data_addr),
    .data_we_i        (data_we),
    .data_rvalid_o    (data_rvalid),
    .data_rdata_o     (data_rdata),
    .data_err_o       (data_err),
    .instr_ram_req_o  (instr_ram_req),
    .instr_ram_we_o   (instr_ram_we),
    .instr_ram_addr_o (instr_ram_addr),
    .instr_ram_rdata_i(instr_ram_rdata),
    .data_ram_req_o   (data_ram_req),
    .data_ram_addr_o  (data_ram_addr),
    .data_ram_rdata_i (data_ram_rdata),
    .device_write_o   (device_write),
    .device_register_o(device_register)
  );

  ram #(.Bytes(InstrRamBytes)) u_instr_ram (
    .clk_i,
    .req_i  (instr_ram_req),
    .we_i   (instr_ram_we),
    .be_i   (data_be),
    .addr_i (instr_ram_addr),
    .wdata_i(data_wdata),
    .rdata_o(instr_ram_rdata)
  );

  ram #(.Bytes(DataRamBytes)) u_data_ram (
    .clk_i,
    .req_i  (data_ram_req),
    .we_i   (data_we),
    .be_i   (data_be),
    .addr_i (data_ram_addr),
    .wdata_i(data_wdata),
    .rdata_o(data_ram_rdata)
  );

  soc_device u_device (
    .clk_i,
    .rst_ni,
    .write_i   (device_write),
    .register_i(device_register),
    .wdata_i   (data_wdata),
    .console_valid_o,
    .console_o,
    .exit_valid_o,
    .marker_valid_o,
    .value_o
  );

endmodule : soc
