// SPDX-License-Identifier: Apache-2.0
//
// The leading-one detector against the definition: 2^index <= data < 2^(index + 1).

`include "formal.svh"

module lead_one_proof (
  input logic       clk_i,
  input logic [6:0] data
);

  logic       found;
  logic [2:0] index;

  lead_one #(.Width(7)) u_dut (
    .data_i (data),
    .found_o(found),
    .index_o(index)
  );

  always @(posedge clk_i) begin
    assert (found == (data != '0));
    if (found) assert (8'(data) >> index == 8'd1);
    else       assert (index == '0);
    `COVER(found && index == 3'd6)
  end

endmodule : lead_one_proof
