# SPDX-License-Identifier: Apache-2.0
"""What happens at the CV-X-IF pins, as events: issued, committed or killed, returned.

It wakes once per cycle, at the falling edge, when every pin has settled. Ids wrap; they are counted
on as serial numbers, the nearest to the youngest one seen, so that older and newer are comparisons.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cocotb.triggers import FallingEdge
from cocotb_bus.monitors import BusMonitor


@dataclass(frozen=True)
class Issued:
    """An issue handshake. Values of the pins; cycle counts from reset.

    waited is the number of cycles in which the request was shown and not taken.
    """

    cycle: int
    waited: int
    id: int
    instr: int
    rs1: int
    rs2: int
    accept: int
    writeback: int
    register_read: int


@dataclass(frozen=True)
class Resolved:
    """An accepted instruction was committed or killed.

    delay: cycles from the issue handshake to the verdict, negative if the verdict came first.
    """

    issued: Issued
    killed: bool
    delay: int


@dataclass(frozen=True)
class Returned:
    """A result handshake; waited is the number of cycles in which the core was not ready."""

    cycle: int
    id: int
    we: int
    rd: int
    data: int
    waited: int


@dataclass(frozen=True)
class ResetSeen:
    """The unit was reset: whatever was in flight is gone."""


Event = Issued | Resolved | Returned | ResetSeen


@dataclass
class _Request:
    """An instruction seen at the port, from cycle `shown`. verdict: None, or (cycle, killed)."""

    id: int
    serial: int
    shown: int
    issued: Issued | None = None
    verdict: tuple[int, bool] | None = None


class XifBusMonitor(BusMonitor):
    """Watches the pins and passes `Event`s to its callbacks, instructions resolved in issue order.

    Checks what needs no model: an instruction is not taken before the registers it reads are valid,
    a result is stable until it is taken, and none comes for an instruction that is not committed.
    """

    _signals = (
        "issue_valid",
        "issue_ready",
        "issue_instr",
        "issue_id",
        "issue_accept",
        "issue_writeback",
        "issue_register_read",
        "register_rs",
        "register_rs_valid",
        "commit_valid",
        "commit_id",
        "commit_kill",
        "result_valid",
        "result_ready",
        "result_id",
        "result_data",
        "result_rd",
        "result_we",
    )

    def __init__(self, bench: Any, id_width: int, callback: Callable[[Event], None]) -> None:
        self._ids = 1 << id_width
        self.total_cycles = 0  # out of reset
        self._clear()
        super().__init__(bench, "xif", bench.clk, reset_n=bench.agent_rst_n, callback=callback)

    def _clear(self) -> None:
        self.cycle = 0
        self._serial = 0
        self._waiting: _Request | None = None  # shown, not yet taken
        self._unresolved: deque[_Request] = deque()  # taken and accepted, oldest first
        self._owed = 0  # results of committed instructions that are still to come
        self._held: tuple[int, int, int, int] | None = None  # a result the core was not ready for
        self._waited = 0

    async def _monitor_recv(self) -> None:
        was_in_reset = False
        while True:
            await FallingEdge(self.clock)
            if self.in_reset:
                if not was_in_reset:
                    self._clear()
                    self._recv(ResetSeen())
                was_in_reset = True
                continue
            was_in_reset = False
            self.cycle += 1
            self.total_cycles += 1
            for event in self._look():
                self._recv(event)

    def _look(self) -> Iterator[Event]:
        """Events of one cycle. The commit port comes first: it may name what is being issued."""
        bus = self.bus
        if int(bus.issue_valid.value):
            self._note_request(int(bus.issue_id.value))
        else:
            self._waiting = None
        if int(bus.commit_valid.value):
            self._note_verdict(
                self._unwrap(int(bus.commit_id.value)), bool(int(bus.commit_kill.value))
            )
        if self._waiting and int(bus.issue_ready.value):
            yield self._take(self._waiting)
        yield from self._resolve()
        if int(bus.result_valid.value):
            yield from self._result()
        else:
            assert self._held is None, "a result was withdrawn before the core was ready for it"

    def _unwrap(self, number: int) -> int:
        """The serial number nearest to the youngest one seen."""
        half = self._ids // 2
        return self._serial + (number - self._serial + half) % self._ids - half

    def _note_request(self, number: int) -> None:
        if self._waiting is None or self._waiting.id != number:
            self._serial = self._unwrap(number)
            self._waiting = _Request(number, self._serial, self.cycle)

    def _note_verdict(self, named: int, kill: bool) -> None:
        requests = [*self._unresolved, *([self._waiting] if self._waiting else [])]
        for request in requests:
            covered = request.serial >= named if kill else request.serial <= named
            if covered and request.verdict is None:
                request.verdict = (self.cycle, kill)

    def _take(self, request: _Request) -> Issued:
        bus = self.bus
        operands = int(bus.register_rs.value)
        request.issued = Issued(
            cycle=self.cycle,
            waited=self.cycle - request.shown,
            id=request.id,
            instr=int(bus.issue_instr.value),
            rs1=operands & 0xFFFF_FFFF,
            rs2=operands >> 32,
            accept=int(bus.issue_accept.value),
            writeback=int(bus.issue_writeback.value),
            register_read=int(bus.issue_register_read.value),
        )
        missing = request.issued.register_read & ~int(bus.register_rs_valid.value)
        assert not missing, f"{request.issued} was taken without its registers"
        self._waiting = None
        if request.issued.accept:
            self._unresolved.append(request)
        return request.issued

    def _resolve(self) -> Iterator[Resolved]:
        while self._unresolved and (verdict := self._unresolved[0].verdict):
            issued = self._unresolved.popleft().issued
            assert issued is not None
            cycle, killed = verdict
            self._owed += not killed
            yield Resolved(issued, killed, cycle - issued.cycle)

    def _result(self) -> Iterator[Returned]:
        bus = self.bus
        we = int(bus.result_we.value)
        data = int(bus.result_data.value) if we else 0  # undefined unless written back
        result = (int(bus.result_id.value), we, int(bus.result_rd.value), data)
        assert self._owed, f"result {result} of an instruction that is not committed"
        assert self._held in (None, result), f"result changed from {self._held} to {result}"
        if int(bus.result_ready.value):
            self._owed -= 1
            yield Returned(self.cycle, *result, self._waited)
            self._held, self._waited = None, 0
        else:
            self._held, self._waited = result, self._waited + 1
