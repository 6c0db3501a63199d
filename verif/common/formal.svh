// SPDX-License-Identifier: Apache-2.0
//
// `COVER(expr) in a proof: something that must be possible, or the assumptions leave nothing to
// prove. scripts/formal.py looks for it in a run of its own (CHECK_COVER), in which it is the
// assertion that has to fail.

`ifdef CHECK_COVER
`define COVER(expr) assert (!(expr));
`else
`define COVER(expr)
`endif
