// SPDX-License-Identifier: Apache-2.0
//
// Buffer of weights: a circle of words, filled by the stream whenever there is room, read a group
// of output channels at a time, and again for every strip of output positions (if it has more than
// one tile).
//
//   words     b0 b1 t0 t1 t2 t3 | b0 ...     two columns: biases, two tiles, then the next group
//   strip 1   read: b0 b1 (mark_i with b1) t0 t1 t2 t3, then restart_i
//   strip 2   read: t0 t1 t2 t3, then release_i: the group's words may be written over
//
//   cycle     0    1
//   read_i    1    .       taken if available_o
//   data_o    .    t0      kept until the next read
//
// A whole group must fit, or reading and writing would wait for each other for ever.

`include "assert.svh"

module pot_weights #(
  parameter int Width = 64,
  parameter int Words = 2048
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             valid_i,
  output logic             ready_o,
  input  logic [Width-1:0] data_i,

  output logic             available_o,
  input  logic             read_i,
  input  logic             mark_i,     // with the read before the first word to be read again
  input  logic             restart_i,  // back to the word after the mark
  input  logic             release_i,
  output logic [Width-1:0] data_o
);

  localparam int AddrWidth = $clog2(Words);

  // With one bit more than the address, so that a full circle is not an empty one.
  logic [AddrWidth:0] write_q, base_q, mark_q, read_q;
  logic               push;

  assign ready_o     = AddrWidth'(write_q) != AddrWidth'(base_q) ||
                       write_q[AddrWidth] == base_q[AddrWidth];
  assign available_o = read_q != write_q;
  assign push        = valid_i && ready_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= '0;
      base_q  <= '0;
      mark_q  <= '0;
      read_q  <= '0;
    end else begin
      if (push)      write_q <= write_q + 1'b1;
      if (release_i) base_q  <= read_q;
      if (mark_i)    mark_q  <= read_q + 1'b1;
      if (read_i || restart_i) read_q <= restart_i ? mark_q : read_q + 1'b1;
    end
  end

  ram_2p #(
    .Width (Width),
    .Words (Words)
  ) u_words (
    .clk_i        (clk_i),
    .read_i       (read_i),
    .read_addr_i  (read_q[AddrWidth-1:0]),
    .read_data_o  (data_o),
    .write_i      (push),
    .write_addr_i (write_q[AddrWidth-1:0]),
    .write_data_i (data_i)
  );

  logic [AddrWidth:0] filled;

  assign filled = write_q - base_q;

  `ASSERT(NoMoreWordsThanThereAre, 32'(filled) <= Words)
  `ASSERT(OnlyWordsThatCameAreRead, !read_i || available_o)
  `ASSERT(ReadingStopsToGoBack, !read_i || !(restart_i || release_i))

endmodule : pot_weights
