# SPDX-License-Identifier: Apache-2.0
"""Measures the coverage of blocks: ``python -m scripts.coverage --block msb_skip``.

Makes the runs of verif/<block>/coverage.toml, further seeds while bins are empty, and merges code
coverage (coverage.dat of Verilator) and functional coverage (`collect` of the block's coverage.py).
The report is build/coverage/<block>/coverage.json and html/index.html. The status is 1 when a run
fails or a figure is below its bar.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import processes
from scripts.coverage_code import Point, exclude, read_points, select
from scripts.coverage_plan import Plan, Run, planned_groups, read_plan
from scripts.coverage_report import Report, write_report
from scripts.errors import UserError
from scripts.progress import Progress, cores
from scripts.project import ROOT, Bench, Project, choose
from scripts.simulate import SimulationFailed, simulate
from verif.common.covergroup import Group, merge

_SHOWN = 20  # empty bins named before further seeds

Job = tuple[Run, int]
"""A run and its seed."""
Found = tuple[Counter[Point], list[Group]]
"""What one run covered: hits of the points of code, and cover groups."""


@dataclass
class Measured:
    """What all runs so far have covered."""

    code: Counter[Point] = field(default_factory=Counter)
    groups: dict[str, Group] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, title: str, code: Counter[Point], groups: Iterable[Group]) -> None:
        """Add one run."""
        self.code.update(code)
        self.groups = merge([self.groups.values(), groups])
        self.made.append(title)

    @property
    def full(self) -> bool:
        """Whether every functional bin was hit."""
        return not any(group.holes for group in self.groups.values())


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Return 0 when all bars are met, 1 when one is missed or a run fails, 2 for a bad command."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.coverage", description="Measure code and functional coverage."
    )
    parser.add_argument("--block", help="block to measure; default: all that have a coverage.toml")
    parser.add_argument("--seed", default="1", help="first seed (default 1)")
    options = parser.parse_args(arguments)
    try:
        project = Project(root)
        if not options.seed.isdecimal():
            raise UserError(f"SEED {options.seed!r} is not a number")
        planned = [
            name for name in project.benches() if (root / f"verif/{name}/coverage.toml").is_file()
        ]
        blocks = [choose("BLOCK", options.block, planned)] if options.block else planned
        passed = [measure_block(project, block, int(options.seed)) for block in blocks]
        return 0 if all(passed) else 1
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def measure_block(project: Project, block: str, seed: int) -> bool:
    """Make the runs of one block, write its report, print its table; return whether it passed."""
    started = time.monotonic()
    bench = project.bench(block)
    plan = read_plan(bench)
    check_testplan(bench)
    print(f"coverage of {block}, seeds from {seed}")
    measured = measure(project, block, plan, seed)
    if not measured.made:
        print("\n".join(measured.failures))
        return False
    report = judge(project, block, plan, measured)
    report.seconds = time.monotonic() - started
    report.seed = seed
    print(write_report(project.root, report))
    return report.passed


def check_testplan(bench: Bench) -> None:
    """Raise UserError unless the testplan lists exactly the cover groups that the model has."""
    planned, made = planned_groups(bench), [group.name for group in model_of(bench.block).model()]
    place = bench.folder / "testplan.hjson"
    if extra := sorted(set(planned) - set(made)):
        raise UserError(f"{place}: no such cover group in coverage.py: {', '.join(extra)}")
    if missing := sorted(set(made) - set(planned)):
        raise UserError(f"{place}: covergroups lacks {', '.join(missing)}")


def measure(project: Project, block: str, plan: Plan, seed: int) -> Measured:
    """Make all planned runs, then rounds of one more seed each until every bin is hit."""
    measured = Measured(groups=merge([model_of(block).model()]))
    count = max(run.seeds for run in plan.runs)
    _run_all(
        project,
        block,
        [(run, seed + k) for k in range(count) for run in plan.runs if k < run.seeds],
        measured,
    )
    while not (measured.full or measured.failures):
        jobs = [(run, seed + count) for run in plan.runs if count < run.limit]
        if not jobs:
            break
        empty = [
            f"{name} {hole}" for name, group in measured.groups.items() for hole in group.holes
        ]
        print(f"{len(empty)} bins are empty: seed {seed + count}", flush=True)
        print("\n".join(f"  {hole}" for hole in empty[:_SHOWN]), flush=True)
        _run_all(project, block, jobs, measured)
        count += 1
    return measured


def _run_all(project: Project, block: str, jobs: Sequence[Job], measured: Measured) -> None:
    """Make the runs on the cores there are, and add each to `measured` as it ends."""
    waiting = list(jobs)
    pending: dict[Future[Found], str] = {}
    with Progress(len(jobs)) as progress, processes.pool(cores()) as pool:
        while waiting or pending:
            while waiting and len(pending) < cores():
                run, seed = waiting.pop(0)
                progress.started(run.title(seed))
                pending[pool.submit(_make, project, block, run, seed)] = run.title(seed)
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                title = pending.pop(future)
                progress.finished(title, _note(title, future, measured))


def _make(project: Project, block: str, run: Run, seed: int) -> Found:
    result = simulate(
        block,
        run.test,
        seed=seed,
        parameters=run.parameters,
        settings=run.settings,
        coverage=True,
        root=project.root,
    )
    directory = Path(result.directory)
    code = read_points([directory / "coverage.dat"], project.root)
    return code, model_of(block).collect(directory)


def _note(title: str, future: Future[Found], measured: Measured) -> str:
    """Add what a run found, or its failure; return the line to print."""
    try:
        measured.add(title, *future.result())
    except SimulationFailed as failure:
        measured.failures.append(str(failure))
        return f"FAIL  {title}\n      {failure}"
    return f"ok    {title}"


def model_of(block: str) -> Any:
    """Return the module verif/<block>/coverage.py: `model()` gives all cover groups with no bin
    hit, `collect(directory)` those of one run."""
    return importlib.import_module(f"verif.{block}.coverage")


def judge(project: Project, block: str, plan: Plan, measured: Measured) -> Report:
    """Sort the points of code by where they count. Raises UserError for a bad exclusion."""
    root = project.root
    own = {p: n for p, n in measured.code.items() if p.file.startswith(f"rtl/{block}/")}
    shared = {p: n for p, n in measured.code.items() if p.file.startswith("rtl/") and p not in own}
    reasons: dict[Point, str] = {}
    for selection in plan.apart:
        reasons.update(dict.fromkeys(select(own, selection, root), selection.reason))
    apart = {point: own[point] for point in reasons}
    counted = {point: count for point, count in own.items() if point not in apart}
    excluded = exclude(counted, plan.excluded, root)
    return Report(
        block=block,
        code={point: count for point, count in counted.items() if point not in excluded},
        shared=shared,
        apart=apart,
        excluded=excluded,
        groups=measured.groups,
        runs=measured.made,
        failures=measured.failures,
        reasons=sorted(set(reasons.values())),
    )


if __name__ == "__main__":
    sys.exit(main())
