// SPDX-License-Identifier: Apache-2.0
//
// Bench of the system: clock, reset, RAM contents, and an event counter that tells Python when the
// program reached a marker. Between markers no Python runs.

`timescale 1ns/1ps

`ifndef NETLIST  // of which only the ports are known
`ifndef MUTANTS
`define INSIDES
`endif
`endif

module bench #(
  parameter int Multipliers  = 1,
  parameter int Accumulators = 8,
  parameter int Simd4        = 0
);

  localparam int ResetCycles = 4;
  localparam int Characters  = 16;
  localparam logic [7:0] InterruptMarker = 8'd4;

  logic clk = 1'b0;
  logic rst_n = 1'b1;
  always #5 clk = ~clk;

  initial begin
    #2 rst_n = 1'b0;  // a real edge, also for flip-flops that power up high
    repeat (ResetCycles) @(negedge clk);
    rst_n = 1'b1;
  end

  logic        console_valid, exit_valid, marker_valid;
  logic [7:0]  console;
  logic [31:0] value;
  logic [2:0]  lines = '0;

`ifdef MUTANTS
  // A netlist with mutants (scripts/mutants.py), whose parameters are set already
  logic [9:0] mutant;
  initial if (!$value$plusargs("mutant=%d", mutant)) mutant = '0;

  soc u_soc (
    .mutsel         (mutant),
`else
  soc #(
    .Multipliers (Multipliers),
    .Accumulators(Accumulators),
    .Simd4       (Simd4)
  ) u_soc (
`endif
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .irq_software_i (lines[0]),
    .irq_timer_i    (lines[1]),
    .irq_external_i (lines[2]),
    .console_valid_o(console_valid),
    .console_o      (console),
    .exit_valid_o   (exit_valid),
    .marker_valid_o (marker_valid),
    .value_o        (value)
  );

  // Under LOCKSTEP the reference follows core and unit.
`ifdef LOCKSTEP
  logic        mismatch;
  logic [63:0] compared;

  lockstep #(
    .ResetVector (soc_pkg::InstrRamBase),
    .UsesUnit    (1),
    .Accumulators(Accumulators),
    .Memories    (2),
    .MemoryBase  ({soc_pkg::DataRamBase, soc_pkg::InstrRamBase}),
    .MemoryBytes ({32'd131072, 32'd32768}),
    .DeviceBase  (soc_pkg::DeviceBase)
  ) u_lockstep (
    .clk_i                (clk),
    .rst_ni               (rst_n),
    .cycle_i              (cycle),
    .instr_answer_i       (1'b0),
    .instr_answer_addr_i  ('0),
    .instr_answer_err_i   (1'b0),
    .data_answer_i        (1'b0),
    .data_answer_addr_i   ('0),
    .data_answer_err_i    (1'b0),
    .busy_i               ('0),
    .rvfi_valid           (u_soc.u_riscv.rvfi_valid),
    .rvfi_insn            (u_soc.u_riscv.rvfi_insn),
    .rvfi_trap            (u_soc.u_riscv.rvfi_trap),
    .rvfi_intr            (u_soc.u_riscv.rvfi_intr),
    .rvfi_rs1_addr        (u_soc.u_riscv.rvfi_rs1_addr),
    .rvfi_rs2_addr        (u_soc.u_riscv.rvfi_rs2_addr),
    .rvfi_rs1_rdata       (u_soc.u_riscv.rvfi_rs1_rdata),
    .rvfi_rs2_rdata       (u_soc.u_riscv.rvfi_rs2_rdata),
    .rvfi_rd_addr         (u_soc.u_riscv.rvfi_rd_addr),
    .rvfi_rd_wdata        (u_soc.u_riscv.rvfi_rd_wdata),
    .rvfi_pc_rdata        (u_soc.u_riscv.rvfi_pc_rdata),
    .rvfi_pc_wdata        (u_soc.u_riscv.rvfi_pc_wdata),
    .rvfi_mem_addr        (u_soc.u_riscv.rvfi_mem_addr),
    .rvfi_mem_rmask       (u_soc.u_riscv.rvfi_mem_rmask),
    .rvfi_mem_wmask       (u_soc.u_riscv.rvfi_mem_wmask),
    .rvfi_mem_rdata       (u_soc.u_riscv.rvfi_mem_rdata),
    .rvfi_mem_wdata       (u_soc.u_riscv.rvfi_mem_wdata),
    .rvfi_csr_mcause_wdata(u_soc.u_riscv.rvfi_csr_mcause_wdata),
    .rvfi_csr_mtval_wdata (u_soc.u_riscv.rvfi_csr_mtval_wdata),
    .rvfi_csr_mip_wdata   (u_soc.u_riscv.rvfi_csr_mip_wdata),
    .mismatch_o           (mismatch),
    .compared_o           (compared)
  );
`endif

  // Icarus 11 has no string parameters, hence the RAMs are filled from here.
  reg [8*512-1:0] path;
  initial begin
    if ($value$plusargs("instruction_ram=%s", path)) $readmemh(path, u_soc.u_instr_ram.mem);
    if ($value$plusargs("data_ram=%s", path)) $readmemh(path, u_soc.u_data_ram.mem);
  end

  logic [63:0] cycle = '0;
  logic [31:0] events = '0;       // one more for each marker and for the exit
  logic [31:0] event_value = '0;
  logic [31:0] event_retired = '0;  // instructions before it; 0 on a netlist
  logic        event_exit = 1'b0;

  logic [8*Characters-1:0] console_text = '0;  // the last ones written

  // Only the program knows when it is ready for an interrupt, so it sets the lines itself.
  wire sets_lines = marker_valid && value[31:24] == InterruptMarker;

  // `events` is written last, so that whoever wakes on it finds the others already new.
  always_ff @(posedge clk) begin
    cycle <= cycle + 64'd1;
    if (sets_lines) lines <= value[2:0];
    if ((marker_valid && !sets_lines) || exit_valid) begin
      event_value   <= value;
`ifdef INSIDES
      event_retired <= u_soc.u_riscv.u_csr.minstret_q[31:0];
`endif
      event_exit    <= exit_valid;
      events        <= events + 32'd1;
    end
    if (console_valid) begin
      $write("%c", console);
      console_text <= {console_text[8*(Characters-1)-1:0], console};
    end
  end

`ifdef INSIDES
  `include "probe.vh"
`endif

endmodule : bench
