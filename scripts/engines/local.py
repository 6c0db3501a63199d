# SPDX-License-Identifier: Apache-2.0
"""The engine `local`: as many jobs at a time as workers, each lost one made once more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scripts.engines.pool import Answer, Pool, Work
from scripts.regress_job import NOT_MADE, Outcome, of_job, recorded
from scripts.regress_plan import Job
from scripts.regress_watch import Watch


def run(pool: Pool, jobs: Sequence[Job], results: Path, watch: Watch) -> None:
    """Make all jobs; `watch` is told what becomes of them."""
    tried: set[str] = set()

    def answered(job: Job, answer: Answer | None) -> bool:
        if answer is not None:
            outcome = Outcome(**answer["outcome"])
        else:  # the worker may have died after its work was done
            outcome = recorded(results, job.key) or of_job(
                job, "lost", NOT_MADE, "its worker was killed"
            )
        if outcome.verdict == "lost" and job.key not in tried:
            tried.add(job.key)
            watch.again(job, outcome.reason)
            return True
        watch.ended(job, outcome)
        return False

    pool.run(Work("run", jobs, answered, watch.may_start, watch.begun))


def build(pool: Pool, jobs: Sequence[Job], watch: Watch) -> dict[str, str]:
    """Build the model of each job; return what is wrong with it, if anything, by the job's key."""
    tried: set[str] = set()

    def answered(job: Job, answer: Answer | None) -> bool:
        if answer is None and job.key not in tried:
            tried.add(job.key)
            return True
        error = str(answer["error"]) if answer else "its worker was killed"
        watch.ended(job, of_job(job, "fail" if error else "pass", reason=error))
        return False

    pool.run(Work("build", jobs, answered, begun=watch.begun))
    return {key: o.reason for key, o in watch.outcomes.items() if o.reason}
