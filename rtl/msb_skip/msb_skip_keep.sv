// SPDX-License-Identifier: Apache-2.0
//
// Decides which of the four lanes of a word are multiplied, from the leading ones of the operands.
//
//   mode absolute, T = 6:  12 (msb 3) x -9 (magnitude 8, msb 3)  s = 6 -> kept
//                          12 (msb 3) x  7 (msb 2)               s = 5 -> soft-skipped
//
// Combinational. Lanes update the running maximum in the order 0, 1, 2, 3, each before it is
// compared, so the answer does not depend on how many lanes are multiplied in one cycle. In the
// other modes the chain is fed with zeros and does not toggle.

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
  logic [Lanes:0][3:0] maximum;  // before each lane, and after the last

  assign running    = mode_i == ModeRunningMaximum;
  assign maximum[0] = running ? maximum_i : '0;
  assign maximum_o  = maximum[Lanes];

  for (genvar i = 0; i < Lanes; i++) begin : g_lane
    logic       act_found;
    logic       wgt_found;
    logic [2:0] act_msb;
    logic [2:0] wgt_msb;
    logic       exists;
    logic [3:0] sum;
    logic [3:0] candidate;
    logic [3:0] limit;

    // Ones' complement instead of negation: no carry chain, and -1 becomes 0 just as 0 does.
    lead_one #(.Width(7)) u_act (
      .data_i  (act_i[i][6:0] ^ {7{act_i[i][7]}}),
      .found_o (act_found),
      .index_o (act_msb)
    );
    lead_one #(.Width(7)) u_wgt (
      .data_i  (wgt_i[i][6:0] ^ {7{wgt_i[i][7]}}),
      .found_o (wgt_found),
      .index_o (wgt_msb)
    );

    assign exists = act_found && wgt_found;
    assign sum    = {1'b0, act_msb} + {1'b0, wgt_msb};

    assign candidate    = running && exists ? sum : '0;
    assign maximum[i+1] = candidate > maximum[i] ? candidate : maximum[i];

    // maximum - T below zero keeps whatever exists, which a limit of zero does as well
    assign limit = mode_i == ModeAbsolute ? threshold_i
                 : maximum[i+1] > threshold_i ? maximum[i+1] - threshold_i : '0;

    assign zero_o[i] = act_i[i] == '0 || wgt_i[i] == '0;
    assign keep_o[i] = mode_i == ModeExact
                    || (mode_i == ModeZero ? !zero_o[i] : exists && sum >= limit);
  end

endmodule : msb_skip_keep
