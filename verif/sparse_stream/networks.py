# SPDX-License-Identifier: Apache-2.0
"""Networks as the settings name them: their configuration, their numbers, and real images."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from golden import sparse_stream
from golden.network import load
from golden.sparse_stream import LayerProgram, Program
from golden.sparse_stream_config import (
    CONFIGURATIONS,
    Configuration,
    ConfigurationError,
    LayerConfiguration,
    read,
)

DEFAULT = "lenet5-relu-sparse"
# By the first word of a network's name: module and function that load its images, and their side.
DATA_SETS = {"lenet5": ("golden.datasets", "mnist", 28), "vgg16": ("golden.cifar", "cifar10", 32)}
HARDWARE = ("streams", "lanes", "pixels", "slots", "columns", "queue", "banks")
MOST_LANES, MOST_COLUMNS = 8, 32  # of a layer for which the settings name no hardware
values_in_windows = sparse_stream.window_values


def configuration(settings: Mapping[str, Any]) -> Configuration:
    """Read the configuration that the settings name, or make one for their network.

    Raises ConfigurationError.
    """
    if "configuration" not in settings and "network" in settings:
        return _made(settings)
    name = settings.get("configuration", DEFAULT)
    path = CONFIGURATIONS / f"{name}.json"
    if not path.is_file():
        valid = ", ".join(sorted(file.stem for file in CONFIGURATIONS.glob("*.json")))
        raise ConfigurationError(f"unknown configuration {name!r}; valid: {valid}")
    return read(path)


def _made(settings: Mapping[str, Any]) -> Configuration:
    """Return a configuration of a network that has none, for layers that are looked at alone."""
    name = str(settings["network"])
    training, seed = "plain", 0
    network = load(name, training, seed)
    side = DATA_SETS[name.partition("-")[0]][2]
    plain = sparse_stream.describe(network, side, name, training=training, seed=seed)
    asked = {key: int(settings[key]) for key in HARDWARE if key in settings}
    choices = {
        layer.name: {
            "lanes": _factor(layer.channels, MOST_LANES),
            "columns": _factor(layer.filters, MOST_COLUMNS),
            **(asked if layer.name == settings.get("layer") else {}),
        }
        for layer in plain.layers
    }
    dense = bool(settings.get("dense", False))
    return dataclasses.replace(sparse_stream.with_hardware(plain, choices), dense=dense)


def _factor(number: int, most: int) -> int:
    """Return the largest factor of `number` up to `most`."""
    return max(factor for factor in range(1, most + 1) if number % factor == 0)


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
    whole = configuration(settings)
    program = sparse_stream.program(whole)
    first, count = int(settings.get("first", 0)), int(settings.get("images", 8))
    module, function, _ = DATA_SETS[whole.network.partition("-")[0]]
    images = getattr(importlib.import_module(module), function)("test")
    return program, program.inputs(images.images[first : first + count]), str(images.source)


def layer_and_maps(settings: Mapping[str, Any]) -> tuple[LayerProgram, Tensor, str]:
    """Return one layer of a network, the maps that reach it, and the images' source."""
    _, place, shape = chosen_layer(settings)
    program, maps, source = program_and_inputs({"images": 1, **settings})
    for layer in program.layers[:place]:
        maps = layer.outputs(maps)
    chosen = program.layers[place]
    maps = maps[:, : shape.height].contiguous()
    return dataclasses.replace(chosen, shape=shape), maps, source
