// SPDX-License-Identifier: Apache-2.0
//
// Engine for convolutions and fully connected layers around a weight-held array, whose form is a
// parameter: power-of-two weights, or one of their uniform twins.
//
//   command ──── control ── position
//                   │          │ address, lanes inside the map
//   weights ── buffer (words)  │
//                   │        maps (two banks) ──── map stream out
//                   │ held     │ activations
//                   └──────── sums: array, biases, partial sums
//                              │ final sums
//   map stream in ── maps ── output: pool, requantise
//
// Everything but the lanes of the array is the same for all forms. Nothing behind control ever
// waits: an output position is issued when its sums will find the output stage free.

`include "assert.svh"

module pot #(
  parameter  int Form         = pot_pkg::FormPot,
  parameter  int ExponentMax  = 6,
  parameter  int Lanes        = 32,
  parameter  int Columns      = 16,
  parameter  int AccBits      = Form == pot_pkg::FormEight ? 28 : 24,
  parameter  int Pixels       = 64,     // partial sums per column
  parameter  int WeightWords  = 2048,
  parameter  int MapBytes     = 65536,
  parameter  int Requantisers = 4,
  localparam int WeightBits   = pot_pkg::weight_bits(Form)
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,

  input  logic                            command_valid_i,
  output logic                            command_ready_o,
  input  logic [pot_pkg::CommandBits-1:0] command_i,
  output logic                            done_o,  // one cycle, the command is finished

  input  logic                            weights_valid_i,
  output logic                            weights_ready_o,
  input  logic [WeightBits*Lanes-1:0]     weights_data_i,

  input  logic                            map_valid_i,
  output logic                            map_ready_o,
  input  logic [8*Lanes-1:0]              map_data_i,

  output logic                            map_valid_o,
  input  logic                            map_ready_i,
  output logic [8*Lanes-1:0]              map_data_o,
  output logic                            map_last_o
);

  import pot_pkg::command_t;

  localparam int AddrWidth  = $clog2(MapBytes);
  localparam int LaneWidth  = $clog2(Lanes);
  localparam int WordWidth  = AddrWidth - LaneWidth;
  localparam int IndexWidth = $clog2(Pixels);

  initial begin
    if (Lanes < 8 || (Lanes & (Lanes - 1)) != 0) begin
      $fatal(1, "pot: Lanes = %0d must be a power of two, at least 8", Lanes);
    end
    if (Columns < 4 || Columns % 4 != 0 || (Columns & (Columns - 1)) != 0 || Columns > Lanes) begin
      $fatal(1, "pot: Columns = %0d must be a power of two, 4 .. Lanes = %0d", Columns, Lanes);
    end
    if (AccBits > 32 || AccBits > WeightBits * Lanes) begin
      $fatal(1, "pot: AccBits = %0d must be at most 32 and fit a word of %0d bits", AccBits,
             WeightBits * Lanes);
    end
    if (Pixels < 4 || Pixels % 4 != 0) begin
      $fatal(1, "pot: Pixels = %0d must be a multiple of 4", Pixels);
    end
    if (WeightWords < 2 * Columns || (WeightWords & (WeightWords - 1)) != 0) begin
      $fatal(1, "pot: WeightWords = %0d must be a power of two, at least %0d", WeightWords,
             2 * Columns);
    end
    if (MapBytes > 65536 || (MapBytes & (MapBytes - 1)) != 0 || MapBytes < 4 * Lanes) begin
      $fatal(1, "pot: MapBytes = %0d must be a power of two, %0d .. 65536", MapBytes, 4 * Lanes);
    end
    if (Requantisers < 1 || Columns % Requantisers != 0) begin
      $fatal(1, "pot: Requantisers = %0d must divide Columns = %0d", Requantisers, Columns);
    end
  end

  logic [pot_pkg::CommandBits-1:0] command_bits;
  command_t               command;
  logic                            transfer_start, layer_start;
  logic                            transfer_busy, sums_busy, output_busy;
  logic                            unused;

  logic                            available, weights_read, mark, restart, free;
  logic [Columns-1:0]              load, bias;
  logic [WeightBits*Lanes-1:0]     weights;
  logic [Columns-1:0]              columns;

  logic                            issue, tile_first, tile_final;
  logic                            tile_last, strip_last, group_last, row_last;
  logic [IndexWidth-1:0]           index;
  logic [3:0]                      row;

  logic                            position_lower;
  logic [AddrWidth-1:0]            position_addr;
  logic [Lanes-1:0]                in_map, used;

  logic                            transfer_write, transfer_fetch;
  logic [WordWidth-1:0]            transfer_word;

  logic [8*Lanes-1:0]              data;

  logic                            open, sums_valid, sums_last;
  logic [AccBits*Columns-1:0]      sums;

  logic                            write;
  logic [AddrWidth-1:0]            write_addr;
  logic [Columns-1:0]              write_mask;
  logic [8*Columns-1:0]            write_data;

  assign command = command_bits;
  assign unused  = &{1'b0, command};

  pot_control #(
    .Columns      (Columns),
    .Pixels       (Pixels),
    .Requantisers (Requantisers)
  ) u_control (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .command_valid_i  (command_valid_i),
    .command_ready_o  (command_ready_o),
    .command_i        (command_i),
    .command_o        (command_bits),
    .transfer_o       (transfer_start),
    .layer_o          (layer_start),
    .done_o           (done_o),
    .busy_i           (transfer_busy || sums_busy || output_busy),
    .available_i      (available),
    .read_o           (weights_read),
    .mark_o           (mark),
    .restart_o        (restart),
    .release_o        (free),
    .load_o           (load),
    .bias_o           (bias),
    .issue_o          (issue),
    .index_o          (index),
    .tile_first_o     (tile_first),
    .tile_final_o     (tile_final),
    .tile_last_o      (tile_last),
    .strip_last_o     (strip_last),
    .group_last_o     (group_last),
    .row_last_o       (row_last),
    .row_o            (row)
  );

  pot_weights #(
    .Width (WeightBits * Lanes),
    .Words (WeightWords)
  ) u_weights (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .valid_i     (weights_valid_i),
    .ready_o     (weights_ready_o),
    .data_i      (weights_data_i),
    .available_o (available),
    .read_i      (weights_read),
    .mark_i      (mark),
    .restart_i   (restart),
    .release_i   (free),
    .data_o      (weights)
  );

  pot_position #(
    .Lanes     (Lanes),
    .AddrWidth (AddrWidth)
  ) u_position (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .start_i      (layer_start),
    .command_i    (command_bits),
    .step_i       (issue),
    .tile_last_i  (tile_last),
    .strip_last_i (strip_last),
    .group_last_i (group_last),
    .row_last_i   (row_last),
    .row_i        (row),
    .lower_o      (position_lower),
    .addr_o       (position_addr),
    .inside_o     (in_map)
  );

  pot_transfer #(
    .WordWidth (WordWidth)
  ) u_transfer (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .start_i (transfer_start),
    .store_i (command.op == pot_pkg::OpStore),
    .word_i  (command.in_base[AddrWidth-1:LaneWidth]),
    .words_i (command.words),
    .busy_o  (transfer_busy),
    .valid_i (map_valid_i),
    .ready_o (map_ready_o),
    .valid_o (map_valid_o),
    .ready_i (map_ready_i),
    .last_o  (map_last_o),
    .write_o (transfer_write),
    .fetch_o (transfer_fetch),
    .word_o  (transfer_word)
  );

  pot_maps #(
    .Lanes    (Lanes),
    .Columns  (Columns),
    .MapBytes (MapBytes)
  ) u_maps (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .forget_i     (transfer_start || layer_start),
    .fetch_i      (issue || transfer_fetch),
    .lower_i      (position_lower),
    .fetch_addr_i (issue ? position_addr : {transfer_word, {LaneWidth{1'b0}}}),
    .fetch_mask_i (issue ? in_map & used : '1),
    .data_o       (data),
    .write_i      (write),
    .write_addr_i (write_addr),
    .write_mask_i (write_mask),
    .write_data_i (write_data),
    .load_i       (transfer_write),
    .load_word_i  (transfer_word),
    .load_data_i  (map_data_i)
  );

  assign map_data_o = data;

  pot_sums #(
    .Form        (Form),
    .ExponentMax (ExponentMax),
    .Lanes       (Lanes),
    .Columns     (Columns),
    .AccBits     (AccBits),
    .Pixels      (Pixels)
  ) u_sums (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .load_i    (load),
    .bias_i    (bias),
    .weights_i (weights),
    .columns_i (columns),
    .used_o    (used),
    .issue_i   (issue),
    .index_i   (index),
    .first_i   (tile_first),
    .final_i   (tile_final),
    .last_i    (group_last),
    .act_i     (data ^ {Lanes{command.signed_in, 7'd0}}),
    .busy_o    (sums_busy),
    .open_o    (open),
    .valid_o   (sums_valid),
    .last_o    (sums_last),
    .sums_o    (sums)
  );

  pot_output #(
    .Columns      (Columns),
    .AccBits      (AccBits),
    .Requantisers (Requantisers),
    .AddrWidth    (AddrWidth)
  ) u_output (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .start_i   (layer_start),
    .command_i (command_bits),
    .open_i    (open),
    .valid_i   (sums_valid),
    .last_i    (sums_last),
    .sums_i    (sums),
    .busy_o    (output_busy),
    .columns_o (columns),
    .write_o   (write),
    .addr_o    (write_addr),
    .mask_o    (write_mask),
    .data_o    (write_data)
  );

  // What a stream offers stays until it is taken.
  logic               waiting_q;
  logic [8*Lanes-1:0] data_before_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= map_valid_o && !map_ready_i;
  end

  always_ff @(posedge clk_i) data_before_q <= map_data_o;

  `ASSERT(MapWaitsForReady, !waiting_q || (map_valid_o && map_data_o == data_before_q))
  `ASSERT(LayersAndTransfersDoNotMeet, !(issue && transfer_busy))

endmodule : pot
