// SPDX-License-Identifier: Apache-2.0
//
// The order of work: takes a command, goes through the loops of a layer.
//
//   for group (Columns output channels)
//     Bias: read the biases, and a word of zeros for all columns without an output channel, if any
//     for strip (up to Pixels output positions)
//       for kernel row with weights, for chunk of Lanes bytes
//         Weights: read a tile, a column per cycle
//         Pixels: issue the strip's positions, one per cycle
//
//   cycle      0    1    2    3    4    5    6     two columns, strips of three positions
//   state      W    W    P    P    P    W    W
//   read_o     1    1    .    .    .    1    1
//   issue_o    .    .    1    1    1    .    .
//   load_o     .    01   10   .    .    .    01    a cycle after the read
//
// A group of a single tile keeps its weights from strip to strip and goes on issuing.
//
// Kernel rows without weights have no tiles, and cost no cycle: the row after this one is the lowest
// bit above it in the command's mask, or the lowest of all, with which the next strip begins.
//
// A tile has a word for each column with an output channel; the last group may have fewer than
// Columns. Its other columns get zeros once, so that nothing moves in them.
//
// In a strip's last tile every sum goes to the output stage, so positions are issued as fast as it
// can take them, and the next group's not before the output stage is through with this one's.
// Weights are waited for while they are read, and nowhere else.

`include "assert.svh"

module pot_control #(
  parameter  int Columns      = 16,
  parameter  int Pixels       = 32,
  parameter  int Requantisers = 4,
  localparam int IndexWidth   = $clog2(Pixels)
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,

  input  logic                            command_valid_i,
  output logic                            command_ready_o,
  input  logic [pot_pkg::CommandBits-1:0] command_i,
  output logic [pot_pkg::CommandBits-1:0] command_o,      // the one in work
  output logic                            transfer_o,     // it begins, as a transfer
  output logic                            layer_o,        // or as a layer
  output logic                            done_o,

  input  logic                            busy_i,         // something is still under way

  input  logic                            available_i,    // weights
  output logic                            read_o,
  output logic                            mark_o,
  output logic                            restart_o,
  output logic                            release_o,
  output logic [Columns-1:0]              load_o,         // what was read goes to this column
  output logic [Columns-1:0]              bias_o,         // or is its bias

  output logic                            issue_o,        // an output position
  output logic [IndexWidth-1:0]           index_o,        // in the strip
  output logic                            tile_first_o,   // of the strip
  output logic                            tile_final_o,
  output logic                            tile_last_o,    // last position of a tile,
  output logic                            strip_last_o,   // of the strip's last tile,
  output logic                            group_last_o,   // of the group
  output logic                            row_last_o,     // last tile of its kernel row
  output logic [3:0]                      row_o           // the tile's kernel row
);

  import pot_pkg::command_t;

  localparam int ColumnWidth = $clog2(Columns);
  // Positions may leave the array as fast as the passes of the output stage go.
  localparam int Passes      = Columns / Requantisers;
  localparam int PoolPasses  = (Passes + 3) / 4;
  localparam int PaceWidth   = $clog2((Passes > 4 ? Passes : 4) + 2);

  // The tile behind one with a single position finds the sum written.
  localparam logic [PaceWidth-1:0] Written = PaceWidth'(2);

  localparam logic [2:0] Idle    = 3'd0;
  localparam logic [2:0] Start   = 3'd1;
  localparam logic [2:0] Bias    = 3'd2;
  localparam logic [2:0] Weights = 3'd3;
  localparam logic [2:0] Issue   = 3'd4;
  localparam logic [2:0] Drain   = 3'd5;

  command_t               command;
  logic                            unused;
  logic [pot_pkg::CommandBits-1:0] command_q;  // no reset: taken before it is looked at

  logic [2:0]             state_q, state_next;
  logic [ColumnWidth:0]   column_q;  // the next to be read; one more for the word of zeros
  logic [PaceWidth-1:0]   pace_q, pace;
  logic [IndexWidth-1:0]  index_q;
  // No reset on these: set when a layer or a strip begins.
  logic [15:0]            left_q;    // positions of the group, from this strip on
  logic [11:0]            channels_q;  // of the layer, from this group on
  logic [7:0]             groups_q;  // from this one on
  logic [7:0]             chunk_q;
  logic [3:0]             row_q;
  logic                   first_q;

  logic [15:0] above;  // kernel rows with weights beyond the tile's
  logic [3:0]  row_next;

  logic stay;  // the group has one tile only
  logic [ColumnWidth:0] columns;  // with an output channel
  logic few;                      // others have none
  logic take, read, issue, column_last, pixel_last, layer_last;

  assign command = command_q;
  assign unused  = &{1'b0, command};

  // The lowest row of a mask.
  function automatic logic [3:0] lowest(input logic [15:0] mask);
    lowest = '0;
    for (int r = 15; r >= 0; r--) if (mask[r]) lowest = 4'(r);
  endfunction

  assign above    = command.row_mask & (16'hfffe << row_q);
  assign row_next = lowest(layer_o || above == '0 ? command.row_mask : above);

  assign take        = command_valid_i && command_ready_o;
  assign read        = available_i && (state_q == Bias || state_q == Weights);
  assign issue       = state_q == Issue && pace_q == '0;
  assign few         = channels_q < 12'(Columns);
  assign columns     = few ? (ColumnWidth + 1)'(channels_q) : (ColumnWidth + 1)'(Columns);
  assign column_last = column_q + 1'b1 == columns + (ColumnWidth + 1)'(few && state_q == Bias);
  assign pixel_last  = index_q == IndexWidth'(Pixels - 1) || 16'(index_q) + 16'd1 == left_q;
  assign layer_last  = groups_q == 8'd1;
  assign stay        = tile_first_o && tile_final_o;

  assign row_last_o   = chunk_q + 8'd1 == command.chunks;
  assign tile_first_o = first_q;
  assign tile_final_o = row_last_o && above == '0;
  assign tile_last_o  = issue && pixel_last;
  assign strip_last_o = tile_last_o && tile_final_o;
  assign group_last_o = strip_last_o && 16'(index_q) + 16'd1 == left_q;

  assign pace = command.pool ? (command.raw ? '0 : PaceWidth'(PoolPasses - 1))
                             : (command.raw ? PaceWidth'(3) : PaceWidth'(Passes - 1));

  always_comb begin
    state_next = state_q;
    case (state_q)
      Idle:    if (command_valid_i) state_next = Start;
      Start:   state_next = command.op == pot_pkg::OpLayer ? Bias : Drain;
      Bias:    if (read && column_last) state_next = Weights;
      Weights: if (read && column_last) state_next = Issue;
      Issue: begin
        if (group_last_o)     state_next = layer_last ? Drain : Bias;
        else if (tile_last_o) state_next = stay ? Issue : Weights;
      end
      default: if (!busy_i) state_next = Idle;  // Drain
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q  <= Idle;
      column_q <= '0;
      pace_q   <= '0;
      index_q  <= '0;
    end else begin
      state_q <= state_next;
      if (read) column_q <= column_last ? '0 : column_q + 1'b1;
      if (issue) begin
        index_q <= pixel_last ? '0 : index_q + 1'b1;
        pace_q  <= group_last_o                          ? pace + PaceWidth'(2) :
                   tile_final_o && (stay || !pixel_last) ? pace :
                   !tile_final_o && index_q == '0 && pixel_last ? Written : '0;
      end else if (pace_q != '0) begin
        pace_q <= pace_q - 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) command_q <= command_i;

    if (layer_o) groups_q <= command.groups;
    else if (group_last_o) groups_q <= groups_q - 1'b1;

    if (layer_o) channels_q <= command.out_channels;
    else if (group_last_o) channels_q <= channels_q - 12'(Columns);

    if (layer_o || group_last_o) left_q <= command.pixels;
    else if (strip_last_o)       left_q <= left_q - 16'(Pixels);

    if (layer_o || tile_last_o) begin
      first_q <= layer_o || tile_final_o;
      chunk_q <= layer_o || row_last_o ? '0 : chunk_q + 1'b1;
    end
    if (layer_o || (tile_last_o && row_last_o)) row_q <= row_next;
  end

  // What was read reaches its column a cycle later.
  logic                 load_q, bias_q;
  // No reset on these: looked at only under load_q or bias_q.
  logic                 zeros_q;   // for all columns from target_q on
  logic [ColumnWidth:0] target_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      load_q <= 1'b0;
      bias_q <= 1'b0;
    end else begin
      load_q <= read && (state_q == Weights || column_q == columns);
      bias_q <= read && state_q == Bias && column_q != columns;
    end
  end

  always_ff @(posedge clk_i) begin
    if (read) begin
      zeros_q  <= state_q == Bias;
      target_q <= column_q;
    end
  end

  for (genvar c = 0; c < Columns; c++) begin : g_column
    localparam logic [ColumnWidth:0] Number = (ColumnWidth + 1)'(c);

    assign load_o[c] = load_q && (zeros_q ? Number >= target_q : Number == target_q);
    assign bias_o[c] = bias_q && target_q == Number;
  end

  assign command_ready_o = state_q == Idle;
  assign command_o       = command_q;
  assign transfer_o      = state_q == Start && command.op != pot_pkg::OpLayer;
  assign layer_o         = state_q == Start && command.op == pot_pkg::OpLayer;
  assign done_o          = state_q == Drain && !busy_i;

  assign read_o    = read;
  assign mark_o    = read && state_q == Bias && column_last;
  assign restart_o = strip_last_o && !group_last_o && !stay;
  assign release_o = group_last_o;
  assign issue_o   = issue;
  assign index_o   = index_q;
  assign row_o     = row_q;

  `ASSERT(OperationIsKnown, !transfer_o || command.op == pot_pkg::OpLoad ||
          command.op == pot_pkg::OpStore)
  `ASSERT(LayersHaveSomethingToDo, !layer_o || (command.pixels != '0 && command.groups != '0 &&
          command.chunks != '0 && command.row_mask != '0 && command.out_channels != '0))
  `ASSERT(RowsOfTilesHaveWeights, !issue || (command.row_mask & (16'd1 << row_q)) != '0)
  `ASSERT(PooledLayersComeInBlocks, !layer_o || !command.pool ||
          (!command.out_cols[0] && !command.out_rows[0] && command.pixels[1:0] == '0))
  `ASSERT(ShiftIsAtLeastOne, !layer_o || command.raw || command.shift != '0)
  `ASSERT(ColumnsAreReadFromTheFirstOn, state_q == Bias || state_q == Weights || column_q == '0)

endmodule : pot_control
