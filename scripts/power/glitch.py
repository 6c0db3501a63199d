# SPDX-License-Identifier: Apache-2.0
"""Glitches: changes of nets within a clock cycle that its beginning and end do not show.

Gates that wait for one input change their output twice or more in a cycle. A sample of cycles is
simulated in 512 steps of time each (glitch.cc), from the recorded values before and after. A gate
has the delay of each of its inputs, averaged over both edges, and its fastest input's delay of each
edge; a pulse shorter than that delay vanishes (inertial delay).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.power.delays import Delays
from scripts.power.nets import Netlist
from scripts.power.replay import MOST_INPUTS, Replay, kernel, pointer

STEPS = 512
CHUNK = 256  # cycles whose values Replay.steps gives at once
_SOURCE = Path(__file__).with_name("glitch.cc")


@dataclass(frozen=True)
class Glitches:
    """What a sample of cycles does beyond one change of each net that changes.

    extra: such changes of each net, summed over the sample, [nets]. energy: of all of them, in the
    unit of the weights, for each cycle [cycles].
    """

    extra: NDArray[np.int64]
    energy: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Energy in a cycle."""
        return float(self.energy.mean())

    @property
    def error(self) -> float:
        """Standard error of the mean; infinite for a single cycle."""
        count = len(self.energy)
        return float(self.energy.std(ddof=1) / np.sqrt(count)) if count > 1 else float("inf")


class Waveforms:
    """A netlist with its delays in steps of `step_ns`, such that a cycle fits in 512."""

    def __init__(self, netlist: Netlist, delays: Delays) -> None:
        self.netlist = netlist
        self.step_ns, self.delay, self.shift = _in_steps(delays)
        self.kernel = kernel(netlist.functions, _SOURCE)
        self.kernel.glitch.restype = ctypes.c_int64
        self.gates = self._gates(delays)
        nets = np.array([*(source.net for source in netlist.sources), *delays.held], np.int64)
        start = np.rint(delays.start[nets] / self.step_ns)
        self.sources = np.column_stack([nets, start]).astype(np.int32)

    def _gates(self, delays: Delays) -> NDArray[np.int32]:
        """Rows of glitch.cc's Gate."""
        numbers = {text: i for i, text in enumerate(self.netlist.functions)}
        rows = np.zeros((len(delays.gates), 5 + 2 * MOST_INPUTS), np.int32)
        for row, i in zip(rows, delays.gates.tolist(), strict=True):
            op = self.netlist.ops[i]
            row[:3] = numbers[op.function.normal], op.output, len(op.inputs)
        rows[:, 3:5] = self.delay[delays.gates]
        rows[:, 5 : 5 + MOST_INPUTS] = delays.graph.inputs[delays.gates]
        rows[:, 5 + MOST_INPUTS :] = self.shift[delays.gates]
        return rows

    def glitches(
        self, replay: Replay, cycles: Sequence[int], weights: NDArray[np.float64]
    ) -> Glitches:
        """Simulate `cycles` of the recording; weights: energy of a change of each net, [nets].

        Raises ValueError for the recording's first cycle, which has none before it.
        """
        extra = np.zeros(self.netlist.nets, np.int64)
        energy = np.zeros(len(cycles))
        weights = np.ascontiguousarray(weights, np.float64)
        for first in range(0, len(cycles), CHUNK):
            chunk = cycles[first : first + CHUNK]
            values = replay.steps(chunk)
            unsettled = self.kernel.glitch(
                pointer(self.gates), ctypes.c_int64(len(self.gates)),
                pointer(self.sources), ctypes.c_int64(len(self.sources)),
                ctypes.c_int64(self.netlist.nets), ctypes.c_int64(len(chunk)),
                pointer(values), pointer(weights), pointer(extra), pointer(energy[first:]),
            )  # fmt: skip
            assert unsettled < 0, f"net {unsettled} has not settled within the cycle"
        return Glitches(extra, energy)


def _in_steps(delays: Delays) -> tuple[float, NDArray[np.int64], NDArray[np.int64]]:
    """Return the step (ns), each op's delays [ops, edge] and its inputs' shifts [ops, inputs].

    A pulse passes if it has more steps than the delay: with a delay rounded to the nearest step,
    those as long as it would all vanish instead of half of them. So it is rounded to half a step
    less, and the shifts make up for it. Rounding may make paths longer: steps grow until the last
    change fits.
    """
    used = np.any(delays.follows, axis=(2, 3))
    fastest = np.where(used[:, :, None], delays.delay, np.inf).min(axis=1)
    fastest[~np.any(used, axis=1)] = 0
    step = max(delays.longest, 1e-6) / (STEPS - 1)
    while True:
        delay = np.maximum(0, np.rint(fastest / step - 0.5)).astype(np.int64)
        late = delays.delay.mean(axis=2) / step - delay.mean(axis=1)[:, None]
        shift = np.where(used, np.maximum(0, np.rint(late)), 0).astype(np.int64)
        total = shift[:, :, None] + delay[:, None, :]
        start = np.rint(delays.start / step).astype(np.int64)
        last = int(delays.graph.arrivals(start, total, delays.follows).max())
        if last < STEPS:
            return step, delay, shift
        step *= 1.001 * last / (STEPS - 1)
