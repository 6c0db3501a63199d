// SPDX-License-Identifier: Apache-2.0
//
// Expands a 16-bit instruction of the C extension (RV32, no floating point) into the 32-bit one it
// stands for.
//
//   c.addi a0, -1   0x157d   ->   addi a0, a0, -1   0xfff50513
//
// Reserved encodings raise illegal_o; hints expand to instructions that write x0. A 32-bit
// instruction passes.

module riscv_decompress
  import riscv_pkg::*;
(
  input  logic [31:0] instr_i,
  output logic [31:0] instr_o,
  output logic        compressed_o,
  output logic        illegal_o
);

  wire [4:0] rd     = instr_i[11:7];
  wire [4:0] rs2    = instr_i[6:2];
  wire [4:0] rd_c   = {2'b01, instr_i[4:2]};   // the three-bit names mean x8..x15
  wire [4:0] rs1_c  = {2'b01, instr_i[9:7]};

  // Immediates, as wide as their field
  wire [5:0]  imm6     = {instr_i[12], instr_i[6:2]};
  wire [11:0] imm_i    = {{7{instr_i[12]}}, instr_i[6:2]};
  wire [11:0] imm_sp16 = {{3{instr_i[12]}}, instr_i[4:3], instr_i[5], instr_i[2], instr_i[6], 4'b0};
  wire [11:0] imm_sp4  = {2'b0, instr_i[10:7], instr_i[12:11], instr_i[5], instr_i[6], 2'b0};
  wire [11:0] imm_w    = {5'b0, instr_i[5], instr_i[12:10], instr_i[6], 2'b0};
  wire [11:0] imm_lwsp = {4'b0, instr_i[3:2], instr_i[12], instr_i[6:4], 2'b0};
  wire [11:0] imm_swsp = {4'b0, instr_i[8:7], instr_i[12:9], 2'b0};
  wire [20:1] imm_j    = {{10{instr_i[12]}}, instr_i[8], instr_i[10:9], instr_i[6], instr_i[7],
                          instr_i[2], instr_i[11], instr_i[5:3]};
  wire [12:1] imm_b    = {{5{instr_i[12]}}, instr_i[6:5], instr_i[2], instr_i[11:10], instr_i[4:3]};

  wire [31:0] jump   = {imm_j[20], imm_j[10:1], imm_j[11], imm_j[19:12], 4'b0, ~instr_i[15],
                        OpcodeJal};
  wire [31:0] branch = {imm_b[12], imm_b[10:5], 5'd0, rs1_c, 2'b00, instr_i[13], imm_b[4:1],
                        imm_b[11], OpcodeBranch};

  // c.sub, c.xor, c.or and c.and differ in instr[6:5] only.
  logic [2:0] arith_funct3;
  always_comb begin
    unique case (instr_i[6:5])
      2'b00:   arith_funct3 = 3'b000;
      2'b01:   arith_funct3 = 3'b100;
      2'b10:   arith_funct3 = 3'b110;
      default: arith_funct3 = 3'b111;
    endcase
  end
  wire is_sub = instr_i[6:5] == 2'b00;

  always_comb begin
    instr_o   = instr_i;
    illegal_o = 1'b0;
    unique case ({instr_i[1:0], instr_i[15:13]})
      5'b00_000: begin                                                          // c.addi4spn
        instr_o   = {imm_sp4, 5'd2, 3'b000, rd_c, OpcodeOpImm};
        illegal_o = imm_sp4 == '0;
      end
      5'b00_010: instr_o = {imm_w, rs1_c, 3'b010, rd_c, OpcodeLoad};            // c.lw
      5'b00_110:                                                                // c.sw
        instr_o = {imm_w[11:5], rd_c, rs1_c, 3'b010, imm_w[4:0], OpcodeStore};
      5'b01_000: instr_o = {imm_i, rd, 3'b000, rd, OpcodeOpImm};                // c.addi, c.nop
      5'b01_001: instr_o = jump;                                                // c.jal
      5'b01_010: instr_o = {imm_i, 5'd0, 3'b000, rd, OpcodeOpImm};              // c.li
      5'b01_011: begin
        if (rd == 5'd2) instr_o = {imm_sp16, 5'd2, 3'b000, 5'd2, OpcodeOpImm};  // c.addi16sp
        else            instr_o = {{15{instr_i[12]}}, rs2, rd, OpcodeLui};      // c.lui
        illegal_o = imm6 == '0;
      end
      5'b01_100: begin
        unique case (instr_i[11:10])
          2'b00, 2'b01: begin                                                   // c.srli, c.srai
            instr_o   = {1'b0, instr_i[10], 5'b0, rs2, rs1_c, 3'b101, rs1_c, OpcodeOpImm};
            illegal_o = instr_i[12];
          end
          2'b10: instr_o = {imm_i, rs1_c, 3'b111, rs1_c, OpcodeOpImm};          // c.andi
          default: begin                                                        // c.sub and others
            instr_o   = {1'b0, is_sub, 5'b0, rd_c, rs1_c, arith_funct3, rs1_c, OpcodeOp};
            illegal_o = instr_i[12];
          end
        endcase
      end
      5'b01_101: instr_o = jump;                                                // c.j
      5'b01_110,
      5'b01_111: instr_o = branch;                                              // c.beqz, c.bnez
      5'b10_000: begin                                                          // c.slli
        instr_o   = {7'b0, rs2, rd, 3'b001, rd, OpcodeOpImm};
        illegal_o = instr_i[12];
      end
      5'b10_010: begin                                                          // c.lwsp
        instr_o   = {imm_lwsp, 5'd2, 3'b010, rd, OpcodeLoad};
        illegal_o = rd == '0;
      end
      5'b10_100: begin
        if (rs2 != '0) begin                                                    // c.add, c.mv
          instr_o = {7'b0, rs2, instr_i[12] ? rd : 5'd0, 3'b000, rd, OpcodeOp};
        end else if (rd != '0) begin                                            // c.jalr, c.jr
          instr_o = {12'b0, rd, 3'b000, 4'b0, instr_i[12], OpcodeJalr};
        end else begin                                                          // c.ebreak
          instr_o   = {11'b0, 1'b1, 13'b0, OpcodeSystem};
          illegal_o = !instr_i[12];
        end
      end
      5'b10_110:                                                                // c.swsp
        instr_o = {imm_swsp[11:5], rs2, 5'd2, 3'b010, imm_swsp[4:0], OpcodeStore};
      default:   illegal_o = compressed_o;
    endcase
  end

  assign compressed_o = instr_i[1:0] != 2'b11;

endmodule : riscv_decompress
