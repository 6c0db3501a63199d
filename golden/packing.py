# SPDX-License-Identifier: Apache-2.0
"""How LeNet-5's products are packed into words of four lanes for `dot4`.

A layer's order is an int64 tensor [L], L a multiple of 4: lane i of word j is entry 4j + i, an
index into the K operands of one output in PyTorch's weight order (channel, row, column), or -1 for
a lane without a product, whose weight is 0. The firmware (verif/firmware/lenet5/msb_skip.c) reads
its windows as words in exactly this order; the running-maximum rule depends on it, the others only
through the number of empty lanes.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from golden.msb_skip import Counts, Mode

EMPTY = -1
KERNEL = 5


def lenet5_orders() -> dict[str, Tensor]:
    """Order of every layer: c1 [28], c3 [160], c5 [400], f6 [120], out [84]."""
    return {
        "c1": _c1_order(),
        "c3": _c3_order(channels=6),
        "c5": _flattened_map_order(channels=16, side=5),
        "f6": torch.arange(120),
        "out": torch.arange(84),
    }


def pack_weights(weights: Tensor, order: Tensor) -> Tensor:
    """int8 [O, K] -> int64 [O, L/4], each a word 0..2^32-1 with lane 0 in the low byte."""
    lanes = torch.where(order >= 0, weights[:, order.clamp(min=0)].to(torch.int64), 0) & 0xFF
    words: Tensor = (lanes.unflatten(1, (-1, 4)) << torch.tensor([0, 8, 16, 24])).sum(dim=2)
    return words


def lane_counts(counts: Counts, mode: Mode, empty_lanes: int) -> Counts:
    """What the unit's counters show: the products, and `empty_lanes` lanes of weight 0."""
    if mode == Mode.EXACT:
        return Counts(counts.kept + empty_lanes, counts.zero_skipped, counts.soft_skipped)
    return Counts(counts.kept, counts.zero_skipped + empty_lanes, counts.soft_skipped)


def empty_lanes(orders: Mapping[str, Tensor], outputs: Mapping[str, int]) -> dict[str, int]:
    """Lanes without a product per image and layer; `outputs` counts the layer's accumulations."""
    return {name: int((order == EMPTY).sum()) * outputs[name] for name, order in orders.items()}


def _c1_order() -> Tensor:
    """Five columns of rows 0..3, then row 4 from left to right, then three empty lanes."""
    columns = [row * KERNEL + column for column in range(KERNEL) for row in range(KERNEL - 1)]
    last_row = [(KERNEL - 1) * KERNEL + column for column in range(KERNEL)]
    return torch.tensor([*columns, *last_row, EMPTY, EMPTY, EMPTY])


def _c3_order(channels: int) -> Tensor:
    """Row by row, pixel by pixel, channel by channel; each row of 30 lanes is filled up to 32."""
    order: list[int] = []
    for row in range(KERNEL):
        order += [
            channel * KERNEL * KERNEL + row * KERNEL + column
            for column in range(KERNEL)
            for channel in range(channels)
        ]
        order += [EMPTY] * (-len(order) % 4)
    return torch.tensor(order)


def _flattened_map_order(channels: int, side: int) -> Tensor:
    """A map stored pixel by pixel, where PyTorch flattens channel by channel."""
    return (
        torch.arange(channels * side * side).view(channels, side, side).permute(1, 2, 0).flatten()
    )
