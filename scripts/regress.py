# SPDX-License-Identifier: Apache-2.0
"""The nightly: ``make nightly [BLOCKS=riscv,soc] [SEEDS=20] [HOURS=2] [ENGINE=slurm] [JOBS=8]``.

First the campaigns (proofs, coverage, mutants), then every model is built, then all runs of the
plan (scripts/regress_plan.py), the longest first. HOURS drops seeds where they do not fit, never
tests. What is lost is made once more; each distinct failure runs again with waves. Ctrl-C keeps
what is finished, and the same SEED goes on from there. All follows from that seed, which is
printed. Results: build/nightly/summary.json; exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import math
import random
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from scripts import regress_campaigns
from scripts.engines import local, slurm
from scripts.engines.pool import Pool
from scripts.errors import UserError
from scripts.files import write_json
from scripts.progress import cores
from scripts.project import ROOT, Project, choose
from scripts.regress_job import Outcome, design_of, of_job, recorded
from scripts.regress_night import Night, fingerprint, open_night
from scripts.regress_plan import Durations, Job, by_turns, expand, fit, order
from scripts.regress_summary import (
    Bucket,
    Summary,
    bucket_rows,
    buckets,
    failed,
    report,
    run_rows,
    write_history,
)
from scripts.regress_watch import Watch
from scripts.simulate_command import NO_RERUN

RESULTS = ROOT / "build" / "nightly"
ENGINES = ("local", "slurm")
# After these a run with waves would show nothing new.
NOT_AGAIN = (*NO_RERUN, "not built", "not started", "runner")
LONGEST_AGAIN_S = 300.0  # waves of what took longer are more than anybody opens


class Regression:
    """A night's runs, from the plan to the summary."""

    def __init__(self, options: argparse.Namespace, blocks: Sequence[str], root: Path) -> None:
        self.options, self.blocks, self.root = options, blocks, root
        self.plan = expand(Project(root), blocks, options.seed, options.seeds)
        self.durations = Durations(root / "build" / "nightly" / "durations.json")
        self.watch = Watch(len(self.plan))
        self.waves: dict[str, Outcome] = {}
        self.interrupted = True

    def run(self, night: Night) -> None:
        """Do everything; what Ctrl-C leaves undone is absent from the summary."""
        try:
            self._campaigns(night)
            self.watch.end = time.monotonic() + night.left_s
            with Pool(self.root, night.results, self._workers) as pool:
                jobs = self._buildable(pool, night, self._unfinished(night))
                jobs = self._in_order(jobs, night)
                with self.watch:
                    if self.options.engine == "slurm":
                        slurm.run(jobs, night.results, self.watch, self.root, self.options.jobs)
                    else:
                        local.run(pool, jobs, night.results, self.watch)
                self._with_waves(pool, night)
            self.interrupted = False
        except KeyboardInterrupt:
            seed = self.options.seed
            print(f"interrupted; SEED={seed} goes on from here", file=sys.stderr)
            self._take(night)
        taken: dict[str, list[float]] = {}
        for job, outcome in self._made():
            if outcome.verdict == "pass":
                taken.setdefault(job.kind, []).append(outcome.total_s)
        self.durations.note(taken)

    @property
    def _workers(self) -> int:
        """Processes on this machine, which with Slurm only builds and makes waves."""
        jobs: int = self.options.jobs
        return min(jobs, cores()) if self.options.engine == "slurm" else jobs

    def _made(self) -> list[tuple[Job, Outcome]]:
        outcomes = self.watch.outcomes
        return [(job, outcomes[job.key]) for job in self.plan if job.key in outcomes]

    def _campaigns(self, night: Night) -> None:
        done = {campaign.title for campaign in night.campaigns}
        project, hours = Project(self.root), self.options.hours
        for campaign in regress_campaigns.campaigns(project, self.blocks, hours, self.options.seed):
            if campaign.title not in done:
                left = night.left_s - (1 - regress_campaigns.SHARE) * hours * 3600
                print(f"[{night.seconds:6.0f} s] begin    {campaign.title}", flush=True)
                outcome = regress_campaigns.run(campaign, night.folder.parent, left)
                night.campaigns.append(outcome)
                night.keep()
                print(f"[{night.seconds:6.0f} s] {outcome.verdict:<8} {outcome.title}", flush=True)

    def _unfinished(self, night: Night) -> list[Job]:
        """Leave out what an interrupted part of the night has finished."""
        self._take(night)
        if night.continued:
            print(f"{len(self.watch.outcomes)} of {len(self.plan)} runs are finished already")
        return [job for job in self.plan if job.key not in self.watch.outcomes]

    def _take(self, night: Night) -> None:
        """Take the results that are there, also those that the engine has not told of."""
        for job in self.plan:
            outcome = recorded(night.results, job.key)
            if outcome and outcome.verdict != "lost":
                self.watch.outcomes[job.key] = outcome

    def _buildable(self, pool: Pool, night: Night, jobs: Iterable[Job]) -> list[Job]:
        """Build each model once; jobs without one have failed."""
        models: dict[str, list[Job]] = {}
        errors: dict[str, str] = {}
        kinds: dict[str, str] = {}
        for job in jobs:
            if job.kind not in kinds:
                try:
                    kinds[job.kind] = design_of(job, self.root).key
                except UserError as error:
                    kinds[job.kind] = job.kind
                    errors[job.kind] = str(error)
            models.setdefault(kinds[job.kind], []).append(job)
        wanted = {key: group[0] for key, group in models.items() if key not in errors}
        print(f"{len(wanted)} models for {sum(map(len, models.values()))} runs", flush=True)
        with Watch(len(wanted), quiet=True, noun="models") as watch:
            found = local.build(pool, list(wanted.values()), watch)
        errors |= {key: found[job.key] for key, job in wanted.items() if job.key in found}
        for key, reason in errors.items():
            for job in models[key]:
                self.watch.ended(job, of_job(job, "fail", "not built", reason))
        return [job for key, group in models.items() if key not in errors for job in group]

    def _in_order(self, jobs: Sequence[Job], night: Night) -> list[Job]:
        """What fits into the night, the longest first; seeds that may not fit come after it."""
        kept = fit(jobs, self.durations, night.left_s * self.options.jobs)
        chosen = {job.key for job in kept}
        rest = [job for job in jobs if job.key not in chosen]
        if rest:
            print(f"{len(rest)} seeds come last, as far as HOURS= goes")
        return [*order(kept, self.durations), *by_turns(rest)]

    def _with_waves(self, pool: Pool, night: Night) -> None:
        """Make the shortest run of each distinct failure again, with waves."""
        made = self._made()
        firsts = [made[bucket.jobs[0]] for bucket in buckets([outcome for _, outcome in made])]
        again = [
            replace(job, waves=True)
            for job, outcome in firsts
            if outcome.verdict == "fail"
            and outcome.cause not in NOT_AGAIN
            and outcome.seconds <= LONGEST_AGAIN_S
        ]
        if again:
            print(f"{len(again)} failures run again with waves", flush=True)
        with Watch(len(again), quiet=True, noun="runs with waves") as watch:
            local.run(pool, again, night.results, watch)
        self.waves = {replace(job, waves=False).key: watch.outcomes[job.key] for job in again}

    def summary(self, night: Night) -> Summary:
        """Return what build/nightly/summary.json holds."""
        made = self._made()
        outcomes = [outcome for _, outcome in made]
        lost = sum(outcome.verdict == "lost" for outcome in outcomes)
        found: list[Bucket] = buckets(outcomes)
        for bucket in found:
            bucket.again = self.waves.get(made[bucket.jobs[0]][0].key)
        return {
            "started": night.started,
            "seed": self.options.seed,
            "blocks": list(self.blocks),
            "hours": self.options.hours,
            "engine": self.options.engine,
            "seconds": round(night.seconds),
            "planned": len(self.plan),
            "finished": len(outcomes) - lost,
            "dropped": len(self.watch.dropped),
            "lost": lost,
            "retried": self.watch.retried,
            "interrupted": self.interrupted,
            "jobs": run_rows(outcomes),
            "buckets": bucket_rows(found, outcomes),
            "campaigns": [campaign.table() for campaign in night.campaigns],
        }


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Return 0 if nothing failed, 1 if something did, 2 for a bad command, 130 on Ctrl-C."""
    try:
        options = _parser().parse_args(arguments)
        if options.seed is None:
            options.seed = random.SystemRandom().randrange(1, 2**31)
        blocks = _checked(options, root)
        print(f"SEED={options.seed}", flush=True)
        regression = Regression(options, blocks, root)
        with open_night(root, options.seed, options.hours) as night:
            regression.run(night)
            if fingerprint(root) != night.sources:
                print("warning: sources have changed during this night", file=sys.stderr)
            summary = regression.summary(night)
            write_json(root / "build" / "nightly" / "summary.json", summary)
            if regression.interrupted:
                night.keep()
            else:
                write_history(root, summary, night.since)
                night.close()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(report(summary))
    return 130 if regression.interrupted else int(failed(summary))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(message)  # one line, without the usage


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m scripts.regress", description=__doc__)
    parser.add_argument("--blocks", default="", help="separated by commas; default: all")
    parser.add_argument("--seeds", type=int, help="of each random test; default: as planned")
    parser.add_argument("--hours", type=float, default=2.0, help="how long (default 2)")
    parser.add_argument("--engine", default="local", help=" or ".join(ENGINES))
    parser.add_argument("--jobs", type=int, default=cores(), help="at a time; default: cores")
    parser.add_argument("--seed", type=int, help="the seed of an earlier night; default: a new one")
    return parser


def _checked(options: argparse.Namespace, root: Path) -> list[str]:
    """Return the blocks. Raises UserError for an option that makes no sense."""
    benches = Project(root).benches()
    named = options.blocks.split(",") if options.blocks else benches
    blocks = list(dict.fromkeys(choose("block", name, benches) for name in named))
    choose("ENGINE", options.engine, ENGINES)
    for name in ("seeds", "hours", "jobs"):
        value = getattr(options, name)
        if value is not None and not 0 < value < math.inf:
            raise UserError(f"{name.upper()}={value}: must be more than 0, and finite")
    if options.engine == "slurm":
        slurm.require()
    return blocks


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
