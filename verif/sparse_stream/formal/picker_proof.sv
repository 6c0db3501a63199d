// SPDX-License-Identifier: Apache-2.0
//
// The picker against its definition, for any vectors, windows and waiting at either side.
//
// One lane of one vector is followed, any: it leaves exactly once if it holds a non-zero activation
// of a pixel in the window, with its weight address, and not at all otherwise. Entries and ends are
// counted by window.

`include "formal.svh"

module picker_proof (
  input logic        clk_i,
  input logic        valid,
  input logic [31:0] data,
  input logic [1:0]  in_map,
  input logic        last,
  input logic        ready,
  input logic        end_ready
);

  localparam int Lanes = 2, Pixels = 2, Slots = 2, All = 4, AddrWidth = 6;

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic [3:0]                 number_q;   // vectors taken
  logic                       ready_o, valid_o, first_o, last_o, end_valid, end_empty;
  logic [Slots-1:0]           slots;
  logic [8*Slots-1:0]         act;
  logic [AddrWidth*Slots-1:0] addr;

  sparse_stream_picker #(
    .Lanes      (Lanes),
    .Pixels     (Pixels),
    .Slots      (Slots),
    .PixelStep  (2),
    .ChannelStep(1),
    .AddrWidth  (AddrWidth)
  ) u_dut (
    .clk_i,
    .rst_ni,
    .valid_i    (valid),
    .ready_o    (ready_o),
    .data_i     (data),
    .inside_i   (in_map),
    .base_i     ({number_q, 2'b00}),   // so that an address tells vector and lane
    .last_i     (last),
    .valid_o    (valid_o),
    .ready_i    (ready),
    .slots_o    (slots),
    .act_o      (act),
    .addr_o     (addr),
    .first_o    (first_o),
    .last_o     (last_o),
    .end_valid_o(end_valid),
    .end_ready_i(end_ready),
    .end_empty_o(end_empty)
  );

  // What went in: the lanes by their address, the windows by their number

  logic [63:0]     due_q;                // lanes that have still to leave
  logic [63:0][7:0] act_q;
  logic [15:0]     window_ends_q;        // vectors that are the last of their window
  logic            live_q;               // the window that goes in has a lane to pick already
  logic [3:0]      windows_q;            // windows taken
  logic [15:0]     empty_q;              // of these, the empty ones

  logic [All-1:0] worth;
  for (genvar l = 0; l < All; l++) begin : g_lane
    assign worth[l] = in_map[l / Lanes] && data[8*l +: 8] != '0;
  end

  // What came out

  logic [3:0]           ends_q;          // ends told
  logic                 open_q;          // an entry of the window left, its last did not
  logic [AddrWidth-1:0] before_q;        // address of the last lane that left
  logic                 any_q;
  logic                 held_q;
  logic [Slots-1:0]     slots_before_q;
  logic [8*Slots-1:0]   act_before_q;
  logic                 room_q;          // for an end, and none took it

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      number_q      <= '0;
      due_q         <= '0;
      window_ends_q <= '0;
      live_q        <= 1'b0;
      windows_q     <= '0;
      empty_q       <= '0;
      ends_q        <= '0;
      open_q        <= 1'b0;
      any_q         <= 1'b0;
      held_q        <= 1'b0;
      room_q        <= 1'b0;
    end else begin
      if (valid && ready_o) begin
        number_q <= number_q + 1'b1;
        live_q   <= !last && (live_q || worth != '0);
        if (last) begin
          windows_q          <= windows_q + 1'b1;
          empty_q[windows_q] <= !live_q && worth == '0;
        end
        window_ends_q[number_q] <= last;
        for (int l = 0; l < All; l++) begin
          due_q[{number_q, 2'(l)}] <= worth[l];
          act_q[{number_q, 2'(l)}] <= data[8*l +: 8];
        end
      end
      if (valid_o && ready) begin
        for (int s = 0; s < Slots; s++) begin
          if (slots[s]) begin
            due_q[addr[AddrWidth*s +: AddrWidth]] <= 1'b0;
            before_q <= addr[AddrWidth*s +: AddrWidth];
            any_q    <= 1'b1;
          end
        end
        open_q <= !last_o;
      end
      if (end_valid && end_ready) ends_q <= ends_q + 1'b1;
      held_q <= valid_o && !ready;
      room_q <= end_ready && !end_valid;
    end
    slots_before_q <= slots;
    act_before_q   <= act;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!valid || number_q != 4'd15);
      assume (!valid || in_map != '0);
      assume (!room_q || end_ready);       // the queue of ends has room until one comes
      if (valid_o) begin
        assert (slots == 2'b01 || slots == 2'b11);
        assert (first_o == !open_q);
        for (int s = 0; s < Slots; s++) begin
          if (slots[s]) begin
            assert (due_q[addr[AddrWidth*s +: AddrWidth]]);
            assert (act[8*s +: 8] == act_q[addr[AddrWidth*s +: AddrWidth]]);
          end
        end
        // lowest lane first, and nothing that is due is passed over
        assert (!any_q || addr[AddrWidth-1:0] > before_q);
        if (slots[1]) assert (addr[2*AddrWidth-1:AddrWidth] > addr[AddrWidth-1:0]);
        assert (!slots[1] || addr[2*AddrWidth-1:AddrWidth+2] == addr[AddrWidth-1:2]);
        for (int a = 0; a < 64; a++) begin
          if (a < 32'(addr[AddrWidth-1:0])) assert (!due_q[a]);
        end
      end
      assert (!held_q || (valid_o && slots == slots_before_q && act == act_before_q));
      if (end_valid) begin
        assert (ends_q < windows_q);
        assert (end_empty == empty_q[ends_q]);
      end
      `COVER(valid_o && ready && last_o && first_o && ends_q == 4'd3 && empty_q[1])
    end
  end

endmodule : picker_proof
