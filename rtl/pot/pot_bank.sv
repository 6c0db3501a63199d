// SPDX-License-Identifier: Apache-2.0
//
// A bank of the maps' memory that reads no word twice in a row, or, with keep_i, even if another one
// came between.
//
//   keep_i, words A B A B C B     (pooling goes to and fro between two rows)
//
//   cycle      0    1    2    3    4    5    6
//   fetch_i    A    B    A    B    C    B    .
//   memory     A    B    .    .    C    .    .     is read
//   shown      .    A    B    B    B    C    C     the memory's output
//   kept_q     .    .    A    A    A    B    B     what it showed before
//   data_o     .    A    B    A    B    C    B
//
// What is read pushes the word shown so far into kept_q. forget_i says that words may have been
// written since.

`include "assert.svh"

module pot_bank #(
  parameter  int Lanes      = 32,
  parameter  int Words      = 1024,
  localparam int Width      = 8 * Lanes,
  localparam int IndexWidth = Words > 1 ? $clog2(Words) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  forget_i,
  input  logic                  keep_i,
  input  logic                  fetch_i,
  input  logic [IndexWidth-1:0] index_i,
  output logic [Width-1:0]      data_o,

  input  logic [Lanes-1:0]      write_mask_i,
  input  logic [IndexWidth-1:0] write_index_i,
  input  logic [Width-1:0]      write_data_i
);

  logic                  shown_valid_q, kept_valid_q;
  logic                  shows, keeps, read, push;
  // No reset: looked at only under their valid bits, or after a fetch.
  logic [IndexWidth-1:0] shown_index_q, kept_index_q;
  logic [Width-1:0]      shown, kept_q;
  logic                  from_kept_q;

  assign shows = shown_valid_q && shown_index_q == index_i;
  assign keeps = kept_valid_q && kept_index_q == index_i;
  assign read  = fetch_i && !shows && !keeps;
  assign push  = read && keep_i && shown_valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      shown_valid_q <= 1'b0;
      kept_valid_q  <= 1'b0;
    end else begin
      if (forget_i || read) shown_valid_q <= read;
      if (forget_i || push) kept_valid_q  <= push;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fetch_i) from_kept_q <= keeps;
    if (read)    shown_index_q <= index_i;
    if (push) begin
      kept_index_q <= shown_index_q;
      kept_q       <= shown;
    end
  end

  ram_2p_bytes #(
    .Width (Width),
    .Words (Words)
  ) u_bytes (
    .clk_i        (clk_i),
    .read_i       (read),
    .read_addr_i  (index_i),
    .read_data_o  (shown),
    .write_i      (|write_mask_i),
    .write_mask_i (write_mask_i),
    .write_addr_i (write_index_i),
    .write_data_i (write_data_i)
  );

  assign data_o = from_kept_q ? kept_q : shown;

  `ASSERT(NoWordIsReadAndWrittenAtOnce, !(read && |write_mask_i && index_i == write_index_i))
  `ASSERT(NothingIsFetchedAsItIsForgotten, !(forget_i && fetch_i))

endmodule : pot_bank
