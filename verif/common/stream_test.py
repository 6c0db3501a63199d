# SPDX-License-Identifier: Apache-2.0
"""Base of the tests of blocks that have streams at all ends: reset, traffic, drain, checks."""

from __future__ import annotations

import random
from typing import Any, ClassVar, Protocol

import cocotb
from cocotb.triggers import ClockCycles, Timer
from pyuvm import uvm_test

from verif.common import run

STALLS = (0, 40, 128, 230)  # of 256 cycles
ALWAYS = 256  # of a stall: no offer, or never ready


class Environment(Protocol):
    """What a test asks of its environment."""

    async def collect(self) -> None:
        """Compare the beats that came out since the last call."""


class StreamTest(uvm_test):
    """Resets the bench, sends what `traffic` asks for, and checks the end.

    A block's tests define `environment`, `traffic`, `progress` and `sample`. The bench has clk,
    rst_n, seed (of its stalls) and cycle.
    """

    HANG_CYCLES: ClassVar[int] = 20_000  # without progress
    DRAIN_CYCLES: ClassVar[int] = 200  # in which nothing may come after the last expected beat

    def build_phase(self) -> None:
        run.seed()
        self.bench: Any = cocotb.top
        self.env: Any = self.environment()
        source = run.directory() / "images.txt"
        if source.is_file():
            run.note(images=source.read_text())

    async def run_phase(self) -> None:
        self.raise_objection()
        self.bench.seed.value = random.getrandbits(32) | 1
        await self.reset()
        watchdog = run.Watchdog(self.progress, cycles=self.HANG_CYCLES).start()
        await self.traffic()
        await self.env.collect()
        watchdog.stop()
        await ClockCycles(self.bench.clk, self.DRAIN_CYCLES)
        await self.env.collect()
        self.check_end()
        run.report(cycles=int(self.bench.cycle.value))
        self.sample()
        self.drop_objection()

    def environment(self) -> Environment:
        """Build the block's environment."""
        raise NotImplementedError  # abstract: each block has its own

    async def traffic(self) -> None:
        """What the test is about."""
        raise NotImplementedError  # abstract: each test has its own

    def progress(self) -> tuple[int, ...]:
        """What changes while work gets done."""
        raise NotImplementedError  # abstract: each block has its own

    def sample(self) -> None:
        """Note what the run covered."""

    def check_end(self) -> None:
        """Check what holds when everything has stopped."""

    async def reset(self) -> None:
        """Reset at a moment that has nothing to do with the clock; no edge is at one of its."""
        await Timer(random.randrange(500, 4000, 1000), unit="ps")
        self.bench.rst_n.value = 0
        await Timer(random.randint(1, 40), unit="ns")
        self.bench.rst_n.value = 1
        await ClockCycles(self.bench.clk, 2)
        await Timer(1, unit="ns")


class RefusalTest(uvm_test):
    """Parameters that cannot be built: the design ends the simulation and says why."""

    async def run_phase(self) -> None:
        self.raise_objection()
        await Timer(1, unit="ns")
        raise AssertionError("nothing refuses these parameters")
