// SPDX-License-Identifier: Apache-2.0
`timescale 1ns/1ps

module bench #(
  parameter int Step = 1
);
  logic clk;
  initial clk = 0;
  always #5 clk = ~clk;

  logic [31:0] count;
  counter #(.Step(Step)) u_dut (.clk_i(clk), .count_o(count));
endmodule : bench
