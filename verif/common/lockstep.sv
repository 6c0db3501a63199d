// SPDX-License-Identifier: Apache-2.0
//
// Lock-step: hands every retired instruction (RVFI) to the reference, Spike with the same program,
// and stops at the first that it does not agree with. Verilator only, the reference comes by DPI.
//
//   rvfi_valid  __/~~\_____/~~\__    one call each; nothing is called in between
//   mismatch_o  _________________/~~~    and stays; the report is on stdout and in lockstep.json
//
// +lockstep switches it on, +trace=FILE writes a record of 64 bytes for each instruction (layout in
// spike/lockstep.cc). The reference starts anew with each reset.

`ifdef VERILATOR

module lockstep #(
  parameter logic [31:0] ResetVector  = 32'h8000_0000,
  parameter int          UsesUnit     = 0,             // 0: the bench's coprocessor, 1: msb_skip
  parameter int          Accumulators = 8,
  parameter int          Memories     = 1,
  parameter logic [Memories-1:0][31:0] MemoryBase  = ResetVector,
  parameter logic [Memories-1:0][31:0] MemoryBytes = 32'd4194304,
  parameter logic [31:0] DeviceBase   = 32'hf000_0000,
  parameter logic [31:0] DeviceBytes  = 32'd4096
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [63:0] cycle_i,

  // Answers of the buses, and what waits on them: the reference is told of errors
  input  logic        instr_answer_i,
  input  logic [31:0] instr_answer_addr_i,
  input  logic        instr_answer_err_i,
  input  logic        data_answer_i,
  input  logic [31:0] data_answer_addr_i,
  input  logic        data_answer_err_i,
  input  logic [12:0] busy_i,        // bits of the trace's field `busy`

  input  logic        rvfi_valid,
  input  logic [31:0] rvfi_insn,
  input  logic        rvfi_trap,
  input  logic        rvfi_intr,
  input  logic [4:0]  rvfi_rs1_addr,
  input  logic [4:0]  rvfi_rs2_addr,
  input  logic [31:0] rvfi_rs1_rdata,
  input  logic [31:0] rvfi_rs2_rdata,
  input  logic [4:0]  rvfi_rd_addr,
  input  logic [31:0] rvfi_rd_wdata,
  input  logic [31:0] rvfi_pc_rdata,
  input  logic [31:0] rvfi_pc_wdata,
  input  logic [31:0] rvfi_mem_addr,
  input  logic [3:0]  rvfi_mem_rmask,
  input  logic [3:0]  rvfi_mem_wmask,
  input  logic [31:0] rvfi_mem_rdata,
  input  logic [31:0] rvfi_mem_wdata,
  input  logic [31:0] rvfi_csr_mcause_wdata,
  input  logic [31:0] rvfi_csr_mtval_wdata,
  input  logic [31:0] rvfi_csr_mip_wdata,

  output logic        mismatch_o,
  output logic [63:0] compared_o
);

  import "DPI-C" function int lockstep_open(int reset_vector, string coprocessor, int accumulators);
  import "DPI-C" function int lockstep_memory(int base, int bytes, string image);
  import "DPI-C" function int lockstep_device(int base, int bytes);
  import "DPI-C" function int lockstep_trace(string path);
  import "DPI-C" function int lockstep_reset();
  import "DPI-C" function void lockstep_bus_answer(int is_data, int address, int error);
  import "DPI-C" function int lockstep_retire(
    longint cycle, int pc, int next_pc, int insn, int rs1_value, int rs2_value, int rd_value,
    int mem_addr, int mem_rdata, int mem_wdata, int registers, int masks_flags, int busy,
    int mcause, int mtval, int mip);

  logic  on;
  int    failed;
  string image, trace;

  initial begin
    on     = $test$plusargs("lockstep") != 0;
    failed = 0;
    if (on) begin
      failed |= lockstep_open(ResetVector, UsesUnit != 0 ? "msb_skip" : "adder", Accumulators);
      for (int i = 0; i < Memories; i++) begin
        if (!$value$plusargs($sformatf("memory%0d=%%s", i), image)) image = "";
        failed |= lockstep_memory(MemoryBase[i], MemoryBytes[i], image);
      end
      failed |= lockstep_device(DeviceBase, DeviceBytes);
      if ($value$plusargs("trace=%s", trace)) failed |= lockstep_trace(trace);
      if (failed != 0) $fatal(1, "the reference does not start");
    end
  end

  always @(negedge rst_ni) begin
    if (on && lockstep_reset() != 0) $fatal(1, "the reference does not start");
  end

  // What happened since the last retirement; the answers of this cycle belong to what comes next.
  logic [12:0] busy_q;

  initial mismatch_o = 1'b0;
  initial compared_o = '0;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= '0;
    end else if (on && !mismatch_o) begin
      busy_q <= rvfi_valid ? busy_i : busy_q | busy_i;
      if (rvfi_valid) begin
        compared_o <= compared_o + 64'd1;
        if (lockstep_retire(
              cycle_i, rvfi_pc_rdata, rvfi_pc_wdata, rvfi_insn, rvfi_rs1_rdata, rvfi_rs2_rdata,
              rvfi_rd_wdata, rvfi_mem_addr, rvfi_mem_rdata, rvfi_mem_wdata,
              {17'b0, rvfi_rd_addr, rvfi_rs2_addr, rvfi_rs1_addr},
              {22'b0, rvfi_intr, rvfi_trap, rvfi_mem_wmask, rvfi_mem_rmask}, 32'(busy_q),
              rvfi_csr_mcause_wdata, rvfi_csr_mtval_wdata, rvfi_csr_mip_wdata) != 0) begin
          mismatch_o <= 1'b1;
        end
      end
      if (instr_answer_i) lockstep_bus_answer(0, instr_answer_addr_i, 32'(instr_answer_err_i));
      if (data_answer_i)  lockstep_bus_answer(1, data_answer_addr_i, 32'(data_answer_err_i));
    end
  end

endmodule : lockstep

`endif
