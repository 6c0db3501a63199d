// SPDX-License-Identifier: Apache-2.0
//
// What goes on within the engine, for coverage.py: cycles in which each of EVENTS there happened, in
// its order.

  localparam int Events = 16;

  logic [Events-1:0] happens;
  logic [31:0]       happened [0:Events-1];

  wire bias_state   = u_pot.u_control.state_q == 3'd2;
  wire tile_state   = u_pot.u_control.state_q == 3'd3;
  wire issue_state  = u_pot.u_control.state_q == 3'd4;
  wire writes_even  = |u_pot.u_maps.write_mask[0];
  wire writes_odd   = |u_pot.u_maps.write_mask[1];
  wire [1:0] read   = {|u_pot.u_maps.g_bank[1].u_bank.read,
                        |u_pot.u_maps.g_bank[0].u_bank.read};
  wire in_map_all   = &u_pot.in_map;
  wire in_map_any   = |u_pot.in_map;

  assign happens = {
    u_pot.u_weights.push && (&u_pot.u_weights.u_words.write_addr_i),     // 15: buffer turns over
    u_pot.u_weights.push && u_pot.u_weights.read_i,                      // 14
    issue_state && u_pot.u_control.pace_q != '0,                         // 13: waits for the output
    u_pot.write && (writes_even != writes_odd),                          // 12
    u_pot.write && writes_even && writes_odd,                            // 11: over two words
    u_pot.issue && in_map_any && !in_map_all,                            // 10
    u_pot.issue && !in_map_any,                                          // 9
    u_pot.issue && read == 2'b00,                                        // 8
    u_pot.issue && (^read),                                              // 7
    u_pot.issue && read == 2'b11,                                        // 6
    out_valid && !out_ready,                                             // 5
    in_ready && !in_valid,                                               // 4: a LOAD waits
    tile_state && !u_pot.available,                                      // 3
    bias_state && !u_pot.available,                                      // 2
    weights_valid && !weights_ready,                                     // 1
    command_valid && !command_ready                                      // 0
  };

  for (genvar i = 0; i < Events; i++) begin : g_event
    initial happened[i] = '0;
    always_ff @(posedge clk) if (rst_n && happens[i]) happened[i] <= happened[i] + 32'd1;
  end
