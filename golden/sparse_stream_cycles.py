# SPDX-License-Identifier: Apache-2.0
"""How many cycles sparse_stream takes: each layer alone, and the pipeline of all layers.

    run = program.run(images)
    alone(configuration, run)[0].cycles       # layer 0, input always there, output always taken
    pipeline(configuration, run).interval     # cycles per image in the steady state

The stages are those of golden/sparse_stream_cycles.cc. Only the numbers of non-zero activations
enter, so that the times are exact for the given feature maps.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from golden import compiled
from golden.sparse_stream import Run
from golden.sparse_stream_config import Configuration, LayerConfiguration

_SOURCE = Path(__file__).with_name("sparse_stream_cycles.cc")
_SHAPE = ("height", "width", "kernel", "stride", "padding", "pool", "filters", "streams",
          "channel_groups", "pixels", "slots", "groups", "queue", "banks", "fifo", "out_values",
          "columns", "logits", "dense")  # fmt: skip
_TALLY = ("products", "working", "starved", "blocked", "drain_stopped", "input_refused",
          "input_missing", "fifo_sum", "fifo_most")  # fmt: skip
EDGE_IMAGES = 2  # at either end of a pipeline's run, left out of its steady state


class _Layer(ctypes.Structure):
    _fields_ = [("counts", ctypes.c_void_p), *((name, ctypes.c_int32) for name in _SHAPE)]


class _Tally(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in _TALLY]


@dataclass(frozen=True)
class Timing:
    """What happened in one layer.

    cycles: of the whole run. starts, ends: cycle in which each image's first beat was taken and its
    last beat sent. products: multiplications, which is multipliers busy, summed over the cycles.
    working, starved, blocked: stream cycles in which a stream's multipliers had an activation, had
    none, or had one but no free bank. drain_stopped: cycles in which the following layer held a
    sum back. input_refused, input_missing: cycles in which a beat waited for room, or room for a
    beat. fifo_mean, fifo_most: beats in the FIFO in front.
    """

    name: str
    multipliers: int
    streams: int
    cycles: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    products: int
    working: int
    starved: int
    blocked: int
    drain_stopped: int
    input_refused: int
    input_missing: int
    fifo_mean: float
    fifo_most: int

    @property
    def utilisation(self) -> float:
        """Share of the multipliers that was busy."""
        return self.products / (self.multipliers * self.cycles)


@dataclass(frozen=True)
class PipelineTiming:
    """All layers of a pipeline in its steady state.

    layers: of the whole run. images: in the steady state. interval: cycles per image in it.
    products: multiplications of these images.
    """

    layers: tuple[Timing, ...]
    images: int
    interval: float
    products: int

    @property
    def multipliers(self) -> int:
        """Multipliers of all layers."""
        return sum(layer.multipliers for layer in self.layers)

    @property
    def utilisation(self) -> float:
        """Share of all multipliers that is busy in the steady state."""
        return self.products / (self.multipliers * self.interval * self.images)


def picked(maps: Tensor, shape: LayerConfiguration, *, dense: bool) -> Tensor:
    """Lanes that a picker takes: int8 [N, H, W, C] -> int16 [N, H, W, channel groups, S].

    With several pixels per vector, the lanes of each of its pixels.
    """
    sizes = (-1, shape.streams, shape.lanes)
    live = torch.ones_like(maps, dtype=torch.bool) if dense else maps != 0
    counts: Tensor = live.unflatten(3, sizes).sum(dim=5, dtype=torch.int16)
    return counts.contiguous()


def alone(configuration: Configuration, run: Run) -> tuple[Timing, ...]:
    """Time every layer on its own: its input is always there, its output is always taken."""
    return tuple(_simulate([link])[0] for link in _chain(configuration, run))


def pipeline(configuration: Configuration, run: Run, edge: int = EDGE_IMAGES) -> PipelineTiming:
    """Time all layers together; the first `edge` and the last `edge` images only keep it full.

    Raises:
        ValueError: if fewer than 2 * edge + 1 images were run, or edge is not at least 1.
    """
    images = len(run.outputs[0])
    if edge < 1 or images < 2 * edge + 1:
        raise ValueError(f"{images} images are too few for {edge} at either end")
    layers = _simulate(_chain(configuration, run))
    measured = slice(edge, images - edge)
    ends = layers[-1].ends
    interval = (ends[images - edge - 1] - ends[edge - 1]) / (images - 2 * edge)
    made = (c.dense if configuration.dense else c.made for c in run.counts)
    products = sum(int(count[measured].sum()) for count in made)
    return PipelineTiming(layers, images - 2 * edge, interval, products)


@dataclass(frozen=True)
class _Link:
    """A layer of a chain; lanes as from `picked`."""

    shape: LayerConfiguration
    out_values: int
    dense: bool
    lanes: Tensor


def _chain(configuration: Configuration, run: Run) -> list[_Link]:
    dense = configuration.dense
    return [
        _Link(shape, configuration.output_values(place), dense, picked(maps, shape, dense=dense))
        for place, (shape, maps) in enumerate(zip(configuration.layers, run.inputs, strict=True))
    ]


def time_layer(
    shape: LayerConfiguration, maps: Tensor, *, dense: bool, out_values: int = 1
) -> Timing:
    """Time one layer on its own.

    maps: int8 [N, H, W, C] in the physical order of `shape`. out_values: values per output beat.

    Raises ConfigurationError for a shape that cannot be built, which would never come to an end.
    """
    shape.check()
    return _simulate([_Link(shape, out_values, dense, picked(maps, shape, dense=dense))])[0]


def _simulate(chain: Sequence[_Link]) -> tuple[Timing, ...]:
    """Time layers that feed each other."""
    images, count = len(chain[0].lanes), len(chain)
    layers = (_Layer * count)(*(_c_layer(link) for link in chain))
    tallies = (_Tally * count)()
    starts, ends = (torch.zeros(count, images, dtype=torch.int64) for _ in range(2))
    cycles = _library().simulate(
        layers, count, images, 1 << 62, tallies, _pointer(starts), _pointer(ends)
    )
    return tuple(
        _timing(link.shape, cycles, tallies[row], starts[row].tolist(), ends[row].tolist())
        for row, link in enumerate(chain)
    )  # fmt: skip


def _timing(
    shape: LayerConfiguration, cycles: int, tally: _Tally, starts: list[int], ends: list[int]
) -> Timing:
    values = {name: int(getattr(tally, name)) for name in _TALLY}
    mean = values.pop("fifo_sum") / cycles
    return Timing(
        shape.name, shape.multipliers, shape.streams, cycles, tuple(starts), tuple(ends),
        fifo_mean=mean, **values,
    )  # fmt: skip


def _c_layer(link: _Link) -> _Layer:
    shape, counts = link.shape, link.lanes
    values = {
        "pool": int(shape.pool is not None),
        "channel_groups": shape.channels // (shape.streams * shape.lanes),
        "out_values": link.out_values,
        "logits": int(shape.logits),
        "dense": int(link.dense),
    }
    entries = [values[name] if name in values else getattr(shape, name) for name in _SHAPE]
    return _Layer(counts.data_ptr(), *entries)


def _pointer(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


@functools.cache
def _library() -> ctypes.CDLL:
    """The compiled model. Raises CompilerError if there is no compiler."""
    library = compiled.library(_SOURCE)
    library.simulate.restype = ctypes.c_int64
    library.simulate.argtypes = [
        ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_int64,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    return library
