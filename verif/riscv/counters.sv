// SPDX-License-Identifier: Apache-2.0
//
// Counts again what mcycle and minstret count, and compares with what instructions read there. The
// reference cannot: how many cycles the core takes is the core's affair.
//
//   csrw mcycle, x5     retires in cycle n, written in cycle n - 2
//   csrr x6, mcycle     retires in cycle n + 7: reads x5 + 7
//
// An instruction that touches a CSR is reported two cycles after it did so, for it waits for an
// empty pipeline and spends one cycle in M; the model of mcycle is late by as much.

module counters (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        rvfi_valid,
  input logic        rvfi_trap,
  input logic [31:0] rvfi_insn,
  input logic [31:0] rvfi_rs1_rdata,
  input logic [63:0] rvfi_csr_mcycle_rmask,
  input logic [63:0] rvfi_csr_mcycle_rdata,
  input logic [63:0] rvfi_csr_mcycle_wmask,
  input logic [63:0] rvfi_csr_mcycle_wdata,
  input logic [63:0] rvfi_csr_minstret_rmask,
  input logic [63:0] rvfi_csr_minstret_rdata,
  input logic [63:0] rvfi_csr_minstret_wmask,
  input logic [63:0] rvfi_csr_minstret_wdata
);

  localparam logic [11:0] Mcountinhibit = 12'h320;

  logic [63:0] mcycle_q, minstret_q;
  logic [1:0]  inhibit_q;             // minstret, mcycle
  logic [1:0]  young_q;               // cycles since reset, until the core has cleared its own

  wire        works   = rvfi_valid && !rvfi_trap;
  wire [2:0]  funct3  = rvfi_insn[14:12];
  wire        access  = works && rvfi_insn[6:0] == 7'h73 && funct3[1:0] != '0;
  wire        writes  = access && rvfi_insn[31:20] == Mcountinhibit
                        && !(funct3[1] && rvfi_insn[19:15] == '0);
  wire [31:0] operand = funct3[2] ? 32'(rvfi_insn[19:15]) : rvfi_rs1_rdata;
  wire [1:0]  bits    = {operand[2], operand[0]};
  wire [1:0]  inhibit = !writes ? inhibit_q : !funct3[1] ? bits
                      : funct3[0] ? inhibit_q & ~bits : inhibit_q | bits;

  function automatic logic [63:0] merge(input logic [63:0] old, input logic [63:0] mask,
                                        input logic [63:0] data);
    merge = (old & ~mask) | (data & mask);
  endfunction

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mcycle_q   <= '0;
      minstret_q <= '0;
      inhibit_q  <= '0;
      young_q    <= '0;
    end else begin
      if (young_q != 2'd3) young_q <= young_q + 2'd1;
      else if (works && rvfi_csr_mcycle_wmask != '0) begin
        mcycle_q <= merge(mcycle_q, rvfi_csr_mcycle_wmask, rvfi_csr_mcycle_wdata);
      end else if (!inhibit_q[0]) mcycle_q <= mcycle_q + 64'd1;
      if (works) begin
        inhibit_q <= inhibit;
        if (rvfi_csr_minstret_wmask != '0) begin
          minstret_q <= merge(minstret_q, rvfi_csr_minstret_wmask, rvfi_csr_minstret_wdata);
        end else if (!inhibit[1]) minstret_q <= minstret_q + 64'd1;
      end
      if (access) begin
        assert (rvfi_csr_mcycle_rdata == (mcycle_q & rvfi_csr_mcycle_rmask))
          else $fatal(1, "mcycle is %h, expected %h", rvfi_csr_mcycle_rdata, mcycle_q);
        assert (rvfi_csr_minstret_rdata == (minstret_q & rvfi_csr_minstret_rmask))
          else $fatal(1, "minstret is %h, expected %h", rvfi_csr_minstret_rdata, minstret_q);
      end
    end
  end

endmodule : counters
