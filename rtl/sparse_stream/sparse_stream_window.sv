// SPDX-License-Identifier: Apache-2.0
//
// Line buffer of one stream: keeps the last rows of the map and reads, for one output position after
// the other, the vectors of its window that lie inside the map (sparse_stream_scan says which).
//
//   cycle        0     1     2     3
//   in_data_i    v     .     .     .     written at the end of cycle 0
//   scan         .     v     w     .     v is there, and the output register is free
//   data_o       .     .     v     w     until ready_i
//
// The buffer is a ring of Kernel + Stride rows. Images follow each other in it as rows do, so the
// next image flows in while the last windows of this one are scanned. A vector is read as soon as it
// is there; rows are given back when the last window that needs them has been scanned.

`include "assert.svh"

module sparse_stream_window #(
  parameter  int Height     = 8,
  parameter  int Width      = 8,
  parameter  int Kernel     = 3,
  parameter  int Stride     = 1,
  parameter  int Padding    = 1,
  parameter  int Lanes      = 4,  // channels of a vector
  parameter  int Pixels     = 1,  // pixels of a vector
  parameter  int Vectors    = 1,  // vectors of a pixel; 1 if Pixels > 1
  parameter  int Scale      = 1,  // weight words per weight row
  localparam int DataWidth  = 8 * Pixels * Lanes,
  localparam int BaseWords  = Kernel * Kernel * Vectors * Lanes * Scale,
  localparam int BaseWidth  = BaseWords > 1 ? $clog2(BaseWords) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 in_valid_i,
  output logic                 in_ready_o,  // early: from registers
  input  logic [DataWidth-1:0] in_data_i,

  output logic                 valid_o,
  input  logic                 ready_i,
  output logic [DataWidth-1:0] data_o,
  output logic [Pixels-1:0]    inside_o,  // pixel is in the window
  output logic [BaseWidth-1:0] base_o,    // weight word of lane 0
  output logic                 last_o     // last vector of the window
);

  localparam int OutHeight  = (Height + 2 * Padding - Kernel) / Stride + 1;
  localparam int OutWidth   = (Width + 2 * Padding - Kernel) / Stride + 1;
  localparam int Words      = (Kernel + Stride) * (Width / Pixels) * Vectors;
  localparam int AddrWidth  = $clog2(Words);
  localparam int CountWidth = $clog2(Words + 1);
  // What is given back may go beyond the last vector read: between windows, below or right of them.
  localparam int Unread     = Kernel < Stride
                              || (OutHeight - 1) * Stride - Padding + Kernel < Height
                              || (OutWidth - 1) * Stride - Padding + Kernel < Width ? 1 : 0;

  logic [CountWidth-1:0] filled_q;  // vectors in the ring, from the first one needed on
  logic [AddrWidth-1:0]  write_q;
  logic                  valid_q;

  logic                  write, step, there;
  logic [AddrWidth-1:0]  addr;
  logic [CountWidth-1:0] depth, released, given_back;
  logic [Pixels-1:0]     inner;
  logic [BaseWidth-1:0]  base;
  logic                  last;

  sparse_stream_scan #(
    .Height  (Height),
    .Width   (Width),
    .Kernel  (Kernel),
    .Stride  (Stride),
    .Padding (Padding),
    .Lanes   (Lanes),
    .Pixels  (Pixels),
    .Vectors (Vectors),
    .Scale   (Scale),
    .Words   (Words)
  ) u_scan (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .step_i    (step),
    .addr_o    (addr),
    .depth_o   (depth),
    .release_o (released),
    .inside_o  (inner),
    .base_o    (base),
    .last_o    (last)
  );

  assign in_ready_o = filled_q != CountWidth'(Words);
  assign write      = in_valid_i && in_ready_o;
  assign there      = depth < filled_q && (Unread == 0 || released <= filled_q);
  assign step       = there && (!valid_q || ready_i);
  assign given_back = step ? released : '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      filled_q <= '0;
      write_q  <= '0;
      valid_q  <= 1'b0;
    end else begin
      filled_q <= filled_q + CountWidth'(write) - given_back;
      if (write) write_q <= write_q == AddrWidth'(Words - 1) ? '0 : write_q + 1'b1;
      valid_q <= step || (valid_q && !ready_i);
    end
  end

  ram_2p #(
    .Width (DataWidth),
    .Words (Words)
  ) u_lines (
    .clk_i        (clk_i),
    .read_i       (step),
    .read_addr_i  (addr),
    .read_data_o  (data_o),
    .write_i      (write),
    .write_addr_i (write_q),
    .write_data_i (in_data_i)
  );

  // What goes with the vector. No reset: looked at only under valid_q.
  logic [Pixels-1:0]    inside_q;
  logic [BaseWidth-1:0] base_q;
  logic                 last_q;

  always_ff @(posedge clk_i) begin
    if (step) begin
      inside_q <= inner;
      base_q   <= base;
      last_q   <= last;
    end
  end

  assign valid_o  = valid_q;
  assign inside_o = inside_q;
  assign base_o   = base_q;
  assign last_o   = last_q;

  logic waiting_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= valid_o && !ready_i;
  end

  `ASSERT(RingNeverOverflows, 32'(filled_q) <= Words)
  `ASSERT(NothingIsGivenBackThatIsNotThere, given_back <= filled_q)
  `ASSERT(VectorWaitsForThePicker, !waiting_q || valid_o)

endmodule : sparse_stream_window
