// SPDX-License-Identifier: Apache-2.0
//
// A layer with any kernel rows left out: each strip goes through the rows with weights in rising
// order, each once, the first tile and the last are marked, and the strip's first position has the
// address of the row and its place in the map or beside it. Weights may come late.

`include "formal.svh"

module rows_proof (
  input logic                            clk_i,
  input logic [pot_pkg::CommandBits-3:0] layer_any,  // a command but for its operation
  input logic                            available
);

  localparam int Lanes = 8;

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic [pot_pkg::CommandBits-1:0] command_bits;
  pot_pkg::command_t               command;
  logic                            layer, issue, tile_first, last, strip_last, group_last, row_last;
  logic                            tile_final;
  logic                            index;
  logic [3:0]                      row;
  logic [7:0]                      addr;
  logic [Lanes-1:0]                seen;

  pot_control #(.Columns(4), .Pixels(2), .Requantisers(4)) u_control (
    .clk_i,
    .rst_ni,
    .command_valid_i(1'b1),
    .command_ready_o(),
    .command_i      ({pot_pkg::OpLayer, layer_any}),
    .command_o      (command_bits),
    .transfer_o     (),
    .layer_o        (layer),
    .done_o         (),
    .busy_i         (1'b0),
    .available_i    (available),
    .read_o         (),
    .mark_o         (),
    .restart_o      (),
    .release_o      (),
    .load_o         (),
    .bias_o         (),
    .issue_o        (issue),
    .index_o        (index),
    .tile_first_o   (tile_first),
    .tile_final_o   (tile_final),
    .tile_last_o    (last),
    .strip_last_o   (strip_last),
    .group_last_o   (group_last),
    .row_last_o     (row_last),
    .row_o          (row)
  );

  pot_position #(.Lanes(Lanes), .AddrWidth(8)) u_position (
    .clk_i,
    .rst_ni,
    .start_i     (layer),
    .command_i   (command_bits),
    .step_i      (issue),
    .tile_last_i (last),
    .strip_last_i(strip_last),
    .group_last_i(group_last),
    .row_last_i  (row_last),
    .row_i       (row),
    .lower_o     (),
    .addr_o      (addr),
    .inside_o    (seen)
  );

  assign command = command_bits;

  logic [15:0] gone_q;   // kernel rows that the strip has gone through
  logic [7:0]  chunk_q;  // chunks of the row likewise
  logic        begun_q;  // the first strip of a group is over

  wire [15:0] row_bit  = 16'd1 << row;
  wire [15:0] all_gone   = gone_q | row_bit;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || layer || strip_last) gone_q <= '0;
    else if (last && row_last)          gone_q <= all_gone;

    if (!rst_ni || layer)  chunk_q <= '0;
    else if (last)         chunk_q <= row_last ? '0 : chunk_q + 1'b1;

    if (!rst_ni || layer || group_last) begun_q <= 1'b0;
    else if (strip_last)                begun_q <= 1'b1;
  end

  // Where the strip's first position reads, by the formula.
  wire signed [17:0] across   = $signed({7'b0, chunk_q, 3'b0}) - $signed({6'b0, command.pad_bytes});
  wire signed [5:0]  down     = $signed({2'b0, row}) - $signed({2'b0, command.pad_rows});
  wire signed [23:0] distance = 24'(down) * $signed({8'b0, command.row_bytes}) + 24'(across);
  wire               in_map   = !down[5] && {4'b0, down[4:0]} < {1'b0, command.in_rows};

  always @(posedge clk_i) begin
    if (rst_ni) begin
      if (layer) begin
        assume (command.row_mask != '0 && command.chunks != '0 && command.chunks <= 8'd2);
        assume (command.out_channels != '0 && command.out_channels <= 12'd2);
        assume (command.groups == 8'd1 && command.pixels != '0 && command.pixels <= 16'd4);
        assume (!command.pool && !command.raw && command.shift != '0);
        assume (command.row_bytes < 16'd8 && command.pad_bytes < 12'd8);  // products are easy then
      end
      if (issue) begin
        assert ((command.row_mask & row_bit) != '0);
        assert ((command.row_mask & (row_bit - 16'd1)) == gone_q);
        assert (tile_first == (gone_q == '0 && chunk_q == '0));
        assert (tile_final == (row_last && all_gone == command.row_mask));
        assert (row_last == (chunk_q + 8'd1 == command.chunks));
      end
      if (issue && index == '0 && !begun_q) begin
        assert (addr == command.in_base[7:0] + distance[7:0]);
        for (int l = 0; l < Lanes; l++) begin
          assert (seen[l] == (in_map && across + 18'(l) >= 0 &&
                                across + 18'(l) < $signed({2'b0, command.row_bytes})));
        end
      end
      `COVER(issue && begun_q && command.row_mask[3:0] == 4'b1010 && command.pad_rows != '0)
    end
  end

endmodule : rows_proof
