// SPDX-License-Identifier: Apache-2.0
//
// Checks the CSR channels of RVFI against the instruction that retires: masks, what was read and
// what was written.
//
//   csrrs x5, minstreth, x6   ->  minstret: rmask and wmask = upper half, rdata = rd << 32,
//                                 wdata = (rdata | x6 << 32) & wmask

module csr_channel #(
  parameter int          Width = 64,
  parameter logic [11:0] Low   = 12'hb00,   // address of the CSR, or of its lower half
  parameter logic [11:0] High  = 12'hb80    // of its upper half, if Width is 64
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             rvfi_valid,
  input logic             rvfi_trap,
  input logic [31:0]      rvfi_insn,
  input logic [31:0]      rvfi_rs1_rdata,
  input logic [4:0]       rvfi_rd_addr,
  input logic [31:0]      rvfi_rd_wdata,
  input logic [Width-1:0] rmask_i,
  input logic [Width-1:0] wmask_i,
  input logic [Width-1:0] rdata_i,
  input logic [Width-1:0] wdata_i
);

  wire [2:0]  funct3  = rvfi_insn[14:12];
  wire        access  = rvfi_insn[6:0] == 7'h73 && funct3[1:0] != '0 && !rvfi_trap;
  wire [11:0] csr     = rvfi_insn[31:20];
  wire        shadow  = Width == 64 && csr[11:8] == 4'hc;   // cycle, instret: they read the same
  wire        is_low  = access && (csr == Low || (shadow && csr[7:0] == Low[7:0]));
  wire        is_high = access && Width == 64 && (csr == High || (shadow && csr[7:0] == High[7:0]));
  wire        writes  = !funct3[1] || rvfi_insn[19:15] != '0;
  wire [31:0] operand = funct3[2] ? 32'(rvfi_insn[19:15]) : rvfi_rs1_rdata;

  wire [63:0] mask    = {{32{is_high}}, {32{is_low}}};
  wire [31:0] held    = 32'(64'(rdata_i) >> (is_high ? 32 : 0));
  wire [31:0] made    = 32'(64'(wdata_i) >> (is_high ? 32 : 0));
  wire [31:0] wanted  = !funct3[1] ? operand : funct3[0] ? held & ~operand : held | operand;

  always @(posedge clk_i) begin
    if (rst_ni && rvfi_valid && !rvfi_trap) begin
      assert (rmask_i == Width'(mask)) else $fatal(1, "RVFI: rmask of CSR %h", Low);
      assert (wmask_i == (writes ? Width'(mask) : '0)) else $fatal(1, "RVFI: wmask of CSR %h", Low);
      if (mask != '0) begin
        assert (rvfi_rd_addr == '0 || held == rvfi_rd_wdata)
          else $fatal(1, "RVFI: rdata of CSR %h", Low);
        assert (!writes || made == wanted) else $fatal(1, "RVFI: wdata of CSR %h", Low);
      end
    end
  end

endmodule : csr_channel
