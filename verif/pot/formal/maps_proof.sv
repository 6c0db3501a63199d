// SPDX-License-Identifier: Apache-2.0
//
// The memory of the maps: a fetch shows each wanted byte as it was written last, wherever it lies,
// whether its part of a bank is read or here already; other lanes show zero. One byte is followed.

`include "formal.svh"

module maps_proof (
  input logic        clk_i,
  input logic        forget,
  input logic        fetch,
  input logic [6:0]  fetch_addr,
  input logic [15:0] fetch_mask,
  input logic        write,
  input logic [6:0]  write_addr,
  input logic [3:0]  write_mask,
  input logic [31:0] write_data,
  input logic        load,
  input logic [2:0]  load_word,
  input logic [127:0] load_data,
  input logic        lower,      // any
  input logic [6:0]  watched    // address of the byte that is followed; any
);

  localparam int Lanes = 16, Columns = 4, MapBytes = 128;

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic [6:0] watched_q;
  always_ff @(posedge clk_i) watched_q <= started_q ? watched_q : watched;

  logic [127:0] data;

  pot_maps #(.Lanes(Lanes), .Columns(Columns), .MapBytes(MapBytes)) u_dut (
    .clk_i,
    .rst_ni,
    .forget_i    (forget),
    .fetch_i     (fetch),
    .lower_i     (lower),
    .fetch_addr_i(fetch_addr),
    .fetch_mask_i(fetch_mask),
    .data_o      (data),
    .write_i     (write),
    .write_addr_i(write_addr),
    .write_mask_i(write_mask),
    .write_data_i(write_data),
    .load_i      (load),
    .load_word_i (load_word),
    .load_data_i (load_data)
  );

  // The watched byte's lane in a fetch, its place in a write, and its value
  wire [6:0] lane  = watched_q - fetch_addr;
  wire [6:0] place = watched_q - write_addr;

  wire wanted  = fetch && lane < 7'(Lanes) && fetch_mask[lane[3:0]];
  wire written = write && place < 7'(Columns) && write_mask[place[1:0]];
  wire loaded  = load && load_word == watched_q[6:4];
  // Any byte of its word is written: a bank that shows the word falls behind.
  logic touched;
  always_comb begin
    touched = loaded;
    for (int b = 0; b < Columns; b++) begin
      if (write && write_mask[b] && 3'((write_addr + 7'(b)) >> 4) == watched_q[6:4]) touched = 1'b1;
    end
  end

  // A fetch and a write or load with a word in common
  logic meet;
  always_comb begin
    meet = load && (load_word == fetch_addr[6:4] || load_word == fetch_addr[6:4] + 3'd1);
    for (int b = 0; b < Columns; b++) begin
      if (write && write_mask[b]) begin
        if (3'((write_addr + 7'(b)) >> 4) == fetch_addr[6:4]) meet = 1'b1;
        if (3'((write_addr + 7'(b)) >> 4) == fetch_addr[6:4] + 3'd1) meet = 1'b1;
      end
    end
  end

  // Whether a fetch may want the watched word
  logic near;
  assign near = fetch && (fetch_addr[6:4] == watched_q[6:4] ||
                          fetch_addr[6:4] + 3'd1 == watched_q[6:4]);

  logic       known_q, stale_q, shows_q;
  logic [7:0] value_q;
  logic [3:0]  lane_q;
  logic [15:0] mask_q;
  logic       any_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      known_q <= 1'b0;
      stale_q <= 1'b1;
      shows_q <= 1'b0;
      any_q   <= 1'b0;
    end else begin
      if (loaded || written) known_q <= 1'b1;
      stale_q <= touched || (stale_q && !forget);
      if (fetch) begin
        shows_q <= wanted && known_q;
        lane_q  <= lane[3:0];
        mask_q  <= fetch_mask;
        any_q   <= 1'b1;
      end
    end
    if (loaded)       value_q <= load_data[8*watched_q[3:0] +: 8];
    else if (written) value_q <= write_data[8*place[1:0] +: 8];
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!(load && write));
      assume (!(forget && fetch));
      // A layer reads no word that it writes, and a new command forgets what is shown.
      assume (!(fetch && meet));
      assume (!near || !stale_q);
      assume (!(touched && shows_q));
      assert (!shows_q || data[8*lane_q +: 8] == value_q);
      for (int l = 0; l < Lanes; l++) begin
        assert (!any_q || mask_q[l] || data[8*l +: 8] == '0);
      end
      `COVER(shows_q && value_q == 8'h5a && lane_q == 4'd13 && watched_q == 7'd33)
    end
  end

endmodule : maps_proof
