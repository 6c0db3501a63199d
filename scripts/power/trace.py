# SPDX-License-Identifier: Apache-2.0
"""Recordings out of wave files (FST or VCD): what registers, ports and memories did, bit by bit."""

from __future__ import annotations

import ctypes
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pywellen
from numpy.typing import NDArray

from scripts.errors import UserError
from scripts.power.replay import Recording, Words, kernel

_SOURCE = Path(__file__).with_name("trace.cc")
_BIT = re.compile(r"(.*)\[(\d+)\]")
MOST_BITS = 64


@contextmanager
def _refused(reason: str) -> Iterator[None]:
    """Turn whatever pywellen's reader makes of a bad file into a UserError.

    Where the reader panics, the exception is no Exception.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise UserError(f"{reason}: {' '.join(str(error).split())}") from error


class Waves:
    """The signals of one instance in a wave file, sampled just before each rising edge of a clock.

    Cycle 0 is the first that begins after the reset was released.
    """

    def __init__(self, path: Path, scope: str, clock: str = "clk_i", reset: str = "rst_ni") -> None:
        """Raises UserError for a file that is none, has no such instance, or has no cycle."""
        if not path.is_file():
            raise UserError(f"no wave file {path}")
        with _refused(f"{path} is not an FST or VCD file"):
            waves = pywellen.Waveform(str(path))
        self.path, self.scope = path, scope
        prefix = f"{scope}."
        self.signals = {
            name.removeprefix(prefix).replace(".[", "["): signal
            for signal in waves.all_vars()
            if (name := signal.full_name).startswith(prefix)
        }
        self.edges = self._edges(clock, reset)
        self.cycles = len(self.edges) - 1
        if self.cycles < 1:
            raise UserError(f"{path}: no clock cycle follows the reset")

    def _edges(self, clock: str, reset: str) -> NDArray[np.int64]:
        times, levels = self._changes(clock)
        rising = times[levels[:, 0] == 1]
        times, levels = self._changes(reset)
        active = np.flatnonzero(levels[:, 0] == 0)
        if len(active) and active[-1] == len(times) - 1:
            raise UserError(f"{self.path}: the reset is never released")
        released = times[active[-1] + 1] if len(active) else -1
        after: NDArray[np.int64] = rising[rising >= released]
        return after

    def _changes(self, name: str) -> tuple[NDArray[np.int64], Words]:
        """Times [changes] and values [changes, words] of a signal."""
        signal = self.signals.get(name)
        if signal is None:
            raise UserError(f"{self.path} has no signal {self.scope}.{name}")
        with _refused(f"{self.path} is damaged"):
            changes: Sequence[tuple[int, Any]] = list(signal.tv)  # read only now
        if not changes:
            raise UserError(f"{self.path}: {name} was not recorded")
        times = np.fromiter((time for time, _ in changes), np.int64, len(changes))
        values = [value for _, value in changes]
        if signal.bitwidth is not None and signal.bitwidth > MOST_BITS:
            words = -(-signal.bitwidth // MOST_BITS)
            data = b"".join(self._number(v, name).to_bytes(8 * words, "little") for v in values)
            return times, np.frombuffer(data, np.uint64).reshape(-1, words)
        if any(isinstance(value, str) for value in values):
            values = [self._number(value, name) for value in values]
        return times, np.array(values, np.uint64).reshape(-1, 1)

    def _number(self, value: int | str, name: str) -> int:
        """A value as a number; before the reset, undefined bits do not matter and become 0."""
        if isinstance(value, int):
            return value
        return int(re.sub(r"[^01]", "0", value), 2)

    def samples(self, name: str) -> Words:
        """Values of a signal in each cycle, [cycles, words]."""
        times, values = self._changes(name)
        at = np.searchsorted(times, self.edges[1:], side="left") - 1
        return values[np.maximum(at, 0)]

    def recording(self, wanted: Iterable[Sequence[str]]) -> Recording:
        """Record a bit under one of each group of names, as a netlist has them ("a.b_q[3]").

        Groups of which no name was traced are left out: the replay says what it misses.
        """
        chosen: dict[str, dict[int, str]] = {}
        for names in wanted:
            for name in names:
                if place := self._place(name):
                    chosen.setdefault(place[0], {})[place[1]] = name
                    break
        rows = sum(map(len, chosen.values()))
        packed = np.zeros((rows, -(-self.cycles // 64)), np.uint64)
        names_at: dict[str, int] = {}
        for signal, bit_names in chosen.items():
            columns = transposed(self.samples(signal))
            for bit, name in bit_names.items():
                names_at[name] = len(names_at)
                packed[names_at[name]] = columns[bit]
        return Recording(self.cycles, names_at, packed)

    def _place(self, name: str) -> tuple[str, int] | None:
        """Signal and bit of a name.

        Synthesis joins the elements of an unpacked array, under the name of the first or of all of
        them, [0:n-1] as our RTL has them: the last one lowest. An index is then that of a bit in
        the netlist and of an element in the waves. An element of one bit has an index in the waves
        and none in the netlist.
        """
        for signal in (name, f"{name}[0]"):
            if signal in self.signals and self._width(signal) == 1:
                return signal, 0
        bit = _BIT.fullmatch(name)
        if not bit:
            return None
        array, index = bit[1], int(bit[2])
        if array not in self.signals and f"{array}[0]" in self.signals:
            element, index = divmod(index, self._width(f"{array}[0]"))
            signal = f"{array}[{self._elements(array) - 1 - element}]"
        elif array in self.signals:
            element, index = divmod(index, self._width(array))
            signal = re.sub(r"\[0\]$", f"[{element}]", array) if element else array
        else:
            return None
        return (signal, index) if signal in self.signals else None

    def _elements(self, array: str) -> int:
        """How many elements an array has."""
        return next(i for i in itertools.count() if f"{array}[{i}]" not in self.signals)

    def _width(self, signal: str) -> int:
        return self.signals[signal].bitwidth or 1


def transposed(values: Words) -> Words:
    """Bits of values [cycles, words] as rows [64 words, cycles / 64], the first cycle lowest."""
    cycles, words = values.shape
    rows = np.zeros((MOST_BITS * words, -(-cycles // 64)), np.uint64)
    kernel([], _SOURCE).transpose(
        ctypes.c_void_p(np.ascontiguousarray(values).ctypes.data), ctypes.c_int64(cycles),
        ctypes.c_int64(words), ctypes.c_void_p(rows.ctypes.data),
    )  # fmt: skip
    return rows


def markers(waves: Waves, valid: str, value: str) -> list[tuple[int, int]]:
    """(cycle, value) of each cycle in which `valid` is 1."""
    at = np.flatnonzero(waves.samples(valid)[:, 0])
    values = waves.samples(value)[:, 0]
    return [(int(cycle), int(values[cycle])) for cycle in at]
