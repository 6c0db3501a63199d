// SPDX-License-Identifier: Apache-2.0
//
// Integer ALU: one adder, one right shifter, one row of logic. Combinational.
//
// A left shift is a right shift of the mirrored word.

module riscv_alu
  import riscv_pkg::*;
(
  input  logic [3:0]  op_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] result_o
);

  function automatic logic [31:0] mirror(input logic [31:0] x);
    for (int i = 0; i < 32; i++) mirror[i] = x[31-i];
  endfunction

  // Adder: also compares, the carry out of a - b tells whether b is above a.

  wire        subtract = op_i != AluAdd;
  wire [31:0] b_signed = b_i ^ {32{subtract}};
  wire [32:0] sum      = {1'b0, a_i} + {1'b0, b_signed} + 33'(subtract);
  wire        below_unsigned = !sum[32];
  wire        below_signed   = a_i[31] != b_i[31] ? a_i[31] : sum[31];

  // Shifter

  wire        left     = op_i == AluSll;
  wire        fill     = op_i == AluSra && a_i[31];
  wire [31:0] operand  = left ? mirror(a_i) : a_i;
  wire [32:0] extended = {fill, operand};
  wire [31:0] shifted  = 32'($signed(extended) >>> b_i[4:0]);

  always_comb begin
    unique case (op_i)
      AluSll:         result_o = mirror(shifted);
      AluSrl, AluSra: result_o = shifted;
      AluSlt:         result_o = 32'(below_signed);
      AluSltu:        result_o = 32'(below_unsigned);
      AluXor:         result_o = a_i ^ b_i;
      AluOr:          result_o = a_i | b_i;
      AluAnd:         result_o = a_i & b_i;
      default:        result_o = sum[31:0];             // addition and subtraction
    endcase
  end

endmodule : riscv_alu
