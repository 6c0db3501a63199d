# SPDX-License-Identifier: Apache-2.0
"""A network in training: real parameters, integers forward, straight-through gradients."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from golden.architecture import Description, describe
from golden.arithmetic import leading_ones
from golden.kernels import (
    BATCH,
    Finish,
    Geometry,
    Products,
    geometry,
    keep_thresholds,
    magnitude_slopes,
)
from golden.network import Network
from golden.quantise import Round, Scales, calibrate, quantise_layer

_LEVELS = 7  # positions of a leading one
_MAGNITUDES = 128
_BETA = 2.0  # steepness of the soft step that stands for "is kept", per octave


def _magnitudes(integers: Tensor) -> Tensor:
    """Ones'-complement magnitudes 0..127 of integers held in floats, int64 of the same shape."""
    return ((integers + 0.5).abs() - 0.5).long().clamp(max=_MAGNITUDES - 1)


def _one_hot_levels() -> Tensor:
    levels = leading_ones(torch.arange(_MAGNITUDES, dtype=torch.int8))
    return (levels[:, None] == torch.arange(_LEVELS)).float()


_ONE_HOT_LEVELS = _one_hot_levels()  # [128, 7]


@functools.cache
def _soft_step_slopes(threshold: int) -> Tensor:
    """How an operand of magnitude m gains kept products: slopes of a soft step, [7, 128].

    The step is sigmoid(beta * (log2(m) + level - T)) for each level of the other operand;
    0.3 keeps the logarithm finite at magnitude 0.
    """
    m = torch.arange(_MAGNITUDES).float() + 0.3
    step = torch.sigmoid(_BETA * (torch.log2(m) + torch.arange(_LEVELS)[:, None] - threshold))
    return step * (1 - step) * _BETA / (m * torch.log(torch.tensor(2.0)))


class _CountPenalty(torch.autograd.Function):
    """The estimated share of kept products, as a quantity to be differentiated only.

    apply(operands, slopes, rows): operands [R, B], slopes [C, 128] by magnitude, rows [R] into
    slopes. The value is 0; the gradient is the mean change of the kept share with each operand's
    magnitude.
    """

    @staticmethod
    def forward(ctx: Any, operands: Tensor, slopes: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(operands, slopes, rows)
        return torch.zeros(())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        operands, slopes, rows = ctx.saved_tensors
        scale = float(gradient) / operands.numel()
        return magnitude_slopes(operands, slopes, rows, scale), None, None


@dataclass
class _State:
    """One layer in training; its input maps are side x side before padding."""

    description: Description
    side: int
    geometry: Geometry
    channel_of_row: Tensor
    weights: nn.Parameter  # [K, O], real
    bias: nn.Parameter
    scales: Scales | None = None
    threshold: int | None = None
    activation_levels: Tensor | None = None  # [C, 7], share of the inputs with each leading one
    weight_levels: Tensor | None = None  # [C, 7], the same of the weights
    share: float = 0.0  # of the network's products

    def integers(self) -> Tensor:
        """Weights as integers -127..127, differentiable."""
        assert self.scales is not None
        rounded: Tensor = Round.apply(self.weights / self.scales.weights)
        return rounded.clamp(-127, 127)


def _state(description: Description, module: nn.Module, side: int) -> _State:
    """Take a layer's parameters over from the real network."""
    places = geometry(description.shape, side + 2 * description.padding)
    return _State(
        description,
        side,
        places,
        (torch.arange(places.rows) * places.channels // places.rows).int(),
        nn.Parameter(module.get_parameter("weight").detach().flatten(1).t().contiguous()),
        nn.Parameter(module.get_parameter("bias").detach().clone()),
    )


class Student:
    """A LeNet-like Sequential as integer layers on the training kernels; square maps only."""

    def __init__(self, model: nn.Sequential, side: int = 28, slack: int = 0) -> None:
        """slack: octaves below T from which a skipped product still trains its weight."""
        self.slack = slack
        self.penalised = False  # whether the forward pass builds the penalty
        self._model = model
        self._penalty = torch.zeros(())
        self.layers: list[_State] = []
        for description in describe(model):
            self.layers.append(_state(description, model.get_submodule(description.name), side))
            if description.kind == "conv":
                side += 2 * description.padding - description.shape[2] + 1
                side = side // 2 if description.pool else side
        products = [s.weights.numel() * len(s.geometry.base) for s in self.layers]
        for state, count in zip(self.layers, products, strict=True):
            state.share = count / sum(products)

    def parameters(self) -> list[nn.Parameter]:
        """Real weights and biases."""
        return [p for state in self.layers for p in (state.weights, state.bias)]

    def rescale(self, images: Tensor) -> None:
        """Choose the scales anew for the present parameters. images: uint8 [N, 28, 28]."""
        for state in self.layers:
            module = self._model.get_submodule(state.description.name)
            with torch.no_grad():
                module.get_parameter("weight").copy_(
                    state.weights.t().reshape(state.description.shape)
                )
                module.get_parameter("bias").copy_(state.bias)
        for state, scales in zip(self.layers, calibrate(self._model, images), strict=True):
            state.scales = scales

    def set_thresholds(self, thresholds: tuple[int, ...] | None) -> None:
        """T of each layer; None skips nothing."""
        for index, state in enumerate(self.layers):
            state.threshold = None if thresholds is None else thresholds[index]

    def forward(self, images: Tensor, measure: bool = False) -> Tensor:
        """Real logits [BATCH, 10] of uint8 images [BATCH, 28, 28].

        measure: refresh the statistics of the operands, which `kept_share` and the penalty use.
        """
        values = (images >> 1).permute(1, 2, 0).float()[None]
        self._penalty = torch.zeros(())
        for state in self.layers:
            description = state.description
            if description.padding:
                maps = values.view(-1, state.side, state.side, BATCH)
                values = functional.pad(maps, (0, 0) + (description.padding,) * 4)
            values = values.reshape(-1, BATCH)
            sums = self._sums(state, values, measure)
            assert state.scales is not None
            if description.activation is None:
                return sums[:, 0].t() * state.scales.accumulator
            values = Finish.apply(
                sums, state.scales.requantisation, description.activation, description.pool
            )
        raise AssertionError("the last layer has no activation")

    def _sums(self, state: _State, values: Tensor, measure: bool) -> Tensor:
        assert state.scales is not None
        weights = state.integers()
        bias = Round.apply(state.bias / state.scales.accumulator)
        thresholds: Tensor | None = None
        lower: Tensor | None = None
        if state.threshold is not None:
            self._observe(state, values, weights, measure)
            thresholds = lower = keep_thresholds(weights, state.threshold)
            if self.slack:
                lower = keep_thresholds(weights, max(0, state.threshold - self.slack))
        sums: Tensor = Products.apply(values, weights, bias, state.geometry, thresholds, lower)
        return sums

    def _observe(self, state: _State, values: Tensor, weights: Tensor, measure: bool) -> None:
        """Statistics and price of a layer's products before they are computed."""
        assert state.threshold is not None
        if measure or state.activation_levels is None:
            self._measure(state, values.detach(), weights.detach())
        if self.penalised:
            self._penalise(state, values, weights, state.threshold)

    def _measure(self, state: _State, values: Tensor, weights: Tensor) -> None:
        channels = state.geometry.channels
        uses = state.geometry.uses()
        state.activation_levels = _level_shares(values, uses, state.channel_of_row, channels)
        ones = torch.ones(len(weights))
        terms = state.geometry.channel_of_term
        state.weight_levels = _level_shares(weights, ones, terms, channels)

    def _penalise(self, state: _State, values: Tensor, weights: Tensor, threshold: int) -> None:
        assert state.activation_levels is not None
        assert state.weight_levels is not None
        slopes = _soft_step_slopes(threshold) * state.share
        self._penalty = self._penalty + _CountPenalty.apply(
            weights, state.activation_levels @ slopes, state.geometry.channel_of_term
        )
        if values.requires_grad:
            self._penalty = self._penalty + _CountPenalty.apply(
                values, state.weight_levels @ slopes, state.channel_of_row
            )

    def penalty(self) -> Tensor:
        """Stands for the kept share of the last forward pass; only its gradient means anything."""
        return self._penalty

    def kept_share(self) -> float:
        """Share of kept products by the last measured statistics."""
        total = 0.0
        for state in self.layers:
            if state.threshold is None:
                return 1.0
            assert state.activation_levels is not None
            assert state.weight_levels is not None
            sums = torch.arange(_LEVELS)[:, None] + torch.arange(_LEVELS)
            enough = (sums >= state.threshold).float()
            joint = torch.einsum(
                "cu,uv,cv->c", state.activation_levels, enough, state.weight_levels
            )
            total += state.share * float(joint.mean())
        return total

    def export(self, name: str) -> Network:
        """Round to the integer network that the forward pass computes."""
        layers = []
        for state in self.layers:
            assert state.scales is not None
            weights = state.weights.detach().t().reshape(state.description.shape)
            layers.append(
                quantise_layer(
                    state.description, state.scales, weights, state.bias, state.threshold or 0
                )
            )
        return Network(name, tuple(layers))


def _level_shares(operands: Tensor, uses: Tensor, rows: Tensor, channels: int) -> Tensor:
    """Share of each leading one among the operands of each channel.

    operands: [R, B]; uses: how often each row is used, [R]; rows: its channel, [R]; returns [C, 7].
    """
    index = rows[:, None] * _MAGNITUDES + _magnitudes(operands)
    weights = uses[:, None].expand_as(operands).flatten()
    histogram = torch.bincount(index.flatten(), weights, minlength=channels * _MAGNITUDES)
    histogram = histogram.view(channels, -1).float()
    return histogram @ _ONE_HOT_LEVELS / histogram.sum(dim=1, keepdim=True)
