// SPDX-License-Identifier: Apache-2.0
//
// Partial sums of a strip: a small memory of flip-flops, each word with its own clock gate.
//
//   cycle          0    1    2    3
//   read_i         1    1    .    .
//   start_i        1    .    .    .
//   read_index_i   .    5    .    .
//   data_o         .    B    D    D      the biases, then word 5; chosen by a register's bits
//
// The words are the registers: what is read is not copied but chosen, and so is start_data_i, which
// stands in for a word where sums begin. Indices are Gray-coded: from one to the next a single bit
// changes, so that nothing but the two words in question sees a change of its select. Words lie in
// banks, and only the bank that is written sees the data.

module pot_partial #(
  parameter  int Width      = 192,
  parameter  int Words      = 32,
  parameter  int BankWords  = 8,
  localparam int IndexWidth = $clog2(Words)
) (
  input  logic                  clk_i,

  input  logic                  read_i,
  input  logic                  start_i,        // read start_data_i instead of a word
  input  logic [IndexWidth-1:0] read_index_i,   // Gray-coded, as write_index_i
  input  logic [Width-1:0]      start_data_i,
  output logic [Width-1:0]      data_o,

  input  logic                  write_i,
  input  logic [IndexWidth-1:0] write_index_i,
  input  logic [Width-1:0]      write_data_i
);

  localparam int Banks = (Words + BankWords - 1) / BankWords;

  // No reset: what was never written is never looked at.
  logic                  start_q;
  logic [IndexWidth-1:0] index_q;

  always_ff @(posedge clk_i) begin
    if (read_i) start_q <= start_i;
    if (read_i && !start_i) index_q <= read_index_i;
  end

  for (genvar b = 0; b < Banks; b++) begin : g_bank
    localparam int First = b * BankWords;
    localparam int Count = First + BankWords < Words ? BankWords : Words - First;

    logic [Count-1:0] write;
    logic [Width-1:0] data;    // what the bank sees of write_data_i
    logic [Width-1:0] found;   // the chosen word, if it is here or in a bank before

    assign data = write_data_i & {Width{|write}};

    for (genvar w = 0; w < Count; w++) begin : g_word
      localparam int Code = (First + w) ^ ((First + w) >> 1);

      logic             select;
      logic [Width-1:0] word_q;
      logic [Width-1:0] chosen;  // in this word or one before

      assign select   = !start_q && index_q == IndexWidth'(Code);
      assign write[w] = write_i && write_index_i == IndexWidth'(Code);

      always_ff @(posedge clk_i) begin
        if (write[w]) word_q <= data;
      end

      if (w == 0) begin : g_first
        assign chosen = word_q & {Width{select}};
      end else begin : g_next
        assign chosen = (word_q & {Width{select}}) | g_word[w-1].chosen;
      end
    end

    if (b == 0) begin : g_first
      assign found = g_word[Count-1].chosen | (start_data_i & {Width{start_q}});
    end else begin : g_next
      assign found = g_word[Count-1].chosen | g_bank[b-1].found;
    end
  end

  assign data_o = g_bank[Banks-1].found;

endmodule : pot_partial
