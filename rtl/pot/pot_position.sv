// SPDX-License-Identifier: Apache-2.0
//
// Where the bytes of an output position lie: the address of the first of Lanes bytes, and which of
// them are in the map.
//
//   3x3 kernel, 6 channels, padding 1, Lanes 8: position (row 0, column 0), kernel row 1
//
//   taps of the kernel row    6 of padding, 6 of pixel 0, 6 of pixel 1
//   chunk 0                   address in_base - 6, mask 1100_0000
//   chunk 1                   address in_base + 2, mask 1111_1111
//   chunk 2                   address in_base + 10, mask 1111_1111 (six of them have no weight)
//
// Positions go in raster order through all images; with pooling, the four of a 2x2 block follow each
// other, and blocks are in raster order. A strip of positions is gone through once per tile: a
// second set of registers knows where it begins.
//
// Kernel rows may follow each other with gaps, so the address of a row is multiplied, not counted
// up. It is there two cycles after the row before has ended; in between weights are read.

`include "assert.svh"

module pot_position #(
  parameter int Lanes     = 32,
  parameter int AddrWidth = 16
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,

  input  logic                            start_i,      // of a layer
  input  logic [pot_pkg::CommandBits-1:0] command_i,

  input  logic                            step_i,       // on to the next position
  input  logic                            tile_last_i,  // with step_i: last one of a tile,
  input  logic                            strip_last_i, // of the strip's last tile,
  input  logic                            group_last_i, // of the group's last strip
  input  logic                            row_last_i,   // the tile is the last of its kernel row,
  input  logic [3:0]                      row_i,        // which is this one

  output logic                            lower_o,      // with pooling: in the lower row of a block
  output logic [AddrWidth-1:0]            addr_o,
  output logic [Lanes-1:0]                inside_o
);

  import pot_pkg::command_t;

  localparam int LaneWidth    = $clog2(Lanes);
  localparam int PositionBits = 8 + 8 + 16 + 2 * AddrWidth;
  localparam int ShiftWidth   = LaneWidth > 4 ? 9 + LaneWidth : 13;  // of the taps of a kernel row

  command_t command;
  logic              unused;

  // The kernel's place: row and bytes from the output position's own, and the row's address.
  logic signed [4:0]     row, row_q;
  logic signed [16:0]    away;     // in bytes
  logic                  moved_q;  // the kernel row may be another than a cycle ago
  logic [AddrWidth-1:0]  line_q;   // no reset on data: set at the start of layer or row
  logic [ShiftWidth-1:0] shift_q;  // two's complement

  assign command = command_i;
  assign unused  = &{1'b0, command, away[16]};

  assign row  = $signed({1'b0, row_i}) - $signed({1'b0, command.pad_rows});
  assign away = 17'(row) * $signed({1'b0, command.row_bytes});

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) moved_q <= 1'b0;
    else         moved_q <= start_i || (step_i && tile_last_i && row_last_i);
  end

  always_ff @(posedge clk_i) begin
    if (moved_q) begin
      row_q  <= row;
      line_q <= AddrWidth'(command.in_base) + AddrWidth'(away);
    end
    if (start_i || (step_i && tile_last_i)) begin
      shift_q <= start_i || row_last_i ? -ShiftWidth'(command.pad_bytes)
                                       : shift_q + ShiftWidth'(Lanes);
    end
  end

  // The output position; with pooling its block's upper left one, and which of the four it is.
  logic [1:0]              corner_q;  // lower, right
  logic [PositionBits-1:0] position_q, strip_q, next;  // strip_q: where the strip begins
  logic [7:0]              out_row, out_col, row_next, col_next;
  logic [15:0]             across, across_next;  // bytes from the beginning of its row
  logic [AddrWidth-1:0]    down, down_next;      // of the row, from the beginning of the maps
  logic [AddrWidth-1:0]    image, image_next;    // of the image
  logic                    block_last, col_last, row_last;

  assign {out_row, out_col, across, down, image} = position_q;

  assign block_last  = !command.pool || corner_q == 2'b11;
  assign col_next    = out_col + (command.pool ? 8'd2 : 8'd1);
  assign row_next    = out_row + (command.pool ? 8'd2 : 8'd1);
  assign col_last    = col_next == command.out_cols;
  assign row_last    = row_next == command.out_rows;
  assign across_next = across + (command.pool ? 16'({command.pixel_bytes, 1'b0})
                                              : 16'(command.pixel_bytes));
  assign down_next   = down + AddrWidth'(command.pool ? {command.row_bytes, 1'b0}
                                                      : {1'b0, command.row_bytes});
  assign image_next  = image + AddrWidth'(command.image_bytes);

  assign next = !block_last ? position_q :
                !col_last   ? {out_row, col_next, across_next, down, image} :
                !row_last   ? {row_next, 8'd0, 16'd0, down_next, image} :
                              {8'd0, 8'd0, 16'd0, image_next, image_next};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)                     corner_q <= '0;
    else if (start_i)                corner_q <= '0;
    else if (step_i && command.pool) corner_q <= corner_q + 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (start_i || (step_i && strip_last_i)) begin
      strip_q <= start_i || group_last_i ? '0 : next;
    end
    if (start_i || (step_i && (tile_last_i || block_last))) begin
      position_q <= start_i || group_last_i     ? '0 :
                    tile_last_i && !strip_last_i ? strip_q : next;
    end
  end

  localparam logic signed [17:0] RowLanes = 18'(Lanes);

  // The first byte, counted from the beginning of its row: may lie before it or behind its end.
  logic signed [17:0]        first, room;
  logic        [11:0]        right;
  logic signed [9:0]         in_row;
  logic        [LaneWidth:0] skip, count;  // lanes below skip lie before the row, from count on
  logic                      row_inside;   // behind it

  assign right = corner_q[0] ? command.pixel_bytes : '0;
  assign first = $signed({2'b0, across}) + $signed({6'b0, right}) + 18'($signed(shift_q));
  assign room  = $signed({2'b0, command.row_bytes}) - first;

  assign in_row     = $signed({2'b0, out_row}) + $signed({9'b0, corner_q[1]}) +
                      10'(row_q);
  assign row_inside = !in_row[9] && in_row < $signed({2'b0, command.in_rows});

  assign skip  = !first[17]               ? '0 :
                 -first >= RowLanes ? (LaneWidth + 1)'(Lanes) : (LaneWidth + 1)'(-first);
  assign count = room[17]                 ? '0 :
                 room >= RowLanes   ? (LaneWidth + 1)'(Lanes) : (LaneWidth + 1)'(room);

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    assign inside_o[l] = row_inside && (LaneWidth + 1)'(l) >= skip && (LaneWidth + 1)'(l) < count;
  end

  assign lower_o = corner_q[1];
  assign addr_o = line_q + down + (corner_q[1] ? AddrWidth'(command.row_bytes) : '0) +
                  AddrWidth'(first);

  `ASSERT(StripsEndWithATile, !step_i || tile_last_i || !strip_last_i)
  `ASSERT(GroupsEndWithAStrip, !step_i || strip_last_i || !group_last_i)
  `ASSERT(ARowIsReachedBeforeItsFirstPosition, !step_i || row_q == row)
  `ASSERT(BlocksAreNotCutByAStrip, !step_i || !tile_last_i || block_last)

endmodule : pot_position
