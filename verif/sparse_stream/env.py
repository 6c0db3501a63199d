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
from verif.common.scoreboard import GoldenScoreboard
from verif.common.stream import Beats, MapSequence, StreamAgent, Values, flush


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


class MapScoreboard(GoldenScoreboard):
    """Compares a stream of beats with maps, value by value. `compared` counts values."""

    def build_phase(self) -> None:
        super().build_phase()
        self._at = 0  # values of the oldest predicted map that were compared
        self.mark = 0  # of the last beat
        self.last_cycle = 0  # of the last beat
        self.ends: list[int] = []  # cycle of the last beat of each map
        self.marks: list[int] = []  # and its mark

    def compare_pending(self) -> None:
        """Compare all beats that are there with the maps they belong to."""
        while self.observed.items and self.predicted.items:
            self._compare_beats(self.observed.items.popleft())

    def _compare_beats(self, beats: Beats) -> None:
        per_beat = beats.values.shape[1]
        got = beats.values.reshape(-1)
        done = 0
        while done < got.size and self.predicted.items:
            wanted = self.predicted.items[0]
            part = wanted.values.reshape(-1)[self._at : self._at + got.size - done]
            self._compare_values(wanted, got[done : done + part.size], part)
            done += part.size
            self._at += part.size
            if self._at == wanted.values.size:
                self._note_end(beats, (done - 1) // per_beat)
        if done < got.size:
            self.observed.items.appendleft(got[done:])

    def _note_end(self, beats: Beats, beat: int) -> None:
        self.predicted.items.popleft()
        self._at = 0
        self.ends.append(int(beats.cycles[beat]))
        self.marks.append(int(beats.marks[beat]))

    def _compare_values(self, wanted: Map, got: Values, part: Values) -> None:
        different = np.flatnonzero(got != part)
        self.compared += got.size
        if not different.size:
            return
        first = int(different[0])
        index = (wanted.image, *np.unravel_index(self._at + first, wanted.values.shape))
        self._fail(index, part[first], got[first])

    def _fail(self, index: tuple[Any, ...], expected: Any, got: Any) -> None:
        place = tuple(int(number) for number in index)
        run.mismatch(layer=self.get_name(), index=place, expected=expected, got=got)
        raise AssertionError(
            f"layer {self.get_name()}, image, row, column, channel {place}: "
            f"expected {expected}, got {got}"
        )

    def forget(self) -> None:
        """Drop what a reset makes void."""
        self.predicted.items.clear()
        self.observed.items.clear()
        self._at = 0


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
