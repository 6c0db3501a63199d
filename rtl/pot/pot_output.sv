// SPDX-License-Identifier: Apache-2.0
//
// From the sums of an output position to bytes in the memory of the maps: maximum of four positions
// (with pooling), requantisation, clamping.
//
//   Columns 8, Requantisers 2, no pooling
//
//   cycle        0     1     2     3     4     5     6
//   valid_i      A     .     .     .     B     .     .       not before the fourth cycle after A
//   out_q        .     A     A     A     A     B     B
//   pass_q       .     0     1     2     3     0     1       two columns are multiplied in each,
//   turn_q       .     .     0     1     2     3     0       shifted and clamped a cycle later
//   write_o      .     .     .     .     .     .     A       all eight bytes at once
//
// Pooling compares sums, not bytes: requantisation keeps their order, and it is a quarter of the
// work. Raw sums need no requantisation but four bytes each: four writes, a cycle earlier. With ReLU
// a negative sum is zero before it comes to a multiplier. The last group of a layer may have fewer
// channels than columns: for the others nothing is multiplied, and nothing written.

`include "assert.svh"

module pot_output #(
  parameter int Columns      = 16,
  parameter int AccBits      = 24,
  parameter int Requantisers = 4,
  parameter int AddrWidth    = 16
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  input  logic                              start_i,    // of a layer
  input  logic [pot_pkg::CommandBits-1:0]   command_i,

  input  logic                              open_i,     // sums of this tile are final
  input  logic                              valid_i,
  input  logic                              last_i,     // the last position of the group
  input  logic [AccBits*Columns-1:0]        sums_i,
  output logic                              busy_o,
  output logic [Columns-1:0]                columns_o,  // those with an output channel

  output logic                              write_o,
  output logic [AddrWidth-1:0]              addr_o,
  output logic [Columns-1:0]                mask_o,
  output logic [8*Columns-1:0]              data_o
);

  import pot_pkg::command_t;

  localparam int RawPasses = 4;
  localparam int RawValues = Columns / RawPasses;  // in a write
  localparam int Passes    = Columns / Requantisers;
  localparam int PassWidth = Passes > 4 ? $clog2(Passes) : 2;

  command_t command;
  logic              unused;

  assign command = command_i;
  assign unused  = &{1'b0, command};

  logic [11:0] left_q;  // channels from this group on; no reset: set when a layer starts

  // Maximum of the block so far.
  logic [1:0] phase_q;
  logic       complete;

  assign complete = valid_i && (!command.pool || phase_q == 2'd3);

  // The position whose passes go on. No reset on data: looked at only under run_q.
  logic                       run_q;
  logic [PassWidth-1:0]       pass_q, pass_next;
  logic                       last_q;
  logic [AccBits*Columns-1:0] out_q;
  logic                       pass_last;

  // Passes are over when no channel is left either.
  assign pass_next = PassWidth'(1) + pass_q;
  assign pass_last = command.raw
      ? pass_q == PassWidth'(RawPasses - 1) || 12'(pass_next) * 12'(RawValues) >= left_q
      : pass_q == PassWidth'(Passes - 1) || 12'(pass_next) * 12'(Requantisers) >= left_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= '0;
      run_q   <= 1'b0;
      pass_q  <= '0;
    end else begin
      if (start_i)                      phase_q <= '0;
      else if (valid_i && command.pool) phase_q <= phase_q + 1'b1;
      if (complete) begin
        run_q  <= 1'b1;
        pass_q <= '0;
      end else if (run_q) begin
        run_q <= !pass_last;
        if (!pass_last) pass_q <= pass_next;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (complete) last_q <= last_i;
  end

  for (genvar c = 0; c < Columns; c++) begin : g_column
    logic signed [AccBits-1:0] sum, best;
    logic signed [AccBits-1:0] best_q;  // no reset: the block's first position writes
    logic                      better, clamped;

    assign sum     = sums_i[AccBits*c +: AccBits] & {AccBits{open_i}};
    assign better  = !command.pool || phase_q == '0 || sum > best_q;
    assign best    = better ? sum : best_q;
    assign clamped = command.relu && !command.raw && best[AccBits-1];

    // Four columns share the gate of out_q: a gate that stands still costs more than three columns
    // that are clocked once a block.
    always_ff @(posedge clk_i) begin
      if (valid_i && !complete && better && columns_o[c]) best_q <= sum;
      if (complete && columns_o[c-c%4]) begin
        out_q[AccBits*c +: AccBits] <= best & ~{AccBits{clamped}};
      end
    end
  end

  // A cycle later, as the products. No reset on data: looked at only under made_q.
  logic                 made_q;
  logic                 turn_last_q, turn_end_q;  // of a position, and of a group
  logic [PassWidth-1:0] turn_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) made_q <= 1'b0;
    else         made_q <= run_q && !command.raw;
  end

  always_ff @(posedge clk_i) begin
    if (run_q && !command.raw) begin
      turn_q      <= pass_q;
      turn_last_q <= pass_last;
      turn_end_q  <= pass_last && last_q;
    end
  end

  // Bytes of a pass.
  logic [8*Requantisers-1:0] bytes;
  logic [8*Columns-1:0]      raw_bytes;
  logic [8*Columns-1:0]      data_q;  // no reset: looked at only under write_q

  for (genvar r = 0; r < Requantisers; r++) begin : g_requantise
    logic [AccBits-1:0] operand [0:Passes-1];
    logic [Passes-1:0]  wanted;  // passes in which there is a channel
    logic [AccBits-1:0] acc;
    logic               valid;

    for (genvar p = 0; p < Passes; p++) begin : g_pass
      assign operand[p] = out_q[AccBits*(Requantisers*p+r) +: AccBits];
      assign wanted[p]  = columns_o[Requantisers*p+r];
    end
    if (Passes == 1) begin : g_only
      assign acc   = operand[0];
      assign valid = wanted[0];
    end else begin : g_chosen
      logic [$clog2(Passes)-1:0] pass;

      assign pass  = pass_q[$clog2(Passes)-1:0];
      assign valid = wanted[pass];
      assign acc   = operand[valid ? pass : '0];  // no new operand where none is wanted
    end

    pot_requantise #(
      .AccBits (AccBits)
    ) u_requantise (
      .clk_i        (clk_i),
      .valid_i      (run_q && !command.raw && valid),
      .acc_i        (acc),
      .multiplier_i (command.multiplier),
      .shift_i      (command.shift),
      .byte_o       (bytes[8*r +: 8])
    );
  end

  for (genvar v = 0; v < RawValues; v++) begin : g_raw
    logic [AccBits-1:0] operand [0:RawPasses-1];

    for (genvar p = 0; p < RawPasses; p++) begin : g_pass
      assign operand[p] = out_q[AccBits*(RawValues*p+v) +: AccBits];
    end
    assign raw_bytes[32*v +: 32] = 32'($signed(operand[pass_q[1:0]])) & {32{command.raw}};
  end

  for (genvar c = 0; c < Columns; c++) begin : g_byte
    localparam int Pass = c / Requantisers;

    always_ff @(posedge clk_i) begin
      if (command.raw ? run_q : made_q && turn_q == PassWidth'(Pass)) begin
        data_q[8*c +: 8] <= command.raw ? raw_bytes[8*c +: 8]
                                        : bytes[8*(c % Requantisers) +: 8];
      end
    end
  end

  // Where they go. group_q is the address of the group's first byte.
  logic                 write_q;
  logic [1:0]           piece_q;             // of four, if raw
  logic                 final_q, group_end_q;  // of a position, of a group
  logic [AddrWidth-1:0] addr_q, group_q, group_next;
  logic                 next;

  assign next       = write_q && final_q;
  assign group_next = group_q + (command.raw ? AddrWidth'(4 * Columns) : AddrWidth'(Columns));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) write_q <= 1'b0;
    else         write_q <= command.raw ? run_q : made_q && turn_last_q;
  end

  always_ff @(posedge clk_i) begin
    if (run_q || made_q) begin
      piece_q     <= pass_q[1:0];
      final_q     <= command.raw ? pass_last : turn_last_q;
      group_end_q <= command.raw ? pass_last && last_q : turn_end_q;
    end
    if (start_i) begin
      addr_q  <= AddrWidth'(command.out_base);
      group_q <= AddrWidth'(command.out_base);
      left_q  <= command.out_channels;
    end else if (next) begin
      if (group_end_q) begin
        addr_q  <= group_next;
        group_q <= group_next;
        left_q  <= left_q - 12'(Columns);
      end else begin
        addr_q <= addr_q + (command.raw ? AddrWidth'({command.out_channels, 2'b00})
                                        : AddrWidth'(command.out_channels));
      end
    end
  end

  for (genvar c = 0; c < Columns; c++) begin : g_mask
    logic [11:0] raw_channel;  // whose byte this is

    assign columns_o[c] = 12'(c) < left_q;

    assign raw_channel = 12'({piece_q, {$clog2(RawValues){1'b0}}}) + 12'(c / 4);
    assign mask_o[c]   = command.raw ? raw_channel < left_q : columns_o[c];
  end

  assign busy_o  = run_q || made_q || write_q;
  assign write_o = write_q;
  assign addr_o  = addr_q + (command.raw ? AddrWidth'({piece_q, {$clog2(Columns){1'b0}}}) : '0);
  assign data_o  = data_q;

  `ASSERT(PassesEndBeforeTheNextSums, !complete || !run_q || pass_last)
  `ASSERT(ChannelsAreLeft, !write_q || left_q != '0)
  `ASSERT(OnlyFinalSumsCome, !valid_i || open_i)
  `ASSERT(ABlockEndsBeforeTheGroup, !(valid_i && last_i) || complete)

endmodule : pot_output
