// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores: address, bytes, value, and what an access fault tells.

wire [31:0] address = a + (kind == Store ? imm_s : imm_i);
wire [3:0]  bytes   = f3[1:0] == 0 ? 4'b0001 : f3[1:0] == 1 ? 4'b0011 : 4'b1111;

logic [31:0] loaded;
always_comb begin
  case (f3)
    0: loaded = 32'($signed(rvfi_mem_rdata[7:0]));
    1: loaded = 32'($signed(rvfi_mem_rdata[15:0]));
    4: loaded = 32'(rvfi_mem_rdata[7:0]);
    5: loaded = 32'(rvfi_mem_rdata[15:0]);
    default: loaded = rvfi_mem_rdata;
  endcase
end

wire crosses = 3'(address[1:0]) + 3'(f3[1:0] == 0 ? 1 : f3[1:0] == 1 ? 2 : 4) > 3'd4;

// The last store that the bus took, for one that is within a word
logic [31:0] taken_addr_q, taken_data_q;
logic [3:0]  taken_be_q;
always_ff @(posedge clk_i) begin
  if (data_req && data_gnt && data_we) begin
    taken_addr_q <= data_addr;
    taken_data_q <= data_wdata;
    taken_be_q   <= data_be;
  end
end

always @(posedge clk_i) begin
  if (rst_ni && works && (kind == Load || kind == Store)) begin
    assert (rvfi_pc_wdata == next);
    assert (rvfi_mem_addr == address);
    assert (rvfi_mem_rmask == (kind == Load ? bytes : '0));
    assert (rvfi_mem_wmask == (kind == Store ? bytes : '0));
    assert (rvfi_rd_addr == (kind == Load ? rd : '0));
    if (kind == Load)  assert (rvfi_rd_wdata == written(rd, loaded));
    if (kind == Store) assert (rvfi_mem_wdata == b);
  end
  if (rst_ni && rvfi_valid && rvfi_trap && !reserved && (kind == Load || kind == Store)) begin
    assert (rvfi_csr_mcause_wdata == (kind == Load ? 32'd5 : 32'd7));
    assert (rvfi_csr_mtval_wdata == address
            || (crosses && rvfi_csr_mtval_wdata == {address[31:2] + 30'd1, 2'b00}));
    assert (rvfi_rd_addr == '0 && rvfi_mem_rmask == '0 && rvfi_mem_wmask == '0);
    assert (rvfi_mem_fault && rvfi_mem_fault_rmask == (kind == Load ? bytes : '0)
            && rvfi_mem_fault_wmask == (kind == Store ? bytes : '0));
  end
  `COVER(rst_ni && works && kind == Load && crosses)
end
