// SPDX-License-Identifier: Apache-2.0
//
// Records the beats of a stream: a line "cycle mark data" in <File>.beats for each one taken. Checks
// the stream's rule on the way.
//
// The file is what Python reads, in batches: it rises flush_i, and all beats so far are there. Python
// does not run in between. After a reset the recording goes on in the same file.

module stream_record #(
  parameter int Width = 8,
  // Icarus has no parameters of type string, and a vector's leading zeros spoil a file name.
  // verilog_lint: waive explicit-parameter-storage-type
  parameter     File  = "stream"
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             valid_i,
  input  logic             ready_i,
  input  logic [Width-1:0] data_i,
  input  logic [63:0]      cycle_i,
  input  logic [63:0]      mark_i,    // any number that is wanted beside a beat
  input  logic             flush_i,
  output logic [31:0]      count_o    // beats so far, resets or not
);

  stream_rule #(.Width(Width)) u_rule (.clk_i, .rst_ni, .valid_i, .ready_i, .data_i);

  integer file;
  initial file = $fopen({File, ".beats"}, "w");
  initial count_o = '0;

  always @(posedge clk_i) begin
    if (rst_ni && valid_i && ready_i) begin
      $fwrite(file, "%0d %0d %h\n", cycle_i, mark_i, data_i);
      count_o <= count_o + 32'd1;
    end
  end

  always @(posedge flush_i) $fflush(file);

endmodule : stream_record
