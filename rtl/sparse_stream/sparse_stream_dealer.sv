// SPDX-License-Identifier: Apache-2.0
//
// The dense twin of sparse_stream_picker: deals every lane inside the window, zero or not, Slots per
// cycle, and has no more hardware than that takes.
//
//   Slots 2, four lanes: lanes 0 and 1 in one cycle, lanes 2 and 3 in the next
//
//   cycle     0        1        2
//   vector    5 0 0 7  5 0 0 7  1 2 0 3     what the vector register holds
//   ready_o   0        1        0
//   entry_o   5 0      0 7      1 2
//
// Which entry is a window's first or last is plain here, so nothing is held back.

`include "assert.svh"

module sparse_stream_dealer #(
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
  output logic [Slots-1:0]           slots_o,
  output logic [8*Slots-1:0]         act_o,
  output logic [AddrWidth*Slots-1:0] addr_o,
  output logic                       first_o,
  output logic                       last_o
);

  // Lanes are counted in steps: of Slots lanes where a vector is one pixel, of one lane where it
  // may begin or end anywhere.
  localparam int Steps     = Pixels == 1 ? (All + Slots - 1) / Slots : All;
  localparam int StepWidth = $clog2(Steps + Slots + 1);

  logic                 full_q;
  logic                 first_q;  // no entry of the window has left yet
  logic [DataWidth-1:0] data_q;   // no reset on data: looked at only under full_q
  logic [AddrWidth-1:0] base_q;
  logic                 last_q;
  logic [StepWidth-1:0] step_q;
  logic [StepWidth-1:0] first_step;  // of the incoming vector
  logic [StepWidth-1:0] end_q;       // the step after the last one of the vector at hand
  logic                 done, take;

  assign take    = valid_i && ready_o;
  assign ready_o = !full_q || (ready_i && done);
  assign valid_o = full_q;
  assign first_o = first_q;
  assign last_o  = last_q && done;

  if (Pixels == 1) begin : g_one_pixel
    logic unused;

    assign unused     = &{1'b0, inside_i};  // the scanner reads pixels of the window only
    assign first_step = '0;
    assign end_q      = StepWidth'(Steps);
    assign done       = step_q == StepWidth'(Steps - 1);
  end else begin : g_pixels
    logic [StepWidth-1:0] end_step;

    always_comb begin
      first_step = '0;
      end_step   = '0;
      for (int x = 0; x < Pixels; x++) begin
        if (inside_i[x]) end_step = StepWidth'((x + 1) * Lanes);
        if (inside_i[Pixels-1-x]) first_step = StepWidth'((Pixels - 1 - x) * Lanes);
      end
    end

    always_ff @(posedge clk_i) begin
      if (take) end_q <= end_step;
    end

    assign done = step_q + StepWidth'(Slots) >= end_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q  <= 1'b0;
      first_q <= 1'b1;
    end else begin
      full_q <= take || (full_q && !ready_o);
      if (full_q && ready_i) first_q <= last_o;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      data_q <= data_i;
      base_q <= base_i;
      last_q <= last_i;
    end
    if (take)                   step_q <= first_step;
    else if (full_q && ready_i) step_q <= step_q + StepWidth'(Pixels == 1 ? 1 : Slots);
  end

  for (genvar s = 0; s < Slots; s++) begin : g_slot
    logic                 slot;
    logic [7:0]           act;
    logic [AddrWidth-1:0] offset;

    always_comb begin
      slot   = 1'b0;
      act    = '0;
      offset = '0;
      for (int l = 0; l < All; l++) begin
        if (Pixels == 1) begin
          if (l % Slots == s && step_q == StepWidth'(l / Slots)) begin
            slot   = 1'b1;
            act    = data_q[8*l +: 8];
            offset = AddrWidth'(l * ChannelStep);
          end
        end else if (step_q + StepWidth'(s) == StepWidth'(l)) begin
          slot   = step_q + StepWidth'(s) < end_q;
          act    = data_q[8*l +: 8];
          offset = AddrWidth'((l / Lanes) * PixelStep + (l % Lanes) * ChannelStep);
        end
      end
    end

    assign slots_o[s]                       = slot;
    assign act_o[8*s +: 8]                  = act;
    assign addr_o[AddrWidth*s +: AddrWidth] = base_q + offset;
  end

  `ASSERT(EntryHasAnActivation, !valid_o || slots_o[0])

endmodule : sparse_stream_dealer
