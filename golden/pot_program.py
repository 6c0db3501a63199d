# SPDX-License-Identifier: Apache-2.0
"""A network and images as a program for pot: commands, beats, and what has to come out.

    program = compile_network(load("lenet5-relu", "pot3"), images, Engine(Form.POT))
    for step in program.steps: step.command.pack(), step.weights, step.maps, step.expected

Layers run over batches of images, as many as the map memory has room for; a batch of a layer may
consist of several of the layer before, so that the last layers, whose maps are small, see many
images at once and their weights are loaded once for all of them. What comes out is said by the
arithmetic of golden/network.py, not by the machine of golden/pot_engine.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from golden.architecture import ModelError
from golden.inference import sums
from golden.network import Network, first_maps
from golden.pot_engine import Bytes, Command, Engine, Operation
from golden.pot_layer import (
    Placed,
    Shape,
    describe,
    place,
    rearrange,
    rearranged,
    worth_rearranging,
)
from golden.pot_schedule import Turn, batch_turns, choose_batches


@dataclass(frozen=True)
class Step:
    """A command and what it moves.

    name: of the layer; of a LOAD and STORE, of the layer that is fed or was run. images: first and
    number. weights: beats of a LAYER. maps: beats of a LOAD [words, Lanes]. expected: beats of a
    STORE; known: which bytes of them are said, the others are anything.
    """

    name: str
    command: Command
    images: tuple[int, int]
    weights: Bytes | None = None
    maps: Bytes | None = None
    expected: Bytes | None = None
    known: Bytes | None = None


@dataclass(frozen=True)
class Count:
    """Products of a layer for a number of images. useful: with a weight that is not zero.

    slots: all that the array can make in that time. beats: of weights.
    """

    useful: int
    slots: int
    beats: int


@dataclass(frozen=True)
class Program:
    """Steps in order. outputs: what each layer makes of all images, [N, H, W, C] or [N, O]."""

    engine: Engine
    steps: tuple[Step, ...]
    layers: tuple[Placed, ...]
    batches: tuple[int, ...]
    outputs: dict[str, Tensor]

    @property
    def logits(self) -> Tensor:
        """What the last layer makes, int32 [N, O]."""
        return self.outputs[self.layers[-1].shape.name]

    def counts(self) -> dict[str, Count]:
        """Products of every layer, over all its commands."""
        found = {}
        for layer in self.layers:
            commands = [
                step.command
                for step in self.steps
                if step.name == layer.shape.name and step.command.operation is Operation.LAYER
            ]
            pixels = sum(command.pixels for command in commands)
            tiles = commands[0].groups * commands[0].tiles
            found[layer.shape.name] = Count(
                useful=layer.useful * pixels,
                slots=tiles * pixels * self.engine.lanes * self.engine.columns,
                beats=sum(command.weight_beats(self.engine.columns) for command in commands),
            )
        return found


def compile_network(
    network: Network,
    images: Tensor,
    engine: Engine,
    *,
    every_map: bool = False,
    batches: Sequence[int] | None = None,
) -> Program:
    """Make the program that classifies images.

    Args:
        network: with ReLU and maximum pools; the last layer makes the logits.
        images: uint8 [N, H, W] or [N, C, H, W].
        engine: that runs it.
        every_map: whether every layer's output is stored, and the whole memory filled before.
        batches: images of a command of each layer; by default as many as there is room for.

    Raises:
        ModelError: naming the layer and what the hardware does not do or has no room for.
    """
    maps = first_maps(images)
    layers = place_network(network, engine, maps.shape[2], maps.shape[3])
    shapes = [layer.shape for layer in layers]
    chosen = tuple(batches) if batches else choose_batches(shapes, engine, len(images))
    outputs = _outputs(network, maps)
    inputs = maps.permute(0, 2, 3, 1)
    if shapes[0].rearranged:
        kernel, padding = network.layers[0].weights.shape[2], network.layers[0].padding
        inputs = rearrange(inputs, kernel, padding)
    builder = _Builder(engine, layers, inputs)
    if every_map:
        builder.fill()
    for first in range(0, len(images), chosen[-1]):
        count = min(chosen[-1], len(images) - first)
        _batch(
            builder, batch_turns(shapes, engine, chosen, first, count), outputs, shapes, every_map
        )
    return Program(engine, tuple(builder.steps), layers, chosen, outputs)


def _batch(
    builder: _Builder,
    turns: Sequence[Turn],
    outputs: dict[str, Tensor],
    shapes: Sequence[Shape],
    every_map: bool,
) -> None:
    """Run the turns of a batch; store all maps, or the last layer's."""
    last = len(shapes) - 1
    for turn in turns:
        shape = shapes[turn.number]
        base, size = turn.command.out_base, turn.count * shape.out_bytes
        if turn.number == last:
            builder.clear_tail(shape.name, base, size)
        builder.turn(turn, outputs[shape.name][turn.first : turn.first + turn.count])
        if every_map or turn.number == last:
            builder.store(shape.name, base, size, (turn.first, turn.count))


def place_network(network: Network, engine: Engine, rows: int, cols: int) -> tuple[Placed, ...]:
    """Describe and place all layers, for images of rows x cols.

    Raises:
        ModelError: as `compile_network`.
    """
    placed: list[Placed] = []
    for number, layer in enumerate(network.layers):
        shape = describe(layer, rows, cols)
        if number == 0 and layer.kind == "conv" and worth_rearranging(shape, engine):
            shape = rearranged(shape)
        placed.append(place(layer, shape, engine, side=(rows, cols)))
        if shape.in_bytes + shape.out_bytes > engine.map_bytes:
            raise ModelError(
                f"layer {layer.name}: maps of {shape.in_bytes} + {shape.out_bytes} bytes do not "
                f"fit the map memory of {engine.map_bytes}; use a larger MapBytes or smaller maps"
            )
        rows, cols = shape.results
    return tuple(placed)


class _Builder:
    """Appends steps, and keeps what the map memory then holds and which bytes of it are known."""

    def __init__(self, engine: Engine, layers: Sequence[Placed], inputs: Tensor) -> None:
        self.steps: list[Step] = []
        self._engine = engine
        self._layers = layers
        self._inputs = inputs
        self._beats = [layer.beats(engine) for layer in layers]
        self._memory = np.zeros(engine.map_bytes, np.uint8)
        self._known = np.zeros(engine.map_bytes, bool)

    def fill(self) -> None:
        """Load all of the memory with noise, so that each byte of it is known."""
        noise = np.random.default_rng(0).integers(0, 256, self._engine.map_bytes, np.uint8)
        self.load("memory", 0, noise, (0, 0))

    def load(self, name: str, base: int, values: Bytes, images: tuple[int, int]) -> None:
        """Load bytes, and zeros up to the end of the last beat."""
        lanes = self._engine.lanes
        padded = np.concatenate([values, np.zeros(-len(values) % lanes, np.uint8)])
        self._note(base, padded)
        maps = padded.reshape(-1, lanes)
        self.steps.append(Step(name, Command.load(base, len(maps)), images, maps=maps))

    def store(self, name: str, base: int, size: int, images: tuple[int, int]) -> None:
        """Store bytes, and what is beside them up to whole beats."""
        lanes = self._engine.lanes
        start, words = base - base % lanes, -(-(base % lanes + size) // lanes)
        part = slice(start, start + words * lanes)
        shape = (words, lanes)
        self.steps.append(
            Step(
                name, Command.store(start, words), images,
                expected=self._memory[part].reshape(shape).copy(),
                known=self._known[part].reshape(shape).copy(),
            )
        )  # fmt: skip

    def turn(self, turn: Turn, output: Tensor) -> None:
        """Run a layer on some images; `output` is what it makes of them."""
        layer = self._layers[turn.number].shape
        images = (turn.first, turn.count)
        if turn.number == 0:
            maps = self._inputs[turn.first : turn.first + turn.count]
            self.load(layer.name, turn.command.in_base, map_bytes(maps), images)
        self._note(turn.command.out_base, map_bytes(output))
        beats = self._beats[turn.number]
        self.steps.append(Step(layer.name, turn.command, images, weights=beats))

    def clear_tail(self, name: str, base: int, size: int) -> None:
        """Make the bytes known that share the last beat with the end of a map."""
        lanes = self._engine.lanes
        if size % lanes:
            self.load(name, base + size - size % lanes, np.zeros(lanes, np.uint8), (0, 0))

    def _note(self, base: int, values: Bytes) -> None:
        self._memory[base : base + len(values)] = values
        self._known[base : base + len(values)] = True


def map_bytes(maps: Tensor) -> Bytes:
    """Bytes of maps [N, H, W, C] or [N, O] as the memory has them."""
    return np.ascontiguousarray(maps.numpy()).view(np.uint8).reshape(-1)


def _outputs(network: Network, maps: Tensor) -> dict[str, Tensor]:
    """What each layer makes, by the network's own arithmetic: [N, H, W, C] or [N, O]."""
    found: dict[str, Tensor] = {}
    values = maps
    for layer in network.layers:
        values = layer.finish(sums(layer, values))
        found[layer.name] = values.permute(0, 2, 3, 1) if values.dim() == 4 else values
    return found
