// SPDX-License-Identifier: Apache-2.0
//
// Leading-one detector: the position of the highest bit that is 1.
//
//   data_i   0010110 -> index_o = 4, found_o = 1
//   data_i   0000000 -> index_o = 0, found_o = 0
//
// Combinational. Zero has no leading one; index_o is then 0 and must not be used as a position.

module lead_one #(
  parameter int Width = 7,
  localparam int IndexWidth = $clog2(Width)
) (
  input  logic [Width-1:0]      data_i,
  output logic                  found_o,
  output logic [IndexWidth-1:0] index_o
);

  initial if (Width < 2) $fatal(1, "lead_one: Width = %0d must be at least 2", Width);

  assign found_o = |data_i;

  always_comb begin
    index_o = '0;
    for (int i = 1; i < Width; i++) begin
      if (data_i[i]) index_o = IndexWidth'(i);
    end
  end

endmodule : lead_one
