// SPDX-License-Identifier: Apache-2.0
//
// Deals waiting lanes to the multipliers, lowest lane first.
//
//   waiting_i 1011, two multipliers -> lanes 0 and 1 now, 1000 is left: another cycle
//
// Combinational. With four multipliers lane i always goes to multiplier i: no operand multiplexer.

module msb_skip_picker
  import msb_skip_pkg::*;
#(
  parameter int Multipliers = 1
) (
  input  logic [Lanes-1:0]                  waiting_i,
  input  logic [Lanes-1:0][7:0]             act_i,
  input  logic [Lanes-1:0][7:0]             wgt_i,

  output logic [Lanes-1:0]                  picked_o,  // lanes dealt in this cycle
  output logic                              last_o,    // no lane is left behind
  output logic [Multipliers-1:0]            busy_o,    // multipliers that are dealt a lane
  output logic [Multipliers-1:0][7:0]       act_o,
  output logic [Multipliers-1:0][7:0]       wgt_o
);

  assign last_o = (waiting_i & ~picked_o) == '0;

  if (Multipliers == Lanes) begin : g_straight
    assign picked_o = waiting_i;
    assign busy_o   = waiting_i;
    assign act_o    = act_i;
    assign wgt_o    = wgt_i;
  end else begin : g_dealt
    logic [Multipliers:0][Lanes-1:0] rest;  // what is left for this multiplier and those after it

    assign rest[0]  = waiting_i;
    assign picked_o = waiting_i & ~rest[Multipliers];

    for (genvar m = 0; m < Multipliers; m++) begin : g_multiplier
      logic [Lanes-1:0] pick;  // one-hot: the lowest lane of the rest

      assign pick      = rest[m] & (~rest[m] + 1'b1);
      assign rest[m+1] = rest[m] & ~pick;
      assign busy_o[m] = |rest[m];
      assign act_o[m]  = ({8{pick[0]}} & act_i[0]) | ({8{pick[1]}} & act_i[1])
                       | ({8{pick[2]}} & act_i[2]) | ({8{pick[3]}} & act_i[3]);
      assign wgt_o[m]  = ({8{pick[0]}} & wgt_i[0]) | ({8{pick[1]}} & wgt_i[1])
                       | ({8{pick[2]}} & wgt_i[2]) | ({8{pick[3]}} & wgt_i[3]);
    end
  end

endmodule : msb_skip_picker
