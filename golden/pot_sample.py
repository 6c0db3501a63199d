# SPDX-License-Identifier: Apache-2.0
"""A part of a network's work as a program for pot: some groups of output channels of each layer.

    program = sample_network(load("vgg16-cifar10", "pot3"), images, Engine(Form.POT), groups=2)
    scales(program)["conv4_2"]

Whole VGG-16 takes too long for what is done with each cycle of it. Each layer is a command of its
own here: it gets the maps that the layers before it make, for as many images as it would get in the
whole program, and makes all positions of a few groups of channels, evenly chosen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from golden.architecture import ModelError
from golden.inference import sums
from golden.network import Layer, Network, first_maps
from golden.pot_engine import Bytes, Command, Engine
from golden.pot_layer import Placed, rearrange
from golden.pot_program import Program, Step, map_bytes, place_network
from golden.pot_schedule import choose_batches

INPUTS = "inputs"
"""Name of the steps that load what layers before a layer make; that of the first has its name."""


def sample_network(network: Network, images: Tensor, engine: Engine, groups: int) -> Program:
    """Make the program that runs `groups` groups of each layer, or all if there are fewer.

    Args:
        network: as for golden.pot_program.compile_network.
        images: uint8 [N, H, W] or [N, C, H, W].
        engine: that runs it.
        groups: of output channels.

    Raises:
        ModelError: naming the layer and what the hardware does not do or has no room for.
    """
    maps = first_maps(images)
    layers = place_network(network, engine, maps.shape[2], maps.shape[3])
    batches = choose_batches([layer.shape for layer in layers], engine, len(images))
    steps: list[Step] = []
    outputs: dict[str, Tensor] = {}
    values = maps
    for number, (layer, whole, batch) in enumerate(
        zip(network.layers, layers, batches, strict=True)
    ):
        inputs = _inputs(layer, whole, values[:batch])
        values = layer.finish(sums(layer, values))
        made = values.permute(0, 2, 3, 1) if values.dim() == 4 else values
        outputs[whole.shape.name] = made
        channels = chosen_channels(whole, engine, groups)
        part = dataclasses.replace(
            whole,
            shape=dataclasses.replace(whole.shape, out_channels=len(channels)),
            codes=whole.codes[channels],
            bias=whole.bias[channels],
        )
        source = whole.shape.name if number == 0 else INPUTS
        steps += _steps(
            part, engine, source, map_bytes(inputs), map_bytes(made[:batch][..., channels])
        )
    return Program(engine, tuple(steps), layers, batches, outputs)


def chosen_channels(layer: Placed, engine: Engine, groups: int) -> list[int]:
    """Channels of evenly chosen groups; the layer's last group, which may be short, comes last."""
    channels = layer.shape.out_channels
    number = -(-channels // engine.columns)
    taken = min(groups, number)
    chosen = [number * (2 * i + 1) // (2 * taken) for i in range(taken)]
    return [
        channel
        for group in chosen
        for channel in range(group * engine.columns, min(channels, (group + 1) * engine.columns))
    ]


def scales(program: Program, groups: int) -> dict[str, float]:
    """Work of each layer for one image over the work of its command in the sample."""
    columns = program.engine.columns
    found = {}
    for layer, batch in zip(program.layers, program.batches, strict=True):
        number = -(-layer.shape.out_channels // columns)
        found[layer.shape.name] = number / min(groups, number) / batch
    return found


def _steps(
    part: Placed, engine: Engine, source: str, inputs: Bytes, expected: Bytes
) -> Sequence[Step]:
    """Load the inputs, run the part, store what it made. The output lies behind the inputs."""
    lanes, name = engine.lanes, part.shape.name
    batch = len(inputs) // part.shape.in_bytes
    maps = _beats(inputs, lanes)
    base = maps.size
    known = _beats(np.ones(len(expected), np.uint8), lanes).astype(bool)
    if base + known.size > engine.map_bytes:
        raise ModelError(f"layer {name}: no room for {base} + {known.size} bytes; use fewer images")
    images = (0, batch)
    command = part.shape.command(engine, batch, 0, base)
    return (
        Step(source, Command.load(0, len(maps)), images, maps=maps),
        Step(name, command, images, weights=part.beats(engine)),
        Step(
            name, Command.store(base, len(known)), images,
            expected=_beats(expected, lanes), known=known,
        ),
    )  # fmt: skip


def _inputs(layer: Layer, whole: Placed, values: Tensor) -> Tensor:
    """Input maps of a layer as the memory has them."""
    stored = values.permute(0, 2, 3, 1) if values.dim() == 4 else values
    if layer.kind == "linear":
        return stored.flatten(1)
    if whole.shape.rearranged:
        return rearrange(stored, layer.weights.shape[2], layer.padding)
    return stored


def _beats(values: Bytes, lanes: int) -> Bytes:
    """Beats [words, Lanes], filled up with zeros."""
    return np.concatenate([values, np.zeros(-len(values) % lanes, np.uint8)]).reshape(-1, lanes)
