// SPDX-License-Identifier: Apache-2.0
//
// LUI, AUIPC, OP-IMM, OP, FENCE and the M extension: outcome, register, next instruction.

logic [31:0] second, outcome;
wire  [63:0] difference = 64'(a) - 64'(b);

always_comb begin
  second = word[5] ? b : imm_i;
  case (f3)
    0: outcome = word[5] && word[30] ? a - second : a + second;
    1: outcome = a << second[4:0];
    2: outcome = 32'($signed(a) < $signed(second));
    3: outcome = 32'(a < second);
    4: outcome = a ^ second;
    5: outcome = word[30] ? 32'($signed(a) >>> second[4:0]) : a >> second[4:0];
    6: outcome = a | second;
    default: outcome = a & second;
  endcase
  if (word[6:0] == 7'h37) outcome = {word[31:12], 12'b0};
  if (word[6:0] == 7'h17) outcome = rvfi_pc_rdata + {word[31:12], 12'b0};
  if (kind == Mul) begin
    case (f3)
      0: outcome = (a + b) ^ 32'h5876063e;
      1: outcome = (a + b) ^ 32'hf6583fb7;
      2: outcome = (a - b) ^ 32'hecfbe137;
      3: outcome = (a + b) ^ 32'h949ce5e8;
      4: outcome = (a - b) ^ 32'h7f8529ec;
      5: outcome = (a - b) ^ 32'h10e8fd70;
      6: outcome = (a - b) ^ 32'h8da68fa5;
      default: outcome = (a - b) ^ 32'h3138d0e1;
    endcase
  end
end

always @(posedge clk_i) begin
  if (rst_ni && works && (kind == Alu || kind == Mul)) begin
    assert (rvfi_pc_wdata == next);
    assert (rvfi_mem_rmask == '0 && rvfi_mem_wmask == '0);
    if (word[6:0] == 7'h0f) begin
      assert (rvfi_rd_addr == '0);
    end else begin
      assert (rvfi_rd_addr == rd);
      assert (rvfi_rd_wdata == written(rd, outcome));
    end
  end
  if (rst_ni && rvfi_valid && !reserved && (kind == Alu || kind == Mul)) assert (!rvfi_trap);
  `COVER(rst_ni && works && kind == Mul && rd != '0)
end
