// SPDX-License-Identifier: Apache-2.0
//
// Stage F: fetches words ahead of the core and cuts them into instructions, 16 or 32 bits at any
// even address.
//
//   cycle           0      1      2
//   redirect_i    __/~~\______________    stage X takes a jump, its target goes straight to the bus
//   instr_req_o   __/~~~~~~~~~~~~~~~~~    the next word is asked for without waiting
//   instr_rvalid  ________/~~~~~~~~~~~
//   valid_o       ________/~~~~~~~~~~~    the target leaves in the cycle in which it arrives
//
// An instruction that waits here, whole, and is predicted to jump (riscv_predict) sends the fetch
// to its target at once, and leaves with guessed_o high; what was behind it is dropped. One that
// leaves in the cycle in which it arrives is not predicted: no path leads from the bus back to it.
//
//   cycle           0      1      2
//   valid_o       __/~~~~~~~~~~~~~\___    a loop's branch waits for stage X ...
//   instr_addr_o  __X targetX_________    ... and the loop's head has arrived when it leaves
//
// Two words can be waiting or under way; a half word left over from a word that has gone waits in
// its own register, so that two words are enough for one straddling instruction per cycle. Words
// under way at a redirect are dropped when they arrive. No output to the bus depends on an input
// from it: a redirect has to wait (redirect_ready_o low) while a request waits for its grant,
// because a request must not change.

module riscv_fetch #(
  parameter logic [31:0] ResetVector = 32'h8000_0000
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic        redirect_i,         // take instructions from target_i on, forget all others
  output logic        redirect_ready_o,   // early: depends on registers only
  input  logic [31:1] target_i,

  output logic        instr_req_o,
  input  logic        instr_gnt_i,
  output logic [31:0] instr_addr_o,
  input  logic        instr_rvalid_i,
  input  logic [31:0] instr_rdata_i,
  input  logic        instr_err_i,

  output logic        valid_o,
  input  logic        ready_i,
  output logic [31:0] instr_o,            // expanded
  output logic [15:0] parcel_o,           // the first 16 bits as fetched
  output logic        compressed_o,
  output logic        illegal_o,          // reserved 16-bit encoding
  output logic [31:1] pc_o,
  output logic        guessed_o,          // behind it, instructions come from where it jumps to
  output logic        err_o,              // bus error
  output logic        err_upper_o         // bus error in the second half only
);

  // Requests

  logic [29:0] addr_q, addr;
  logic        hold_q;             // the request of the last cycle was not granted
  logic        started_q;          // low in the first cycle after reset only
  logic [1:0]  pending_q;          // words asked for and not yet there
  logic [1:0]  drop_q;             // how many of these, the oldest, are not wanted any more
  logic [1:0]  count_q;            // words waiting in the queue

  logic        predict;            // from here on, fetch where the instruction at the head jumps to
  logic [31:1] guess;

  wire redirect = redirect_i && redirect_ready_o;
  wire dropped = instr_rvalid_i && drop_q != '0;
  wire arrived = instr_rvalid_i && drop_q == '0;
  wire granted  = instr_req_o && instr_gnt_i;
  wire room     = 3'(count_q) + 3'(pending_q) - 3'(drop_q) < 3'd2;

  assign redirect_ready_o = !hold_q;
  assign addr             = redirect ? target_i[31:2] : predict ? guess[31:2] : addr_q;
  assign instr_req_o      = hold_q || (started_q && !pending_q[1] && (room || redirect || predict));
  assign instr_addr_o     = {addr, 2'b00};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      addr_q    <= ResetVector[31:2];
      hold_q    <= 1'b0;
      started_q <= 1'b0;
      pending_q <= '0;
      drop_q    <= '0;
    end else begin
      addr_q    <= addr + 30'(granted);
      hold_q    <= instr_req_o && !instr_gnt_i;
      started_q <= 1'b1;
      pending_q <= pending_q + 2'(granted) - 2'(instr_rvalid_i);
      if (redirect || predict) drop_q <= pending_q - 2'(instr_rvalid_i);
      else if (dropped)        drop_q <= drop_q - 2'd1;
    end
  end

  // Words: from the queue, or past it when it is empty

  logic [32:0] queue_q [0:1];      // {err, word}; entry 0 is the older one
  logic        pop;                // the word is used up, or its rest moves to half_q
  logic        held_word;          // entry 0 belongs to the instruction at the head

  wire        word_valid = count_q != '0 || arrived;
  wire [32:0] word       = count_q != '0 ? queue_q[0] : {instr_err_i, instr_rdata_i};
  wire [1:0]  kept       = predict ? 2'(held_word) : count_q;
  wire [1:0]  left       = kept - 2'(pop && count_q != '0);   // words that stay in the queue
  wire        push       = arrived && !predict && !(pop && count_q == '0);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)       count_q <= '0;
    else if (redirect) count_q <= '0;
    else               count_q <= left + 2'(push);
  end

  always_ff @(posedge clk_i) begin
    if (push && left == '0)  queue_q[0] <= {instr_err_i, instr_rdata_i};
    else if (pop)            queue_q[0] <= queue_q[1];
    if (push && left != '0)  queue_q[1] <= {instr_err_i, instr_rdata_i};
  end

  // Instructions

  logic        half_valid_q;       // half_q holds the upper half of the word before
  logic [16:0] half_q;             // {err, parcel}
  logic        skip_q;             // the redirect went to the upper half of the next word

  wire [16:0] lower = half_valid_q ? half_q : {word[32], skip_q ? word[31:16] : word[15:0]};
  wire [15:0] upper = half_valid_q ? word[15:0] : word[31:16];

  // An instruction whose first half failed is complete: there is nothing to wait for.
  wire short       = lower[16] || lower[1:0] != 2'b11;
  wire needs_word  = !half_valid_q || !short;
  wire needs_other = skip_q && !half_valid_q && !short;   // a word brought the first half only
  wire advance     = (valid_o && ready_i) || (word_valid && needs_other);

  assign valid_o     = (half_valid_q && short) || (word_valid && !needs_other);
  assign pop         = advance && needs_word;
  assign err_o       = lower[16] || err_upper_o;
  assign err_upper_o = !lower[16] && !short && word[32];
  assign parcel_o    = lower[15:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      half_valid_q <= 1'b0;
      skip_q       <= ResetVector[1];
    end else if (redirect) begin
      half_valid_q <= 1'b0;
      skip_q       <= target_i[1];
    end else if (advance && guessed_o) begin
      half_valid_q <= 1'b0;
      skip_q       <= guess[1];
    end else if (advance) begin
      // 32 bits aligned leave nothing; 16 bits out of a lower half, or 32 across two words, leave
      // an upper half.
      half_valid_q <= half_valid_q ? !short : skip_q ? !short : short;
      skip_q       <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (pop) half_q <= {word[32], word[31:16]};
  end

  // Prediction, from registers only

  logic        told_q;             // the instruction at the head has been predicted
  logic [31:1] pc_q;               // of the instruction at the head
  logic        head_jumps;
  logic [31:1] head_offset;

  wire [16:0] head_lower = half_valid_q ? half_q
                         : {queue_q[0][32], skip_q ? queue_q[0][31:16] : queue_q[0][15:0]};
  wire [15:0] head_upper = half_valid_q ? queue_q[0][15:0] : queue_q[0][31:16];
  wire        head_short = head_lower[1:0] != 2'b11;
  wire        head_whole = half_valid_q ? head_short || count_q != '0
                         : count_q != '0 && (head_short || !skip_q);

  riscv_predict u_predict (
    .instr_i ({head_upper, head_lower[15:0]}),
    .jumps_o (head_jumps),
    .offset_o(head_offset)
  );

  assign held_word = !half_valid_q || !head_short;
  assign guess     = pc_q + head_offset;
  assign predict   = head_whole && head_jumps && !told_q && !hold_q &&
                     !head_lower[16] && !(held_word && queue_q[0][32]);
  assign pc_o      = pc_q;
  assign guessed_o = told_q || predict;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      told_q <= 1'b0;
      pc_q   <= ResetVector[31:1];
    end else begin
      told_q <= guessed_o && !redirect && !(valid_o && ready_i);
      if (redirect)                pc_q <= target_i;
      else if (valid_o && ready_i) pc_q <= guessed_o ? guess : pc_q + (short ? 31'd1 : 31'd2);
    end
  end

  riscv_decompress u_decompress (
    .instr_i({upper, lower[15:0]}),
    .instr_o,
    .compressed_o,
    .illegal_o
  );

  `include "assert.svh"
  `ASSERT(ResponsesAnswerRequests, !instr_rvalid_i || pending_q != '0)
  `ASSERT(QueueNeverOverflows, !(push && count_q == 2'd2 && !pop))

endmodule : riscv_fetch
