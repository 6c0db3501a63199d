# SPDX-License-Identifier: Apache-2.0
"""pyuvm environment of the soft-sparsity unit: CV-X-IF agent, golden predictor, two scoreboards.

pins -> monitor -> predictor -> scoreboards: responses at issue, results after the commit
                        |
                        +-> coverage, record
"""

from __future__ import annotations

from typing import Any

from pyuvm import uvm_component, uvm_env, uvm_subscriber

from golden.msb_skip import AlwaysMultiplies, Unit
from verif.common import run
from verif.common.scoreboard import GoldenScoreboard
from verif.common.xif import XifAgent
from verif.msb_skip.coverage import Coverage
from verif.msb_skip.predictor import Predictor


class Scoreboard(GoldenScoreboard):
    """Compares in order; a reset ends what was in flight, on both sides."""

    def forget(self) -> None:
        """Drop what was predicted or observed before a reset."""
        self.predicted.items.clear()
        self.observed.items.clear()


class Record(uvm_subscriber):
    """Keeps everything it is given, for checks at the end of a test."""

    def build_phase(self) -> None:
        super().build_phase()
        self.items: list[Any] = []

    def write(self, item: Any) -> None:
        self.items.append(item)


class Env(uvm_env):
    """Agent, predictor, scoreboards, coverage and record around the pins of `bench`."""

    def __init__(self, name: str, parent: uvm_component, bench: Any) -> None:
        super().__init__(name, parent)
        self._bench = bench

    def build_phase(self) -> None:
        parameters = run.parameters()
        self.agent = XifAgent("agent", self, self._bench, parameters["IdWidth"])
        model = AlwaysMultiplies if parameters["Simd4"] else Unit
        self.predictor = Predictor("predictor", self, parameters["Accumulators"], model)
        self.responses = Scoreboard("responses", self)
        self.results = Scoreboard("results", self)
        self.coverage = Coverage("coverage", self)
        self.events = Record("events", self)
        self.executed = Record("executed", self)

    def connect_phase(self) -> None:
        events, predictor = self.agent.monitor.events, self.predictor
        events.connect(predictor.analysis_export)
        events.connect(self.events.analysis_export)
        events.connect(self.coverage.analysis_export)
        predictor.on_reset = [self.responses.forget, self.results.forget]
        predictor.expected_responses.connect(self.responses.predicted)
        predictor.responses.connect(self.responses.observed)
        predictor.expected_results.connect(self.results.predicted)
        predictor.results.connect(self.results.observed)
        predictor.executed.connect(self.executed.analysis_export)
        predictor.executed.connect(self.coverage.analysis_export)
