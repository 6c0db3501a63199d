// SPDX-License-Identifier: Apache-2.0
//
// Multiply and divide: MUL in one cycle, MULH* in four, DIV* and REM* in thirty-four.
//
//   MUL    lo x lo + ((lo x hi + hi x lo) << 16), of the cross products only the lower halves
//   MULH*  lo x lo, hi x lo, lo x hi, hi x hi one after the other through the multiplier that MUL
//          uses for lo x lo, summed in the divider's registers
//   DIV*   restoring, one bit per cycle on magnitudes; the first cycle makes |dividend|, the last
//          gives the result its sign. A negative divisor is never negated: the trial subtraction
//          adds it instead.
//
// start_i holds from the first cycle until result_o is taken, operands stable; falling earlier
// abandons the operation. Operands of other instructions are held off by selected_i: through the
// multiplier they would cost a third of the core's energy.

module riscv_muldiv (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        start_i,
  input  logic        selected_i,  // early: the instruction is one of these
  input  logic [2:0]  funct3_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic        done_o,      // result_o is right in this cycle
  input  logic        taken_i,     // and this cycle is its last
  output logic [31:0] result_o
);

  logic [5:0]  step_q;
  logic [31:0] low_q;              // dividend out, quotient in; low part of a product's sum
  logic [31:0] high_q;             // remainder; high part of a product's sum

  wire [31:0] a = a_i & {32{selected_i}};
  wire [31:0] b = b_i & {32{selected_i}};

  wire is_div    = funct3_i[2];
  wire is_mul    = funct3_i == 3'b000;
  wire is_rem    = funct3_i[1];
  wire unsigned_div = funct3_i[0];

  localparam logic [5:0] LastMul = 6'd3;
`ifdef RISCV_FORMAL_ALTOPS
  localparam logic [5:0] LastDiv = 6'd3;     // within reach of a bounded proof
`else
  localparam logic [5:0] LastDiv = 6'd33;
`endif
  wire is_last = step_q == (is_div ? LastDiv : LastMul);

  assign done_o = is_mul || is_last;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)                            step_q <= '0;
    else if (!start_i || taken_i || is_mul) step_q <= '0;
    else if (!is_last)                      step_q <= step_q + 6'd1;
  end

  // Multiplier: 17 x 17 bits signed, halves extended by their sign where they have one.

  wire        a_signed = funct3_i[1:0] != 2'b11;         // mulh, mulhsu
  wire        b_signed = funct3_i[1:0] == 2'b01;         // mulh
  wire        a_high   = !is_mul && step_q[0];
  wire        b_high   = !is_mul && step_q[1];
  wire [16:0] a_half   = a_high ? {a_signed && a[31], a[31:16]} : {1'b0, a[15:0]};
  wire [16:0] b_half   = b_high ? {b_signed && b[31], b[31:16]} : {1'b0, b[15:0]};

  wire signed [33:0] product = $signed(a_half) * $signed(b_half);
  wire        [15:0] middle  = 16'(a[15:0] * b[31:16]) + 16'(a[31:16] * b[15:0]);

  // Sum of partial products: {high_q[1:0], low_q}, moved down by 16 before the second and the last
  // are added.
  wire signed [33:0] sum_q   = {high_q[1:0], low_q};
  wire signed [33:0] carried = step_q == 6'd0 ? 34'sd0 : step_q[0] ? sum_q >>> 16 : sum_q;
  wire signed [33:0] sum     = carried + product;

  // Divider: one adder, used as 0 - a, remainder - |b|, 0 - result

  wire a_negative = !unsigned_div && a[31];
  wire b_negative = !unsigned_div && b[31];
  wire is_first   = step_q == '0;
  wire negate     = is_rem ? a_negative : a_negative != b_negative && b != '0;

  wire [31:0] magnitude = is_rem ? high_q : low_q;       // of the result, in the last step
  wire [32:0] partial   = {high_q, low_q[31]};

  logic [32:0] add_a, add_b;
  logic        add_carry;
  always_comb begin
    if (is_first || is_last) begin
      add_a     = '0;
      add_b     = {1'b1, ~(is_first ? a : magnitude)};
      add_carry = 1'b1;
    end else begin
      add_a     = partial;
      add_b     = {1'b1, b_negative ? b : ~b};
      add_carry = !b_negative;
    end
  end
  wire [32:0] difference = add_a + add_b + 33'(add_carry);
  wire        fits       = !difference[32];

  always_ff @(posedge clk_i) begin
    if (start_i && !is_mul && !is_last) begin
      if (!is_div) begin
        low_q  <= sum[31:0];
        high_q <= 32'(sum[33:32]);
      end else if (is_first) begin
        low_q  <= a_negative ? difference[31:0] : a;
        high_q <= '0;
      end else begin
        low_q  <= {low_q[30:0], fits};
        high_q <= fits ? difference[31:0] : partial[31:0];
      end
    end
  end

`ifdef RISCV_FORMAL_ALTOPS
  // Stand-ins that property checkers know: cheap, and different for each instruction.
  always_comb begin
    unique case (funct3_i)
      3'b000:  result_o = (a_i + b_i) ^ 32'h5876063e;
      3'b001:  result_o = (a_i + b_i) ^ 32'hf6583fb7;
      3'b010:  result_o = (a_i - b_i) ^ 32'hecfbe137;
      3'b011:  result_o = (a_i + b_i) ^ 32'h949ce5e8;
      3'b100:  result_o = (a_i - b_i) ^ 32'h7f8529ec;
      3'b101:  result_o = (a_i - b_i) ^ 32'h10e8fd70;
      3'b110:  result_o = (a_i - b_i) ^ 32'h8da68fa5;
      default: result_o = (a_i - b_i) ^ 32'h3138d0e1;
    endcase
  end
`else
  always_comb begin
    if (is_mul)      result_o = {product[31:16] + middle, product[15:0]};
    else if (is_div) result_o = negate ? difference[31:0] : magnitude;
    else             result_o = sum[31:0];
  end
`endif

endmodule : riscv_muldiv
