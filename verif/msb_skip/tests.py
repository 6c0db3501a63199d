# SPDX-License-Identifier: Apache-2.0
"""Tests of the soft-sparsity unit. Each ends by reading back the whole state."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import cocotb
import pyuvm
from cocotb.triggers import ClockCycles, RisingEdge, Timer
from pyuvm import uvm_test

from golden.msb_skip import Mode
from verif.common import run
from verif.common.xif import Offload, ProgramSequence, Returned
from verif.msb_skip import sequences
from verif.msb_skip.env import Env
from verif.msb_skip.instructions import DOT4, funct3
from verif.msb_skip.predictor import Executed
from verif.msb_skip.sequences import MODES, Manners

HANG_CYCLES = 2_000
FIRST_EDGE_NS = 5  # before the first reset registers hold anything, and no edge may come


class UnitTest(uvm_test):
    """Resets the unit, sends what `traffic` asks for, and reads back the state."""

    def build_phase(self) -> None:
        run.seed()
        self.bench: Any = cocotb.top
        self.env = Env("env", self, self.bench)
        parameters = run.parameters()
        self.accumulators: int = parameters["Accumulators"]
        self.resets = 0
        self.multipliers: int = 4 if parameters["Simd4"] else parameters["Multipliers"]

    async def run_phase(self) -> None:
        self.raise_objection()
        await self.reset(FIRST_EDGE_NS - 1)
        predictor = self.env.predictor
        # One reset looks like another; without their number two might pass for a standstill.
        watchdog = run.Watchdog(lambda: (self.resets, predictor.last), cycles=HANG_CYCLES).start()
        await self.traffic()
        await self.send(sequences.read_back(self.accumulators))
        await self.env.agent.driver.drained()
        watchdog.stop()
        cycles = self.env.agent.monitor.bus.total_cycles
        run.report(cycles=cycles, executed=len(self.env.executed.items))
        self.drop_objection()

    async def traffic(self) -> None:
        """What the test is about."""
        raise NotImplementedError  # abstract: every test class below has its own

    async def reset(self, within_ns: int = 9) -> None:
        """Reset at a moment that has nothing to do with the clock, for half a ns to six cycles.

        Both edges are half a ns off the clock's, where simulators agree on what comes first.
        """
        await Timer(random.randrange(500, within_ns * 1000, 1000), unit="ps")
        self.resets += 1
        self.bench.rst_n.value = 0
        if cycles := random.randint(0, 5):
            await ClockCycles(self.bench.clk, cycles)
            await Timer(500, unit="ps")
        await Timer(random.randint(1, 9), unit="ns")
        self.bench.rst_n.value = 1
        await RisingEdge(self.bench.agent_rst_n)

    async def send(self, offloads: Iterable[Offload]) -> None:
        """Send one program after what was sent before."""
        await ProgramSequence(offloads).start(self.env.agent.sequencer)

    def slow_results(self, ready: float, longest: int) -> None:
        """From now on the core is ready for a result with this probability, or busy for a while."""
        busy = 0

        def take_result() -> bool:
            nonlocal busy
            if busy:
                busy -= 1
                return False
            if random.random() < ready:
                return True
            busy = random.randint(0, longest)
            return False

        self.env.agent.core.take_result = take_result


@pyuvm.test()
class RandomTraffic(UnitTest):
    """Random instructions, operands, modes, thresholds, back-pressure and kills.

    The setting instructions gives their number.
    """

    async def traffic(self) -> None:
        self.slow_results(ready=0.8, longest=4)
        manners = Manners(kill=0.05, commit_delays=(0, 1, 1, 1, 1, 2))
        count = int(run.settings().get("instructions", 3_000))
        await self.send(sequences.random_traffic(count, self.accumulators, manners))


@pyuvm.test()
class BackToBack(UnitTest):
    """1,000 dot4 without a gap in each mode: every issue and every result come when predicted."""

    WORDS = 1_000

    async def traffic(self) -> None:
        for mode in MODES:
            await self.send(sequences.dense(self.WORDS, self.accumulators, mode, 6))

    def check_phase(self) -> None:
        """The table of latencies in docs/msb_skip.md, to the cycle."""
        items: list[Executed] = self.env.executed.items
        returns = [event for event in self.env.events.items if isinstance(event, Returned)]
        before_is_dot4, free = False, items[0].issued.cycle
        for item, back in zip(items, returns, strict=True):
            is_dot4 = funct3(item.issued.instr) == DOT4
            if is_dot4:
                busy = max(1, -(-item.kept // self.multipliers))
                latency = 2 + busy
            else:
                busy = latency = 3 if before_is_dot4 else 2
            issued = item.issued.cycle
            assert issued == free, f"{item}: issued in cycle {issued}, not {free}"
            assert back.cycle == issued + latency, f"{item}: {back}, not after {latency} cycles"
            before_is_dot4, free = is_dot4, issued + busy
        run.report(timed=len(items))


@pyuvm.test()
class Kills(UnitTest):
    """Kills at every distance from the issue, of one instruction and of several."""

    async def traffic(self) -> None:
        manners = Manners(gap=0.05, kill=0.3, commit_delays=(0, 1, 1, 2, 5))
        await self.send(sequences.random_traffic(2_500, self.accumulators, manners))


@pyuvm.test()
class SlowCore(UnitTest):
    """Late, early and batched commits, ids of other coprocessors, long back-pressure."""

    async def traffic(self) -> None:
        self.slow_results(ready=0.3, longest=12)
        manners = Manners(
            kill=0.05,
            batch=0.3,
            foreign=0.1,
            late_operands=0.3,
            commit_delays=(0, 0, 1, 2, 3, 4, 9),
        )
        await self.send(sequences.random_traffic(1_500, self.accumulators, manners))


@pyuvm.test()
class CornerOperands(UnitTest):
    """All 65,536 operand pairs under one rule, given by the settings mode and threshold."""

    async def traffic(self) -> None:
        settings = run.settings()
        mode = Mode[settings.get("mode", "absolute").upper()]
        threshold = int(settings.get("threshold", 6))
        await self.send(sequences.all_operands(self.accumulators, mode, threshold))


@pyuvm.test()
class ResetInTheMiddle(UnitTest):
    """Asynchronous resets under traffic, after which the unit is as new."""

    RESETS = 20

    async def traffic(self) -> None:
        self.slow_results(ready=0.5, longest=4)
        manners = Manners(kill=0.05, commit_delays=(0, 1, 1, 2))
        for _ in range(self.RESETS):
            program = sequences.random_traffic(400, self.accumulators, manners)
            sending = cocotb.start_soon(self.send(program))
            await ClockCycles(self.bench.clk, random.randint(5, 150))
            await self.reset()
            await sending
            await self.send(sequences.read_back(self.accumulators))


@pyuvm.test()
class IllegalInstructions(UnitTest):
    """Every funct3, funct7 and register-field pattern: accepted or refused as the table says."""

    async def traffic(self) -> None:
        await self.send(sequences.decoder_patterns())
