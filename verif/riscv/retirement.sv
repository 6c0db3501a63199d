// SPDX-License-Identifier: Apache-2.0
//
// Checks that need no reference: retirement has no gap in order or program counter, registers hold
// what was written last, x0 is zero, what traps writes nothing, and operands are reported by those
// that have them.

module retirement #(
  parameter logic [31:0] ResetVector = 32'h8000_0000
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  output logic [63:0] retired_o,   // resets included

  input  logic        rvfi_valid,
  input  logic [63:0] rvfi_order,
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
  input  logic [31:0] rvfi_csr_mip_rmask,
  input  logic [31:0] rvfi_csr_mip_wmask
);

  logic [63:0] expected_order;
  logic [31:0] expected_pc;
  logic [31:0] registers [0:31];

  initial retired_o = '0;

  // Which operands an instruction of 32 bits has; the coprocessor's have both.
  wire [6:0] opcode  = rvfi_insn[6:0];
  wire       is_word = opcode[1:0] == 2'b11 && !rvfi_trap;
  wire       reg_csr = opcode == 7'h73 && !rvfi_insn[14] && rvfi_insn[13:12] != '0;
  wire       has_rs2 = opcode == 7'h23 || opcode == 7'h2b || opcode == 7'h33 || opcode == 7'h63;
  wire       has_rs1 = has_rs2 || opcode == 7'h03 || opcode == 7'h13 || opcode == 7'h67 || reg_csr;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      expected_order <= '0;
      expected_pc    <= ResetVector;
      for (int i = 0; i < 32; i++) registers[i] <= '0;
    end else if (rvfi_valid) begin
      retired_o      <= retired_o + 64'd1;
      expected_order <= expected_order + 64'd1;
      expected_pc    <= rvfi_pc_wdata;
      registers[rvfi_rd_addr] <= rvfi_rd_wdata;
      assert (rvfi_order == expected_order)
        else $fatal(1, "order is %0d, not %0d", rvfi_order, expected_order);
      assert (rvfi_pc_rdata == expected_pc || rvfi_intr)
        else $fatal(1, "pc is %h, not %h", rvfi_pc_rdata, expected_pc);
      assert (rvfi_rd_addr != '0 || rvfi_rd_wdata == '0)
        else $fatal(1, "x0 written with %h at pc %h", rvfi_rd_wdata, rvfi_pc_rdata);
      assert (rvfi_rs1_rdata == registers[rvfi_rs1_addr])
        else $fatal(1, "rs1 is not what was written before at pc %h", rvfi_pc_rdata);
      assert (rvfi_rs2_rdata == registers[rvfi_rs2_addr])
        else $fatal(1, "rs2 is not what was written before at pc %h", rvfi_pc_rdata);
      assert (!is_word || rvfi_rs1_addr == (has_rs1 ? rvfi_insn[19:15] : '0))
        else $fatal(1, "rs1 is x%0d at pc %h", rvfi_rs1_addr, rvfi_pc_rdata);
      assert (!is_word || rvfi_rs2_addr == (has_rs2 ? rvfi_insn[24:20] : '0))
        else $fatal(1, "rs2 is x%0d at pc %h", rvfi_rs2_addr, rvfi_pc_rdata);
      assert (rvfi_csr_mip_rmask == '1 && rvfi_csr_mip_wmask == '0)
        else $fatal(1, "RVFI: masks of mip at pc %h", rvfi_pc_rdata);
      assert (!rvfi_trap || rvfi_rd_addr == '0)
        else $fatal(1, "trapping instruction writes a register at pc %h", rvfi_pc_rdata);
    end
  end

endmodule : retirement
