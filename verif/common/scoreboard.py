# SPDX-License-Identifier: Apache-2.0
"""Scoreboard for every block: what the design does, in order, against what the model predicted.

Connect the predictor to `predicted` and the monitor to `observed`, both analysis exports:

    model.port.connect(scoreboard.predicted)
    monitor.port.connect(scoreboard.observed)

Each item is compared as soon as both sides have it. A mismatch fails the test at once, with the
item's place; leftovers on either side and zero comparisons fail it at the end.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from pyuvm import uvm_analysis_export, uvm_component

from verif.common import run


class _Side(uvm_analysis_export):
    """One input: queues what it is given and lets the scoreboard compare."""

    def __init__(self, name: str, parent: GoldenScoreboard) -> None:
        super().__init__(name, parent)
        self.items: deque[Any] = deque()
        self._scoreboard = parent

    def write(self, datum: Any) -> None:
        self.items.append(datum)
        self._scoreboard.compare_pending()


class GoldenScoreboard(uvm_component):
    """Compares `observed` items with `predicted` items, in order, by ``==``."""

    def build_phase(self) -> None:
        self.predicted = _Side("predicted", self)
        self.observed = _Side("observed", self)
        self.compared = 0

    def compare_pending(self) -> None:
        """Compare every pair that is complete."""
        while self.predicted.items and self.observed.items:
            self.compare(self.predicted.items.popleft(), self.observed.items.popleft())
            self.compared += 1

    def compare(self, expected: Any, got: Any) -> None:
        """Compare one pair; override to say more about where in the data it lies."""
        if expected != got:
            run.mismatch(layer=self.get_name(), index=self.compared, expected=expected, got=got)
            raise AssertionError(
                f"{self.get_full_name()}: item {self.compared}: expected {expected}, got {got}"
            )

    def check_phase(self) -> None:
        run.report(compared=self.compared)
        never_came, never_predicted = len(self.predicted.items), len(self.observed.items)
        assert not never_came, f"{self.get_full_name()}: {never_came} predicted items never came"
        assert not never_predicted, (
            f"{self.get_full_name()}: {never_predicted} observed items were not predicted"
        )
        assert self.compared, f"{self.get_full_name()}: zero comparisons"
