// SPDX-License-Identifier: Apache-2.0
//
// The queue against its definition: of two words that are pushed one after the other, at any time,
// the same two leave one after the other; what is in it is what went in and has not left.

`include "formal.svh"

module fifo_proof (
  input logic            clk_i,
  input logic [2:0]      valid,
  input logic [2:0]      ready,
  input logic [2:0][1:0] data,
  input logic [3:0]      watched   // number of the word that is followed; any
);

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic [3:0] watched_q;
  always_ff @(posedge clk_i) watched_q <= started_q ? watched_q : watched;

  for (genvar i = 0; i < 3; i++) begin : g_depth
    localparam int Depth = i + 1;

    logic                        push_ready, pop_valid;
    logic [1:0]                  out;
    logic [$clog2(Depth+1)-1:0]  count;

    fifo #(.Width(2), .Depth(Depth)) u_dut (
      .clk_i,
      .rst_ni,
      .valid_i(valid[i]),
      .ready_o(push_ready),
      .data_i (data[i]),
      .valid_o(pop_valid),
      .ready_i(ready[i]),
      .data_o (out),
      .count_o(count)
    );

    logic [3:0] pushed_q, popped_q;   // words so far
    logic [1:0] word_q, out_q;        // the watched one
    logic       held_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        pushed_q <= '0;
        popped_q <= '0;
        held_q   <= 1'b0;
      end else begin
        if (valid[i] && push_ready) pushed_q <= pushed_q + 1'b1;
        if (pop_valid && ready[i])  popped_q <= popped_q + 1'b1;
        held_q <= pop_valid && !ready[i];
      end
      if (valid[i] && push_ready && pushed_q == watched_q) word_q <= data[i];
      out_q <= out;
    end

    always @(posedge clk_i) begin
      if (rst_ni) begin
        assert (32'(count) == 32'(pushed_q - popped_q) && 32'(count) <= Depth);
        assert (pop_valid == (count != '0));
        assert (push_ready == (32'(count) < Depth || (Depth == 1 && ready[i])));
        assert (!pop_valid || popped_q != watched_q || out == word_q);
        assert (!held_q || (pop_valid && out == out_q));
        if (i == 2) begin
          `COVER(popped_q == 4'd4 && 32'(count) == 3)
        end
      end
    end
  end

endmodule : fifo_proof
