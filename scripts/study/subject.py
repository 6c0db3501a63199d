# SPDX-License-Identifier: Apache-2.0
"""What every block studies: a quantised network with its data, the prices, and how hard to look."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from golden.architecture import Description, describe
from golden.arithmetic import multiplier_and_shift
from golden.msb_skip import Mode
from golden.network import Network, Trace, first_maps
from golden.quantise import Scales, calibrate, quantise, to_float
from scripts.errors import UserError
from scripts.study.inputs import Data
from scripts.study.prices import Prices

CALIBRATION_IMAGES = 512
_BATCH = 250


@dataclass(frozen=True)
class Effort:
    """budget: percentage points of accuracy that skipping may cost on the images to choose by.

    multipliers: of a pipeline, None to search. choosing: calibration images to choose by; sample:
    test images on which cycles are counted.
    """

    budget: float = 1.0
    multipliers: int | None = None
    choosing: int = 300
    sample: int = 20


@dataclass(frozen=True)
class Subject:
    """A network under study. say: takes a line of progress."""

    network: Network
    data: Data
    prices: Prices
    effort: Effort
    say: Callable[[str], None]

    @cached_property
    def exact(self) -> Trace:
        """The integer network on all test images."""
        return self.network.run(self.data.test.images, Mode.EXACT)

    @cached_property
    def zero(self) -> Trace:
        """The same, with the products counted that have a zero operand."""
        return self.network.run(self.data.test.images, Mode.ZERO)

    @property
    def correct(self) -> int:
        """Test images that the integer network classifies well."""
        return self.exact.correct(self.data.test.labels)

    def products(self, layer: str) -> int:
        """Products of a layer for one image, those on the padding included."""
        return int(self.exact.counts[layer].total[0])

    def inputs(self, trace: Trace) -> dict[str, Tensor]:
        """What enters each layer in a run of the test images, for the sample."""
        images = self.data.test.images[: self.effort.sample]
        values = [first_maps(images)]
        values += [trace.outputs[layer.name][: self.effort.sample] for layer in self.network.layers]
        return {layer.name: maps for layer, maps in zip(self.network.layers, values, strict=False)}


def quantised(name: str, model: nn.Sequential, data: Data) -> Network:
    """Quantise on calibration images; raise UserError naming the layer that cannot be.

    Raises ModelError for a layer that the integer arithmetic does not cover.
    """
    images = data.calibration.images[:CALIBRATION_IMAGES]
    layers = describe(model)
    if not layers:
        raise UserError("the network has no layer with weights; give it a Conv2d or Linear")
    if layers[-1].kind != "linear":  # its logits would be maps
        raise UserError(
            f"layer '{layers[-1].name}' makes the network's output, but is a convolution; end the "
            "network with a Linear behind a Flatten"
        )
    for layer in layers:
        if not model.get_submodule(layer.name).get_parameter("weight").any():
            raise UserError(f"layer '{layer.name}': all weights are zero; train the network")
    for layer, scales in zip(layers, calibrate(model, images), strict=True):
        _check_range(layer, scales, model.get_submodule(layer.name).get_parameter("bias"))
    network = quantise(name, model, images)
    _check_shapes(network, data)
    return network


def _check_range(layer: Description, scales: Scales, bias: Tensor) -> None:
    """Refuse a layer whose numbers do not fit the integers that stand for them."""
    if not scales.outputs > 0 or not math.isfinite(scales.accumulator):
        raise UserError(
            f"layer '{layer.name}': its output is zero for all calibration images; train the "
            "network, with inputs of (pixel >> 1) / 127"
        )
    if float(bias.detach().abs().max()) >= scales.accumulator * (1 << 31):
        raise UserError(
            f"layer '{layer.name}': its bias is too large for its weights to fit into 32 bits; "
            "train the network longer"
        )
    try:
        if layer.activation is not None:
            multiplier_and_shift(scales.requantisation)
    except ValueError as error:
        raise UserError(
            f"layer '{layer.name}' cannot be quantised: {error}; train the network longer"
        ) from error


def _check_shapes(network: Network, data: Data) -> None:
    """Run one image, so that what the integer layers do not take is told by the layer's name."""
    values = first_maps(data.test.images[:1])
    for layer in network.layers:
        try:
            values = layer.finish(layer.accumulate(values, Mode.EXACT)[0])
        except (ValueError, RuntimeError) as error:
            raise UserError(
                f"layer '{layer.name}' is not supported: {str(error).splitlines()[0]}; change its "
                "padding, leave out the pool or put a Flatten in front"
            ) from error


def real_correct(model: nn.Sequential, data: Data) -> int:
    """Test images that the network classifies well in floating point, on the same pixels."""
    correct = 0
    with torch.no_grad():
        parts = zip(data.test.images.split(_BATCH), data.test.labels.split(_BATCH), strict=True)
        for images, labels in parts:
            correct += int((model(to_float(images)).argmax(dim=1) == labels).sum())
    return correct
