// SPDX-License-Identifier: Apache-2.0
//
// Machine-mode CSRs, counters, and the choice of interrupt.
//
// Stage X reads and writes here only while stage M is empty, so that every older instruction has
// left its mark (minstret included) and none can trap any more. clear_i, high in the first cycle
// after reset, is a write of zero to all registers without a reset of their own; what must be right
// in that very cycle (enables, inputs) has one.
//
// A level on an interrupt input reaches mip one cycle later: no path leads from these inputs to a
// bus.

module riscv_csr
  import riscv_pkg::*;
#(
  parameter logic [31:0] HartId = 32'd0
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic clear_i,

  input  logic irq_software_i,
  input  logic irq_timer_i,
  input  logic irq_external_i,
  output logic irq_o,               // an enabled interrupt is pending and mstatus.MIE is set
  output logic wake_o,              // an enabled interrupt is pending, whatever mstatus.MIE
  output logic [4:0] irq_cause_o,

  // Access by the instruction in X
  input  logic [11:0] addr_i,
  input  logic [1:0]  funct3_i,     // 1 write, 2 set, 3 clear
  input  logic        rs1_zero_i,   // x0 or immediate 0: CSRRS and CSRRC do not write
  input  logic [31:0] operand_i,
  input  logic        access_i,     // the instruction completes in this cycle
  output logic        illegal_o,    // absent, or a write to one that cannot be written
  output logic [31:0] rdata_o,

  // Traps
  input  logic        trap_i,
  input  logic [4:0]  trap_cause_i,
  input  logic [31:1] trap_pc_i,
  input  logic [31:0] trap_value_i,
  input  logic        mret_i,
  output logic [31:0] mepc_o,
  output logic [31:0] tvec_base_o,
  output logic        tvec_vectored_o,

  input  logic        retire_i,
`ifdef RVFI
  output logic [63:0] mcycle_o,
  output logic [63:0] minstret_o,
  output logic [31:0] wdata_o,
  output logic [31:0] mip_o,
`endif
  output logic        counted_write_o   // the access writes minstret: it does not count itself
);

  logic        mie_q, mpie_q;                // mstatus
  logic [2:0]  enable_q, pending_q;          // mie, mip: external, timer, software
  logic [29:0] tvec_base_q;
  logic        tvec_vectored_q;
  logic [30:0] mepc_q;
  logic [4:0]  mcause_q;
  logic [31:0] mtval_q, mscratch_q;
  logic [63:0] mcycle_q, minstret_q;
  logic [1:0]  inhibit_q;                    // mcountinhibit: IR, CY

  // Read

  function automatic logic [31:0] irq_bits(input logic [2:0] bits);
    irq_bits = {20'b0, bits[2], 3'b0, bits[1], 3'b0, bits[0], 3'b0};
  endfunction

  // `time` has nothing behind it and is absent: where a system has a clock, the trap reads it.
  wire [11:0] addr = csr_behind(addr_i);

  always_comb begin
    unique case (addr)
      CsrMstatus:       rdata_o = {19'b0, 2'b11, 3'b0, mpie_q, 3'b0, mie_q, 3'b0};
      CsrMisa:          rdata_o = 32'h4000_1104;                     // RV32, extensions C, I, M
      CsrMie:           rdata_o = irq_bits(enable_q);
      CsrMtvec:         rdata_o = {tvec_base_q, 1'b0, tvec_vectored_q};
      CsrMcountinhibit: rdata_o = {29'b0, inhibit_q[1], 1'b0, inhibit_q[0]};
      CsrMscratch:      rdata_o = mscratch_q;
      CsrMepc:          rdata_o = mepc_o;
      CsrMcause:        rdata_o = {mcause_q[4], 27'b0, mcause_q[3:0]};
      CsrMtval:         rdata_o = mtval_q;
      CsrMip:           rdata_o = irq_bits(pending_q);
      CsrMcycle:        rdata_o = mcycle_q[31:0];
      CsrMcycleh:       rdata_o = mcycle_q[63:32];
      CsrMinstret:      rdata_o = minstret_q[31:0];
      CsrMinstreth:     rdata_o = minstret_q[63:32];
      CsrMhartid:       rdata_o = HartId;
      default:          rdata_o = '0;
    endcase
  end

  // mhpmcounter3..31, their upper halves and mhpmevent3..31 are zero, whatever is written, as the
  // privileged specification has it.
  wire is_counter = addr[11:8] == 4'hb && addr[6:5] == 2'b00;
  wire is_event   = addr[11:5] == 7'b0011_001;

  // tselect, tdata1..3: zero says that there is no trigger.
  wire is_trigger = addr[11:2] == CsrTselect[11:2];

  logic present;
  always_comb begin
    unique case (addr)
      CsrMstatus, CsrMstatush, CsrMisa, CsrMie, CsrMtvec, CsrMcountinhibit, CsrMscratch, CsrMepc,
      CsrMcause, CsrMtval, CsrMip, CsrMcycle, CsrMcycleh, CsrMinstret, CsrMinstreth, CsrMvendorid,
      CsrMarchid, CsrMimpid, CsrMhartid, CsrMconfigptr: present = 1'b1;
      default:       present = is_trigger || ((is_counter || is_event) && addr[4:0] >= 5'd3);
    endcase
  end

  wire reads_only = funct3_i[1] && rs1_zero_i;
  assign illegal_o = !present || (addr_i[11:10] == 2'b11 && !reads_only);

  // Write

  wire [31:0] set_or_clear = funct3_i[0] ? rdata_o & ~operand_i : rdata_o | operand_i;
  wire [31:0] wdata        = clear_i ? '0 : funct3_i[1] ? set_or_clear : operand_i;
  wire        write        = access_i && !reads_only;

  wire write_mstatus  = write && addr_i == CsrMstatus;
  wire write_mie      = write && addr_i == CsrMie;
  wire write_inhibit  = write && addr_i == CsrMcountinhibit;
  wire write_mtvec    = clear_i || (write && addr_i == CsrMtvec);
  wire write_mscratch = clear_i || (write && addr_i == CsrMscratch);
  wire write_mepc     = clear_i || (write && addr_i == CsrMepc);
  wire write_mcause   = clear_i || (write && addr_i == CsrMcause);
  wire write_mtval    = clear_i || (write && addr_i == CsrMtval);
  wire write_mcycle   = clear_i || (write && addr_i == CsrMcycle);
  wire write_mcycleh  = clear_i || (write && addr_i == CsrMcycleh);
  wire write_minstret  = clear_i || (write && addr_i == CsrMinstret);
  wire write_minstreth = clear_i || (write && addr_i == CsrMinstreth);

  assign counted_write_o = write_minstret || write_minstreth;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mie_q     <= 1'b0;
      mpie_q    <= 1'b0;
      enable_q  <= '0;
      pending_q <= '0;
      inhibit_q <= '0;
    end else begin
      pending_q <= {irq_external_i, irq_timer_i, irq_software_i};
      if (trap_i) begin
        mie_q  <= 1'b0;
        mpie_q <= mie_q;
      end else if (mret_i) begin
        mie_q  <= mpie_q;
        mpie_q <= 1'b1;
      end else if (write_mstatus) begin
        mie_q  <= wdata[3];
        mpie_q <= wdata[7];
      end
      if (write_mie)     enable_q  <= {wdata[11], wdata[7], wdata[3]};
      if (write_inhibit) inhibit_q <= {wdata[2], wdata[0]};
    end
  end

  always_ff @(posedge clk_i) begin
    if (write_mtvec)    {tvec_base_q, tvec_vectored_q} <= {wdata[31:2], wdata[0]};
    if (write_mscratch) mscratch_q <= wdata;
    if (trap_i || write_mepc)   mepc_q   <= trap_i ? trap_pc_i : wdata[31:1];
    if (trap_i || write_mcause) mcause_q <= trap_i ? trap_cause_i : {wdata[31], wdata[3:0]};
    if (trap_i || write_mtval)  mtval_q  <= trap_i ? trap_value_i : wdata;
  end

  // Counters: a write to one half leaves the other one, and the count of this cycle is lost. The
  // upper bits are clocked only when the lowest eight overflow.

  always_ff @(posedge clk_i) begin
    if (write_mcycle || write_mcycleh) begin
      if (write_mcycle)  mcycle_q[31:0]  <= wdata;
      if (write_mcycleh) mcycle_q[63:32] <= wdata;
    end else if (!inhibit_q[0]) begin
      mcycle_q[7:0] <= mcycle_q[7:0] + 8'd1;
      if (&mcycle_q[7:0]) mcycle_q[63:8] <= mcycle_q[63:8] + 56'd1;
    end
    if (write_minstret || write_minstreth) begin
      if (write_minstret)  minstret_q[31:0]  <= wdata;
      if (write_minstreth) minstret_q[63:32] <= wdata;
    end else if (retire_i && !inhibit_q[1]) begin
      minstret_q[7:0] <= minstret_q[7:0] + 8'd1;
      if (&minstret_q[7:0]) minstret_q[63:8] <= minstret_q[63:8] + 56'd1;
    end
  end

  // Interrupts: external before software before timer

  wire [2:0] raised = pending_q & enable_q;

  assign wake_o = raised != '0;
  assign irq_o  = wake_o && mie_q;
  assign irq_cause_o = raised[2] ? CauseIrqExternal : raised[0] ? CauseIrqSoftware : CauseIrqTimer;

  assign mepc_o          = {mepc_q, 1'b0};
  assign tvec_base_o     = {tvec_base_q, 2'b00};
  assign tvec_vectored_o = tvec_vectored_q;

`ifdef RVFI
  assign mcycle_o   = mcycle_q;
  assign minstret_o = minstret_q;
  assign wdata_o    = wdata;
  assign mip_o      = irq_bits(pending_q);
`endif

endmodule : riscv_csr
