# SPDX-License-Identifier: Apache-2.0
"""Progress of a list of jobs: a live display on a terminal, plain lines anywhere else."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Live
    from rich.progress import TaskID


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0))


class Progress:
    """Shows which of `total` jobs are running, and prints what each leaves behind."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._done = 0
        self._live: Live | None = _live() if sys.stdout.isatty() else None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Progress:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def started(self, title: str) -> None:
        """A job begins."""
        if self._live:
            self._tasks[title] = self._live.add_task(title, total=None)
        else:
            print(f"run   {title}", flush=True)

    def finished(self, title: str, text: str) -> None:
        """A job ends; `text` says how, in one line or several."""
        self._done += 1
        if self._live:
            self._live.remove_task(self._tasks.pop(title))
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(f"{text}  [{self._done}/{self.total}]" if "\n" not in text else text, flush=True)


def _live() -> Live:
    from rich.progress import Progress as Live  # only here: it takes a while to import
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    return Live(*columns, transient=True)
