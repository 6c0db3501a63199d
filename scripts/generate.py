# SPDX-License-Identifier: Apache-2.0
"""Turns a configuration of sparse_stream into a top module and the contents of its memories.

    python -m scripts.generate golden/configurations/lenet5-relu-sparse.json
    python -m scripts.generate mine.json --folder somewhere

The folder, by default build/sparse_stream/<name>, gets sparse_stream_net.sv, configuration.json
and, for each layer, <layer>_weights_<stream>.hex and <layer>_bias.hex.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from golden.sparse_stream import Program, program
from golden.sparse_stream_config import (
    POOLS,
    Configuration,
    ConfigurationError,
    LayerConfiguration,
    read,
    to_json,
)
from golden.sparse_stream_memory import bias_hex, weight_hex, weight_words
from scripts.errors import UserError
from scripts.files import write_text
from scripts.project import ROOT

TOP = "sparse_stream_net"
SLOT_BITS = 16  # of a layer's busy_o and of a FIFO's level


def generate(program: Program, folder: Path) -> list[Path]:
    """Write all files of a program below `folder`; each appears complete. Returns their paths."""
    texts = {"configuration.json": to_json(program.configuration), **memories(program)}
    texts[f"{TOP}.sv"] = top(program.configuration)  # last: who sees it may use the others
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def memories(program: Program) -> Mapping[str, str]:
    """Hex files by name."""
    texts = {}
    for layer in program.layers:
        words, name = weight_words(layer), layer.shape.name
        for stream, part in enumerate(words):
            texts[f"{name}_weights_{stream}.hex"] = weight_hex(part)
        texts[f"{name}_bias.hex"] = bias_hex(layer.bias)
    return texts


def top(configuration: Configuration) -> str:
    """The text of the top module."""
    layers = configuration.layers
    taps = [0]
    stages = []
    for place in range(len(layers)):
        stages.append(_stage(configuration, place, taps[-1]))
        taps.append(taps[-1] + output_bits(configuration, place))
    return _TEMPLATE.format(
        name=configuration.name,
        multipliers=configuration.multipliers,
        top=TOP,
        input_bits=8 * layers[0].beat - 1,
        output_bits=output_bits(configuration, len(layers) - 1) - 1,
        last_layer=len(layers) - 1,
        count=len(layers),
        tap_bits=taps[-1] - 1,
        busy_bits=SLOT_BITS * len(layers) - 1,
        stages="\n".join(stages),
        last=layers[-1].name,
    )


def output_bits(configuration: Configuration, place: int) -> int:
    """Bits of a layer's output beat."""
    layer = configuration.layers[place]
    return (32 if layer.logits else 8) * configuration.output_values(place)


def _stage(configuration: Configuration, place: int, tap_at: int) -> str:
    """FIFO and layer; the layer's output handshake is <layer>_valid, _ready, _data."""
    layer = configuration.layers[place]
    parameters = ", ".join(
        f".{name}({value})" for name, value in _parameters(configuration, place).items()
    )
    bits = output_bits(configuration, place)
    return _STAGE.format(
        name=layer.name,
        before=configuration.layers[place - 1].name if place else "in",
        width=8 * layer.beat,
        bits=8 * layer.beat - 1,
        depth=layer.fifo,
        level_bits=layer.fifo.bit_length() - 1,
        place=place,
        slot=SLOT_BITS,
        slot_at=SLOT_BITS * place,
        output_bits=bits - 1,
        tap_at=tap_at,
        tap_bits=bits,
        parameters=_wrapped(parameters),
        comment=_comment(layer),
    )


def _parameters(configuration: Configuration, place: int) -> Mapping[str, int]:
    layer = configuration.layers[place]
    return {
        "Height": layer.height, "Width": layer.width, "Channels": layer.channels,
        "Filters": layer.filters, "Kernel": layer.kernel, "Stride": layer.stride,
        "Padding": layer.padding, "Pool": POOLS.index(layer.pool), "Logits": int(layer.logits),
        "Multiplier": layer.multiplier, "Shift": layer.shift,
        "Streams": layer.streams, "Lanes": layer.lanes, "Pixels": layer.pixels,
        "Slots": layer.slots, "Columns": layer.columns, "Queue": layer.queue, "Banks": layer.banks,
        "Dense": int(configuration.dense), "OutValues": configuration.output_values(place),
    }  # fmt: skip


def _comment(layer: LayerConfiguration) -> str:
    return (
        f"{layer.height} x {layer.width} x {layer.channels} -> {layer.filters} filters of "
        f"{layer.kernel} x {layer.kernel}, {layer.multipliers} multipliers"
    )


def _wrapped(text: str, width: int = 90) -> str:
    """Break a list at its commas; the lines after the first are indented like it."""
    lines = [""]
    for item in text.split(", "):
        if len(lines[-1]) + len(item) > width:
            lines.append("")
        lines[-1] += f"{item}, "
    return "\n    ".join(line.strip() for line in lines).removesuffix(",")


_STAGE = """\
  // {comment}
  logic {name}_in_valid, {name}_in_ready, {name}_valid, {name}_ready;
  logic [{bits}:0] {name}_in_data;
  logic [{output_bits}:0] {name}_data;
  logic [{level_bits}:0] {name}_level;

  fifo #(.Width({width}), .Depth({depth})) u_{name}_fifo (
    .clk_i, .rst_ni,
    .valid_i({before}_valid), .ready_o({before}_ready), .data_i({before}_data),
    .valid_o({name}_in_valid), .ready_i({name}_in_ready), .data_o({name}_in_data),
    .count_o({name}_level)
  );

  sparse_stream_layer #(
    {parameters}
  ) u_{name} (
    .clk_i, .rst_ni,
    .in_valid_i({name}_in_valid), .in_ready_o({name}_in_ready), .in_data_i({name}_in_data),
    .out_valid_o({name}_valid), .out_ready_i({name}_ready), .out_data_o({name}_data),
    .busy_o(busy_o[{slot_at} +: {slot}])
  );

  assign tap_valid_o[{place}] = {name}_valid;
  assign tap_ready_o[{place}] = {name}_ready;
  assign tap_data_o[{tap_at} +: {tap_bits}] = {name}_data;
  assign level_o[{slot_at} +: {slot}] = {slot}'({name}_level);
"""

_TEMPLATE = """\
// SPDX-License-Identifier: Apache-2.0
//
// {name}: {count} layers, {multipliers} multipliers. Generated by scripts/generate.py from
// configuration.json beside it; do not edit.
//
// tap_*: the handshake at each layer's output, layer 0 in the low bits. busy_o: products made in
// this cycle, level_o: beats in the FIFO in front, 16 bits per layer.

module {top} (
  input  logic           clk_i,
  input  logic           rst_ni,

  input  logic           in_valid_i,
  output logic           in_ready_o,
  input  logic [{input_bits}:0] in_data_i,

  output logic           out_valid_o,
  input  logic           out_ready_i,
  output logic [{output_bits}:0] out_data_o,

  output logic [{last_layer}:0] tap_valid_o,
  output logic [{last_layer}:0] tap_ready_o,
  output logic [{tap_bits}:0] tap_data_o,
  output logic [{busy_bits}:0] busy_o,
  output logic [{busy_bits}:0] level_o
);
  logic in_valid, in_ready;
  logic [{input_bits}:0] in_data;
  assign in_valid   = in_valid_i;
  assign in_ready_o = in_ready;
  assign in_data    = in_data_i;

{stages}
  assign out_valid_o  = {last}_valid;
  assign {last}_ready = out_ready_i;
  assign out_data_o   = {last}_data;
endmodule : {top}
"""


def main() -> int:
    """Read the configuration, write the files, name the folder."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.generate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("configuration", type=Path, help="JSON file of a configuration")
    parser.add_argument("--folder", type=Path, help="where to write")
    arguments = parser.parse_args()
    try:
        bound = program(read(arguments.configuration))
        folder = arguments.folder or ROOT / "build" / "sparse_stream" / bound.configuration.name
        written = generate(bound, folder)
    except (ConfigurationError, UserError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}; give another --folder", file=sys.stderr)
        return 2
    print(f"wrote {len(written)} files to {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
