# SPDX-License-Identifier: Apache-2.0
"""The scoreboard of streams, without a simulation: batches of any size, in any order of arrival."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from verif.common.stream import Beats
from verif.common.stream_scoreboard import StreamScoreboard

LENGTHS = (1, 7, 2, 5, 1, 16)


class Numbers(StreamScoreboard):
    """Compares numbers: a prediction is an array of them, a beat has one."""

    def span(self, wanted: np.ndarray, beats: Beats) -> int:
        """One beat for each number."""
        return len(wanted)

    def compare_part(self, wanted: np.ndarray, beats: Beats) -> None:
        """Compare and count them."""
        assert beats.values[:, 0].tolist() == wanted[self.at : self.at + len(beats)].tolist()
        self.compared += len(beats)


@pytest.fixture
def scoreboard(request: pytest.FixtureRequest) -> Numbers:
    made = Numbers(request.node.name, None)
    made.build_phase()
    return made


def beats(first: int, end: int) -> Beats:
    numbers = np.arange(first, end)
    return Beats(numbers, numbers, numbers.astype(np.int32).reshape(-1, 1))


@pytest.mark.parametrize("seed", range(20))
def test_every_beat_is_compared_once_in_whatever_order_things_come(
    scoreboard: Numbers, seed: int
) -> None:
    random = np.random.default_rng(seed)
    ends = np.cumsum(LENGTHS)
    total = int(ends[-1])
    cuts = sorted({0, total, *random.integers(1, total, 8).tolist()})
    observed = [beats(*pair) for pair in pairwise(cuts)]
    predicted = np.split(np.arange(total), ends[:-1])
    while observed or predicted:
        if predicted and (not observed or random.random() < 0.5):
            scoreboard.predicted.write(predicted.pop(0))
        else:
            scoreboard.observed.write(observed.pop(0))
    assert scoreboard.compared == total
    assert not scoreboard.predicted.items
    assert not scoreboard.observed.items


def test_a_wrong_beat_is_found_behind_the_end_of_a_prediction(scoreboard: Numbers) -> None:
    scoreboard.predicted.write(np.array([0, 1]))
    scoreboard.observed.write(beats(0, 4))
    assert scoreboard.compared == 2
    with pytest.raises(AssertionError):
        scoreboard.predicted.write(np.array([2, 4]))


def test_a_reset_makes_what_came_void(scoreboard: Numbers) -> None:
    scoreboard.predicted.write(np.array([0, 1, 2]))
    scoreboard.observed.write(beats(0, 2))
    scoreboard.forget()
    scoreboard.predicted.write(np.array([5]))
    scoreboard.observed.write(beats(5, 6))
    assert scoreboard.compared == 3
    scoreboard.observed.write(beats(6, 8))
    assert len(scoreboard.observed.items[0]) == 2
