# SPDX-License-Identifier: Apache-2.0
"""Activation sparsity in training: a penalty that makes activations zero, and its controller."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

_GAIN = 0.02  # change of the price's logarithm per measurement and unit of log(density / wanted)
_LARGEST_PRICE = 30.0


class _Hoyer(torch.autograd.Function):
    """(sum |x|)^2 / (n * sum x^2) of non-negative activations.

    It lies between 1/n, one value non-zero, and 1, all values equal; scaling x does not change it,
    so that it cannot be met by making everything smaller. Its gradient lowers the values below
    sum x^2 / sum x and raises those above.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.sum(dtype=torch.float32)
        squares = torch.linalg.vector_norm(values).float().square().clamp(min=1e-12)
        ctx.save_for_backward(values, total, squares)
        measure: Tensor = total * total / (squares * values.numel())
        return measure

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        values, total, squares = ctx.saved_tensors
        factor = 2 * gradient * total / (squares * values.numel())
        result: Tensor = values * -(factor * total / squares).to(values.dtype)
        return result.add_(factor.to(values.dtype))


def forward(model: nn.Sequential, values: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Run a Sequential; its outputs and the input of every convolution but the first."""
    inputs = []
    for module in model:
        if isinstance(module, nn.Conv2d):
            inputs.append(values)
        values = module(values)
    return values, inputs[1:]


def shares(model: nn.Module, inputs: list[Tensor]) -> list[float]:
    """Share of each of these inputs in their products, [len(inputs)]; sums to 1.

    inputs: of every convolution of the model but the first. Products on the padding are counted
    here, which only the weights of the penalty see.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d)][1:]
    products = [
        layer.weight.numel() * values.shape[2] * values.shape[3]
        for layer, values in zip(layers, inputs, strict=True)
    ]
    return [count / sum(products) for count in products]


def penalty(inputs: list[Tensor], weights: list[float]) -> Tensor:
    """Hoyer measure of each input, weighted by the share of the products that it feeds."""
    terms = [weight * _Hoyer.apply(values) for values, weight in zip(inputs, weights, strict=True)]
    return torch.stack(terms).sum()


def density(inputs: list[Tensor], weights: list[float]) -> float:
    """Share of the products whose activation is not zero, by the non-zero share of each input."""
    return sum(
        weight * torch.count_nonzero(values).item() / values.numel()
        for values, weight in zip(inputs, weights, strict=True)
    )


class Price:
    """Weight of the penalty in the loss, moved so that the density meets its target."""

    def __init__(self, wanted: float, value: float) -> None:
        """wanted: density to reach, 0..1; value: the price at the start."""
        self.wanted, self.value, self.measured = wanted, value, 1.0

    def observe(self, measured: float) -> None:
        """Note a density; raise the price if it is too high, lower it if it is too low."""
        self.measured = measured
        # The logarithm, so that a price that has done its work falls as fast as it rose.
        change = math.exp(_GAIN * math.log(max(measured, 1e-3) / self.wanted))
        self.value = min(self.value * change, _LARGEST_PRICE)
