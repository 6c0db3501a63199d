// SPDX-License-Identifier: Apache-2.0
//
// The bench's device: console, exit, cycles, and interrupt lines, moved by the program or at random.
//
//   0xF0000000  w   console        0xF0000010  w   raise levels [31:29] after [28:0] cycles
//   0xF0000004  w   exit code      0xF0000014  w   checks passed, for the report
//   0xF0000008  r   cycles         0xF0000018  w   1 arms random interrupts and bus errors
//   0xF000000C  rw  interrupts: 0 software, 1 timer, 2 external
//
// Once armed, one of the three lines changes every interrupts_i cycles on average (0: never).

module device
  import random_pkg::xorshift;
(
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] seed_i,
  input  logic [31:0] interrupts_i,
  input  logic [63:0] cycle_i,

  input  logic        store_i,
  input  logic [4:2]  addr_i,
  input  logic [31:0] wdata_i,
  output logic [31:0] rdata_o,

  output logic [2:0]  irq_o,
  output logic        armed_o,
  output logic [31:0] checks_o
);

  logic [28:0] raise_after_q;
  logic [2:0]  raise_q;
  logic [31:0] random_q;

  wire chance = armed_o && interrupts_i != '0 && (random_q >> 8) % interrupts_i == '0;

  always_comb begin
    unique case (addr_i)
      3'd2:    rdata_o = cycle_i[31:0];
      3'd3:    rdata_o = 32'(irq_o);
      default: rdata_o = '0;
    endcase
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      irq_o         <= '0;
      armed_o       <= 1'b0;
      checks_o      <= '0;
      raise_after_q <= '0;
      raise_q       <= '0;
      random_q      <= seed_i ^ 32'h7f4a_7c15;
    end else begin
      random_q <= xorshift(random_q);
      if (raise_after_q != '0) raise_after_q <= raise_after_q - 29'd1;
      if (raise_after_q == 29'd1) irq_o <= irq_o | raise_q;
      if (chance && random_q[1:0] != 2'd3) irq_o[random_q[1:0]] <= !irq_o[random_q[1:0]];
      if (store_i) begin
        unique case (addr_i)
          3'd0:    $write("%c", wdata_i[7:0]);
          3'd3:    irq_o <= wdata_i[2:0];
          3'd4:    {raise_q, raise_after_q} <= wdata_i;
          3'd5:    checks_o <= wdata_i;
          3'd6:    armed_o <= wdata_i[0];
          default: ;
        endcase
      end
    end
  end

endmodule : device
