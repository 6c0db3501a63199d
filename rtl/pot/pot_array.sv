// SPDX-License-Identifier: Apache-2.0
//
// The weight-held array: Lanes activations meet the weights of Columns output channels.
//
//   cycle      0    1    2    3    4    5
//   load_i     01   10   .    .    .    .      weights of column 0, of column 1, from codes_i
//   valid_i    .    .    1    1    .    .      two output positions
//   act_i      .    .    a    b    .    .
//   psum_i     .    .    .    p    q    .      their partial sums so far, a cycle later
//   valid_o    .    .    .    .    1    1
//   sums_o     .    .    .    .    p'   q'
//
// Never waits: who feeds it knows that its sums can be taken. Codes are decoded before they are
// held, by one decoder per lane, for one column is loaded at a time. A tile's columns are loaded
// from column 0 on; a lane with nothing but zeros in all of them keeps its activation register,
// and nothing behind it moves; used_o tells, so that its activation need not be fetched. Only the
// first activations after a reset fill all lanes: in four-valued simulation, zero times a register
// that nobody wrote is not zero.

`include "assert.svh"

module pot_array #(
  parameter  int Form        = pot_pkg::FormPot,
  parameter  int ExponentMax = 6,
  parameter  int Lanes       = 32,
  parameter  int Columns     = 16,
  parameter  int AccBits     = Form == pot_pkg::FormEight ? 28 : 24,
  localparam int WeightBits  = pot_pkg::weight_bits(Form)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic [Columns-1:0]          load_i,  // one-hot, or nothing; any if codes_i is zeros
  input  logic [WeightBits*Lanes-1:0] codes_i,
  output logic [Lanes-1:0]            used_o,  // lanes with work, from the last load on

  input  logic [Columns-1:0]          columns_i,  // those whose sums are wanted

  input  logic                        valid_i,
  input  logic [8*Lanes-1:0]          act_i,
  input  logic [AccBits*Columns-1:0]  psum_i,
  output logic                        valid_o,
  output logic [AccBits*Columns-1:0]  sums_o
);

  localparam int HeldBits = pot_pkg::held_bits(Form, ExponentMax);
  localparam int Half     = (Columns + 1) / 2;
  localparam int SumBits  = pot_pkg::product_bits(Form, ExponentMax) + $clog2(Lanes);

  initial begin
    if (Form < 0 || Form > 5) $fatal(1, "pot_array: Form = %0d must be in 0 .. 5", Form);
    if (ExponentMax < 0 || ExponentMax > 6) begin
      $fatal(1, "pot_array: ExponentMax = %0d must be in 0 .. 6", ExponentMax);
    end
    if (Lanes < 2 || (Lanes & (Lanes - 1)) != 0) begin
      $fatal(1, "pot_array: Lanes = %0d must be a power of two", Lanes);
    end
    if (Columns < 1) $fatal(1, "pot_array: Columns = %0d must be at least 1", Columns);
    if (AccBits < SumBits) begin
      $fatal(1, "pot_array: AccBits = %0d must hold a sum of %0d bits", AccBits, SumBits);
    end
  end

  logic [HeldBits*Lanes-1:0] held;
  logic [Lanes-1:0]          nonzero;
  logic [Lanes-1:0]          used, used_q;  // lanes with a weight other than zero in the tile
  logic [8*Lanes-1:0]        act_q;   // no reset on data: looked at only under valid_q
  logic [Lanes-1:0]          moves;   // lanes whose register is to change
  logic [1:0]                valid_q;
  logic                      first_q;  // nothing came since the reset

  assign used = load_i[0] ? nonzero : used_q | (nonzero & {Lanes{|load_i}});

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      first_q <= 1'b1;
    end else begin
      valid_q <= {valid_q[0], valid_i};
      if (valid_i) first_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (|load_i) used_q <= used;
  end

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    pot_decode #(
      .Form        (Form),
      .ExponentMax (ExponentMax)
    ) u_decode (
      .code_i    (codes_i[WeightBits*l +: WeightBits]),
      .held_o    (held[HeldBits*l +: HeldBits]),
      .nonzero_o (nonzero[l])
    );

    // From zero to zero nothing is clocked: half the activations behind a ReLU are zero.
    assign moves[l] = used_q[l] && (act_i[8*l +: 8] != '0 || act_q[8*l +: 8] != '0);

    always_ff @(posedge clk_i) begin
      if (valid_i && (moves[l] || first_q)) act_q[8*l +: 8] <= act_i[8*l +: 8];
    end
  end

  // Output channels are in the first columns. If there is none in the upper half, nothing moves there.
  logic [8*Lanes-1:0] seen [0:1];

  assign seen[0] = act_q;
  assign seen[1] = act_q & {(8 * Lanes){|(columns_i >> Half)}};

  for (genvar c = 0; c < Columns; c++) begin : g_column
    pot_column #(
      .Form        (Form),
      .ExponentMax (ExponentMax),
      .Lanes       (Lanes),
      .AccBits     (AccBits)
    ) u_column (
      .clk_i  (clk_i),
      .load_i (load_i[c]),
      .held_i (held),
      .act_i  (seen[c/Half]),
      .add_i  (valid_q[0] && columns_i[c]),
      .psum_i (psum_i[AccBits*c +: AccBits]),
      .sum_o  (sums_o[AccBits*c +: AccBits])
    );
  end

  assign used_o  = used;
  assign valid_o = valid_q[1];

  `ASSERT(OneColumnIsLoadedAtATime, (load_i & (load_i - 1'b1)) == '0 || nonzero == '0)
  `ASSERT(WeightsStayForWhatComesIn, load_i == '0 || !valid_i)

endmodule : pot_array
