// SPDX-License-Identifier: Apache-2.0
//
// What a CV-X-IF commit transaction says about one instruction.
//
//   commit 6 while 4, 5, 6, 7 are in flight: 4, 5 and 6 are committed, 7 waits
//   kill 6   while 4, 5, 6, 7 are in flight: 6 and 7 are killed, 4 and 5 wait
//
// Combinational. Ids grow and wrap, and the id may be that of an instruction the unit never
// accepted, so age is the signed distance of two ids: the ids in flight must span less than half
// of the id space.

module msb_skip_verdict #(
  parameter int IdWidth = 4
) (
  input  logic [IdWidth-1:0] id_i,  // the instruction in question

  input  logic               commit_valid_i,
  input  logic [IdWidth-1:0] commit_id_i,
  input  logic               commit_kill_i,

  output logic               commit_o,
  output logic               kill_o
);

  logic [IdWidth-1:0] distance;
  logic               is_older;  // than the instruction named by the commit

  assign distance = id_i - commit_id_i;
  assign is_older = distance[IdWidth-1];

  assign commit_o = commit_valid_i && !commit_kill_i && (is_older || distance == '0);
  assign kill_o   = commit_valid_i && commit_kill_i && !is_older;

endmodule : msb_skip_verdict
