// SPDX-License-Identifier: Apache-2.0
//
// RISC-V formal interface: one channel that tells what each instruction did, in the cycle after it
// left the core.
//
// An instruction is recorded when X sends it to M and reported when M is done with it. One that
// traps in X is reported straight from X (M is empty then), one whose access fails when its trap is
// taken. Accesses follow the convention for unaligned memory: mem_addr is the address of the first
// byte, masks and data start at bit 0.
//
// Beyond the counters, mcause and mtval tell what a trap wrote, and mip what every instruction saw.
// No instruction writes mip, so its wdata, which no wmask covers, tells what else the bench has to
// know: for the first instruction of an interrupt's handler, what the interrupt was chosen from;
// for the one behind a WFI, which retires before it sleeps, what ended the sleep.
//
// An instruction that could not be fetched is reported as zero.

module riscv_rvfi
  import riscv_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  // Events
  input  logic x_send_i,          // X sends an instruction, or a part of an access, to M
  input  logic x_second_i,        // it is the second part: its address is recorded already
  input  logic x_last_i,          // what X sends is not the first part of a split access
  input  logic x_trap_i,          // the instruction in X traps
  input  logic m_done_i,          // the instruction or part in M completes
  input  logic m_trap_i,          // the instruction that was in M traps
  input  logic irq_i,             // an interrupt is taken
  input  logic wake_i,            // sleep ends

  // The instruction in X
  input  op_e         op_i,
  input  logic [31:0] insn_i,
  input  logic [1:0]  size_i,
  input  logic [4:0]  rs1_addr_i,
  input  logic [4:0]  rs2_addr_i,
  input  logic        rs1_used_i,
  input  logic        rs2_used_i,
  input  logic [31:0] rs1_rdata_i,
  input  logic [31:0] rs2_rdata_i,
  input  logic [31:0] pc_i,
  input  logic [31:0] next_pc_i,  // of a trap: its handler
  input  logic [31:0] mem_addr_i,
  input  logic [11:0] csr_addr_i,
  input  logic        csr_write_i,
  input  logic [31:0] csr_rdata_i,
  input  logic [31:0] csr_wdata_i,
  input  logic [31:0] mip_i,
  input  logic [31:0] trap_cause_i,
  input  logic [31:0] trap_value_i,
  input  logic [63:0] mcycle_i,
  input  logic [63:0] minstret_i,

  // The instruction in M
  input  logic        rd_we_i,
  input  logic [4:0]  rd_addr_i,
  input  logic [31:0] rd_wdata_i,
  input  logic [31:0] mem_rdata_i,

  output logic        rvfi_valid,
  output logic [63:0] rvfi_order,
  output logic [31:0] rvfi_insn,
  output logic        rvfi_trap,
  output logic        rvfi_halt,
  output logic        rvfi_intr,
  output logic [1:0]  rvfi_mode,
  output logic [1:0]  rvfi_ixl,
  output logic [4:0]  rvfi_rs1_addr,
  output logic [4:0]  rvfi_rs2_addr,
  output logic [31:0] rvfi_rs1_rdata,
  output logic [31:0] rvfi_rs2_rdata,
  output logic [4:0]  rvfi_rd_addr,
  output logic [31:0] rvfi_rd_wdata,
  output logic [31:0] rvfi_pc_rdata,
  output logic [31:0] rvfi_pc_wdata,
  output logic [31:0] rvfi_mem_addr,
  output logic [3:0]  rvfi_mem_rmask,
  output logic [3:0]  rvfi_mem_wmask,
  output logic [31:0] rvfi_mem_rdata,
  output logic [31:0] rvfi_mem_wdata,
  output logic        rvfi_mem_fault,
  output logic [3:0]  rvfi_mem_fault_rmask,
  output logic [3:0]  rvfi_mem_fault_wmask,
  output logic [63:0] rvfi_csr_mcycle_rmask,
  output logic [63:0] rvfi_csr_mcycle_wmask,
  output logic [63:0] rvfi_csr_mcycle_rdata,
  output logic [63:0] rvfi_csr_mcycle_wdata,
  output logic [63:0] rvfi_csr_minstret_rmask,
  output logic [63:0] rvfi_csr_minstret_wmask,
  output logic [63:0] rvfi_csr_minstret_rdata,
  output logic [63:0] rvfi_csr_minstret_wdata,
  output logic [31:0] rvfi_csr_mcause_rmask,
  output logic [31:0] rvfi_csr_mcause_wmask,
  output logic [31:0] rvfi_csr_mcause_rdata,
  output logic [31:0] rvfi_csr_mcause_wdata,
  output logic [31:0] rvfi_csr_mtval_rmask,
  output logic [31:0] rvfi_csr_mtval_wmask,
  output logic [31:0] rvfi_csr_mtval_rdata,
  output logic [31:0] rvfi_csr_mtval_wdata,
  output logic [31:0] rvfi_csr_mip_rmask,
  output logic [31:0] rvfi_csr_mip_wmask,
  output logic [31:0] rvfi_csr_mip_rdata,
  output logic [31:0] rvfi_csr_mip_wdata
);

  // What is known in X, packed so that it can be recorded in one go

  typedef struct packed {
    logic [31:0] insn;
    logic [4:0]  rs1_addr, rs2_addr;
    logic [31:0] rs1_rdata, rs2_rdata;
    logic [31:0] pc, next_pc;
    logic [31:0] mem_addr, mem_wdata;
    logic [3:0]  mem_rmask, mem_wmask;
    logic [63:0] mcycle_rmask, mcycle_wmask, mcycle_rdata, mcycle_wdata;
    logic [63:0] minstret_rmask, minstret_wmask, minstret_rdata, minstret_wdata;
    logic        reads_mcause, reads_mtval, csr_writes;
    logic [31:0] csr_rdata, csr_wdata;
    logic [31:0] mip, lines;
  } record_t;

  function automatic logic [63:0] half_mask(input logic is_low, input logic is_high);
    half_mask = {{32{is_high}}, {32{is_low}}};
  endfunction

  wire        is_csr = op_i == OpCsr && !x_trap_i;
  wire        is_mem = (op_i == OpLoad || op_i == OpStore) && !x_trap_i;
  wire [3:0]  bytes  = {size_i[1], size_i[1], |size_i, 1'b1};

  wire [11:0] csr_addr      = csr_behind(csr_addr_i);
  wire [63:0] mcycle_mask   = half_mask(is_csr && csr_addr == CsrMcycle,
                                        is_csr && csr_addr == CsrMcycleh);
  wire [63:0] minstret_mask = half_mask(is_csr && csr_addr == CsrMinstret,
                                        is_csr && csr_addr == CsrMinstreth);

  // What an interrupt was chosen from, or sleep ended with, until the next instruction is sent
  logic        irq_seen_q;
  logic [31:0] irq_lines_q;

  record_t x, m_q, retired;

  always_comb begin
    x.insn           = insn_i;
    x.rs1_addr       = rs1_used_i ? rs1_addr_i : '0;
    x.rs2_addr       = rs2_used_i ? rs2_addr_i : '0;
    x.rs1_rdata      = rs1_used_i ? rs1_rdata_i : '0;
    x.rs2_rdata      = rs2_used_i ? rs2_rdata_i : '0;
    x.pc             = pc_i;
    x.next_pc        = next_pc_i;
    x.mem_addr       = !is_mem ? '0 : x_second_i ? m_q.mem_addr : mem_addr_i;
    x.mem_wdata      = is_mem ? rs2_rdata_i : '0;
    x.mem_rmask      = op_i == OpLoad && is_mem ? bytes : '0;
    x.mem_wmask      = op_i == OpStore && is_mem ? bytes : '0;
    x.mcycle_rmask   = mcycle_mask;
    x.mcycle_wmask   = csr_write_i ? mcycle_mask : '0;
    x.mcycle_rdata   = mcycle_i & mcycle_mask;
    x.mcycle_wdata   = {2{csr_wdata_i}} & mcycle_mask;
    x.minstret_rmask = minstret_mask;
    x.minstret_wmask = csr_write_i ? minstret_mask : '0;
    x.minstret_rdata = minstret_i & minstret_mask;
    x.minstret_wdata = {2{csr_wdata_i}} & minstret_mask;
    x.reads_mcause   = is_csr && csr_addr_i == CsrMcause;
    x.reads_mtval    = is_csr && csr_addr_i == CsrMtval;
    x.csr_writes     = csr_write_i;
    x.csr_rdata      = csr_rdata_i;
    x.csr_wdata      = csr_wdata_i;
    x.mip            = mip_i;
    x.lines          = irq_seen_q ? irq_lines_q : mip_i;
  end

  // Report

  logic [63:0] order_q;
  logic        intr_q;             // the next instruction is the first of a handler
  wire         trap   = x_trap_i || m_trap_i;
  logic        m_last_q;
  wire         report = trap || (m_done_i && m_last_q);

  assign retired = x_trap_i ? x : m_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rvfi_valid <= 1'b0;
      order_q    <= '0;
      intr_q     <= 1'b0;
      irq_seen_q <= 1'b0;
    end else begin
      rvfi_valid <= report;
      if (report) order_q <= order_q + 64'd1;
      if (trap || irq_i) intr_q <= 1'b1;
      else if (report)   intr_q <= 1'b0;
      if (irq_i)                     irq_seen_q <= 1'b1;
      else if (x_last_i || x_trap_i) irq_seen_q <= 1'b0;
      else if (wake_i)               irq_seen_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (irq_i || wake_i) irq_lines_q <= mip_i;
    if (x_send_i) begin
      m_q      <= x;
      m_last_q <= x_last_i;
    end
    rvfi_order     <= order_q;
    rvfi_intr      <= intr_q;
    rvfi_trap      <= trap;
    rvfi_insn      <= retired.insn;
    rvfi_rs1_addr  <= retired.rs1_addr;
    rvfi_rs2_addr  <= retired.rs2_addr;
    rvfi_rs1_rdata <= retired.rs1_rdata;
    rvfi_rs2_rdata <= retired.rs2_rdata;
    rvfi_rd_addr   <= rd_we_i && !trap ? rd_addr_i : '0;
    rvfi_rd_wdata  <= rd_we_i && !trap ? rd_wdata_i : '0;
    rvfi_pc_rdata  <= retired.pc;
    rvfi_pc_wdata  <= m_trap_i ? next_pc_i : retired.next_pc;
    rvfi_mem_addr  <= retired.mem_addr;
    rvfi_mem_rmask <= trap ? '0 : retired.mem_rmask;
    rvfi_mem_wmask <= trap ? '0 : retired.mem_wmask;
    rvfi_mem_rdata <= retired.mem_rmask != '0 && !trap ? mem_rdata_i : '0;
    rvfi_mem_wdata <= retired.mem_wdata;
    rvfi_mem_fault       <= m_trap_i || (x_trap_i && trap_cause_i == 32'(CauseFetchFault));
    rvfi_mem_fault_rmask <= m_trap_i ? m_q.mem_rmask : '0;
    rvfi_mem_fault_wmask <= m_trap_i ? m_q.mem_wmask : '0;
    rvfi_csr_mcycle_rmask   <= retired.mcycle_rmask;
    rvfi_csr_mcycle_wmask   <= retired.mcycle_wmask;
    rvfi_csr_mcycle_rdata   <= retired.mcycle_rdata;
    rvfi_csr_mcycle_wdata   <= retired.mcycle_wdata;
    rvfi_csr_minstret_rmask <= retired.minstret_rmask;
    rvfi_csr_minstret_wmask <= retired.minstret_wmask;
    rvfi_csr_minstret_rdata <= retired.minstret_rdata;
    rvfi_csr_minstret_wdata <= retired.minstret_wdata;
    rvfi_csr_mcause_rmask   <= {32{retired.reads_mcause}};
    rvfi_csr_mcause_wmask   <= {32{trap || (retired.reads_mcause && retired.csr_writes)}};
    rvfi_csr_mcause_rdata   <= retired.csr_rdata;
    rvfi_csr_mcause_wdata   <= trap ? trap_cause_i : retired.csr_wdata;
    rvfi_csr_mtval_rmask    <= {32{retired.reads_mtval}};
    rvfi_csr_mtval_wmask    <= {32{trap || (retired.reads_mtval && retired.csr_writes)}};
    rvfi_csr_mtval_rdata    <= retired.csr_rdata;
    rvfi_csr_mtval_wdata    <= trap ? trap_value_i : retired.csr_wdata;
    rvfi_csr_mip_rmask      <= '1;
    rvfi_csr_mip_wmask      <= '0;
    rvfi_csr_mip_rdata      <= retired.mip;
    rvfi_csr_mip_wdata      <= retired.lines;
  end

  assign rvfi_halt = 1'b0;
  assign rvfi_mode = 2'd3;
  assign rvfi_ixl  = 2'd1;

endmodule : riscv_rvfi
