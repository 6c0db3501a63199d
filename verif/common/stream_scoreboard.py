# SPDX-License-Identifier: Apache-2.0
"""Scoreboard of a stream whose predictions span many beats: a map, a part of a memory."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from verif.common.scoreboard import GoldenScoreboard
from verif.common.stream import Beats


class StreamScoreboard(GoldenScoreboard):
    """Compares beats with the predictions they belong to, in order, however they are batched.

    Beats that nothing predicts yet wait. `at`: beats of the oldest prediction that were compared.
    """

    def build_phase(self) -> None:
        super().build_phase()
        self.at = 0

    @abstractmethod
    def span(self, wanted: Any, beats: Beats) -> int:
        """Return how many beats a prediction has, if they are such beats."""

    @abstractmethod
    def compare_part(self, wanted: Any, beats: Beats) -> None:
        """Compare beats with those of a prediction from number `at` on, and count in `compared`."""

    def compare_pending(self) -> None:
        """Compare all beats that are there with the predictions they belong to."""
        while self.observed.items and self.predicted.items:
            beats = self.observed.items.popleft()
            while len(beats) and self.predicted.items:
                beats = self._compare(self.predicted.items[0], beats)
            if len(beats):
                self.observed.items.appendleft(beats)

    def _compare(self, wanted: Any, beats: Beats) -> Beats:
        """Compare what belongs to one prediction; return the rest."""
        span = self.span(wanted, beats)
        assert self.at <= span, f"{self.at} beats were compared of a prediction of {span}"
        mine, rest = beats[: span - self.at], beats[span - self.at :]
        self.compare_part(wanted, mine)
        self.at += len(mine)
        if self.at == span:
            self.predicted.items.popleft()
            self.at = 0
        return rest

    def forget(self) -> None:
        """Drop what a reset makes void."""
        self.predicted.items.clear()
        self.observed.items.clear()
        self.at = 0
