// SPDX-License-Identifier: Apache-2.0
//
// Result port: holds a result until the core takes it, and one more behind it.
//
//   push_i        1 1 0 0        two results in successive cycles while the core is not ready:
//   result_ready  0 0 1 1        the second waits behind the first
//   result_valid  0 1 1 1        full_o is 1 in the third cycle
//
// rd and data are clocked for `read` only; the other results mask rd.
//
// full_o depends on registers only, so that issue_ready does not depend on result_ready; the second
// place is what makes one result per cycle possible all the same. Only the first place has data: a
// `read` is pushed when it can go there (first_free_o), and only `read` returns data.

module msb_skip_result #(
  parameter int IdWidth = 4
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               push_i,
  input  logic               push_read_i,    // this result carries rd and data
  input  logic [IdWidth-1:0] push_id_i,
  input  logic [4:0]         push_rd_i,
  input  logic [31:0]        push_data_i,
  output logic               full_o,         // early: registers only
  output logic               first_free_o,   // late: depends on result_ready_i

  output logic               result_valid_o,
  input  logic               result_ready_i,
  output logic [IdWidth-1:0] result_id_o,
  output logic [31:0]        result_data_o,
  output logic [4:0]         result_rd_o,
  output logic               result_we_o
);

  logic               first_valid_q;
  logic               second_valid_q;
  logic [IdWidth-1:0] first_id_q;
  logic [IdWidth-1:0] second_id_q;
  logic               we_q;
  logic [4:0]         rd_q;
  logic [31:0]        data_q;

  logic pop;
  logic push_first;
  logic push_second;
  logic move;  // something enters the first place

  assign full_o       = second_valid_q;
  assign pop          = first_valid_q && result_ready_i;
  assign first_free_o = !first_valid_q || pop && !second_valid_q;
  assign push_first   = push_i && first_free_o;
  assign push_second  = push_i && !first_free_o;
  assign move         = push_first || pop && second_valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      first_valid_q  <= 1'b0;
      second_valid_q <= 1'b0;
      first_id_q     <= '0;
      second_id_q    <= '0;
      we_q           <= 1'b0;
    end else begin
      if (push_first || pop) first_valid_q <= move;
      if (move) begin
        first_id_q <= push_first ? push_id_i : second_id_q;
        we_q       <= push_first && push_read_i;
      end
      if (push_second || pop && second_valid_q) begin
        second_valid_q <= push_second;
        second_id_q    <= push_id_i;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rd_q   <= '0;
      data_q <= '0;
    end else if (push_first && push_read_i) begin
      rd_q   <= push_rd_i;
      data_q <= push_data_i;
    end
  end

  assign result_valid_o = first_valid_q;
  assign result_id_o    = first_id_q;
  assign result_data_o  = data_q;
  assign result_rd_o    = we_q ? rd_q : '0;
  assign result_we_o    = we_q;

endmodule : msb_skip_result
