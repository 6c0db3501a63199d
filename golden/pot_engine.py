# SPDX-License-Identifier: Apache-2.0
"""pot's commands, and a machine that does what they say: the model that the RTL has to equal.

    machine = Machine(Engine(Form.POT))
    machine.load(Command.load(0, 4), beats)
    machine.layer(command, weights)
    machine.store(Command.store(64, 2))

The machine knows bytes, strides and codes, but no networks; golden/pot_program.py makes its
commands from networks and says, from their own arithmetic, what has to come out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from golden import arithmetic
from golden.architecture import ModelError
from golden.pot import EXPONENT_MAXIMUM, Form, corrections, values

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Engine:
    """Parameters of the block: rtl/pot/pot.sv has the same. accumulator_bits 0: the form's."""

    form: Form = Form.POT
    exponent_maximum: int = EXPONENT_MAXIMUM
    lanes: int = 32
    columns: int = 16
    accumulator_bits: int = 0
    pixels: int = 64
    weight_words: int = 2048
    map_bytes: int = 65536
    requantisers: int = 4

    def __post_init__(self) -> None:
        if not self.accumulator_bits:
            object.__setattr__(self, "accumulator_bits", self.form.accumulator_bits)

    @property
    def weight_beat(self) -> int:
        """Bytes of a beat of weights."""
        return self.lanes * self.form.weight_bits // 8

    def parameters(self) -> dict[str, int]:
        """Return the parameters of the RTL."""
        return {
            "Form": int(self.form), "ExponentMax": self.exponent_maximum, "Lanes": self.lanes,
            "Columns": self.columns, "AccBits": self.accumulator_bits, "Pixels": self.pixels,
            "WeightWords": self.weight_words, "MapBytes": self.map_bytes,
            "Requantisers": self.requantisers,
        }  # fmt: skip


class Operation(IntEnum):
    """What a command does."""

    LOAD = 0
    LAYER = 1
    STORE = 2


# Fields of command_t and their bits, the first in the highest.
FIELDS = {
    "operation": 2, "in_base": 16, "out_base": 16, "words": 16, "pixels": 16, "out_cols": 8,
    "out_rows": 8, "in_rows": 8, "row_bytes": 16, "pixel_bytes": 12, "image_bytes": 16,
    "row_mask": 16, "chunks": 8, "pad_rows": 4, "pad_bytes": 12, "groups": 8, "out_channels": 12,
    "pool": 1, "raw": 1, "relu": 1, "signed_in": 1, "multiplier": 8, "shift": 6,
}  # fmt: skip
COMMAND_BITS = sum(FIELDS.values())


@dataclass(frozen=True)
class Command:
    """One beat of the command stream; docs/pot.md describes the fields.

    Sizes of maps are in bytes. pixels, out_cols and out_rows are those before pooling. Bit r of
    row_mask: kernel row r has weights; the others have no tiles and no beats.
    """

    operation: Operation
    in_base: int = 0
    out_base: int = 0
    words: int = 0
    pixels: int = 0
    out_cols: int = 0
    out_rows: int = 0
    in_rows: int = 0
    row_bytes: int = 0
    pixel_bytes: int = 0
    image_bytes: int = 0
    row_mask: int = 0
    chunks: int = 0
    pad_rows: int = 0
    pad_bytes: int = 0
    groups: int = 0
    out_channels: int = 0
    pool: int = 0
    raw: int = 0
    relu: int = 0
    signed_in: int = 0
    multiplier: int = 0
    shift: int = 0

    @classmethod
    def load(cls, base: int, words: int) -> Command:
        """Fill `words` beats of map memory from address `base` on."""
        return cls(Operation.LOAD, in_base=base, words=words)

    @classmethod
    def store(cls, base: int, words: int) -> Command:
        """Send `words` beats of map memory from address `base` on."""
        return cls(Operation.STORE, in_base=base, words=words)

    @property
    def rows(self) -> list[int]:
        """Kernel rows with weights."""
        return mask_rows(self.row_mask)

    @property
    def tiles(self) -> int:
        """Tiles of weights of a group."""
        return self.row_mask.bit_count() * self.chunks

    @property
    def results(self) -> int:
        """Output positions after pooling, of all images."""
        return self.pixels // 4 if self.pool else self.pixels

    def weight_beats(self, columns: int) -> int:
        """Beats of the weight stream that a layer takes."""
        few = int(self.out_channels % columns != 0)  # a beat of zeros
        return self.out_channels * (1 + self.tiles) + few

    def out_bytes(self) -> int:
        """Bytes of the map that a layer writes."""
        return self.results * self.out_channels * (4 if self.raw else 1)

    def pack(self) -> int:
        """Return the beat.

        Raises:
            ModelError: naming a field that its bits cannot hold.
        """
        word = 0
        for name, bits in FIELDS.items():
            number = int(getattr(self, name))
            if not 0 <= number < 1 << bits:
                raise ModelError(f"command: {name} = {number} does not fit {bits} bits")
            word = word << bits | number
        return word

    @classmethod
    def unpack(cls, word: int) -> Command:
        """Return the command of a beat."""
        found = {}
        for name, bits in reversed(FIELDS.items()):
            found[name] = word & ((1 << bits) - 1)
            word >>= bits
        return cls(Operation(found.pop("operation")), **found)


def mask_rows(mask: int) -> list[int]:
    """Kernel rows whose bits are set.

    >>> mask_rows(0b10110)
    [1, 2, 4]
    """
    return [row for row in range(mask.bit_length()) if mask >> row & 1]


assert tuple(FIELDS) == tuple(entry.name for entry in fields(Command))


class Machine:
    """Map memory and arithmetic of the block. `memory` is uint8 [map_bytes]."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.memory: Bytes = np.zeros(engine.map_bytes, np.uint8)

    def load(self, command: Command, beats: Bytes) -> None:
        """Do a LOAD with beats [words, Lanes]."""
        self._slice(command)[:] = beats.reshape(-1)

    def store(self, command: Command) -> Bytes:
        """Do a STORE; return beats [words, Lanes]."""
        return self._slice(command).reshape(-1, self.engine.lanes).copy()

    def layer(self, command: Command, weights: Bytes) -> None:
        """Do a LAYER with its beats of weights [beats, bytes of one]."""
        sums = self.sums(command, weights)
        if command.pool:
            sums = sums.reshape(-1, 4, sums.shape[1]).max(axis=1)
        sums = sums[:, : command.out_channels]
        written = sums.astype("<i4") if command.raw else _requantise(command, sums)
        result = np.ascontiguousarray(written).view(np.uint8).reshape(-1)
        self.memory[command.out_base :][: len(result)] = result

    def sums(self, command: Command, weights: Bytes) -> NDArray[np.int64]:
        """Final sums of a LAYER [pixels, groups * Columns], pixels in the order of work."""
        return _wrap(self.exact(command, weights), self.engine.accumulator_bits)

    def exact(self, command: Command, weights: Bytes) -> NDArray[np.int64]:
        """`sums` as they would be in an accumulator of any size."""
        bias, kernels = self.weights(command, weights)
        columns = [
            self._row(command, row).astype(np.float64) @ kernel.astype(np.float64)
            for row, kernel in zip(command.rows, kernels, strict=True)
        ]
        total: NDArray[np.int64] = np.rint(sum(columns)).astype(np.int64) + bias
        return total

    def weights(
        self, command: Command, beats: Bytes
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Read a layer's beats: sums of constants [O], weights [rows, bytes of a row, O].

        The constants are what the products have beside activation * weight, and the bias. The rows
        are those with weights; a row without any adds nothing to either.
        """
        engine, rows = self.engine, len(command.rows)
        groups = self._groups(command, beats)
        heads = np.zeros((*groups[:, 0].shape[:2], 8), np.uint8)
        kept = (engine.accumulator_bits + 7) // 8
        heads[:, :, :kept] = groups[:, 0, :, :kept]
        bias = _wrap(heads.reshape(-1, 8).view("<i8")[:, 0], engine.accumulator_bits)
        # group, tile, column, lane -> kernel row, chunk and lane, group and column
        tiled = (
            self.codes(command, beats)
            .reshape(command.groups, rows, command.chunks, engine.columns, engine.lanes)
            .transpose(1, 2, 4, 0, 3)
        )
        tiled = tiled.reshape(rows, command.chunks * engine.lanes, -1)
        known = values(engine.form, engine.exponent_maximum).numpy()
        extra = corrections(engine.form, engine.exponent_maximum).numpy()
        weights = known[tiled]
        constants = bias - extra[tiled].sum(axis=(0, 1))
        if command.signed_in:  # the array sees 128 more
            constants = constants + 128 * weights.sum(axis=(0, 1))
        return constants, weights

    def codes(self, command: Command, beats: Bytes) -> Bytes:
        """Codes in a layer's beats [groups * tiles, columns, lanes], in the order of work."""
        engine = self.engine
        groups = self._groups(command, beats)[:, 1:]
        codes = _nibbles(groups) if engine.form.weight_bits == 4 else groups
        return codes.reshape(-1, engine.columns, engine.lanes)

    def _groups(self, command: Command, beats: Bytes) -> Bytes:
        """Beats [groups, 1 + tiles, columns, bytes], zeros for columns without a channel."""
        columns = self.engine.columns
        groups = np.zeros((command.groups, 1 + command.tiles, columns, beats.shape[1]), np.uint8)
        at = 0
        for group in range(command.groups):
            count = min(columns, command.out_channels - group * columns)
            groups[group, 0, :count] = beats[at : at + count]
            at += count + (count < columns)
            tiles = beats[at : at + count * command.tiles]
            groups[group, 1:, :count] = tiles.reshape(command.tiles, count, -1)
            at += len(tiles)
        if at != len(beats):
            raise ValueError(f"{len(beats)} beats of weights, {at} expected")
        return groups

    def _row(self, command: Command, kernel_row: int) -> NDArray[np.int64]:
        """Activations that meet one kernel row [pixels, bytes]; 0 outside the map."""
        place = positions(command)
        image, row, column = place[:, 0], place[:, 1], place[:, 2]
        row = row - command.pad_rows + kernel_row
        taps = np.arange(command.chunks * self.engine.lanes)
        at = column[:, None] * command.pixel_bytes - command.pad_bytes + taps
        inside = ((row >= 0) & (row < command.in_rows))[:, None] & (at >= 0)
        inside &= at < command.row_bytes
        start = command.in_base + image * command.image_bytes + row * command.row_bytes
        found = self.memory[np.where(inside, start[:, None] + at, 0)]
        signed = found.view(np.int8) if command.signed_in else found
        return np.where(inside, signed, 0).astype(np.int64)

    def _slice(self, command: Command) -> Bytes:
        size = command.words * self.engine.lanes
        return self.memory[command.in_base : command.in_base + size]


def positions(command: Command) -> NDArray[np.int64]:
    """Image, row and column of each output position [pixels, 3], in the order of work."""
    number = np.arange(command.pixels)
    per_image = command.out_cols * command.out_rows
    image, within = number // per_image, number % per_image
    if not command.pool:
        return np.stack([image, within // command.out_cols, within % command.out_cols], axis=1)
    block, corner = within // 4, within % 4
    across = command.out_cols // 2
    row = 2 * (block // across) + corner // 2
    return np.stack([image, row, 2 * (block % across) + corner % 2], axis=1)


def _wrap(sums: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Sums modulo 2**bits, as signed numbers."""
    half = 1 << (bits - 1)
    return ((sums + half) & ((1 << bits) - 1)) - half


def _requantise(command: Command, sums: NDArray[np.int64]) -> NDArray[np.int8]:
    """(sum * multiplier + 2**(shift - 1)) >> shift, clamped."""
    half = 1 << command.shift >> 1
    scaled = (sums * command.multiplier + half) >> command.shift
    low = 0 if command.relu else -arithmetic.ACTIVATION_MAXIMUM - 1
    return scaled.clip(low, arithmetic.ACTIVATION_MAXIMUM).astype(np.int8)


def _nibbles(codes: Bytes) -> Bytes:
    """Codes of four bits [..., n] -> one a byte [..., 2n], the low one first."""
    return np.stack([codes & 15, codes >> 4], axis=-1).reshape(*codes.shape[:-1], -1)
