// SPDX-License-Identifier: Apache-2.0
//
// Multipliers and accumulators of one stream: an entry is multiplied by the weights of one filter
// group after another, a group per cycle.
//
//   Groups 2, entries A and B of one window, then C of the next
//
//   cycle        0     1     2     3     4     5
//   entry        A     A     B     B     C     C      weight words of the entry's groups are read
//   ready_o      0     1     0     1     0     1
//   product      .     A0    A1    B0    B1    C0     operand registers and multipliers
//   sum          .     .     A0    A1    B0    B1     sum over the slots; added at the cycle's end
//   done_o       .     .     .     .     .     .  ~~  from cycle 6 on: A + B is complete
//
// The weights stay in the read registers of their memories, the activations in act_q: both are
// clocked only for slots that have an activation, so that a multiplier without work sees no change.
// A window's sums fill a bank of accumulators. The first entry of a window writes instead of adding
// and waits until a bank is free. Banks are used in turn, by windows that have an entry at all.

`include "assert.svh"

module sparse_stream_mac #(
  parameter  int Slots       = 1,
  parameter  int Columns     = 4,   // filters of a group: multipliers per slot
  parameter  int Groups      = 2,
  parameter  int Banks       = 2,
  parameter  int WeightWords = 72,
  localparam int AddrWidth   = WeightWords > 1 ? $clog2(WeightWords) : 1
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,

  input  logic                       valid_i,
  output logic                       ready_o,  // the entry's last group goes now
  input  logic [Slots-1:0]           slots_i,
  input  logic [8*Slots-1:0]         act_i,
  input  logic [AddrWidth*Slots-1:0] addr_i,   // of the first group's weights
  input  logic                       first_i,
  input  logic                       last_i,

  output logic                       done_o,   // the oldest bank in use is complete
  output logic [32*Columns-1:0]      sums_o,   // of its groups, one after the other
  input  logic                       next_i,   // on to the next group
  input  logic                       free_i,   // with the last group's next_i: bank is free

  output logic [Slots-1:0]           busy_o    // slots that make products now
);

  localparam int Words      = Banks * Groups;
  localparam int WordWidth  = Words > 1 ? $clog2(Words) : 1;
  localparam int GroupWidth = Groups > 1 ? $clog2(Groups) : 1;
  localparam int CountWidth = $clog2(Banks + 1);
  localparam int SumWidth   = 16 + $clog2(Slots);

  logic [GroupWidth-1:0] group_q;
  logic [WordWidth-1:0]  bank_q;              // first word of the bank in work
  logic [WordWidth-1:0]  word_q;              // the group's word in it
  logic [WordWidth-1:0]  read_q;              // word that is drained
  logic [CountWidth-1:0] used_q;              // banks begun and not yet freed
  logic [CountWidth-1:0] complete_q;          // of these, the complete ones
  logic                  issue, group_first, group_last, begins, completes;

  function automatic logic [WordWidth-1:0] after(input logic [WordWidth-1:0] word);
    return word == WordWidth'(Words - 1) ? '0 : word + 1'b1;
  endfunction

  assign group_first = group_q == '0;
  assign group_last  = group_q == GroupWidth'(Groups - 1);
  assign begins      = issue && first_i && group_first;
  assign issue       = valid_i && !(first_i && group_first && used_q == CountWidth'(Banks));
  assign ready_o     = issue && group_last;

  // Stage 1 holds the operands, stage 2 the sums over the slots.
  logic                 valid_1_q, valid_2_q;
  logic [Slots-1:0]     slots_1_q;
  logic [WordWidth-1:0] word_1_q, word_2_q;
  logic                 first_1_q, first_2_q;
  logic                 last_1_q, last_2_q;  // the window's last product

  assign completes = valid_2_q && last_2_q;
  assign done_o    = complete_q != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      group_q    <= '0;
      bank_q     <= '0;
      word_q     <= '0;
      read_q     <= '0;
      used_q     <= '0;
      complete_q <= '0;
      valid_1_q  <= 1'b0;
      valid_2_q  <= 1'b0;
    end else begin
      if (issue) begin
        group_q <= group_last ? '0 : group_q + 1'b1;
        word_q  <= group_last && !last_i ? bank_q : after(word_q);
        if (group_last && last_i) bank_q <= after(word_q);
      end
      if (next_i) read_q <= after(read_q);
      if (begins != free_i)    used_q     <= begins ? used_q + 1'b1 : used_q - 1'b1;
      if (completes != free_i) complete_q <= completes ? complete_q + 1'b1 : complete_q - 1'b1;
      valid_1_q <= issue;
      valid_2_q <= valid_1_q;
    end
  end

  // No reset: looked at only under valid_1_q and valid_2_q.
  always_ff @(posedge clk_i) begin
    if (issue) begin
      slots_1_q <= slots_i;
      word_1_q  <= word_q;
      first_1_q <= first_i;
      last_1_q  <= last_i && group_last;
    end
    if (valid_1_q) begin
      word_2_q  <= word_1_q;
      first_2_q <= first_1_q;
      last_2_q  <= last_1_q;
    end
  end

  logic [16*Columns-1:0] products [0:Slots-1];

  for (genvar s = 0; s < Slots; s++) begin : g_slot
    logic                 load;
    logic [AddrWidth-1:0] addr;
    logic [7:0]           act_q;     // no reset: looked at only under slots_1_q
    logic [8*Columns-1:0] wgt;

    assign load = issue && slots_i[s];
    assign addr = addr_i[AddrWidth*s +: AddrWidth] + AddrWidth'(group_q);

    always_ff @(posedge clk_i) begin
      if (load && group_first) act_q <= act_i[8*s +: 8];
    end

    ram_2p #(
      .Width (8 * Columns),
      .Words (WeightWords)
    ) u_weights (
      .clk_i        (clk_i),
      .read_i       (load),
      .read_addr_i  (addr),
      .read_data_o  (wgt),
      .write_i      (1'b0),
      .write_addr_i ({AddrWidth{1'b0}}),
      .write_data_i ({(8 * Columns){1'b0}})
    );

    for (genvar c = 0; c < Columns; c++) begin : g_column
      sparse_stream_multiplier u_multiplier (
        .act_i     (act_q),
        .wgt_i     (wgt[8*c +: 8]),
        .product_o (products[s][16*c +: 16])
      );
    end
  end

  for (genvar c = 0; c < Columns; c++) begin : g_column
    logic [SumWidth-1:0] partial [0:Slots-1];  // running sum over the slots
    logic [SumWidth-1:0] sum_q;                // no reset: looked at only under valid_2_q
    logic [31:0]         accumulator_q [0:Words-1];  // no reset: a window's first entry writes
    logic [31:0]         old;

    for (genvar s = 0; s < Slots; s++) begin : g_slot
      logic [15:0]         product;
      logic [SumWidth-1:0] term;

      assign product = products[s][16*c +: 16];
      // A lone slot has an activation in every entry: its product needs no mask.
      assign term    = Slots == 1 || slots_1_q[s] ? SumWidth'($signed(product)) : '0;
      if (s == 0) begin : g_first
        assign partial[s] = term;
      end else begin : g_next
        assign partial[s] = partial[s-1] + term;
      end
    end

    assign old = first_2_q ? '0 : accumulator_q[word_2_q];

    always_ff @(posedge clk_i) begin
      if (valid_1_q) sum_q <= partial[Slots-1];
      if (valid_2_q) accumulator_q[word_2_q] <= old + 32'($signed(sum_q));
    end

    assign sums_o[32*c +: 32] = accumulator_q[read_q];
  end

  assign busy_o = {Slots{valid_1_q}} & slots_1_q;

  `ASSERT(OnlyACompleteBankIsFreed, !free_i || (done_o && next_i))
  `ASSERT(BanksInUseAreThere, 32'(used_q) <= Banks && complete_q <= used_q)

endmodule : sparse_stream_mac
