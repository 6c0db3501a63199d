# SPDX-License-Identifier: Apache-2.0
"""Watchdog: fails a test whose progress stands still, and says what the last progress was.

    watchdog = Watchdog(lambda: scoreboard.compared, cycles=10_000).start()
    ...
    watchdog.stop()

It sleeps for `cycles` clock periods at a time on a Timer, so a running simulation pays for two
wake-ups in 2 x `cycles` clocks and nothing in between. A hang is noticed after `cycles` to
2 x `cycles` clocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cocotb
from cocotb.task import Task
from cocotb.triggers import Timer

CLOCK_PERIOD_NS = 10


class NoProgress(AssertionError):
    """The watched value did not change for the given number of cycles."""


class Watchdog:
    """Watches `progress`, a function or a signal: any value that changes while work gets done.

    `describe` turns the value into the words of the failure; by default the value itself is shown.
    """

    def __init__(
        self,
        progress: Any,
        cycles: int = 10_000,
        *,
        describe: Callable[[Any], str] = str,
        period_ns: int = CLOCK_PERIOD_NS,
    ) -> None:
        if cycles < 1:
            raise ValueError("cycles must be at least 1")
        self._sample: Callable[[], Any] = (
            progress if callable(progress) else lambda: str(progress.value)
        )
        self._cycles = cycles
        self._describe = describe
        self._period_ns = period_ns
        self._task: Task[None] | None = None

    def start(self) -> Watchdog:
        """Start watching from now on. The failure ends the cocotb test that is running."""
        self._task = cocotb.start_soon(self._watch())
        return self

    def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        last = self._sample()
        while True:
            await Timer(self._cycles * self._period_ns, unit="ns")
            now = self._sample()
            if now == last:
                raise NoProgress(
                    f"watchdog: no progress for {self._cycles} cycles; "
                    f"last progress: {self._describe(last)}"
                )
            last = now
