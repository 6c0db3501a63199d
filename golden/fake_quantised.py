# SPDX-License-Identifier: Apache-2.0
"""A convolutional network with ReLU whose forward pass is the integer arithmetic, for fine-tuning.

Parameters are real and rounded in every forward pass; gradients go straight through the roundings.
The training kernels of golden/student.py, which do the same, are for maps as small as LeNet-5's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from golden.architecture import describe
from golden.network import Network
from golden.quantise import Round, Scales, quantise_layer


class _Requantise(torch.autograd.Function):
    """apply(sums, factor): floor(sums * factor + 1/2) clamped to 0..127, as floats."""

    @staticmethod
    def forward(ctx: Any, sums: Tensor, factor: float) -> Tensor:
        scaled = sums.float() * factor
        ctx.save_for_backward((scaled > 0) & (scaled < 127))
        ctx.factor = factor
        return scaled.add_(0.5).floor_().clamp_(0, 127).to(sums.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (inside,) = ctx.saved_tensors
        return gradient * ctx.factor * inside, None


def requantise(sums: Tensor, factor: float) -> Tensor:
    """Sums -> integers 0..127 held in floats, straight through the rounding."""
    values: Tensor = _Requantise.apply(sums, factor)
    return values


class FakeQuantised(nn.Module):
    """Trainable twin of an integer network; `export` rounds it to that network.

    Under autocast the sums are rounded to bfloat16, which adds noise below half a step of the
    outputs; activations and weights are integers of at most seven bits and stay exact.
    """

    def __init__(self, model: nn.Sequential, scales: tuple[Scales, ...]) -> None:
        """model: of convolutions or Linear with ReLU and maximum pools; its parameters train."""
        super().__init__()
        self.model = model
        self.descriptions = describe(model)
        self.scales = scales

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """uint8 [N, C, H, W] -> real logits [N, 10] and the integer inputs of the convolutions.

        The input of the first convolution is left out.
        """
        values, inputs = (images >> 1).float(), []
        for description, scales in zip(self.descriptions, self.scales, strict=True):
            module = self.model.get_submodule(description.name)
            weights = Round.apply(module.get_parameter("weight") / scales.weights).clamp(-127, 127)
            bias = Round.apply(module.get_parameter("bias") / scales.accumulator)
            if description.kind == "linear":
                sums = functional.linear(values.flatten(1), weights, bias)
            else:
                inputs.append(values)
                sums = functional.conv2d(values, weights, bias, padding=description.padding)
            if description.activation is None:
                return sums.float() * scales.accumulator, inputs[1:]
            values = requantise(sums, scales.requantisation)
            values = functional.max_pool2d(values, 2) if description.pool else values
        raise AssertionError("the last layer has no activation")

    def export(self, name: str) -> Network:
        """The integer network, on the CPU."""
        layers = (
            quantise_layer(
                description,
                scales,
                self.model.get_parameter(f"{description.name}.weight").cpu(),
                self.model.get_parameter(f"{description.name}.bias").cpu(),
            )
            for description, scales in zip(self.descriptions, self.scales, strict=True)
        )
        return Network(name, tuple(layers))
