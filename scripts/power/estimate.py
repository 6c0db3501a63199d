# SPDX-License-Identifier: Apache-2.0
"""Energy of one run on one netlist, window by window.

Toggles without delays are exact: every net, every cycle. Glitches come from a sample of cycles of
each window, drawn with a seed; `glitch_error` is the half-width of their 95 % confidence interval.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from scripts.errors import UserError
from scripts.files import write_json
from scripts.power import delays, liberty, netlist
from scripts.power.energy import Energy, energy, glitch_energy, model
from scripts.power.gates import Gates, label_of
from scripts.power.glitch import Waveforms
from scripts.power.nets import Netlist
from scripts.power.replay import Recording, Replay, Toggles
from scripts.project import ROOT

SAMPLES = 400  # cycles of each window in which glitches are simulated
CONFIDENCE = 1.96
CACHE = ROOT / "build" / "power" / "estimates"

REQUESTS = ("req_i", "read_i", "write_i")  # pins of memories, one high for each access
WRITE, MASK = "write_i", "write_mask_i["  # a write of some bytes counts as their share of the word

# When inputs and memories' outputs change, as a share of the clock period after its edge: a small
# memory's access time. Transitions there and of clocks: those of an inverter that drives four.
SOURCE_TIME = 0.1


@dataclass(frozen=True)
class Window:
    """Cycles [begin, end) of a recording."""

    name: str
    begin: int
    end: int


@dataclass(frozen=True)
class Spent:
    """What a window cost. energy: fJ. glitch_error: fJ. accesses: of each memory, by instance.

    A write of some of a word's bytes counts as their share of an access.
    """

    name: str
    cycles: int
    energy: Energy
    glitch_error: float
    accesses: dict[str, float]


@dataclass(frozen=True)
class Estimate:
    """All windows of a run.

    annotated_percent: share of registers, inputs and memory outputs that the recording had.
    checked: registers whose next state was compared in each cycle. replay_rate: cycles a second.
    """

    windows: Sequence[Spent]
    annotated_percent: float
    checked: int
    replay_rate: float

    @property
    def energy(self) -> Energy:
        """All windows together."""
        return sum((window.energy for window in self.windows), Energy({}))

    @property
    def cycles(self) -> int:
        """All windows together."""
        return sum(window.cycles for window in self.windows)

    @property
    def glitch_error(self) -> float:
        """Half-width of the confidence interval of all windows together, fJ."""
        return float(np.sqrt(sum(window.glitch_error**2 for window in self.windows)))

    def accesses(self, memory: str) -> float:
        """Of a memory, by instance, in all windows."""
        return sum(window.accesses[memory] for window in self.windows)


class Estimator:
    """A netlist with everything about it that does not depend on what it does."""

    def __init__(self, gates: Gates) -> None:
        self.gates = gates

    @cached_property
    def netlist(self) -> Netlist:
        """The netlist, in order of evaluation."""
        library = liberty.load(self.gates.liberty)
        return netlist.load(self.gates.netlist_json, self.gates.top, library)

    @cached_property
    def delays(self) -> delays.Delays:
        """Its loads and delays."""
        rule = self.gates.technology
        when = SOURCE_TIME * rule.period_ns
        around = delays.Surroundings(rule.wire_ff, rule.fo4_ns, when, when)
        result = delays.delays(self.netlist, around)
        if result.longest > rule.period_ns:
            raise UserError(
                f"{self.gates.block} on {self.gates.library}: the longest path"
                f" ({result.longest:.1f} ns) is longer than the period ({rule.period_ns:g} ns)"
            )
        return result

    @cached_property
    def waveforms(self) -> Waveforms:
        """It in steps of time."""
        return Waveforms(self.netlist, self.delays)

    def wanted(self) -> list[tuple[str, ...]]:
        """Names of all that a recording must have."""
        checks = [check.names for check in self.netlist.checks if check.kind == "output"]
        return [*(source.names for source in self.netlist.sources), *checks]

    def estimate(
        self,
        recording: Recording,
        windows: Sequence[Window],
        seed: int = 1,
        samples: int = SAMPLES,
        first: int = 0,
    ) -> Estimate:
        """Replay the recording and price what happens. samples: 0 leaves glitches out.

        first: cycle from which gates and recording are compared. Before the first data, what comes
        of registers without a reset may differ where the RTL does not care.

        Raises Mismatch if the gates do not do what was recorded, anywhere in the recording.
        """
        key = self._key(recording, windows, seed, samples, first)
        path = CACHE / f"{key}.json"
        if path.is_file():
            return _read(path)
        result = self.fresh(recording, windows, seed, samples, first)
        write_json(path, _record(result))
        return result

    def _key(self, recording: Recording, windows: Sequence[Window], *options: int) -> str:
        """Hash of netlist, recording and options, and of the code that does the estimate."""
        digest = hashlib.sha256(self.gates.digest.encode())
        digest.update(repr((self.gates.instances, self.gates.parts)).encode())
        for path in sorted(Path(__file__).parent.glob("*.*")):
            digest.update(path.read_bytes())
        digest.update(repr((windows, options, sorted(recording.names.items()))).encode())
        digest.update(recording.rows.tobytes())
        return digest.hexdigest()[:24]

    def fresh(
        self,
        recording: Recording,
        windows: Sequence[Window],
        seed: int = 1,
        samples: int = SAMPLES,
        first: int = 0,
    ) -> Estimate:
        """The same, not from the cache."""
        replay = Replay(self.netlist, recording)
        started = time.perf_counter()
        toggles = [replay.toggles(window.begin, window.end) for window in windows]
        whole = replay.toggles(first, recording.cycles)
        elapsed = time.perf_counter() - started
        priced = model(
            self.netlist,
            self.delays.electrical,
            whole.toggles.astype(float),
            self.gates.technology.period_ns,
            lambda name: label_of(name, self.gates.instances, self.gates.parts),
        )
        per_toggle = priced.charges.per_toggle(self.netlist.nets)
        random = np.random.default_rng(seed)
        spent = []
        for window, counts in zip(windows, toggles, strict=True):
            total = energy(priced, counts.toggles.astype(float), counts.cycles)
            error = 0.0
            if samples:
                first = max(1, window.begin)
                drawn = random.integers(first, window.end, samples)
                glitches = self.waveforms.glitches(replay, sorted(map(int, drawn)), per_toggle)
                scale = counts.cycles / samples
                total += glitch_energy(priced, np.asarray(glitches.extra * scale, np.float64))
                error = CONFIDENCE * glitches.error * counts.cycles
            accesses = {box: _accesses(pins, counts) for box, pins in self.netlist.boxes.items()}
            spent.append(Spent(window.name, counts.cycles, total, error, accesses))
        replayed = recording.cycles - first + sum(counts.cycles for counts in toggles)
        states = sum(check.kind == "state" for check in self.netlist.checks)
        return Estimate(spent, replay.annotated_percent, states, replayed / elapsed)


def _accesses(pins: Mapping[str, int], counts: Toggles) -> float:
    """Accesses of a memory with these pins. Masks are low where nothing is written."""
    mask = [net for pin, net in pins.items() if pin.startswith(MASK)]
    whole = sum(
        int(counts.high[pins[pin]])
        for pin in REQUESTS
        if pin in pins and not (mask and pin == WRITE)
    )
    return whole + sum(int(counts.high[net]) for net in mask) / len(mask) if mask else whole


def _record(estimate: Estimate) -> dict[str, Any]:
    windows = [
        {
            "name": window.name,
            "cycles": window.cycles,
            "glitch_error": window.glitch_error,
            "accesses": window.accesses,
            "energy": [[*key, value] for key, value in window.energy.parts.items()],
        }
        for window in estimate.windows
    ]
    return {
        "windows": windows,
        "annotated_percent": estimate.annotated_percent,
        "checked": estimate.checked,
        "replay_rate": estimate.replay_rate,
    }


def _read(path: Path) -> Estimate:
    table = json.loads(path.read_text())
    windows = [
        Spent(
            entry["name"],
            entry["cycles"],
            Energy({(label, kind): value for label, kind, value in entry["energy"]}),
            entry["glitch_error"],
            entry["accesses"],
        )
        for entry in table["windows"]
    ]
    return Estimate(windows, table["annotated_percent"], table["checked"], table["replay_rate"])
