# SPDX-License-Identifier: Apache-2.0
"""One layer of sparse_stream, clocked in plain Python: what the fast cycle model must agree with.

Slow and literal. In each cycle all signals are worked out from the registers, from the output to
the input, and then all registers change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from golden.sparse_stream_config import LayerConfiguration


@dataclass
class Stream:
    """Registers of one stream; None where nothing is held."""

    vectors: list[dict[str, int]]
    scanned: int = 0
    read: dict[str, int] | None = None  # line buffer's output
    vector: dict[str, int] | None = None  # at the picker
    waiting: int = 0  # its lanes that are still to be picked
    held: dict[str, Any] | None = None
    open: bool = False
    queue: list[dict[str, Any]] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)
    group: int = 0
    used: int = 0
    complete: int = 0
    completing: list[bool] = field(default_factory=lambda: [False, False])


def vectors_of(shape: LayerConfiguration, maps: Tensor, stream: int, dense: bool) -> list[dict]:
    """All vectors of a stream in the order of the scan: lanes to pick, address, what it frees."""
    found = []
    groups = shape.channels // (shape.streams * shape.lanes)
    row_words = shape.width // shape.pixels * groups
    for image, values in enumerate(maps):
        for row in range(shape.sums_shape[0]):
            top = row * shape.stride - shape.padding
            for column in range(shape.sums_shape[1]):
                left = column * shape.stride - shape.padding
                window = []
                for y in range(max(0, top), min(shape.height, top + shape.kernel)):
                    inside = [x for x in range(left, left + shape.kernel) if 0 <= x < shape.width]
                    for pixels in sorted({x // shape.pixels for x in inside}):
                        for group in range(groups):
                            first = (group * shape.streams + stream) * shape.lanes
                            taken = [
                                bool(values[y, x, first + lane]) or dense
                                for x in inside
                                if x // shape.pixels == pixels
                                for lane in range(shape.lanes)
                            ]
                            at = (image * shape.height + y) * row_words + pixels * groups + group
                            window.append({"lanes": sum(taken), "at": at, "last": 0})
                window[-1]["last"] = 1
                oldest = (image * shape.height + max(0, top)) * row_words
                found += [{**vector, "oldest": oldest} for vector in window]
            # What the line gives back must be there, even if no window has read it.
            lines = image * shape.sums_shape[0] + row + 1
            found[-1]["at"] = max(found[-1]["at"], first_word(shape, lines, row_words) - 1)
    return found


def first_word(shape: LayerConfiguration, lines: int, row_words: int) -> int:
    """First word that is still needed after so many lines of windows."""
    image, row = divmod(lines, shape.sums_shape[0])
    return (image * shape.height + max(0, row * shape.stride - shape.padding)) * row_words


class Layer:
    """A layer, its input always there and its output always taken."""

    def __init__(self, shape: LayerConfiguration, maps: Tensor, dense: bool, out_values: int):
        self.shape, self.dense, self.out_values = shape, dense, out_values
        self.streams = [
            Stream(vectors_of(shape, maps, stream, dense)) for stream in range(shape.streams)
        ]
        pixel_words = shape.channels // (shape.streams * shape.lanes)
        self.row_words = shape.width // shape.pixels * pixel_words
        self.words = len(maps) * shape.height * self.row_words
        self.words_in = 0
        self.filter = 0
        self.pipe = [False] * (2 if shape.logits else 4)
        self.position = 0  # of the next value at the pool
        self.pooled: bool | None = None  # whether the value there is its block's last
        self.kept = 0
        self.packed = False

    def cycle(self) -> bool:
        """Advance by a cycle; returns whether a beat was sent."""
        sent = self.packed
        # The sink always takes, so nothing behind the accumulators ever waits.
        done = all(self.is_done(stream) for stream in self.streams)
        frees = done and self.filter == self.shape.filters - 1
        self.tail(done)
        room = all(self.words_in < self.limit(stream) for stream in self.streams)
        words_in = self.words_in
        if room and self.words_in < self.words:
            self.words_in += 1
        for stream in self.streams:
            self.engine(stream, frees, words_in)
        return sent

    def is_done(self, stream: Stream) -> bool:
        if self.dense:
            return stream.complete > 0
        return bool(stream.ends) and (stream.ends[0] or stream.complete > 0)

    def limit(self, stream: Stream) -> float:
        if stream.scanned == len(stream.vectors):
            return float("inf")
        rows = self.shape.kernel + self.shape.stride
        return stream.vectors[stream.scanned]["oldest"] + rows * self.row_words

    def tail(self, done: bool) -> None:
        value = self.pipe.pop()
        self.pipe.insert(0, done)
        if done:
            self.filter = (self.filter + 1) % self.shape.filters
        if self.shape.pool:
            value, self.pooled = bool(self.pooled), self.ends_block() if value else None
        self.packed = value and self.kept == self.out_values - 1
        if value:
            self.kept = (self.kept + 1) % self.out_values

    def ends_block(self) -> bool:
        height, width = self.shape.sums_shape
        pixel = self.position // self.shape.filters
        self.position = (self.position + 1) % (height * width * self.shape.filters)
        return bool(pixel // width % 2 and pixel % width % 2)

    def engine(self, s: Stream, frees: bool, words_in: int) -> None:
        shape = self.shape
        bank = frees and (self.dense or not s.ends[0])
        # Multipliers.
        entry = s.queue[0] if s.queue else None
        begins = bool(entry) and s.group == 0 and entry["first"]
        issue = bool(entry) and not (begins and s.used == shape.banks)
        ready = issue and s.group == shape.groups - 1
        completes = s.completing.pop()
        s.completing.insert(0, bool(ready and entry["last"]))
        if issue:
            s.group = (s.group + 1) % shape.groups
        # Picker: what it sees of queue and ends is what they hold before this cycle.
        queue_ready = len(s.queue) < shape.queue or (shape.queue == 1 and ready)
        ends_ready = len(s.ends) < shape.queue + shape.banks + 1
        push, end, takes = (self.deal if self.dense else self.pick)(s, queue_ready, ends_ready)
        # Line buffer.
        step = (s.read is None or takes) and s.scanned < len(s.vectors)
        step = step and s.vectors[s.scanned]["at"] < words_in
        if takes:
            s.vector, s.waiting = s.read, s.read["lanes"] if s.read else 0
            s.read = None
        if step:
            s.read = s.vectors[s.scanned]
            s.scanned += 1
        # Registers.
        s.used += int(issue and begins) - int(bank)
        s.complete += int(completes) - int(bank)
        if ready:
            s.queue.pop(0)
        if push:
            s.queue.append(push)
        if frees and not self.dense:
            s.ends.pop(0)
        if end is not None:
            s.ends.append(end)

    def pick(self, s: Stream, queue_ready: bool, ends_ready: bool) -> tuple[Any, bool | None, bool]:
        rest = max(0, s.waiting - self.shape.slots)
        ends = s.vector is not None and not rest and bool(s.vector["last"])
        allowed = s.vector is not None and (not ends or ends_ready)
        none = s.waiting == 0
        sends = s.held is not None and (s.held["last"] or (allowed and not none)) and queue_ready
        push = dict(s.held) if sends and s.held else None
        load = allowed and not none and (s.held is None or queue_ready)
        go = load or (allowed and none)
        end = none and not s.open if go and ends else None
        if sends:
            s.held = None
        if load:
            s.held = {"first": not s.open, "last": ends}
        elif go and ends and s.held is not None:
            s.held["last"] = True
        if go:
            s.open = not ends and (s.open or not none)
            s.waiting = rest
        takes = s.vector is None or (go and not rest)
        if takes:
            s.vector = None
        return push, end, takes

    def deal(self, s: Stream, queue_ready: bool, _ends_ready: bool) -> tuple[Any, None, bool]:
        if s.vector is None:
            return None, None, True
        if not queue_ready:
            return None, None, False
        s.waiting = max(0, s.waiting - self.shape.slots)
        last = bool(s.vector["last"]) and not s.waiting
        entry = {"first": not s.open, "last": last}
        s.open = not last
        takes = not s.waiting
        if takes:
            s.vector = None
        return entry, None, takes


def last_beats(
    shape: LayerConfiguration, maps: Tensor, *, dense: bool, out_values: int
) -> list[int]:
    """Cycle in which each image's last beat leaves, counted from its first input beat."""
    layer, beats, ends, now = Layer(shape, maps, dense, out_values), 0, [], 0
    height, width = shape.output_shape
    image_beats = height * width * shape.filters // out_values
    while len(ends) < len(maps):
        if layer.cycle():
            beats += 1
            if beats % image_beats == 0:
                ends.append(now)
        now += 1
    return ends
