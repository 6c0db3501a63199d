# SPDX-License-Identifier: Apache-2.0
"""Keeps count of a night's jobs and shows them: live on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from scripts.regress_job import Outcome
from scripts.regress_plan import Job

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 50  # jobs between two lines that say how far it is, where nothing can be redrawn
_SHOWN = 8  # running jobs on a terminal


class Watch:
    """What an engine tells about its jobs. quiet: nothing is printed about single ones.

    No spare job starts after time.monotonic() == `end`. noun: what `total` counts.
    """

    def __init__(
        self, total: int, end: float | None = None, *, quiet: bool = False, noun: str = "runs"
    ) -> None:
        self.total, self.end, self.quiet, self.noun = total, end, quiet, noun
        self.outcomes: dict[str, Outcome] = {}
        self.dropped: list[Job] = []
        self.retried = 0
        self._failed = 0
        self._began = time.monotonic()
        self._live = _live() if sys.stdout.isatty() else None
        self._bar: TaskID | None = None
        self._running: dict[str, TaskID] = {}

    def __enter__(self) -> Watch:
        if self._live:
            self._live.start()
            self._bar = self._live.add_task(self.noun, total=self.total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self.end is not None and time.monotonic() > self.end

    def may_start(self, job: Job) -> bool:
        """Whether there is time for a job; seeds that could be spared are dropped after the end."""
        if job.spare and self.over:
            self.dropped.append(job)
            self.total -= 1
            return False
        return True

    def begun(self, job: Job) -> None:
        """A job was handed out."""
        if self._live and len(self._running) < _SHOWN:
            self._running[job.key] = self._live.add_task(job.title, total=None)

    def again(self, job: Job, reason: str) -> None:
        """A job was lost and will be made once more."""
        self.retried += 1
        self._forget(job)
        self.say(f"LOST  {job.title}: {reason}; once more")

    def ended(self, job: Job, outcome: Outcome) -> None:
        """A job has its outcome."""
        self.outcomes[job.key] = outcome
        self._forget(job)
        if outcome.verdict != "pass":
            self._failed += 1
        if outcome.verdict != "pass" and not self.quiet:
            self.say(f"{outcome.verdict.upper():<5} {job.title}\n      {outcome.reason}")
            self.say(f"      {outcome.replay}")
        done = len(self.outcomes)
        if self._live and self._bar is not None:
            count = self._count()
            self._live.update(self._bar, completed=done, total=self.total, description=count)
        elif not self.quiet and (done % _EVERY == 0 or done == self.total):
            self.say(f"[{time.monotonic() - self._began:6.0f} s] {self._count()}")

    def say(self, text: str) -> None:
        """Print something above the live display."""
        if self._live:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, flush=True)

    def _count(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{len(self.outcomes)} of {self.total} {self.noun}{failed}"

    def _forget(self, job: Job) -> None:
        if self._live and (task := self._running.pop(job.key, None)) is not None:
            self._live.remove_task(task)


def _live() -> Progress:
    from rich.progress import (  # only here: it takes a while to import
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    text = TextColumn("{task.description}", markup=False)
    return Progress(text, BarColumn(), TimeElapsedColumn(), TimeRemainingColumn(), transient=True)
