// SPDX-License-Identifier: Apache-2.0
//
// Exceptions: which instructions trap, why, what is written; what a handler begins with.

logic        trapped_q, interrupted_q;
logic [31:0] handler_q;

always_ff @(posedge clk_i) begin
  if (!rst_ni) begin
    trapped_q <= 1'b0;
  end else if (rvfi_valid) begin
    trapped_q <= rvfi_trap;
    handler_q <= rvfi_pc_wdata;
  end
end

wire fetch_fault = rvfi_csr_mcause_wdata == 32'd1;

always @(posedge clk_i) begin
  if (rst_ni && rvfi_valid && !(rvfi_trap && fetch_fault)) begin
    if (reserved || kind == Illegal) begin
      assert (rvfi_trap && rvfi_csr_mcause_wdata == 32'd2);
      assert (rvfi_csr_mtval_wdata == rvfi_insn);
    end
    if (!reserved && kind == Ecall) begin
      assert (rvfi_trap && rvfi_csr_mcause_wdata == 32'd11 && rvfi_csr_mtval_wdata == '0);
    end
    if (!reserved && kind == Ebreak) begin
      assert (rvfi_trap && rvfi_csr_mcause_wdata == 32'd3);
      assert (rvfi_csr_mtval_wdata == rvfi_pc_rdata);
    end
    if (rvfi_trap && (kind == Csr || kind == Unknown)) begin
      assert (rvfi_csr_mcause_wdata == 32'd2 && rvfi_csr_mtval_wdata == rvfi_insn);
    end
    if (kind == Mret || kind == Wfi || kind == FenceI) assert (reserved || !rvfi_trap);
  end
  if (rst_ni && rvfi_valid && rvfi_trap) begin
    assert (rvfi_rd_addr == '0 && rvfi_rd_wdata == '0);
    assert (rvfi_pc_wdata[1:0] == '0);
    if (fetch_fault) assert (rvfi_insn == '0 && rvfi_mem_fault);
    if (fetch_fault) assert (rvfi_csr_mtval_wdata == rvfi_pc_rdata
                             || rvfi_csr_mtval_wdata == rvfi_pc_rdata + 32'd2);
  end
  if (rst_ni && rvfi_valid && trapped_q) assert (rvfi_intr && rvfi_pc_rdata == handler_q);
  `COVER(rst_ni && rvfi_valid && rvfi_trap && trapped_q)
end
