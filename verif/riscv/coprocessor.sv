// SPDX-License-Identifier: Apache-2.0
//
// The bench's coprocessor: three instructions (opcode custom-1, 0x2b) that show whether the core
// keeps CV-X-IF.
//
//   funct3 0   rd = rs1 ^ rs2
//   funct3 1   sum += rs1, nothing written back
//   funct3 2   rd = sum
//
// Everything else is rejected. As many instructions can be under way as there are ids. One is done
// at its commit, forgotten at its kill, and answers after a random wait, in any order (at once and
// the lowest id first with wait_states_i = 0).

module coprocessor #(
  parameter int XifIdWidth = 4
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic [31:0]           seed_i,
  input  logic [2:0]            wait_states_i,

  input  logic                  issue_valid_i,
  output logic                  issue_ready_o,
  input  logic [31:0]           issue_instr_i,
  input  logic [XifIdWidth-1:0] issue_id_i,
  output logic                  issue_accept_o,
  output logic                  issue_writeback_o,
  input  logic [1:0][31:0]      rs_i,

  input  logic                  commit_valid_i,
  input  logic [XifIdWidth-1:0] commit_id_i,
  input  logic                  commit_kill_i,

  output logic                  result_valid_o,
  input  logic                  result_ready_i,
  output logic [XifIdWidth-1:0] result_id_o,
  output logic [31:0]           result_data_o,
  output logic [4:0]            result_rd_o,
  output logic                  result_we_o
);

  localparam int Ids = 1 << XifIdWidth;

  logic [Ids-1:0]        issued_q, done_q, we_q;
  logic [2:0]            funct3_q [0:Ids-1];
  logic [4:0]            rd_q     [0:Ids-1];
  logic [31:0]           rs1_q    [0:Ids-1];
  logic [31:0]           data_q   [0:Ids-1];   // rs1 ^ rs2; of funct3 2 the sum at its commit
  logic [31:0]           sum_q, random_q;

  logic [4:0]            stalled_q;
  logic                  found, held_q;
  logic [XifIdWidth-1:0] pick, candidate, pick_q;

  wire       known  = issue_instr_i[6:0] == 7'h2b && issue_instr_i[31:25] == '0 &&
                      issue_instr_i[14:12] <= 3'd2;
  wire       wait_1 = random_q[3:1] < wait_states_i;
  // Answers are held back for a while now and then, so that many instructions are under way.
  wire       stall  = wait_states_i != '0 && random_q[9:4] == '0;
  wire       wait_2 = random_q[13:11] < wait_states_i || stalled_q != '0;
  wire       result = result_valid_o && result_ready_i;
  wire       commit = commit_valid_i && issued_q[commit_id_i];
  wire       issue  = issue_valid_i && issue_ready_o && issue_accept_o;

  wire [XifIdWidth-1:0] first = wait_states_i == '0 ? '0 : random_q[20 +: XifIdWidth];

  always_comb begin
    found = 1'b0;
    pick  = pick_q;
    for (int i = 0; i < Ids; i++) begin
      candidate = first + XifIdWidth'(i);
      if (!held_q && !found && done_q[candidate]) begin
        found = 1'b1;
        pick  = candidate;
      end
    end
  end

  assign issue_ready_o     = !wait_1;
  assign issue_accept_o    = known;
  assign issue_writeback_o = known && !issue_instr_i[12];
  assign result_valid_o    = held_q || (found && !wait_2);
  assign result_id_o       = pick;
  assign result_rd_o       = rd_q[pick];
  assign result_we_o       = we_q[pick];
  assign result_data_o     = data_q[pick];

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      issued_q <= '0;
      done_q   <= '0;
      we_q     <= '0;
      held_q   <= 1'b0;
      stalled_q <= '0;
      pick_q   <= '0;
      sum_q    <= '0;
      random_q <= seed_i ^ 32'h85eb_ca6b;
      for (int i = 0; i < Ids; i++) begin
        funct3_q[i] <= '0;
        rd_q[i]     <= '0;
        rs1_q[i]    <= '0;
        data_q[i]   <= '0;
      end
    end else begin
      random_q <= {random_q[30:0], random_q[31] ^ random_q[21] ^ random_q[1] ^ random_q[0]};
      held_q   <= result_valid_o && !result_ready_i;
      stalled_q <= stall ? '1 : stalled_q == '0 ? '0 : stalled_q - 5'd1;
      pick_q   <= pick;
      if (commit) begin
        issued_q[commit_id_i] <= 1'b0;
        done_q[commit_id_i]   <= !commit_kill_i;
        if (!commit_kill_i && funct3_q[commit_id_i] == 3'd1) sum_q <= sum_q + rs1_q[commit_id_i];
        if (funct3_q[commit_id_i] == 3'd2) data_q[commit_id_i] <= sum_q;
      end
      if (result) done_q[pick] <= 1'b0;
      if (issue) begin
        issued_q[issue_id_i] <= 1'b1;
        we_q[issue_id_i]     <= issue_writeback_o;
        funct3_q[issue_id_i] <= issue_instr_i[14:12];
        rd_q[issue_id_i]     <= issue_instr_i[11:7];
        rs1_q[issue_id_i]    <= rs_i[0];
        data_q[issue_id_i]   <= rs_i[0] ^ rs_i[1];
      end
    end
  end

endmodule : coprocessor
