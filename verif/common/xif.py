# SPDX-License-Identifier: Apache-2.0
"""CV-X-IF agent for pyuvm: sequencer, driver and monitor around the pins.

agent = XifAgent("agent", self, bench=cocotb.top, id_width=4)
agent.monitor.events.connect(predictor.analysis_export)
await ProgramSequence([Offload(instr), ...]).start(agent.sequencer)
await agent.driver.drained()
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge
from pyuvm import (
    uvm_agent,
    uvm_analysis_port,
    uvm_component,
    uvm_driver,
    uvm_sequence,
    uvm_sequence_item,
    uvm_sequencer,
)

from verif.common.xif_core import Offload, XifCore
from verif.common.xif_monitor import (
    Event,
    Issued,
    ResetSeen,
    Resolved,
    Returned,
    XifBusMonitor,
)

__all__ = [
    "Event",
    "Issued",
    "Offload",
    "Program",
    "ProgramSequence",
    "ResetSeen",
    "Resolved",
    "Returned",
    "XifAgent",
]


class Program(uvm_sequence_item):
    """Instructions that are offloaded one after the other, without a gap unless they ask for one.

    Many in one item, because a sequencer's handshake costs more than simulating an instruction.
    """

    def __init__(self, name: str, offloads: Iterable[Offload]) -> None:
        super().__init__(name)
        self.offloads = list(offloads)


class ProgramSequence(uvm_sequence):
    """Sends one program."""

    def __init__(self, offloads: Iterable[Offload], name: str = "program") -> None:
        super().__init__(name)
        self._program = Program(name, offloads)

    async def body(self) -> None:
        await self.start_item(self._program)
        await self.finish_item(self._program)


class XifDriver(uvm_driver):
    """Feeds the core at the pins; an item is done when all its instructions have been taken up."""

    def __init__(self, name: str, parent: uvm_component, core: XifCore) -> None:
        super().__init__(name, parent)
        self.core = core

    async def run_phase(self) -> None:
        cocotb.start_soon(self.core.run())
        while True:
            program = await self.seq_item_port.get_next_item()
            self.core.queue.extend(program.offloads)
            while len(self.core.queue) > 1:  # one is left, so that the next item follows at once
                await FallingEdge(self.core.clock)
            self.seq_item_port.item_done()

    async def drained(self) -> None:
        """Wait until everything sent is resolved and every result has been taken."""
        while not self.core.idle:
            await FallingEdge(self.core.clock)


class XifMonitor(uvm_component):
    """Publishes what happens at the pins on `events`."""

    def __init__(self, name: str, parent: uvm_component, bench: Any, id_width: int) -> None:
        super().__init__(name, parent)
        self._bench = bench
        self._id_width = id_width

    def build_phase(self) -> None:
        self.events = uvm_analysis_port("events", self)

    def start_of_simulation_phase(self) -> None:
        self.bus = XifBusMonitor(self._bench, self._id_width, self.events.write)


class XifAgent(uvm_agent):
    """Active agent: plays the core. `bench` has the pins, as xif_core.py describes them."""

    def __init__(self, name: str, parent: uvm_component, bench: Any, id_width: int) -> None:
        super().__init__(name, parent)
        self._bench = bench
        self._id_width = id_width

    def build_phase(self) -> None:
        self.core = XifCore(self._bench, self._id_width)
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = XifDriver("driver", self, self.core)
        self.monitor = XifMonitor("monitor", self, self._bench, self._id_width)

    def connect_phase(self) -> None:
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)
