// SPDX-License-Identifier: Apache-2.0
//
// Register file: 31 words of flip-flops, two read ports, one write port. Reads are combinational.
//
// The flip-flops have no reset (a third of their area); instead clear_i, high in the first cycle
// after reset, makes one write of zero to all words, so that no X and no old value is ever read.

module riscv_regfile (
  input  logic        clk_i,
  input  logic        clear_i,
  input  logic [4:0]  rs1_i,
  output logic [31:0] rs1_o,
  input  logic [4:0]  rs2_i,
  output logic [31:0] rs2_o,
  input  logic        we_i,
  input  logic [4:0]  rd_i,
  input  logic [31:0] rd_wdata_i
);

  logic [31:0][31:0] words;
  wire  [31:0]       wdata = clear_i ? '0 : rd_wdata_i;

  assign words[0] = '0;
  for (genvar i = 1; i < 32; i++) begin : g_word
    logic [31:0] word_q;
    always_ff @(posedge clk_i) begin
      if (clear_i || (we_i && rd_i == 5'(i))) word_q <= wdata;
    end
    assign words[i] = word_q;
  end

  assign rs1_o = words[rs1_i];
  assign rs2_o = words[rs2_i];

endmodule : riscv_regfile
