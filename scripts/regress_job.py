# SPDX-License-Identifier: Apache-2.0
"""One job of a night, made and judged: what a local worker and a task of Slurm both do.

    python -m scripts.regress_job --list chunk.json --index 3 --results FOLDER

makes the fourth job of the list and writes FOLDER/<key>.json, the only trace that it ran.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from scripts.build import Design, Variant, build
from scripts.errors import UserError
from scripts.files import discard, write_json
from scripts.judge import KILLED, Result
from scripts.project import ROOT, Project
from scripts.regress_plan import Job
from scripts.simulate import ASKED, SimulationFailed, designed, replay_command, simulate
from scripts.simulators import Killed

NOT_MADE = "no result"  # the cause of a job whose worker or task left nothing


@dataclass
class Outcome:
    """What became of a job: one of "jobs" in build/nightly/summary.json.

    verdict: pass, fail or lost (its worker or simulator was killed). seconds: of the simulation;
    preparation_seconds: of the block's prepare hook; overhead_seconds: all the rest from the moment
    at which the job was handed out.
    """

    block: str
    test: str
    seed: int
    simulator: str
    parameters: dict[str, Any]
    settings: dict[str, Any]
    verdict: str
    cycles: int = 0
    compared: int = 0
    seconds: float = 0.0
    preparation_seconds: float = 0.0
    overhead_seconds: float = 0.0
    reason: str = ""
    replay: str = ""
    cause: str = ""
    waves: str | None = None

    @property
    def total_s(self) -> float:
        """Wall-clock seconds that the job took."""
        return self.seconds + self.preparation_seconds + self.overhead_seconds


def of_job(job: Job, verdict: str, cause: str = "", reason: str = "") -> Outcome:
    """An outcome that no simulation stands behind."""
    asked = {name: value for name, value in asdict(job).items() if name in ASKED}
    replay = replay_command(asked, job.parameters)
    return Outcome(**asked, verdict=verdict, cause=cause, reason=reason, replay=replay)


def make(job: Job, root: Path, sent: float) -> Outcome:
    """Run a job that was handed out at time.time() == `sent`."""
    try:
        outcome = _simulate(job, root)
    except Killed as error:
        outcome = of_job(job, "lost", KILLED, str(error))
    except UserError as error:
        outcome = of_job(job, "fail", "not started", str(error))
    except Exception as error:  # a fault of ours fails this job, and not the night
        traceback.print_exc()
        outcome = of_job(job, "fail", "runner", f"{type(error).__name__}: {error}")
    taken = outcome.seconds + outcome.preparation_seconds
    outcome.overhead_seconds = round(max(0.0, time.time() - sent - taken), 3)
    return outcome


def _simulate(job: Job, root: Path) -> Outcome:
    options = {name: getattr(job, name) for name in (*ASKED[2:], "waves")}
    try:
        result = simulate(job.block, job.test, root=root, **options)
    except SimulationFailed as failure:
        outcome = _outcome(job, failure.result)
        if job.refused and job.refused in outcome.reason:
            outcome.verdict, outcome.cause, outcome.reason = "pass", "", ""
        if outcome.verdict == "fail":
            return outcome
        result = failure.result
    else:
        outcome = _outcome(job, result)
        if job.refused:
            outcome.verdict, outcome.cause = "fail", "not refused"
            outcome.reason = f"was not refused with {job.refused!r}"
            return outcome
    if not job.waves:  # only failures and waves are looked at
        discard(Path(result.directory))
    return outcome


def _outcome(job: Job, result: Result) -> Outcome:
    outcome = of_job(job, "lost" if result.cause == KILLED else result.verdict)
    outcome.cause, outcome.reason, outcome.replay = result.cause, result.reason, result.replay
    outcome.cycles, outcome.compared = result.cycles, result.counts.get("compared", 0)
    outcome.seconds, outcome.preparation_seconds = result.seconds, result.preparation_seconds
    outcome.waves = result.waves
    return outcome


def design_of(job: Job, root: Path) -> Design:
    """Return what the job's simulation is built from. Raises UserError if it makes no sense."""
    variant = Variant(waves=job.waves)
    project = Project(root)
    return designed(
        project, job.block, job.test, job.simulator, job.parameters, job.settings, variant
    )


def make_build(job: Job, root: Path) -> str:
    """Build a job's model, once more if that is killed; return what is wrong, or nothing."""
    try:
        design = design_of(job, root)
        with suppress(Killed):
            build(design)
        build(design)  # it is there, unless the first attempt was killed
    except UserError as error:
        return str(error)
    return ""


def record(folder: Path, key: str, outcome: Outcome) -> None:
    """Write a job's result file, in one step."""
    write_json(folder / f"{key}.json", asdict(outcome))


def recorded(folder: Path, key: str) -> Outcome | None:
    """Read a job's result file, if there is a whole one."""
    known = {field.name for field in fields(Outcome)}
    try:
        table = json.loads((folder / f"{key}.json").read_text())
        return Outcome(**{name: value for name, value in table.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Make one job of a list; the status is 0 if it has a result, whatever that is."""
    parser = argparse.ArgumentParser(prog="python -m scripts.regress_job", description=__doc__)
    parser.add_argument("--list", type=Path, required=True, help="JSON file with a list of jobs")
    parser.add_argument("--index", type=int, required=True, help="which of them, from 0")
    parser.add_argument("--results", type=Path, required=True, help="folder for the result file")
    parser.add_argument("--sent", type=float, default=time.time(), help="when the task began")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project")
    options = parser.parse_args(arguments)
    job = Job(**json.loads(options.list.read_text())[options.index])
    record(options.results, job.key, make(job, options.root, options.sent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
