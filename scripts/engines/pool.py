# SPDX-License-Identifier: Apache-2.0
"""A pool of worker processes that any of them may be killed in, with what it runs.

Workers lie in sessions of their own, so that Ctrl-C reaches the pool alone, which ends them.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.project import ROOT
from scripts.regress_plan import Job

MARK = "LACUNA_WORKER"  # in the environment of a worker or campaign and of all that it starts
_STARTS = 10  # workers in a row that may die before they are ready
_TERM_S = 3.0  # a worker that is asked to end has

Answer = Mapping[str, Any]


@dataclass
class Worker:
    """One process; `job` is what it is doing, None if it waits or is not ready yet."""

    process: subprocess.Popen[str]
    mark: str
    ready: bool = False
    job: Job | None = None


@dataclass
class Work:
    """What `Pool.run` does. `answered` returns whether the job is to be made again; its answer is
    None when the worker died. `may_start` is asked before each job is begun."""

    task: str
    jobs: Iterable[Job]
    answered: Callable[[Job, Answer | None], bool]
    may_start: Callable[[Job], bool] = lambda job: True
    begun: Callable[[Job], None] = lambda job: None
    queue: deque[Job] = field(default_factory=deque)

    def next(self) -> Job | None:
        """Take the next job that may start."""
        while self.queue:
            job = self.queue.popleft()
            if self.may_start(job):
                return job
        return None


class Pool:
    """`size` workers for the project below `root`; a context manager."""

    def __init__(self, root: Path, results: Path, size: int) -> None:
        self.root, self.results, self.size = root, results, size
        self._workers: list[Worker] = []
        self._selector = selectors.DefaultSelector()
        self._failed_starts = 0

    def __enter__(self) -> Pool:
        self.results.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + _TERM_S
        while self._workers:
            worker = self._workers[0]
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            self._bury(worker)
        self._selector.close()

    def run(self, work: Work) -> None:
        """Hand out all jobs and wait until each has been answered for the last time."""
        work.queue.extend(work.jobs)
        while True:
            self._hand_out(work)
            busy = [worker for worker in self._workers if worker.job]
            if not busy and not work.queue:
                return
            for key, _ in self._selector.select():
                self._listen(key.data, work)

    def worker_of(self, job: Job) -> int | None:
        """Return the process that is making a job; None if it is not being made."""
        for worker in list(self._workers):
            if worker.job == job:
                return worker.process.pid
        return None

    def _hand_out(self, work: Work) -> None:
        busy = sum(worker.job is not None for worker in self._workers)
        while len(self._workers) < min(self.size, len(work.queue) + busy):
            self._start()
        for worker in self._workers:
            if worker.ready and not worker.job and (job := work.next()):
                work.begun(job)
                self._send(worker, work.task, job)

    def _send(self, worker: Worker, task: str, job: Job) -> None:
        worker.job = job
        request = {"task": task, "job": asdict(job), "sent": time.time()}
        assert worker.process.stdin
        with suppress(BrokenPipeError):  # it just died; reading from it will tell
            worker.process.stdin.write(json.dumps(request) + "\n")
            worker.process.stdin.flush()

    def _listen(self, worker: Worker, work: Work) -> None:
        """Take one line of a worker, or notice that it is gone."""
        assert worker.process.stdout
        try:
            answer = json.loads(worker.process.stdout.readline())
        except ValueError:
            self._gone(worker, work)
            return
        if not worker.ready:
            worker.ready, self._failed_starts = True, 0
        elif job := worker.job:
            worker.job = None
            if work.answered(job, answer):
                work.queue.appendleft(job)

    def _gone(self, worker: Worker, work: Work) -> None:
        self._bury(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                raise UserError(f"workers do not start; see {self._log}")
        if worker.job and work.answered(worker.job, None):
            work.queue.appendleft(worker.job)

    def _start(self) -> None:
        mark = uuid.uuid4().hex
        command = [sys.executable, "-m", "scripts.engines.worker", self.root, self.results]
        with self._log.open("a") as log:
            process = subprocess.Popen(
                list(map(str, command)),
                cwd=ROOT,
                env={**os.environ, MARK: mark},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        worker = Worker(process, mark)
        self._workers.append(worker)
        assert process.stdout
        self._selector.register(process.stdout, selectors.EVENT_READ, worker)

    @property
    def _log(self) -> Path:
        return self.results / "workers.log"

    def _bury(self, worker: Worker) -> None:
        """Forget a worker, having ended it and everything that it left running."""
        self._workers.remove(worker)
        assert worker.process.stdout
        assert worker.process.stdin
        self._selector.unregister(worker.process.stdout)
        end(worker.mark)
        worker.process.kill()
        worker.process.wait()
        worker.process.stdout.close()
        with suppress(BrokenPipeError):
            worker.process.stdin.close()


def end(mark: str) -> None:
    """Kill all processes with `mark`, whatever session they lie in."""
    for pid in marked(mark):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def marked(mark: str) -> list[int]:
    """Return the processes with `mark` in their environment: a worker, its children, and theirs."""
    text = f"{MARK}={mark}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # gone, or another user's
            if text in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
