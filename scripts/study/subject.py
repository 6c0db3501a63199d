# SPDX-License-Identifier: Apache-2.0
"""What every block studies: a quantised network with its data, the prices, and how hard to look."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from golden.architecture import describe
from golden.msb_skip import Mode
from golden.network import Network, Trace, first_maps
from golden.quantise import calibrate, quantise, to_float
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
    for layer in describe(model):
        if not model.get_submodule(layer.name).get_parameter("weight").any():
            raise UserError(f"layer '{layer.name}': all weights are zero; train the network")
    try:
        scales = calibrate(model, images)
    except ZeroDivisionError:
        scales = ()
    for layer, scale in zip(describe(model), scales, strict=bool(scales)):
        if not scale.outputs > 0 or not math.isfinite(scale.accumulator):
            raise UserError(
                f"layer '{layer.name}': its output is zero for all calibration images; train the "
                "network, with inputs of (pixel >> 1) / 127"
            )
    try:
        network = quantise(name, model, images)
    except (ValueError, ZeroDivisionError) as error:
        raise UserError(f"the network cannot be quantised: {error}; train it longer") from error
    _check_shapes(network, data)
    return network


def _check_shapes(network: Network, data: Data) -> None:
    """Run one image, so that what the integer layers do not take is told by the layer's name."""
    values = first_maps(data.test.images[:1])
    for layer in network.layers:
        try:
            values = layer.finish(layer.accumulate(values, Mode.EXACT)[0])
        except (ValueError, RuntimeError) as error:
            raise UserError(
                f"layer '{layer.name}' is not supported: {str(error).splitlines()[0]}; change its "
                "padding or leave out the pool"
            ) from error


def real_correct(model: nn.Sequential, data: Data) -> int:
    """Test images that the network classifies well in floating point, on the same pixels."""
    correct = 0
    with torch.no_grad():
        parts = zip(data.test.images.split(_BATCH), data.test.labels.split(_BATCH), strict=True)
        for images, labels in parts:
            correct += int((model(to_float(images)).argmax(dim=1) == labels).sum())
    return correct
