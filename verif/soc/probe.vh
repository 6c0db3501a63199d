// SPDX-License-Identifier: Apache-2.0
//
// What goes on at the buses and the device, for coverage.py: `met` has a bit for each bin of EVENTS
// there, in its order, which stays set. Addresses are told apart by the memory map in docs/soc.md.

  localparam int Events = 87;

  logic [Events-1:0] happens;
  logic [Events-1:0] met = '0;

  // Instruction RAM, data RAM, device, nothing, from bit 0 on
  function automatic logic [3:0] target(input logic [31:0] address);
    logic [3:0] found;
    found[0] = address >= 32'h8000_0000 && address < 32'h8000_8000;
    found[1] = address >= 32'h8010_0000 && address < 32'h8012_0000;
    found[2] = address >= 32'hF000_0000 && address < 32'hF000_0010;
    found[3] = found[2:0] == 3'b0;
    return found;
  endfunction

  // Lanes of one access; those of a misaligned one in two parts, too
  localparam logic [4*10-1:0] Lanes = {
    4'b1111, 4'b1110, 4'b0111, 4'b1100, 4'b0110, 4'b0011, 4'b1000, 4'b0100, 4'b0010, 4'b0001
  };
  // The word before each target, its first, its last, and the one behind it
  localparam logic [32*12-1:0] Borders = {
    32'hF000_0010, 32'hF000_000C, 32'hF000_0000, 32'hEFFF_FFFC,
    32'h8012_0000, 32'h8011_FFFC, 32'h8010_0000, 32'h800F_FFFC,
    32'h8000_8000, 32'h8000_7FFC, 32'h8000_0000, 32'h7FFF_FFFC
  };

  wire       fetches = u_soc.instr_req;
  wire       granted = u_soc.instr_req && u_soc.instr_gnt;
  wire       asks    = u_soc.data_req && u_soc.data_gnt;
  wire       writes  = u_soc.data_we;
  wire [3:0] fetched  = target(u_soc.instr_addr) & {4{granted}};
  wire [3:0] accessed = target(u_soc.data_addr) & {4{asks}};
  wire [3:0] read     = accessed & {4{!writes}};
  wire [3:0] written  = accessed & {4{writes}};

  logic       granted_q = 1'b0, asks_q = 1'b0, writes_q = 1'b0;
  logic [3:0] before_q = 4'b0;  // target of the last data access
  always_ff @(posedge clk) begin
    granted_q <= granted;
    asks_q    <= asks;
    if (asks) writes_q <= writes;
    if (asks) before_q <= accessed;
  end

  wire [19:0] by_lanes;
  wire [7:0]  together;
  wire [15:0] order;
  wire [3:0]  fetch_border;
  wire [11:0] data_border;
  for (genvar i = 0; i < 10; i++) begin : g_lanes
    assign by_lanes[i]      = written[0] && u_soc.data_be == Lanes[4*i +: 4];
    assign by_lanes[10 + i] = written[1] && u_soc.data_be == Lanes[4*i +: 4];
  end
  for (genvar i = 0; i < 4; i++) begin : g_target
    wire inside_ram = fetches && target(u_soc.instr_addr) == 4'b0001;
    assign together[i]        = inside_ram && accessed[i];
    assign together[4 + i]    = fetches && !inside_ram && accessed[i];
    assign order[4 * i +: 4]  = accessed & {4{before_q[i]}};
    assign fetch_border[i]    = granted && u_soc.instr_addr == Borders[32*i +: 32];
  end
  for (genvar i = 0; i < 12; i++) begin : g_border
    assign data_border[i] = asks && u_soc.data_addr == Borders[32*i +: 32];
  end

  wire [1:0] register = u_soc.data_addr[3:2];

  assign happens = {
    lines,                                                                     // interrupt
    written[2] && register == 2'd3, written[2] && register == 2'd2,            // device
    written[2] && register == 2'd1, written[2] && register == 2'd0,
    u_soc.data_rvalid && u_soc.data_err && writes_q,                           // error
    u_soc.data_rvalid && u_soc.data_err && !writes_q,
    u_soc.instr_rvalid && u_soc.instr_err,
    data_border,                                                               // border.data
    fetch_border,                                                              // border.fetch
    asks_q && asks && writes_q && writes, asks_q && asks && writes_q && !writes,  // back_to_back
    asks_q && asks && !writes_q && writes, asks_q && asks && !writes_q && !writes,
    granted_q && granted,
    order,                                                                     // order
    together,                                                                  // together
    by_lanes,                                                                  // lanes
    written, read,                                                             // access
    fetched                                                                    // fetch
  };

  always_ff @(posedge clk) if (rst_n) met <= met | happens;
