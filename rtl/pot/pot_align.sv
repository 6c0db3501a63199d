// SPDX-License-Identifier: Apache-2.0
//
// Moves the bytes of a fetch from where they lie to their lanes: byte (l + offset) % Lanes goes to
// lane l.
//
//   Lanes 8, offset 5     data_i  7 6 5 4 3 2 1 0   ->   data_o  4 3 2 1 0 7 6 5
//
//   cycle      0    1
//   fetch_i    1    .
//   offset_i   5    .
//   data_i     .    D
//   data_o     .    D turned
//
// The way back of pot_rotate, but in steps of four choices each and with registers that say which
// one: all lanes turn at every fetch, and this moves fewer nets than two choices and a decoder.

module pot_align #(
  parameter  int Lanes     = 32,
  localparam int LaneWidth = $clog2(Lanes)
) (
  input  logic                 clk_i,

  input  logic                 fetch_i,
  input  logic [LaneWidth-1:0] offset_i,
  input  logic [8*Lanes-1:0]   data_i,
  output logic [8*Lanes-1:0]   data_o
);

  localparam int Steps = (LaneWidth + 1) / 2;

  for (genvar s = 0; s <= Steps; s++) begin : g_step
    logic [8*Lanes-1:0] data;

    if (s == 0) begin : g_in
      assign data = data_i;
    end else begin : g_turn
      localparam int Low     = 2 * (s - 1);  // this step's bits of the offset
      localparam int Bits    = Low + 1 < LaneWidth ? 2 : 1;
      localparam int Choices = 1 << Bits;

      logic [Choices-1:0] choice_q;  // one-hot; no reset: looked at only after a fetch

      for (genvar c = 0; c < Choices; c++) begin : g_choice
        localparam int Bytes = c << Low;

        logic [8*Lanes-1:0] turned, sum;

        always_ff @(posedge clk_i) begin
          if (fetch_i) choice_q[c] <= offset_i[Low +: Bits] == Bits'(c);
        end

        assign turned = (8 * Lanes)'({2{g_step[s-1].data}} >> (8 * Bytes));

        if (c == 0) begin : g_first
          assign sum = turned & {(8 * Lanes){choice_q[c]}};
        end else begin : g_next
          assign sum = (turned & {(8 * Lanes){choice_q[c]}}) | g_choice[c-1].sum;
        end
      end

      assign data = g_choice[Choices-1].sum;
    end
  end

  assign data_o = g_step[Steps].data;

endmodule : pot_align
