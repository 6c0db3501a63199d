# SPDX-License-Identifier: Apache-2.0
"""The few values that weights may take, rounding to them, the search of a scale, and budgets.

A real weight is scale * level; the levels of a set are 0 and +-magnitudes. Power-of-two sets follow
Przewlocka-Rus and Kryjak, "Energy Efficient Hardware Acceleration of Neural Networks with
Power-of-Two Quantisation" (arXiv 2209.15257): a product is a shift, and small weights, of which a
network has most, get the fine steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from golden.architecture import ModelError

_CANDIDATES = 40
_STEPS_PER_OCTAVE = 10
_SAMPLE = 1 << 16  # weights that the search looks at


@dataclass(frozen=True)
class Levels:
    """0 and plus and minus each of some ascending magnitudes; bits: of a code for them."""

    bits: int
    magnitudes: tuple[int, ...]

    @property
    def largest(self) -> int:
        """The largest magnitude."""
        return self.magnitudes[-1]

    @property
    def exponents(self) -> tuple[int, ...]:
        """Of the powers of two; empty for an even spacing."""
        return () if self._even else tuple(m.bit_length() - 1 for m in self.magnitudes)

    @property
    def _even(self) -> bool:
        return self.magnitudes == tuple(range(1, len(self.magnitudes) + 1))

    def nearest(self, values: Tensor) -> Tensor:
        """The level with the least distance; halves go away from zero. Any shape, same dtype."""
        magnitudes = values.abs()
        if self._even:
            return torch.floor(magnitudes + 0.5).clamp(max=self.largest).copysign(values)
        rounded = torch.zeros_like(values)
        for lower, upper in pairwise((0, *self.magnitudes)):
            rounded.add_(magnitudes >= (lower + upper) / 2, alpha=upper - lower)
        return rounded.copysign(values)

    def holds(self, integers: Tensor) -> bool:
        """Whether every value is a level."""
        return bool(torch.isin(integers.abs(), torch.tensor((0, *self.magnitudes))).all())


def powers_of_two(bits: int, largest_exponent: int) -> Levels:
    """0, +-2^0 .. +-2^largest_exponent."""
    return Levels(bits, tuple(1 << exponent for exponent in range(largest_exponent + 1)))


def uniform(bits: int) -> Levels:
    """The integers of a symmetric code: -7..7 for 4 bits."""
    return Levels(bits, tuple(range(1, 1 << (bits - 1))))


SETS = {
    "pot6": powers_of_two(4, 6),
    "pot3": powers_of_two(4, 3),
    "uniform8": uniform(8),
    "uniform4": uniform(4),
    "uniform3": uniform(3),
}


class RoundToLevels(torch.autograd.Function):
    """apply(values, levels, kept): the nearest levels, 0 where not kept.

    The gradient is that of the identity everywhere, so that a pruned weight can come back.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, levels: Levels, kept: Tensor) -> Tensor:
        return levels.nearest(values).mul_(kept)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient, None, None


def search_scale(weights: Tensor, levels: Levels, kept: Tensor | None = None) -> float:
    """The scale with the least squared error of rounding and clipping the weights that are kept.

    Pruned weights have no say: where the small weights are gone, the low levels serve the others.
    Only a regular sample of large tensors is looked at.

    Args:
        weights: real, any shape, not all zero.
        kept: bool of that shape; None keeps all.
    """
    values = (weights if kept is None else weights[kept]).detach().flatten()
    values = values[:: -(-len(values) // _SAMPLE)].float()
    limit = float(values.abs().max()) / levels.largest
    candidates = [limit * 2 ** (-step / _STEPS_PER_OCTAVE) for step in range(_CANDIDATES)]

    def error(scale: float) -> float:
        return float((levels.nearest(values / scale) * scale - values).square().mean())

    return min(candidates, key=error)


def lowest_rows(weights: Tensor, levels: Levels, count: int) -> tuple[int, ...]:
    """Kernel rows of a convolution that lie lowest, in ascending order.

    The height of a row is how many levels up from zero its rounded weights stand, summed over all
    channels. Among powers of two that is the distance in the logarithmic domain, where a few large
    weights do not outweigh many of medium size, as they would in a sum of squares.

    Args:
        weights: [O, I, kh, kw].
        count: rows wanted, fewer than kh.
    """
    if count >= weights.shape[2]:
        raise ModelError(
            f"{count} of {weights.shape[2]} kernel rows cannot be left out; leave at least one"
        )
    rounded = levels.nearest(weights.detach() / search_scale(weights, levels)).abs()
    steps = torch.bucketize(rounded, torch.tensor((0.0, *levels.magnitudes)))
    heights = steps.sum(dim=(0, 1, 3))
    return tuple(sorted(heights.argsort(stable=True)[:count].tolist()))


def without_rows(weights: Tensor, rows: Sequence[int]) -> Tensor:
    """Weights [O, I, kh, kw] with zeros in these kernel rows; any weights if there are none."""
    if not rows:
        return weights
    return weights.index_fill(2, torch.tensor(rows, device=weights.device), 0)


def budgets(weights: Sequence[Tensor], zero_share: float) -> tuple[float, ...]:
    """Share of the weights of each layer to be pruned, so that together `zero_share` of all are.

    A weight is worth its square over the sum of squares of its layer's weights at least as large;
    the least worthy go, wherever they are. This is the score of Lee et al., "Layer-adaptive
    Sparsity for the Magnitude-based Pruning" (arXiv 2010.07611): it spares small layers, whose
    weights each carry more.

    Args:
        weights: of each layer, any shapes.
        zero_share: 0..1.
    """
    scores = [_score(layer) for layer in weights]
    pruned = round(zero_share * sum(len(score) for score in scores))
    if pruned == 0:
        return (0.0,) * len(scores)
    limit = torch.cat(scores).kthvalue(pruned).values
    return tuple(float((score <= limit).double().mean()) for score in scores)


def product_budgets(
    weights: Sequence[Tensor], costs: Sequence[int], product_share: float
) -> tuple[float, ...]:
    """Share of the weights of each layer to be pruned, so that `product_share` of products go.

    The worth of `budgets` is divided by the square root of the products that the weight makes. By
    the products themselves the first layer, whose weights make most, would lose too much; by
    nothing, the layers whose weights make few would lose almost all before products become rare.

    Args:
        weights: of each layer, any shapes.
        costs: products per image that each weight of a layer makes.
        product_share: 0..1, which the pruned weights fall short of by less than one weight.
    """
    scores = [_score(layer) / cost**0.5 for layer, cost in zip(weights, costs, strict=True)]
    products = torch.cat(
        [torch.full_like(score, cost) for score, cost in zip(scores, costs, strict=True)]
    )
    every = torch.cat(scores)
    order = every.argsort()
    pruned = int((products[order].cumsum(0) < product_share * products.sum()).sum())
    limit = every[order[pruned]]
    return tuple(float((score < limit).double().mean()) for score in scores)


def _score(weights: Tensor) -> Tensor:
    """Square over the sum of the squares at least as large; descending, float64."""
    squares = weights.detach().flatten().double().square().sort(descending=True).values
    return squares / squares.cumsum(0)


def keep_largest(weights: Tensor, zero_share: float) -> Tensor:
    """Which weights stay when that share of them, the smallest, is pruned; bool, same shape.

    The order of magnitudes is that of distances in the logarithmic domain as well, so pruning
    raises the lowest level that power-of-two weights use.
    """
    kept = torch.ones(weights.numel(), dtype=torch.bool, device=weights.device)
    pruned = round(zero_share * weights.numel())
    kept[weights.detach().abs().flatten().argsort()[:pruned]] = False
    return kept.view_as(weights)
