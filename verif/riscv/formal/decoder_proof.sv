// SPDX-License-Identifier: Apache-2.0
//
// Every 32-bit word is exactly one instruction, one offer to the coprocessor, or illegal, and the
// decoder says which; every 16-bit parcel expands to what its table says.

`include "formal.svh"

module decoder_proof
  import riscv_pkg::*;
(
  input logic        clk_i,
  input logic [31:0] word,
  input logic        illegal
);

  op_e         op;
  logic        rs1_used, rs2_used, rd_we, alu_pc, alu_zero, alu_imm;
  logic [3:0]  alu_op;
  logic [31:0] imm, expanded;
  logic        compressed, reserved;

  riscv_decoder u_decoder (
    .instr_i   (word),
    .illegal_i (illegal),
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

  riscv_decompress u_decompress (
    .instr_i     (word),
    .instr_o     (expanded),
    .compressed_o(compressed),
    .illegal_o   (reserved)
  );

  wire [19:0] hits = isa_pkg::hits(word);
  wire [32:0] expansion = isa_pkg::expand(word[15:0]);
  isa_pkg::class_e kind;
  always_comb kind = isa_pkg::class_of(word);

  always @(posedge clk_i) begin
    if (word[1:0] == 2'b11) begin
      assert ($countones(hits) <= 1);
      assert ((op == OpIllegal) == (illegal || kind == isa_pkg::Illegal));
      if (!illegal) begin
        assert ((op == OpAlu) == (kind == isa_pkg::Alu));
        assert ((op == OpMulDiv) == (kind == isa_pkg::Mul));
        assert ((op == OpLoad) == (kind == isa_pkg::Load));
        assert ((op == OpStore) == (kind == isa_pkg::Store));
        assert ((op == OpBranch) == (kind == isa_pkg::Branch));
        assert ((op == OpJal) == (kind == isa_pkg::Jal));
        assert ((op == OpJalr) == (kind == isa_pkg::Jalr));
        assert ((op == OpCsr) == (kind == isa_pkg::Csr));
        assert ((op == OpEcall) == (kind == isa_pkg::Ecall));
        assert ((op == OpEbreak) == (kind == isa_pkg::Ebreak));
        assert ((op == OpMret) == (kind == isa_pkg::Mret));
        assert ((op == OpWfi) == (kind == isa_pkg::Wfi));
        assert ((op == OpFenceI) == (kind == isa_pkg::FenceI));
        assert ((op == OpOffload) == (kind == isa_pkg::Unknown));
      end
      assert (!compressed && !reserved && expanded == word);
    end else begin
      assert (compressed && reserved == expansion[32]);
      assert (reserved || expanded == expansion[31:0]);
    end
    `COVER(kind == isa_pkg::Mret)
  end

endmodule : decoder_proof
