# SPDX-License-Identifier: Apache-2.0
"""From floating point to integers: symmetric int8 weights and activations, one scale per tensor.

A real value is scale * integer. Inputs are (pixel >> 1) / 127; ReLU outputs are calibrated on
images; tanh outputs need no calibration: the table fixes 1/128 before and 1/127 behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from golden import arithmetic
from golden.architecture import Description, describe
from golden.network import Layer, Network, first_maps

INPUT_SCALE = 1 / arithmetic.ACTIVATION_MAXIMUM
_TANH_ARGUMENT_SCALE = 1 / arithmetic.TANH_STEPS_PER_UNIT
_TANH_OUTPUT_SCALE = 1 / arithmetic.ACTIVATION_MAXIMUM
_CLIPS = 40  # candidates of `least_error`
_SAMPLE = 1 << 19  # values it looks at

Rule = Callable[[Tensor], float]
"""From the values of a tensor to the real value that integer 127 stands for."""


@dataclass(frozen=True)
class Scales:
    """Real value of one integer step of a layer's inputs, weights and requantised sums."""

    inputs: float
    weights: float
    outputs: float

    @property
    def accumulator(self) -> float:
        """Real value of one step of the accumulator and the bias."""
        return self.inputs * self.weights

    @property
    def requantisation(self) -> float:
        """Factor from accumulator steps to requantised steps."""
        return self.accumulator / self.outputs


def to_float(images: Tensor) -> Tensor:
    """uint8 [N, H, W] or [N, C, H, W] -> float32 [N, C, H, W], what the integer network sees."""
    return first_maps(images).float() * INPUT_SCALE


def largest(values: Tensor) -> float:
    """Represent every value."""
    return float(values.abs().max())


def least_error(values: Tensor) -> float:
    """Clip where the mean squared error of rounding and clipping together is least.

    Rare large values then do not cost all others their precision. Only a regular sample of large
    tensors is looked at.
    """
    flat = values.detach().flatten()
    sample = flat[:: -(-len(flat) // _SAMPLE)].float()
    limit = largest(values)
    candidates = [limit * (i + 1) / _CLIPS for i in range(_CLIPS // 4, _CLIPS)]

    def error(clip: float) -> float:
        scale = clip / 127
        rounded = round_half_up(sample / scale).clamp(-127, 127) * scale
        return float((rounded - sample).square().mean())

    return min(candidates, key=error)


def calibrate(model: nn.Sequential, images: Tensor, rule: Rule = largest) -> tuple[Scales, ...]:
    """Choose the scales of every layer from its weights and its outputs.

    Args:
        model: trained network that `describe` accepts.
        images: uint8 [N, H, W] or [N, C, H, W], calibration images.
        rule: `largest` or `least_error`.
    """
    descriptions = {layer.name: layer for layer in describe(model)}
    values, inputs, scales = to_float(images), INPUT_SCALE, []
    with torch.no_grad():
        for name, module in model.named_children():
            values = module(values)
            if name not in descriptions:
                continue
            weights = rule(module.get_parameter("weight")) / 127
            outputs = _output_scale(descriptions[name], values, rule)
            scales.append(Scales(inputs, weights, outputs))
            inputs = _TANH_OUTPUT_SCALE if descriptions[name].activation == "tanh" else outputs
    return tuple(scales)


def _output_scale(description: Description, values: Tensor, rule: Rule) -> float:
    if description.activation is None:
        return 1.0
    if description.activation == "tanh":
        return _TANH_ARGUMENT_SCALE
    return rule(values.clamp(min=0)) / arithmetic.ACTIVATION_MAXIMUM


def round_half_up(values: Tensor) -> Tensor:
    """floor(x + 1/2), the rounding of the hardware."""
    return torch.floor(values + 0.5)


class Round(torch.autograd.Function):
    """round_half_up with the gradient of the identity."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return round_half_up(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


def quantise_layer(
    description: Description, scales: Scales, weights: Tensor, bias: Tensor, threshold: int = 0
) -> Layer:
    """Round one layer's real weights [O, ...] and bias [O] to integers."""
    last = description.activation is None
    multiplier, shift = (
        (arithmetic.MULTIPLIER_RANGE[0], arithmetic.SHIFT_RANGE[0])
        if last
        else arithmetic.multiplier_and_shift(scales.requantisation)
    )
    integers = round_half_up(weights.detach() / scales.weights).clamp(-127, 127)
    return Layer(
        description,
        integers.to(torch.int8).reshape(description.shape),
        round_half_up(bias.detach() / scales.accumulator).to(torch.int32),
        multiplier,
        shift,
        threshold,
    )


def quantise(name: str, model: nn.Sequential, images: Tensor, rule: Rule = largest) -> Network:
    """Post-training quantisation of a Sequential; see `calibrate`.

    Raises:
        ModelError: naming the layer that the integer arithmetic does not cover.
    """
    modules = dict(model.named_children())
    layers = (
        quantise_layer(
            description,
            scales,
            modules[description.name].get_parameter("weight"),
            modules[description.name].get_parameter("bias"),
        )
        for description, scales in zip(describe(model), calibrate(model, images, rule), strict=True)
    )
    return Network(name, tuple(layers))
