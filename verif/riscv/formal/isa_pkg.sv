// SPDX-License-Identifier: Apache-2.0
//
// The instruction set as the proofs see it, from the tables of the unprivileged specification
// (20191213, chapters 24 and 16.8) and not from the RTL.

package isa_pkg;

  typedef enum {
    Alu, Mul, Load, Store, Branch, Jal, Jalr, Csr, Ecall, Ebreak, Mret, Wfi, FenceI, Illegal,
    Unknown
  } class_e;

  function automatic logic fits(input logic [31:0] word, input logic [31:0] mask,
                                   input logic [31:0] match);
    return (word & mask) == match;
  endfunction

  // One bit for each instruction or group of instructions that differ in funct3 only.
  function automatic logic [19:0] hits(input logic [31:0] w);
    logic [2:0] f3;
    f3 = w[14:12];
    hits[0]  = fits(w, 32'h7f, 32'h37);                                        // LUI
    hits[1]  = fits(w, 32'h7f, 32'h17);                                        // AUIPC
    hits[2]  = fits(w, 32'h7f, 32'h6f);                                        // JAL
    hits[3]  = fits(w, 32'h707f, 32'h67);                                      // JALR
    hits[4]  = fits(w, 32'h7f, 32'h63) && f3 != 2 && f3 != 3;                  // BEQ to BGEU
    hits[5]  = fits(w, 32'h7f, 32'h03) && (f3 <= 2 || f3 == 4 || f3 == 5);     // LB to LHU
    hits[6]  = fits(w, 32'h7f, 32'h23) && f3 <= 2;                             // SB to SW
    hits[7]  = fits(w, 32'h7f, 32'h13) && f3 != 1 && f3 != 5;                  // ADDI to ANDI
    hits[8]  = fits(w, 32'hfe00707f, 32'h1013);                                // SLLI
    hits[9]  = fits(w, 32'hbe00707f, 32'h5013);                                // SRLI, SRAI
    hits[10] = fits(w, 32'hfe00007f, 32'h33);                                  // ADD to AND
    hits[11] = fits(w, 32'hfe00707f, 32'h40000033)
            || fits(w, 32'hfe00707f, 32'h40005033);                            // SUB, SRA
    hits[12] = fits(w, 32'hfe00007f, 32'h02000033);                            // MUL to REMU
    hits[13] = fits(w, 32'h707f, 32'h0f);                                      // FENCE
    hits[14] = fits(w, 32'h707f, 32'h100f);                                    // FENCE.I
    hits[15] = w == 32'h00000073;                                                 // ECALL
    hits[16] = w == 32'h00100073;                                                 // EBREAK
    hits[17] = w == 32'h30200073;                                                 // MRET
    hits[18] = w == 32'h10500073;                                                 // WFI
    hits[19] = fits(w, 32'h7f, 32'h73) && f3 != 0 && f3 != 4;                  // CSRRW to CSRRCI
  endfunction

  function automatic class_e class_of(input logic [31:0] w);
    logic [19:0] h;
    h = hits(w);
    if (h[0] || h[1] || |h[11:7] || h[13]) return Alu;
    if (h[2])  return Jal;
    if (h[3])  return Jalr;
    if (h[4])  return Branch;
    if (h[5])  return Load;
    if (h[6])  return Store;
    if (h[12]) return Mul;
    if (h[14]) return FenceI;
    if (h[15]) return Ecall;
    if (h[16]) return Ebreak;
    if (h[17]) return Mret;
    if (h[18]) return Wfi;
    if (h[19]) return Csr;
    return w[6:0] == 7'h73 ? Illegal : Unknown;
  endfunction

  // Instruction formats, to be filled in
  function automatic logic [31:0] i_type(input logic signed [11:0] imm, input logic [4:0] rs1,
                                         input logic [2:0] f3, input logic [4:0] rd,
                                         input logic [6:0] opcode);
    return {imm, rs1, f3, rd, opcode};
  endfunction

  function automatic logic [31:0] s_type(input logic signed [11:0] imm, input logic [4:0] rs2,
                                         input logic [4:0] rs1);
    return {imm[11:5], rs2, rs1, 3'd2, imm[4:0], 7'h23};
  endfunction

  function automatic logic [31:0] r_type(input logic [6:0] f7, input logic [4:0] rs2,
                                         input logic [4:0] rs1, input logic [2:0] f3,
                                         input logic [4:0] rd);
    return {f7, rs2, rs1, f3, rd, 7'h33};
  endfunction

  function automatic logic [31:0] b_type(input logic signed [12:0] imm, input logic [4:0] rs1,
                                         input logic [2:0] f3);
    return {imm[12], imm[10:5], 5'd0, rs1, f3, imm[4:1], imm[11], 7'h63};
  endfunction

  function automatic logic [31:0] j_type(input logic signed [20:0] imm, input logic [4:0] rd);
    return {imm[20], imm[10:1], imm[11], imm[19:12], rd, 7'h6f};
  endfunction

  // {illegal, 32-bit instruction} that a 16-bit one of RV32C without floating point stands for
  function automatic logic [32:0] expand(input logic [15:0] c);
    logic [4:0]        rd, rs2, low, high;
    logic signed [5:0] imm6;
    logic signed [11:0] offset_j;
    logic signed [8:0] offset_b;
    logic [31:0]       bad;
    rd       = c[11:7];
    rs2      = c[6:2];
    low      = {2'b01, c[4:2]};
    high     = {2'b01, c[9:7]};
    imm6     = {c[12], c[6:2]};
    offset_j = {c[12], c[8], c[10], c[9], c[6], c[7], c[2], c[11], c[5], c[4], c[3], 1'b0};
    offset_b = {c[12], c[6], c[5], c[2], c[11], c[10], c[4], c[3], 1'b0};
    case ({c[1:0], c[15:13]})
      5'b00_000: return {c[12:5] == 0,
                         i_type({2'b0, c[10:7], c[12:11], c[5], c[6], 2'b0}, 2, 0, low, 7'h13)};
      5'b00_010: return {1'b0, i_type({5'b0, c[5], c[12:10], c[6], 2'b0}, high, 2, low, 7'h03)};
      5'b00_110: return {1'b0, s_type({5'b0, c[5], c[12:10], c[6], 2'b0}, low, high)};
      5'b01_000: return {1'b0, i_type(12'(imm6), rd, 0, rd, 7'h13)};
      5'b01_001: return {1'b0, j_type(21'(offset_j), 1)};
      5'b01_010: return {1'b0, i_type(12'(imm6), 0, 0, rd, 7'h13)};
      5'b01_011:
        if (rd == 2) return {imm6 == 0, i_type({{3{c[12]}}, c[4:3], c[5], c[2], c[6], 4'b0}, 2, 0,
                                               2, 7'h13)};
        else         return {imm6 == 0, {20'(imm6), rd, 7'h37}};
      5'b01_100:
        case (c[11:10])
          0: return {c[12], i_type({7'h00, rs2}, high, 5, high, 7'h13)};
          1: return {c[12], i_type({7'h20, rs2}, high, 5, high, 7'h13)};
          2: return {1'b0, i_type(12'(imm6), high, 7, high, 7'h13)};
          default:
            case (c[6:5])
              0: return {c[12], r_type(7'h20, low, high, 0, high)};
              1: return {c[12], r_type(7'h00, low, high, 4, high)};
              2: return {c[12], r_type(7'h00, low, high, 6, high)};
              default: return {c[12], r_type(7'h00, low, high, 7, high)};
            endcase
        endcase
      5'b01_101: return {1'b0, j_type(21'(offset_j), 0)};
      5'b01_110: return {1'b0, b_type(13'(offset_b), high, 0)};
      5'b01_111: return {1'b0, b_type(13'(offset_b), high, 1)};
      5'b10_000: return {c[12], i_type({7'h00, rs2}, rd, 1, rd, 7'h13)};
      5'b10_010: return {rd == 0, i_type({4'b0, c[3:2], c[12], c[6:4], 2'b0}, 2, 2, rd, 7'h03)};
      5'b10_100:
        if (!c[12] && rs2 == 0) return {rd == 0, i_type(0, rd, 0, 0, 7'h67)};
        else if (!c[12])        return {1'b0, r_type(0, rs2, 0, 0, rd)};
        else if (rs2 != 0)      return {1'b0, r_type(0, rs2, rd, 0, rd)};
        else if (rd != 0)       return {1'b0, i_type(0, rd, 0, 1, 7'h67)};
        else                    return {1'b0, 32'h00100073};
      5'b10_110: return {1'b0, s_type({4'b0, c[8:7], c[12:9], 2'b0}, rs2, 2)};
      default: begin
        bad = '0;
        return {1'b1, bad};
      end
    endcase
  endfunction

endpackage : isa_pkg
