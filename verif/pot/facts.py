# SPDX-License-Identifier: Apache-2.0
"""What a random layer consists of, by the names of the bins of coverage.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.pot import Form, values
from golden.pot_engine import Bytes, Command, Engine, Machine, mask_rows, positions
from golden.pot_layer import Shape
from verif.pot.layers import RandomLayer

Facts = dict[str, list[str]]
EIGHTHS = 8  # places within a word of map memory that are told apart
CODES = 16  # codes of a form that are told apart; of eight bits, the upper four


def of_layer(machine: Machine, drawn: RandomLayer) -> Facts:
    """Facts of a layer that the machine is about to run."""
    engine, command = machine.engine, drawn.command
    codes = machine.codes(command, drawn.weights)
    found = {
        **_shape(engine, drawn),
        **_strips(engine, command),
        **_addresses(engine, command),
        **_codes(engine, codes),
        **_values(machine, drawn),
    }
    return {name: sorted(bins) for name, bins in found.items()}


def _some(count: int) -> str:
    return "more" if count > 1 else "one"


def _rest(whole: bool) -> str:
    return "whole" if whole else "rest"


def _shape(engine: Engine, drawn: RandomLayer) -> dict[str, set[str]]:
    shape, command = drawn.shape, drawn.command
    kernels = {(False, False): "point", (False, True): "row", (True, False): "column"}
    kernel = kernels.get((shape.kernel_rows > 1, shape.kernel_cols > 1), "block")
    pads = {(False, False): "none", (True, False): "rows", (False, True): "columns"}
    padding = pads.get((shape.pad_rows > 0, shape.pad_cols > 0), "both")
    output = "raw" if shape.raw else "relu" if shape.relu else "signed"
    words = engine.columns * (1 + command.tiles)
    return {
        "shape.kernel": {kernel},
        "shape.rows_left_out": _left_out(shape),
        "shape.padding": {padding},
        "shape.input": {"signed" if shape.signed else "unsigned"},
        "shape.output": {f"{output}_{'pooled' if shape.pool else 'plain'}"},
        "shape.tiles": {"two" if command.tiles == 2 else _some(command.tiles)},
        "shape.groups": {_some(command.groups)},
        "shape.last_group": {_rest(shape.out_channels % engine.columns == 0)},
        "shape.last_chunk": {_rest(shape.kernel_cols * shape.channels % engine.lanes == 0)},
        "shape.buffer": {"half" if 2 * words <= engine.weight_words else "most"},
    }


def _left_out(shape: Shape) -> set[str]:
    """Where in the kernel rows without weights lie."""
    held = mask_rows(shape.row_mask)
    found = {
        "none": len(held) == shape.kernel_rows,
        "first": held[0] > 0,
        "middle": held[-1] - held[0] >= len(held),
        "last": held[-1] < shape.kernel_rows - 1,
        "all_but_one": len(held) == 1 < shape.kernel_rows,
    }
    return {name for name, is_so in found.items() if is_so}


def _strips(engine: Engine, command: Command) -> dict[str, set[str]]:
    """Strips of output positions, and what one runs across."""
    place = positions(command)
    across = set()
    for first in range(0, len(place), engine.pixels):
        image, row = (
            place[first : first + engine.pixels, 0],
            place[first : first + engine.pixels, 1],
        )
        across.add("image" if np.ptp(image) else "row" if np.ptp(row) else "nothing")
    return {
        "strip.count": {_some(-(-len(place) // engine.pixels))},
        "strip.last": {_rest(len(place) % engine.pixels == 0)},
        "strip.across": across,
        "strip.images": {_some(int(place[-1, 0]) + 1)},
    }


def _addresses(engine: Engine, command: Command) -> dict[str, set[str]]:
    """Where in a word fetches and writes begin."""
    place = positions(command)
    row = place[:, 1, None] - command.pad_rows + np.array(command.rows)
    start = place[:, 0] * command.image_bytes + place[:, 2] * command.pixel_bytes
    fetch = command.in_base + start[:, None] + row * command.row_bytes - command.pad_bytes
    size = 4 if command.raw else 1
    result = np.arange(command.results)[:, None] * command.out_channels
    group = np.arange(command.groups) * engine.columns
    written = command.out_base + size * (result + group)
    return {"address.fetch": _eighths(engine, fetch), "address.write": _eighths(engine, written)}


def _eighths(engine: Engine, address: NDArray[Any]) -> set[str]:
    return {str(n) for n in np.unique(address % engine.lanes * EIGHTHS // engine.lanes)}


def _codes(engine: Engine, codes: Bytes) -> dict[str, set[str]]:
    """Codes [tiles, columns, lanes] of all tiles in order."""
    form = engine.form
    coarse = codes >> 4 if form is Form.EIGHT else codes
    zero = values(form, engine.exponent_maximum).numpy()[codes] == 0
    lanes, columns = zero.all(axis=1), zero.all(axis=2)
    kinds = np.select(
        [zero.all(axis=(1, 2)), ~zero.any(axis=(1, 2)), lanes.any(axis=1) & columns.any(axis=1),
         lanes.any(axis=1), columns.any(axis=1)],
        ["zero", "full", "lanes_columns", "lanes", "columns"], "mixed",
    )  # fmt: skip
    pairs = zip(lanes[:-1].ravel(), lanes[1:].ravel(), strict=True)
    gates = {f"{'shut' if a else 'open'}_{'shut' if b else 'open'}" for a, b in pairs}
    return {
        "codes.code": {f"{form.name.lower()}_{code}" for code in np.unique(coarse)},
        "codes.tile": set(kinds.tolist()),
        "codes.lane": gates,
    }


def _values(machine: Machine, drawn: RandomLayer) -> dict[str, set[str]]:
    """Activations of all corners, sums at the limits, results that are clamped."""
    command, half = drawn.command, 1 << (machine.engine.accumulator_bits - 1)
    size = command.pixels // (command.out_rows * command.out_cols) * command.image_bytes
    seen = np.unique(machine.memory[command.in_base : command.in_base + size])
    sign = "signed" if command.signed_in else "unsigned"
    exact = machine.exact(command, drawn.weights)[:, : command.out_channels]
    sums = machine.sums(command, drawn.weights)[:, : command.out_channels]
    limits = {"maximum": sums == half - 1, "minimum": sums == -half, "wrapped": sums != exact}
    found = {
        "values.activation": {f"{sign}_{n}" for n in (0, 127, 128, 255) if n in seen},
        "values.sum": {name for name, where in limits.items() if where.any()},
    }
    if not command.raw:
        scaled = (sums * command.multiplier + (1 << command.shift >> 1)) >> command.shift
        low = 0 if command.relu else -128
        clamps = {"low": scaled < low, "high": scaled > 127}
        clamps["inside"] = ~(clamps["low"] | clamps["high"])
        name = "relu" if command.relu else "signed"
        found["values.result"] = {f"{name}_{c}" for c, where in clamps.items() if where.any()}
    return found
