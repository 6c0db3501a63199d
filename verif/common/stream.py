# SPDX-License-Identifier: Apache-2.0
"""Agent of a valid/ready stream: feature maps go in, and come out, in batches.

The beats are played and taken by hardware of the bench (stream_source.sv, stream_sink.sv), which
exchanges files with Python in the run's folder; Python wakes for a batch, not for a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge, Timer
from numpy.typing import NDArray
from pyuvm import (
    uvm_agent,
    uvm_analysis_port,
    uvm_component,
    uvm_driver,
    uvm_sequence,
    uvm_sequence_item,
    uvm_sequencer,
)

from verif.common import run
from verif.common.watchdog import CLOCK_PERIOD_NS

Values = NDArray[np.int8] | NDArray[np.uint8] | NDArray[np.int32]


@dataclass(frozen=True)
class Beats:
    """Beats that were taken. values: [beats, values of one]; cycles, marks: one number per beat.

    A mark is what the bench records beside a beat (stream_record.sv).
    """

    cycles: NDArray[np.int64]
    marks: NDArray[np.int64]
    values: Values

    def __len__(self) -> int:
        return len(self.cycles)

    def __getitem__(self, part: slice) -> Beats:
        return Beats(self.cycles[part], self.marks[part], self.values[part])


def beats_hex(values: Values, per_beat: int) -> str:
    """Return beats as $readmemh reads them: one per line, the first value in the low bits.

    >>> beats_hex(np.array([1, -1, 3, 4], np.int8), 2)
    'ff01\\n0403\\n'
    """
    beats = np.ascontiguousarray(values).reshape(-1, per_beat)
    reverse = beats.view(np.uint8).reshape(len(beats), -1)[:, ::-1]
    return "".join(f"{row.tobytes().hex()}\n" for row in reverse)


def read_beats(lines: Iterable[str], bits: int) -> Beats:
    """Read the lines of a recording whose values have 8 or 32 bits.

    >>> read_beats(["7 0 ff01"], 8).values.tolist()
    [[1, -1]]

    Raises:
        AssertionError: if a payload has an unknown bit.
    """
    rows = [line.split() for line in lines]
    text = "".join(row[2] for row in rows)
    assert not set(text) - set("0123456789abcdef"), f"unknown bits in a beat: {text[:80]}"
    data = np.frombuffer(bytes.fromhex(text), np.uint8).reshape(len(rows), -1)[:, ::-1]
    copied = np.ascontiguousarray(data)
    values: Values = copied.view(np.int8) if bits == 8 else copied.view(np.int32)
    numbers = np.array([[int(row[0]), int(row[1])] for row in rows], np.int64).reshape(-1, 2)
    return Beats(numbers[:, 0], numbers[:, 1], values)


class FeatureMaps(uvm_sequence_item):
    """Maps that follow each other without a gap: values in stream order."""

    def __init__(self, values: Values) -> None:
        super().__init__("maps")
        self.values = values.reshape(-1)


class MapSequence(uvm_sequence):
    """Sends maps, and ends when they were taken or a reset cut them off."""

    def __init__(self, values: Values) -> None:
        super().__init__("map_sequence")
        self._item = FeatureMaps(values)

    async def body(self) -> None:
        await self.start_item(self._item)
        await self.finish_item(self._item)


class StreamDriver(uvm_driver):
    """Has a source play what the sequencer gives: signals <source>_* of `bench`, <source>.hex."""

    def __init__(
        self, name: str, parent: uvm_component, bench: Any, per_beat: int, source: str = "source"
    ) -> None:
        super().__init__(name, parent)
        self._per_beat = per_beat
        self._path = run.directory() / f"{source}.hex"
        signals = (getattr(bench, f"{source}_{word}") for word in ("beats", "start", "playing"))
        self._beats, self._start, self._playing = signals

    async def run_phase(self) -> None:
        while True:
            item = await self.seq_item_port.get_next_item()
            self._path.write_text(beats_hex(item.values, self._per_beat))
            self._beats.value = len(item.values) // self._per_beat
            await Timer(1, unit="ns")
            self._start.value = 1
            await RisingEdge(self._playing)
            self._start.value = 0
            await FallingEdge(self._playing)
            self.seq_item_port.item_done()


class StreamMonitor(uvm_component):
    """Publishes the beats of one recording in batches: every `every` cycles, and at `collect`."""

    def __init__(
        self, name: str, parent: uvm_component, bench: Any, file: str, bits: int, every: int = 5_000
    ) -> None:
        super().__init__(name, parent)
        self._bench = bench
        self._path: Path = run.directory() / f"{file}.beats"
        self._bits = bits
        self._every = every
        self._read = 0
        self._rest = ""

    def build_phase(self) -> None:
        self.port = uvm_analysis_port("port", self)

    async def run_phase(self) -> None:
        while True:
            await Timer(self._every * CLOCK_PERIOD_NS, unit="ns")
            await flush(self._bench)
            self.collect()

    def collect(self) -> None:
        """Publish what the file has more than before."""
        with self._path.open() as file:
            file.seek(self._read)
            text = file.read()
        self._read += len(text)
        *lines, self._rest = (self._rest + text).split("\n")
        if lines:
            self.port.write(read_beats(lines, self._bits))


async def flush(bench: Any) -> None:
    """Have all recordings of `bench` written to their files."""
    bench.flush.value = 1
    await Timer(1, unit="ns")
    bench.flush.value = 0
    await Timer(1, unit="ns")


class StreamAgent(uvm_agent):
    """One end of a stream: one that sends, `sends` values a beat, or one that is watched.

    source: name of the bench's source; file: of the recording that is watched.
    """

    def __init__(
        self,
        name: str,
        parent: uvm_component,
        bench: Any,
        *,
        sends: int = 0,
        source: str = "source",
        file: str = "",
        bits: int = 8,
    ) -> None:
        super().__init__(name, parent)
        self._bench, self._per_beat, self._file, self._bits = bench, sends, file, bits
        self._source = source

    def build_phase(self) -> None:
        if self._per_beat:
            self.sequencer = uvm_sequencer("sequencer", self)
            self.driver = StreamDriver("driver", self, self._bench, self._per_beat, self._source)
        if self._file:
            self.monitor = StreamMonitor("monitor", self, self._bench, self._file, self._bits)

    def connect_phase(self) -> None:
        if self._per_beat:
            self.driver.seq_item_port.connect(self.sequencer.seq_item_export)
