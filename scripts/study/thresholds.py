# SPDX-License-Identifier: Apache-2.0
"""Thresholds of msb_skip's absolute rule, one per layer, within an accuracy budget.

A network that was trained without skipping does not stand much of it, and its layers differ. All
thresholds rise together as far as the budget allows, then each layer's goes on alone, the layers
with the most multiplications first. Every step is a run of the integer network.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

from golden.msb_skip import Mode
from golden.network import Network, Trace
from scripts.study.inputs import Split

HIGHEST = 13  # no sum of two leading ones reaches it: everything is skipped


def with_thresholds(network: Network, thresholds: Sequence[int]) -> Network:
    """The network with these thresholds, in the order of its layers."""
    layers = tuple(
        dataclasses.replace(layer, threshold=threshold)
        for layer, threshold in zip(network.layers, thresholds, strict=True)
    )
    return dataclasses.replace(network, layers=layers)


def choose(
    network: Network, examples: Split, budget: float, say: Callable[[str], None]
) -> Network | None:
    """The network with the highest thresholds found that lose at most `budget` points.

    budget: percentage points of `examples`, against the exact network. None if even a threshold
    of 0, which only skips products of 0 and -1, loses more.
    """
    exact = network.run(examples.images, Mode.EXACT).correct(examples.labels)
    least = exact - math.floor(budget / 100 * len(examples.labels))

    def within(thresholds: Sequence[int]) -> Trace | None:
        trace = with_thresholds(network, thresholds).run(examples.images, Mode.ABSOLUTE)
        return trace if trace.correct(examples.labels) >= least else None

    best, trace = [0] * len(network.layers), within([0] * len(network.layers))
    if trace is None:
        return None
    low, high = 0, HIGHEST + 1  # the first is within the budget, the last is not looked at
    while high - low > 1:
        middle = (low + high) // 2
        found = within([middle] * len(best))
        if found is None:
            high = middle
        else:
            low, trace = middle, found
        say(f"msb_skip: threshold {middle} in all layers: {'too high' if found is None else 'ok'}")
    best = [low] * len(best)
    for place in _by_work(network, trace):
        while best[place] < HIGHEST:
            tried = [*best]
            tried[place] += 1
            if not within(tried):
                break
            best = tried
        say(f"msb_skip: threshold {best[place]} in {network.layers[place].name}")
    return with_thresholds(network, best)


def _by_work(network: Network, trace: Trace) -> list[int]:
    """Places of the layers, that with the most products kept first."""
    kept = [int(trace.counts[layer.name].kept.sum()) for layer in network.layers]
    return sorted(range(len(kept)), key=lambda place: -kept[place])
