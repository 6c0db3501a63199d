// SPDX-License-Identifier: Apache-2.0
//
// The bench's coprocessor: three instructions (opcode custom-1, 0x2b) that show whether the core
// keeps CV-X-IF.
//
//   funct3 0   rd = rs1 ^ rs2
//   funct3 1   sum += rs1, nothing written back
//   funct3 2   rd = sum
//
// Everything else is rejected. One instruction at a time: it is done at its commit, forgotten at
// its kill, and answers after a random wait (none with wait_states_i = 0).

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

  typedef enum logic [1:0] {Idle, Issued, Done} state_e;

  state_e                state_q;
  logic [31:0]           sum_q, random_q, rs1_q, rs2_q;
  logic [XifIdWidth-1:0] id_q;
  logic [2:0]            funct3_q;
  logic [4:0]            rd_q;

  wire       known  = issue_instr_i[6:0] == 7'h2b && issue_instr_i[31:25] == '0 &&
                      issue_instr_i[14:12] <= 3'd2;
  wire       wait_1 = random_q[3:1] < wait_states_i;
  wire       wait_2 = random_q[13:11] < wait_states_i;
  wire       result = result_valid_o && result_ready_i;
  wire       commit = commit_valid_i && commit_id_i == id_q && state_q == Issued;
  wire       issue  = issue_valid_i && issue_ready_o && issue_accept_o;

  assign issue_ready_o     = (state_q == Idle || result) && !wait_1;
  assign issue_accept_o    = known;
  assign issue_writeback_o = known && !issue_instr_i[12];
  assign result_valid_o    = state_q == Done && !wait_2;
  assign result_id_o       = id_q;
  assign result_rd_o       = rd_q;
  assign result_we_o       = !funct3_q[0];
  assign result_data_o     = funct3_q[1] ? sum_q : rs1_q ^ rs2_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q  <= Idle;
      sum_q    <= '0;
      random_q <= seed_i ^ 32'h85eb_ca6b;
      rs1_q    <= '0;
      rs2_q    <= '0;
      id_q     <= '0;
      funct3_q <= '0;
      rd_q     <= '0;
    end else begin
      random_q <= {random_q[30:0], random_q[31] ^ random_q[21] ^ random_q[1] ^ random_q[0]};
      if (commit) begin
        state_q <= commit_kill_i ? Idle : Done;
        if (!commit_kill_i && funct3_q == 3'd1) sum_q <= sum_q + rs1_q;
      end else if (result) begin
        state_q <= Idle;
      end
      if (issue) begin
        state_q  <= Issued;
        id_q     <= issue_id_i;
        funct3_q <= issue_instr_i[14:12];
        rd_q     <= issue_instr_i[11:7];
        rs1_q    <= rs_i[0];
        rs2_q    <= rs_i[1];
      end
    end
  end

endmodule : coprocessor
