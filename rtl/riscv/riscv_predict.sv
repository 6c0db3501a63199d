// SPDX-License-Identifier: Apache-2.0
//
// Static prediction: JAL, C.J and C.JAL jump, and so do branches that point backwards.
//
//   80000010:  bne a0, a1, 80000004   ->  jumps_o, offset_o = -12
//   80000010:  beq a0, a1, 80000020   ->  no: forward
//
// It reads the instruction as fetched, 16 or 32 bits, not the expanded one: the adder behind it is
// what takes time. A branch with a reserved condition is none: it may be a coprocessor's.

module riscv_predict
  import riscv_pkg::*;
(
  input  logic [31:0] instr_i,     // upper half: anything, if the instruction has 16 bits
  output logic        jumps_o,
  output logic [31:1] offset_o
);

  wire short     = instr_i[1:0] != 2'b11;
  wire quadrant1 = instr_i[1:0] == 2'b01;
  wire [2:0] funct3 = instr_i[15:13];

  wire is_jal      = instr_i[6:0] == OpcodeJal;
  wire is_branch   = instr_i[6:0] == OpcodeBranch && instr_i[14:13] != 2'b01;
  wire is_c_jump   = quadrant1 && funct3[1:0] == 2'b01;             // C.JAL 001, C.J 101
  wire is_c_branch = quadrant1 && funct3[2:1] == 2'b11;             // C.BEQZ 110, C.BNEZ 111
  wire backward    = short ? instr_i[12] : instr_i[31];

  assign jumps_o = is_jal || is_c_jump || ((is_branch || is_c_branch) && backward);

  always_comb begin
    if (is_c_jump) begin
      offset_o = {{20{instr_i[12]}}, instr_i[12], instr_i[8], instr_i[10:9], instr_i[6], instr_i[7],
                  instr_i[2], instr_i[11], instr_i[5:3]};
    end else if (short) begin
      offset_o = {{23{instr_i[12]}}, instr_i[12], instr_i[6:5], instr_i[2], instr_i[11:10],
                  instr_i[4:3]};
    end else if (is_jal) begin
      offset_o = {{11{instr_i[31]}}, instr_i[31], instr_i[19:12], instr_i[20], instr_i[30:21]};
    end else begin
      offset_o = {{19{instr_i[31]}}, instr_i[31], instr_i[7], instr_i[30:25], instr_i[11:8]};
    end
  end

endmodule : riscv_predict
