// SPDX-License-Identifier: Apache-2.0
//
// Reset of a bench: falls after power-up, and as often as asked for in the middle of things.
//
//   rst_no  ~~\____/~~~~~~~~~~~~~~~~~~~~~\_/~~~~~~~~~~~\_________/~~~
//            power-up: high, nothing is reset yet
//
// +resets=N asks for N more resets (default 0), +reset_every=N for N cycles between them on average
// (default 2000). One lasts from a quarter of a nanosecond to twenty cycles. No edge of it is at a
// full nanosecond, where the clock's are, so that every simulator agrees on what comes first. The
// first one comes before the first clock edge.

`timescale 1ns/1ps

module reset_driver #(
  parameter int PeriodNs = 10
) (
  input  logic [31:0] seed_i,        // any but 0; stable from time 0 on
  output logic        rst_no
);

  import random_pkg::xorshift;

  int          resets, every, length_ns, gap_ns;
  logic [31:0] random;

  initial begin
    rst_no = 1'b1;
    if (!$value$plusargs("resets=%d", resets)) resets = 0;
    if (!$value$plusargs("reset_every=%d", every)) every = 2000;
    #0.5;
    random = xorshift(seed_i ^ 32'h5eed_0000);
    for (int i = 0; i <= resets; i++) begin
      rst_no    = 1'b0;
      random    = xorshift(random);
      length_ns = int'(random[15:0]) % (random[16] ? PeriodNs : 20 * PeriodNs);
      if (length_ns == 0) #0.25;
      else                #(length_ns);
      rst_no = 1'b1;
      random = xorshift(random);
      gap_ns = 1 + int'(random[30:0] % (2 * every * PeriodNs));
      #(gap_ns);
      if (length_ns == 0) #0.75;
    end
  end

endmodule : reset_driver
