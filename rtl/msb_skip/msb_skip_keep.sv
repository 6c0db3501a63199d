// SPDX-License-Identifier: Apache-2.0
//
// Decides which of the four lanes of a word are multiplied, from the leading ones of the operands.
//
//   mode absolute, T = 6:  12 (msb 3) x -9 (magnitude 8, msb 3)  s = 6 -> kept
//                          12 (msb 3) x  7 (msb 2)               s = 5 -> soft-skipped
//
// Combinational. Lanes update the running maximum in the order 0, 1, 2, 3, each before it is
// compared, so the answer does not depend on how many lanes are multiplied in one cycle.
//
// Two rules, one comparison: s >= max - T is s + T >= max, and with the maximum from before the
// lane just as well, because s + T >= s. In the other modes T takes the place of the maximum, with
// nothing added to s, and the chain from lane to lane does not toggle.

module msb_skip_keep
  import msb_skip_pkg::*;
(
  input  logic [1:0]            mode_i,
  input  logic [3:0]            threshold_i,
  input  logic [3:0]            maximum_i,
  input  logic [Lanes-1:0][7:0] act_i,
  input  logic [Lanes-1:0][7:0] wgt_i,

  output logic [Lanes-1:0]      keep_o,
  output logic [Lanes-1:0]      zero_o,    // an operand is zero
  output logic [3:0]            maximum_o
);

  logic                running;
  logic [3:0]          distance;
  logic [Lanes:0][3:0] maximum;  // before each lane, and after the last

  assign running    = mode_i == ModeRunningMaximum;
  assign distance   = running ? threshold_i : '0;
  assign maximum[0] = running ? maximum_i : threshold_i;
  assign maximum_o  = maximum[Lanes];

  for (genvar i = 0; i < Lanes; i++) begin : g_lane
    logic       act_found;
    logic       wgt_found;
    logic [2:0] act_msb;
    logic [2:0] wgt_msb;
    logic       exists;
    logic [3:0] sum;
    logic       above;

    // A bit that differs from the next higher one: the highest such is the leading one of the ones'
    // complement magnitude. No carry chain, and -1 has none, just as 0.
    lead_one #(.Width(7)) u_act (
      .data_i  (act_i[i][6:0] ^ act_i[i][7:1]),
      .found_o (act_found),
      .index_o (act_msb)
    );
    lead_one #(.Width(7)) u_wgt (
      .data_i  (wgt_i[i][6:0] ^ wgt_i[i][7:1]),
      .found_o (wgt_found),
      .index_o (wgt_msb)
    );

    assign exists = act_found && wgt_found;
    assign sum    = {1'b0, act_msb} + {1'b0, wgt_msb};

    assign above        = {1'b0, sum} + {1'b0, distance} >= {1'b0, maximum[i]};
    assign maximum[i+1] = running && exists && sum > maximum[i] ? sum : maximum[i];

    assign zero_o[i] = !act_found && !act_i[i][7] || !wgt_found && !wgt_i[i][7];
    assign keep_o[i] = mode_i == ModeExact
                    || mode_i == ModeZero && !zero_o[i]
                    || (mode_i == ModeAbsolute || running) && exists && above;
  end

endmodule : msb_skip_keep
