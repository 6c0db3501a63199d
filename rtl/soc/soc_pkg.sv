// SPDX-License-Identifier: Apache-2.0
//
// Memory map of the system.

package soc_pkg;

  localparam logic [31:0] InstrRamBase = 32'h8000_0000;
  localparam logic [31:0] DataRamBase  = 32'h8010_0000;
  localparam logic [31:0] DeviceBase   = 32'hF000_0000;

  // Registers of the device, by word. All are write-only.
  localparam logic [1:0] DeviceConsole = 2'd0;  // one character
  localparam logic [1:0] DeviceExit    = 2'd1;  // ends the run with a code
  localparam logic [1:0] DeviceMarker  = 2'd2;  // tells the bench where the program is

endpackage : soc_pkg
