// SPDX-License-Identifier: Apache-2.0
//
// CV-X-IF, the core's side: an offer stays until it is taken, registers come along, each issued
// instruction is committed or killed exactly once and in order, ids are not used twice at a time,
// and what is killed or refused does not retire as if it had been done.

logic        waits_q;
logic [31:0] instr_q;
logic [2:0]  id_q;
logic [1:0][31:0] rs_q;
logic [7:0]  open_q;                // issued, and neither committed nor killed

always_ff @(posedge clk_i) begin
  waits_q <= rst_ni && issue_valid && !issue_ready;
  instr_q <= issue_instr;
  id_q    <= issue_id;
  rs_q    <= rs;
  if (!rst_ni) begin
    open_q <= '0;
  end else begin
    if (commit_valid) open_q[commit_id] <= 1'b0;
    if (issue)        open_q[issue_id]  <= 1'b1;
  end
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    assert (!waits_q || (issue_valid && issue_instr == instr_q && issue_id == id_q && rs == rs_q));
    assert (register_valid == issue_valid);
    assert (!issue_valid || issue_instr[1:0] == 2'b11);
    assert (!issue_valid || class_of(issue_instr) == Unknown);
    assert (!commit_valid || open_q[commit_id]);
    assert (!issue || !(accepted_q[issue_id] || open_q[issue_id]));
    assert (result_ready);
    assert ($countones(open_q) <= 1);
    `COVER(commit_valid && commit_kill && accepted_q[commit_id])
  end
end
