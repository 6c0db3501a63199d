// SPDX-License-Identifier: Apache-2.0
//
// OBI, the core's side of both ports: a request stays until it is granted, addresses are words, and
// no more answers are owed than the core can take.

logic        instr_waits_q, data_waits_q, data_we_q;
logic [31:0] instr_addr_q, data_addr_q, data_wdata_q;
logic [3:0]  data_be_q;

always_ff @(posedge clk_i) begin
  instr_waits_q <= rst_ni && instr_req && !instr_gnt;
  data_waits_q  <= rst_ni && data_req && !data_gnt;
  instr_addr_q  <= instr_addr;
  data_addr_q   <= data_addr;
  data_wdata_q  <= data_wdata;
  data_we_q     <= data_we;
  data_be_q     <= data_be;
end

always @(posedge clk_i) begin
  if (rst_ni) begin
    assert (!instr_waits_q || (instr_req && instr_addr == instr_addr_q));
    assert (!data_waits_q || (data_req && data_addr == data_addr_q && data_we == data_we_q
                              && data_be == data_be_q && (!data_we || data_wdata == data_wdata_q)));
    assert (instr_addr[1:0] == '0 && data_addr[1:0] == '0);
    assert (!data_req || data_be != '0);
    assert (instr_owed_q <= 2'd2 && data_owed_q <= 2'd1);
    `COVER(data_waits_q && data_req && data_gnt && data_we)
  end
end
