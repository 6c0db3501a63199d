// SPDX-License-Identifier: Apache-2.0
//
// Random numbers of the benches' own hardware: the same in every simulator, from one seed.

package random_pkg;

  // Marsaglia's 32-bit xorshift; a state of zero stays zero.
  function automatic logic [31:0] xorshift(input logic [31:0] state);
    logic [31:0] mixed;
    mixed    = state ^ (state << 13);
    mixed    = mixed ^ (mixed >> 17);
    xorshift = mixed ^ (mixed << 5);
  endfunction

endpackage : random_pkg
