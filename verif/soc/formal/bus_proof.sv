// SPDX-License-Identifier: Apache-2.0
//
// soc_bus with small RAMs, and two masters that ask for whatever they want: OBI's rules for the side
// that answers, and the memory behind it. One byte of either RAM, chosen freely, is followed.

`include "formal.svh"

module bus_proof
  import soc_pkg::*;
(
  input logic        clk_i,
  input logic        instr_req, data_req, data_we,
  input logic [31:0] instr_addr, data_addr, data_wdata,
  input logic [3:0]  data_be,
  input logic [31:0] choice
);

  localparam int Bytes = 32;

  logic started_q = 1'b0;
  wire  rst_ni    = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

  logic        instr_gnt, instr_rvalid, instr_err, data_gnt, data_rvalid, data_err;
  logic [31:0] instr_rdata, data_rdata;
  logic        instr_ram_req, instr_ram_we, data_ram_req, device_write;
  logic [2:0]  instr_ram_addr, data_ram_addr;
  logic [31:0] instr_ram_rdata, data_ram_rdata;
  logic [1:0]  device_register;

  soc_bus #(.InstrRamBytes(Bytes), .DataRamBytes(Bytes)) u_dut (
    .clk_i,
    .rst_ni,
    .instr_req_i      (instr_req),
    .instr_gnt_o      (instr_gnt),
    .instr_addr_i     (instr_addr),
    .instr_rvalid_o   (instr_rvalid),
    .instr_rdata_o    (instr_rdata),
    .instr_err_o      (instr_err),
    .data_req_i       (data_req),
    .data_gnt_o       (data_gnt),
    .data_addr_i      (data_addr),
    .data_we_i        (data_we),
    .data_rvalid_o    (data_rvalid),
    .data_rdata_o     (data_rdata),
    .data_err_o       (data_err),
    .instr_ram_req_o  (instr_ram_req),
    .instr_ram_we_o   (instr_ram_we),
    .instr_ram_addr_o (instr_ram_addr),
    .instr_ram_rdata_i(instr_ram_rdata),
    .data_ram_req_o   (data_ram_req),
    .data_ram_addr_o  (data_ram_addr),
    .data_ram_rdata_i (data_ram_rdata),
    .device_write_o   (device_write),
    .device_register_o(device_register)
  );

  ram #(.Bytes(Bytes)) u_instr_ram (
    .clk_i,
    .req_i  (instr_ram_req),
    .we_i   (instr_ram_we),
    .be_i   (data_be),
    .addr_i (instr_ram_addr),
    .wdata_i(data_wdata),
    .rdata_o(instr_ram_rdata)
  );

  ram #(.Bytes(Bytes)) u_data_ram (
    .clk_i,
    .req_i  (data_ram_req),
    .we_i   (data_we),
    .be_i   (data_be),
    .addr_i (data_ram_addr),
    .wdata_i(data_wdata),
    .rdata_o(data_ram_rdata)
  );

  function automatic logic in_ram(input logic [31:0] address, input logic [31:0] base);
    return address >= base && address < base + 32'(Bytes);
  endfunction

  wire instr_ok = in_ram(instr_addr, InstrRamBase);
  wire data_ok  = in_ram(data_addr, InstrRamBase) || in_ram(data_addr, DataRamBase) ||
                  (data_we && data_addr >= DeviceBase && data_addr < DeviceBase + 32'd16);

  // The byte that is followed
  logic [31:0] place;
  logic        known_q;
  logic [7:0]  value_q;
  wire  [1:0]  lane   = place[1:0];
  wire         writes = data_req && data_gnt && data_we && data_be[lane]
                        && data_addr[31:2] == place[31:2];

  // What was granted in the last cycle
  logic instr_granted_q, data_granted_q, instr_ok_q, data_ok_q, instr_reads_q, data_reads_q;

  always_ff @(posedge clk_i) begin
    instr_granted_q <= rst_ni && instr_req && instr_gnt;
    data_granted_q  <= rst_ni && data_req && data_gnt;
    instr_ok_q      <= instr_ok;
    data_ok_q       <= data_ok;
    instr_reads_q   <= instr_addr[31:2] == place[31:2];
    data_reads_q    <= !data_we && data_addr[31:2] == place[31:2];
    if (!rst_ni) begin
      place   <= choice;
      known_q <= 1'b0;
    end else if (writes) begin
      known_q <= 1'b1;
      value_q <= data_wdata[8*lane +: 8];
    end
  end

  // What a read of this cycle finds is what was there before a write of this cycle.
  logic       known_before_q;
  logic [7:0] value_before_q;
  always_ff @(posedge clk_i) begin
    known_before_q <= known_q && rst_ni;
    value_before_q <= value_q;
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      assume (in_ram(choice, InstrRamBase) || in_ram(choice, DataRamBase));
    end else begin
      assert (instr_rvalid == instr_granted_q && data_rvalid == data_granted_q);
      assert (data_gnt == data_req);
      assert (!instr_gnt || instr_req);
      assert (!instr_req || instr_gnt || (data_req && in_ram(data_addr, InstrRamBase)));
      if (instr_rvalid) assert (instr_err == !instr_ok_q);
      if (data_rvalid)  assert (data_err == !data_ok_q);
      assert (device_write == (data_req && data_we && data_addr >= DeviceBase
                               && data_addr < DeviceBase + 32'd16));
      if (device_write) assert (device_register == data_addr[3:2]);
      // A RAM that nobody asked for stays idle: simulations do not notice, batteries do.
      assert (instr_ram_req == ((instr_req && instr_ok)
                                || (data_req && in_ram(data_addr, InstrRamBase))));
      assert (data_ram_req == (data_req && in_ram(data_addr, DataRamBase)));
      if (instr_rvalid && instr_reads_q && known_before_q) begin
        assert (instr_err || instr_rdata[8*lane +: 8] == value_before_q);
      end
      if (data_rvalid && data_reads_q && known_before_q) begin
        assert (data_rdata[8*lane +: 8] == value_before_q);
      end
    end
    `COVER(rst_ni && instr_rvalid && !instr_err && instr_reads_q && known_before_q)
  end

endmodule : bus_proof
