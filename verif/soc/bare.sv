// SPDX-License-Identifier: Apache-2.0
//
// The system without a bench: clock and reset from C++ (bare.cpp). It tells how fast the RTL alone
// simulates, which the bench's own speed is measured against.

module bare (
  input  logic clk_i,
  input  logic rst_ni,
  output logic exit_valid_o
);

  logic        unused_console_valid, unused_marker_valid;
  logic [7:0]  unused_console;
  logic [31:0] unused_value;

  soc u_soc (
    .clk_i,
    .rst_ni,
    .irq_software_i (1'b0),
    .irq_timer_i    (1'b0),
    .irq_external_i (1'b0),
    .console_valid_o(unused_console_valid),
    .console_o      (unused_console),
    .exit_valid_o,
    .marker_valid_o (unused_marker_valid),
    .value_o        (unused_value)
  );

  reg [8*512-1:0] path;
  initial begin
    if ($value$plusargs("instruction_ram=%s", path)) $readmemh(path, u_soc.u_instr_ram.mem);
    if ($value$plusargs("data_ram=%s", path)) $readmemh(path, u_soc.u_data_ram.mem);
  end

endmodule : bare
