// SPDX-License-Identifier: Apache-2.0
//
// The sending end of a valid/ready stream: plays a batch of beats from a memory, with random stalls.
//
//   start_i    __/~~~\_________________    <File>.hex is read: beats_i beats
//   playing_o  ____/~~~~~~~~~~~~~\_____    falls when the last beat is taken, or with a reset
//   valid_o    _____/~~\__/~~~~~~\_____
//
// Python writes the file, raises start_i and sleeps until playing_o falls. While nothing is offered
// the payload is noise: whoever takes it without looking at valid_o is found out.

module stream_source #(
  parameter int Width = 8,
  parameter int Depth = 1024,
  // Icarus has no parameters of type string, and a vector's leading zeros spoil a file name.
  // verilog_lint: waive explicit-parameter-storage-type
  parameter     File  = "source"
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic [31:0]      seed_i,    // any but 0; stable from time 0 on
  input  logic [8:0]       stall_i,   // of 256 cycles so many without an offer; 256: all
  input  logic             start_i,
  input  logic [31:0]      beats_i,   // 1..Depth
  output logic             playing_o,
  output logic [31:0]      sent_o,    // beats taken of this batch

  output logic             valid_o,
  input  logic             ready_i,
  output logic [Width-1:0] data_o
);

  import random_pkg::xorshift;

  localparam int Words = (Width + 31) / 32;

  logic [Width-1:0] mem [0:Depth-1];
  logic [31:0]      random_q, next_q;

  wire fire  = valid_o && ready_i;
  wire more  = playing_o && next_q < beats_i;
  wire offer = more && {1'b0, random_q[31:24]} >= stall_i;

  always @(posedge start_i) begin
    if (beats_i > 32'(Depth)) $fatal(1, "%m: %0d beats, room for %0d", beats_i, Depth);
    $readmemh({File, ".hex"}, mem, 0, beats_i - 1);
  end

  initial random_q = '0;
  always_ff @(posedge clk_i) random_q <= random_q == '0 ? seed_i : xorshift(random_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      playing_o <= 1'b0;
      valid_o   <= 1'b0;
      next_q    <= '0;
      sent_o    <= '0;
    end else begin
      if (start_i && !playing_o) begin
        playing_o <= 1'b1;
        next_q    <= '0;
        sent_o    <= '0;
      end else if (playing_o && fire && !more) begin
        playing_o <= 1'b0;
      end
      if (fire) sent_o <= sent_o + 32'd1;
      if (!valid_o || ready_i) begin
        valid_o <= offer;
        if (offer) next_q <= next_q + 32'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!valid_o || ready_i) data_o <= offer ? mem[next_q] : Width'({Words{random_q}});
  end

  stream_rule #(.Width(Width)) u_rule (
    .clk_i, .rst_ni, .valid_i(valid_o), .ready_i, .data_i(data_o)
  );

endmodule : stream_source
