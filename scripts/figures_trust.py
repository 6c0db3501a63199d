# SPDX-License-Identifier: Apache-2.0
"""Figures that say how far the core's bench can be trusted.

Lock-step is measured here. Nightly, mutants and proofs have targets of their own, which take long;
their figures are read from what those left under build/, and absent, with a word, if they have not
been run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.figure import Figure
from scripts.formal import RESULTS as PROOFS
from scripts.fuzz_rtl import RESULTS as MUTANTS
from scripts.regress import RESULTS as NIGHTLY
from scripts.simulate import Result, simulate

Progress = Callable[[str], None]


@dataclass(frozen=True)
class LockstepRun:
    """A run in lock-step that the test suite makes."""

    block: str
    test: str
    seed: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    def simulate(self) -> Result:
        """Make the run. Raises SimulationFailed if the reference does not agree."""
        return simulate(self.block, self.test, seed=self.seed, settings=self.settings)


# What `make test` compares with Spike: all that the core does, and LeNet-5 with its unit.
TESTED = (
    LockstepRun("riscv", "lockstep", 1, {"program": "selfcheck", "wait_states": 1}),
    LockstepRun("riscv", "lockstep", 2, {"program": "selfcheck", "resets": 5}),
    LockstepRun("riscv", "lockstep", 1, {"program": "timing"}),
    *(LockstepRun("riscv", "RandomProgram", seed, {"passes": 10}) for seed in range(1, 7)),
    LockstepRun("riscv", "RandomProgram", 7, {"passes": 10, "resets": 5}),
    *(
        LockstepRun("soc", "lockstep", 1, {"network": network, "images": 1, "mode": mode})
        for network, mode in (("lenet5-relu", "soft"), ("lenet5-tanh", "running-maximum"))
    ),
)
IN_STEP = ("RandomProgram", "lockstep")  # tests that compare instructions with Spike
RATE_RUN = LockstepRun(
    "riscv", "RandomProgram", 5, {"passes": 200, "wait_states": 0, "bus_errors": 0, "interrupts": 0}
)


def trust_figures(progress: Progress) -> list[Figure]:
    """Measure lock-step, and collect what the other targets left."""
    progress("lock-step runs of the test suite")
    compared = sum(run.simulate().counts["compared"] for run in TESTED)
    figures = [
        Figure(
            name="lockstep_instructions",
            value=compared,
            unit="instructions",
            reference=200_000,
            against="without mismatch",
            conditions={"run": "test", "mismatches": 0, "runs": len(TESTED)},
        )
    ]
    progress("lock-step speed")
    figures.append(_rate(RATE_RUN.simulate()))
    figures += _nightly(progress)
    figures += mutant_figures(("riscv", "msb_skip"), progress)
    return figures + _proofs(progress)


def _rate(result: Result) -> Figure:
    return Figure(
        name="lockstep_instructions_per_second",
        value=round(result.counts["compared"] / result.cpu_seconds),
        unit="1/s",
        reference=100_000,
        conditions={
            "seconds": "CPU, start-up included",
            "instructions": result.counts["compared"],
            "cycles": result.cycles,
            **RATE_RUN.settings,
        },
    )


def _read(path: Path, target: str, progress: Progress) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        progress(f"no figure from {target}: it has not been run")
        return None


def _nightly(progress: Progress) -> list[Figure]:
    summary = _read(NIGHTLY / "summary.json", "make nightly", progress)
    if summary is None:
        return []
    in_step = [job for job in summary["jobs"] if job["test"] in IN_STEP]
    if not in_step:
        progress("no figure from make nightly: the last night compared nothing with Spike")
        return []
    return [
        Figure(
            name="lockstep_instructions",
            value=sum(job["compared"] for job in in_step),
            unit="instructions",
            reference=20_000_000,
            against="without mismatch",
            conditions={
                "run": "nightly",
                "hours": summary["hours"],
                "seed": summary["seed"],
                "mismatches": sum(job["verdict"] == "fail" for job in in_step),
            },
        )
    ]


def mutant_figures(blocks: Iterable[str], progress: Progress) -> list[Figure]:
    """What the last campaign of each block noticed."""
    figures = []
    for block in blocks:
        summary = _read(MUTANTS / f"{block}.json", f"make mutants BLOCK={block}", progress)
        if summary is None:
            continue
        shown = ("mutants", "noticed", "equivalent", "seed", "suite_seconds", "seconds")
        figures.append(
            Figure(
                name="mutants_noticed",
                value=summary["percent"],
                unit="%",
                reference=90,
                conditions={"block": block, **{name: summary[name] for name in shown}},
            )
        )
    return figures


def _proofs(progress: Progress) -> list[Figure]:
    verdicts = _read(PROOFS / "proofs.json", "make formal", progress)
    if verdicts is None:
        return []
    good = [v for v in verdicts if v["passed"] and v["covered"] and v["control_fails"]]
    return [
        Figure(
            name="proofs",
            value=len(good),
            unit="proofs",
            conditions={
                "of": len(verdicts),
                "depths": {f"{v['block']} {v['name']}": v["depth"] for v in good},
                "classes": sorted({v["group"] for v in good}),
            },
        )
    ]
