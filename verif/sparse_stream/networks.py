# SPDX-License-Identifier: Apache-2.0
"""Networks as the settings name them: their configuration, their numbers, and real images."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from golden import sparse_stream
from golden.datasets import mnist
from golden.sparse_stream import LayerProgram, Program
from golden.sparse_stream_config import (
    CONFIGURATIONS,
    Configuration,
    ConfigurationError,
    LayerConfiguration,
    read,
)

DEFAULT = "lenet5-relu-sparse"
values_in_windows = sparse_stream.window_values


def configuration(settings: Mapping[str, Any]) -> Configuration:
    """Read the configuration that the settings name; raises ConfigurationError."""
    name = settings.get("configuration", DEFAULT)
    path = CONFIGURATIONS / f"{name}.json"
    if not path.is_file():
        valid = ", ".join(sorted(file.stem for file in CONFIGURATIONS.glob("*.json")))
        raise ConfigurationError(f"unknown configuration {name!r}; valid: {valid}")
    return read(path)


def chosen_layer(settings: Mapping[str, Any]) -> tuple[Configuration, int, LayerConfiguration]:
    """Return the configuration, the number of the layer the settings name, and that layer.

    The setting rows leaves only so many rows of the layer's input map.
    """
    whole = configuration(settings)
    names = [layer.name for layer in whole.layers]
    name = settings.get("layer", names[0])
    if name not in names:
        raise ConfigurationError(f"unknown layer {name!r}; valid: {', '.join(names)}")
    place = names.index(name)
    layer = whole.layers[place]
    layer = dataclasses.replace(layer, height=int(settings.get("rows", layer.height)))
    layer.check()
    return whole, place, layer


def program_and_inputs(settings: Mapping[str, Any]) -> tuple[Program, Tensor, str]:
    """Return the network's program, input maps [N, H, W, C] of test images, and their source."""
    program = sparse_stream.program(configuration(settings))
    first, count = int(settings.get("first", 0)), int(settings.get("images", 8))
    digits = mnist("test")
    return program, program.inputs(digits.images[first : first + count]), str(digits.source)


def layer_and_maps(settings: Mapping[str, Any]) -> tuple[LayerProgram, Tensor, str]:
    """Return one layer of a network, the maps that reach it, and the images' source."""
    _, place, shape = chosen_layer(settings)
    program, maps, source = program_and_inputs({"images": 1, **settings})
    for layer in program.layers[:place]:
        maps = layer.outputs(maps)
    chosen = program.layers[place]
    maps = maps[:, : shape.height].contiguous()
    return dataclasses.replace(chosen, shape=shape), maps, source
