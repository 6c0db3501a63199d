// SPDX-License-Identifier: Apache-2.0
//
// Encodings of the soft-sparsity unit, as docs/msb_skip.md lists them.

package msb_skip_pkg;

  localparam int Lanes    = 4;
  localparam int SumWidth = 18;  // of four products of 16 bits

  localparam logic [6:0] OpcodeCustom0 = 7'h0b;
  localparam logic [2:0] Funct3Cfg  = 3'd0;
  localparam logic [2:0] Funct3Dot4 = 3'd1;
  localparam logic [2:0] Funct3Read = 3'd2;

  typedef enum logic [1:0] {
    OpCfg,
    OpDot4,
    OpReadAccumulator,
    OpReadStatus  // a counter or the configuration
  } op_e;

  // The mode is read from a register field; Icarus 11 casts no bits to an enum, hence constants.
  localparam logic [1:0] ModeExact          = 2'd0;
  localparam logic [1:0] ModeZero           = 2'd1;
  localparam logic [1:0] ModeAbsolute       = 2'd2;
  localparam logic [1:0] ModeRunningMaximum = 2'd3;

  localparam int CounterKept = 0;
  localparam int CounterZero = 1;
  localparam int CounterSoft = 2;
  localparam int Counters    = 3;

  localparam logic [2:0] StatusConfiguration = 3'd3;  // the status after the three counters

  // Bits of the configuration word
  localparam int CfgThresholdLsb      = 0;
  localparam int CfgModeLsb           = 4;
  localparam int CfgClearAccumulators = 8;
  localparam int CfgClearCounters     = 9;

endpackage : msb_skip_pkg
