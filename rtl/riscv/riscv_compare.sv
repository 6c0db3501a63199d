// SPDX-License-Identifier: Apache-2.0
//
// Branch comparator, funct3 as in the instruction: 0 beq, 1 bne, 4 blt, 5 bge, 6 bltu, 7 bgeu.
// Combinational.
//
// Apart from the ALU because its answer goes to the bus: see the operands in riscv.sv.

module riscv_compare (
  input  logic [2:0]  funct3_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic        taken_o
);

  // Signed order is unsigned order with the signs turned round.
  wire        is_signed = !funct3_i[1];
  wire [31:0] a         = {a_i[31] ^ is_signed, a_i[30:0]};
  wire [31:0] b         = {b_i[31] ^ is_signed, b_i[30:0]};
  wire        holds     = funct3_i[2] ? a < b : a_i == b_i;

  assign taken_o = holds ^ funct3_i[0];

endmodule : riscv_compare
