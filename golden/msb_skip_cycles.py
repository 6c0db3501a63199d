# SPDX-License-Identifier: Apache-2.0
"""How long msb_skip takes for a layer: the cycles in which its `dot4` instructions keep it busy.

    order = layer_order(layer, (6, 14, 14))
    layer_cycles(layer, inputs, Mode.ABSOLUTE, order, multipliers=1)     # int64 [N]

A word of four lanes takes `dot4_cycles`, the rule that the bench checks on RTL to the cycle (test
BackToBack; docs/msb_skip.md). It counts the unit alone: a core that brings the words more slowly
takes longer.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from golden.arithmetic import leading_ones
from golden.msb_skip import Mode
from golden.network import Layer
from golden.packing import EMPTY

LANES = 4
_BLOCK_LANES = 1 << 22  # pairs of lanes looked at together: tens of megabytes


def dot4_cycles(kept: Tensor, multipliers: int) -> Tensor:
    """Cycles of words of which so many lanes are multiplied.

    >>> dot4_cycles(torch.tensor([0, 1, 2, 3, 4]), 2)
    tensor([1, 1, 1, 2, 2])
    """
    return torch.clamp((kept + multipliers - 1) // multipliers, min=1)


def layer_order(layer: Layer, inputs: tuple[int, ...]) -> Tensor:
    """Order of a layer's lanes in words, int64 [L], as golden.packing has it.

    Maps are stored row by row, pixel by pixel, channel by channel. Each kernel row begins with a
    new word, as in the firmware's c3; a fully connected layer reads its whole map in one go.

    inputs: channels, rows and columns of the map that comes in, or the number of its values.
    """
    shape = tuple(layer.weights.shape[1:]) if layer.kind == "conv" else inputs
    if len(shape) == 1:
        rows = torch.arange(shape[0])[None]
    else:
        stored = torch.arange(shape[0] * shape[1] * shape[2]).view(shape).permute(1, 2, 0)
        rows = stored.flatten(1) if layer.kind == "conv" else stored.flatten()[None]
    return functional.pad(rows, (0, -rows.shape[1] % LANES), value=EMPTY).flatten()


def layer_cycles(
    layer: Layer, inputs: Tensor, mode: Mode, order: Tensor, multipliers: int
) -> Tensor:
    """Cycles of all words of a layer, int64 [N].

    Args:
        layer: its threshold belongs to mode absolute.
        inputs: int8 [N, C, H, W] or [N, K].
        mode: exact, zero or absolute.
        order: of `layer_order`.
        multipliers: 1, 2 or 4.

    Raises:
        ValueError: for a mode whose words depend on each other.
    """
    windows = layer.windows(inputs)
    images, positions, _ = windows.shape
    weights = layer.weights.flatten(1)
    words = len(order) // LANES
    if mode == Mode.EXACT:
        every = dot4_cycles(torch.tensor(LANES), multipliers) * positions * words * len(weights)
        return every.expand(images)
    a, w = (_levels(operand, order, mode) for operand in (windows.flatten(0, 1), weights))
    least = layer.threshold if mode == Mode.ABSOLUTE else 0
    rows = max(1, _BLOCK_LANES // (len(weights) * len(order)))
    found = []
    for block in a.split(rows):
        keep = block[:, None] + w >= least
        kept = keep.unflatten(2, (words, LANES)).sum(dim=3)
        found.append(dot4_cycles(kept, multipliers).sum(dim=(1, 2)))
    return torch.cat(found).view(images, positions).sum(dim=1)


def _levels(operands: Tensor, order: Tensor, mode: Mode) -> Tensor:
    """Operands [M, K] as numbers [M, L] whose sum says whether a product is kept, int8.

    Very negative where the product is skipped whatever the other operand is.
    """
    if mode == Mode.ABSOLUTE:
        levels = leading_ones(operands)
        levels = torch.where(levels < 0, torch.full_like(levels, -64), levels)
    elif mode == Mode.ZERO:
        levels = torch.where(operands == 0, -64, 0).to(torch.int8)
    else:
        raise ValueError(f"mode {mode.name} has no cycles of its own; use exact, zero or absolute")
    empty = torch.full_like(levels[:, :1], -64)
    return torch.cat([levels, empty], dim=1)[:, order]  # EMPTY is -1: the last column
