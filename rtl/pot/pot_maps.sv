// SPDX-License-Identifier: Apache-2.0
//
// Memory of the maps: fetches Lanes bytes from any byte address on, writes up to Columns bytes.
//
//   Lanes 8, fetch at byte 13, without the last two bytes
//
//   even bank   word 2: bytes 16..23      read: bytes 16, 17, 18
//   odd bank    word 1: bytes 8..15       read: bytes 13, 14, 15
//   data_o      0 0 18 17 16 15 14 13     rotated by 13 % 8; lanes outside fetch_mask_i are zero
//
//   cycle       0    1
//   fetch_i     1    .
//   data_o      .    D       until the next fetch
//
// Words of Lanes bytes lie in two banks, the even and the odd ones, so that two neighbours can be
// read or written at once. A bank is read in parts of eight bytes, those of which a byte is wanted
// that it does not have yet.
// Bytes nobody wants are zero before they go round, so that they move nothing.

`include "assert.svh"

module pot_maps #(
  parameter  int Lanes     = 32,
  parameter  int Columns   = 16,
  parameter  int MapBytes  = 65536,
  localparam int AddrWidth = $clog2(MapBytes),
  localparam int LaneWidth = $clog2(Lanes),
  localparam int WordWidth = AddrWidth - LaneWidth
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 forget_i,
  input  logic                 fetch_i,
  input  logic                 lower_i,  // which of two rows: each has its last words at hand
  input  logic [AddrWidth-1:0] fetch_addr_i,
  input  logic [Lanes-1:0]     fetch_mask_i,
  output logic [8*Lanes-1:0]   data_o,

  input  logic                 write_i,
  input  logic [AddrWidth-1:0] write_addr_i,
  input  logic [Columns-1:0]   write_mask_i,
  input  logic [8*Columns-1:0] write_data_i,

  input  logic                 load_i,  // a whole word; never with write_i
  input  logic [WordWidth-1:0] load_word_i,
  input  logic [8*Lanes-1:0]   load_data_i
);

  localparam int BankWidth = WordWidth - 1;
  localparam int Range     = LaneWidth + 1;
  localparam int Parts     = Lanes / 8;

  // Fetch: the word the first byte is in, and the next one.
  logic [WordWidth-1:0] word;
  logic [LaneWidth-1:0] offset;
  logic [Lanes-1:0]     wanted;       // bytes of the two words, as they lie
  logic [Lanes-1:0]     first_bytes;  // these belong to the first word
  logic [BankWidth-1:0] index [0:1];
  logic [Lanes-1:0]     wanted_of [0:1];    // bytes of a bank
  logic [Lanes-1:0]     wanted_of_q [0:1];  // no reset: looked at only after a fetch
  logic [8*Lanes-1:0]   shown [0:1];

  assign word     = fetch_addr_i[AddrWidth-1:LaneWidth];
  assign offset   = fetch_addr_i[LaneWidth-1:0];
  assign index[0] = word[WordWidth-1:1] + BankWidth'(word[0]);
  assign index[1] = word[WordWidth-1:1];

  pot_rotate #(
    .Lanes (Lanes),
    .Width (1)
  ) u_wanted (
    .by_i   (offset),
    .data_i (fetch_mask_i),
    .data_o (wanted)
  );

  for (genvar b = 0; b < Lanes; b++) begin : g_first_bytes
    assign first_bytes[b] = Range'(b) >= Range'(offset);
  end

  // Write: bytes go round to where they lie in a word. Columns places are enough, for what lies
  // beside the masked bytes is not written.
  logic [WordWidth-1:0] write_word;
  logic [LaneWidth-1:0] write_offset;
  logic [8*Columns-1:0] placed;
  logic [Lanes-1:0]     placed_mask;
  logic [Lanes-1:0]     in_second;  // bytes of a word that belong to the second word
  logic [BankWidth-1:0] write_index [0:1];
  logic [Lanes-1:0]     write_mask [0:1];
  logic [8*Lanes-1:0]   write_data;

  assign write_word     = load_i ? load_word_i : write_addr_i[AddrWidth-1:LaneWidth];
  assign write_offset   = write_addr_i[LaneWidth-1:0];
  assign write_index[0] = write_word[WordWidth-1:1] + BankWidth'(write_word[0] && !load_i);
  assign write_index[1] = write_word[WordWidth-1:1];

  pot_rotate #(
    .Lanes (Columns),
    .Width (8)
  ) u_placed (
    .by_i   ($clog2(Columns)'(write_offset)),
    .data_i (write_data_i),
    .data_o (placed)
  );

  pot_rotate #(
    .Lanes (Lanes),
    .Width (1)
  ) u_placed_mask (
    .by_i   (write_offset),
    .data_i (Lanes'(write_mask_i)),
    .data_o (placed_mask)
  );

  for (genvar b = 0; b < Lanes; b++) begin : g_write
    assign in_second[b] = Range'(b) < Range'(write_offset);

    assign write_data[8*b +: 8] = load_i ? load_data_i[8*b +: 8] : placed[8*(b%Columns) +: 8];
  end

  for (genvar k = 0; k < 2; k++) begin : g_bank
    logic [Parts-1:0] fetch;

    assign wanted_of[k] = wanted & (word[0] == 1'(k) ? first_bytes : ~first_bytes);

    for (genvar p = 0; p < Parts; p++) begin : g_part
      assign fetch[p] = fetch_i && |wanted_of[k][8*p +: 8];
    end

    always_ff @(posedge clk_i) begin
      if (fetch_i) wanted_of_q[k] <= wanted_of[k];
    end

    assign write_mask[k] =
        load_i  ? {Lanes{write_word[0] == 1'(k)}} :
        write_i ? placed_mask & (write_word[0] == 1'(k) ? ~in_second : in_second) : '0;

    pot_bank #(
      .Lanes (Lanes),
      .Words (MapBytes / Lanes / 2)
    ) u_bank (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .forget_i      (forget_i),
      .fetch_i       (fetch),
      .lower_i       (lower_i),
      .index_i       (index[k]),
      .data_o        (shown[k]),
      .write_mask_i  (write_mask[k]),
      .write_index_i (write_index[k]),
      .write_data_i  (write_data)
    );
  end

  // The wanted bytes as they lie; then lane 0's byte goes to lane 0.
  logic [8*Lanes-1:0] chosen;

  for (genvar b = 0; b < Lanes; b++) begin : g_chosen
    assign chosen[8*b +: 8] = (shown[1][8*b +: 8] & {8{wanted_of_q[1][b]}}) |
                              (shown[0][8*b +: 8] & {8{wanted_of_q[0][b]}});
  end

  pot_align #(
    .Lanes (Lanes)
  ) u_align (
    .clk_i    (clk_i),
    .fetch_i  (fetch_i),
    .offset_i (offset),
    .data_i   (chosen),
    .data_o   (data_o)
  );

  `ASSERT(LoadsAndWritesDoNotMeet, !(load_i && write_i))

endmodule : pot_maps
