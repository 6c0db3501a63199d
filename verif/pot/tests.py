# SPDX-License-Identifier: Apache-2.0
"""Tests of pot. What runs is chosen by parameters and settings (prepare.py).

Each ends by checking that nothing more comes out and that every command was done once.
"""

from __future__ import annotations

import random

import cocotb
import pyuvm
from cocotb.triggers import ClockCycles, RisingEdge, Timer

from verif.common import cover_file, run
from verif.common.stream import read_beats
from verif.common.stream_test import ALWAYS, STALLS, RefusalTest, StreamTest
from verif.pot import coverage
from verif.pot.env import SOURCES, Env


class ProgramTest(StreamTest):
    """Runs the program as `traffic` asks for."""

    def environment(self) -> Env:
        return Env("env", self, self.bench)

    def sample(self) -> None:
        steps = self.env.steps
        run.report(commands=len(steps))
        coverage.sample_parameters(run.parameters())
        coverage.sample_steps((s.operation for s in steps), (s.facts for s in steps))
        coverage.sample_events(self.bench)
        cover_file.export()

    def progress(self) -> tuple[int, ...]:
        """What changes while work gets done: beats in and out, commands done."""
        bench = self.bench
        signals = (bench.count, bench.finished, bench.maps_sent, bench.weights_sent)
        return tuple(int(signal.value) for signal in signals)

    def stall(self, **streams: int) -> None:
        """From now on so many of 256 cycles without an offer, or without readiness."""
        for name in coverage.STREAMS:
            value = streams.get(name, 0)
            getattr(self.bench, f"{name}_stall").value = value
            coverage.sample(f"stall.{name}", coverage.stall_name(value))

    def random_stalls(self) -> None:
        """Any stall on each stream."""
        self.stall(**{name: random.choice(STALLS) for name in coverage.STREAMS})

    async def run_program(self) -> None:
        """Send the program and wait until all commands are done and all beats were taken."""
        beats, commands = self.env.expect()
        bench = self.bench
        bench.expected.value = int(bench.count.value) + beats
        bench.expected_done.value = int(bench.finished.value) + commands
        await Timer(1, unit="ns")
        sending = cocotb.start_soon(self.env.send())
        await RisingEdge(bench.done)
        await sending
        await self.env.collect()

    def check_end(self) -> None:
        """No command was done twice, and no weight was left over."""
        bench = self.bench
        done, wanted = int(bench.finished.value), int(bench.expected_done.value)
        assert done == wanted, f"{done} commands done, {wanted} expected"
        assert not any(int(getattr(bench, f"{name}_playing").value) for name in SOURCES)


@pyuvm.test()
class RandomLayers(ProgramTest):
    """Random commands back to back, with random stalls that change on all streams."""

    async def traffic(self) -> None:
        self.random_stalls()
        changing = cocotb.start_soon(self._change_stalls())
        await self.run_program()
        changing.cancel()

    async def _change_stalls(self) -> None:
        while True:
            await ClockCycles(self.bench.clk, random.randint(20, 600))
            self.random_stalls()


@pyuvm.test()
class FullSpeed(ProgramTest):
    """No stalls at all: each command takes exactly as many cycles as the cycle model says."""

    async def traffic(self) -> None:
        self.stall()
        await self.run_program()
        self._check_cycles()

    def _check_cycles(self) -> None:
        with (run.directory() / "done.beats").open() as file:
            ends = read_beats(file.read().splitlines(), 8)
        taken = (ends.cycles - ends.marks).tolist()
        for number, (step, cycles) in enumerate(zip(self.env.steps, taken, strict=True)):
            if cycles != step.cycles:
                name = f"{step.name} cycles"
                run.mismatch(layer=name, index=number, expected=step.cycles, got=cycles)
            assert cycles == step.cycles, (
                f"command {number}, {step.operation}: {cycles} cycles, {step.cycles} predicted"
            )
        run.report(compared=len(taken))


@pyuvm.test()
class LateWeights(ProgramTest):
    """Streams that stand still for long, each in turn; then nothing is lost."""

    async def traffic(self) -> None:
        self.stall(weights=ALWAYS - 8)
        changing = cocotb.start_soon(self._hold())
        await self.run_program()
        changing.cancel()

    async def _hold(self) -> None:
        while True:
            await ClockCycles(self.bench.clk, random.randint(100, 600))
            held = random.choice(coverage.STREAMS)
            self.stall(**{held: ALWAYS if held == "sink" else ALWAYS - 8})


@pyuvm.test()
class ResetInTheMiddle(ProgramTest):
    """Asynchronous resets in the middle of commands, after which the engine is as new."""

    RESETS = 10

    async def traffic(self) -> None:
        for _ in range(self.RESETS):
            self.random_stalls()
            self.env.expect()
            before = int(self.bench.finished.value)
            sending = cocotb.start_soon(self.env.send())
            length = random.choice((2, 400, 2000, 6000))
            await ClockCycles(self.bench.clk, random.randint(1, length))
            self._sample_reset(int(self.bench.finished.value) - before)
            await self.env.collect()
            self.env.forget()
            await self.reset()
            await sending
            await self.env.collect()
            self.env.forget()
        self.stall()
        await self.run_program()

    def _sample_reset(self, done: int) -> None:
        """Note the command that the reset cut off."""
        busy = not int(self.bench.command_ready.value)
        operation = self.env.steps[min(done, len(self.env.steps) - 1)].operation
        coverage.sample("reset", operation if busy else "idle")


@pyuvm.test()
class Inference(FullSpeed):
    """A whole network on test images: every map is stored and compared, and the time exact."""

    HANG_CYCLES = 200_000  # a group of a large map needs no beat for long


@pyuvm.test()
class Refusal(RefusalTest):
    """Parameters that cannot be built: the engine ends the simulation and says why."""
