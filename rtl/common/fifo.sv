// SPDX-License-Identifier: Apache-2.0
//
// First in, first out: a queue of Depth words between two valid/ready streams.
//
//   cycle     0    1    2    3
//   valid_i   A    B    .    .       no fall-through: a word shows a cycle after it came in
//   valid_o   .    A    A    B       ready_i in cycles 2 and 3
//   count_o   0    1    2    1
//
// A word per cycle goes in and out, at any depth. With two words or more ready_o comes from
// registers alone. With one word it must look at ready_i: it is then a pipeline register.

`include "assert.svh"

module fifo #(
  parameter  int Width      = 8,
  parameter  int Depth      = 4,
  localparam int CountWidth = $clog2(Depth + 1)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  valid_i,
  output logic                  ready_o,
  input  logic [Width-1:0]      data_i,

  output logic                  valid_o,
  input  logic                  ready_i,
  output logic [Width-1:0]      data_o,

  output logic [CountWidth-1:0] count_o
);

  initial if (Depth < 1) $fatal(1, "fifo: Depth = %0d must be at least 1", Depth);

  logic push, pop;

  assign push = valid_i && ready_o;
  assign pop  = valid_o && ready_i;

  if (Depth == 1) begin : g_register
    logic             valid_q;
    logic [Width-1:0] data_q;  // no reset: looked at only under valid_q

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) valid_q <= 1'b0;
      else         valid_q <= push || (valid_q && !pop);
    end

    always_ff @(posedge clk_i) begin
      if (push) data_q <= data_i;
    end

    assign ready_o = !valid_q || ready_i;
    assign valid_o = valid_q;
    assign data_o  = data_q;
    assign count_o = valid_q;
  end else begin : g_circle
    localparam int PointerWidth = $clog2(Depth);

    logic [Width-1:0]        words_q [0:Depth-1];  // no reset: looked at only below count_q
    logic [PointerWidth-1:0] write_q, read_q;
    logic [CountWidth-1:0]   count_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        write_q <= '0;
        read_q  <= '0;
        count_q <= '0;
      end else begin
        if (push) write_q <= write_q == PointerWidth'(Depth - 1) ? '0 : write_q + 1'b1;
        if (pop)  read_q  <= read_q == PointerWidth'(Depth - 1) ? '0 : read_q + 1'b1;
        if (push != pop) count_q <= push ? count_q + 1'b1 : count_q - 1'b1;
      end
    end

    always_ff @(posedge clk_i) begin
      if (push) words_q[write_q] <= data_i;
    end

    assign ready_o = count_q != CountWidth'(Depth);
    assign valid_o = count_q != '0;
    assign data_o  = words_q[read_q];
    assign count_o = count_q;
  end

  `ASSERT(NeverHoldsMoreThanDepth, 32'(count_o) <= Depth)

endmodule : fifo
