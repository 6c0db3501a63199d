// SPDX-License-Identifier: Apache-2.0
//
// Decodes a 32-bit instruction: class, operands, immediate, ALU operation. Combinational.
//
// Any 32-bit word outside the major opcode SYSTEM that is not an instruction of
// RV32IM_Zicsr_Zifencei becomes OpOffload: it is a coprocessor's to accept, and illegal only if
// none does.

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

  // Each variable is given its value once, not a default first: Icarus 11 runs every always_comb of
  // a design again when any one of them changes something, even for a moment.

  op_e system_op;
  always_comb begin
    unique case ({instr_i[31:20], instr_i[19:15], instr_i[11:7]})
      {12'h000, 10'd0}: system_op = OpEcall;
      {12'h001, 10'd0}: system_op = OpEbreak;
      {12'h105, 10'd0}: system_op = OpWfi;
      {12'h302, 10'd0}: system_op = OpMret;
      default:          system_op = OpIllegal;
    endcase
  end

  wire is_plain     = funct7 == '0;
  wire is_alternate = funct7 == 7'h20;
  wire shift_ok     = !is_shift || is_plain || (is_alternate && funct3[2]);
  wire register_ok  = is_plain || (is_alternate && (funct3 == 3'b000 || funct3 == 3'b101));

  always_comb begin
    if (illegal_i)                                                            op_o = OpIllegal;
    else if (opcode == OpcodeLui || opcode == OpcodeAuipc)                    op_o = OpAlu;
    else if (opcode == OpcodeJal)                                             op_o = OpJal;
    else if (opcode == OpcodeJalr && funct3 == '0)                            op_o = OpJalr;
    else if (opcode == OpcodeBranch && funct3[2:1] != 2'b01)                  op_o = OpBranch;
    else if (opcode == OpcodeLoad && funct3 != 3'b011 && funct3[2:1] != 2'b11) op_o = OpLoad;
    else if (opcode == OpcodeStore && !funct3[2] && funct3 != 3'b011)         op_o = OpStore;
    else if (opcode == OpcodeOpImm && shift_ok)                               op_o = OpAlu;
    else if (opcode == OpcodeOp && register_ok)                               op_o = OpAlu;
    else if (opcode == OpcodeOp && funct7 == 7'h01)                           op_o = OpMulDiv;
    // Stage M completes one access before the next starts, so that FENCE has nothing to do.
    else if (opcode == OpcodeMiscMem && funct3 == 3'b000)                     op_o = OpAlu;
    else if (opcode == OpcodeMiscMem && funct3 == 3'b001)                     op_o = OpFenceI;
    else if (opcode == OpcodeSystem && funct3 == '0)                          op_o = system_op;
    else if (opcode == OpcodeSystem && funct3[1:0] != 2'b00)                  op_o = OpCsr;
    else if (opcode == OpcodeSystem)                                          op_o = OpIllegal;
    else                                                                      op_o = OpOffload;
  end

  wire is_lui     = opcode == OpcodeLui;
  wire is_auipc   = opcode == OpcodeAuipc;
  wire is_fence   = opcode == OpcodeMiscMem;
  wire is_reg     = opcode == OpcodeOp;
  wire is_system  = opcode == OpcodeSystem;
  wire is_offload = op_o == OpOffload;

  // The coprocessor gets both source registers; whether it writes rd is its answer, not ours.
  wire two_sources  = opcode == OpcodeBranch || opcode == OpcodeStore;   // no rd, but rs1 and rs2
  wire no_rs1     = is_lui || is_auipc || opcode == OpcodeJal || is_fence ||
                    (is_system && (funct3[2] || funct3 == '0));

  assign rs1_used_o = op_o != OpIllegal && (is_offload || !no_rs1);
  assign rs2_used_o = op_o != OpIllegal && (is_offload || two_sources || is_reg);
  assign rd_we_o    = !is_offload && !two_sources && !is_fence && instr_i[11:7] != '0;

  assign alu_pc_o   = is_auipc;
  assign alu_zero_o = is_lui;
  assign alu_imm_o  = !is_reg;
  assign alu_op_o   = is_reg                  ? {funct7[5], funct3} :
                      opcode == OpcodeOpImm   ? {is_shift && funct7[5], funct3} : AluAdd;

  wire [31:0] imm_i = {{20{instr_i[31]}}, instr_i[31:20]};
  wire [31:0] imm_s = {{20{instr_i[31]}}, instr_i[31:25], instr_i[11:7]};
  wire [31:0] imm_b = {{20{instr_i[31]}}, instr_i[7], instr_i[30:25], instr_i[11:8], 1'b0};
  wire [31:0] imm_u = {instr_i[31:12], 12'b0};
  wire [31:0] imm_j = {{12{instr_i[31]}}, instr_i[19:12], instr_i[20], instr_i[30:21], 1'b0};

  always_comb begin
    unique case (opcode)
      OpcodeLui, OpcodeAuipc: imm_o = imm_u;
      OpcodeJal:              imm_o = imm_j;
      OpcodeBranch:           imm_o = imm_b;
      OpcodeStore:            imm_o = imm_s;
      OpcodeMiscMem:          imm_o = 32'd4;     // FENCE.I jumps to the instruction behind it
      default:                imm_o = imm_i;
    endcase
  end

endmodule : riscv_decoder
