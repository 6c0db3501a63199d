// SPDX-License-Identifier: Apache-2.0
//
// The bench's memory: one array, an instruction and a data port, filled from +memory0=FILE
// ($readmemh, words from Base on), and filled anew at each reset, as stores that were under way may
// or may not have happened.

module memory #(
  parameter logic [31:0] Base  = 32'h8000_0000,
  parameter int          Bytes = 4194304
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [31:0] instr_addr_i,
  output logic [31:0] instr_rdata_o,
  output logic        instr_absent_o,

  input  logic [31:0] data_addr_i,
  input  logic        data_store_i,
  input  logic [3:0]  data_be_i,
  input  logic [31:0] data_wdata_i,
  output logic [31:0] data_rdata_o,
  output logic        data_absent_o
);

  localparam int Words = Bytes / 4;
  localparam int Width = $clog2(Words);

  logic [31:0]   mem [0:Words-1];
  logic [4095:0] image;

  always @(negedge rst_ni) begin
    for (int i = 0; i < Words; i++) mem[i] = '0;
    if ($value$plusargs("memory0=%s", image)) $readmemh(image, mem);
    else $fatal(1, "no program: give +memory0=FILE");
  end

  wire [Width-1:0] instr_word = Width'((instr_addr_i - Base) >> 2);
  wire [Width-1:0] data_word  = Width'((data_addr_i - Base) >> 2);

  assign instr_absent_o = instr_addr_i - Base >= 32'(Bytes);
  assign data_absent_o  = data_addr_i - Base >= 32'(Bytes);
  assign instr_rdata_o  = mem[instr_word];
  assign data_rdata_o   = mem[data_word];

  always @(posedge clk_i) begin
    if (data_store_i && !data_absent_o) begin
      for (int b = 0; b < 4; b++) begin
        if (data_be_i[b]) mem[data_word][8*b +: 8] <= data_wdata_i[8*b +: 8];
      end
    end
  end

endmodule : memory
