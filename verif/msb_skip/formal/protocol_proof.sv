// SPDX-License-Identifier: Apache-2.0
//
// The unit on CV-X-IF, whatever a core does that keeps the rules: ids rise by one, a request waits
// unchanged, each issued instruction is committed or killed once and in order.
//
// What a kill covers besides the instruction it names is left to the simulation: the core here
// shows no request while it kills.

`include "formal.svh"

module protocol_proof (
  input logic            clk_i,
  input logic            valid,
  input logic [31:0]     instr,
  input logic [1:0][31:0] rs,
  input logic            resolve,    // the core commits or kills the oldest that it has not yet
  input logic            kill,
  input logic            result_ready
);

  localparam int IdWidth = 4;

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic               issue_ready, accept, writeback, register_ready;
  logic [1:0]         register_read;
  logic               result_valid, result_we;
  logic [31:0]        result_hartid, result_data;
  logic [IdWidth-1:0] result_id;
  logic [4:0]         result_rd;

  logic [IdWidth-1:0] next_q, oldest_q;     // ids: of the request, and not yet resolved
  wire                resolves = resolve && oldest_q != next_q && rst_ni;
  wire                issue    = valid && issue_ready && rst_ni;

  msb_skip #(.IdWidth(IdWidth)) u_dut (
    .clk_i,
    .rst_ni,
    .xif_issue_valid_i        (valid),
    .xif_issue_ready_o        (issue_ready),
    .xif_issue_instr_i        (instr),
    .xif_issue_hartid_i       (32'd0),
    .xif_issue_id_i           (next_q),
    .xif_issue_accept_o       (accept),
    .xif_issue_writeback_o    (writeback),
    .xif_issue_register_read_o(register_read),
    .xif_register_valid_i     (valid),
    .xif_register_ready_o     (register_ready),
    .xif_register_hartid_i    (32'd0),
    .xif_register_id_i        (next_q),
    .xif_register_rs_i        (rs),
    .xif_register_rs_valid_i  (2'b11),
    .xif_commit_valid_i       (resolves),
    .xif_commit_hartid_i      (32'd0),
    .xif_commit_id_i          (oldest_q),
    .xif_commit_kill_i        (kill),
    .xif_result_valid_o       (result_valid),
    .xif_result_ready_i       (result_ready),
    .xif_result_hartid_o      (result_hartid),
    .xif_result_id_o          (result_id),
    .xif_result_data_o        (result_data),
    .xif_result_rd_o          (result_rd),
    .xif_result_we_o          (result_we)
  );

  // What the core did, by id

  logic [15:0]     accepted_q, committed_q, writes_q;
  logic [15:0][4:0] rd_q;
  logic            waiting_q, held_q;
  logic [31:0]     instr_q, data_q;
  logic [1:0][31:0] rs_q;
  logic [IdWidth-1:0] id_q;
  logic            any_answer_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      next_q       <= '0;
      oldest_q     <= '0;
      accepted_q   <= '0;
      committed_q  <= '0;
      waiting_q    <= 1'b0;
      held_q       <= 1'b0;
      any_answer_q <= 1'b0;
    end else begin
      waiting_q <= valid && !issue_ready;
      held_q    <= result_valid && !result_ready;
      if (issue) begin
        next_q             <= next_q + 1'b1;
        accepted_q[next_q] <= accept;
        writes_q[next_q]   <= writeback;
        rd_q[next_q]       <= instr[11:7];
      end
      // A kill covers the younger ones, too: those that are under way and the one at the port.
      if (resolves) begin
        oldest_q <= kill ? next_q + IdWidth'(issue) : oldest_q + 1'b1;
        if (!kill) committed_q[oldest_q] <= 1'b1;
      end
      if (result_valid && result_ready) begin
        accepted_q[result_id]  <= 1'b0;
        committed_q[result_id] <= 1'b0;
        any_answer_q           <= 1'b1;
      end
    end
    instr_q <= instr;
    rs_q    <= rs;
    data_q  <= result_data;
    id_q    <= result_id;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      // The core: a request stays, and so many are never under way that ids lose their age.
      assume (!waiting_q || (valid && instr == instr_q && rs == rs_q));
      assume (IdWidth'(next_q - oldest_q) < 4'd6);
      assume (!(resolves && kill && valid));
      assume (!valid || !accepted_q[next_q]);      // ids are not used twice at a time

      // The unit
      assert (!held_q || (result_valid && result_data == data_q && result_id == id_q));
      assert (register_ready == issue_ready);
      if (result_valid) begin
        assert (accepted_q[result_id] && committed_q[result_id]);
        assert (result_we == writes_q[result_id]);
        assert (!result_we || result_rd == rd_q[result_id]);
        for (int i = 0; i < 16; i++) begin   // in order: nothing older is still owed
          if (accepted_q[i] && committed_q[i]) begin
            assert (IdWidth'(next_q - IdWidth'(i) - 1'b1) <= IdWidth'(next_q - result_id - 1'b1));
          end
        end
      end
      assert (!(valid && instr[6:0] != 7'h0b) || !accept);
      `COVER(result_valid && result_we && any_answer_q)
    end
  end

endmodule : protocol_proof
