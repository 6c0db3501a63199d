# SPDX-License-Identifier: Apache-2.0
"""How deep the FIFOs between sparse_stream's layers must be.

Layers of equal average speed are not equally fast on every image, nor on every row of one. A FIFO
in front of a layer lets it work on while its predecessor is slow; if all were deep, the pipeline
would run at the average pace of its slowest layer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from golden.sparse_stream import Run
from golden.sparse_stream_config import Configuration
from golden.sparse_stream_cycles import pipeline

SHALLOWEST = 2  # beats: enough for one beat per cycle
DEEPEST_IMAGES = 4  # no FIFO is deeper than so many images of its layer


def with_fifos(configuration: Configuration, depths: Sequence[int]) -> Configuration:
    """Replace the depths of all FIFOs, in beats."""
    layers = tuple(
        dataclasses.replace(layer, fifo=depth)
        for layer, depth in zip(configuration.layers, depths, strict=True)
    )
    return dataclasses.replace(configuration, layers=layers)


def deepest(configuration: Configuration) -> list[int]:
    """DEEPEST_IMAGES images in front of every layer but the first, whose input is always there."""
    images = [
        DEEPEST_IMAGES * layer.height * layer.width * layer.channels // layer.beat
        for layer in configuration.layers[1:]
    ]
    return [SHALLOWEST, *images]


def smallest(configuration: Configuration, run: Run, loss: float = 0.01) -> Configuration:
    """Make every FIFO as shallow as a pipeline allows that loses at most `loss` of its pace.

    Depths are powers of two. Each layer in turn, from the last, may spend an equal part of the
    loss; the pace is compared with that of the deepest FIFOs, on the images of `run`.
    """
    depths = deepest(configuration)
    best = pipeline(with_fifos(configuration, depths), run).interval
    count = len(depths)
    for turn, place in enumerate(reversed(range(1, count)), start=1):
        limit = best * (1 + loss * turn / (count - 1))
        for depth in _powers_up_to(depths[place]):
            tried = [*depths[:place], depth, *depths[place + 1 :]]
            if pipeline(with_fifos(configuration, tried), run).interval <= limit:
                depths = tried
                break
    return with_fifos(configuration, depths)


def _powers_up_to(deepest: int) -> list[int]:
    powers = [SHALLOWEST]
    while powers[-1] < deepest:
        powers.append(min(2 * powers[-1], deepest))
    return powers
