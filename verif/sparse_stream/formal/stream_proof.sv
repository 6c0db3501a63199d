// SPDX-License-Identifier: Apache-2.0
//
// Pool and packer one behind the other, fed and emptied at any times: an offer stays unchanged until
// it is taken, and after n values in there are n / 4 out of the pool and n / 8 beats out of the
// packer, but for those under way.

`include "formal.svh"

module stream_proof (
  input logic       clk_i,
  input logic       valid,
  input logic [7:0] data,
  input logic       ready
);

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic        in_ready, pooled_valid, pooled_ready, out_valid;
  logic [7:0]  pooled;
  logic [15:0] out;

  sparse_stream_pool #(.Width(2), .Channels(2), .Average(0)) u_pool (
    .clk_i,
    .rst_ni,
    .valid_i(valid),
    .ready_o(in_ready),
    .data_i (data),
    .valid_o(pooled_valid),
    .ready_i(pooled_ready),
    .data_o (pooled)
  );

  sparse_stream_packer #(.Width(8), .Values(2)) u_packer (
    .clk_i,
    .rst_ni,
    .valid_i(pooled_valid),
    .ready_o(pooled_ready),
    .data_i (pooled),
    .valid_o(out_valid),
    .ready_i(ready),
    .data_o (out)
  );

  logic [5:0]  in_q, beats_q;      // values in, beats out
  logic [7:0]  first_q;            // largest channel 0 value of the first map
  logic        held_q, pooled_held_q;
  logic [15:0] out_q;
  logic [7:0]  pooled_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_q          <= '0;
      beats_q       <= '0;
      held_q        <= 1'b0;
      pooled_held_q <= 1'b0;
      first_q       <= 8'h80;
    end else begin
      if (valid && in_ready) begin
        in_q <= in_q + 1'b1;
        if (!in_q[0] && in_q < 6'd8 && $signed(data) > $signed(first_q)) first_q <= data;
      end
      if (out_valid && ready) beats_q <= beats_q + 1'b1;
      held_q        <= out_valid && !ready;
      pooled_held_q <= pooled_valid && !pooled_ready;
    end
    out_q    <= out;
    pooled_q <= pooled;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!held_q || (out_valid && out == out_q));
      assert (!pooled_held_q || (pooled_valid && pooled == pooled_q));
      assert (32'(beats_q) * 8 + 8 * 32'(out_valid) <= 32'(in_q));
      assert (32'(in_q) < 32'(beats_q) * 8 + 8 + 9);
      if (out_valid && beats_q == '0) assert (out[7:0] == first_q);
      `COVER(beats_q == 6'd1 && out_valid)
    end
  end

endmodule : stream_proof
