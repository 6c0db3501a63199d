// SPDX-License-Identifier: Apache-2.0
//
// One stream of a layer, from the line buffer to the accumulators.
//
//   in ─ window ─ picker ─ queue ─ mac ─ sums
//                    └──── ends ─────────┘      one bit per window: had it an entry?
//
// The queue carries entries while the picker meets nothing but zeros. A window is done when its end
// is known and, unless it is empty, its bank is complete. An empty window costs the multipliers
// nothing and occupies no bank: its sums are zero. With Dense a dealer stands in the picker's place;
// no window is empty then, and there are no ends to tell.

module sparse_stream_engine #(
  parameter  int Height    = 8,
  parameter  int Width     = 8,
  parameter  int Channels  = 4,  // of this stream
  parameter  int Groups    = 2,
  parameter  int Kernel    = 3,
  parameter  int Stride    = 1,
  parameter  int Padding   = 1,
  parameter  int Lanes     = 4,
  parameter  int Pixels    = 1,
  parameter  int Slots     = 1,
  parameter  int Columns   = 4,
  parameter  int Queue     = 8,
  parameter  int Banks     = 2,
  parameter  int Dense     = 0,
  localparam int DataWidth = 8 * Pixels * Lanes
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  in_valid_i,
  output logic                  in_ready_o,
  input  logic [DataWidth-1:0]  in_data_i,

  output logic                  done_o,   // a window is ready to be drained
  output logic                  empty_o,  // and all its sums are zero, sums_o not looked at
  output logic [32*Columns-1:0] sums_o,   // of its filter groups, one after the other
  input  logic                  next_i,   // on to the next group
  input  logic                  last_i,   // with the last group's next_i: window is drained

  output logic [Slots-1:0]      busy_o
);

  localparam int WeightWords = Kernel * Kernel * Channels * Groups;
  localparam int AddrWidth   = WeightWords > 1 ? $clog2(WeightWords) : 1;
  localparam int EntryWidth  = 2 + (9 + AddrWidth) * Slots;
  // Every entry in the queue may be a window; beyond these, only empty windows are worth a place.
  localparam int Ends        = Queue + Banks + 1;
  localparam int QueueCount  = $clog2(Queue + 1);

  logic                       vector_valid, vector_ready, vector_last;
  logic [DataWidth-1:0]       vector_data;
  logic [Pixels-1:0]          vector_inside;
  logic [AddrWidth-1:0]       vector_base;

  logic                       picked_valid, picked_ready, picked_first, picked_last;
  logic [Slots-1:0]           picked_slots;
  logic [8*Slots-1:0]         picked_act;
  logic [AddrWidth*Slots-1:0] picked_addr;

  logic                       entry_valid, entry_ready, entry_first, entry_last;
  logic [Slots-1:0]           entry_slots;
  logic [8*Slots-1:0]         entry_act;
  logic [AddrWidth*Slots-1:0] entry_addr;

  logic                       bank_done;
  logic [QueueCount-1:0]      unused_count;

  sparse_stream_window #(
    .Height  (Height),
    .Width   (Width),
    .Kernel  (Kernel),
    .Stride  (Stride),
    .Padding (Padding),
    .Lanes   (Lanes),
    .Pixels  (Pixels),
    .Vectors (Channels / Lanes),
    .Scale   (Groups)
  ) u_window (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (in_valid_i),
    .in_ready_o (in_ready_o),
    .in_data_i  (in_data_i),
    .valid_o    (vector_valid),
    .ready_i    (vector_ready),
    .data_o     (vector_data),
    .inside_o   (vector_inside),
    .base_o     (vector_base),
    .last_o     (vector_last)
  );

  if (Dense != 0) begin : g_dense
    sparse_stream_dealer #(
      .Lanes       (Lanes),
      .Pixels      (Pixels),
      .Slots       (Slots),
      .PixelStep   (Channels * Groups),
      .ChannelStep (Groups),
      .AddrWidth   (AddrWidth)
    ) u_dealer (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .valid_i  (vector_valid),
      .ready_o  (vector_ready),
      .data_i   (vector_data),
      .inside_i (vector_inside),
      .base_i   (vector_base),
      .last_i   (vector_last),
      .valid_o  (picked_valid),
      .ready_i  (picked_ready),
      .slots_o  (picked_slots),
      .act_o    (picked_act),
      .addr_o   (picked_addr),
      .first_o  (picked_first),
      .last_o   (picked_last)
    );

    assign done_o  = bank_done;
    assign empty_o = 1'b0;
  end else begin : g_sparse
    localparam int EndsCount = $clog2(Ends + 1);

    logic                 end_valid, end_ready, end_empty;
    logic                 known;
    logic [EndsCount-1:0] unused_ends;

    sparse_stream_picker #(
      .Lanes       (Lanes),
      .Pixels      (Pixels),
      .Slots       (Slots),
      .PixelStep   (Channels * Groups),
      .ChannelStep (Groups),
      .AddrWidth   (AddrWidth)
    ) u_picker (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .valid_i     (vector_valid),
      .ready_o     (vector_ready),
      .data_i      (vector_data),
      .inside_i    (vector_inside),
      .base_i      (vector_base),
      .last_i      (vector_last),
      .valid_o     (picked_valid),
      .ready_i     (picked_ready),
      .slots_o     (picked_slots),
      .act_o       (picked_act),
      .addr_o      (picked_addr),
      .first_o     (picked_first),
      .last_o      (picked_last),
      .end_valid_o (end_valid),
      .end_ready_i (end_ready),
      .end_empty_o (end_empty)
    );

    fifo #(
      .Width (1),
      .Depth (Ends)
    ) u_ends (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .valid_i (end_valid),
      .ready_o (end_ready),
      .data_i  (end_empty),
      .valid_o (known),
      .ready_i (last_i),
      .data_o  (empty_o),
      .count_o (unused_ends)
    );

    assign done_o = known && (empty_o || bank_done);
  end

  fifo #(
    .Width (EntryWidth),
    .Depth (Queue)
  ) u_queue (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .valid_i (picked_valid),
    .ready_o (picked_ready),
    .data_i  ({picked_first, picked_last, picked_slots, picked_act, picked_addr}),
    .valid_o (entry_valid),
    .ready_i (entry_ready),
    .data_o  ({entry_first, entry_last, entry_slots, entry_act, entry_addr}),
    .count_o (unused_count)
  );

  sparse_stream_mac #(
    .Slots       (Slots),
    .Columns     (Columns),
    .Groups      (Groups),
    .Banks       (Banks),
    .WeightWords (WeightWords)
  ) u_mac (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .valid_i (entry_valid),
    .ready_o (entry_ready),
    .slots_i (entry_slots),
    .act_i   (entry_act),
    .addr_i  (entry_addr),
    .first_i (entry_first),
    .last_i  (entry_last),
    .done_o  (bank_done),
    .sums_o  (sums_o),
    .next_i  (next_i && !empty_o),
    .free_i  (last_i && !empty_o),
    .busy_o  (busy_o)
  );

endmodule : sparse_stream_engine
