# SPDX-License-Identifier: Apache-2.0
"""Child processes with a time limit: each in a process group of its own, none left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_running: set[int] = set()
_stopped = threading.Event()


class Stopped(Exception):
    """The command was interrupted; nothing new is started."""


@dataclass(frozen=True)
class Outcome:
    """How a child ended. `returncode` is negative for a signal; `cpu_seconds` is user + system."""

    returncode: int
    cpu_seconds: float
    timed_out: bool

    @property
    def killed(self) -> bool:
        """Whether somebody else ended the child: a person, or the system short of memory."""
        return not self.timed_out and -self.returncode in (signal.SIGKILL, signal.SIGTERM)

    @property
    def ended(self) -> str:
        """How the child ended, in words."""
        return (
            f"killed by signal {-self.returncode}" if self.killed else f"status {self.returncode}"
        )


def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: IO[str], limit_s: float
) -> Outcome:
    """Run `command` with its output in `log`; kill its whole process group after `limit_s` seconds.

    Raises FileNotFoundError when the program does not exist, Stopped after `stop`.
    """
    if _stopped.is_set():
        raise Stopped
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        _kill(process.pid)

    timer = threading.Timer(limit_s, expire)
    timer.daemon = True
    _running.add(process.pid)
    timer.start()
    if _stopped.is_set():  # while the child was being started, so that `stop` did not see it
        _kill(process.pid)
    try:
        _, status, usage = os.wait4(process.pid, 0)  # wait4: it tells this child's CPU time alone
    except BaseException:
        _kill(process.pid)
        raise
    finally:
        timer.cancel()
        _running.discard(process.pid)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Outcome(process.returncode, usage.ru_utime + usage.ru_stime, expired.is_set())


def stop() -> None:
    """Kill every child and start no more (on Ctrl-C, which worker threads do not see)."""
    _stopped.set()
    for pid in list(_running):
        _kill(pid)


@contextmanager
def pool(size: int) -> Iterator[ThreadPoolExecutor]:
    """Give `size` threads; when the command is interrupted, their children die and none follow."""
    threads = ThreadPoolExecutor(size)
    try:
        yield threads
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    threads.shutdown()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
