// SPDX-License-Identifier: Apache-2.0
//
// Bench of pot: clock, sources of commands, weights and maps and a sink of maps, all with random
// stalls, and a record of when each command was taken and done.
//
// Python starts the three sources at once, says how many beats and commands it expects, and sleeps
// until done.

`timescale 1ns/1ps

module bench #(
  parameter int Form         = 0,
  parameter int ExponentMax  = 6,
  parameter int Lanes        = 8,
  parameter int Columns      = 4,
  parameter int AccBits      = 24,
  parameter int Pixels       = 16,
  parameter int WeightWords  = 128,
  parameter int MapBytes     = 2048,
  parameter int Requantisers = 2
);

  localparam int WeightBits  = Form == 5 ? 8 : 4;
  localparam int CommandBits = 212;
  localparam int Depth       = 16384;  // beats of a batch

  logic clk = 1'b0;
  logic rst_n = 1'b1;  // driven by the test
  always #5 clk = ~clk;

  logic [63:0] cycle = '0;
  always_ff @(posedge clk) cycle <= cycle + 64'd1;

  // Set by Python
  logic [31:0] seed = 32'd1;
  logic [8:0]  commands_stall = '0, weights_stall = '0, maps_stall = '0, sink_stall = '0;
  logic        commands_start = 1'b0, weights_start = 1'b0, maps_start = 1'b0;
  logic [31:0] commands_beats = '0, weights_beats = '0, maps_beats = '0;
  logic        flush = 1'b0;
  logic [31:0] expected = '0, expected_done = '0;

  logic        commands_playing, weights_playing, maps_playing;
  logic [31:0] commands_sent, weights_sent, maps_sent;
  logic [31:0] count;      // beats out so far, resets or not
  logic [31:0] finished;   // commands done so far, resets or not

  wire done = count == expected && finished == expected_done;

  logic                        command_valid, command_ready, command_done;
  logic [CommandBits-1:0]      command;
  logic                        weights_valid, weights_ready;
  logic [WeightBits*Lanes-1:0] weights;
  logic                        in_valid, in_ready, out_valid, out_ready, out_last;
  logic [8*Lanes-1:0]          in_data, out_data;

`ifdef MUTANTS
  // A netlist with mutants (scripts/mutants.py), whose parameters are set already
  logic [9:0] mutant;
  initial if (!$value$plusargs("mutant=%d", mutant)) mutant = '0;

  pot u_pot (
    .mutsel         (mutant),
`else
  pot #(
    .Form        (Form),
    .ExponentMax (ExponentMax),
    .Lanes       (Lanes),
    .Columns     (Columns),
    .AccBits     (AccBits),
    .Pixels      (Pixels),
    .WeightWords (WeightWords),
    .MapBytes    (MapBytes),
    .Requantisers(Requantisers)
  ) u_pot (
`endif
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .command_valid_i(command_valid),
    .command_ready_o(command_ready),
    .command_i      (command),
    .weights_valid_i(weights_valid),
    .weights_ready_o(weights_ready),
    .weights_data_i (weights),
    .map_valid_i    (in_valid),
    .map_ready_o    (in_ready),
    .map_data_i     (in_data),
    .map_valid_o    (out_valid),
    .map_ready_i    (out_ready),
    .map_data_o     (out_data),
    .map_last_o     (out_last),
    .done_o         (command_done)
  );

  stream_source #(.Width(CommandBits), .Depth(Depth), .File("commands")) u_commands (
    .clk_i    (clk),
    .rst_ni   (rst_n),
    .seed_i   (seed ^ 32'h0050_0000),
    .stall_i  (commands_stall),
    .start_i  (commands_start),
    .beats_i  (commands_beats),
    .playing_o(commands_playing),
    .sent_o   (commands_sent),
    .valid_o  (command_valid),
    .ready_i  (command_ready),
    .data_o   (command)
  );

  stream_source #(.Width(WeightBits * Lanes), .Depth(Depth), .File("weights")) u_weights (
    .clk_i    (clk),
    .rst_ni   (rst_n),
    .seed_i   (seed ^ 32'h0051_0000),
    .stall_i  (weights_stall),
    .start_i  (weights_start),
    .beats_i  (weights_beats),
    .playing_o(weights_playing),
    .sent_o   (weights_sent),
    .valid_o  (weights_valid),
    .ready_i  (weights_ready),
    .data_o   (weights)
  );

  stream_source #(.Width(8 * Lanes), .Depth(Depth), .File("maps")) u_maps (
    .clk_i    (clk),
    .rst_ni   (rst_n),
    .seed_i   (seed ^ 32'h0052_0000),
    .stall_i  (maps_stall),
    .start_i  (maps_start),
    .beats_i  (maps_beats),
    .playing_o(maps_playing),
    .sent_o   (maps_sent),
    .valid_o  (in_valid),
    .ready_i  (in_ready),
    .data_o   (in_data)
  );

  // The mark of a beat says whether it is the last of its command.
  stream_sink #(.Width(8 * Lanes), .File("sink")) u_sink (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .seed_i (seed ^ 32'h0000_5100),
    .stall_i(sink_stall),
    .cycle_i(cycle),
    .mark_i ({63'b0, out_last}),
    .flush_i(flush),
    .count_o(count),
    .valid_i(out_valid),
    .ready_o(out_ready),
    .data_i (out_data)
  );

  stream_rule #(.Width(1)) u_last_rule (
    .clk_i(clk), .rst_ni(rst_n), .valid_i(out_valid), .ready_i(out_ready), .data_i(out_last)
  );

  // A line for each command that is done, with the cycle in which it was taken
  logic [63:0] taken = '0;
  always_ff @(posedge clk) if (command_valid && command_ready) taken <= cycle;

  stream_record #(.Width(8), .File("done")) u_done (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .valid_i(command_done),
    .ready_i(1'b1),
    .data_i (8'b0),
    .cycle_i(cycle),
    .mark_i (taken),
    .flush_i(flush),
    .count_o(finished)
  );

`ifndef MUTANTS
`ifndef NETLIST
  `include "probe.vh"
`endif
`endif

endmodule : bench
