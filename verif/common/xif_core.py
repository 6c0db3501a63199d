# SPDX-License-Identifier: Apache-2.0
"""A core at the CV-X-IF pins: issues instructions, commits or kills them, takes results.

It wakes once per cycle, at the falling edge, when every pin has settled. What it shows next is
written to the bench's `next_*` variables, which the bench moves to the pins at the next rising
edge: no race, on any simulator. The pins are `xif_<group>_<signal>` of the bench; the two source
registers are `xif_register_rs`, rs2 in the upper half.

Ids wrap; here they are counted on as serial numbers, so that older and newer are comparisons. The
core keeps all ids that have neither commit nor kill yet within half of the id space.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from cocotb.triggers import FallingEdge
from cocotb_bus.drivers import BusDriver

_BATCH_PATIENCE = 6  # cycles after which a batch is committed although no newer instruction came


@dataclass
class Offload:
    """One instruction and how the core treats it.

    gap: idle cycles before it is shown. commit_delay: cycles from the issue handshake to its commit
    or kill; 0 means in the first cycle in which it is shown, taken or not. batch: leave the commit
    to that of a newer instruction, if one comes soon. operands_late: cycles until rs_valid.
    foreign: never shown here, as if it went to another coprocessor; takes an id and a commit only.
    """

    instr: int = 0
    rs1: int = 0
    rs2: int = 0
    gap: int = 0
    commit_delay: int = 1
    kill: bool = False
    batch: bool = False
    operands_late: int = 0
    foreign: bool = False


@dataclass
class _Flight:
    """An instruction in flight: from its first cycle at the port until nothing more can come."""

    offload: Offload
    serial: int
    shown_at: int
    issued_at: int | None = None
    accepted: bool = False
    committed: bool = False
    killed: bool = False
    returned: bool = False

    @property
    def resolved(self) -> bool:
        return self.committed or self.killed

    @property
    def over(self) -> bool:
        """No transaction of this instruction is left: its id may be used again."""
        waits_for_result = self.accepted and self.committed and not self.returned
        return self.issued_at is not None and self.resolved and not waits_for_result

    def due(self, cycle: int) -> bool:
        """Whether the core signals the commit or kill in `cycle` at the latest."""
        if self.offload.batch:
            return self._issued_before(cycle - _BATCH_PATIENCE)
        return self.offload.commit_delay == 0 or self._issued_before(cycle)

    def _issued_before(self, cycle: int) -> bool:
        return self.issued_at is not None and cycle >= self.issued_at + self.offload.commit_delay


class XifCore(BusDriver):
    """The core's side of the interface: issues what is in `queue`, commits, kills, takes results.

    `take_result` is asked once per cycle whether the core will be ready for a result, `withdraw`
    whether a request that is killed while it waits is taken back at once.
    """

    _signals = (
        "issue_valid",
        "issue_instr",
        "issue_id",
        "register_rs",
        "register_rs_valid",
        "commit_valid",
        "commit_id",
        "commit_kill",
        "result_ready",
    )

    def __init__(self, bench: Any, id_width: int) -> None:
        super().__init__(bench, "next", bench.clk)
        self.queue: deque[Offload] = deque()
        self.take_result: Callable[[], bool] = lambda: True
        self.withdraw: Callable[[], bool] = lambda: random.random() < 0.5
        self._bench = bench
        self._ids = 1 << id_width
        self._driven: dict[str, int] = {}
        self.clear()

    def clear(self) -> None:
        """Forget everything in flight and show nothing: the state after reset."""
        self.queue.clear()
        self._cycle = 0
        self._serial = random.randrange(self._ids)
        self._gap: int | None = None
        self._shown: _Flight | None = None
        self._flights: list[_Flight] = []  # oldest first
        for name in self._signals:
            self._drive(name, 0)

    @property
    def idle(self) -> bool:
        """Nothing is queued or in flight."""
        return not (self.queue or self._flights)

    async def run(self) -> None:
        """Play the core for ever."""
        while True:
            await FallingEdge(self.clock)
            if not int(self._bench.agent_rst_n.value):
                self.clear()
                continue
            self._note_handshakes()
            self._cycle += 1
            self._show_next()
            self._resolve_next()
            self._drive("result_ready", int(self.take_result()))

    def _drive(self, name: str, value: int) -> None:
        """Write a variable, unless it has that value: writes cost more than all the rest."""
        if self._driven.get(name) != value:
            self._driven[name] = value
            getattr(self.bus, name).value = value

    def _note_handshakes(self) -> None:
        bench, shown = self._bench, self._shown
        if shown and int(bench.xif_issue_ready.value):
            shown.issued_at = self._cycle
            shown.accepted = bool(int(bench.xif_issue_accept.value))
            self._shown = None
        if int(bench.xif_result_valid.value) and int(bench.xif_result_ready.value):
            waiting = (f for f in self._flights if f.accepted and f.committed and not f.returned)
            if first := next(waiting, None):
                first.returned = True
        self._flights = [flight for flight in self._flights if not flight.over]

    def _show_next(self) -> None:
        if self._shown and self._shown.killed and self.withdraw():
            self._flights.remove(self._shown)
            self._shown = None
        if not self._shown and self._may_start():
            self._start(self.queue.popleft())
        self._drive("issue_valid", int(self._shown is not None))
        if self._shown:
            self._show(self._shown)

    def _may_start(self) -> bool:
        """Whether the gap before the next instruction is over and there is an id for it."""
        if not self.queue:
            return False
        self._gap = self.queue[0].gap if self._gap is None else max(0, self._gap - 1)
        unresolved = next((f.serial for f in self._flights if not f.resolved), self._serial)
        oldest = self._flights[0].serial if self._flights else self._serial
        free = self._serial - unresolved < self._ids // 2 and self._serial - oldest < self._ids
        return free and self._gap == 0

    def _start(self, offload: Offload) -> None:
        flight = _Flight(offload, self._serial, self._cycle)
        self._serial += 1
        self._gap = None
        self._flights.append(flight)
        if offload.foreign:
            flight.issued_at = self._cycle
        else:
            self._shown = flight

    def _show(self, flight: _Flight) -> None:
        offload = flight.offload
        late = self._cycle < flight.shown_at + offload.operands_late
        self._drive("issue_instr", offload.instr)
        self._drive("issue_id", flight.serial % self._ids)
        self._drive("register_rs_valid", 0 if late else 3)
        operands = offload.rs2 << 32 | offload.rs1
        self._drive("register_rs", random.getrandbits(64) if late else operands)

    def _resolve_next(self) -> None:
        """Signal at most one commit or kill, with all that it covers."""
        unresolved = [flight for flight in self._flights if not flight.resolved]
        kill = next((f for f in unresolved if f.offload.kill and f.due(self._cycle)), None)
        commits = list(takewhile(lambda flight: not flight.offload.kill, unresolved))
        due = [flight for flight in commits if flight.due(self._cycle)]
        named = kill or (random.choice((due[0], due[-1])) if due else None)
        self._drive("commit_valid", int(named is not None))
        if named is None:
            return
        self._drive("commit_id", named.serial % self._ids)
        self._drive("commit_kill", int(kill is not None))
        for flight in unresolved:
            flight.killed = kill is not None and flight.serial >= named.serial
            flight.committed = kill is None and flight.serial <= named.serial
