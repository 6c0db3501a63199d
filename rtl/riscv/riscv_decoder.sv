// SPDX-License-Identifier: Apache-2.0
//
// Decodes a 32-bit instruction: class, operands, immediate, ALU operation. Combinational.
//
// Any 32-bit word outside the major opcode SYSTEM that is not an instruction of RV32IM_Zicsr_Zifencei becomes
// OpOffload: it is a coprocessor's to accept, and illegal only if none does.

module riscv_decoder
  import riscv_pkg::*;
(
  input  logic [31:0] instr_i,
  input  logic        illegal_i,     // reserved 16-bit encoding, or not fetched at all

  output op_e         op_o,
  output logic        rs1_used_o,
  output logic        rs2_used_o,
  output logic        rd_we_o,       // false for x0
  output logic [3:0]  alu_op_o,
  output logic        alu_pc_o,      // first operand is the program counter
  output logic        alu_zero_o,    // first operand is zero
  output logic        alu_imm_o,     // second operand is the immediate
  output logic [31:0] imm_o
);

  wire [6:0] opcode = instr_i[6:0];
  wire [2:0] funct3 = instr_i[14:12];
  wire [6:0] funct7 = instr_i[31:25];
  wire       is_shift = funct3[1:0] == 2'b01;

  logic rd_we;

  always_comb begin
    op_o       = OpOffload;
    rs1_used_o = 1'b0;
    rs2_used_o = 1'b0;
    rd_we      = 1'b0;
    alu_op_o   = AluAdd;
    alu_pc_o   = 1'b0;
    alu_zero_o = 1'b0;
    alu_imm_o  = 1'b1;
    imm_o      = {{20{instr_i[31]}}, instr_i[31:20]};
    unique case (opcode)
      OpcodeLui, OpcodeAuipc: begin
        op_o       = OpAlu;
        rd_we      = 1'b1;
        alu_pc_o   = !opcode[5];
        alu_zero_o = opcode[5];
        imm_o      = {instr_i[31:12], 12'b0};
      end
      OpcodeJal: begin
        op_o  = OpJal;
        rd_we = 1'b1;
        imm_o = {{12{instr_i[31]}}, instr_i[19:12], instr_i[20], instr_i[30:21], 1'b0};
      end
      OpcodeJalr: begin
        if (funct3 == '0) op_o = OpJalr;
        rs1_used_o = 1'b1;
        rd_we      = 1'b1;
      end
      OpcodeBranch: begin
        if (funct3[2:1] != 2'b01) op_o = OpBranch;
        rs1_used_o = 1'b1;
        rs2_used_o = 1'b1;
        imm_o      = {{20{instr_i[31]}}, instr_i[7], instr_i[30:25], instr_i[11:8], 1'b0};
      end
      OpcodeLoad: begin
        if (funct3 != 3'b011 && funct3[2:1] != 2'b11) op_o = OpLoad;
        rs1_used_o = 1'b1;
        rd_we      = 1'b1;
      end
      OpcodeStore: begin
        if (!funct3[2] && funct3 != 3'b011) op_o = OpStore;
        rs1_used_o = 1'b1;
        rs2_used_o = 1'b1;
        imm_o      = {{20{instr_i[31]}}, instr_i[31:25], instr_i[11:7]};
      end
      OpcodeOpImm: begin
        if (!is_shift || funct7 == '0 || (funct7 == 7'h20 && funct3[2])) op_o = OpAlu;
        rs1_used_o = 1'b1;
        rd_we      = 1'b1;
        alu_op_o   = {is_shift && funct7[5], funct3};
      end
      OpcodeOp: begin
        if (funct7 == '0 || (funct7 == 7'h20 && (funct3 == 3'b000 || funct3 == 3'b101))) op_o = OpAlu;
        if (funct7 == 7'h01) op_o = OpMulDiv;
        rs1_used_o = 1'b1;
        rs2_used_o = 1'b1;
        rd_we      = 1'b1;
        alu_op_o   = {funct7[5], funct3};
        alu_imm_o  = 1'b0;
      end
      OpcodeMiscMem: begin
        // Stage M completes one access before the next starts, so that FENCE has nothing to do.
        if (funct3 == 3'b000) op_o = OpAlu;
        if (funct3 == 3'b001) op_o = OpFenceI;
        imm_o = 32'd4;                                // FENCE.I jumps to the instruction behind it
      end
      OpcodeSystem: begin
        op_o = OpIllegal;
        if (funct3[1:0] != 2'b00) begin
          op_o       = OpCsr;
          rs1_used_o = !funct3[2];
          rd_we      = 1'b1;
        end else if (!funct3[2] && instr_i[19:15] == '0 && instr_i[11:7] == '0) begin
          unique case (instr_i[31:20])
            12'h000: op_o = OpEcall;
            12'h001: op_o = OpEbreak;
            12'h105: op_o = OpWfi;
            12'h302: op_o = OpMret;
            default: op_o = OpIllegal;
          endcase
        end
      end
      default: ;
    endcase

    // The coprocessor gets both source registers; whether it writes rd is its answer, not ours.
    if (op_o == OpOffload) begin
      rs1_used_o = 1'b1;
      rs2_used_o = 1'b1;
      rd_we      = 1'b0;
    end
    if (illegal_i) begin
      op_o       = OpIllegal;
      rs1_used_o = 1'b0;
      rs2_used_o = 1'b0;
    end
  end

  assign rd_we_o = rd_we && instr_i[11:7] != '0;

endmodule : riscv_decoder
