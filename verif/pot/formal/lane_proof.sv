// SPDX-License-Identifier: Apache-2.0
//
// Decoder and lane against the formula: with its correction, the product of any activation and what
// is held for any code is activation * weight. The weight and the correction are written here as the
// documentation defines them. For the form `FORM, with all exponents and, for FormPot, with fewer.

`include "formal.svh"

module lane_proof (
  input logic       clk_i,
  input logic [7:0] code,
  input logic [7:0] act
);

  localparam int Form       = `FORM;
  localparam int WeightBits = pot_pkg::weight_bits(Form);

  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  for (genvar i = 0; i < 3; i++) begin : g_exponents
    localparam int ExponentMax = i == 0 ? 6 : i == 1 ? 3 : 0;
    localparam int HeldBits    = pot_pkg::held_bits(Form, ExponentMax);
    localparam int ProductBits = pot_pkg::product_bits(Form, ExponentMax);

    logic [HeldBits-1:0]    held;
    logic                   nonzero;
    logic [ProductBits-1:0] product;

    pot_decode #(.Form(Form), .ExponentMax(ExponentMax)) u_decode (
      .code_i   (code[WeightBits-1:0]),
      .held_o   (held),
      .nonzero_o(nonzero)
    );

    pot_lane #(.Form(Form), .ExponentMax(ExponentMax)) u_lane (
      .act_i    (act),
      .held_i   (held),
      .product_o(product)
    );

    logic signed [31:0] weight, fix, seen;

    // Booth's digits of a code, by arithmetic: the low one is the code's last two bits as a signed
    // number, the high one what is then left, divided by four.
    logic signed [31:0] whole, low, high;
    assign whole = 32'($signed(code[3:0]));
    assign low   = 32'($signed(code[1:0]));
    assign high  = (whole - low) / 4;

    always_comb begin
      weight = '0;
      fix    = '0;
      case (Form)
        pot_pkg::FormPot: begin
          if (code[2:0] != 3'd0 && 32'(code[2:0]) <= ExponentMax + 1) begin
            weight = 32'sd1 << (code[2:0] - 3'd1);
          end
          if (code[3]) weight = -weight;
          if (weight < 0) fix = 255 * weight;
        end
        pot_pkg::FormMagnitude: begin
          weight = code[3] ? -$signed({29'b0, code[2:0]}) : $signed({29'b0, code[2:0]});
          if (weight < 0) fix = 255 * weight;
        end
        pot_pkg::FormRecoded: begin
          weight = whole;
          if (low < 0)  fix = fix + 255 * low;
          if (high < 0) fix = fix + 255 * 4 * high;
        end
        pot_pkg::FormEight: weight = 32'($signed(code));
        default:            weight = whole;
      endcase
    end

    if (pot_pkg::signed_products(Form)) begin : g_signed
      assign seen = 32'($signed(product));
    end else begin : g_unsigned
      assign seen = 32'(product);
    end

    always @(posedge clk_i) begin
      if (started_q) begin
        assert (seen + fix == weight * $signed({24'b0, act}));
        assert (nonzero == (weight != 0));
        if (i == 0) begin
          `COVER(weight < 0 && act == 8'hff && nonzero)
        end
      end
    end
  end

endmodule : lane_proof
