// SPDX-License-Identifier: Apache-2.0
//
// With buses that grant at once and answer in the next cycle, a coprocessor that does the same, and
// neither WFI nor division nor high multiplication, an instruction retires at least every Longest
// cycles.

localparam int Longest = 9;
logic [3:0] waited_q;

always_ff @(posedge clk_i) begin
  if (!rst_ni || rvfi_valid) waited_q <= '0;
  else                       waited_q <= waited_q + 4'd1;
end

wire is_slow = fits(instr_rdata, 32'h7f, 32'h73) || fits(instr_rdata, 32'h7f, 32'h33);

always @(posedge clk_i) begin
  assume (instr_gnt && instr_answer && data_gnt && data_answer && issue_ready);
  assume (!is_slow && !fits(instr_rdata >> 16, 32'h7f, 32'h73)
          && !fits(instr_rdata >> 16, 32'h7f, 32'h33));
  for (int i = 0; i < 4; i++) begin
    assume (!(accepted_q[i] && committed_q[i]) || (result && accepted_q[answer_id]));
  end
  if (rst_ni) assert (waited_q < 4'(Longest));
  `COVER(rst_ni && rvfi_valid && rvfi_order == 64'd2)
end
