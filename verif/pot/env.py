# SPDX-License-Identifier: Apache-2.0
"""pyuvm environment of pot.

commands, weights, maps -> sequencers -> drivers -> sources .. DUT .. sink -> monitor -> scoreboard
     +--------------------------------- predictor ----------------------------------------^

What the golden model makes of the commands was computed before the simulation (prepare.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cocotb
import numpy as np
from numpy.typing import NDArray
from pyuvm import uvm_analysis_port, uvm_component, uvm_env

from verif.common import run
from verif.common.stream import Beats, MapSequence, StreamAgent, flush
from verif.common.stream_scoreboard import StreamScoreboard

Bytes = NDArray[np.uint8]
DEPTH = 16384  # beats that a source of the bench holds
SOURCES = ("commands", "weights", "maps")


@dataclass(frozen=True)
class Step:
    """A command as prepare.py described it. beats: of weights, maps in and maps out.

    facts: bins of coverage.py, by group. cycles: without stalls, from its beat to done.
    """

    name: str
    operation: str
    images: tuple[int, int]
    beats: tuple[int, int, int]
    facts: dict[str, list[str]]
    cycles: int


@dataclass(frozen=True)
class Stored:
    """What a STORE must send: beats [words, Lanes]; bytes that are not known may be anything."""

    step: Step
    values: Bytes
    known: NDArray[np.bool_]


def described() -> list[Step]:
    """Return the steps of the program."""
    return [Step(**step) for step in json.loads((run.directory() / "steps.json").read_text())]


class Predictor(uvm_component):
    """Publishes what the STOREs of a program must send."""

    def build_phase(self) -> None:
        self.port = uvm_analysis_port("port", self)

    def expect(self, steps: Sequence[Step], values: Bytes, known: Bytes) -> None:
        """Expect the beats of all these steps' STOREs, in order."""
        at = 0
        for step in steps:
            words = step.beats[2]
            if words:
                part = slice(at, at + words)
                self.port.write(Stored(step, values[part], known[part].astype(bool)))
                at += words


class MapScoreboard(StreamScoreboard):
    """Compares the beats that come out with what STOREs must send. `compared` counts bytes."""

    def span(self, wanted: Stored, beats: Beats) -> int:
        """All beats of a STORE."""
        return len(wanted.values)

    def compare_part(self, wanted: Stored, beats: Beats) -> None:
        """Compare known bytes, and the mark, which says that the beat is a STORE's last."""
        part = slice(self.at, self.at + len(beats))
        values, known = wanted.values[part], wanted.known[part]
        got = beats.values.view(np.uint8)
        wrong = np.argwhere((got != values) & known)
        if len(wrong):
            beat, lane = (int(number) for number in wrong[0])
            place = (self.at + beat, lane)
            self._fail(wanted.step, place, values[beat, lane], got[beat, lane])
        lasts = np.arange(self.at, self.at + len(beats)) == len(wanted.values) - 1
        if (bad := np.flatnonzero(beats.marks != lasts)).size:
            beat = int(bad[0])
            last = (self.at + beat, "last")
            self._fail(wanted.step, last, int(lasts[beat]), beats.marks[beat])
        self.compared += int(known.sum())

    def _fail(self, step: Step, place: tuple[Any, ...], expected: Any, got: Any) -> None:
        layer = f"{step.name}, images from {step.images[0]}"
        run.mismatch(layer=layer, index=place, expected=expected, got=got)
        raise AssertionError(f"{layer}, beat and byte {place}: expected {expected}, got {got}")


class Env(uvm_env):
    """An agent that sends for each source, one that watches the sink, predictor, scoreboard."""

    def __init__(self, name: str, parent: uvm_component, bench: Any) -> None:
        super().__init__(name, parent)
        self._bench = bench

    def build_phase(self) -> None:
        arrays = np.load(run.directory() / "program.npz")
        self.arrays: dict[str, Bytes] = {name: arrays[name] for name in arrays.files}
        self.steps = described()
        self.sources = {
            name: StreamAgent(
                name, self, self._bench, sends=self.arrays[name].shape[1], source=name
            )
            for name in SOURCES
        }
        self.sink = StreamAgent("sink", self, self._bench, file="sink")
        self.predictor = Predictor("predictor", self)
        self.scoreboard = MapScoreboard("scoreboard", self)

    def connect_phase(self) -> None:
        self.sink.monitor.port.connect(self.scoreboard.observed)
        self.predictor.port.connect(self.scoreboard.predicted)

    def expect(self) -> tuple[int, int]:
        """Expect what the program sends; return how many beats, and how many commands."""
        self.predictor.expect(self.steps, self.arrays["expected"], self.arrays["known"])
        return len(self.arrays["expected"]), len(self.steps)

    async def send(self) -> None:
        """Send the program on all streams; return when the last beat was taken, or at a reset."""
        sending = [cocotb.start_soon(self._send(name)) for name in SOURCES]
        for task in sending:
            await task

    async def _send(self, name: str) -> None:
        """Send all beats of one stream, as many at a time as the source holds."""
        beats = self.arrays[name]
        resets = self._resets
        for first in range(0, len(beats), DEPTH):
            if self._resets == resets:
                await MapSequence(beats[first : first + DEPTH]).start(self.sources[name].sequencer)

    _resets = 0

    def forget(self) -> None:
        """Drop what a reset makes void."""
        self._resets += 1
        self.scoreboard.forget()

    async def collect(self) -> None:
        """Compare all that came out so far."""
        await flush(self._bench)
        self.sink.monitor.collect()
