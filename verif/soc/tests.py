# SPDX-License-Identifier: Apache-2.0
"""Tests of the system. What runs is chosen by settings (see prepare.py)."""

from __future__ import annotations

from typing import Any

import cocotb
import pyuvm
from cocotb.triggers import First, RisingEdge, Timer
from pyuvm import uvm_test

from verif.common import lockstep as lockstep_outcome
from verif.common import run
from verif.common.watchdog import CLOCK_PERIOD_NS
from verif.soc.env import Env

# No layer takes this long: the exact network on the plain program needs about 1.2 million cycles
# for c3.
HANG_CYCLES = 5_000_000
BUS_CYCLES = 20_000


class NetworkTest(uvm_test):
    """Runs the program that prepare.py put in place, under a watchdog."""

    last_layer: str | None = None

    def build_phase(self) -> None:
        run.seed()
        run.note(digits=(run.directory() / "digits.txt").read_text())
        self.env = Env("env", self)

    async def run_phase(self) -> None:
        self.raise_objection()
        monitor = self.env.monitor
        watchdog = run.Watchdog(lambda: monitor.last_event, cycles=HANG_CYCLES).start()
        await self.follow()
        watchdog.stop()
        self.drop_objection()

    async def follow(self) -> None:
        """Until the program ends, or the layers of interest are done."""
        await self.env.monitor.follow(self.last_layer)


@pyuvm.test()
class Inference(NetworkTest):
    """LeNet-5 on test images: each layer's output memory and counters equal the golden model."""

    def check_phase(self) -> None:
        monitor = self.env.monitor
        images = len(monitor.image_cycles)
        cycles = {f"cycles_{layer}": n for layer, n in monitor.layer_cycles.items()}
        run.report(
            cycles=sum(monitor.image_cycles),
            images=images,
            cycles_per_inference=sum(monitor.image_cycles) // max(1, images),
            instructions_per_inference=sum(monitor.image_instructions) // max(1, images),
            **cycles,
        )
        assert monitor.exit_code == 0, f"the program ended with code {monitor.exit_code}"
        assert images == len(self.env.expected["counts"]), f"only {images} images were finished"


@pyuvm.test()
class lockstep(Inference):  # noqa: N801  TEST=lockstep is what its users call it by
    """The same, and every instruction of core and unit compared with Spike."""

    async def follow(self) -> None:
        bench: Any = cocotb.top
        await First(cocotb.start_soon(super().follow()), RisingEdge(bench.mismatch))
        lockstep_outcome.check(bench)

    def check_phase(self) -> None:
        bench: Any = cocotb.top
        run.report(compared=int(bench.compared.value))
        super().check_phase()


@pyuvm.test()
class OneLayer(NetworkTest):
    """The first layers of one image, up to the setting last_layer: for slow simulators."""

    def build_phase(self) -> None:
        self.last_layer = run.settings()["last_layer"]
        super().build_phase()

    def check_phase(self) -> None:
        run.report(cycles=sum(self.env.monitor.layer_cycles.values()))


@pyuvm.test()
class Bus(uvm_test):
    """A program checks what LeNet-5 leaves out: code as data, self-written code, bus errors."""

    async def run_phase(self) -> None:
        self.raise_objection()
        bench: Any = cocotb.top
        await First(bench.events.value_change, Timer(BUS_CYCLES * CLOCK_PERIOD_NS, unit="ns"))
        assert int(bench.event_exit.value), f"the program did not end within {BUS_CYCLES} cycles"
        code = int(bench.event_value.value)
        run.report(compared=code >> 8, cycles=int(bench.cycle.value))
        assert code & 0xFF == 0, f"check {code & 0xFF} of verif/firmware/soc_bus failed"
        self.drop_objection()
