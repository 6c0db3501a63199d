// SPDX-License-Identifier: Apache-2.0
//
// Decoder of the soft-sparsity unit: accepts exactly the patterns of the instruction table.
//
//   dot4 into accumulator 5:  0000101 sssss sssss 001 00000 0001011  ->  accept, OpDot4, index 5
//
// Combinational. A field that the table gives as x0 is compared too, so that every word that is not
// an instruction of ours stays free for somebody else and traps in the core until then.

module msb_skip_decode
  import msb_skip_pkg::*;
#(
  parameter int Accumulators = 8
) (
  input  logic [31:0] instr_i,
  output logic        accept_o,
  output op_e         op_o,
  output logic [2:0]  index_o,         // accumulator, counter or configuration
  output logic        clear_o,         // read: clear what was read
  output logic        writeback_o,
  output logic [1:0]  register_read_o  // rs2, rs1
);

  logic [6:0] funct7;
  logic [2:0] funct3;
  logic       rs1_is_x0;
  logic       rs2_is_x0;
  logic       rd_is_x0;
  logic       accumulator_exists;
  logic       is_cfg;
  logic       is_dot4;
  logic       is_read;
  logic       read_exists;

  assign funct7    = instr_i[31:25];
  assign funct3    = instr_i[14:12];
  assign rs2_is_x0 = instr_i[24:20] == '0;
  assign rs1_is_x0 = instr_i[19:15] == '0;
  assign rd_is_x0  = instr_i[11:7] == '0;

  assign index_o            = funct7[2:0];
  assign clear_o            = funct7[4];
  assign accumulator_exists = {1'b0, index_o} < 4'(Accumulators);
  assign read_exists        = !funct7[5] ? accumulator_exists
                            : index_o < StatusConfiguration
                            || index_o == StatusConfiguration && !clear_o;

  assign is_cfg  = funct3 == Funct3Cfg && funct7 == '0 && rs2_is_x0 && rd_is_x0;
  assign is_dot4 = funct3 == Funct3Dot4 && funct7[6:3] == '0 && rd_is_x0 && accumulator_exists;
  assign is_read = funct3 == Funct3Read && !funct7[6] && !funct7[3] && rs1_is_x0 && rs2_is_x0
                && read_exists;

  assign accept_o        = instr_i[6:0] == OpcodeCustom0 && (is_cfg || is_dot4 || is_read);
  assign writeback_o     = accept_o && is_read;
  assign register_read_o = !accept_o ? 2'b00 : is_dot4 ? 2'b11 : is_cfg ? 2'b01 : 2'b00;

  always_comb begin
    op_o = OpCfg;
    if (is_dot4) op_o = OpDot4;
    if (is_read) op_o = funct7[5] ? OpReadStatus : OpReadAccumulator;
  end

endmodule : msb_skip_decode
