# SPDX-License-Identifier: Apache-2.0
"""Figures of the nightly: the last night's runs, coverage, mutants, and what the runner stands.

Night, coverage and mutants are read from build/; absent, with a word, if they have not been run.
Two experiments are made here, with short runs of one block: workers are killed at random, and the
same jobs run on a Slurm of one node.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scripts.coverage_report import BARS
from scripts.engines import local, slurm
from scripts.engines.one_node import missing, one_node
from scripts.engines.pool import Pool
from scripts.errors import UserError
from scripts.figure import Figure
from scripts.figures_trust import mutant_figures
from scripts.progress import cores
from scripts.project import ROOT, Project
from scripts.regress_job import make_build
from scripts.regress_plan import Job
from scripts.regress_watch import Watch

Progress = Callable[[str], None]

CYCLES, COMPARISONS = 10_000, 500  # a run with so many, of either, is worth its time
EXPERIMENT_RUNS = 24
_KILLED_SHARE = 0.5
_KILL_WITHIN_S = 1.5


def regression_figures(progress: Progress) -> list[Figure]:
    """Read what is there, and make the experiments."""
    summary = _read(ROOT / "build" / "nightly" / "summary.json")
    if summary is None:
        progress("no figure of the night: make nightly has not been run")
    else:
        progress(f"the night of {summary['started']}")
    figures = night_figures(summary) if summary else []
    figures += coverage_figures(ROOT / "build" / "coverage")
    project = Project()
    mutated = [b for b in project.benches() if (project.bench(b).folder / "mutation.toml").exists()]
    figures += mutant_figures(mutated, progress)
    jobs = [
        Job("sparse_stream", "RandomMaps", seed, "icarus") for seed in range(1, EXPERIMENT_RUNS + 1)
    ]
    if error := make_build(jobs[0], ROOT):
        raise UserError(error)
    progress("workers are killed")
    figures.append(_with_kills(jobs))
    if reason := missing():
        progress(f"no figure of Slurm: {reason}")
    else:
        progress("Slurm of one node")
        figures.append(_on_slurm(jobs))
    return figures


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def night_figures(summary: Mapping[str, Any]) -> list[Figure]:
    """What a night's summary says."""
    runs = [job for job in summary["jobs"] if job["verdict"] != "lost"]
    night = {name: summary[name] for name in ("started", "seed", "hours", "engine", "seconds")}
    distinct = len({(job["block"], job["test"], job["seed"]) for job in runs})
    failed = sum(job["verdict"] == "fail" for job in runs)
    figures = [
        _figure("nightly_runs", distinct, "runs", 1000, {**night, "failed": failed}),
        _figure("runs_lost", summary["lost"], "runs", 0, {"retried": summary["retried"], **night}),
    ]
    for block, count in sorted(Counter(job["block"] for job in runs).items()):
        figures.append(_figure("runs_of_block", count, "runs", None, {"block": block}))
    if runs:
        figures += [*_sizes(runs), _overhead(runs)]
    return figures


def _sizes(runs: list[dict[str, Any]]) -> list[Figure]:
    worth = [job["cycles"] >= CYCLES or job["compared"] >= COMPARISONS for job in runs]
    bar = {"cycles": CYCLES, "or_comparisons": COMPARISONS}
    medians = {
        name: statistics.median(job[key] for job in runs)
        for name, key in (("median_cycles", "cycles"), ("median_comparisons", "compared"))
    }
    return [
        _figure("median_cycles", medians["median_cycles"], "cycles", CYCLES, {}),
        _figure("median_comparisons", medians["median_comparisons"], "", COMPARISONS, {}),
        _figure("runs_long_enough", round(100 * sum(worth) / len(worth), 1), "%", 50, bar),
    ]


def _overhead(runs: list[dict[str, Any]]) -> Figure:
    """Seconds of a job beside its simulation and the block's own preparation; models are built."""
    seconds = sorted(job["overhead_seconds"] for job in runs)
    spread = {
        "percentile_95": seconds[int(0.95 * (len(seconds) - 1))],
        "most": seconds[-1],
        "preparation_seconds": round(statistics.mean(j["preparation_seconds"] for j in runs), 3),
    }
    return _figure("overhead_seconds", round(statistics.mean(seconds), 3), "s", 1.5, spread)


def coverage_figures(folder: Path) -> list[Figure]:
    """What the last coverage run of each block measured."""
    figures = []
    for path in sorted(folder.glob("*/coverage.json")):
        if (table := _read(path)) is None:
            continue
        for kind, bar in BARS.items():
            ratio = table["figures"][kind]
            if ratio["total"]:  # of nothing the file says 100 %
                conditions = {"block": table["block"], "seed": table["seed"]}
                figures.append(_figure(f"coverage_{kind}", ratio["percent"], "%", bar, conditions))
    return figures


def _figure(
    name: str, value: float, unit: str, bar: float | None, conditions: Mapping[str, Any]
) -> Figure:
    against = "" if bar is None else "what is asked for"
    return Figure(name, value, unit, against=against, reference=bar, conditions=conditions)


class _Killing(Watch):
    """Lets about half of the jobs begin only to kill their worker, each once."""

    def __init__(self, pool: Pool, total: int) -> None:
        super().__init__(total, quiet=True)
        self.pool, self.killed = pool, 0
        self._seen: set[str] = set()
        self._random = random.Random(1)

    def begun(self, job: Job) -> None:
        """Half of the jobs, at their first attempt: end what makes them, at any moment."""
        super().begun(job)
        if job.key not in self._seen and self._random.random() < _KILLED_SHARE:
            timer = threading.Timer(self._random.uniform(0, _KILL_WITHIN_S), self._kill, (job,))
            timer.daemon = True
            timer.start()
        self._seen.add(job.key)

    def _kill(self, job: Job) -> None:
        if (pid := self.pool.worker_of(job)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed += 1

    def say(self, text: str) -> None:
        """Nothing: what is lost here is meant to be."""


def _with_kills(jobs: list[Job]) -> Figure:
    with tempfile.TemporaryDirectory() as folder, Pool(ROOT, Path(folder), cores()) as pool:
        watch = _Killing(pool, len(jobs))
        local.run(pool, jobs, Path(folder), watch)
        lost = sum(outcome.verdict == "lost" for outcome in watch.outcomes.values())
    conditions = {"runs": len(jobs), "workers_killed": watch.killed}
    return _figure("runs_lost", lost, "runs", 0, conditions)


def _on_slurm(jobs: list[Job]) -> Figure:
    with tempfile.TemporaryDirectory() as state, one_node(Path(state)) as environment:
        folder = Path(state) / "night" / "results"
        folder.mkdir(parents=True)
        with _environment(environment):
            watch = Watch(len(jobs), quiet=True)
            slurm.run(jobs, folder, watch, ROOT, cores())
    passed = sum(outcome.verdict == "pass" for outcome in watch.outcomes.values())
    conditions = {"of": len(jobs), "nodes": 1, "retried": watch.retried}
    return _figure("slurm_jobs_ok", passed, "jobs", len(jobs), conditions)


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """With other environment variables for a while."""
    before = dict(os.environ)
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
