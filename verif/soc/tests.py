# SPDX-License-Identifier: Apache-2.0
"""Tests of the system. What runs is chosen by settings (see prepare.py)."""

from __future__ import annotations

from typing import Any

import cocotb
import pyuvm
from cocotb.triggers import First, RisingEdge, SimTimeoutError, with_timeout
from pyuvm import uvm_test

from verif.common import lockstep as lockstep_outcome
from verif.common import run
from verif.common.watchdog import CLOCK_PERIOD_NS
from verif.soc import coverage
from verif.soc.env import Env

# No layer takes this long: the exact network on the plain program needs about 1.2 million cycles
# for c3.
HANG_CYCLES = 5_000_000
BUS_CYCLES = 100_000
# What the program of the test Bus sends out
BUS_TEXT = "Über *UU*\n".encode()
BUS_MARKERS = [0x5555_5555, 0xAAAA_AAAA]


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
        coverage.sample_network(run.settings(), run.parameters())
        coverage.export(cocotb.top)


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
        coverage.export(cocotb.top)


@pyuvm.test()
class Bus(uvm_test):
    """A program checks what LeNet-5 leaves out: code as data, all lanes and addresses, bus errors,
    interrupts. What it sends out through the device is checked here."""

    async def run_phase(self) -> None:
        self.raise_objection()
        bench: Any = cocotb.top
        limit_ns = BUS_CYCLES * CLOCK_PERIOD_NS
        try:
            markers = await with_timeout(self._markers(bench), limit_ns, "ns")
        except SimTimeoutError:
            raise AssertionError(f"the program did not end within {BUS_CYCLES} cycles") from None
        code = int(bench.event_value.value)
        checks, failed = code >> 16, code & 0xFFFF
        run.report(compared=checks, cycles=int(bench.cycle.value))
        assert not failed, f"check {failed} of verif/firmware/soc_bus failed"
        assert markers == BUS_MARKERS, f"markers {[f'{value:08x}' for value in markers]}"
        text = int(bench.console_text.value).to_bytes(16, "big").lstrip(b"\0")
        assert text == BUS_TEXT, f"the console has {text!r}, not {BUS_TEXT!r}"
        coverage.export(bench)
        self.drop_objection()

    @staticmethod
    async def _markers(bench: Any) -> list[int]:
        """Return the markers before the exit."""
        markers: list[int] = []
        while True:
            await bench.events.value_change
            if int(bench.event_exit.value):
                return markers
            markers.append(int(bench.event_value.value))
