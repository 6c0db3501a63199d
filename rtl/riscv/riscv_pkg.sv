// SPDX-License-Identifier: Apache-2.0
//
// What the modules of the core say to each other: operation classes, ALU operations, CSR addresses,
// trap causes.

package riscv_pkg;

  // What stage X does with an instruction. OpOffload is any 32-bit word that the core itself does
  // not know.
  typedef enum logic [3:0] {
    OpAlu,
    OpLoad,
    OpStore,
    OpBranch,
    OpJal,
    OpJalr,
    OpMulDiv,
    OpCsr,
    OpEcall,
    OpEbreak,
    OpMret,
    OpWfi,
    OpFenceI,
    OpOffload,
    OpIllegal
  } op_e;

  // ALU operations are {instr[30], funct3} of the instructions OP and OP-IMM. All but AluAdd
  // subtract; 4'b1000 only that.
  localparam logic [3:0] AluAdd  = 4'b0000;
  localparam logic [3:0] AluSll  = 4'b0001;
  localparam logic [3:0] AluSlt  = 4'b0010;
  localparam logic [3:0] AluSltu = 4'b0011;
  localparam logic [3:0] AluXor  = 4'b0100;
  localparam logic [3:0] AluSrl  = 4'b0101;
  localparam logic [3:0] AluSra  = 4'b1101;
  localparam logic [3:0] AluOr   = 4'b0110;
  localparam logic [3:0] AluAnd  = 4'b0111;

  // Major opcodes, instr[6:0]
  localparam logic [6:0] OpcodeLoad    = 7'h03;
  localparam logic [6:0] OpcodeMiscMem = 7'h0f;
  localparam logic [6:0] OpcodeOpImm   = 7'h13;
  localparam logic [6:0] OpcodeAuipc   = 7'h17;
  localparam logic [6:0] OpcodeStore   = 7'h23;
  localparam logic [6:0] OpcodeOp      = 7'h33;
  localparam logic [6:0] OpcodeLui     = 7'h37;
  localparam logic [6:0] OpcodeBranch  = 7'h63;
  localparam logic [6:0] OpcodeJalr    = 7'h67;
  localparam logic [6:0] OpcodeJal     = 7'h6f;
  localparam logic [6:0] OpcodeSystem  = 7'h73;

  // CSR addresses
  localparam logic [11:0] CsrMstatus       = 12'h300;
  localparam logic [11:0] CsrMisa          = 12'h301;
  localparam logic [11:0] CsrMie           = 12'h304;
  localparam logic [11:0] CsrMtvec         = 12'h305;
  localparam logic [11:0] CsrMstatush      = 12'h310;
  localparam logic [11:0] CsrMcountinhibit = 12'h320;
  localparam logic [11:0] CsrMscratch      = 12'h340;
  localparam logic [11:0] CsrMepc          = 12'h341;
  localparam logic [11:0] CsrMcause        = 12'h342;
  localparam logic [11:0] CsrMtval         = 12'h343;
  localparam logic [11:0] CsrMip           = 12'h344;
  localparam logic [11:0] CsrTselect       = 12'h7a0;
  localparam logic [11:0] CsrMcycle        = 12'hb00;
  localparam logic [11:0] CsrMinstret      = 12'hb02;
  localparam logic [11:0] CsrMcycleh       = 12'hb80;
  localparam logic [11:0] CsrMinstreth     = 12'hb82;
  localparam logic [11:0] CsrMvendorid     = 12'hf11;
  localparam logic [11:0] CsrMarchid       = 12'hf12;
  localparam logic [11:0] CsrMimpid        = 12'hf13;
  localparam logic [11:0] CsrMhartid       = 12'hf14;
  localparam logic [11:0] CsrMconfigptr    = 12'hf15;

  // cycle, instret and hpmcounter3..31 are read-only shadows of the machine's counters: the address
  // of what is read.
  function automatic logic [11:0] csr_behind(input logic [11:0] addr);
    csr_behind = addr[11:8] == 4'hc ? {4'hb, addr[7:0]} : addr;
  endfunction

  // mcause: bit 4 stands for bit 31 (interrupt), the other bits of the register are zero.
  localparam logic [4:0] CauseFetchFault   = 5'd1;
  localparam logic [4:0] CauseIllegal      = 5'd2;
  localparam logic [4:0] CauseBreakpoint   = 5'd3;
  localparam logic [4:0] CauseLoadFault    = 5'd5;
  localparam logic [4:0] CauseStoreFault   = 5'd7;
  localparam logic [4:0] CauseEcall        = 5'd11;
  localparam logic [4:0] CauseIrqSoftware  = 5'h13;
  localparam logic [4:0] CauseIrqTimer     = 5'h17;
  localparam logic [4:0] CauseIrqExternal  = 5'h1b;

endpackage : riscv_pkg
