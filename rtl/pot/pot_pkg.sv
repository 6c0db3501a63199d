// SPDX-License-Identifier: Apache-2.0
//
// Forms of the weight-held array: codes of a weight, and what the array holds for one.
//
//   form           code                               held
//   FormPot        sign, n: 0 or +-2^(n-1)            neg, one-hot exponent
//   FormTwos       4-bit two's complement             the code
//   FormBooth      4-bit two's complement             the code
//   FormMagnitude  sign, 3-bit magnitude              neg, magnitude
//   FormRecoded    4-bit two's complement             two Booth digits: neg, two, one each
//   FormEight      8-bit two's complement             the code
//
// Icarus 11 has no struct ports: a command crosses ports as CommandBits bits, its first member on
// top.

package pot_pkg;

  localparam int FormPot       = 0;
  localparam int FormTwos      = 1;
  localparam int FormBooth     = 2;
  localparam int FormMagnitude = 3;
  localparam int FormRecoded   = 4;
  localparam int FormEight     = 5;

  // Bits of a weight's code.
  function automatic int weight_bits(input int form);
    return form == FormEight ? 8 : 4;
  endfunction

  // Bits that the array holds for a weight.
  function automatic int held_bits(input int form, input int exponent_max);
    return form == FormPot ? exponent_max + 2 : form == FormRecoded ? 6 : weight_bits(form);
  endfunction

  // Bits of activation times weight: of -255 * 2^e .. 255 * 2^e and so on with the correction added,
  // or of a two's complement number.
  function automatic int product_bits(input int form, input int exponent_max);
    return form == FormPot       ? 8 + exponent_max :
           form == FormMagnitude ? 11 :
           form == FormEight     ? 16 : 12;
  endfunction

  // Are products two's complement numbers? If not, the correction has made them positive.
  function automatic bit signed_products(input int form);
    return form == FormTwos || form == FormBooth || form == FormEight;
  endfunction

  localparam logic [1:0] OpLoad  = 2'd0;  // beats from the stream into the map memory
  localparam logic [1:0] OpLayer = 2'd1;
  localparam logic [1:0] OpStore = 2'd2;  // and back

  // What the engine does at a time. Bytes are those of the maps: a channel is one, a pixel one per
  // channel, a row one per channel and column.
  typedef struct packed {
    logic [1:0]  op;
    logic [15:0] in_base;      // multiple of 8; OpLoad, OpStore: of Lanes
    logic [15:0] out_base;     // multiple of 8
    logic [15:0] words;        // OpLoad, OpStore: beats
    logic [15:0] pixels;       // output positions before pooling, of all images
    logic [7:0]  out_cols;     // before pooling, of one image; even if pool
    logic [7:0]  out_rows;
    logic [7:0]  in_rows;
    logic [15:0] row_bytes;
    logic [11:0] pixel_bytes;
    logic [15:0] image_bytes;
    logic [15:0] row_mask;     // bit r: kernel row r has weights; tiles are those of such rows
    logic [7:0]  chunks;       // tiles per kernel row
    logic [3:0]  pad_rows;
    logic [11:0] pad_bytes;    // columns of padding in bytes
    logic [7:0]  groups;       // of Columns output channels
    logic [11:0] out_channels;
    logic        pool;         // maximum of 2x2 sums, stride 2
    logic        raw;          // 32-bit sums instead of requantised bytes
    logic        relu;         // clamp to 0..127 instead of -128..127
    logic        signed_in;
    logic [7:0]  multiplier;   // 128..255
    logic [5:0]  shift;        // 1..63
  } command_t;

  localparam int CommandBits = 212;

endpackage : pot_pkg
