# SPDX-License-Identifier: Apache-2.0
"""The engine `slurm`: the same jobs as arrays of tasks, each of which leaves one result file.

An array has at most 500 tasks and is waited for (``sbatch --wait``). Whatever became of a task,
only its file counts: a job without one is lost, and submitted once more. Tasks need this project's
folder on a file system that the nodes share.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.errors import UserError
from scripts.files import write_text
from scripts.project import ROOT
from scripts.regress_job import NOT_MADE, of_job, recorded
from scripts.regress_plan import Job
from scripts.regress_watch import Watch

CHUNK = 500  # tasks in an array: what clusters allow
POLL_S = 0.5

# The names in it are ours or quoted by `_script`.
_TASK = """#!/bin/sh
# One task of a night's array.
cd {root} || exit 1
exec {python} -m scripts.regress_job --sent "$(date +%s.%N)" --list {jobs} \\
  --index "$SLURM_ARRAY_TASK_ID" --results {results} --root {project}
"""


def run(jobs: Sequence[Job], results: Path, watch: Watch, root: Path, parallel: int) -> None:
    """Make all jobs, `parallel` at a time; those that are lost once more."""
    require()
    waiting, last = list(jobs), False
    while waiting:
        lost: list[Job] = []
        for chunk in _chunks(waiting):
            left = [job for job in chunk if watch.may_start(job)]
            if left:
                lost += _array(left, results, watch, root, parallel, last=last)
        for job in lost:
            watch.again(job, "no result file")
        waiting, last = lost, True


def require() -> None:
    """Raise UserError unless sbatch can be called."""
    if shutil.which("sbatch") is None:
        raise UserError(
            "sbatch not found; ENGINE=slurm needs a cluster, or apt-get install slurm-wlm"
        )


def _chunks(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """What must run and what may be dropped, apart, in pieces of at most 500."""
    for spare in (False, True):
        part = [job for job in jobs if job.spare == spare]
        for first in range(0, len(part), CHUNK):
            yield part[first : first + CHUNK]


def _array(
    jobs: Sequence[Job], results: Path, watch: Watch, root: Path, parallel: int, *, last: bool
) -> list[Job]:
    """Submit one array and wait for it; return the jobs to submit again."""
    script = _script(jobs, results, root)
    waiting = dict(enumerate(jobs))
    for job in jobs:
        (results / f"{job.key}.json").unlink(missing_ok=True)  # of an attempt that was lost
        watch.begun(job)
    with _submitted(script, len(jobs), parallel) as (process, number):
        while process.poll() is None:
            _collect(waiting, results, watch, last=last)
            if any(job.spare for job in waiting.values()) and watch.over:
                _cancel(number)  # what has begun is ended, too: the time is over
            time.sleep(POLL_S)
    _collect(waiting, results, watch, last=last)
    lost = {index: job for index, job in waiting.items() if watch.may_start(job)}
    if not last:
        return list(lost.values())
    for index, job in lost.items():
        reason = f"its task left no result file, twice{_last_words(script, index)}"
        watch.ended(job, of_job(job, "lost", NOT_MADE, reason))
    return []


def _last_words(script: Path, index: int) -> str:
    """What a task's log ends with, if there is one: it is gone when the night is over."""
    try:
        lines = _log(script, str(index)).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return f": {lines[-1]}" if lines else ""


def _log(script: Path, task: str) -> Path:
    return script.with_name(f"{script.stem}-{task}.log")


def _script(jobs: Sequence[Job], results: Path, root: Path) -> Path:
    """Write the list of jobs and the script of its tasks, with names that quotes keep whole."""
    number = sum(1 for _ in results.parent.glob("array-*.json"))
    listed = results.parent / f"array-{number}.json"
    write_text(listed, f"[{', '.join(job.line() for job in jobs)}]\n")
    words = {"root": ROOT, "python": sys.executable, "jobs": listed, "results": results}
    quoted = {name: shlex.quote(str(word)) for name, word in {**words, "project": root}.items()}
    script = listed.with_suffix(".sh")
    write_text(script, _TASK.format(**quoted))
    return script


@contextmanager
def _submitted(
    script: Path, tasks: int, parallel: int
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Submit and yield (the waiting sbatch, the job's number); nothing of it goes on after that."""
    command = ["sbatch", "--wait", "--parsable", f"--array=0-{tasks - 1}%{parallel}", "--ntasks=1"]
    command += ["--job-name=lacuna", f"--output={_log(script, '%a')}", str(script)]
    # In a session of its own: Ctrl-C is ours to pass on, with scancel.
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stderr
    number = ""
    try:
        number = process.stdout.readline().strip().partition(";")[0]
        if not number:
            raise UserError(f"sbatch: {process.stderr.read().strip() or 'no job number'}")
        yield process, number
    finally:  # what ended sbatch alone has not ended the array
        if number:
            _cancel(number)
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def _cancel(number: str) -> None:
    subprocess.run(["scancel", number], check=False, capture_output=True)


def _collect(waiting: dict[int, Job], results: Path, watch: Watch, *, last: bool) -> None:
    """Take the result files that have come out of `waiting`; lost ones stay for another attempt."""
    for index, job in list(waiting.items()):
        outcome = recorded(results, job.key)
        if outcome and (outcome.verdict != "lost" or last):
            del waiting[index]
            watch.ended(job, outcome)
