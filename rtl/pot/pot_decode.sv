// SPDX-License-Identifier: Apache-2.0
//
// Turns the code of a weight into what the array holds for it.
//
//   FormPot, ExponentMax 3    1011 (-2^2)  ->  neg 1, one-hot 0100
//                             1000 (-0)    ->  neg 0, one-hot 0000, nonzero_o = 0
//   FormRecoded               0110 (6)     ->  digits 2 and -2: {neg, two, one} = 010, 110
//
// Combinational. A weight of value zero never holds neg: its product is then zero for every
// activation, and it needs no correction. An exponent above ExponentMax holds nothing, as zero does.

module pot_decode #(
  parameter  int Form        = pot_pkg::FormPot,
  parameter  int ExponentMax = 6,
  localparam int WeightBits  = pot_pkg::weight_bits(Form),
  localparam int HeldBits    = pot_pkg::held_bits(Form, ExponentMax)
) (
  input  logic [WeightBits-1:0] code_i,
  output logic [HeldBits-1:0]   held_o,
  output logic                  nonzero_o
);

  if (Form == pot_pkg::FormPot) begin : g_pot
    logic [ExponentMax:0] one_hot;

    for (genvar e = 0; e <= ExponentMax; e++) begin : g_exponent
      assign one_hot[e] = code_i[2:0] == 3'(e + 1);
    end
    assign nonzero_o = |one_hot;
    assign held_o    = {code_i[3] && nonzero_o, one_hot};
  end else if (Form == pot_pkg::FormMagnitude) begin : g_magnitude
    assign nonzero_o = |code_i[2:0];
    assign held_o    = {code_i[3] && nonzero_o, code_i[2:0]};
  end else if (Form == pot_pkg::FormRecoded) begin : g_recoded
    logic [4:0] bits;

    assign nonzero_o = |code_i;
    assign bits      = {code_i, 1'b0};
    for (genvar d = 0; d < 2; d++) begin : g_digit
      logic neg, two, one;

      assign one = bits[2*d+1] ^ bits[2*d];
      assign two = bits[2*d+2] != bits[2*d+1] && !one;
      assign neg = bits[2*d+2] && (one || two);
      assign held_o[3*d +: 3] = {neg, two, one};
    end
  end else begin : g_code
    assign nonzero_o = |code_i;
    assign held_o    = code_i;
  end

endmodule : pot_decode
