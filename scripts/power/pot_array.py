# SPDX-License-Identifier: Apache-2.0
"""Energy of pot's array alone, of any form and size, on the maps of a real layer.

No simulation is needed: what the array's registers do follows from weights and activations, is
computed here, and is compared with the netlist in each cycle (replay). So sizes that no engine is
built with can be compared too. Order of work, tiles and timing are those of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from golden.network import Layer
from golden.pot import Form, corrections, digits, encode, values
from golden.pot_engine import Engine
from scripts.power.estimate import Estimator, Window
from scripts.power.gates import Gates, gates
from scripts.power.replay import Recording

BLOCK, TOP = "pot", "pot_array"
SAMPLES = 300  # cycles in which glitches are simulated
PARAMETERS = ("Form", "ExponentMax", "Lanes", "Columns", "AccBits")

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Tile:
    """Codes [columns, lanes] and the activations that meet them, [positions, lanes].

    psums: partial sums that come with them, [positions, columns]. columns: how many have a channel.
    """

    codes: Integers
    acts: Integers
    psums: Integers
    columns: int


@dataclass(frozen=True)
class ArrayEnergy:
    """useful: products whose weight is not zero. by_kind: fJ."""

    gates: Gates
    useful: int
    cycles: int
    by_kind: Mapping[str, float]
    annotated_percent: float

    @property
    def pj_per_mac(self) -> float:
        """For each useful product, glitches and clock included."""
        return sum(self.by_kind.values()) / self.useful / 1e3


def measure(liberty: Path, engine: Engine, tiles: Sequence[Tile]) -> ArrayEnergy:
    """Estimate the energy of an array of the engine's form and size that works on tiles.

    Raises Mismatch if the netlist does anything but what is computed here.
    """
    parameters = {name: engine.parameters()[name] for name in PARAMETERS}
    made = gates(BLOCK, liberty, parameters, TOP)
    recording = record(engine, tiles)
    begin = engine.columns + 4  # from here on, all that is looked at has been written
    window = Window("tiles", begin, recording.cycles)
    estimate = Estimator(made).estimate(recording, [window], 1, SAMPLES, begin)
    kinds = {kind: estimate.energy.of(None, [kind]) for _, kind in estimate.energy.parts}
    useful = sum(int((decoded(engine, tile.codes) != 0).sum()) * len(tile.acts) for tile in tiles)
    return ArrayEnergy(made, useful, recording.cycles, kinds, estimate.annotated_percent)


def decoded(engine: Engine, codes: Integers) -> Integers:
    """Weights of codes."""
    table: Integers = values(engine.form, engine.exponent_maximum).numpy()
    return table[codes]


# ---- Tiles of a layer ----


def tiles_of(
    engine: Engine, layer: Layer, maps: Integers, group: int, strips: Sequence[int]
) -> list[Tile]:
    """Tiles of a convolution without padding: a group of channels, some strips of positions.

    maps: uint8 values [images, channels, rows, columns].
    """
    limit = engine.exponent_maximum
    codes = encode(engine.form, layer.weights, name=layer.name, exponent_maximum=limit).long()
    weights = codes.permute(0, 2, 3, 1).flatten(2).numpy()  # [filters, kernel rows, taps]
    chosen = weights[group * engine.columns : (group + 1) * engine.columns]
    columns = len(chosen)
    chosen = np.pad(chosen, ((0, engine.columns - columns), (0, 0), (0, 0)))
    width = layer.weights.shape[3]
    rows = np.flatnonzero(weights.any(axis=(0, 2)))  # the engine leaves out the others
    found = []
    for strip in strips:
        places = _positions(layer, maps)[strip * engine.pixels : (strip + 1) * engine.pixels]
        sums = np.zeros((len(places), engine.columns), np.int64)
        for row in rows:
            taps = [maps[n, :, r + row, c : c + width].T.ravel() for n, r, c in places]
            for part, acts in _chunks(engine.lanes, chosen[:, row], np.array(taps)):
                found.append(Tile(part, acts, sums, columns))
                sums = sums + _totals(engine, part[None], acts)
    return found


def _positions(layer: Layer, maps: Integers) -> list[tuple[int, int, int]]:
    """(image, row, column) of output positions in the engine's order."""
    images, _, rows, columns = maps.shape
    kernel = layer.weights.shape[2:]
    height, width = rows - kernel[0] + 1, columns - kernel[1] + 1
    step = 2 if layer.pool else 1
    return [
        (image, row + down, column + right)
        for image in range(images)
        for row in range(0, height, step)
        for column in range(0, width, step)
        for down in range(step)
        for right in range(step)
    ]


def _chunks(lanes: int, codes: Integers, taps: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Codes [columns, lanes] and activations [positions, lanes] of each chunk of a kernel row."""
    for first in range(0, codes.shape[1], lanes):
        part = codes[:, first : first + lanes], taps[:, first : first + lanes]
        room = ((0, 0), (0, lanes - part[0].shape[1]))
        yield np.pad(part[0], room), np.pad(part[1], room).astype(np.int64)


def _totals(engine: Engine, codes: Integers, acts: Integers) -> Integers:
    """What the columns add for activations [n, lanes] and codes [n or 1, columns, lanes]."""
    limit = engine.exponent_maximum
    extra: Integers = corrections(engine.form, limit).numpy()
    weights = decoded(engine, codes)
    sums: Integers = (weights * acts[:, None]).sum(axis=2) - extra[codes].sum(axis=2)
    return sums


# ---- What the array does with them ----


def held(engine: Engine, codes: Integers) -> tuple[Integers, int]:
    """What the array holds for codes, and the bits of it."""
    form, limit = engine.form, engine.exponent_maximum
    if form is Form.POT:
        table = [
            1 << (code & 7) - 1 | (code >> 3) << limit + 1 if 0 < code & 7 <= limit + 1 else 0
            for code in form.codes
        ]
        return np.array(table)[codes], limit + 2
    if form is Form.MAGNITUDE:
        return np.array([code if code & 7 else 0 for code in form.codes])[codes], 4
    if form is Form.RECODED:
        table = [
            sum((abs(d) | (d < 0) << 2) << 3 * i for i, d in enumerate(digits(code)))
            for code in form.codes
        ]
        return np.array(table)[codes], 6
    return codes, form.weight_bits


@dataclass(frozen=True)
class _Inputs:
    """What comes in, and the codes that are then held, in each cycle."""

    load: Integers  # [cycles], one-hot
    valid: Integers  # [cycles]
    bus: Integers  # codes [cycles, lanes]
    acts: Integers  # [cycles, lanes]
    psums: Integers  # [cycles, columns]
    in_use: Integers  # [cycles, columns]
    codes: Integers  # [cycles, columns, lanes]


def record(engine: Engine, tiles: Sequence[Tile]) -> Recording:
    """Ports and registers of the array in each cycle: each tile loads its columns, then works."""
    inputs = _inputs(engine, tiles)
    return recording(_signals(engine, inputs), len(inputs.load))


def _inputs(engine: Engine, tiles: Sequence[Tile]) -> _Inputs:
    columns, lanes = engine.columns, engine.lanes
    starts = np.cumsum([0, *(columns + len(tile.acts) for tile in tiles)])
    cycles = int(starts[-1]) + 2
    sizes = (), (), (lanes,), (lanes,), (columns,), (columns,), (columns, lanes)
    made = _Inputs(*(np.zeros((cycles, *size), np.int64) for size in sizes))
    for tile, start in zip(tiles, starts, strict=False):
        first, end = start + columns, start + columns + len(tile.acts)
        made.load[start:first] = 1 << np.arange(columns)
        made.valid[first:end] = 1
        made.bus[start:first], made.bus[first:] = tile.codes, tile.codes[-1]
        made.acts[first:end], made.acts[end:] = tile.acts, tile.acts[-1]
        made.psums[first + 1 : end + 1], made.psums[end + 1 :] = tile.psums, tile.psums[-1]
        made.in_use[start + 2 :] = np.arange(columns) < tile.columns
        for column in range(columns):
            made.codes[start + column + 1 :, column] = tile.codes[column]
    return made


def _signals(engine: Engine, inputs: _Inputs) -> dict[str, tuple[Integers, int]]:
    """Values [cycles, elements] and the bits of an element, by the RTL's names."""
    valid_1 = later(inputs.valid)
    valid_2 = later(valid_1)
    weight, bits = engine.form.weight_bits, engine.accumulator_bits
    words, held_bits = held(engine, inputs.codes)
    used = _used(inputs.load, held(engine, inputs.bus)[0] != 0)
    first = (later(np.cumsum(inputs.valid)) == 0).astype(np.int64)
    act_q = kept(inputs.acts, inputs.valid[:, None] & (used | first[:, None]))
    psums = inputs.psums & ((1 << bits) - 1)
    sums = (psums + _totals(engine, inputs.codes, act_q)) & ((1 << bits) - 1)
    sum_q = kept(sums, valid_1[:, None] & inputs.in_use)
    found = {
        "rst_ni": (np.ones_like(first)[:, None], 1),
        "load_i": (inputs.load[:, None], engine.columns),
        "codes_i": (inputs.bus, weight),
        "columns_i": (inputs.in_use, 1),
        "used_o": (np.concatenate([used[1:], used[-1:]]), 1),
        "used_q": (used, 1),
        "first_q": (first[:, None], 1),
        "valid_i": (inputs.valid[:, None], 1),
        "act_i": (inputs.acts, 8),
        "act_q": (act_q, 8),
        "psum_i": (psums, bits),
        "valid_q": (np.stack([valid_1, valid_2], axis=1), 1),
        "valid_o": (valid_2[:, None], 1),
        "sums_o": (sum_q, bits),
    }
    for column in range(engine.columns):
        name = f"g_column[{column}].u_column"
        found[f"{name}.held_q"] = (words[:, column], held_bits)
        found[f"{name}.sum_q"] = (sum_q[:, [column]], bits)
    return found


def _used(load: Integers, nonzero: NDArray[np.bool_]) -> Integers:
    """Lanes with a weight other than zero in what was loaded before each cycle, [cycles, lanes]."""
    used = np.zeros(nonzero.shape, np.int64)
    for cycle in range(1, len(load)):
        used[cycle] = used[cycle - 1]
        if load[cycle - 1]:
            before = 0 if load[cycle - 1] == 1 else used[cycle - 1]
            used[cycle] = before | nonzero[cycle - 1]
    return used


def later(values: Integers) -> Integers:
    """A cycle later, from 0 on."""
    return np.concatenate([np.zeros_like(values[:1]), values[:-1]])


def kept(data: Integers, write: Integers) -> Integers:
    """Registers [cycles, n] that take `data` at the end of cycles in which `write`; first 0."""
    number = np.where(write > 0, np.arange(len(data))[:, None], -1)
    last = later(np.maximum.accumulate(number, axis=0) + 1) - 1
    return np.where(last < 0, 0, np.take_along_axis(data, np.maximum(last, 0), axis=0))


def recording(signals: Mapping[str, tuple[Integers, int]], cycles: int) -> Recording:
    """A recording of elements [cycles, n] of so many bits each, the first element lowest."""
    names: dict[str, int] = {}
    rows: list[NDArray[np.uint64]] = []
    for name, (elements, width) in signals.items():
        bits = (elements[:, :, None] >> np.arange(width) & 1).reshape(cycles, -1).T
        packed = np.packbits(bits.astype(np.uint8), axis=1, bitorder="little")
        packed = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8)))
        for number, row in enumerate(np.ascontiguousarray(packed).view(np.uint64)):
            names[name if len(bits) == 1 else f"{name}[{number}]"] = len(rows)
            rows.append(row)
    return Recording(cycles, names, np.array(rows))


def rounded(layer: Layer, engine: Engine) -> Layer:
    """The layer with its weights on the form's levels: those with the least squared error."""
    levels = values(engine.form, engine.exponent_maximum).unique().double()
    weights = layer.weights.double()
    best = None
    for step in np.geomspace(0.02, 3, 120) * float(weights.std()):
        found = torch.bucketize(weights / step, (levels[1:] + levels[:-1]) / 2)
        error = float(((levels[found] * step - weights) ** 2).sum())
        if best is None or error < best[0]:
            best = error, levels[found]
    assert best is not None
    return Layer(**{**layer.__dict__, "weights": best[1].to(torch.int8)})
