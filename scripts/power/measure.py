# SPDX-License-Identifier: Apache-2.0
"""Energy of many inferences in several libraries: each is simulated once and priced in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.power.estimate import Estimate, Estimator
from scripts.power.gates import Gates, gates
from scripts.power.memory import access_fj
from scripts.power.workload import TYPICAL_IMAGE, Activity, Workload, run
from scripts.progress import cores

Progress = Callable[[str], None]
UNIT = ("unit", "multipliers", "leading-one detectors")
"""Labels of rtl/*/block.toml that make up the coprocessor."""


@dataclass(frozen=True)
class Measured:
    """An inference in a library. access_fj: of each memory. lanes: kept, zero-, soft-skipped."""

    workload: Workload
    library: str
    gates: Gates
    estimate: Estimate
    access_fj: Mapping[str, float]
    lanes: Sequence[tuple[int, int, int]]

    @property
    def unit_nj(self) -> float:
        """The coprocessor alone."""
        return self.estimate.energy.of(UNIT) / 1e6

    def loop_nj(self, ram_scale: float = 1.0) -> float:
        """Core, unit, bus and memories; ram_scale multiplies the memories' share."""
        return self.estimate.energy.of() / 1e6 + ram_scale * self.ram_nj

    @property
    def ram_nj(self) -> float:
        """The memories' accesses."""
        accesses = {name: self.estimate.accesses(name) for name in self.access_fj}
        return sum(self.access_fj[name] * count for name, count in accesses.items()) / 1e6

    @property
    def average_mw(self) -> float:
        """Average power of the whole loop at the library's clock period."""
        ns = self.estimate.cycles * self.gates.technology.period_ns
        return 1e3 * self.loop_nj() / ns


def measure(
    workloads: Sequence[Workload],
    libraries: Mapping[str, Path],
    progress: Progress,
    image: int = TYPICAL_IMAGE,
    seed: int = 1,
) -> list[Measured]:
    """Measure each workload in each library.

    libraries: Liberty files by the name that figures give them. Raises SimulationFailed for a run
    that differs from the golden model, Mismatch for gates that differ from the run, UserError for
    a library that cannot be used.
    """
    units = {workload.unit: workload.parameters for workload in workloads}
    keys = [(library, unit) for unit in units for library in libraries]

    def prepare(key: tuple[str, str]) -> Estimator:
        library, unit = key
        estimator = Estimator(gates("soc", libraries[library], units[unit]))
        _ = estimator.waveforms  # and all that it needs
        progress(f"{library}, {_unit_title(unit)}: {len(estimator.netlist.instances):,} cells")
        return estimator

    def one(workload: Workload) -> list[Measured]:
        mine = {library: estimators[library, workload.unit] for library in libraries}
        wanted = [names for estimator in mine.values() for names in estimator.wanted()]
        simulated = run(workload, image, seed)
        activity = simulated.activity(wanted)
        simulated.waves.unlink()  # tens of megabytes; the run's replay command makes it again
        found = [
            _priced(workload, library, mine[library], activity, prices[library], seed)
            for library in libraries
        ]
        progress(workload.title)
        return found

    with ThreadPoolExecutor(cores()) as pool:
        prices = dict(zip(libraries, pool.map(access_fj, libraries.values()), strict=True))
        estimators = dict(zip(keys, pool.map(prepare, keys), strict=True))
        return [each for found in pool.map(one, workloads) for each in found]


def _priced(
    workload: Workload,
    library: str,
    estimator: Estimator,
    activity: Activity,
    price: Mapping[str, float],
    seed: int,
) -> Measured:
    estimate = estimator.estimate(activity.recording, activity.windows, seed)
    return Measured(workload, library, estimator.gates, estimate, price, activity.lanes)


def _unit_title(unit: str) -> str:
    return unit if unit == "simd4" else f"{unit} multiplier{'' if unit == '1' else 's'}"
