// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores: places bytes on the bus, splits accesses that cross a word, aligns and extends
// what is read.
//
//   lw at address 3:   word 0  D3 -- -- --    first part, kept rotated in split_q
//                      word 4  -- D6 D5 D4    second part   ->  D6 D5 D4 D3
//
// Stage X sends a request only when no older access can fail any more: none is under way, or its
// good answer is here. That is the one path from bus inputs to a bus output in the core, and what
// makes every fault precise: no store is ever made, and no device read, by an instruction behind
// one that traps.

module riscv_lsu (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Stage X
  input  logic        valid_i,          // the instruction in X is a load or store that may go
  input  logic        flush_i,          // forget the first part of a split access
  input  logic        store_i,
  input  logic [1:0]  size_i,           // 0 byte, 1 half word, 2 word
  input  logic [31:0] addr_i,           // of the first byte; of that + 4 in the second part
  input  logic [31:0] wdata_i,
  output logic        second_o,         // the request is the second part of a split access
  output logic        last_o,           // the request completes the access
  output logic        granted_o,

  // Stage M: the access under way
  input  logic        busy_i,           // an access is under way
  input  logic        m_second_i,
  input  logic [2:0]  m_funct3_i,
  input  logic [1:0]  m_offset_i,
  output logic        done_o,           // answered
  output logic        fault_o,          // answered with an error
  output logic [31:0] rdata_o,

  output logic        data_req_o,
  input  logic        data_gnt_i,
  output logic [31:0] data_addr_o,
  output logic        data_we_o,
  output logic [3:0]  data_be_o,
  output logic [31:0] data_wdata_o,
  input  logic        data_rvalid_i,
  input  logic [31:0] data_rdata_i,
  input  logic        data_err_i
);

  function automatic logic [31:0] rotate_right(input logic [31:0] x, input logic [1:0] bytes);
    logic [31:0] half;
    half         = bytes[1] ? {x[15:0], x[31:16]} : x;
    rotate_right = bytes[0] ? {half[7:0], half[31:8]} : half;
  endfunction

  // Request

  logic second_q;
  logic [7:0] lanes;               // of two words

  wire [1:0] offset = addr_i[1:0];
  wire [3:0] bytes  = {size_i[1], size_i[1], |size_i, 1'b1};
  wire       split  = |lanes[7:4];

  assign lanes       = {4'b0, bytes} << offset;
  assign second_o    = second_q;
  assign last_o      = second_q || !split;
  assign granted_o   = data_req_o && data_gnt_i;
  assign done_o      = busy_i && data_rvalid_i;
  assign fault_o     = done_o && data_err_i;

  assign data_req_o   = valid_i && (!busy_i || (data_rvalid_i && !data_err_i));
  assign data_addr_o  = {addr_i[31:2], 2'b00};
  assign data_we_o    = store_i;
  assign data_be_o    = second_q ? lanes[7:4] : lanes[3:0];
  assign data_wdata_o = rotate_right(wdata_i, 2'd0 - offset);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)        second_q <= 1'b0;
    else if (flush_i)   second_q <= 1'b0;
    else if (granted_o) second_q <= !last_o;
  end

  // Answer

  logic [31:0] split_q;
  wire  [31:0] rotated = rotate_right(data_rdata_i, m_offset_i);
  logic [31:0] aligned;

  always_ff @(posedge clk_i) begin
    if (done_o) split_q <= rotated;
  end

  // The second part of a split access at offset n brings the upper n bytes.
  for (genvar i = 0; i < 4; i++) begin : g_byte
    wire is_first = m_second_i && 3'(i) + 3'(m_offset_i) < 3'd4;
    assign aligned[8*i +: 8] = is_first ? split_q[8*i +: 8] : rotated[8*i +: 8];
  end

  wire sign = !m_funct3_i[2] && (m_funct3_i[0] ? aligned[15] : aligned[7]);

  always_comb begin
    unique case (m_funct3_i[1:0])
      2'b00:   rdata_o = {{24{sign}}, aligned[7:0]};
      2'b01:   rdata_o = {{16{sign}}, aligned[15:0]};
      default: rdata_o = aligned;
    endcase
  end

  // The bus rule that a request waits unchanged for its grant.
  `include "assert.svh"
  logic        waiting_q;
  logic [31:0] waiting_addr_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= data_req_o && !data_gnt_i;
  end
  always_ff @(posedge clk_i) waiting_addr_q <= data_addr_o;
  `ASSERT(RequestWaitsForGrant, !waiting_q || (data_req_o && data_addr_o == waiting_addr_q))
  `ASSERT(AnswersFollowRequests, !data_rvalid_i || busy_i)

endmodule : riscv_lsu
