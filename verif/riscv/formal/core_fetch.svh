// SPDX-License-Identifier: Apache-2.0
//
// What executes is what was fetched: of one word of memory, chosen freely, every half that retires
// is the one the bus has always answered with, whatever comes between.

logic [31:2] place;
logic [31:0] content;

always_ff @(posedge clk_i) begin
  if (!rst_ni) begin
    place   <= data_rdata[31:2];
    content <= instr_rdata;
  end
end

// Addresses of the requests that are owed an answer, the oldest in entry 0
logic [1:0][31:2] asked_q;

always_ff @(posedge clk_i) begin
  if (instr_rvalid) asked_q[0] <= asked_q[1];
  if (instr_req && instr_gnt) asked_q[instr_owed_q != 2'(instr_rvalid)] <= instr_addr[31:2];
end

wire [31:0] last_half = rvfi_pc_rdata + 32'd2;

always @(posedge clk_i) begin
  if (rst_ni && instr_rvalid && asked_q[0] == place) begin
    assume (instr_rdata == content && !instr_err);
  end
  if (rst_ni && rvfi_valid && !(rvfi_trap && rvfi_csr_mcause_wdata == 32'd1)) begin
    if (rvfi_pc_rdata[31:2] == place) begin
      assert (rvfi_insn[15:0] == (rvfi_pc_rdata[1] ? content[31:16] : content[15:0]));
      assert (short || rvfi_pc_rdata[1] || rvfi_insn[31:16] == content[31:16]);
    end
    if (!short && rvfi_pc_rdata[1] && last_half[31:2] == place) begin
      assert (rvfi_insn[31:16] == content[15:0]);
    end
  end
  `COVER(rst_ni && works && !short && last_half[31:2] == place && rvfi_pc_rdata[1])
end
