# SPDX-License-Identifier: Apache-2.0
"""All nets of a netlist from what its sources did, 512 cycles at a time, and their toggles counted.

Without delays, a net is a function of registers, inputs and memories in the same cycle, so nothing
has to be simulated: one pass through the cells gives a net's values in many cycles at once
(replay.cc). On the way, everything that the recording also knows is compared with it.
"""

from __future__ import annotations

import ctypes
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden import compiled
from scripts.errors import UserError
from scripts.power.nets import ONE, ZERO, Check, Netlist

Words = NDArray[np.uint64]
Counts = NDArray[np.uint64]

MOST_INPUTS = 8
_SOURCE = Path(__file__).with_name("replay.cc")


class Mismatch(UserError):
    """The netlist, fed with the recording, does not do what the recording says."""


@dataclass(frozen=True)
class Recording:
    """Bits of a simulation by name: rows [bits, words], 64 cycles in a word, the first lowest."""

    cycles: int
    names: Mapping[str, int]
    rows: Words


@dataclass(frozen=True)
class Toggles:
    """What the nets did in a window. toggles: changes, high: cycles at 1; both [nets].

    A net of the clock network counts the edges of its pulses, and is at 1 in half of each.
    """

    cycles: int
    toggles: Counts
    high: Counts


class _Op(ctypes.Structure):
    _fields_ = [
        ("function", ctypes.c_int32),
        ("output", ctypes.c_int32),
        ("inputs", ctypes.c_int32 * MOST_INPUTS),
    ]


class _Link(ctypes.Structure):
    _fields_ = [
        ("net", ctypes.c_int32),
        ("row", ctypes.c_int32),
        ("delay", ctypes.c_int32),
        ("pad", ctypes.c_int32),
        ("flip", ctypes.c_uint64),
    ]


class NetlistC(ctypes.Structure):
    """The C++ side's Netlist."""

    _fields_ = [
        ("nets", ctypes.c_int32),
        ("ops", ctypes.c_int32),
        ("sources", ctypes.c_int32),
        ("checks", ctypes.c_int32),
        ("op", ctypes.POINTER(_Op)),
        ("source", ctypes.POINTER(_Link)),
        ("check", ctypes.POINTER(_Link)),
    ]


class Replay:
    """A netlist together with a recording of the same design's simulation."""

    def __init__(self, netlist: Netlist, recording: Recording) -> None:
        """Raises UserError for a register, port or memory pin that the recording lacks."""
        self.netlist, self.recording = netlist, recording
        self.library = kernel(netlist.functions, _SOURCE)
        self.library.replay.restype = ctypes.c_int64
        numbers = {text: i for i, text in enumerate(netlist.functions)}
        ops = [_Op(numbers[op.function.normal], op.output, op.inputs) for op in netlist.ops]
        row_of = {}
        sources = []
        for source in netlist.sources:
            row_of[source.net] = (self.row(source.names), source.inverted)
            sources.append(_link(source.net, *row_of[source.net]))
        checks = [self.check_link(check, row_of) for check in netlist.checks]
        self._arrays = [(_Op * len(ops))(*ops), *((_Link * len(a))(*a) for a in (sources, checks))]
        counts = netlist.nets, len(ops), len(sources), len(checks)
        self.c = NetlistC(*counts, *self._arrays)

    @property
    def annotated_percent(self) -> float:
        """Share of the nets whose values in each cycle are known: recorded or evaluated from that.

        Clocks count as known: their pulses follow from their enables.
        """
        known = {ZERO, ONE, *self.netlist.clocks, *(s.net for s in self.netlist.sources)}
        known |= {op.output for op in self.netlist.ops}
        connected = {net for entry in self.netlist.instances for net in entry.nets.values()}
        return 100.0 * len(connected & known) / len(connected)

    def row(self, names: Sequence[str]) -> int:
        """The recording's row under the first of the names that it has."""
        for name in names:
            if name in self.recording.names:
                return self.recording.names[name]
        raise UserError(
            f"the recording has no {' or '.join(names)}: is it of another version of the RTL?"
        )

    def check_link(self, check: Check, row_of: Mapping[int, tuple[int, bool]]) -> _Link:
        if check.kind == "state":
            row, inverted = row_of[check.of]
            return _link(check.net, row, inverted, delay=1)
        return _link(check.net, -1 if check.kind == "never" else self.row(check.names), False)

    def toggles(self, begin: int, end: int) -> Toggles:
        """Count what happens in the cycles from `begin` to before `end`.

        Raises Mismatch where a register or an output is not what was recorded, ValueError for
        cycles that were not recorded.
        """
        if not 0 <= begin <= end <= self.recording.cycles:
            raise ValueError(f"cycles {begin} to {end} of {self.recording.cycles}")
        nets, recording = self.netlist.nets, self.recording
        toggles, high = np.zeros(nets, np.uint64), np.zeros(nets, np.uint64)
        at = ctypes.c_int64()
        wrong = self.library.replay(
            ctypes.byref(self.c), pointer(recording.rows),
            ctypes.c_int64(recording.rows.shape[1]), ctypes.c_int64(recording.cycles),
            ctypes.c_int64(begin), ctypes.c_int64(end),
            pointer(toggles), pointer(high), ctypes.byref(at),
        )  # fmt: skip
        if wrong >= 0:
            check = self.netlist.checks[wrong]
            raise Mismatch(f"gates and recording differ at {check.what}, cycle {at.value}")
        self._count_clocks(begin, end, toggles, high)
        return Toggles(end - begin, toggles, high)

    def values(self, cycle: int) -> NDArray[np.uint8]:
        """Value of each net in a cycle, [nets]."""
        values = np.zeros(self.netlist.nets, np.uint8)
        rows = self.recording.rows
        self.library.cycle_values(
            ctypes.byref(self.c), pointer(rows), ctypes.c_int64(rows.shape[1]),
            ctypes.c_int64(cycle), pointer(values),
        )  # fmt: skip
        return values

    def steps(self, cycles: Sequence[int]) -> Words:
        """Values of all nets before and after up to 256 clock edges, [nets, words].

        Two bits for each of `cycles`, the lower one from the cycle before it. Raises ValueError for
        a cycle that has none before it, or that was not recorded.
        """
        if len(cycles) > 256 or not all(0 < cycle < self.recording.cycles for cycle in cycles):
            raise ValueError("at most 256 cycles, each with one before it")
        values = np.zeros((self.netlist.nets, 8), np.uint64)
        rows, wanted = self.recording.rows, np.array(cycles, np.int64)
        self.library.steps(
            ctypes.byref(self.c), pointer(rows), ctypes.c_int64(rows.shape[1]),
            pointer(wanted), ctypes.c_int64(len(wanted)), pointer(values),
        )  # fmt: skip
        return values

    def _count_clocks(self, begin: int, end: int, toggles: Counts, high: Counts) -> None:
        """A clock net pulses at the end of each cycle in which its enables let it."""
        for net, clock in self.netlist.clocks.items():
            pulses = int(high[clock.enable])
            toggles[net], high[net] = 2 * pulses, pulses // 2


def _link(net: int, row: int, inverted: bool, delay: int = 0) -> _Link:
    return _Link(net, row, delay, 0, 2**64 - 1 if inverted else 0)


def pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    """The array's first element, for a C function."""
    return ctypes.c_void_p(array.ctypes.data)


@functools.cache
def _generated(functions: tuple[str, ...]) -> str:
    """C++ functions for the texts, and the cases of a switch over them."""
    lines = [f"constexpr int kInputs = {MOST_INPUTS};", "const Vec ZERO{}, ONES = ~Vec{};"]
    cases = []
    for i, text in enumerate(functions):
        body = re.sub(r"\bp(\d+)\b", r"nets[in[\1]]", text)
        lines.append(f"static inline Vec function_{i}(const Vec *nets, const int32_t *in) {{")
        lines.append(f"  return {body};\n}}")
        cases.append(f"case {i}: y = function_{i}(nets, op.in); break;")
    lines.append("#define FUNCTIONS " + " ".join(cases))
    return "\n".join(lines) + "\n"


def kernel(functions: Sequence[str], source: Path) -> ctypes.CDLL:
    """Compile `source` with functions for the given texts. Raises UserError without a compiler."""
    try:
        return compiled.library(source, _generated(tuple(functions)))
    except compiled.CompilerError as error:
        raise UserError(str(error)) from error
