// SPDX-License-Identifier: Apache-2.0
//
// Product of an activation and a held weight, in the form's own way.
//
//   FormPot, activation 5, weight -4:  ~5 = 250, 250 << 2 = 1000 = -4 * 5 + 255 * 4
//
// Combinational. FormPot, FormMagnitude and FormRecoded negate by one's complement: the product is
// then never negative, and 255 * |weight| too large where the weight is negative. That is a constant
// of the weights, which the host takes off the bias. So nothing is sign-extended and nothing carried
// in. A held zero makes a product of zero.

module pot_lane #(
  parameter  int Form        = pot_pkg::FormPot,
  parameter  int ExponentMax = 6,
  localparam int HeldBits    = pot_pkg::held_bits(Form, ExponentMax),
  localparam int ProductBits = pot_pkg::product_bits(Form, ExponentMax)
) (
  input  logic [7:0]             act_i,
  input  logic [HeldBits-1:0]    held_i,
  output logic [ProductBits-1:0] product_o
);

  if (Form == pot_pkg::FormPot) begin : g_pot
    logic [7:0] factor;

    assign factor = act_i ^ {8{held_i[ExponentMax+1]}};

    always_comb begin
      product_o = '0;
      for (int e = 0; e <= ExponentMax; e++) begin
        product_o = product_o | ({ProductBits{held_i[e]}} & (ProductBits'(factor) << e));
      end
    end
  end else if (Form == pot_pkg::FormBooth) begin : g_booth
    logic [4:0]  bits;
    logic [1:0]  neg;
    logic [11:0] row [0:1];

    assign bits = {held_i, 1'b0};
    for (genvar d = 0; d < 2; d++) begin : g_digit
      logic       one, two;
      logic [8:0] multiple;

      assign neg[d]   = bits[2*d+2];
      assign one      = bits[2*d+1] ^ bits[2*d];
      assign two      = bits[2*d+2] != bits[2*d+1] && !one;
      assign multiple = ({9{one}} & {1'b0, act_i}) | ({9{two}} & {act_i, 1'b0});
      assign row[d]   = 12'($signed({neg[d], multiple ^ {9{neg[d]}}}));
    end
    assign product_o = row[0] + {row[1][9:0], 1'b0, neg[0]} + 12'({neg[1], 2'b00});
  end else if (Form == pot_pkg::FormMagnitude) begin : g_magnitude
    assign product_o = 11'(act_i ^ {8{held_i[3]}}) * 11'(held_i[2:0]);
  end else if (Form == pot_pkg::FormRecoded) begin : g_recoded
    logic [8:0] multiple [0:1];

    for (genvar d = 0; d < 2; d++) begin : g_digit
      logic [7:0] factor;

      assign factor      = act_i ^ {8{held_i[3*d+2]}};
      assign multiple[d] = ({9{held_i[3*d]}} & {1'b0, factor}) |
                           ({9{held_i[3*d+1]}} & {factor, 1'b0});
    end
    assign product_o = {10'(multiple[0][8:2]) + 10'(multiple[1]), multiple[0][1:0]};
  end else begin : g_multiplier
    logic signed [ProductBits-1:0] act, weight;

    assign act       = ProductBits'(act_i);
    assign weight    = ProductBits'($signed(held_i));
    assign product_o = act * weight;
  end

endmodule : pot_lane
