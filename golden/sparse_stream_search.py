# SPDX-License-Identifier: Apache-2.0
"""Search for the hardware of sparse_stream's layers, by their cycles on real feature maps.

    space = Space(configuration, run, dense=False) # maps of training images
    space.cheapest(interval=10_000, most=64)       # fewest multipliers that keep up
    space.fastest(multipliers=32)                  # shortest interval that they allow

All layers of a pipeline work at the pace of the slowest, so that a layer's best hardware is the
cheapest that keeps up with a given interval: layers are chosen one by one, and the best interval
for a number of multipliers is found by bisection. Candidates are timed by the cycle model, in the
order of their price, after a bound has sorted out those that cannot keep up.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import torch
from torch import Tensor, nn

from golden.sparse_stream import Run
from golden.sparse_stream_config import Configuration, LayerConfiguration
from golden.sparse_stream_cycles import time_layer

# Queue entries and accumulator banks, cheapest first: enough to hide the delays of the stages ..
# enough to work on through rows of empty windows, which the drain passes slowly.
BUFFERS = ((8, 2), (64, 2), (64, 4), (64, 8), (64, 16), (64, 32), (256, 32))
MOST_SLOTS = 3  # unless told; each slot has a copy of all weights
MOST_LANES = 64  # of a vector
_FEW = 4  # candidates among which the one with the smallest buffers is taken
_PRECISION = 1.002  # of the bisection, as a ratio of intervals


@dataclass(frozen=True)
class Candidate:
    """One layer's hardware, and the interval below which it certainly falls behind."""

    shape: LayerConfiguration
    bound: float

    @property
    def price(self) -> tuple[int, int, int, int]:
        """What is to be small: multipliers, then slots (each has all weights), lanes, streams."""
        return self.shape.multipliers, self.shape.slots, self.shape.beat, self.shape.streams

    def buffered(self, queue: int, banks: int) -> LayerConfiguration:
        """The hardware with this queue and these banks."""
        return dataclasses.replace(self.shape, queue=queue, banks=banks)


class LayerSpace:
    """All hardware for one layer, cheapest first."""

    def __init__(
        self, shape: LayerConfiguration, maps: Tensor, *, dense: bool, slots: int = MOST_SLOTS
    ) -> None:
        """maps: int8 [N, H, W, C] of N > 1 images in the channel order of `shape`."""
        self.shape, self.dense, self.slots = shape, dense, slots
        # Every image takes the dense twin equally long.
        maps = maps[:3] if dense else maps
        self.maps = maps[..., torch.tensor(shape.order).argsort()]  # the network's order
        self._times: dict[LayerConfiguration, float] = {}

    @cached_property
    def load(self) -> Tensor:
        """Entries per image that each channel of the network causes, float64 [C]."""
        live = torch.ones_like(self.maps, dtype=torch.bool) if self.dense else self.maps != 0
        return live.sum(dim=0, dtype=torch.float64).mul(self._cover[..., None]).sum(
            dim=(0, 1)
        ) / len(self.maps)

    @cached_property
    def _cover(self) -> Tensor:
        """Windows that see each pixel, float64 [H, W]."""
        shape = self.shape
        ones = torch.ones(1, 1, *shape.sums_shape, dtype=torch.float64)
        taps = torch.ones(1, 1, shape.kernel, shape.kernel, dtype=torch.float64)
        seen = nn.functional.conv_transpose2d(
            ones, taps, stride=shape.stride, padding=shape.padding
        )[0, 0]
        missing = (shape.height - seen.shape[0], shape.width - seen.shape[1])
        return nn.functional.pad(seen, (0, missing[1], 0, missing[0]))

    @cached_property
    def candidates(self) -> list[Candidate]:
        """All hardware, cheapest first."""
        found = (candidate for layout in self._layouts() for candidate in self._fill(layout))
        return sorted(found, key=lambda candidate: (*candidate.price, candidate.bound))

    def _layouts(self) -> Iterator[LayerConfiguration]:
        """Streams, lanes and pixels, with the channels dealt to the streams."""
        shape = self.shape
        for streams in _factors(shape.channels):
            order = dealt(self.load, streams)
            for lanes in _factors(shape.channels // streams):
                together = lanes * streams == shape.channels
                for pixels in _factors(shape.width) if together else [1]:
                    if lanes * pixels <= MOST_LANES:
                        placed = physical_order(order, lanes)
                        yield dataclasses.replace(
                            shape, streams=streams, lanes=lanes, pixels=pixels, order=placed
                        )

    def _fill(self, layout: LayerConfiguration) -> Iterator[Candidate]:
        """Slots and columns of a layout."""
        loads = self.load[list(layout.order)].view(-1, layout.streams, layout.lanes)
        entries = float(loads.sum(dim=(0, 2)).max())
        rows = float(self._cover.sum()) / layout.pixels  # of vectors; fewer than are scanned
        scan = rows * (layout.channels // (layout.streams * layout.lanes))
        height, width = layout.sums_shape
        least = max(scan, height * width * layout.filters)
        for slots in range(1, min(self.slots, layout.lanes * layout.pixels) + 1):
            for columns in _factors(layout.filters):
                bound = max(least, entries / slots * (layout.filters // columns))
                shape = dataclasses.replace(layout, slots=slots, columns=columns)
                yield Candidate(shape, bound)

    def interval(self, shape: LayerConfiguration) -> float:
        """Cycles per image of the layer on its own, by the cycle model."""
        if shape not in self._times:
            ends = time_layer(shape, self.maps[..., list(shape.order)], dense=self.dense).ends
            self._times[shape] = (ends[-1] - ends[0]) / (len(ends) - 1)
        return self._times[shape]

    def least(self, multipliers: int) -> float:
        """Cycles per image below which so many multipliers cannot get."""
        return float(self.load.sum()) * self.shape.filters / multipliers

    def cheapest(self, interval: float, most: int) -> LayerConfiguration | None:
        """The cheapest hardware of at most `most` multipliers that keeps up with `interval`."""
        for multipliers, group in itertools.groupby(
            self.candidates, lambda candidate: candidate.shape.multipliers
        ):
            if multipliers > most:
                break
            fast = (
                candidate
                for candidate in group
                if candidate.bound <= interval
                and self.interval(candidate.buffered(*BUFFERS[-1])) <= interval
            )
            able = list(itertools.islice(fast, _FEW))
            for buffers in BUFFERS if able else ():
                for candidate in able:
                    shape = candidate.buffered(*buffers)
                    if self.interval(shape) <= interval:
                        return shape
        return None


class Space:
    """All hardware for a network, for one choice of dense or sparse."""

    def __init__(
        self, configuration: Configuration, run: Run, *, dense: bool, slots: int = MOST_SLOTS
    ) -> None:
        """run: of at least two images, under the channel orders of `configuration`."""
        self.layers = tuple(
            LayerSpace(shape, maps, dense=dense, slots=slots)
            for shape, maps in zip(configuration.layers, run.inputs, strict=True)
        )
        self._configuration = dataclasses.replace(configuration, dense=dense)

    @property
    def work(self) -> float:
        """Products per image."""
        return sum(layer.least(1) for layer in self.layers)

    def cheapest(self, interval: float, most: int) -> Configuration | None:
        """The fewest multipliers that keep up with an interval; None if that takes over `most`."""
        chosen: list[LayerConfiguration] = []
        for place, layer in enumerate(self.layers):
            used = sum(shape.multipliers for shape in chosen)
            left = most - used - (len(self.layers) - place - 1)
            shape = layer.cheapest(interval, left)
            if shape is None:
                return None
            chosen.append(shape)
        return dataclasses.replace(self._configuration, layers=tuple(chosen))

    def fastest(self, multipliers: int) -> Configuration | None:
        """The shortest interval of at most so many multipliers; None if there are too few."""
        if multipliers < len(self.layers):
            return None
        return _bisect(
            lambda interval: self.cheapest(interval, multipliers),
            self.interval,
            self.work / multipliers,
        )

    def shared(self, shares: Sequence[int]) -> Configuration:
        """The fastest hardware of each layer that has at most its share of multipliers."""
        chosen = (
            _bisect(
                functools.partial(layer.cheapest, most=share), layer.interval, layer.least(share)
            )
            for layer, share in zip(self.layers, shares, strict=True)
        )
        return dataclasses.replace(self._configuration, layers=tuple(chosen))

    def interval(self, configuration: Configuration) -> float:
        """Cycles per image of the slowest layer, each on its own."""
        return max(self.intervals(configuration))

    def intervals(self, configuration: Configuration) -> list[float]:
        """Cycles per image of each layer on its own."""
        pairs = zip(self.layers, configuration.layers, strict=True)
        return [layer.interval(shape) for layer, shape in pairs]


_T = TypeVar("_T")


def _bisect(
    choose: Callable[[float], _T | None], interval: Callable[[_T], float], least: float
) -> _T:
    """What `choose` gives for the shortest interval that it can keep, not below `least`."""
    low = high = least
    while (best := choose(high)) is None:
        low, high = high, 2 * high
    high = interval(best)
    while high / low > _PRECISION:
        middle = (low * high) ** 0.5
        found = choose(middle)
        if found is None:
            low = middle
        else:
            best, high = found, min(middle, interval(found))
    return best


def dealt(load: Tensor, streams: int) -> list[list[int]]:
    """Deal channels to streams by falling load, there and back, so that the sums are alike.

    >>> dealt(torch.tensor([1.0, 5.0, 2.0, 4.0]), 2)
    [[1, 0], [3, 2]]
    """
    if streams == 1:
        return [list(range(len(load)))]
    falling = load.sort(descending=True, stable=True).indices.view(-1, streams)
    falling[1::2] = falling[1::2].flip(1)
    hands: list[list[int]] = falling.t().tolist()
    return hands


def physical_order(hands: list[list[int]], lanes: int) -> tuple[int, ...]:
    """Physical order in which each stream finds its channels in its lanes of the beats.

    >>> physical_order([[1, 0], [3, 2]], lanes=1)
    (1, 3, 0, 2)
    """
    beats = range(0, len(hands[0]), lanes)
    return tuple(channel for at in beats for hand in hands for channel in hand[at : at + lanes])


def _factors(number: int) -> list[int]:
    return [factor for factor in range(1, number + 1) if number % factor == 0]
