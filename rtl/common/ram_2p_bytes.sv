// SPDX-License-Identifier: Apache-2.0
//
// RAM with one synchronous read port and one write port that writes chosen bytes: the stand-in for
// a memory macro.
//
//   cycle         0        1
//   read_i      __/~~~~~~~~\____     address taken at the end of cycle 0
//   read_data_o ------------<D>      data all through cycle 1, then kept until the next read
//
// As ram_2p otherwise: the output keeps its value between reads, and a word must not be read and
// written at the same edge. Contents are undefined at power-up.

module ram_2p_bytes #(
  parameter  int Width     = 32,
  parameter  int Words     = 16,
  localparam int AddrWidth = Words > 1 ? $clog2(Words) : 1
) (
  input  logic                 clk_i,

  input  logic                 read_i,
  input  logic [AddrWidth-1:0] read_addr_i,
  output logic [Width-1:0]     read_data_o,

  input  logic                 write_i,
  input  logic [Width/8-1:0]   write_mask_i,
  input  logic [AddrWidth-1:0] write_addr_i,
  input  logic [Width-1:0]     write_data_i
);

  logic [Width-1:0] mem [0:Words-1];

  always @(posedge clk_i) begin
    if (write_i) begin
      for (int b = 0; b < Width / 8; b++) begin
        if (write_mask_i[b]) mem[write_addr_i][8*b +: 8] <= write_data_i[8*b +: 8];
      end
    end
    if (read_i) read_data_o <= mem[read_addr_i];
  end

endmodule : ram_2p_bytes
