# SPDX-License-Identifier: Apache-2.0
"""A layer's shape as the parameters of the bench, and back; the random contents of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from golden.sparse_stream import LayerProgram
from golden.sparse_stream_config import POOLS, LayerConfiguration

# Entries of a LayerConfiguration whose parameter is the same word with a capital.
_SAME = (
    *("height", "width", "channels", "filters", "kernel", "stride", "padding"),
    *("multiplier", "shift", "streams", "lanes", "pixels", "slots", "columns", "queue", "banks"),
)
CORNERS = (-128, -127, -1, 1, 126, 127)


def parameters(layer: LayerConfiguration, *, dense: bool, out_values: int) -> dict[str, int]:
    """Return the parameters of sparse_stream_layer."""
    same = {name.capitalize(): int(getattr(layer, name)) for name in _SAME}
    return {
        **same,
        "Pool": POOLS.index(layer.pool),
        "Logits": int(layer.logits),
        "Dense": int(dense),
        "OutValues": out_values,
    }


def layer_of(values: Mapping[str, Any], name: str = "layer") -> LayerConfiguration:
    """Return the layer that parameters describe, its channels in the network's order."""
    return LayerConfiguration(
        name=name,
        pool=POOLS[values["Pool"]],
        logits=bool(values["Logits"]),
        fifo=1,
        order=tuple(range(values["Channels"])),
        **{name: values[name.capitalize()] for name in _SAME},
    )


def _int8(random: np.random.Generator, size: tuple[int, ...]) -> NDArray[np.int8]:
    """Any values, a quarter of them corners."""
    values = random.integers(-128, 128, size, np.int8)
    corners = random.choice(np.array(CORNERS, np.int8), size)
    return np.where(random.random(size) < 0.25, corners, values).astype(np.int8)


def random_program(shape: LayerConfiguration, random: np.random.Generator) -> LayerProgram:
    """Return random weights, and biases that are as large as the sums."""
    weights = _int8(random, (shape.filters, shape.kernel, shape.kernel, shape.channels))
    bias = random.integers(-40_000, 40_000, shape.filters, np.int32)
    return LayerProgram(shape, torch.from_numpy(weights), torch.from_numpy(bias))


def random_map(
    shape: LayerConfiguration, random: np.random.Generator, density: float
) -> NDArray[np.int8]:
    """Return one map [H, W, C] with about this share of values that are not zero."""
    size = (shape.height, shape.width, shape.channels)
    values = _int8(random, size)
    values[values == 0] = 1
    values[random.random(size) >= density] = 0
    return values
