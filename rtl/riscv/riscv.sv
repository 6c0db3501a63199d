// SPDX-License-Identifier: Apache-2.0
//
// RV32IMC_Zicsr_Zifencei core, machine mode, three stages, in order.
//
//   F  fetch queue, cutting into instructions, expansion, prediction      (riscv_fetch, and below)
//   X  decode, registers, ALU, multiply and divide, jumps, CSRs, requests, offers to a coprocessor
//   M  answer of the bus or the coprocessor, register write
//
//   lw   F X M                    lw   F X M                      beq  F X M
//   add    F X M   forwarded      lw     F - X M   one bubble     dst    - F X M   one bubble
//
// All traps but access faults of loads and stores are taken in X, and, like all that touches CSRs,
// only while M is empty: nothing younger has happened, nothing older can fail. An access fault is
// noticed in M, and taken one cycle later (fault_q), so that no bus answer finds its way into a
// request of the same cycle; what X did meanwhile is undone: a jump is overruled by the trap's, an
// offer to the coprocessor is killed.

module riscv
  import riscv_pkg::*;
#(
  parameter logic [31:0] ResetVector = 32'h8000_0000,
  parameter logic [31:0] HartId      = 32'd0,
  parameter int          XifIdWidth  = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic irq_software_i,
  input  logic irq_timer_i,
  input  logic irq_external_i,

  // Instruction fetch (OBI)
  output logic        instr_req_o,
  input  logic        instr_gnt_i,
  output logic [31:0] instr_addr_o,
  input  logic        instr_rvalid_i,
  input  logic [31:0] instr_rdata_i,
  input  logic        instr_err_i,

  // Loads and stores (OBI)
  output logic        data_req_o,
  input  logic        data_gnt_i,
  output logic [31:0] data_addr_o,
  output logic        data_we_o,
  output logic [3:0]  data_be_o,
  output logic [31:0] data_wdata_o,
  input  logic        data_rvalid_i,
  input  logic [31:0] data_rdata_i,
  input  logic        data_err_i,

  // Coprocessor (CV-X-IF)
  output logic                  xif_issue_valid_o,
  input  logic                  xif_issue_ready_i,
  output logic [31:0]           xif_issue_instr_o,
  output logic [31:0]           xif_issue_hartid_o,
  output logic [XifIdWidth-1:0] xif_issue_id_o,
  input  logic                  xif_issue_accept_i,
  input  logic                  xif_issue_writeback_i,
  // Both registers always come along: nothing depends on which ones are read.
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [1:0]            xif_issue_register_read_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic                  xif_register_valid_o,
  input  logic                  xif_register_ready_i,
  output logic [31:0]           xif_register_hartid_o,
  output logic [XifIdWidth-1:0] xif_register_id_o,
  output logic [1:0][31:0]      xif_register_rs_o,
  output logic [1:0]            xif_register_rs_valid_o,
  output logic                  xif_commit_valid_o,
  output logic [31:0]           xif_commit_hartid_o,
  output logic [XifIdWidth-1:0] xif_commit_id_o,
  output logic                  xif_commit_kill_o,
  input  logic                  xif_result_valid_i,
  output logic                  xif_result_ready_o,
  input  logic [31:0]           xif_result_hartid_i,
  input  logic [XifIdWidth-1:0] xif_result_id_i,
  input  logic [31:0]           xif_result_data_i,
  input  logic [4:0]            xif_result_rd_i,
  input  logic                  xif_result_we_i
`ifdef RVFI
  ,
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
`endif
);

  localparam logic [31:0] Nop = 32'h0000_0013;

  logic clear_q;                     // first cycle after reset: clears registers without a reset
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) clear_q <= 1'b1;
    else         clear_q <= 1'b0;
  end

  // ---- F ----

  logic        redirect, redirect_ready;
  logic [31:1] target;
  logic [31:0] address;
  logic        f_valid, f_ready, f_compressed, f_illegal, f_guessed, f_err, f_err_upper;
  logic [31:1] f_pc;
  logic [31:0] f_instr;
  logic [15:0] f_parcel;

  riscv_fetch #(.ResetVector(ResetVector)) u_fetch (
    .clk_i,
    .rst_ni,
    .redirect_i      (redirect),
    .redirect_ready_o(redirect_ready),
    .target_i        (target),
    .instr_req_o,
    .instr_gnt_i,
    .instr_addr_o,
    .instr_rvalid_i,
    .instr_rdata_i,
    .instr_err_i,
    .valid_o         (f_valid),
    .ready_i         (f_ready),
    .instr_o         (f_instr),
    .parcel_o        (f_parcel),
    .compressed_o    (f_compressed),
    .illegal_o       (f_illegal),
    .pc_o            (f_pc),
    .guessed_o       (f_guessed),
    .err_o           (f_err),
    .err_upper_o     (f_err_upper)
  );

  // ---- X ----

  logic        x_valid_q, x_compressed_q, x_illegal_q, x_err_q, x_err_upper_q;
  logic        x_started_q;          // too late for an interrupt
  logic        x_redirected_q;       // the jump in X has been made, M was not free for it
  logic [31:0] x_instr_q;
  logic [15:0] x_parcel_q;
  logic        x_guessed_q;          // F went on at the target
  logic [31:1] x_pc_q;

  logic        m_valid_q;
  logic        m_mem_q;              // waits for the bus
  logic        m_load_q;
  logic        m_xif_q;              // waits for the coprocessor's result
  logic        m_we_q;               // will write m_rd_q
  logic        m_count_q;            // counts in minstret; not so the first part of a split access
  logic        m_second_q;           // the second part of a split access
  logic [4:0]  m_rd_q;
  logic [2:0]  m_funct3_q;
  logic [31:1] m_pc_q;
  logic [31:0] m_result_q;           // result, or address of the access
  logic        fault_q;              // the access that was in M has failed

  logic m_done, trap;

  // Behind the instruction in X; of one whose second half could not be fetched, the address of that
  // half
  wire [31:0] x_pc    = {x_pc_q, 1'b0};
  wire [31:0] next_pc = x_pc + (x_compressed_q || x_err_upper_q ? 32'd2 : 32'd4);

  // Decode

  op_e         op;
  logic        rs1_used, rs2_used, rd_we, alu_pc, alu_zero, alu_imm;
  logic [3:0]  alu_op;
  logic [31:0] imm;

  riscv_decoder u_decoder (
    .instr_i   (x_instr_q),
    .illegal_i (x_illegal_q || x_err_q),
    .op_o      (op),
    .rs1_used_o(rs1_used),
    .rs2_used_o(rs2_used),
    .rd_we_o   (rd_we),
    .alu_op_o  (alu_op),
    .alu_pc_o  (alu_pc),
    .alu_zero_o(alu_zero),
    .alu_imm_o (alu_imm),
    .imm_o     (imm)
  );

  // Icarus takes an enumeration name in a port connection for a new net, hence names for these.
  wire is_load    = op == OpLoad;
  wire is_store   = op == OpStore;
  wire is_mem     = is_load || is_store;
  wire is_muldiv  = op == OpMulDiv;
  wire is_csr     = op == OpCsr;
  wire is_mret    = op == OpMret;
  wire is_offload = op == OpOffload;

  wire [2:0] funct3 = x_instr_q[14:12];
  wire [4:0] rs1    = x_instr_q[19:15];
  wire [4:0] rs2    = x_instr_q[24:20];
  wire [4:0] rd     = x_instr_q[11:7];

  // Operands: from the register file, or from M if M will write the register. Addresses,
  // comparisons of branches, CSRs and the coprocessor need them early in the cycle and get what M
  // holds since the cycle before; for the answer of the bus or the coprocessor they wait until it
  // is in the register file. The ALU and the multiplier, whose results go nowhere but into a
  // register, take that answer in the cycle in which it arrives.

  logic [31:0] rs1_file, rs2_file, m_wdata;
  logic        m_write;

  riscv_regfile u_regfile (
    .clk_i,
    .clear_i   (clear_q),
    .rs1_i     (rs1),
    .rs1_o     (rs1_file),
    .rs2_i     (rs2),
    .rs2_o     (rs2_file),
    .we_i      (m_write),
    .rd_i      (m_rd_q),
    .rd_wdata_i(m_wdata)
  );

  wire        rs1_in_m  = m_we_q && m_rd_q == rs1;
  wire        rs2_in_m  = m_we_q && m_rd_q == rs2;
  wire        takes_answer = op == OpAlu || (is_muldiv && funct3 == '0);
  wire        uses_m    = (rs1_in_m && rs1_used) || (rs2_in_m && rs2_used);
  wire        hazard    = uses_m && (m_load_q || m_xif_q) && !takes_answer;
  wire [31:0] rs1_rdata = rs1_in_m ? m_result_q : rs1_file;
  wire [31:0] rs2_rdata = rs2_in_m ? m_result_q : rs2_file;
  wire [31:0] rs1_late  = rs1_in_m ? m_wdata : rs1_file;
  wire [31:0] rs2_late  = rs2_in_m ? m_wdata : rs2_file;

  // May the instruction go?

  logic       irq, wake, csr_illegal, xif_rejected;
  logic [4:0] irq_cause;

  logic       asleep_q;            // since a WFI, which is done at once: what is behind it waits
  wire        asleep = asleep_q && !wake;

  wire x_irq     = x_valid_q && !x_started_q && irq && !fault_q;
  wire x_go      = x_valid_q && !x_irq && !fault_q && !hazard && !asleep;
  wire exception = op == OpIllegal || op == OpEcall || op == OpEbreak || xif_rejected ||
                   (is_csr && csr_illegal);

  // ALU

  logic [31:0] alu_result;
  logic        taken;

  riscv_alu u_alu (
    .op_i    (alu_op),
    .a_i     (alu_pc ? x_pc : alu_zero ? '0 : rs1_late),
    .b_i     (alu_imm ? imm : rs2_late),
    .result_o(alu_result)
  );

  riscv_compare u_compare (
    .funct3_i(funct3),
    .a_i     (rs1_rdata),
    .b_i     (rs2_rdata),
    .taken_o (taken)
  );

  logic        taken_late;
  riscv_compare u_compare_late (
    .funct3_i(funct3),
    .a_i     (rs1_late),
    .b_i     (rs2_late),
    .taken_o (taken_late)
  );
  // A branch on an answer that arrives goes at once if it was predicted rightly; otherwise it waits
  // for the register, or a path would lead from the answer to the fetch port.
  wire x_late = x_valid_q && !x_irq && !fault_q && !asleep && hazard &&
                op == OpBranch && taken_late == x_guessed_q;

  logic        muldiv_done, x_advance;
  logic [31:0] muldiv_result;

  riscv_muldiv u_muldiv (
    .clk_i,
    .rst_ni,
    .start_i   (x_go && is_muldiv),
    .selected_i(is_muldiv),
    .funct3_i  (funct3),
    .a_i       (rs1_late),
    .b_i       (rs2_late),
    .done_o    (muldiv_done),
    .taken_i   (x_advance),
    .result_o  (muldiv_result)
  );

  // CSRs

  logic [31:0] csr_rdata, mepc, tvec_base;
`ifdef RVFI
  logic [63:0] mcycle, minstret;
  logic [31:0] csr_wdata, mip;
`endif
  logic        tvec_vectored, csr_counted_write;
  logic [4:0]  trap_cause;
  logic [31:1] trap_pc;
  logic [31:0] trap_value;

  riscv_csr #(.HartId(HartId)) u_csr (
    .clk_i,
    .rst_ni,
    .clear_i        (clear_q),
    .irq_software_i,
    .irq_timer_i,
    .irq_external_i,
    .irq_o          (irq),
    .wake_o         (wake),
    .irq_cause_o    (irq_cause),
    .addr_i         (x_instr_q[31:20]),
    .funct3_i       (funct3[1:0]),
    .rs1_zero_i     (rs1 == '0),
    .operand_i      (funct3[2] ? 32'(rs1) : rs1_rdata),
    .access_i       (x_advance && is_csr),
    .illegal_o      (csr_illegal),
    .rdata_o        (csr_rdata),
    .trap_i         (trap),
    .trap_cause_i   (trap_cause),
    .trap_pc_i      (trap_pc),
    .trap_value_i   (trap_value),
    .mret_i         (x_advance && is_mret),
    .mepc_o         (mepc),
    .tvec_base_o    (tvec_base),
    .tvec_vectored_o(tvec_vectored),
    .retire_i       (m_done && m_count_q),
`ifdef RVFI
    .mcycle_o       (mcycle),
    .minstret_o     (minstret),
    .wdata_o        (csr_wdata),
    .mip_o          (mip),
`endif
    .counted_write_o(csr_counted_write)
  );

  // Loads and stores

  logic        mem_second, mem_last, mem_granted, mem_done, mem_fault;
  logic [31:0] mem_rdata;

  riscv_lsu u_lsu (
    .clk_i,
    .rst_ni,
    .valid_i   (x_go && is_mem && !m_xif_q),
    .flush_i   (trap),
    .store_i   (is_store),
    .size_i    (funct3[1:0]),
    .addr_i    (address),
    .wdata_i   (rs2_rdata),
    .second_o  (mem_second),
    .last_o    (mem_last),
    .granted_o (mem_granted),
    .busy_i    (m_mem_q),
    .m_second_i(m_second_q),
    .m_funct3_i(m_funct3_q),
    .m_offset_i(m_result_q[1:0]),
    .done_o    (mem_done),
    .fault_o   (mem_fault),
    .rdata_o   (mem_rdata),
    .data_req_o,
    .data_gnt_i,
    .data_addr_o,
    .data_we_o,
    .data_be_o,
    .data_wdata_o,
    .data_rvalid_i,
    .data_rdata_i,
    .data_err_i
  );

  // Coprocessor. A fault in M does not withdraw an offer: the trap waits for the answer and then
  // kills.

  logic xif_waiting, xif_accepted, xif_writeback, xif_m_done, xif_m_we;

  riscv_xif #(.XifIdWidth(XifIdWidth), .HartId(HartId)) u_xif (
    .clk_i,
    .rst_ni,
    .offer_i      ((x_go || xif_waiting) && is_offload),
    .instr_i      (x_instr_q),
    .rs_i         ({rs2_rdata, rs1_rdata}),
    .waiting_o    (xif_waiting),
    .accepted_o   (xif_accepted),
    .rejected_o   (xif_rejected),
    .writeback_o  (xif_writeback),
    .advance_i    (x_advance && is_offload),
    .flush_i      (trap),
    .m_writeback_i(m_xif_q),
    .m_done_o     (xif_m_done),
    .m_we_o       (xif_m_we),
    .xif_issue_valid_o,
    .xif_issue_ready_i,
    .xif_issue_instr_o,
    .xif_issue_hartid_o,
    .xif_issue_id_o,
    .xif_issue_accept_i,
    .xif_issue_writeback_i,
    .xif_register_valid_o,
    .xif_register_ready_i,
    .xif_register_hartid_o,
    .xif_register_id_o,
    .xif_register_rs_o,
    .xif_register_rs_valid_o,
    .xif_commit_valid_o,
    .xif_commit_hartid_o,
    .xif_commit_id_o,
    .xif_commit_kill_o,
    .xif_result_valid_i,
    .xif_result_ready_o,
    .xif_result_hartid_i,
    .xif_result_id_i,
    .xif_result_we_i
  );

  // Jumps

  wire x_jumps = op == OpJal || op == OpJalr || (op == OpBranch && taken);
  wire returns = is_mret || op == OpFenceI;

  wire m_trap_wanted = fault_q && !xif_waiting;
  wire x_trap_wanted = (x_irq || (x_go && exception)) && !m_valid_q;
  wire trap_wanted   = m_trap_wanted || x_trap_wanted;

  assign trap     = trap_wanted && redirect_ready;
  assign redirect = trap_wanted || (x_go && x_jumps != x_guessed_q && !x_redirected_q) ||
                    (x_go && returns && !m_valid_q);

  // One adder makes all addresses: of loads and stores, jumps, branches, returns and traps. The
  // second part of a split access follows the first, whose address is in M, by four.

  logic [31:0] address_base, address_offset;
  always_comb begin
    if (trap_wanted) begin
      address_base   = tvec_base;
      address_offset = x_irq && tvec_vectored ? {26'b0, irq_cause[3:0], 2'b00} : '0;
    end else if (is_mret) begin
      address_base   = mepc;
      address_offset = '0;
    end else if (mem_second) begin
      address_base   = m_result_q;
      address_offset = 32'd4;
    end else begin
      address_base   = is_mem || op == OpJalr ? rs1_rdata : x_pc;
      address_offset = imm;
    end
  end
  assign address = address_base + address_offset;

  // What has been predicted to jump needs no target but the way back.
  assign target = x_guessed_q && !trap_wanted ? next_pc[31:1] : address[31:1];

  // Traps

  assign trap_pc = fault_q ? m_pc_q : x_pc_q;

  always_comb begin
    if (fault_q) begin
      trap_cause = m_load_q ? CauseLoadFault : CauseStoreFault;
      trap_value = {m_result_q[31:2], m_second_q ? 2'b00 : m_result_q[1:0]};
    end else if (x_irq) begin
      trap_cause = irq_cause;
      trap_value = '0;
    end else if (x_err_q) begin
      trap_cause = CauseFetchFault;
      trap_value = x_err_upper_q ? next_pc : x_pc;
    end else if (op == OpEcall) begin
      trap_cause = CauseEcall;
      trap_value = '0;
    end else if (op == OpEbreak) begin
      trap_cause = CauseBreakpoint;
      trap_value = x_pc;
    end else begin
      trap_cause = CauseIllegal;
      trap_value = x_compressed_q ? 32'(x_parcel_q) : x_instr_q;
    end
  end

  // Completion

  wire m_free = !m_valid_q || m_done;

  logic x_done;
  always_comb begin
    unique case (op)
      OpLoad, OpStore:         x_done = mem_granted && mem_last;
      OpBranch, OpJal, OpJalr: x_done = x_jumps == x_guessed_q || x_redirected_q || redirect_ready;
      OpMulDiv:                x_done = muldiv_done;
      OpCsr:                   x_done = !m_valid_q;
      OpMret, OpFenceI:        x_done = !m_valid_q && redirect_ready;
      OpOffload:               x_done = xif_accepted;
      default:                 x_done = 1'b1;
    endcase
  end

  wire x_send = x_advance || mem_granted;

  assign x_advance = ((x_go && !exception && x_done) || x_late) && m_free;
  assign f_ready   = !x_valid_q || x_advance;

  logic [31:0] x_result;
  always_comb begin
    unique case (op)
      OpLoad, OpStore: x_result = address;
      OpCsr:          x_result = csr_rdata;
      OpMulDiv:       x_result = muldiv_result;
      OpJal, OpJalr:  x_result = next_pc;
      default:        x_result = alu_result;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      x_valid_q      <= 1'b0;
      asleep_q       <= 1'b0;
      x_started_q    <= 1'b0;
      x_redirected_q <= 1'b0;
      x_instr_q      <= Nop;
      x_illegal_q    <= 1'b0;
      x_err_q        <= 1'b0;
      x_guessed_q    <= 1'b0;
      x_pc_q         <= ResetVector[31:1];
    end else begin
      if (trap)         x_valid_q <= 1'b0;
      else if (f_ready) x_valid_q <= f_valid && !(redirect && redirect_ready);
      asleep_q       <= asleep || (x_advance && op == OpWfi && !wake);
      x_started_q    <= !trap && !x_advance && (x_started_q || x_go);
      x_redirected_q <= !trap && !x_advance && (x_redirected_q || (redirect && redirect_ready));
      if (f_valid && f_ready) begin
        x_instr_q   <= f_instr;
        x_guessed_q <= f_guessed;
        x_pc_q      <= f_pc;
        x_illegal_q <= f_illegal;
        x_err_q     <= f_err;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (f_valid && f_ready) begin
      x_compressed_q <= f_compressed;
      x_parcel_q     <= f_parcel;
      x_err_upper_q  <= f_err_upper;
    end
  end

  // ---- M ----

  assign m_done  = m_valid_q && (m_mem_q ? mem_done && !mem_fault : !m_xif_q || xif_m_done);
  assign m_write = m_done && m_we_q && (!m_xif_q || xif_m_we);
  assign m_wdata = m_load_q ? mem_rdata : m_xif_q ? xif_result_data_i : m_result_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      m_valid_q <= 1'b0;
      m_mem_q   <= 1'b0;
      m_xif_q   <= 1'b0;
      m_we_q    <= 1'b0;
      fault_q   <= 1'b0;
    end else begin
      if (x_send) begin
        m_valid_q <= 1'b1;
        m_mem_q   <= is_mem;
        m_xif_q   <= is_offload && xif_writeback;
        m_we_q    <= is_offload ? xif_writeback && rd != '0 : x_advance && rd_we;
      end else if (m_done || mem_fault) begin
        m_valid_q <= 1'b0;
        m_mem_q   <= 1'b0;
        m_xif_q   <= 1'b0;
        m_we_q    <= 1'b0;
      end
      if (mem_fault) fault_q <= 1'b1;
      else if (trap) fault_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (x_send) begin
      m_load_q   <= is_load;
      m_second_q <= mem_second;
      m_count_q  <= x_advance && !(is_csr && csr_counted_write);
      m_rd_q     <= rd;
      m_funct3_q <= funct3;
      m_pc_q     <= x_pc_q;
      m_result_q <= x_result;
    end
  end

  `include "assert.svh"
  `ASSERT(PredictedAreJumps, !(x_valid_q && x_guessed_q) || op == OpBranch || op == OpJal)
  `ASSERT(ResultsNameTheRegister, !(m_xif_q && m_done && m_we_q) || xif_result_rd_i == m_rd_q)

`ifdef RVFI
  riscv_rvfi u_rvfi (
    .clk_i,
    .rst_ni,
    .x_send_i   (x_send),
    .x_second_i (mem_second),
    .x_last_i   (x_advance),
    .x_trap_i   (trap && !fault_q && !x_irq),
    .m_done_i   (m_done),
    .m_trap_i   (trap && fault_q),
    .irq_i      (trap && !fault_q && x_irq),
    .wake_i     (asleep_q && wake),
    .op_i       (op),
    .insn_i     (x_err_q ? '0 : x_compressed_q ? 32'(x_parcel_q) : x_instr_q),
    .size_i     (funct3[1:0]),
    .rs1_addr_i (rs1),
    .rs2_addr_i (rs2),
    .rs1_used_i (rs1_used),
    .rs2_used_i (rs2_used),
    .rs1_rdata_i(rs1_late),
    .rs2_rdata_i(rs2_late),
    .pc_i       (x_pc),
    .next_pc_i  (trap || (x_late ? x_guessed_q : x_jumps) || returns ? {address[31:1], 1'b0}
                  : next_pc),
    .mem_addr_i (address),
    .csr_addr_i (x_instr_q[31:20]),
    .csr_write_i(!(funct3[1] && rs1 == '0)),
    .csr_rdata_i(csr_rdata),
    .csr_wdata_i(csr_wdata),
    .mip_i      (mip),
    .trap_cause_i({trap_cause[4], 27'b0, trap_cause[3:0]}),
    .trap_value_i(trap_value),
    .mcycle_i   (mcycle),
    .minstret_i (minstret),
    .rd_we_i    (m_write),
    .rd_addr_i  (m_rd_q),
    .rd_wdata_i (m_wdata),
    .mem_rdata_i(mem_rdata),
    .rvfi_valid,
    .rvfi_order,
    .rvfi_insn,
    .rvfi_trap,
    .rvfi_halt,
    .rvfi_intr,
    .rvfi_mode,
    .rvfi_ixl,
    .rvfi_rs1_addr,
    .rvfi_rs2_addr,
    .rvfi_rs1_rdata,
    .rvfi_rs2_rdata,
    .rvfi_rd_addr,
    .rvfi_rd_wdata,
    .rvfi_pc_rdata,
    .rvfi_pc_wdata,
    .rvfi_mem_addr,
    .rvfi_mem_rmask,
    .rvfi_mem_wmask,
    .rvfi_mem_rdata,
    .rvfi_mem_wdata,
    .rvfi_mem_fault,
    .rvfi_mem_fault_rmask,
    .rvfi_mem_fault_wmask,
    .rvfi_csr_mcycle_rmask,
    .rvfi_csr_mcycle_wmask,
    .rvfi_csr_mcycle_rdata,
    .rvfi_csr_mcycle_wdata,
    .rvfi_csr_minstret_rmask,
    .rvfi_csr_minstret_wmask,
    .rvfi_csr_minstret_rdata,
    .rvfi_csr_minstret_wdata,
    .rvfi_csr_mcause_rmask,
    .rvfi_csr_mcause_wmask,
    .rvfi_csr_mcause_rdata,
    .rvfi_csr_mcause_wdata,
    .rvfi_csr_mtval_rmask,
    .rvfi_csr_mtval_wmask,
    .rvfi_csr_mtval_rdata,
    .rvfi_csr_mtval_wdata,
    .rvfi_csr_mip_rmask,
    .rvfi_csr_mip_wmask,
    .rvfi_csr_mip_rdata,
    .rvfi_csr_mip_wdata
  );
`endif

endmodule : riscv
