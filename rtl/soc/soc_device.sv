// SPDX-License-Identifier: Apache-2.0
//
// Console, exit and marker: three write-only registers whose writes leave the chip as one-cycle
// strobes.
//
//   cycle      0        1        2
//   write_i  __/~~~~~~~~\________
//   *_valid  ___________/~~~~~~~~\__   the register holds its value until the next write
//
// Outputs are registered: a bench that wakes on a strobe sees every store that the program made
// before it.

module soc_device
  import soc_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        write_i,
  input  logic [1:0]  register_i,
  input  logic [31:0] wdata_i,

  output logic        console_valid_o,
  output logic [7:0]  console_o,
  output logic        exit_valid_o,
  output logic        marker_valid_o,
  output logic [31:0] value_o           // of the exit code or the marker
);

  logic        console_valid_q, exit_valid_q, marker_valid_q;
  logic [31:0] value_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      console_valid_q <= 1'b0;
      exit_valid_q    <= 1'b0;
      marker_valid_q  <= 1'b0;
      value_q         <= '0;
    end else begin
      console_valid_q <= write_i && register_i == DeviceConsole;
      exit_valid_q    <= write_i && register_i == DeviceExit;
      marker_valid_q  <= write_i && register_i == DeviceMarker;
      if (write_i) value_q <= wdata_i;
    end
  end

  assign console_valid_o = console_valid_q;
  assign console_o       = value_q[7:0];
  assign exit_valid_o    = exit_valid_q;
  assign marker_valid_o  = marker_valid_q;
  assign value_o         = value_q;

endmodule : soc_device
