// SPDX-License-Identifier: Apache-2.0
//
// One layer in the bench, with the contents of its memories. net.vh is its counterpart for a
// pipeline and declares the same names.

  localparam int InBits   = 8 * Pixels * Streams * Lanes;
  localparam int OutBits  = (Logits != 0 ? 32 : 8) * OutValues;
  localparam int Layers   = 1;
  localparam int BusyBits = 16;

  logic                         in_valid, in_ready;
  logic [InBits-1:0]            in_data;
  logic                         out_valid, out_ready;
  logic [OutBits-1:0]           out_data;
  logic [Layers*BusyBits-1:0]   busy;
  logic [63:0]                  products [0:Layers-1];

`ifdef MUTANTS
  // A netlist with mutants (scripts/mutants.py), whose parameters are set already
  logic [9:0] mutant;
  initial if (!$value$plusargs("mutant=%d", mutant)) mutant = '0;

  sparse_stream_layer u_layer (
    .mutsel     (mutant),
`else
  sparse_stream_layer #(
    .Height    (Height),
    .Width     (Width),
    .Channels  (Channels),
    .Filters   (Filters),
    .Kernel    (Kernel),
    .Stride    (Stride),
    .Padding   (Padding),
    .Pool      (Pool),
    .Logits    (Logits),
    .Multiplier(Multiplier),
    .Shift     (Shift),
    .Streams   (Streams),
    .Lanes     (Lanes),
    .Pixels    (Pixels),
    .Slots     (Slots),
    .Columns   (Columns),
    .Queue     (Queue),
    .Banks     (Banks),
    .Dense     (Dense),
    .OutValues (OutValues)
  ) u_layer (
`endif
    .clk_i      (clk),
    .rst_ni     (rst_n),
    .in_valid_i (in_valid),
    .in_ready_o (in_ready),
    .in_data_i  (in_data),
    .out_valid_o(out_valid),
    .out_ready_i(out_ready),
    .out_data_o (out_data),
    .busy_o     (busy)
  );

  // Every slot has a copy of its stream's weights. +empty: there are none (test Refusal).
`ifdef MUTANTS
  // Yosys' names, of the streams and slots that mutation.toml asks for
  initial begin
    $readmemh("weights_0.hex", u_layer.\g_stream[0].u_engine .u_mac.\g_slot[0].u_weights .mem);
    $readmemh("weights_0.hex", u_layer.\g_stream[0].u_engine .u_mac.\g_slot[1].u_weights .mem);
    $readmemh("weights_1.hex", u_layer.\g_stream[1].u_engine .u_mac.\g_slot[0].u_weights .mem);
    $readmemh("weights_1.hex", u_layer.\g_stream[1].u_engine .u_mac.\g_slot[1].u_weights .mem);
    $readmemh("bias.hex", u_layer.u_drain.u_biases.mem);
  end
`else
  for (genvar s = 0; s < Streams; s++) begin : g_fill_stream
    for (genvar k = 0; k < Slots; k++) begin : g_fill_slot
      reg [8*32-1:0] path;
      initial if ($test$plusargs("empty") == 0) begin
        $sformat(path, "weights_%0d.hex", s);
        $readmemh(path, u_layer.g_stream[s].u_engine.u_mac.g_slot[k].u_weights.mem);
      end
    end
  end

  initial begin
    if ($test$plusargs("empty") == 0) $readmemh("bias.hex", u_layer.u_drain.u_biases.mem);
  end
`endif

`ifndef MUTANTS
`ifndef NETLIST
  `include "probe.vh"
`endif
`endif
