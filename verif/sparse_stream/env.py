# SPDX-License-Identifier: Apache-2.0
"""pyuvm environment of the streaming accelerator.

maps -> sequencer -> driver -> source ... DUT ... sink -> monitor -> scoreboard (one per layer)
  +------------------------ predictor -------------------------------^

What the golden model makes of the maps was computed before the simulation (prepare.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyuvm import uvm_analysis_port, uvm_component, uvm_env

from verif.common import run
from verif.common.stream import Beats, MapSequence, StreamAgent, Values, flush
from verif.common.stream_scoreboard import StreamScoreboard


@dataclass(frozen=True)
class Map:
    """A predicted output map [H, W, F] of one image."""

    image: int
    values: Values


@dataclass(frozen=True)
class Shape:
    """A layer as prepare.py described it: products of each image, kinds of windows of them all."""

    name: str
    bits: int
    multipliers: int
    products: list[int]
    windows: dict[str, int]
    cycles: int


def shapes() -> list[Shape]:
    """Return the layers under test."""
    described = json.loads((run.directory() / "layers.json").read_text())
    return [Shape(**layer) for layer in described]


class Predictor(uvm_component):
    """Publishes the maps that must come out of one layer."""

    def build_phase(self) -> None:
        self.port = uvm_analysis_port("port", self)

    def expect(self, first: int, outputs: Values) -> None:
        """Expect these maps [N, H, W, F], of the images from number `first`."""
        for number, values in enumerate(outputs):
            self.port.write(Map(first + number, values))


class MapScoreboard(StreamScoreboard):
    """Compares a stream of beats with maps, value by value. `compared` counts values."""

    def build_phase(self) -> None:
        super().build_phase()
        self.ends: list[int] = []  # cycle of the last beat of each map
        self.marks: list[int] = []  # and its mark

    def span(self, wanted: Map, beats: Beats) -> int:
        """Beats of a map: a whole number."""
        return wanted.values.size // int(beats.values.shape[1])

    def compare_part(self, wanted: Map, beats: Beats) -> None:
        """Compare the values, and note where the map ends."""
        first = self.at * beats.values.shape[1]
        part = wanted.values.reshape(-1)[first : first + beats.values.size]
        got = beats.values.reshape(-1)
        if (different := np.flatnonzero(got != part)).size:
            at = int(different[0])
            index = (wanted.image, *np.unravel_index(first + at, wanted.values.shape))
            self._fail(index, part[at], got[at])
        self.compared += got.size
        if self.at + len(beats) == self.span(wanted, beats):
            self.ends.append(int(beats.cycles[-1]))
            self.marks.append(int(beats.marks[-1]))

    def _fail(self, index: tuple[Any, ...], expected: Any, got: Any) -> None:
        place = tuple(int(number) for number in index)
        run.mismatch(layer=self.get_name(), index=place, expected=expected, got=got)
        raise AssertionError(
            f"layer {self.get_name()}, image, row, column, channel {place}: "
            f"expected {expected}, got {got}"
        )


class Env(uvm_env):
    """The agent that sends maps, and for each layer a monitor, a predictor and a scoreboard."""

    def __init__(self, name: str, parent: uvm_component, bench: Any) -> None:
        super().__init__(name, parent)
        self._bench = bench

    def build_phase(self) -> None:
        arrays = np.load(run.directory() / "maps.npz")
        self.layers = shapes()
        self.maps = {name: arrays[name] for name in arrays.files}
        per_beat = len(self._bench.in_data) // 8
        self.source = StreamAgent("source", self, self._bench, sends=per_beat)
        files = [*(layer.name for layer in self.layers[:-1]), "sink"]
        self.outputs = [
            StreamAgent(f"{layer.name}_stream", self, self._bench, file=file, bits=layer.bits)
            for layer, file in zip(self.layers, files, strict=True)
        ]
        names = [layer.name for layer in self.layers]
        self.predictors = [Predictor(f"{name}_predictor", self) for name in names]
        self.scoreboards = [MapScoreboard(name, self) for name in names]

    def connect_phase(self) -> None:
        for agent, predictor, scoreboard in zip(
            self.outputs, self.predictors, self.scoreboards, strict=True
        ):
            agent.monitor.port.connect(scoreboard.observed)
            predictor.port.connect(scoreboard.predicted)

    def expect(self, first: int, count: int) -> int:
        """Expect the outputs of these images in every layer; return the values of the last."""
        for layer, predictor in zip(self.layers, self.predictors, strict=True):
            predictor.expect(first, self.maps[layer.name][first : first + count])
        return int(self.maps[self.layers[-1].name][first : first + count].size)

    async def send(self, first: int, count: int) -> None:
        """Send these images, one after the other; return when the last value was taken."""
        maps = self.maps["input"][first : first + count]
        await MapSequence(maps).start(self.source.sequencer)

    async def collect(self) -> None:
        """Compare all that came out so far."""
        await flush(self._bench)
        for agent in self.outputs:
            agent.monitor.collect()

    def forget(self) -> None:
        """Drop what a reset makes void."""
        for scoreboard in self.scoreboards:
            scoreboard.forget()
