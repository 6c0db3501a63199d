// SPDX-License-Identifier: Apache-2.0
//
// Scan counters of one stream: which vector of the line buffer comes next, and where it lies in its
// window.
//
//   Kernel 3, Padding 1, one channel, two pixels per vector, map 4 wide: the first two windows
//
//      .  .  .  .  .  .        window (0, 0): a b, then e f with last_o; inside_o is 11 for both
//      . [a  b][c  d] .        window (0, 1): a b, c d, e f, g h;    inside_o 11, 01, 11, 01
//      . [e  f][g  h] .        (bit 0 is the left pixel; the row above the map is not read)
//
// Everything is counted: there is no multiplier, and constant multiples are tables. A lane's weights
// lie at base_o + the lane's own constant (see sparse_stream_picker); base_o counts in weight words,
// of which a weight row has Scale. Where a window begins inside a vector, base_o is negative, modulo
// its width; the lanes inside the window still get their right addresses.
//
// Vectors lie in the ring in the order of the scan, so within a row the address just counts.

`include "assert.svh"

module sparse_stream_scan #(
  parameter  int Height     = 8,
  parameter  int Width      = 8,
  parameter  int Kernel     = 3,
  parameter  int Stride     = 1,
  parameter  int Padding    = 1,
  parameter  int Lanes      = 4,  // channels of a vector
  parameter  int Pixels     = 1,  // pixels of a vector
  parameter  int Vectors    = 1,  // vectors of a pixel; 1 if Pixels > 1
  parameter  int Scale      = 1,  // weight words per weight row
  parameter  int Words      = 32, // vectors in the ring
  localparam int AddrWidth  = $clog2(Words),
  localparam int CountWidth = $clog2(Words + 1),
  localparam int BaseWords  = Kernel * Kernel * Vectors * Lanes * Scale,
  localparam int BaseWidth  = BaseWords > 1 ? $clog2(BaseWords) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  step_i,    // the vector is read: on to the next

  output logic [AddrWidth-1:0]  addr_o,    // of the vector in the ring
  output logic [CountWidth-1:0] depth_o,   // vectors before it, from the first one still needed
  output logic [CountWidth-1:0] release_o, // vectors that nothing needs any more after this one
  output logic [Pixels-1:0]     inside_o,  // pixel is in the window
  output logic [BaseWidth-1:0]  base_o,    // weight word of lane 0
  output logic                  last_o     // last vector of the window
);

  localparam int OutHeight = (Height + 2 * Padding - Kernel) / Stride + 1;
  localparam int OutWidth  = (Width + 2 * Padding - Kernel) / Stride + 1;
  localparam int Columns   = Width / Pixels;
  localparam int RowWords  = Columns * Vectors;
  localparam int LastTop   = (OutHeight - 1) * Stride - Padding;
  localparam int LastRows  = Height - (LastTop > 0 ? LastTop : 0);  // given back with an image

  localparam int WordWidth   = RowWords > 1 ? $clog2(RowWords) : 1;
  localparam int ColumnWidth = Columns > 1 ? $clog2(Columns) : 1;
  localparam int VectorWidth = Vectors > 1 ? $clog2(Vectors) : 1;
  localparam int YWidth      = Height > 1 ? $clog2(Height) : 1;
  localparam int OutYWidth   = OutHeight > 1 ? $clog2(OutHeight) : 1;
  localparam int OutXWidth   = OutWidth > 1 ? $clog2(OutWidth) : 1;
  localparam int EdgeWidth   = $clog2(Kernel + Pixels + 2) + 1;  // signed positions in a window
  localparam int PixelWords  = Vectors * Lanes * Scale;          // weight words per kernel position

  // Position of the window: what of it lies outside at the top and left, and its first vector.
  logic [OutYWidth-1:0]   out_y_q;
  logic [OutXWidth-1:0]   out_x_q;
  logic [EdgeWidth-1:0]   above_q, above_d;    // rows above the map
  logic [EdgeWidth-1:0]   left_q, left_d;      // columns left of the map
  logic [EdgeWidth-1:0]   offset_q, offset_d;  // first column within its vector
  logic [ColumnWidth-1:0] first_column_q, first_column_d;
  logic [WordWidth-1:0]   first_word_q, first_word_d;
  logic [YWidth-1:0]      top_y_q, top_y_d;
  logic [AddrWidth-1:0]   top_q, top_d;        // ring address of the first row

  // Position of the scan in the window.
  logic [EdgeWidth-1:0]        dy_q;
  logic signed [EdgeWidth-1:0] dx_q;           // of the vector's first pixel; may be negative
  logic [YWidth-1:0]           y_q;
  logic [ColumnWidth-1:0]      column_q;
  logic [VectorWidth-1:0]      vector_q;
  logic [WordWidth-1:0]        word_q;         // within the row
  logic [AddrWidth-1:0]        row_q;          // ring address of the row
  logic [CountWidth-1:0]       depth_q;        // words from the window's first row to this row
  logic [BaseWidth-1:0]        row_base_q;     // weight word of (dy, 0)
  logic [BaseWidth-1:0]        base_q;

  logic vector_end, row_end, window_end, line_end, image_end;

  // Advance of a window by Stride: what lies outside the map comes in first. How much is then still
  // outside, and by how much the part inside moves on.
  function automatic logic [EdgeWidth-1:0] outside(input logic [EdgeWidth-1:0] now);
    return now > EdgeWidth'(Stride) ? now - EdgeWidth'(Stride) : '0;
  endfunction

  function automatic logic [EdgeWidth-1:0] inwards(input logic [EdgeWidth-1:0] now);
    return now < EdgeWidth'(Stride) ? EdgeWidth'(Stride) - now : '0;
  endfunction

  // Ring address n rows further on.
  function automatic logic [AddrWidth-1:0] rows_on(
      input logic [AddrWidth-1:0] from, input logic [CountWidth-1:0] distance);
    logic [CountWidth:0] to;
    to = (CountWidth+1)'(from) + (CountWidth+1)'(distance);
    return to >= (CountWidth+1)'(Words) ? AddrWidth'(to - (CountWidth+1)'(Words)) : AddrWidth'(to);
  endfunction

  // Constant multiples, as tables: there is no multiplier here.
  function automatic logic [CountWidth-1:0] row_words(input logic [EdgeWidth-1:0] rows);
    row_words = '0;
    for (int i = 1; i <= Stride; i++) begin
      if (rows == EdgeWidth'(i)) row_words = CountWidth'(i * RowWords);
    end
  endfunction

  function automatic logic [WordWidth-1:0] column_words(input logic [EdgeWidth-1:0] columns);
    column_words = '0;
    for (int i = 1; i <= Stride; i++) begin
      if (columns == EdgeWidth'(i)) column_words = WordWidth'(i * Vectors);
    end
  endfunction

  function automatic logic [BaseWidth-1:0] above_words(input logic [EdgeWidth-1:0] above);
    above_words = '0;
    for (int i = 1; i <= Padding; i++) begin
      if (above == EdgeWidth'(i)) above_words = BaseWidth'(i * Kernel * PixelWords);
    end
  endfunction

  function automatic logic [BaseWidth-1:0] left_words(
      input logic [EdgeWidth-1:0] left, input logic [EdgeWidth-1:0] offset);
    left_words = '0;
    for (int i = 1; i <= Padding; i++) begin
      if (left == EdgeWidth'(i)) left_words = BaseWidth'(i * PixelWords);
    end
    for (int i = 1; i < Pixels; i++) begin
      if (offset == EdgeWidth'(i)) left_words = BaseWidth'(-i * PixelWords);
    end
  endfunction

  assign vector_end = vector_q == VectorWidth'(Vectors - 1);
  assign row_end    = vector_end && (column_q == ColumnWidth'(Columns - 1)
                                     || dx_q >= $signed(EdgeWidth'(Kernel - Pixels)));
  assign window_end = row_end && (dy_q == EdgeWidth'(Kernel - 1) || y_q == YWidth'(Height - 1));
  assign line_end   = window_end && out_x_q == OutXWidth'(OutWidth - 1);
  assign image_end  = line_end && out_y_q == OutYWidth'(OutHeight - 1);

  // Next window, used with window_end.
  logic [EdgeWidth-1:0] right;  // columns by which its part inside the map moves on

  assign right = inwards(left_q);

  if (Pixels == 1) begin : g_one_pixel
    assign offset_d       = '0;
    assign first_column_d = line_end ? '0 : first_column_q + ColumnWidth'(right);
    assign first_word_d   = line_end ? '0 : first_word_q + column_words(right);
  end else begin : g_pixels
    logic [EdgeWidth-1:0] offset;
    logic                 next;

    assign offset         = offset_q + right;
    assign next           = offset >= EdgeWidth'(Pixels);
    assign offset_d       = line_end ? '0 : next ? offset - EdgeWidth'(Pixels) : offset;
    assign first_column_d = line_end ? '0 : first_column_q + ColumnWidth'(next);
    assign first_word_d   = WordWidth'(first_column_d);
  end

  assign left_d    = line_end ? EdgeWidth'(Padding) : outside(left_q);
  assign above_d   = image_end ? EdgeWidth'(Padding) : line_end ? outside(above_q) : above_q;
  assign top_y_d   = image_end ? '0
      : line_end ? top_y_q + YWidth'(inwards(above_q)) : top_y_q;
  assign release_o = image_end ? CountWidth'(LastRows * RowWords)
      : line_end ? row_words(inwards(above_q)) : '0;
  assign top_d = rows_on(top_q, release_o);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      out_y_q        <= '0;
      out_x_q        <= '0;
      above_q        <= EdgeWidth'(Padding);
      left_q         <= EdgeWidth'(Padding);
      offset_q       <= '0;
      first_column_q <= '0;
      first_word_q   <= '0;
      top_y_q        <= '0;
      top_q          <= '0;
    end else if (step_i && window_end) begin
      out_x_q        <= line_end ? '0 : out_x_q + 1'b1;
      if (line_end) out_y_q <= image_end ? '0 : out_y_q + 1'b1;
      above_q        <= above_d;
      left_q         <= left_d;
      offset_q       <= offset_d;
      first_column_q <= first_column_d;
      first_word_q   <= first_word_d;
      top_y_q        <= top_y_d;
      top_q          <= top_d;
    end
  end

  logic [BaseWidth-1:0] next_row_base;

  assign next_row_base = row_base_q + BaseWidth'(Kernel * PixelWords);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      dy_q       <= EdgeWidth'(Padding);
      dx_q       <= EdgeWidth'(Padding);
      y_q        <= '0;
      column_q   <= '0;
      vector_q   <= '0;
      word_q     <= '0;
      row_q      <= '0;
      depth_q    <= '0;
      row_base_q <= BaseWidth'(Padding * Kernel * PixelWords);
      base_q     <= BaseWidth'(Padding * (Kernel + 1) * PixelWords);
    end else if (step_i) begin
      if (window_end) begin
        dy_q       <= above_d;
        dx_q       <= left_d - offset_d;
        y_q        <= top_y_d;
        column_q   <= first_column_d;
        vector_q   <= '0;
        word_q     <= first_word_d;
        row_q      <= top_d;
        depth_q    <= '0;
        row_base_q <= above_words(above_d);
        base_q     <= above_words(above_d) + left_words(left_d, offset_d);
      end else if (row_end) begin
        dy_q       <= dy_q + 1'b1;
        dx_q       <= left_q - offset_q;
        y_q        <= y_q + 1'b1;
        column_q   <= first_column_q;
        vector_q   <= '0;
        word_q     <= first_word_q;
        row_q      <= rows_on(row_q, CountWidth'(RowWords));
        depth_q    <= depth_q + CountWidth'(RowWords);
        row_base_q <= next_row_base;
        base_q     <= next_row_base + left_words(left_q, offset_q);
      end else begin
        if (vector_end) begin
          dx_q     <= dx_q + $signed(EdgeWidth'(Pixels));
          column_q <= column_q + 1'b1;
        end
        vector_q <= vector_end ? '0 : vector_q + 1'b1;
        word_q   <= word_q + 1'b1;
        base_q   <= base_q + BaseWidth'(Pixels * Lanes * Scale);
      end
    end
  end

  for (genvar x = 0; x < Pixels; x++) begin : g_pixel
    logic signed [EdgeWidth-1:0] dx;

    assign dx          = dx_q + $signed(EdgeWidth'(x));
    assign inside_o[x] = !dx[EdgeWidth-1] && dx < $signed(EdgeWidth'(Kernel));
  end

  assign addr_o  = row_q + AddrWidth'(word_q);
  assign depth_o = depth_q + CountWidth'(word_q);
  assign base_o  = base_q;
  assign last_o  = window_end;

  `ASSERT(RowOfTheWindowIsInTheMap, 32'(y_q) < Height && 32'(dy_q) < Kernel)
  `ASSERT(VectorOfTheWindowHasAPixelInside, inside_o != '0)

endmodule : sparse_stream_scan
