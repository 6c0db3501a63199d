# SPDX-License-Identifier: Apache-2.0
"""Tests of the streaming accelerator. What runs is chosen by parameters and settings (prepare.py).

Each ends by checking that nothing more comes out and that every product was made once.
"""

from __future__ import annotations

import json
import random

import cocotb
import pyuvm
from cocotb.triggers import ClockCycles, RisingEdge, Timer

from verif.common import cover_file, run
from verif.common.stream_test import ALWAYS, STALLS, RefusalTest, StreamTest
from verif.common.watchdog import CLOCK_PERIOD_NS
from verif.sparse_stream import coverage
from verif.sparse_stream.env import Env, MapScoreboard, Shape

CYCLE_TOLERANCE = 0.02
LATENCY = 8  # cycles that the shortest runs may differ in addition


class MapsTest(StreamTest):
    """Sends maps as `traffic` asks for."""

    def environment(self) -> Env:
        return Env("env", self, self.bench)

    def sample(self) -> None:
        (layer,) = self.env.layers
        coverage.sample_run(run.parameters(), layer.windows, self.env.maps["input"])
        coverage.sample_events(self.bench)
        cover_file.export()

    def progress(self) -> tuple[int, int, int]:
        """What changes while work gets done: beats out, beats in, products of layer 0."""
        bench = self.bench
        return tuple(int(s.value) for s in (bench.count, bench.source_sent, bench.products[0]))  # type: ignore[return-value]

    @property
    def images(self) -> int:
        """How many images prepare.py made."""
        return len(self.env.maps["input"])

    def stall(self, source: int, sink: int) -> None:
        """From now on so many of 256 cycles without an offer, and without readiness."""
        self.bench.source_stall.value = source
        self.bench.sink_stall.value = sink
        coverage.sample_stall(coverage.stall_name(source), coverage.stall_name(sink))

    async def run_images(self, first: int, count: int) -> None:
        """Send images and wait until all of their outputs were taken."""
        values = self.env.expect(first, count)
        done = cocotb.start_soon(self.outputs_taken(values))
        await self.env.send(first, count)
        await done

    async def outputs_taken(self, values: int) -> None:
        """Wait until so many more values of the last layer were taken."""
        per_beat = len(self.bench.out_data) // self.env.layers[-1].bits
        assert values % per_beat == 0, f"{values} values do not fill beats of {per_beat}"
        self.bench.expected.value = int(self.bench.count.value) + values // per_beat
        await RisingEdge(self.bench.done)

    def check_products(self, first: int, count: int) -> None:
        """The multipliers made exactly the products of these images since the last reset."""
        for number, layer in enumerate(self.env.layers):
            wanted = sum(layer.products[first : first + count])
            made = int(self.bench.products[number].value)
            if made != wanted:
                run.mismatch(layer=layer.name, index="products", expected=wanted, got=made)
            assert made == wanted, f"layer {layer.name}: {made} products, {wanted} expected"
            run.report(compared=1, **{f"products_{layer.name}": made})


@pyuvm.test()
class RandomMaps(MapsTest):
    """Maps of all densities back to back, with random stalls that change at both ends."""

    async def traffic(self) -> None:
        self.stall(random.choice(STALLS), random.choice(STALLS))
        changing = cocotb.start_soon(self._change_stalls())
        await self.run_images(0, self.images)
        changing.cancel()
        self.check_products(0, self.images)

    async def _change_stalls(self) -> None:
        while True:
            await ClockCycles(self.bench.clk, random.randint(20, 400))
            self.stall(random.choice(STALLS), random.choice(STALLS))


@pyuvm.test()
class FullSpeed(MapsTest):
    """No stalls at all: as fast as the cycle model says, within 2 % and a fixed latency."""

    async def traffic(self) -> None:
        self.stall(0, 0)
        await self.run_images(0, self.images)
        await self.env.collect()
        self.check_products(0, self.images)
        for layer, scoreboard in zip(self.env.layers, self.env.scoreboards, strict=True):
            self._check_cycles(layer.name, layer.cycles, scoreboard.ends[-1])

    def _check_cycles(self, name: str, predicted: int, end: int) -> None:
        taken = end - int(self.bench.began.value) + 1
        run.report(compared=1, **{f"cycles_{name}": taken, f"predicted_{name}": predicted})
        limit = CYCLE_TOLERANCE * predicted + LATENCY
        assert abs(taken - predicted) <= limit, (
            f"layer {name}: {taken} cycles, {predicted} predicted, {limit:.0f} may be between them"
        )


@pyuvm.test()
class BackPressure(MapsTest):
    """A sink that takes nothing until everything stands still; then nothing is lost."""

    async def traffic(self) -> None:
        self.stall(0, ALWAYS)
        values = self.env.expect(0, self.images)
        done = cocotb.start_soon(self.outputs_taken(values))
        sending = cocotb.start_soon(self.env.send(0, self.images))
        await self._still()
        self.stall(0, 0)
        await done
        await sending
        self.check_products(0, self.images)

    async def _still(self) -> None:
        """Wait until nothing has moved for a while, and hold it there."""
        before = None
        while (now := self.progress()) != before:
            before = now
            await Timer(1_000 * CLOCK_PERIOD_NS, unit="ns")
        run.report(held_after=int(self.bench.source_sent.value))


@pyuvm.test()
class ResetInTheMiddle(MapsTest):
    """Asynchronous resets in the middle of maps, after which the layer is as new."""

    RESETS = 12

    async def traffic(self) -> None:
        for _ in range(self.RESETS):
            first = random.randrange(self.images)
            self.stall(random.choice(STALLS[:2]), random.choice(STALLS))
            self.env.expect(first, self.images - first)
            sending = cocotb.start_soon(self.env.send(first, self.images - first))
            before = int(self.bench.count.value)
            await ClockCycles(self.bench.clk, random.choice((1, random.randint(8, 600))))
            self._sample_reset(int(self.bench.count.value) > before)
            await self.reset()
            await sending
            await self.env.collect()
            self.env.forget()
        self.stall(0, 0)
        await self.run_images(0, self.images)
        self.check_products(0, self.images)

    def _sample_reset(self, any_output: bool) -> None:
        any_input = int(self.bench.source_sent.value) > 0
        state = "output" if any_output else "input" if any_input else "nothing"
        coverage.sample_reset(state)


@pyuvm.test()
class NetworkLayer(FullSpeed):
    """One layer of a network on real feature maps. Settings: configuration, layer, first, rows."""


@pyuvm.test()
class Pipeline(MapsTest):
    """A whole generated network on test images back to back; every layer's stream is compared.

    In the steady state an image takes as many cycles as the cycle model says, within 2 %.
    """

    async def traffic(self) -> None:
        await self.run_images(0, self.images)
        await self.env.collect()
        self.check_products(0, self.images)
        path = run.directory() / "interval.json"
        if path.is_file():  # there are enough images for a steady state
            steady = json.loads(path.read_text())
            run.report(steady_images=self.images - 2 * steady["edge"])
            for layer, scoreboard in zip(self.env.layers, self.env.scoreboards, strict=True):
                self._report_steady(layer, scoreboard, steady["edge"])
            self._check_interval(scoreboard.ends, steady["edge"], steady["cycles"])

    def sample(self) -> None:
        """Coverage is that of single layers."""

    def _check_interval(self, ends: list[int], edge: int, predicted: float) -> None:
        """Compare cycles per image with the model, the images at either end left out."""
        taken = (ends[-1 - edge] - ends[edge - 1]) / (len(ends) - 2 * edge)
        run.report(compared=1, interval=round(taken), predicted_interval=round(predicted))
        assert abs(taken - predicted) <= CYCLE_TOLERANCE * predicted, (
            f"{taken:.1f} cycles per image, {predicted:.1f} predicted"
        )

    @staticmethod
    def _report_steady(layer: Shape, scoreboard: MapScoreboard, edge: int) -> None:
        """Cycles and products while the pipeline was full."""
        ends, marks = scoreboard.ends, scoreboard.marks
        cycles, products = ends[-1 - edge] - ends[edge - 1], marks[-1 - edge] - marks[edge - 1]
        run.report(
            **{f"steady_cycles_{layer.name}": cycles, f"steady_products_{layer.name}": products}
        )


@pyuvm.test()
class Refusal(RefusalTest):
    """Parameters that cannot be built: the layer ends the simulation and says why."""
