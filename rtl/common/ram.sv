// SPDX-License-Identifier: Apache-2.0
//
// Single-port RAM of 32-bit words with byte writes: the stand-in for a memory macro.
//
//   cycle      0        1
//   req_i    __/~~~~~~~~\____     address taken at the end of cycle 0
//   rdata_o  ------------<D>      data all through cycle 1, then kept until the next read
//
// The output keeps its value between reads, as macros do, so that an idle RAM costs the logic
// behind it nothing. Contents are undefined at power-up; a bench fills `mem` by $readmemh.

module ram #(
  parameter  int Bytes     = 131072,
  localparam int Words     = Bytes / 4,
  localparam int AddrWidth = $clog2(Words)
) (
  input  logic                 clk_i,
  input  logic                 req_i,
  input  logic                 we_i,
  input  logic [3:0]           be_i,
  input  logic [AddrWidth-1:0] addr_i,   // of a word
  input  logic [31:0]          wdata_i,
  output logic [31:0]          rdata_o
);

  logic [31:0] mem [0:Words-1];

  always @(posedge clk_i) begin
    if (req_i && we_i) begin
      for (int b = 0; b < 4; b++) begin
        if (be_i[b]) mem[addr_i][8*b +: 8] <= wdata_i[8*b +: 8];
      end
    end
    if (req_i && !we_i) rdata_o <= mem[addr_i];
  end

endmodule : ram
