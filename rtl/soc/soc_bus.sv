// SPDX-License-Identifier: Apache-2.0
//
// Connects the core's two ports to the two RAMs and the device.
//
//   fetch port --+--------------------> instruction RAM
//                +-> (anything else: error)      ^
//   data port  --+-------------------------------+
//                +--------------------> data RAM
//                +--------------------> device
//                +-> (anything else: error)
//
// Every target answers in the cycle after the grant. The only conflict is both ports asking for the
// instruction RAM; the data port wins, because it holds up an older instruction than the fetch port
// does.

module soc_bus
  import soc_pkg::*;
#(
  parameter  int InstrRamBytes = 32768,
  parameter  int DataRamBytes  = 131072,
  localparam int InstrWidth    = $clog2(InstrRamBytes / 4),
  localparam int DataWidth     = $clog2(DataRamBytes / 4)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // Fetch port (OBI)
  input  logic        instr_req_i,
  output logic        instr_gnt_o,
  input  logic [31:0] instr_addr_i,
  output logic        instr_rvalid_o,
  output logic [31:0] instr_rdata_o,
  output logic        instr_err_o,

  // Data port (OBI)
  input  logic        data_req_i,
  output logic        data_gnt_o,
  input  logic [31:0] data_addr_i,
  input  logic        data_we_i,
  output logic        data_rvalid_o,
  output logic [31:0] data_rdata_o,
  output logic        data_err_o,

  // Instruction RAM
  output logic                  instr_ram_req_o,
  output logic                  instr_ram_we_o,
  output logic [InstrWidth-1:0] instr_ram_addr_o,
  input  logic [31:0]           instr_ram_rdata_i,

  // Data RAM
  output logic                 data_ram_req_o,
  output logic [DataWidth-1:0] data_ram_addr_o,
  input  logic [31:0]          data_ram_rdata_i,

  // Device: a register write
  output logic       device_write_o,
  output logic [1:0] device_register_o
);

  localparam logic [31:0] InstrRamMask = 32'(InstrRamBytes) - 32'd1;
  localparam logic [31:0] DataRamMask  = 32'(DataRamBytes) - 32'd1;
  localparam logic [31:0] DeviceMask   = 32'd15;

  logic fetch_hit, data_to_instr_ram, data_to_data_ram, data_to_device;
  assign fetch_hit         = (instr_addr_i & ~InstrRamMask) == InstrRamBase;
  assign data_to_instr_ram = (data_addr_i & ~InstrRamMask) == InstrRamBase;
  assign data_to_data_ram  = (data_addr_i & ~DataRamMask) == DataRamBase;
  assign data_to_device    = (data_addr_i & ~DeviceMask) == DeviceBase && data_we_i;

  logic instr_ram_by_data;
  assign instr_ram_by_data = data_req_i && data_to_instr_ram;

  assign instr_gnt_o = instr_req_i && !(fetch_hit && instr_ram_by_data);
  assign data_gnt_o  = data_req_i;

  assign instr_ram_req_o  = instr_ram_by_data || (instr_req_i && fetch_hit);
  assign instr_ram_we_o   = instr_ram_by_data && data_we_i;
  assign instr_ram_addr_o = instr_ram_by_data ? data_addr_i[2 +: InstrWidth]
                                              : instr_addr_i[2 +: InstrWidth];

  assign data_ram_req_o  = data_req_i && data_to_data_ram;
  assign data_ram_addr_o = data_addr_i[2 +: DataWidth];

  assign device_write_o    = data_req_i && data_to_device;
  assign device_register_o = data_addr_i[3:2];

  logic instr_rvalid_q, instr_err_q, data_rvalid_q, data_err_q, data_from_instr_ram_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      instr_rvalid_q        <= 1'b0;
      instr_err_q           <= 1'b0;
      data_rvalid_q         <= 1'b0;
      data_err_q            <= 1'b0;
      data_from_instr_ram_q <= 1'b0;
    end else begin
      instr_rvalid_q <= instr_gnt_o;
      instr_err_q    <= instr_gnt_o && !fetch_hit;
      data_rvalid_q  <= data_req_i;
      data_err_q     <= data_req_i && !(data_to_instr_ram || data_to_data_ram || data_to_device);
      if (data_req_i) data_from_instr_ram_q <= data_to_instr_ram;
    end
  end

  assign instr_rvalid_o = instr_rvalid_q;
  assign instr_rdata_o  = instr_ram_rdata_i;
  assign instr_err_o    = instr_err_q;
  assign data_rvalid_o  = data_rvalid_q;
  assign data_rdata_o   = data_from_instr_ram_q ? instr_ram_rdata_i : data_ram_rdata_i;
  assign data_err_o     = data_err_q;


endmodule : soc_bus
