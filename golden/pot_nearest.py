# SPDX-License-Identifier: Apache-2.0
"""The nearest network that a form of pot can hold: no training, only rounding.

    nearest(load("lenet5-relu", "plain"), Engine(Form.POT))

It runs bit-exact whatever it gets wrong; networks that are trained for a form lose far less.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from golden.arithmetic import coarse_multiplier_and_shift
from golden.network import Layer, Network
from golden.pot import values
from golden.pot_engine import Engine

_INT8 = 127


def nearest(network: Network, engine: Engine) -> Network:
    """Round weights to the form's levels, biases and requantisation to go with them."""
    layers = tuple(_layer(layer, engine) for layer in network.layers)
    return dataclasses.replace(network, layers=layers)


def _layer(layer: Layer, engine: Engine) -> Layer:
    levels = values(engine.form, engine.exponent_maximum).unique()
    levels = levels[levels.abs() <= _INT8]  # golden.network has no -128
    step = int(layer.weights.abs().max()) / int(levels.max())
    step = max(step, 1.0)
    weights = _round(layer.weights / step, levels)
    bias = torch.round(layer.bias / step).to(torch.int32)
    multiplier, shift = layer.multiplier, layer.shift
    if layer.activation is not None:
        multiplier, shift = coarse_multiplier_and_shift(layer.multiplier / 2.0**layer.shift * step)
    return dataclasses.replace(
        layer, weights=weights, bias=bias, multiplier=multiplier, shift=shift
    )


def _round(values: Tensor, levels: Tensor) -> Tensor:
    """The nearest of sorted levels, int8."""
    middles = (levels[1:] + levels[:-1]) / 2
    return levels[torch.bucketize(values, middles)].to(torch.int8)
