# SPDX-License-Identifier: Apache-2.0
"""A network in training whose forward pass is the integer arithmetic with weights on few levels.

Parameters are real; gradients go straight through the roundings. A layer's requantisation factor
has 8 bits: its output scale is stretched by at most 0.4 % until the factor is m / 2^shift with m in
128..255.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from golden.architecture import Description, describe
from golden.arithmetic import ACTIVATION_MAXIMUM, coarse_multiplier_and_shift
from golden.fake_quantised import requantise
from golden.kernels import BATCH, Finish, Geometry, Products, geometry
from golden.levels import Levels, RoundToLevels, keep_largest, search_scale, without_rows
from golden.network import Layer, Network, first_maps
from golden.quantise import INPUT_SCALE, Round, Scales, least_error, quantise_layer

IMAGE_SIDE = 28

Rows = tuple[tuple[int, ...], ...]
"""Kernel rows of each layer."""


def coarse_factor(factor: float) -> float:
    """The nearest factor whose multiplier has 8 bits."""
    multiplier, shift = coarse_multiplier_and_shift(factor)
    return math.ldexp(multiplier, -shift)


class Levelled(nn.Module):
    """Trainable twin of an integer network; `export` gives that network.

    Sums are exact in float32. Requantisation is too, as long as the products of sums and 8-bit
    factors have at most 24 bits; a larger one that lies within 2^-17 of a half may be rounded
    the other way. Under autocast sums are rounded to bfloat16.
    """

    scales: Tensor  # of inputs, weights and outputs, float64 [layers, 3]

    def __init__(
        self,
        model: nn.Sequential,
        levels: Levels,
        budgets: tuple[float, ...],
        rows: Rows = (),
    ) -> None:
        """Prune nothing yet, and choose no scales.

        Args:
            model: of convolutions or Linear with ReLU and maximum pools; its parameters train.
            levels: of the weights of every layer.
            budgets: share of zero weights each layer reaches when `settle` is told 1.
            rows: kernel rows of each layer that go at once, part of its budget; () is none at all.
        """
        super().__init__()
        self.model, self.levels, self.budgets = model, levels, budgets
        self.rows = rows or ((),) * len(budgets)
        self.descriptions = describe(model)
        self.register_buffer("scales", torch.ones(len(self.descriptions), 3, dtype=torch.float64))
        for index, description in enumerate(self.descriptions):
            kept = torch.ones(description.shape, dtype=torch.bool)
            self.register_buffer(f"kept{index}", kept)

    def _weights(self, index: int) -> Tensor:
        return self.model.get_parameter(f"{self.descriptions[index].name}.weight")

    def _scales(self, index: int) -> Scales:
        return Scales(*self.scales[index].tolist())

    def integers(self, index: int) -> Tensor:
        """Weights of a layer as levels, differentiable."""
        steps = self._weights(index) / self._scales(index).weights
        levels: Tensor = RoundToLevels.apply(steps, self.levels, self.get_buffer(f"kept{index}"))
        return levels

    @torch.no_grad()
    def settle(self, images: Tensor, share: float) -> None:
        """Choose anew what is pruned, and all scales, for the present parameters.

        Args:
            images: uint8, as `first_maps` takes them, for the ranges of the activations.
            share: of the budgets that is pruned now, 0..1.
        """
        values, inputs = first_maps(images).float(), INPUT_SCALE
        for index, description in enumerate(self.descriptions):
            weights, kept = self._weights(index), self.get_buffer(f"kept{index}")
            rows = self.rows[index]
            largest = keep_largest(without_rows(weights, rows), share * self.budgets[index])
            kept.copy_(without_rows(largest, rows))
            scale = search_scale(weights, self.levels, kept)
            self.scales[index] = torch.tensor([inputs, scale, 1.0], dtype=torch.float64)
            sums = self._sums(index, values)
            if description.activation is None:
                return
            accumulator = inputs * scale
            outputs = least_error(sums.clamp(min=0) * accumulator) / ACTIVATION_MAXIMUM
            self.scales[index, 2] = inputs = accumulator / coarse_factor(accumulator / outputs)
            values = self._finish(index, sums)

    def _sums(self, index: int, values: Tensor) -> Tensor:
        description = self.descriptions[index]
        bias = self.model.get_parameter(f"{description.name}.bias")
        bias = Round.apply(bias / self._scales(index).accumulator)
        if description.kind == "linear":
            return functional.linear(values.flatten(1), self.integers(index), bias)
        return functional.conv2d(values, self.integers(index), bias, padding=description.padding)

    def _finish(self, index: int, sums: Tensor) -> Tensor:
        description: Description = self.descriptions[index]
        values = requantise(sums, self._scales(index).requantisation)
        return functional.max_pool2d(values, 2) if description.pool else values

    def forward(self, images: Tensor) -> Tensor:
        """Images as `first_maps` takes them -> real logits [N, 10]."""
        values = first_maps(images).float()
        for index, description in enumerate(self.descriptions):
            sums = self._sums(index, values)
            if description.activation is None:
                return sums.float() * self._scales(index).accumulator
            values = self._finish(index, sums)
        raise AssertionError("the last layer has no activation")

    @torch.no_grad()
    def export(self, name: str) -> Network:
        """The integer network, on the CPU."""
        return Network(name, tuple(self._layer(index) for index in range(len(self.descriptions))))

    def _layer(self, index: int) -> Layer:
        description, scales = self.descriptions[index], self._scales(index)
        bias = self.model.get_parameter(f"{description.name}.bias")
        weights = self.integers(index) * scales.weights
        return quantise_layer(description, scales, weights.cpu(), bias.cpu())


class SmallLevelled(Levelled):
    """The same on the training kernels, twice as fast for maps as small as LeNet-5's.

    `forward` takes batches of exactly BATCH square images of one channel.
    """

    def __init__(
        self,
        model: nn.Sequential,
        levels: Levels,
        budgets: tuple[float, ...],
        rows: Rows = (),
    ) -> None:
        """See `Levelled`."""
        super().__init__(model, levels, budgets, rows)
        self._places: list[Geometry] = []
        self._sides: list[int] = []  # of the maps that enter the layers
        side = IMAGE_SIDE
        for description in self.descriptions:
            self._sides.append(side)
            side += 2 * description.padding
            self._places.append(geometry(description.shape, side))
            if description.kind == "conv":
                side = (side - description.shape[2] + 1) // (2 if description.pool else 1)

    def forward(self, images: Tensor) -> Tensor:
        """uint8 [BATCH, H, W] -> real logits [BATCH, 10]."""
        values = first_maps(images)[:, 0].permute(1, 2, 0).float()
        for index, description in enumerate(self.descriptions):
            scales = self._scales(index)
            sums = self._gathered(index, values)
            if description.activation is None:
                return sums[:, 0].t() * scales.accumulator
            values = Finish.apply(sums, scales.requantisation, "relu", description.pool)
        raise AssertionError("the last layer has no activation")

    def _gathered(self, index: int, values: Tensor) -> Tensor:
        """Sums of a layer, batch last; values: its inputs, batch last."""
        description, side = self.descriptions[index], self._sides[index]
        if description.padding:
            maps = values.reshape(-1, side, side, BATCH)
            values = functional.pad(maps, (0, 0) + (description.padding,) * 4)
        bias = self.model.get_parameter(f"{description.name}.bias")
        bias = Round.apply(bias / self._scales(index).accumulator)
        weights = self.integers(index).flatten(1).t()
        sums: Tensor = Products.apply(
            values.reshape(-1, BATCH), weights, bias, self._places[index], None, None
        )
        return sums


def positions(descriptions: Sequence[Description], side: int) -> tuple[int, ...]:
    """Outputs per channel of each layer: the products per image that each of its weights makes.

    side: of the square maps that enter the first layer. Products with a border of zeros count.
    """
    found = []
    for description in descriptions:
        if description.kind == "linear":
            found.append(1)
            continue
        side += 2 * description.padding - description.shape[2] + 1
        found.append(side * side)
        side //= 2 if description.pool else 1
    return tuple(found)


def product_share(network: Network, side: int) -> float:
    """Share of the products of an image whose weight is not zero, 0..1."""
    costs = positions([layer.description for layer in network.layers], side)
    pairs = list(zip(costs, (layer.weights for layer in network.layers), strict=True))
    useful = sum(cost * int((weights != 0).sum()) for cost, weights in pairs)
    return useful / sum(cost * weights.numel() for cost, weights in pairs)


def zero_share(network: Network) -> float:
    """Share of the weights of all layers that are zero, 0..1."""
    zeros = sum(int((layer.weights == 0).sum()) for layer in network.layers)
    return zeros / sum(layer.weights.numel() for layer in network.layers)
