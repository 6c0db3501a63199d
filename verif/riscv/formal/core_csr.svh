// SPDX-License-Identifier: Apache-2.0
//
// Counters count and trap CSRs hold what was last written to them. An instruction that touches a
// CSR is reported two cycles after it did so; the model of mcycle is late by as much.

localparam logic [11:0] Mcountinhibit = 12'h320;

logic [63:0] mcycle_q, minstret_q;
logic [31:0] mcause_q, mtval_q;
logic [1:0]  inhibit_q;          // minstret, mcycle
logic [1:0]  young_q;            // cycles since reset, before the core has cleared its counters
logic        trapped_q;

wire        interrupted = rvfi_intr && !trapped_q;
wire        writes      = works && kind == Csr && !(f3[1] && word[19:15] == '0);
wire [1:0]  operand     = f3[2] ? {word[17], word[15]} : {a[2], a[0]};
wire [1:0]  inhibit     = !(writes && word[31:20] == Mcountinhibit) ? inhibit_q
                        : !f3[1] ? operand : f3[0] ? inhibit_q & ~operand : inhibit_q | operand;

function automatic logic [63:0] merge(input logic [63:0] old, input logic [63:0] mask,
                                      input logic [63:0] data);
  return (old & ~mask) | (data & mask);
endfunction

always_ff @(posedge clk_i) begin
  if (!rst_ni) begin
    mcycle_q   <= '0;
    minstret_q <= '0;
    mcause_q   <= '0;
    mtval_q    <= '0;
    inhibit_q  <= '0;
    young_q    <= '0;
    trapped_q  <= 1'b0;
  end else begin
    if (young_q != 2'd3) young_q <= young_q + 2'd1;
    else if (works && rvfi_csr_mcycle_wmask != '0) begin
      mcycle_q <= merge(mcycle_q, rvfi_csr_mcycle_wmask, rvfi_csr_mcycle_wdata);
    end else if (!inhibit_q[0]) mcycle_q <= mcycle_q + 64'd1;
    if (rvfi_valid) begin
      trapped_q <= rvfi_trap;
      inhibit_q <= inhibit;
      if (works && rvfi_csr_minstret_wmask != '0) begin
        minstret_q <= merge(minstret_q, rvfi_csr_minstret_wmask, rvfi_csr_minstret_wdata);
      end else if (!rvfi_trap && !inhibit[1]) minstret_q <= minstret_q + 64'd1;
      if (rvfi_csr_mcause_wmask != '0) mcause_q <= rvfi_csr_mcause_wdata & 32'h8000_000f;
      if (rvfi_csr_mtval_wmask != '0)  mtval_q  <= rvfi_csr_mtval_wdata;
      else if (interrupted)            mtval_q  <= '0;
    end
  end
end

wire reads = rst_ni && works && kind == Csr;

// An interrupt writes mcause, which only the first instruction of its handler can tell at once:
// those behind are not looked at.
logic told_q;
always_ff @(posedge clk_i) begin
  if (!rst_ni)                                           told_q <= 1'b1;
  else if (rvfi_valid && rvfi_csr_mcause_wmask != '0)    told_q <= 1'b1;
  else if (rvfi_valid && interrupted)                    told_q <= 1'b0;
end

wire [31:0] cause = rvfi_csr_mcause_rdata;

always @(posedge clk_i) begin
  if (reads) begin
    assert (rvfi_csr_mcycle_rdata == (mcycle_q & rvfi_csr_mcycle_rmask));
    assert (rvfi_csr_minstret_rdata == (minstret_q & rvfi_csr_minstret_rmask));
    if (rvfi_csr_mtval_rmask != '0) assert (rvfi_csr_mtval_rdata == (interrupted ? '0 : mtval_q));
    if (rvfi_csr_mcause_rmask != '0) begin
      if (interrupted) assert (cause[31] && cause[30:4] == '0 && rvfi_csr_mip_wdata[cause[3:0]]);
      else if (told_q) assert (cause == mcause_q);
    end
    if (word[31:20] == 12'hb00 || word[31:20] == 12'hc00) begin
      assert (rvfi_csr_mcycle_rmask == 64'h0000_0000_ffff_ffff);
      assert (rvfi_rd_wdata == written(rd, rvfi_csr_mcycle_rdata[31:0]));
    end
    if (word[31:20] == 12'h344) assert (rvfi_rd_wdata == written(rd, rvfi_csr_mip_rdata));
    if (word[31:20] == 12'hb82 || word[31:20] == 12'hc82) begin
      assert (rvfi_csr_minstret_rmask == 64'hffff_ffff_0000_0000);
      assert (rvfi_rd_wdata == written(rd, rvfi_csr_minstret_rdata[63:32]));
    end
  end
  `COVER(reads && rvfi_csr_minstret_rmask != '0 && minstret_q[31:0] == 32'd2 && inhibit_q == 2'b01)
end
