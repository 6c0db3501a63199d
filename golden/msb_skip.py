# SPDX-License-Identifier: Apache-2.0
"""msb_skip, bit exact: the rules of docs/msb_skip.md for whole layers and for single instructions.

`products` computes a layer (every window against every output's weights) vectorised in torch,
`Unit` executes one instruction at a time on Python integers. They share nothing but the position of
a leading one, and the tests hold them against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor

from golden.arithmetic import leading_ones, msb


class Mode(IntEnum):
    """When a product is multiplied. The first four values are those of the configuration word."""

    EXACT = 0
    ZERO = 1
    ABSOLUTE = 2
    RUNNING_MAXIMUM = 3
    WINDOW_MAXIMUM = 4
    """Two passes: the window's maximum is known beforehand. For comparison; not in hardware."""


@dataclass(frozen=True)
class Counts:
    """What became of each product; int64 tensors [N], one number per image."""

    kept: Tensor
    zero_skipped: Tensor
    soft_skipped: Tensor

    @property
    def total(self) -> Tensor:
        """All products, [N]."""
        return self.kept + self.zero_skipped + self.soft_skipped

    def __sub__(self, other: Counts) -> Counts:
        """The products that are not among those of `other`."""
        return Counts(
            self.kept - other.kept,
            self.zero_skipped - other.zero_skipped,
            self.soft_skipped - other.soft_skipped,
        )


# Blocks of the sequential rules: small enough that their dozen temporaries stay in the cache.
_BLOCK_ELEMENTS = 1 << 15
# float32 adds integers exactly, in any order, while every partial sum is below 2^24; float64 below
# 2^53.
_FLOAT32_TERMS = (1 << 24) // (128 * 128)


def products(
    activations: Tensor,
    weights: Tensor,
    mode: Mode,
    threshold: int = 0,
    order: Tensor | None = None,
) -> tuple[Tensor, Counts]:
    """Sum the products of every window with every output's weights, under one skipping rule.

    Args:
        activations: int8 [N, P, K], the K operands of each of P windows of N images.
        weights: int8 [O, K].
        mode: the rule.
        threshold: T of the rule, 0..15; unused by exact and zero.
        order: int64 [L], the lanes in the order they are taken: an index into K, or -1 for an empty
            lane. Each index occurs exactly once. Only the running maximum depends on it; None means
            0..K-1.

    Returns:
        int32 accumulators [N, P, O], and the counts over the P*O*K real products of each image
        (empty lanes excluded).

    Raises:
        ValueError: if the operands are not int8, shapes disagree, or the order is not a permutation
        of K.
    """
    _check(activations, weights, threshold, order)
    if mode in (Mode.EXACT, Mode.ZERO):
        accumulators = _matmul(activations, weights)
        kept = None if mode == Mode.EXACT else _nonzero(activations, weights)
    elif mode == Mode.ABSOLUTE:
        accumulators, kept = _absolute(activations, weights, threshold)
    else:
        lanes = torch.arange(weights.shape[1]) if order is None else order[order >= 0]
        rule = _running if mode == Mode.RUNNING_MAXIMUM else _window
        accumulators, kept = _sequential(activations, weights, threshold, lanes, rule)
    return accumulators, _counts(activations, weights, kept)


def _check(activations: Tensor, weights: Tensor, threshold: int, order: Tensor | None) -> None:
    if activations.dtype != torch.int8 or weights.dtype != torch.int8:
        raise ValueError(f"operands must be int8, got {activations.dtype} and {weights.dtype}")
    if activations.dim() != 3 or weights.dim() != 2 or activations.shape[2] != weights.shape[1]:
        raise ValueError(
            f"shapes {tuple(activations.shape)} and {tuple(weights.shape)} are not NPK and OK"
        )
    if not 0 <= threshold <= 15:
        raise ValueError(f"threshold {threshold} is not in 0..15")
    terms = weights.shape[1]
    if order is not None and order[order >= 0].sort().values.tolist() != list(range(terms)):
        raise ValueError(f"order does not take each of the {terms} products exactly once")


def _counts(activations: Tensor, weights: Tensor, kept: Tensor | None) -> Counts:
    """Complete the counts: not kept is zero-skipped if an operand is 0, else soft-skipped."""
    images, windows, terms = activations.shape
    total = torch.full((images,), windows * terms * weights.shape[0], dtype=torch.int64)
    if kept is None:
        none = torch.zeros_like(total)
        return Counts(total, none, none)
    nonzero = _nonzero(activations, weights)  # no rule but exact keeps a product that is zero
    return Counts(kept, total - nonzero, nonzero - kept)


def _nonzero(activations: Tensor, weights: Tensor) -> Tensor:
    """Products without a zero operand, [N]."""
    return (activations != 0).sum(dim=1) @ (weights != 0).sum(dim=0)


def _matmul(activations: Tensor, weights: Tensor) -> Tensor:
    """Exact integer matrix product in floating point, far faster than torch's integer kernels."""
    exact = torch.float32 if weights.shape[1] < _FLOAT32_TERMS else torch.float64
    return (activations.to(exact) @ weights.to(exact).t()).to(torch.int32)


def _absolute(activations: Tensor, weights: Tensor, threshold: int) -> tuple[Tensor, Tensor]:
    """Keep iff msb(a) + msb(w) >= T: for each level of a one ordinary product with large weights.

    Levels below T - 6 find no such weight, so a high threshold needs only a few.
    """
    activation_levels, weight_levels = leading_ones(activations), leading_ones(weights)
    accumulators = torch.zeros(*activations.shape[:2], weights.shape[0], dtype=torch.int32)
    kept = torch.zeros(activations.shape[0], dtype=torch.int64)
    for level in range(max(0, threshold - 6), 7):
        active = activation_levels == level
        enough = weight_levels >= max(0, threshold - level)
        accumulators += _matmul(activations * active, weights * enough)
        kept += active.sum(dim=1) @ enough.sum(dim=0)
    return accumulators, kept


_Rule = Callable[[Tensor, Tensor, int], Tensor]


def _sequential(
    activations: Tensor, weights: Tensor, threshold: int, lanes: Tensor, rule: _Rule
) -> tuple[Tensor, Tensor]:
    """Rules that compare a product with others of its window: lane by lane, all windows at once."""
    images, windows, terms = activations.shape
    outputs = weights.shape[0]
    flat = activations.reshape(-1, terms)[:, lanes]
    taken = weights[:, lanes]
    accumulators = torch.empty(len(flat), outputs, dtype=torch.int32)
    kept = torch.empty(len(flat), dtype=torch.int64)
    rows = max(1, _BLOCK_ELEMENTS // outputs)
    for start in range(0, len(flat), rows):
        block = slice(start, start + rows)
        accumulators[block], kept[block] = _sequential_block(flat[block], taken, threshold, rule)
    return accumulators.view(images, windows, outputs), kept.view(images, windows).sum(dim=1)


def _sequential_block(
    activations: Tensor, weights: Tensor, threshold: int, rule: _Rule
) -> tuple[Tensor, Tensor]:
    """Activations [M, L], weights [O, L] in lane order -> accumulators [M, O], kept [M]."""
    # A missing leading one counts as -16, so that the sum stays negative whatever the other operand
    # is.
    levels = [leading_ones(x).t().contiguous() for x in (activations, weights)]
    columns, rows = (torch.where(x < 0, torch.full_like(x, -16), x) for x in levels)
    shape = (activations.shape[0], weights.shape[0])
    maximum = torch.zeros(shape, dtype=torch.int8)
    if rule is _window:
        for column, row in zip(columns, rows, strict=True):
            torch.maximum(maximum, column[:, None] + row, out=maximum)
    accumulators = torch.zeros(shape, dtype=torch.int32)
    kept = torch.zeros(shape, dtype=torch.int16)
    operands = zip(activations.t().to(torch.int16), weights.t().to(torch.int16), strict=True)
    for column, row, (activation, weight) in zip(columns, rows, operands, strict=True):
        keep = rule(column[:, None] + row, maximum, threshold)
        kept += keep
        accumulators += (activation[:, None] * weight).mul_(keep)
    return accumulators, kept.sum(dim=1, dtype=torch.int64)


def _running(s: Tensor, maximum: Tensor, threshold: int) -> Tensor:
    """Update the maximum with s, then keep iff s exists and s >= maximum - T."""
    torch.maximum(maximum, s, out=maximum)
    return _window(s, maximum, threshold)


def _window(s: Tensor, maximum: Tensor, threshold: int) -> Tensor:
    """Keep iff s exists (is not negative) and s >= maximum - T."""
    return s >= (maximum - threshold).clamp_(min=0)


_OPCODE_CUSTOM_0 = 0x0B
_WORD = (1 << 32) - 1
_COUNTERS = 3


@dataclass(frozen=True)
class Response:
    """What the core sees of one offered instruction; data is the unsigned word for rd, if any."""

    accept: bool
    writeback: bool = False
    data: int | None = None


class Unit:
    """Architectural state of the unit, advanced one instruction at a time.

    accumulators and counters are unsigned 32-bit words, maxima 4-bit, configuration the word that
    `read` returns (mode in bits 5..4, T in bits 3..0).
    """

    def __init__(self, accumulators: int = 8) -> None:
        self.accumulators = [0] * accumulators
        self.maxima = [0] * accumulators
        self.counters = [0] * _COUNTERS
        self.configuration = 0

    @property
    def mode(self) -> Mode:
        """The rule in force."""
        return Mode(self.configuration >> 4)

    @property
    def threshold(self) -> int:
        """T, 0..15."""
        return self.configuration & 15

    def execute(self, instr: int, rs1: int, rs2: int) -> Response:
        """Execute one instruction word; rs1 and rs2 are its registers' values, unsigned."""
        if instr & 0x7F != _OPCODE_CUSTOM_0:
            return Response(accept=False)
        operation = {0: self._cfg, 1: self._dot4, 2: self._read}.get(instr >> 12 & 7)
        return operation(instr, rs1, rs2) if operation else Response(accept=False)

    def _cfg(self, instr: int, rs1: int, _rs2: int) -> Response:
        if instr >> 25 or instr >> 20 & 31 or instr >> 7 & 31:
            return Response(accept=False)
        self.configuration = rs1 & 0x3F
        if rs1 >> 8 & 1:
            self.accumulators = [0] * len(self.accumulators)
            self.maxima = [0] * len(self.maxima)
        if rs1 >> 9 & 1:
            self.counters = [0] * _COUNTERS
        return Response(accept=True)

    def _dot4(self, instr: int, rs1: int, rs2: int) -> Response:
        index = instr >> 25
        if index >= len(self.accumulators) or instr >> 7 & 31:
            return Response(accept=False)
        for lane in range(4):
            self._lane(index, _int8(rs1 >> 8 * lane), _int8(rs2 >> 8 * lane))
        return Response(accept=True)

    def _lane(self, index: int, activation: int, weight: int) -> None:
        zero = activation == 0 or weight == 0
        if self._keeps(index, activation, weight):
            self.accumulators[index] = (self.accumulators[index] + activation * weight) & _WORD
            counter = 0
        else:
            counter = 1 if zero else 2
        self.counters[counter] = (self.counters[counter] + 1) & _WORD

    def _keeps(self, index: int, activation: int, weight: int) -> bool:
        if self.mode == Mode.EXACT:
            return True
        if self.mode == Mode.ZERO:
            return activation != 0 and weight != 0
        if msb(activation) < 0 or msb(weight) < 0:
            return False
        s = msb(activation) + msb(weight)
        if self.mode == Mode.ABSOLUTE:
            return s >= self.threshold
        self.maxima[index] = max(self.maxima[index], s)
        return s >= self.maxima[index] - self.threshold

    def _read(self, instr: int, _rs1: int, _rs2: int) -> Response:
        funct7, sources = instr >> 25, instr >> 15 & 0x3FF
        index, clear, special = funct7 & 7, funct7 >> 4 & 1, funct7 >> 5 & 1
        if sources or funct7 & 0b1001000:
            return Response(accept=False)
        if special:
            return self._read_special(index, clear)
        if index >= len(self.accumulators):
            return Response(accept=False)
        data = self.accumulators[index]
        if clear:
            self.accumulators[index] = self.maxima[index] = 0
        return Response(accept=True, writeback=True, data=data)

    def _read_special(self, index: int, clear: int) -> Response:
        if index > _COUNTERS or (index == _COUNTERS and clear):
            return Response(accept=False)
        data = self.configuration if index == _COUNTERS else self.counters[index]
        if clear:
            self.counters[index] = 0
        return Response(accept=True, writeback=True, data=data)


class AlwaysMultiplies(Unit):
    """The unit msb_skip_simd4: that of mode exact, whatever its configuration says."""

    @property
    def mode(self) -> Mode:
        """Always exact."""
        return Mode.EXACT


def _int8(word: int) -> int:
    """The low byte of a word as a signed number."""
    return ((word & 0xFF) ^ 0x80) - 0x80
