// SPDX-License-Identifier: Apache-2.0
//
// The keep rule against the table in docs/msb_skip.md, for all operands, modes, thresholds and
// maxima that can be. The logarithm is the definition (a search for the power of two), not a
// detector of leading ones.

`include "formal.svh"

module keep_proof (
  input logic            clk_i,
  input logic [1:0]      mode,
  input logic [3:0]      threshold,
  input logic [3:0]      maximum,
  input logic [3:0][7:0] act,
  input logic [3:0][7:0] wgt
);

  logic [3:0] keep, zero, maximum_after;

  msb_skip_keep u_dut (
    .mode_i     (mode),
    .threshold_i(threshold),
    .maximum_i  (maximum),
    .act_i      (act),
    .wgt_i      (wgt),
    .keep_o     (keep),
    .zero_o     (zero),
    .maximum_o  (maximum_after)
  );

  // floor(log2 of the magnitude), -1 if there is none
  function automatic logic signed [5:0] msb(input logic [7:0] x);
    logic [7:0] magnitude;
    magnitude = x[7] ? ~x : x;
    msb = magnitude == 0  ? -6'sd1 : magnitude < 2  ? 6'sd0 : magnitude < 4  ? 6'sd1 :
          magnitude < 8   ? 6'sd2  : magnitude < 16 ? 6'sd3 : magnitude < 32 ? 6'sd4 :
          magnitude < 64  ? 6'sd5  : 6'sd6;
  endfunction

  logic [3:0]        expected;
  logic signed [5:0] highest, s, a, w;
  logic              exists;

  always_comb begin
    highest = $signed({2'b0, maximum});
    for (int i = 0; i < 4; i++) begin
      a      = msb(act[i]);
      w      = msb(wgt[i]);
      s      = a + w;
      exists = a >= 0 && w >= 0;
      if (exists && s > highest) highest = s;
      expected[i] = mode == 2'd0 ? 1'b1 :
                    mode == 2'd1 ? act[i] != 0 && wgt[i] != 0 :
                    mode == 2'd2 ? exists && s >= $signed({2'b0, threshold}) :
                                   exists && s >= highest - $signed({2'b0, threshold});
    end
  end

  always @(posedge clk_i) begin
    assume (maximum <= 4'd12);
    assert (keep == expected);
    for (int i = 0; i < 4; i++) assert (zero[i] == (act[i] == '0 || wgt[i] == '0));
    if (mode == 2'd3) assert (maximum_after == highest[3:0]);
    `COVER(mode == 2'd3 && keep == 4'b0101)
  end

endmodule : keep_proof
