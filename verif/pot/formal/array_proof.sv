// SPDX-License-Identifier: Apache-2.0
//
// The array against its definition: two cycles after a position came in, each column's sum is the
// partial sum it was given, and activation times weight of each lane, with the weights' corrections.
// Tiles are loaded at any time in between, columns from the first on; lanes without a weight keep
// whatever activation they had.

`include "formal.svh"

module array_proof (
  input logic        clk_i,
  input logic        load,
  input logic [7:0]  codes,
  input logic        valid,
  input logic [15:0] act,
  input logic [31:0] psum,
  input logic [1:0]  columns    // whose sums are wanted
);

  localparam int Lanes = 2, Columns = 2, AccBits = 16;

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic       column_q;   // to be loaded next
  logic       loaded_q;   // both are
  logic [7:0] codes_q [0:Columns-1];

  logic [Columns-1:0]         load_one;
  logic                       valid_out;
  logic [Lanes-1:0]           used;
  logic [AccBits*Columns-1:0] sums;

  assign load_one = {load && column_q, load && !column_q};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      column_q <= 1'b0;
      loaded_q <= 1'b0;
    end else if (load) begin
      column_q <= !column_q;
      loaded_q <= column_q;
    end
    if (load) codes_q[column_q] <= codes;
  end

  pot_array #(
    .Form   (pot_pkg::FormPot),
    .Lanes  (Lanes),
    .Columns(Columns),
    .AccBits(AccBits)
  ) u_dut (
    .clk_i,
    .rst_ni,
    .load_i (load_one),
    .codes_i(codes),
    .columns_i(columns),
    .used_o (used),
    .valid_i(valid),
    .act_i  (act),
    .psum_i (psum),
    .valid_o(valid_out),
    .sums_o (sums)
  );

  // A product as lane_proof.sv shows it
  function automatic logic [AccBits-1:0] weighted(input logic [3:0] code, input logic [7:0] value);
    weighted = code[2:0] == 3'd0 ? '0 :
               AccBits'(value ^ {8{code[3]}}) << (code[2:0] - 3'd1);
  endfunction

  // What has to come out, a register behind the activations and one behind the sums
  logic [1:0]         valid_q;
  logic [Columns-1:0] wanted_q;
  logic [15:0]        act_q;
  logic [AccBits-1:0] sum_q [0:Columns-1];

  always_ff @(posedge clk_i) begin
    valid_q <= rst_ni ? {valid_q[0], valid} : '0;
    act_q   <= act;
    if (valid_q[0]) wanted_q <= columns;
    for (int c = 0; c < Columns; c++) begin
      sum_q[c] <= psum[AccBits*c +: AccBits] + weighted(codes_q[c][3:0], act_q[7:0]) +
                  weighted(codes_q[c][7:4], act_q[15:8]);
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!valid || loaded_q);
      assume (!valid || !load);
      // A position's products are made a cycle after it came in, from the weights held then.
      assume (!valid_q[0] || !load);
      assert (valid_out == valid_q[1]);
      for (int c = 0; c < Columns; c++) begin
        assert (!valid_q[1] || !wanted_q[c] || sums[AccBits*c +: AccBits] == sum_q[c]);
      end
      for (int l = 0; l < Lanes; l++) begin
        assert (!loaded_q || load ||
                used[l] == (codes_q[0][4*l +: 3] != '0 || codes_q[1][4*l +: 3] != '0));
      end
      `COVER(valid_q[1] && wanted_q == 2'b10 && used == 2'b10 && sum_q[1] == 16'h1234)
    end
  end

endmodule : array_proof
