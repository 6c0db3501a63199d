# SPDX-License-Identifier: Apache-2.0
"""pyuvm environment of the system: a monitor of the program's markers, a golden predictor, a
scoreboard.

The stimulus is the program and the images in RAM (prepare.py), so there is no driver.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import cocotb
import numpy as np
from numpy.typing import NDArray
from pyuvm import uvm_analysis_port, uvm_component, uvm_env

from verif.common import run
from verif.common.scoreboard import GoldenScoreboard

LAYERS = ("c1", "c3", "c5", "f6", "out")
COUNTERS = ("kept", "zero_skipped", "soft_skipped")
IMAGE_BEGIN, LAYER_END, IMAGE_END = 1, 2, 3


@dataclass(frozen=True)
class LayerResult:
    """What one layer left in memory for one image: outputs [M] and the three counters."""

    image: int
    layer: str
    output: NDArray[np.int32]
    counts: tuple[int, ...]


def _top() -> Any:
    """The bench. cocotb types it as any handle, which has no signals."""
    return cocotb.top


class Memory:
    """Reads the data RAM by the places that prepare.py noted."""

    def __init__(self, expected: Any) -> None:
        self._memory = _top().u_soc.u_data_ram.mem
        places = json.loads((run.directory() / "places.json").read_text())
        self._places = {
            name: (place["word"], place["value_bytes"]) for name, place in places.items()
        }
        self._values = {name: expected[name].shape[-1] for name in self._places}

    def read(self, name: str) -> NDArray[np.int32]:
        """The values of output `name` (or "counts") as they stand now, signed."""
        first, size = self._places[name]
        words = range(first, first + (self._values[name] * size + 3) // 4)
        data = np.array([int(self._memory[word].value) for word in words], dtype=np.uint32)
        typed = data.view(np.int8 if size == 1 else np.int32)
        return typed[: self._values[name]].astype(np.int32)


class Predictor(uvm_component):
    """Publishes what the golden model says each of `layers` leaves behind, image by image."""

    def __init__(
        self, name: str, parent: uvm_component, expected: Any, layers: tuple[str, ...]
    ) -> None:
        super().__init__(name, parent)
        self.expected = expected
        self.layers = layers

    def build_phase(self) -> None:
        self.port = uvm_analysis_port("port", self)

    async def run_phase(self) -> None:
        counts = self.expected["counts"]
        for image in range(len(counts)):
            for index, layer in enumerate(self.layers):
                counters = tuple(int(value) for value in counts[image, index])
                self.port.write(LayerResult(image, layer, self.expected[layer][image], counters))


class Monitor(uvm_component):
    """Wakes at each marker, publishes what the layer left in memory, and keeps the cycles."""

    def __init__(self, name: str, parent: uvm_component, expected: Any) -> None:
        super().__init__(name, parent)
        self.memory = Memory(expected)
        self.layer_cycles = dict.fromkeys(LAYERS, 0)
        self.image_cycles: list[int] = []
        self.image_instructions: list[int] = []
        self.last_event = "reset"
        self.exit_code: int | None = None

    def build_phase(self) -> None:
        self.port = uvm_analysis_port("port", self)

    async def follow(self, last_layer: str | None = None) -> None:
        """Publish layers until the program exits, or `last_layer` of the first image is done."""
        top = _top()
        image, image_start, layer_start, retired_start = 0, 0, 0, 0
        layer = None
        while self.exit_code is None and (last_layer is None or layer != last_layer):
            await top.events.value_change
            value, cycle = int(top.event_value.value), int(top.cycle.value)
            event, index = value >> 24, value & 0xFFFFFF
            if int(top.event_exit.value):
                self.exit_code = value
            elif event == IMAGE_BEGIN:
                image, image_start = index, cycle
                retired_start = int(top.event_retired.value)
            elif event == LAYER_END:
                layer = LAYERS[index]
                self.layer_cycles[layer] += cycle - layer_start
                counters = tuple(int(c) & 0xFFFFFFFF for c in self.memory.read("counts"))
                self.port.write(LayerResult(image, layer, self.memory.read(layer), counters))
            else:
                self.image_cycles.append(cycle - image_start)
                self.image_instructions.append(int(top.event_retired.value) - retired_start)
            layer_start = cycle
            self.last_event = f"event {event} index {index} of image {image} in cycle {cycle}"


class Scoreboard(GoldenScoreboard):
    """Compares layers value by value, so that a difference names its image, layer and index."""

    def compare(self, expected: LayerResult, got: LayerResult) -> None:
        place = f"{expected.layer} of image {expected.image}"
        assert (expected.image, expected.layer) == (got.image, got.layer), (
            f"expected {place}, the program finished {got.layer} of image {got.image}"
        )
        different = np.flatnonzero(expected.output != got.output)
        if different.size:
            index = int(different[0])
            self._fail(place, index, expected.output[index], got.output[index])
        for name, wanted, found in zip(COUNTERS, expected.counts, got.counts, strict=True):
            if wanted != found:
                self._fail(place, name, wanted, found)
        run.report(values_compared=expected.output.size + len(COUNTERS))

    @staticmethod
    def _fail(layer: str, index: int | str, expected: int, got: int) -> None:
        run.mismatch(layer=layer, index=index, expected=expected, got=got)
        raise AssertionError(f"{layer}, index {index}: expected {expected}, got {got}")


class Env(uvm_env):
    """Monitor and predictor into one scoreboard."""

    def build_phase(self) -> None:
        expected = np.load(run.directory() / "expected.npz")
        self.expected = {name: expected[name] for name in expected.files}
        self.monitor = Monitor("monitor", self, self.expected)
        last = run.settings().get("last_layer", LAYERS[-1])
        layers = LAYERS[: LAYERS.index(last) + 1]
        self.predictor = Predictor("predictor", self, self.expected, layers)
        self.scoreboard = Scoreboard("scoreboard", self)

    def connect_phase(self) -> None:
        self.predictor.port.connect(self.scoreboard.predicted)
        self.monitor.port.connect(self.scoreboard.observed)
