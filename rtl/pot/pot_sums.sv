// SPDX-License-Identifier: Apache-2.0
//
// The array with its partial sums: adds a strip's tiles up, from the bias on.
//
//   cycle       0       1        2        3
//   issue_i     1       .        .        .        an output position, index_i in the strip
//   act_i       .       A        .        .
//   partial     .       read     .        write    sums of the position so far
//   array       .       A in     sum      sums_o
//   valid_o     .       .        .        1        if the tile is the strip's last
//
// A strip's first tile starts from the biases, its last one writes no partial sums. A position comes
// back in the next tile, when its sum is long written. A column without an output channel holds
// zeros, as the host says, and its sums are not clocked.

`include "assert.svh"

module pot_sums #(
  parameter  int Form        = pot_pkg::FormPot,
  parameter  int ExponentMax = 6,
  parameter  int Lanes       = 32,
  parameter  int Columns     = 16,
  parameter  int AccBits     = Form == pot_pkg::FormEight ? 28 : 24,
  parameter  int Pixels      = 32,
  localparam int WeightBits  = pot_pkg::weight_bits(Form),
  localparam int IndexWidth  = $clog2(Pixels)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic [Columns-1:0]          load_i,
  input  logic [Columns-1:0]          bias_i,   // weights_i is the bias of this column
  input  logic [WeightBits*Lanes-1:0] weights_i,
  input  logic [Columns-1:0]          columns_i,  // those with an output channel
  output logic [Lanes-1:0]            used_o,   // lanes with work in the tile

  input  logic                        issue_i,
  input  logic [IndexWidth-1:0]       index_i,
  input  logic                        first_i,  // the tile is the strip's first, last
  input  logic                        final_i,
  input  logic                        last_i,   // the position is the group's last
  input  logic [8*Lanes-1:0]          act_i,
  output logic                        busy_o,

  output logic                        open_o,   // of the tile whose sums come out
  output logic                        valid_o,
  output logic                        last_o,
  output logic [AccBits*Columns-1:0]  sums_o
);

  // Three stages: operands, sum, sums in their register. No reset on data: looked at only under
  // valid_q and sums_valid.
  logic [1:0]            valid_q;
  logic                  sums_valid;
  logic                  first_1_q;
  logic                  final_1_q, final_2_q, final_3_q;
  logic                  last_1_q, last_2_q, last_3_q;
  logic [IndexWidth-1:0] index_1_q, index_2_q, index_3_q;

  logic [AccBits*Columns-1:0] bias_q;  // no reset: loaded before a group begins
  logic [AccBits*Columns-1:0] psum;
  logic                       write;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[0], issue_i};
  end

  always_ff @(posedge clk_i) begin
    if (issue_i) begin
      index_1_q <= index_i ^ (index_i >> 1);  // Gray code
      first_1_q <= first_i;
      final_1_q <= final_i;
      last_1_q  <= last_i;
    end
    if (valid_q[0]) begin
      index_2_q <= index_1_q;
      final_2_q <= final_1_q;
      last_2_q  <= last_1_q;
    end
    if (valid_q[1]) begin
      index_3_q <= index_2_q;
      final_3_q <= final_2_q;
      last_3_q  <= last_2_q;
    end
  end

  for (genvar c = 0; c < Columns; c++) begin : g_bias
    always_ff @(posedge clk_i) begin
      if (bias_i[c]) bias_q[AccBits*c +: AccBits] <= weights_i[AccBits-1:0];
    end
  end

  pot_partial #(
    .Width (AccBits * Columns),
    .Words (Pixels)
  ) u_partial (
    .clk_i         (clk_i),
    .read_i        (valid_q[0]),
    .start_i       (first_1_q),
    .read_index_i  (index_1_q),
    .start_data_i  (bias_q),
    .data_o        (psum),
    .write_i       (write),
    .write_index_i (index_3_q),
    .write_data_i  (sums_o)
  );

  assign write = sums_valid && !final_3_q;

  pot_array #(
    .Form        (Form),
    .ExponentMax (ExponentMax),
    .Lanes       (Lanes),
    .Columns     (Columns),
    .AccBits     (AccBits)
  ) u_array (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .load_i    (load_i),
    .codes_i   (weights_i),
    .columns_i (columns_i),
    .used_o    (used_o),
    .valid_i   (valid_q[0]),
    .act_i     (act_i),
    .psum_i    (psum),
    .valid_o   (sums_valid),
    .sums_o    (sums_o)
  );

  assign busy_o  = |valid_q || sums_valid;
  assign open_o  = final_3_q;
  assign valid_o = sums_valid && final_3_q;
  assign last_o  = last_3_q;

  `ASSERT(NoSumIsReadAndWrittenAtOnce,
          !(write && valid_q[0] && !first_1_q && index_1_q == index_3_q))
  `ASSERT(BiasesStayWhileTheyAreUsed, bias_i == '0 || !(valid_q[0] && first_1_q))

endmodule : pot_sums
