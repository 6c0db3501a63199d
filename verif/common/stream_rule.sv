// SPDX-License-Identifier: Apache-2.0
//
// The rule of a valid/ready stream: what is offered stays, unchanged, until it is taken.
//
//   valid_i  __/~~~~~~~~~\__
//   ready_i  ________/~~~\__
//   data_i   --<    D    >--     D must not change, valid_i must not fall before ready_i
//
// Simulators with four states also notice an unknown handshake or payload.

module stream_rule #(
  parameter int Width = 8
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             valid_i,
  input logic             ready_i,
  input logic [Width-1:0] data_i
);

  logic             waiting_q;   // offered in the cycle before, and not taken
  logic [Width-1:0] data_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= valid_i && !ready_i;
  end

  always_ff @(posedge clk_i) data_q <= data_i;

  always @(posedge clk_i) begin
    if (rst_ni) begin
      if (waiting_q && !valid_i) $fatal(1, "stream rule: %m: an offer was withdrawn");
      if (waiting_q && data_i !== data_q) $fatal(1, "stream rule: %m: an offer changed");
      if ((^{valid_i, ready_i}) === 1'bx) $fatal(1, "stream rule: %m: unknown handshake");
      if (valid_i === 1'b1 && (^data_i) === 1'bx) $fatal(1, "stream rule: %m: unknown payload");
    end
  end

endmodule : stream_rule
