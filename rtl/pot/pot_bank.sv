// SPDX-License-Identifier: Apache-2.0
//
// A bank of the maps' memory, in parts of eight bytes: a part is read only if a byte of it is wanted,
// and not as long as it has the word of the same row of the map. With pooling, fetches go to and fro
// between two rows; each has a word here, of which a part is shown by its memory or kept.
//
//   words A B of the upper row, words x y of the lower one, all in one part
//
//   cycle      0    1    2    3    4    5    6
//   lower_i    0    1    0    0    1    1    .
//   fetch_i    A    x    A    B    x    y    .
//   memory     A    x    .    B    .    y    .     is read
//   shown      .    A    x    x    B    B    y     the memory's output
//   kept_q     .    .    A    A    x    x    B     of the other row
//   data_o     .    A    x    A    B    x    y
//
// What is read pushes what was shown so far into kept_q if that is of the other row, and else takes
// its place. forget_i says that words may have been written since. Index and row are the bank's, or
// every part would compare its own.

`include "assert.svh"

module pot_bank #(
  parameter  int Lanes      = 32,
  parameter  int Words      = 1024,
  localparam int Parts      = Lanes / 8,
  localparam int IndexWidth = Words > 1 ? $clog2(Words) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  forget_i,
  input  logic [Parts-1:0]      fetch_i,
  input  logic                  lower_i,  // of the two rows
  input  logic [IndexWidth-1:0] index_i,
  output logic [8*Lanes-1:0]    data_o,   // parts that were fetched: the others show anything

  input  logic [Lanes-1:0]      write_mask_i,
  input  logic [IndexWidth-1:0] write_index_i,
  input  logic [8*Lanes-1:0]    write_data_i
);

  // The word of each row, and which of its parts are here, shown or kept.
  logic [1:0][IndexWidth-1:0] index_q;  // no reset: looked at only where a part is here
  logic [1:0][Parts-1:0]      here_q;
  logic [Parts-1:0]           here, other, read;
  logic                       same;

  assign same  = index_q[lower_i] == index_i;
  assign here  = same ? here_q[lower_i] : '0;
  assign other = here_q[!lower_i];
  assign read  = fetch_i & ~here;

  for (genvar r = 0; r < 2; r++) begin : g_row
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni)                        here_q[r] <= '0;
      else if (forget_i)                  here_q[r] <= '0;
      else if (|read && lower_i == 1'(r)) here_q[r] <= here | read;
    end

    always_ff @(posedge clk_i) begin
      if (|read && lower_i == 1'(r)) index_q[r] <= index_i;
    end
  end

  for (genvar p = 0; p < Parts; p++) begin : g_part
    logic [63:0] shown;
    // No reset: looked at only after a fetch, or where a part is here.
    logic [63:0] kept_q;
    logic        lower_q;      // row of what is shown
    logic        from_kept_q;
    logic        push;

    assign push = read[p] && other[p] && lower_q != lower_i;

    always_ff @(posedge clk_i) begin
      if (fetch_i[p]) from_kept_q <= !read[p] && lower_q != lower_i;
      if (read[p]) lower_q <= lower_i;
      if (push) kept_q <= shown;
    end

    ram_2p_bytes #(
      .Width (64),
      .Words (Words)
    ) u_bytes (
      .clk_i        (clk_i),
      .read_i       (read[p]),
      .read_addr_i  (index_i),
      .read_data_o  (shown),
      .write_i      (|write_mask_i[8*p +: 8]),
      .write_mask_i (write_mask_i[8*p +: 8]),
      .write_addr_i (write_index_i),
      .write_data_i (write_data_i[64*p +: 64])
    );

    assign data_o[64*p +: 64] = from_kept_q ? kept_q : shown;

    `ASSERT(NoPartIsReadAndWrittenAtOnce,
            !(read[p] && |write_mask_i[8*p +: 8] && index_i == write_index_i))
  end

  `ASSERT(NothingIsFetchedAsItIsForgotten, !(forget_i && |fetch_i))

endmodule : pot_bank
