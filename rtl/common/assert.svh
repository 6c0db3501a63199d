// SPDX-License-Identifier: Apache-2.0
//
// Assertion macro. The name is a sentence that is true at every rising clock edge outside reset:
//
//   `ASSERT(ResultWaitsForReady, !waiting_q || result_valid_o)
//
// Immediate and without a label, because Icarus 11 accepts neither concurrent assertions nor
// labels on assertions; history is therefore written as explicit _q registers. It uses the clk_i
// and rst_ni of the module it stands in. A failure ends the simulation, so that no test can pass
// over it. Synthesis drops it, unless FORMAL is defined too. Nothing but assertions samples the
// reset at the clock, which is what the waived message is about.

`ifndef ASSERT_SVH
`define ASSERT_SVH

`ifdef FORMAL
`define ASSERT(Name, expr) \
  always @(posedge clk_i) if (rst_ni) assert (expr);
`elsif SYNTHESIS
`define ASSERT(Name, expr)
`else
`define ASSERT(Name, expr) \
  /* verilator lint_off SYNCASYNCNET */ \
  always @(posedge clk_i) begin \
    if (rst_ni) begin \
      assert (expr) else $fatal(1, "assertion failed: %s", `"Name`"); \
    end \
  end \
  /* verilator lint_on SYNCASYNCNET */
`endif

`endif
