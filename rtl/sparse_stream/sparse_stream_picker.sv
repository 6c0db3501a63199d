// SPDX-License-Identifier: Apache-2.0
//
// Picks the non-zero activations out of vectors, lowest lane first, up to Slots per cycle.
//
//   Slots 2, four lanes; one window of three vectors
//
//   cycle     0        1            2            3        4            5
//   vector    5 0 0 7  1 2 0 3      1 2 0 3      0 0 0 0
//   ready_o   1        0            1            1
//   held      .        5 7          1 2          3 .      3 .          .
//   entry_o   .        5 7 (first)  1 2          .        3 . (last)   .
//
// (The vector row shows what the vector register holds; it was taken a cycle before.) A vector with
// n non-zero lanes takes max(1, ceil(n / Slots)) cycles. An entry is held back until the next one of
// its window is there or the window has ended, as the vectors that follow may all be empty: only then
// is it known whether it is the window's last. A window without any entry sends none; its end is
// told by end_valid_o with end_empty_o, as every window's is.

`include "assert.svh"

module sparse_stream_picker #(
  parameter  int Lanes       = 4,
  parameter  int Pixels      = 1,
  parameter  int Slots       = 1,
  parameter  int PixelStep   = 4,  // weight words from one pixel to the next
  parameter  int ChannelStep = 1,  // and from one channel to the next
  parameter  int AddrWidth   = 8,
  localparam int All         = Lanes * Pixels,
  localparam int DataWidth   = 8 * All
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,

  input  logic                       valid_i,
  output logic                       ready_o,
  input  logic [DataWidth-1:0]       data_i,
  input  logic [Pixels-1:0]          inside_i,
  input  logic [AddrWidth-1:0]       base_i,
  input  logic                       last_i,

  output logic                       valid_o,
  input  logic                       ready_i,
  output logic [Slots-1:0]           slots_o,  // slots that got an activation
  output logic [8*Slots-1:0]         act_o,
  output logic [AddrWidth*Slots-1:0] addr_o,   // of its weights, in the first filter group
  output logic                       first_o,
  output logic                       last_o,

  output logic                       end_valid_o,
  input  logic                       end_ready_i,
  output logic                       end_empty_o
);

  // The vector at hand. No reset on data: looked at only under full_q.
  logic                 full_q;
  logic [All-1:0]       waiting_q;
  logic [DataWidth-1:0] data_q;
  logic [AddrWidth-1:0] base_q;
  logic                 last_q;

  logic [All-1:0] worth;           // lanes of the incoming vector that are to be picked
  logic [All-1:0] rest [0:Slots];  // what is left for this slot and those after it
  logic           none, done, ends, load, go;

  logic               open_q;      // the window has an entry already
  logic               held_q, closed_q;
  logic [Slots-1:0]   slots, slots_q;
  logic               first_q;

  for (genvar l = 0; l < All; l++) begin : g_lane
    assign worth[l] = inside_i[l / Lanes] && data_i[8*l +: 8] != 8'd0;
  end

  assign rest[0] = waiting_q;
  assign none    = waiting_q == '0;
  assign done    = rest[Slots] == '0;
  assign ends    = full_q && done && last_q;

  // A pick needs the place of the entry held back, which goes to the queue at the same time.
  assign load    = full_q && !none && (!held_q || ready_i) && (!ends || end_ready_i);
  assign go      = load || (full_q && none && (!ends || end_ready_i));
  assign ready_o = !full_q || (go && done);
  assign valid_o = held_q && (closed_q || (full_q && !none && (!ends || end_ready_i)));

  assign end_valid_o = ends && (none || !held_q || ready_i);
  assign end_empty_o = none && !open_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q   <= 1'b0;
      open_q   <= 1'b0;
      held_q   <= 1'b0;
      closed_q <= 1'b0;
    end else begin
      full_q <= (valid_i && ready_o) || (full_q && !ready_o);
      if (go) open_q <= !ends && (open_q || !none);
      held_q <= load || (held_q && !(valid_o && ready_i));
      if (load)            closed_q <= ends;
      else if (go && ends) closed_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      waiting_q <= worth;
      base_q    <= base_i;
      last_q    <= last_i;
    end else if (go) begin
      waiting_q <= rest[Slots];
    end
    // A vector without anything to pick leaves the old lanes where they are.
    if (valid_i && ready_o && worth != '0) data_q <= data_i;
    if (load) begin
      slots_q <= slots;
      first_q <= !open_q;
    end
  end

  for (genvar s = 0; s < Slots; s++) begin : g_slot
    logic [All-1:0]       pick;  // one-hot: the lowest lane of the rest
    logic [7:0]           act, act_q;
    logic [AddrWidth-1:0] step, addr_q;

    assign pick      = rest[s] & (~rest[s] + 1'b1);
    assign rest[s+1] = rest[s] & ~pick;
    assign slots[s]  = |rest[s];

    always_comb begin
      act  = '0;
      step = '0;
      for (int l = 0; l < All; l++) begin
        act  = act | ({8{pick[l]}} & data_q[8*l +: 8]);
        step = step | ({AddrWidth{pick[l]}}
                       & AddrWidth'((l / Lanes) * PixelStep + (l % Lanes) * ChannelStep));
      end
    end

    always_ff @(posedge clk_i) begin
      if (load && slots[s]) begin
        act_q  <= act;
        addr_q <= base_q + step;
      end
    end

    assign act_o[8*s +: 8]                  = act_q;
    assign addr_o[AddrWidth*s +: AddrWidth] = addr_q;
  end

  assign slots_o = slots_q;
  assign first_o = first_q;
  assign last_o  = closed_q;

  logic waiting_for_queue_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_for_queue_q <= 1'b0;
    else         waiting_for_queue_q <= valid_o && !ready_i;
  end

  `ASSERT(EntryWaitsForTheQueue, !waiting_for_queue_q || valid_o)
  `ASSERT(EntryHasAnActivation, !valid_o || slots_q[0])
  `ASSERT(OpenWindowHasItsEntryHere, !open_q || (held_q && !closed_q))

endmodule : sparse_stream_picker
