// SPDX-License-Identifier: Apache-2.0
//
// Branches and jumps: whether, where to, and the link.

logic taken;
always_comb begin
  case (f3)
    0: taken = a == b;
    1: taken = a != b;
    4: taken = $signed(a) < $signed(b);
    5: taken = $signed(a) >= $signed(b);
    6: taken = a < b;
    default: taken = a >= b;
  endcase
end

always @(posedge clk_i) begin
  if (rst_ni && works) begin
    if (kind == Branch) begin
      assert (rvfi_pc_wdata == (taken ? rvfi_pc_rdata + imm_b : next));
      assert (rvfi_rd_addr == '0);
    end
    if (kind == Jal)  assert (rvfi_pc_wdata == rvfi_pc_rdata + imm_j);
    if (kind == Jalr) assert (rvfi_pc_wdata == ((a + imm_i) & ~32'd1));
    if (kind == Jal || kind == Jalr) begin
      assert (rvfi_rd_addr == rd);
      assert (rvfi_rd_wdata == written(rd, next));
    end
    if (kind == FenceI) assert (rvfi_pc_wdata == next);
  end
  `COVER(rst_ni && works && kind == Branch && taken && short)
end
