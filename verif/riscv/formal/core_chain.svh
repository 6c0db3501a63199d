// SPDX-License-Identifier: Apache-2.0
//
// Nothing is lost between instructions: order, program counter, x0, and a register chosen freely
// that holds what was written to it last.

logic [4:0]  chosen;
logic        any_q, known_q;
logic [63:0] order_q;
logic [31:0] pc_q, value_q;

always_ff @(posedge clk_i) begin
  if (!rst_ni) begin
    chosen  <= choice;
    any_q   <= 1'b0;
    known_q <= 1'b0;
  end else if (rvfi_valid) begin
    any_q   <= 1'b1;
    order_q <= rvfi_order;
    pc_q    <= rvfi_pc_wdata;
    if (rvfi_rd_addr == chosen) begin
      known_q <= 1'b1;
      value_q <= rvfi_rd_wdata;
    end
  end
end

always @(posedge clk_i) begin
  if (rst_ni && rvfi_valid) begin
    assert (rvfi_order == (any_q ? order_q + 64'd1 : 64'd0));
    assert (rvfi_intr || rvfi_pc_rdata == (any_q ? pc_q : 32'h8000_0000));
    assert (rvfi_rd_addr != '0 || rvfi_rd_wdata == '0);
    assert (rvfi_rs1_addr != '0 || rvfi_rs1_rdata == '0);
    assert (rvfi_rs2_addr != '0 || rvfi_rs2_rdata == '0);
    if (chosen != '0) begin
      if (rvfi_rs1_addr == chosen) assert (rvfi_rs1_rdata == (known_q ? value_q : '0));
      if (rvfi_rs2_addr == chosen) assert (rvfi_rs2_rdata == (known_q ? value_q : '0));
    end
    assert (rvfi_mode == 2'd3 && rvfi_ixl == 2'd1 && !rvfi_halt);
  end
  `COVER(rst_ni && rvfi_valid && known_q && rvfi_rs1_addr == chosen && chosen != '0)
end
