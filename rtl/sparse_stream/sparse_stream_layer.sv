// SPDX-License-Identifier: Apache-2.0
//
// One layer of a streaming CNN accelerator whose multipliers see non-zero activations only.
//
//   Streams 2:           ┌─ engine 0 ─┐
//               in ──────┤            ├─ drain ── pool ── packer ── out
//                        └─ engine 1 ─┘
//
// Values come in the order (row, column, channel), channel fastest, Pixels * Streams * Lanes of them
// in a beat; they leave in the same order, OutValues in a beat, images without a gap. Stream s takes
// lanes s * Lanes .. s * Lanes + Lanes - 1 of every pixel. Fully connected layers are convolutions
// whose kernel is as large as the map. Everything is sized at elaboration; weights and biases lie in
// memories that nothing here writes (docs/sparse_stream.md).
//
// With Dense the same sources give the twin that multiplies zeros too.

`include "assert.svh"

module sparse_stream_layer #(
  parameter  int Height     = 8,
  parameter  int Width      = 8,
  parameter  int Channels   = 4,
  parameter  int Filters    = 8,
  parameter  int Kernel     = 3,
  parameter  int Stride     = 1,
  parameter  int Padding    = 1,
  parameter  int Pool       = 0,           // 1: maximum, 2: average; 2x2, stride 2
  parameter  int Logits     = 0,           // 1: 32-bit sums leave as they are
  parameter  int Multiplier = 1073741824,  // requantisation by Multiplier / 2^Shift
  parameter  int Shift      = 40,
  parameter  int Streams    = 1,
  parameter  int Lanes      = 4,
  parameter  int Pixels     = 1,
  parameter  int Slots      = 1,
  parameter  int Columns    = 4,
  parameter  int Queue      = 8,
  parameter  int Banks      = 2,
  parameter  int Dense      = 0,
  parameter  int OutValues  = 1,
  localparam int InWidth    = 8 * Pixels * Streams * Lanes,
  localparam int ValueWidth = Logits != 0 ? 32 : 8,
  localparam int OutWidth   = ValueWidth * OutValues
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  input  logic                in_valid_i,
  output logic                in_ready_o,  // early: from registers
  input  logic [InWidth-1:0]  in_data_i,

  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [OutWidth-1:0] out_data_o,

  output logic [15:0]         busy_o       // products made in this cycle
);

  localparam int Groups    = Filters / Columns;
  localparam int OutRows   = (Height + 2 * Padding - Kernel) / Stride + 1;
  localparam int OutCols   = (Width + 2 * Padding - Kernel) / Stride + 1;
  localparam int OutTotal  = OutRows * OutCols * Filters / (Pool != 0 ? 4 : 1);

  initial begin
    if (Height < 1 || Width < 1 || Channels < 1 || Filters < 1) begin
      $fatal(1, "sparse_stream_layer: a map of %0d x %0d x %0d for %0d filters is empty",
             Height, Width, Channels, Filters);
    end
    if (Kernel < 1 || Kernel > 7) begin
      if (Kernel != Height || Kernel != Width || Padding != 0) begin
        $fatal(1, "sparse_stream_layer: Kernel = %0d must be in 1 .. 7, or the map's size", Kernel);
      end
    end
    if (Stride < 1 || Stride > 2) begin
      $fatal(1, "sparse_stream_layer: Stride = %0d must be 1 or 2", Stride);
    end
    if (Padding < 0 || Padding > Kernel / 2) begin
      $fatal(1, "sparse_stream_layer: Padding = %0d must be in 0 .. Kernel / 2 = %0d",
             Padding, Kernel / 2);
    end
    if (Height + 2 * Padding < Kernel || Width + 2 * Padding < Kernel) begin
      $fatal(1, "sparse_stream_layer: Kernel = %0d is larger than a map of %0d x %0d and Padding",
             Kernel, Height, Width);
    end
    if (Streams < 1 || Lanes < 1 || Channels % (Streams * Lanes) != 0) begin
      $fatal(1, "sparse_stream_layer: Streams * Lanes = %0d * %0d must divide Channels = %0d",
             Streams, Lanes, Channels);
    end
    if (Pixels < 1 || Width % Pixels != 0) begin
      $fatal(1, "sparse_stream_layer: Pixels = %0d must divide Width = %0d", Pixels, Width);
    end
    if (Pixels > 1 && Streams * Lanes != Channels) begin
      $fatal(1, "sparse_stream_layer: Pixels = %0d must be 1: Streams * Lanes = %0d < %0d",
             Pixels, Streams * Lanes, Channels);
    end
    if (Slots < 1 || Slots > Lanes * Pixels) begin
      $fatal(1, "sparse_stream_layer: Slots = %0d must be in 1 .. Lanes * Pixels = %0d",
             Slots, Lanes * Pixels);
    end
    if (Columns < 1 || Filters % Columns != 0) begin
      $fatal(1, "sparse_stream_layer: Columns = %0d must divide Filters = %0d", Columns, Filters);
    end
    if (Queue < 1 || Banks < 2) begin
      $fatal(1, "sparse_stream_layer: Queue = %0d must be at least 1 and Banks = %0d at least 2",
             Queue, Banks);
    end
    if (Pool < 0 || Pool > 2 || (Pool != 0 && (OutRows % 2 != 0 || OutCols % 2 != 0))) begin
      $fatal(1, "sparse_stream_layer: Pool = %0d must be 0 .. 2, 0 for the odd map of %0d x %0d",
             Pool, OutRows, OutCols);
    end
    if (Logits < 0 || Logits > 1 || Dense < 0 || Dense > 1 || (Logits != 0 && Pool != 0)) begin
      $fatal(1, "sparse_stream_layer: Logits = %0d and Dense = %0d must be 0 or 1, Pool = %0d 0",
             Logits, Dense, Pool);
    end
    if (OutValues < 1 || OutTotal % OutValues != 0) begin
      $fatal(1, "sparse_stream_layer: OutValues = %0d must divide the %0d values of an image",
             OutValues, OutTotal);
    end
    if (Streams * Slots * Columns > 65535) begin
      $fatal(1, "sparse_stream_layer: %0d multipliers are more than busy_o can count",
             Streams * Slots * Columns);
    end
  end

  logic [Streams-1:0]            ready;
  logic [Streams-1:0]            done, empty;
  logic [32*Columns*Streams-1:0] sums;
  logic [Slots*Streams-1:0]      busy;
  logic                          next, last;

  assign in_ready_o = &ready;

  for (genvar s = 0; s < Streams; s++) begin : g_stream
    logic [8*Pixels*Lanes-1:0] values;

    for (genvar x = 0; x < Pixels; x++) begin : g_pixel
      assign values[8*Lanes*x +: 8*Lanes] = in_data_i[8*Lanes*(Streams*x+s) +: 8*Lanes];
    end

    sparse_stream_engine #(
      .Height   (Height),
      .Width    (Width),
      .Channels (Channels / Streams),
      .Groups   (Groups),
      .Kernel   (Kernel),
      .Stride   (Stride),
      .Padding  (Padding),
      .Lanes    (Lanes),
      .Pixels   (Pixels),
      .Slots    (Slots),
      .Columns  (Columns),
      .Queue    (Queue),
      .Banks    (Banks),
      .Dense    (Dense)
    ) u_engine (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .in_valid_i (in_valid_i && in_ready_o),
      .in_ready_o (ready[s]),
      .in_data_i  (values),
      .done_o     (done[s]),
      .empty_o    (empty[s]),
      .sums_o     (sums[32*Columns*s +: 32*Columns]),
      .next_i     (next),
      .last_i     (last),
      .busy_o     (busy[Slots*s +: Slots])
    );
  end

  logic                  drained_valid, drained_ready;
  logic [ValueWidth-1:0] drained;
  logic                  pooled_valid, pooled_ready;
  logic [ValueWidth-1:0] pooled;

  sparse_stream_drain #(
    .Streams    (Streams),
    .Columns    (Columns),
    .Groups     (Groups),
    .Logits     (Logits),
    .Multiplier (Multiplier),
    .Shift      (Shift)
  ) u_drain (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .done_i  (done),
    .empty_i (empty),
    .sums_i  (sums),
    .next_o  (next),
    .last_o  (last),
    .valid_o (drained_valid),
    .ready_i (drained_ready),
    .data_o  (drained)
  );

  if (Pool != 0) begin : g_pool
    sparse_stream_pool #(
      .Width    (OutCols),
      .Channels (Filters),
      .Average  (Pool - 1)
    ) u_pool (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .valid_i (drained_valid),
      .ready_o (drained_ready),
      .data_i  (drained),
      .valid_o (pooled_valid),
      .ready_i (pooled_ready),
      .data_o  (pooled)
    );
  end else begin : g_no_pool
    assign pooled_valid  = drained_valid;
    assign drained_ready = pooled_ready;
    assign pooled        = drained;
  end

  sparse_stream_packer #(
    .Width  (ValueWidth),
    .Values (OutValues)
  ) u_packer (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .valid_i (pooled_valid),
    .ready_o (pooled_ready),
    .data_i  (pooled),
    .valid_o (out_valid_o),
    .ready_i (out_ready_i),
    .data_o  (out_data_o)
  );

  always_comb begin
    busy_o = '0;
    for (int i = 0; i < Slots * Streams; i++) begin
      if (busy[i]) busy_o = busy_o + 16'(Columns);
    end
  end

  `ASSERT(ProductsAreOfMultipliers, 32'(busy_o) <= Streams * Slots * Columns)

endmodule : sparse_stream_layer
