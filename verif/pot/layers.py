# SPDX-License-Identifier: Apache-2.0
"""Random layers: shapes, codes with every pattern of zeros, biases that reach the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.pot import Form, values
from golden.pot_engine import Bytes, Command, Engine, Machine
from golden.pot_layer import Shape, weight_beats

# How the codes of a tile are drawn: [columns, lanes], 0 where the kernel ends.
PATTERNS = ("any", "sparse", "lanes", "columns", "zero", "minus_zero", "largest", "negative")
BYTES = ("any", "relu", "zero", "extreme")  # how map memory is filled
_EXTREMES = np.array([0, 127, 128, 255], np.uint8)
# Kinds of layers, with the largest side of a map, and the most channels and groups of outputs
SIDES = {"map": 8, "linear": 1, "large": 40}
CHANNELS = {"map": 23, "linear": 99, "large": 3}
# Rows and columns of kernels, at most
TALLEST = {"map": 5, "linear": 1, "large": 16}
WIDEST = 5
GROUPS = {"map": 3, "linear": 3, "large": 1}
LARGE = 1100  # output positions of a large map
SHIFTS = (9, 39)  # of the networks: 32..62 without the bits the multiplier lacks


def engine_of(parameters: Mapping[str, Any]) -> Engine:
    """Return the engine that the bench's parameters describe."""
    p = parameters
    return Engine(
        Form(p["Form"]), p["ExponentMax"], p["Lanes"], p["Columns"], p["AccBits"], p["Pixels"],
        p["WeightWords"], p["MapBytes"], p["Requantisers"],
    )  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """How large random layers may get: output positions, tiles of a group, groups."""

    pixels: int = 70
    tiles: int = 10
    groups: int = 3


@dataclass(frozen=True)
class RandomLayer:
    """A command, its beats of weights, and by tile the pattern its codes were drawn with."""

    shape: Shape
    command: Command
    weights: Bytes
    patterns: tuple[str, ...]


class Drawer:
    """Draws layers for an engine and the contents of its map memory."""

    def __init__(self, engine: Engine, random: np.random.Generator, limits: Limits) -> None:
        self._engine = engine
        self._random = random
        self._limits = limits

    def memory(self, size: int) -> Bytes:
        """Bytes of a LOAD, in one of the ways of BYTES."""
        kind = self._random.choice(BYTES, p=(0.4, 0.3, 0.1, 0.2))
        values = self._random.integers(0, 256, size, np.uint8)
        if kind == "extreme":
            return self._random.choice(_EXTREMES, size)
        if kind == "zero":
            return np.where(self._random.random(size) < 0.9, 0, values).astype(np.uint8)
        if kind == "relu":
            return np.where(self._random.random(size) < 0.5, 0, values >> 1).astype(np.uint8)
        return values

    def layer(self, machine: Machine) -> RandomLayer:
        """Draw a layer that reads what the machine's memory holds."""
        while True:
            shape, images = self._shape()
            command = self._placed(shape, images)
            if command is not None:
                break
        codes, patterns = self._codes(shape, command)
        bias = self._bias(machine, command, codes)
        beats = weight_beats(self._engine, codes, bias, shape.out_channels)
        command = self._scaled(machine, command, beats)
        return RandomLayer(shape, command, beats, patterns)

    def _shape(self) -> tuple[Shape, int]:
        """Draw a shape within the limits, and a number of images."""
        pick = self._random.integers
        while True:
            kind = str(self._random.choice(list(SIDES), p=(0.7, 0.2, 0.1)))
            size = [int(n) for n in pick(1, SIDES[kind] + 1, 2)]
            most = (TALLEST[kind], WIDEST)
            # Of two draws the larger: large kernels are refused more often.
            kernel = [int(pick(1, min(n, k) + 1, 2).max()) for n, k in zip(size, most, strict=True)]
            padding = [int(pick(0, k)) for k in kernel]
            pool = kind != "linear" and bool(pick(2))
            extra = [
                int(pool) * ((n + 2 * p - k + 1) % 2)
                for n, p, k in zip(size, padding, kernel, strict=True)
            ]
            channels = int(pick(1, CHANNELS[kind] + 1))
            shape = Shape(
                name="layer", rows=size[0] + extra[0], cols=size[1] + extra[1],
                channels=channels, kernel_rows=kernel[0], kernel_cols=kernel[1],
                row_mask=self._row_mask(kernel[0]), pad_rows=padding[0], pad_cols=padding[1],
                out_channels=int(pick(1, GROUPS[kind] * self._engine.columns + 1)), pool=pool,
                raw=bool(pick(4) == 0), relu=bool(pick(2)), signed=bool(pick(2)),
                multiplier=int(pick(128, 256)), shift=0,
            )  # fmt: skip
            images = 1 if kind == "large" else int(pick(1, 7))
            if self._allowed(shape, images, large=kind == "large"):
                return shape, images

    def _row_mask(self, kernel_rows: int) -> int:
        """All kernel rows, or any."""
        every = (1 << kernel_rows) - 1
        return every if self._random.random() < 0.3 else int(self._random.integers(1, every + 1))

    def _allowed(self, shape: Shape, images: int, *, large: bool) -> bool:
        """Whether the limits and the buffer of weights have room."""
        engine, limits = self._engine, self._limits
        tiles = shape.tiles(engine.lanes)
        return (
            tiles <= limits.tiles
            and engine.columns * (1 + tiles) <= engine.weight_words
            and images * shape.out_rows * shape.out_cols <= (LARGE if large else limits.pixels)
            and shape.out_channels <= limits.groups * engine.columns
        )

    def _placed(self, shape: Shape, images: int) -> Command | None:
        """Give a shape's maps places that have no word in common, if there are any."""
        engine = self._engine
        lengths = (images * shape.in_bytes, images * shape.out_bytes)
        if max(lengths) > engine.map_bytes:
            return None
        for _ in range(20):
            bases = [
                8 * int(self._random.integers((engine.map_bytes - n) // 8 + 1)) for n in lengths
            ]
            if self._random.random() < 0.2:  # at the very end
                bases[1] = (engine.map_bytes - lengths[1]) & ~7
            begins = [base // engine.lanes for base in bases]
            ends = [-(-(base + n) // engine.lanes) for base, n in zip(bases, lengths, strict=True)]
            if ends[0] <= begins[1] or ends[1] <= begins[0]:
                return shape.command(engine, images, *bases)
        return None

    def _codes(self, shape: Shape, command: Command) -> tuple[Bytes, tuple[str, ...]]:
        """Draw codes [filters, held rows, bytes of a row], each tile in a way of PATTERNS."""
        engine, random = self._engine, self._random
        rows, width = len(command.rows), command.chunks * engine.lanes
        codes = np.zeros((command.groups * engine.columns, rows, width), np.uint8)
        tiles = codes.reshape(command.groups, engine.columns, rows, command.chunks, engine.lanes)
        favourite = random.choice(PATTERNS)
        patterns = []
        for group in range(command.groups):
            for row in range(rows):
                for chunk in range(command.chunks):
                    pattern = favourite if random.random() < 0.5 else random.choice(PATTERNS)
                    tiles[group, :, row, chunk] = self.tile(str(pattern))
                    patterns.append(str(pattern))
        if random.random() < 0.8:  # else the kernel's last chunk is full
            codes[:, :, shape.kernel_cols * shape.channels :] = 0
        codes[shape.out_channels :] = 0
        return codes, tuple(patterns)

    def tile(self, pattern: str) -> Bytes:
        """Codes [columns, lanes] in one of the ways of PATTERNS."""
        engine, random = self._engine, self._random
        size = (engine.columns, engine.lanes)
        codes = random.integers(0, len(engine.form.codes), size, np.uint8)
        known = values(engine.form, engine.exponent_maximum).numpy()
        if pattern == "sparse":
            codes[random.random(size) < 0.8] = 0
        elif pattern == "lanes":
            codes[:, random.random(engine.lanes) < 0.5] = 0
        elif pattern == "columns":
            codes[random.random(engine.columns) < 0.5] = 0
        elif pattern == "zero":
            codes[:] = 0
        elif pattern == "minus_zero":
            codes = random.choice(np.flatnonzero(known == 0).astype(np.uint8), size)
        elif pattern == "largest":
            codes = random.choice(np.flatnonzero(abs(known) == abs(known).max()).astype("u1"), size)
        elif pattern == "negative":
            codes = random.choice(np.flatnonzero(known <= 0).astype(np.uint8), size)
        return codes

    def _bias(self, machine: Machine, command: Command, codes: Bytes) -> NDArray[np.int64]:
        """Biases: small ones, any, and those with which a sum is just at a limit."""
        engine, random = self._engine, self._random
        half = 1 << (engine.accumulator_bits - 1)
        none = np.zeros(len(codes), np.int64)
        sums = machine.sums(command, weight_beats(engine, codes, none, command.out_channels))
        spread = max(int(np.abs(sums).max()), 100)
        bias = random.integers(-spread, spread, len(codes))
        anything = random.random(len(codes)) < 0.15
        bias[anything] = random.integers(-half, half, int(anything.sum()))
        for place in np.flatnonzero(random.random(len(codes)) < 0.15):
            limit = int(random.choice([half - 1, -half]))
            bias[place] = limit - sums[random.integers(len(sums)), place]
        return bias

    def _scaled(self, machine: Machine, command: Command, weights: Bytes) -> Command:
        """Choose a shift that leaves most results unclamped, or any."""
        if self._random.random() < 0.2:
            shift = int(self._random.integers(SHIFTS[0], SHIFTS[1] + 1))
        else:
            usual = float(np.median(np.abs(machine.sums(command, weights)))) + 1
            shift = round(np.log2(usual * command.multiplier / 60))
        return _with_shift(command, min(max(shift, SHIFTS[0]), SHIFTS[1]))


def _with_shift(command: Command, shift: int) -> Command:
    return Command(**{**command.__dict__, "shift": shift})
