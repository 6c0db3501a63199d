// SPDX-License-Identifier: Apache-2.0
//
// One OBI port of a memory that answers at once, or after random waits, or with random errors.
//
// wait_states_i = 0 grants every request and answers in the next cycle. Above 0, a grant is
// withheld in wait_states_i of 8 cycles on average, and answers come 1 to 1 + wait_states_i cycles
// after the grant, in order, up to four of them outstanding. One access in bus_errors_i fails on
// average (0: none). What the memory does, it does at the grant: `access_o` tells when, `fails_o`
// whether the access must have no effect; `rdata_i` is taken then.

module bus_port
  import random_pkg::xorshift;
(
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] seed_i,
  input  logic [2:0]  wait_states_i,
  input  logic [31:0] bus_errors_i,

  input  logic        req_i,
  output logic        gnt_o,
  input  logic [31:0] addr_i,
  input  logic [36:0] rest_i,        // whatever else belongs to a request: we, be, wdata
  output logic        rvalid_o,
  output logic [31:0] rdata_o,
  output logic        err_o,

  output logic        access_o,
  output logic        fails_o,
  input  logic        absent_i,      // nothing is at this address
  input  logic [31:0] rdata_i,

  output logic [31:0] answer_addr_o, // what the answer is for
  output logic        waiting_o      // answers are outstanding
);

  logic [31:0] random_q;
  logic [64:0] queue_q [0:3];
  logic [1:0]  head_q, tail_q;
  logic [2:0]  count_q;
  logic [3:0]  delay_q;              // cycles until the oldest answer may leave

  wire wait_now = random_q[12:10] < wait_states_i;
  wire chance   = bus_errors_i != '0 && (random_q >> 8) % bus_errors_i == '0;

  assign gnt_o     = !wait_now && count_q != 3'd4;
  assign access_o  = req_i && gnt_o;
  assign fails_o   = absent_i || chance;
  assign rvalid_o  = count_q != '0 && delay_q == '0;
  assign waiting_o = count_q != '0;
  // An answer that is not there is not zero: nothing may come to depend on it.
  assign {answer_addr_o, err_o, rdata_o} = rvalid_o ? queue_q[head_q] : {32'b0, 1'b1, ~random_q};

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
        // What a failing read returns is not what is there.
        queue_q[tail_q] <= {addr_i, fails_o, fails_o ? ~rdata_i : rdata_i};
        tail_q          <= tail_q + 2'd1;
      end
      if (rvalid_o) head_q <= head_q + 2'd1;
      count_q <= count_q + 3'(access_o) - 3'(rvalid_o);
      if (rvalid_o || count_q == '0) delay_q <= 4'(random_q[20:16] % (5'(wait_states_i) + 5'd1));
      else                           delay_q <= delay_q - 4'(delay_q != '0);
    end
  end

  // OBI: a request waits unchanged for its grant.
  logic        waits_q;
  logic [31:0] addr_q;
  logic [36:0] rest_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waits_q <= 1'b0;
      addr_q  <= '0;
      rest_q  <= '0;
    end else begin
      waits_q <= req_i && !gnt_o;
      addr_q  <= addr_i;
      rest_q  <= rest_i;
      assert (!waits_q || (req_i && addr_i == addr_q && rest_i == rest_q))
        else $fatal(1, "a request changed before its grant, address %h", addr_q);
    end
  end

endmodule : bus_port
