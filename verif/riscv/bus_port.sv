// SPDX-License-Identifier: Apache-2.0
//
// One OBI port of a memory that answers at once, or after random waits.
//
// WaitStates = 0 grants every request and answers in the next cycle. Above 0, a grant is withheld
// in WaitStates of 8 cycles on average, and answers come 1 to 1 + WaitStates cycles after the
// grant, in order, up to four of them outstanding. What the memory does, it does at the grant:
// `access_o` tells when, `rdata_i` and `err_i` are taken then.

module bus_port #(
  parameter int WaitStates = 0
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] seed_i,

  input  logic        req_i,
  output logic        gnt_o,
  output logic        rvalid_o,
  output logic [31:0] rdata_o,
  output logic        err_o,

  output logic        access_o,
  input  logic [31:0] rdata_i,
  input  logic        err_i
);

  logic [31:0] random_q;
  logic [32:0] queue_q [0:3];
  logic [1:0]  head_q, tail_q;
  logic [2:0]  count_q;
  logic [3:0]  delay_q;              // cycles until the oldest answer may leave

  function automatic logic [31:0] xorshift(input logic [31:0] x);
    logic [31:0] y;
    y        = x ^ (x << 13);
    y        = y ^ (y >> 17);
    xorshift = y ^ (y << 5);
  endfunction

  wire wait_now = 32'(random_q[12:10]) < WaitStates;

  assign gnt_o    = !wait_now && count_q != 3'd4;
  assign access_o = req_i && gnt_o;
  assign rvalid_o = count_q != '0 && delay_q == '0;
  // An answer that is not there is not zero: nothing may come to depend on it.
  assign {err_o, rdata_o} = rvalid_o ? queue_q[head_q] : {1'b1, ~random_q};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      random_q <= seed_i ^ 32'h9e37_79b9;
      head_q   <= '0;
      tail_q   <= '0;
      count_q  <= '0;
      delay_q  <= '0;
    end else begin
      random_q <= xorshift(random_q);
      if (access_o) begin
        queue_q[tail_q] <= {err_i, rdata_i};
        tail_q          <= tail_q + 2'd1;
      end
      if (rvalid_o) head_q <= head_q + 2'd1;
      count_q <= count_q + 3'(access_o) - 3'(rvalid_o);
      if (rvalid_o || count_q == '0) delay_q <= 4'(random_q[20:16] % (WaitStates + 1));
      else                           delay_q <= delay_q - 4'(delay_q != '0);
    end
  end

endmodule : bus_port
