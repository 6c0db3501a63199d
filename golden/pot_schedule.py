# SPDX-License-Identifier: Apache-2.0
"""Which images a command of pot runs, in which order, and where their maps are in the memory.

A batch of a layer consists of one or more batches of the layer before. The maps of a network get
smaller towards its end, so the last layers can see many images at once: those before them then run
several times, and put their maps beside each other.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from golden.architecture import ModelError
from golden.pot_engine import Command, Engine
from golden.pot_layer import Shape

MOST_IMAGES = 64
"""Images of a batch of the last layer."""

OUT_UNIT = 8
"""Addresses of outputs are multiples of it."""


@dataclass(frozen=True)
class Turn:
    """Layer `number` on images first .. first + count - 1."""

    number: int
    first: int
    count: int
    command: Command


@dataclass
class Room:
    """Map memory as it is given out: the lowest free address first, in multiples of a beat."""

    size: int
    unit: int
    taken: dict[int, int] = field(default_factory=dict)  # size by address

    def take(self, size: int, name: str) -> int:
        """Return the address of a free place.

        Raises:
            ModelError: if there is none, naming the layer.
        """
        size += -size % self.unit
        start = 0
        for other, length in sorted(self.taken.items()):
            if start + size <= other:
                break
            start = other + length
        if start + size > self.size:
            raise ModelError(
                f"layer {name}: no room for {size} bytes in the map memory of {self.size}; "
                "use smaller batches or a larger MapBytes"
            )
        self.taken[start] = size
        return start

    def free(self, address: int) -> None:
        """Give a place back."""
        del self.taken[address]


@dataclass(frozen=True)
class _Walk:
    """Layers with the batches of each."""

    shapes: Sequence[Shape]
    engine: Engine
    batches: Sequence[int]
    room: Room

    def turns(self, number: int, first: int, count: int) -> Generator[Turn, None, int]:
        """Turns that make the maps of layer `number`; returns the address of the maps."""
        shape, batch = self.shapes[number], self.batches[number]
        base = -1
        for start in range(first, first + count, batch):
            part = min(batch, first + count - start)
            if number == 0:
                source = self.room.take(part * shape.in_bytes, shape.name)
            else:
                source = yield from self.turns(number - 1, start, part)
            if base < 0:
                base = self.room.take(count * shape.out_bytes, shape.name)
            place = base + (start - first) * shape.out_bytes
            if place % OUT_UNIT:
                raise ModelError(
                    f"layer {shape.name}: {batch} maps of {shape.out_bytes} bytes are not a "
                    f"multiple of {OUT_UNIT}; use another batch"
                )
            yield Turn(number, start, part, shape.command(self.engine, part, source, place))
            self.room.free(source)
        return base


def batch_turns(
    shapes: Sequence[Shape], engine: Engine, batches: Sequence[int], first: int, count: int
) -> list[Turn]:
    """Turns of one batch of the last layer, in order.

    Raises:
        ModelError: naming the layer for whose maps there is no room.
    """
    walk = _Walk(shapes, engine, batches, Room(engine.map_bytes, engine.lanes))
    return list(walk.turns(len(shapes) - 1, first, count))


def choose_batches(shapes: Sequence[Shape], engine: Engine, images: int) -> tuple[int, ...]:
    """Images of a command of each layer: the most for the last layer, then for those before it.

    Each divides the next one, but for what is left over at the end.

    Raises:
        ModelError: if there is no room for one image.
    """
    chosen: list[int] = []
    most = min(images, MOST_IMAGES)
    for number in reversed(range(len(shapes))):
        candidates = _divisors(most) if chosen else range(most, 0, -1)
        for batch in candidates:
            trial = [*_smallest(shapes[:number], batch), batch, *chosen]
            if _fits(shapes, engine, trial):
                break
        else:
            batch = 1
        chosen.insert(0, batch)
        most = batch
    batch_turns(shapes, engine, chosen, 0, chosen[-1])  # says what has no room
    return tuple(chosen)


def _divisors(number: int) -> Iterator[int]:
    """Divisors, the largest first."""
    return (divisor for divisor in range(number, 0, -1) if number % divisor == 0)


def _smallest(shapes: Sequence[Shape], following: int) -> list[int]:
    """The smallest batches of layers before one with a batch of `following`."""
    found: list[int] = []
    for shape in reversed(shapes):
        fitting = [d for d in _divisors(following) if d * shape.out_bytes % OUT_UNIT == 0]
        following = (fitting or [following])[-1]
        found.insert(0, following)
    return found


def _fits(shapes: Sequence[Shape], engine: Engine, batches: Sequence[int]) -> bool:
    try:
        batch_turns(shapes, engine, batches, 0, batches[-1])
    except ModelError:
        return False
    return True
