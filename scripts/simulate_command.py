# SPDX-License-Identifier: Apache-2.0
"""Command line of `simulate`: chooses the runs, runs them on the cores there are, reports them."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts import processes
from scripts.errors import UserError
from scripts.judge import KILLED
from scripts.power import libraries
from scripts.progress import Progress, cores
from scripts.project import ROOT, Bench, Project, Smoke, choose
from scripts.simulate import (
    NAMED_SETTINGS,
    Result,
    SimulationFailed,
    mismatch_text,
    simulate,
    value_text,
)
from scripts.simulators import SIMULATORS

EXAMPLES = """examples:
  python -m scripts.simulate                                      every block's smoke runs
  python -m scripts.simulate --block soc --network lenet5-tanh --images 5
  python -m scripts.simulate --block msb_skip --test RandomTraffic --seed 7 --waves
"""

# Causes after which a second run with waves would show nothing new.
NO_RERUN = ("time limit", "import error", "zero tests", KILLED)


@dataclass(frozen=True)
class Job:
    """One run to make: the arguments of `simulate`."""

    root: Path
    block: str
    smoke: Smoke
    seed: int
    simulator: str
    waves: bool
    liberty: Path | None = None  # of the netlist that takes the RTL's place

    @property
    def title(self) -> str:
        """Block, test, seed and what distinguishes the run from its neighbours."""
        words = [f"{self.block:<10} {self.smoke.test:<18} seed {self.seed}"]
        for table in (self.smoke.parameters, self.smoke.settings):
            words += [f"{name}={value_text(value)}" for name, value in table.items()]
        words += [] if self.simulator == "verilator" else [self.simulator]
        return " ".join([*words, *([f"on {self.liberty.stem}"] if self.liberty else [])])


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Return 0 when every run passes, 1 when one fails, 2 when the command makes no sense."""
    options = _parser().parse_args(arguments)
    try:
        jobs = _jobs(Project(root), options)
        return _run_all(jobs)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.simulate",
        description="Run simulations.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--block", help="block to run; default: all")
    parser.add_argument("--test", help="test to run; default: the block's smoke runs")
    parser.add_argument("--seed", default="1", help="a number, or random (default 1)")
    parser.add_argument("--sim", default="verilator", help=f"{' or '.join(SIMULATORS)}")
    parser.add_argument("--waves", action="store_true", help="write an FST wave file")
    parser.add_argument("--netlist", action="store_true", help="on gates in place of the RTL")
    parser.add_argument("--liberty", default="osu018", help=libraries.HELP)
    for name in NAMED_SETTINGS:
        parser.add_argument(f"--{name}", help=f"setting {name} of the test")
    for name in ("parameters", "settings"):
        parser.add_argument(f"--{name}", default="", help=f"more {name}: 'name=value name=value'")
    return parser


def _jobs(project: Project, options: argparse.Namespace) -> list[Job]:
    """Turn the command line into runs; UserError for anything that does not exist."""
    simulator = choose("SIM", options.sim, SIMULATORS)
    seed = _seed(options.seed)
    if options.test and not options.block:
        raise UserError(f"TEST needs BLOCK; valid: {', '.join(project.benches())}")
    named = {name: getattr(options, name) for name in NAMED_SETTINGS if getattr(options, name)}
    parameters = pairs("PARAMETERS", options.parameters)
    settings = pairs("SETTINGS", options.settings)
    jobs: list[Job] = []
    for block in [options.block] if options.block else project.benches():
        bench = project.bench(block)
        more = {**_accepted(bench, named, options.block is not None), **settings}
        for smoke in _chosen(bench, options.test):
            merged = Smoke(
                smoke.test, {**smoke.parameters, **parameters}, {**smoke.settings, **more}
            )
            if options.netlist and (reason := bench.tests[smoke.test].not_on_netlists):
                _leave_out(f"{block} {smoke.test}", reason, must=options.test is not None)
                continue
            liberty = libraries.liberty(options.liberty).resolve() if options.netlist else None
            job = Job(project.root, block, merged, seed, simulator, options.waves, liberty)
            if job not in jobs:  # an option may have made two smoke runs the same
                jobs.append(job)
    if not jobs:
        raise UserError(f"nothing to run: no [[smoke]] entry for {options.block or 'any block'}")
    for name in named:
        if not any(name in job.smoke.settings for job in jobs):
            raise UserError(f"no block takes {name.upper()}")
    return jobs


def _leave_out(title: str, reason: str, must: bool) -> None:
    if must:
        raise UserError(f"{title} cannot run on a netlist: {reason}")
    print(f"left out: {title}: {reason}", flush=True)


def _chosen(bench: Bench, test: str | None) -> Sequence[Smoke]:
    if test is None:
        return bench.smoke
    return [Smoke(choose(f"TEST of {bench.block}", test, bench.tests))]


def _accepted(bench: Bench, named: Mapping[str, str], must_take: bool) -> dict[str, Any]:
    """Return those of `named` that the bench knows, checked against the values it declares."""
    known = {name for smoke in bench.smoke for name in smoke.settings} | set(bench.settings)
    accepted = {}
    for name, value in named.items():
        if name in known:
            if valid := bench.settings.get(name):
                choose(name.upper(), value, map(str, valid))
            accepted[name] = _value(value)
        elif must_take:
            takes = ", ".join(sorted(known)) or "none"
            raise UserError(f"{bench.block} takes no {name.upper()}; its settings: {takes}")
    return accepted


def _seed(text: str) -> int:
    if text == "random":
        drawn = random.SystemRandom().randrange(1, 2**31)
        print(f"SEED={drawn}")
        return drawn
    if not text.isdecimal():
        raise UserError(f"SEED {text!r} is neither a number nor random")
    return int(text)


def pairs(variable: str, text: str) -> dict[str, Any]:
    """Return what "name=value name=value" says; UserError names `variable` if it says nothing."""
    values = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise UserError(f"{variable}: {word!r} is not name=value")
        values[name] = _value(value)
    return values


def _value(text: str) -> Any:
    """A number, true, false or other JSON where it is one; otherwise the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _run_all(jobs: Sequence[Job]) -> int:
    failed = 0
    with Progress(len(jobs)) as progress, processes.pool(cores()) as pool:
        pending: dict[Future[tuple[bool, str]], Job] = {}
        waiting = list(jobs)
        while waiting or pending:
            while waiting and len(pending) < cores():
                job = waiting.pop(0)
                progress.started(job.title)
                pending[pool.submit(_run_one, job)] = job
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                passed, text = future.result()
                failed += not passed
                progress.finished(pending.pop(future).title, text)
    print(f"{len(jobs) - failed} of {len(jobs)} runs passed")
    return 1 if failed else 0


def _run_one(job: Job) -> tuple[bool, str]:
    """Run a job, again with waves if it fails; return (passed, what to print)."""
    try:
        return True, _line(job, _simulate(job, job.waves))
    except SimulationFailed as failure:
        return False, _failure(job, failure.result)
    except UserError as error:
        return False, f"FAIL  {job.title}\n      {error}"


def _simulate(job: Job, waves: bool) -> Result:
    return simulate(
        job.block,
        job.smoke.test,
        seed=job.seed,
        simulator=job.simulator,
        parameters=job.smoke.parameters,
        settings=job.smoke.settings,
        waves=waves,
        liberty=job.liberty,
        root=job.root,
    )


def _failure(job: Job, result: Result) -> str:
    waves = result.waves
    if not job.waves and result.cause not in NO_RERUN:
        try:
            waves = _simulate(job, waves=True).waves
        except SimulationFailed as again:
            waves = again.result.waves
        except UserError as error:
            waves = f"none: {error}"
    lines = [_line(job, result), result.reason]
    if result.first_mismatch:
        lines.append(f"first mismatch: {mismatch_text(result.first_mismatch)}")
    lines += [f"log:    {result.directory}/sim.log", *([f"waves:  {waves}"] if waves else [])]
    return "\n      ".join([*lines, f"replay: {result.replay}"])


def _line(job: Job, result: Result) -> str:
    words = [f"{result.verdict.upper():<5} {job.title}"]
    words += [f"{result.cycles:,} cycles", f"{result.seconds:.1f} s"]
    return "  ".join([*words, *(f"{name}: {text}" for name, text in result.notes.items())])
