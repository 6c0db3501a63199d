# SPDX-License-Identifier: Apache-2.0
"""Golden side of the environment: executes what the core commits on the golden model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyuvm import uvm_analysis_port, uvm_component, uvm_subscriber

from golden.msb_skip import Mode, Unit
from verif.common.xif import Event, Issued, Resolved, Returned
from verif.msb_skip.instructions import DOT4, READ, funct3, funct7, register_read


@dataclass(frozen=True)
class Executed:
    """One committed instruction as the golden model executed it.

    mode, threshold and maximum (of its accumulator, when it is a dot4) are those it met; kept is
    the number of lanes that were multiplied.
    """

    resolved: Resolved
    mode: Mode
    threshold: int
    maximum: int
    kept: int

    @property
    def issued(self) -> Issued:
        """What was seen at issue."""
        return self.resolved.issued


class Predictor(uvm_subscriber):
    """Runs the golden model on what is committed, and passes both sides on in comparable form.

    `model` is the class of the unit that is simulated. Instructions are executed at their commit,
    in issue order; one that is killed never reaches the model. A new model starts with each reset,
    and `on_reset` is called.
    """

    def __init__(
        self, name: str, parent: uvm_component, accumulators: int, model: type[Unit] = Unit
    ) -> None:
        super().__init__(name, parent)
        self.on_reset: list[Callable[[], None]] = []
        self.last: Event | None = None
        self._accumulators = accumulators
        self._model = model
        self._unit = model(accumulators)

    def build_phase(self) -> None:
        super().build_phase()
        self.expected_responses = uvm_analysis_port("expected_responses", self)
        self.responses = uvm_analysis_port("responses", self)
        self.expected_results = uvm_analysis_port("expected_results", self)
        self.results = uvm_analysis_port("results", self)
        self.executed = uvm_analysis_port("executed", self)

    def write(self, event: Event) -> None:
        self.last = event
        if isinstance(event, Issued):
            self._respond(event)
        elif isinstance(event, Returned):
            self.results.write((event.id, event.we, event.rd, event.data))
        elif not isinstance(event, Resolved):
            self._unit = self._model(self._accumulators)
            for forget in self.on_reset:
                forget()
        elif not event.killed:
            self._execute(event)

    def _respond(self, issued: Issued) -> None:
        """Predict (accept, writeback, register_read). Decoding needs no state: any model does."""
        expected = Unit(self._accumulators).execute(issued.instr, issued.rs1, issued.rs2)
        reads = register_read(issued.instr) if expected.accept else 0
        self.expected_responses.write((int(expected.accept), int(expected.writeback), reads))
        self.responses.write((issued.accept, issued.writeback, issued.register_read))

    def _execute(self, resolved: Resolved) -> None:
        issued, unit = resolved.issued, self._unit
        is_dot4 = funct3(issued.instr) == DOT4
        mode, threshold, kept = unit.mode, unit.threshold, unit.counters[0]
        maximum = unit.maxima[funct7(issued.instr)] if is_dot4 else 0
        response = unit.execute(issued.instr, issued.rs1, issued.rs2)
        rd = issued.instr >> 7 & 31 if funct3(issued.instr) == READ else 0
        result = (issued.id, int(response.writeback), rd, response.data or 0)
        self.expected_results.write(result)
        kept = (unit.counters[0] - kept) & 7 if is_dot4 else 0
        self.executed.write(Executed(resolved, mode, threshold, maximum, kept))
