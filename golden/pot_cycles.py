# SPDX-License-Identifier: Apache-2.0
"""Cycles that pot takes for a program when nobody outside makes it wait.

    cycles(program.commands, engine)          # of each command, from its beat to done_o

A word of weights comes per cycle as long as the buffer has room; so does a beat of a map.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from golden.pot_engine import Command, Engine, Operation

_RAW_PASSES = 4  # writes of a position whose results are sums
# Of a command, beside its loops: taken and begun; position, array, sums, last write.
_BEGIN, _END = 2, 4
_THROUGH = 1  # after the pace of a group's last position, before the next group's first one
_SHIFTED = 1  # and products, if they are to be shifted
_WRITTEN = 3  # from a position to the same one of the next tile, at least


@dataclass
class _Words:
    """When each word of weights is in the buffer, which has room for `size`."""

    size: int
    last: int = -1  # cycle in which the newest word came
    released: list[int] = field(default_factory=list)  # cycle, of each word that was done with
    count: int = 0

    def read(self, now: int) -> int:
        """Return the cycle from `now` on in which the next word can be read."""
        room = self.released[self.count - self.size] + 1 if self.count >= self.size else 0
        self.last = max(self.last + 1, room)
        self.count += 1
        return max(now, self.last + 1)

    def release(self, now: int) -> None:
        """All words read so far are done with in cycle `now`."""
        self.released += [now] * (self.count - len(self.released))


def cycles(commands: Iterable[Command], engine: Engine) -> list[int]:
    """Cycles of commands back to back, each from the one in which it is taken to done_o."""
    words = _Words(engine.weight_words)
    now, found = 0, []
    for command in commands:
        if command.operation is Operation.LAYER:
            taken = _layer(command, engine, words, now)
        else:
            taken = command.words + (3 if command.operation is Operation.STORE else 2)
        found.append(taken)
        now += taken + 1
    return found


def _layer(command: Command, engine: Engine, words: _Words, begin: int) -> int:
    now = begin + _BEGIN
    for group in range(command.groups):
        columns = min(engine.columns, command.out_channels - group * engine.columns)
        free = now + _pace(command, engine) + _THROUGH if group else 0  # the output stage
        now = _read(words, columns + (columns < engine.columns), now)
        left = command.pixels
        first = True
        while left:
            positions = min(left, engine.pixels)
            if first:
                for tile in range(command.tiles):
                    now = max(free, _read(words, columns, now))
                    final = tile + 1 == command.tiles
                    free = now + _WRITTEN
                    now += _final(command, engine, positions) if final else positions
            elif command.tiles == 1:  # its weights are still held
                now += _pace(command, engine) - 1 + _final(command, engine, positions)
            else:
                tile = max(columns + positions, _WRITTEN)
                now += columns + (command.tiles - 1) * tile + _final(command, engine, positions)
            first = False
            left -= positions
        words.release(now - 1)
    drain = _END + (0 if command.raw else _SHIFTED) + _last_passes(command, engine)
    return now - 1 + drain + 1 - begin


def _read(words: _Words, count: int, now: int) -> int:
    for _ in range(count):
        now = words.read(now) + 1
    return now


def _last_passes(command: Command, engine: Engine) -> int:
    """Passes of the output stage for a position of the last group, which may have few channels."""
    channels = command.out_channels - engine.columns * (command.groups - 1)
    return -(-channels // (engine.columns // _RAW_PASSES if command.raw else engine.requantisers))


def _final(command: Command, engine: Engine, positions: int) -> int:
    """Cycles of a strip's last tile."""
    return (positions - 1) * _pace(command, engine) + 1


def _pace(command: Command, engine: Engine) -> int:
    """Cycles from one position of a strip's last tile to the next: its sums have to be written."""
    passes = engine.columns // engine.requantisers
    pace = _RAW_PASSES if command.raw else passes
    return -(-pace // 4) if command.pool else pace
