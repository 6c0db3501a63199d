# SPDX-License-Identifier: Apache-2.0
"""Does the bench notice bugs? Simulates hundreds of mutants: ``make mutants BLOCK=riscv SEED=1``.

Each mutant of the block (scripts/mutants.py) runs through the block's mutation suite
(verif/<block>/mutation.toml) until a run fails, for 20 seconds at most. Of those that get through,
the ones proven equal to the original leave the count; the others are listed with their line.
Results: build/mutants/<block>.json; of a sample below 300, build/mutants/<block>-<seed>-<count>.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts import processes
from scripts.errors import UserError
from scripts.files import write_json
from scripts.judge import KILLED
from scripts.mutants import Mutant, subject
from scripts.progress import cores
from scripts.project import ROOT, Project, choose
from scripts.simulate import SimulationFailed, simulate

RESULTS = ROOT / "build" / "mutants"
FULL = 300  # mutants of a campaign that makes a figure
MUTANT_S = 20.0  # wall-clock seconds a mutant has
HANGS = 6.0  # a run that takes so many times as long as the original's hangs
SHORTEST_LIMIT_S = 5.0
PROOF_S = 60.0  # seconds for the proof that a survivor equals the original


@dataclass(frozen=True)
class Run:
    """One run of the suite."""

    test: str
    seed: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How tables and files call it."""
        words = [f"{self.test} seed {self.seed}"]
        return " ".join([*words, *(f"{name}={value}" for name, value in self.settings.items())])


@dataclass
class Verdict:
    """What became of a mutant: noticed by a run (and by what check there), equivalent, or alive."""

    mutant: Mutant
    noticed_by: str = ""
    cause: str = ""
    equivalent: bool = False
    seconds: float = 0.0


class Campaign:
    """All mutants of one block against one suite."""

    def __init__(self, block: str, seed: int, count: int) -> None:
        self.block, self.seed, self.count = block, seed, count
        self.folder = RESULTS / f"{block}-{seed}-{count}"
        self.suite = suite(block)
        self.parameters = subject(block).parameters
        self.limits: dict[str, float] = {}

    def make(self) -> list[Mutant]:
        """Build the mutants into a netlist, in a process of its own: Yosys ends it on an error."""
        arguments = [self.block, str(self.count), str(self.seed), str(self.folder)]
        _yosys(["make", *arguments], limit_s=600, log=self.folder / "make.log")
        listed = json.loads((self.folder / "mutants.json").read_text())
        return [Mutant(**entry) for entry in listed]

    def check_original(self) -> float:
        """Run the suite on the original within the netlist; return its seconds.

        Raises UserError if a run fails, or the suite is too long for a mutant's time.
        """
        total = 0.0
        for run in self.suite:
            started = time.monotonic()
            try:
                self._simulate(run, 0, limit_s=300)
            except SimulationFailed as failure:
                raise UserError(f"the original fails {run.title}: {failure}") from failure
            if not self.limits:  # that was the build, too
                started = time.monotonic()
                self._simulate(run, 0, limit_s=300)
            seconds = time.monotonic() - started
            self.limits[run.title] = max(SHORTEST_LIMIT_S, HANGS * seconds)
            total += seconds
        if total > MUTANT_S:
            raise UserError(f"the suite takes {total:.0f} s, a mutant has {MUTANT_S:.0f} s")
        return total

    def order(self) -> None:
        """Put the runs that noticed most in the last campaign first."""
        try:
            kills = json.loads((RESULTS / f"{self.block}.json").read_text())["kills"]
        except (OSError, ValueError, KeyError):
            return
        self.suite.sort(key=lambda run: -kills.get(run.title, 0))

    def judge(self, mutant: Mutant) -> Verdict:
        """Simulate one mutant until a run notices it."""
        verdict = Verdict(mutant)
        started = time.monotonic()
        for run in self.suite:
            left = MUTANT_S - (time.monotonic() - started)
            if left <= 0:
                break
            limit_s = min(left, self.limits[run.title])
            try:
                self._simulate(run, mutant.number, limit_s)
            except SimulationFailed as failure:
                cause = failure.result.cause
                if cause == KILLED or (cause == "time limit" and limit_s < self.limits[run.title]):
                    break  # by somebody, or out of time: that says nothing about the mutant
                verdict.noticed_by, verdict.cause = run.title, cause
                break
        verdict.seconds = round(time.monotonic() - started, 2)
        return verdict

    def prove(self, verdict: Verdict) -> None:
        """Note whether a survivor can be proven to be the original in another form."""
        verdict.equivalent = self.is_original(verdict.mutant)

    def is_original(self, mutant: Mutant) -> bool:
        """Try to prove that a mutant equals the original; False if that does not succeed."""
        words = ["prove", str(self.folder), mutant.instance, str(mutant.number)]
        log = self.folder / f"proof-{mutant.number}.log"
        return _yosys(words, limit_s=PROOF_S, log=log, may_fail=True)

    def _simulate(self, run: Run, number: int, limit_s: float) -> None:
        try:
            result = simulate(
                self.block,
                run.test,
                seed=run.seed,
                parameters=self.parameters,
                settings=run.settings,
                netlist=self.folder / "netlist.v",
                defines=("MUTANTS",),
                plusargs=(f"+mutant={number}",),
                limit_s=limit_s,
            )
        except SimulationFailed as failure:
            shutil.rmtree(failure.result.directory, ignore_errors=True)
            raise
        shutil.rmtree(result.directory, ignore_errors=True)


def suite(block: str) -> list[Run]:
    """Read verif/<block>/mutation.toml. Raises UserError if there is none or it is malformed."""
    bench = Project().bench(block)
    path = bench.folder / "mutation.toml"
    if not path.is_file():
        raise UserError(f"{block} has no mutation suite: {path} is missing")
    try:
        runs = [Run(**entry) for entry in tomllib.loads(path.read_text())["run"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: {error}; it holds [[run]] tables: test, seed, settings"
        ) from error
    for run in runs:
        choose(f"test in {path}", run.test, bench.tests)
    return runs


def _yosys(arguments: Sequence[str], *, limit_s: float, log: Path, may_fail: bool = False) -> bool:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        try:
            run = subprocess.run(
                [sys.executable, "-m", "scripts.mutants", *arguments],
                stdout=file,
                stderr=file,
                timeout=limit_s,
                cwd=ROOT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            run = None
    if (run is None or run.returncode) and not may_fail:
        last = (log.read_text(errors="replace").splitlines() or ["no word"])[-1]
        raise UserError(f"the mutants cannot be made: {last.removeprefix('error: ')}; see {log}")
    return run is not None and run.returncode == 0


def campaign(block: str, seed: int, count: int) -> dict[str, Any]:
    """Judge all mutants; return what is written to build/mutants/<block>.json."""
    started = time.monotonic()
    work = Campaign(block, seed, count)
    mutants = work.make()
    print(f"{block}: {len(mutants)} mutants, seed {seed}; the original first", flush=True)
    original_s = work.check_original()
    work.order()
    verdicts: list[Verdict] = []
    with processes.pool(cores()) as pool:
        for done in as_completed([pool.submit(work.judge, mutant) for mutant in mutants]):
            verdicts.append(done.result())
            _show(verdicts, len(mutants), started)
        survivors = [verdict for verdict in verdicts if not verdict.noticed_by]
        print(f"{len(survivors)} survive; which of them are equal to the original?", flush=True)
        list(pool.map(work.prove, survivors))
    return _summary(work, verdicts, original_s, time.monotonic() - started)


def _show(verdicts: Sequence[Verdict], total: int, started: float) -> None:
    if len(verdicts) % 25 == 0 or len(verdicts) == total:
        noticed = sum(bool(verdict.noticed_by) for verdict in verdicts)
        seconds = time.monotonic() - started
        print(f"[{seconds:5.0f} s] {noticed} of {len(verdicts)} noticed", flush=True)


def _summary(
    work: Campaign, verdicts: Sequence[Verdict], original_s: float, seconds: float
) -> dict[str, Any]:
    ordered = sorted(verdicts, key=lambda verdict: verdict.mutant.number)
    noticed = [verdict for verdict in ordered if verdict.noticed_by]
    equivalent = [verdict for verdict in ordered if verdict.equivalent]
    counted = len(ordered) - len(equivalent)
    return {
        "block": work.block,
        "seed": work.seed,
        "mutants": len(ordered),
        "equivalent": len(equivalent),
        "noticed": len(noticed),
        "percent": round(100 * len(noticed) / counted, 2) if counted else 0.0,
        "suite": [run.title for run in work.suite],
        "suite_seconds": round(original_s, 1),
        "seconds": round(seconds),
        "kills": dict(Counter(verdict.noticed_by for verdict in noticed).most_common()),
        "causes": dict(Counter(verdict.cause for verdict in noticed).most_common()),
        "modules": _by_module(ordered),
        "survivors": [asdict(v.mutant) for v in ordered if not v.noticed_by and not v.equivalent],
    }


def _by_module(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for verdict in verdicts:
        row = table.setdefault(verdict.mutant.module, {"mutants": 0, "noticed": 0, "equivalent": 0})
        row["mutants"] += 1
        row["noticed"] += bool(verdict.noticed_by)
        row["equivalent"] += verdict.equivalent
    return dict(sorted(table.items()))


def _print(summary: Mapping[str, Any]) -> None:
    print(f"\n{'module':<20} mutants noticed equivalent")
    for module, row in summary["modules"].items():
        print(f"{module:<20} {row['mutants']:7} {row['noticed']:7} {row['equivalent']:10}")
    print("\nnoticed first by")
    for title, kills in summary["kills"].items():
        print(f"{kills:5}  {title}")
    if summary["survivors"]:
        print("\nsurvivors")
    for mutant in summary["survivors"]:
        print(f"{mutant['number']:5}  {mutant['source']}  {mutant['kind']} {mutant['place']}")
    print(
        f"\n{summary['block']}: {summary['noticed']} of {summary['mutants']} noticed,"
        f" {summary['equivalent']} proven equivalent: {summary['percent']} %"
        f" (seed {summary['seed']}, {summary['seconds']} s)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when the campaign went through, 2 for a bad command, 130 on Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz_rtl", description=__doc__)
    parser.add_argument("--block", required=True, help="block whose bench is tried")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample (default 1)")
    parser.add_argument(
        "--count", type=int, default=FULL, help=f"how many mutants (default {FULL})"
    )
    options = parser.parse_args(arguments)
    try:
        summary = campaign(options.block, options.seed, options.count)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    write_json(
        RESULTS / f"{options.block}-{options.seed}-{options.count}" / "summary.json", summary
    )
    if options.count >= FULL:  # a smaller sample is no figure
        write_json(RESULTS / f"{options.block}.json", summary)
    _print(summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
