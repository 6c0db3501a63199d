// SPDX-License-Identifier: Apache-2.0
//
// A column of the array: holds a weight for each lane, adds the lanes' products to a partial sum.
//
//   cycle     0    1    2    3
//   load_i    1    .    .    .      held_i is held from cycle 1 on
//   act_i     .    a    b    .
//   psum_i    .    p    q    .
//   add_i     .    1    1    .
//   sum_o     .    .    p'   q'     p' = p + products of a and the held weights
//
// One register for the sum of all lanes, none in between. The tree of adders grows a bit per level;
// it is unsigned where products are, and sign-extends by that one bit where they are not.

module pot_column #(
  parameter  int Form        = pot_pkg::FormPot,
  parameter  int ExponentMax = 6,
  parameter  int Lanes       = 32,
  parameter  int AccBits     = 24,
  localparam int HeldBits    = pot_pkg::held_bits(Form, ExponentMax)
) (
  input  logic                      clk_i,

  input  logic                      load_i,
  input  logic [HeldBits*Lanes-1:0] held_i,

  input  logic [8*Lanes-1:0]        act_i,
  input  logic                      add_i,
  input  logic [AccBits-1:0]        psum_i,
  output logic [AccBits-1:0]        sum_o
);

  localparam int ProductBits = pot_pkg::product_bits(Form, ExponentMax);
  localparam int Levels      = $clog2(Lanes);
  localparam bit Signed      = pot_pkg::signed_products(Form);

  // No reset: weights are loaded before they are used.
  logic [HeldBits*Lanes-1:0] held_q;
  logic [AccBits-1:0]        total;
  logic [AccBits-1:0]        sum_q;

  always_ff @(posedge clk_i) begin
    if (load_i) held_q <= held_i;
  end

  // Level 0 are the products, a level has half as many terms as the one before.
  for (genvar l = 0; l <= Levels; l++) begin : g_level
    localparam int Width = ProductBits + l;
    localparam int Terms = Lanes >> l;

    logic [Width*Terms-1:0] terms;

    for (genvar t = 0; t < Terms; t++) begin : g_term
      if (l == 0) begin : g_product
        pot_lane #(
          .Form        (Form),
          .ExponentMax (ExponentMax)
        ) u_lane (
          .act_i     (act_i[8*t +: 8]),
          .held_i    (held_q[HeldBits*t +: HeldBits]),
          .product_o (terms[Width*t +: Width])
        );
      end else begin : g_sum
        logic [Width-2:0] left, right;

        assign left  = g_level[l-1].terms[(Width-1)*(2*t) +: Width-1];
        assign right = g_level[l-1].terms[(Width-1)*(2*t+1) +: Width-1];
        assign terms[Width*t +: Width] = {Signed && left[Width-2], left} +
                                         {Signed && right[Width-2], right};
      end
    end
  end

  if (Signed) begin : g_signed
    assign total = AccBits'($signed(g_level[Levels].terms));
  end else begin : g_unsigned
    assign total = AccBits'(g_level[Levels].terms);
  end

  always_ff @(posedge clk_i) begin
    if (add_i) sum_q <= psum_i + total;
  end

  assign sum_o = sum_q;

endmodule : pot_column
