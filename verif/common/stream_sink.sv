// SPDX-License-Identifier: Apache-2.0
//
// The receiving end of a valid/ready stream: takes beats with random stalls and records them
// (stream_record.sv), so that Python sees them in batches.

module stream_sink #(
  parameter int Width = 8,
  // Icarus has no parameters of type string, and a vector's leading zeros spoil a file name.
  // verilog_lint: waive explicit-parameter-storage-type
  parameter     File  = "sink"
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic [31:0]      seed_i,    // any but 0; stable from time 0 on
  input  logic [8:0]       stall_i,   // of 256 cycles so many in which it is not ready; 256: all
  input  logic [63:0]      cycle_i,
  input  logic [63:0]      mark_i,
  input  logic             flush_i,
  output logic [31:0]      count_o,

  input  logic             valid_i,
  output logic             ready_o,
  input  logic [Width-1:0] data_i
);

  import random_pkg::xorshift;

  logic [31:0] random_q;

  initial random_q = '0;
  always_ff @(posedge clk_i) random_q <= random_q == '0 ? seed_i : xorshift(random_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) ready_o <= 1'b0;
    else         ready_o <= {1'b0, random_q[31:24]} >= stall_i;
  end

  stream_record #(.Width(Width), .File(File)) u_record (
    .clk_i, .rst_ni, .valid_i, .ready_i(ready_o), .data_i, .cycle_i, .mark_i, .flush_i, .count_o
  );

endmodule : stream_sink
