// SPDX-License-Identifier: Apache-2.0
//
// Moves items round a word of Lanes items: item i goes to place (i + by_i) % Lanes.
//
//   Lanes 8, by_i 3     data_i  h g f e d c b a   ->   data_o  e d c b a h g f
//
// Combinational: a step for each bit of by_i.

module pot_rotate #(
  parameter  int Lanes     = 32,
  parameter  int Width     = 8,   // of an item
  localparam int LaneWidth = $clog2(Lanes)
) (
  input  logic [LaneWidth-1:0]   by_i,
  input  logic [Width*Lanes-1:0] data_i,
  output logic [Width*Lanes-1:0] data_o
);

  for (genvar s = 0; s <= LaneWidth; s++) begin : g_step
    logic [Width*Lanes-1:0] data;

    if (s == 0) begin : g_in
      assign data = data_i;
    end else begin : g_turn
      localparam int Kept = Width * (Lanes - (1 << (s - 1)));  // bits that do not come round

      assign data = by_i[s-1] ? {g_step[s-1].data[Kept-1:0], g_step[s-1].data[Width*Lanes-1:Kept]}
                              : g_step[s-1].data;
    end
  end

  assign data_o = g_step[LaneWidth].data;

endmodule : pot_rotate
