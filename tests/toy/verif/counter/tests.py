# SPDX-License-Identifier: Apache-2.0
"""One test for each way in which a run can pass or fail."""

from __future__ import annotations

import os
import time
from typing import Any

import cocotb
import pyuvm
from cocotb.triggers import FallingEdge, RisingEdge, Timer
from pyuvm import uvm_analysis_port, uvm_test

from verif.common import run
from verif.common.run import Watchdog
from verif.common.scoreboard import GoldenScoreboard


class CounterTest(uvm_test):
    """Predicts `predicted` values of the counter and observes `observed` of them."""

    predicted = 4
    observed = 4

    def build_phase(self) -> None:
        self.scoreboard = GoldenScoreboard("scoreboard", self)
        self.model = uvm_analysis_port("model", self)
        self.monitor = uvm_analysis_port("monitor", self)

    def connect_phase(self) -> None:
        self.model.connect(self.scoreboard.predicted)
        self.monitor.connect(self.scoreboard.observed)

    async def run_phase(self) -> None:
        self.raise_objection()
        run.seed()
        step = run.parameters()["Step"] + run.settings().get("error", 0)
        for number in range(self.predicted):
            self.model.write((number + 1) * step)
        await RisingEdge(cocotb.top.clk)  # no edge from x to 0 at time 0 counts
        for _ in range(self.observed):
            await FallingEdge(cocotb.top.clk)
            self.monitor.write(int(cocotb.top.count.value))
        run.report(cycles=self.observed)
        run.note(counter=f"in steps of {step}")
        self.drop_objection()


@pyuvm.test()
class Counts(CounterTest):
    """Passes, unless the setting `error` spoils the model."""


@pyuvm.test()
class Leftover(CounterTest):
    """One predicted value never comes."""

    observed = 3


@pyuvm.test()
class NothingCompared(CounterTest):
    """A scoreboard that sees nothing."""

    predicted = 0
    observed = 0


@pyuvm.test()
class StandsStill(uvm_test):
    """No progress after the third of ten steps."""

    async def run_phase(self) -> None:
        self.raise_objection()
        Watchdog(lambda: 3, cycles=50, describe=lambda step: f"step {step} of 10").start()
        await Timer(1, unit="ms")
        self.drop_objection()


@cocotb.test()
async def Silent(dut: Any) -> None:  # noqa: N802  (tests are named as pyuvm's classes are)
    """Passes, but reports no comparison."""
    await FallingEdge(dut.clk)


@cocotb.test()
async def Swallows(dut: Any) -> None:  # noqa: N802
    """Finds a mismatch and goes on as if nothing were."""
    await FallingEdge(dut.clk)
    run.mismatch(layer="c1", index=(0, 3), expected=5, got=6)
    run.report(compared=1)


@cocotb.test()
async def Exits(dut: Any) -> None:  # noqa: N802
    """The simulator ends with status 0 and without results."""
    await FallingEdge(dut.clk)
    os._exit(0)


@cocotb.test()
async def Sleeps(dut: Any) -> None:  # noqa: N802
    """Hangs where no watchdog can see it."""
    await FallingEdge(dut.clk)
    time.sleep(60)
