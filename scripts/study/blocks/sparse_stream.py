# SPDX-License-Identifier: Apache-2.0
"""sparse_stream on a network: a pipeline found by the search, and its dense twin."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import torch

from golden.sparse_stream import Run, bind, describe
from golden.sparse_stream_config import Configuration, ConfigurationError, LayerConfiguration
from golden.sparse_stream_cycles import EDGE_IMAGES, Timing, alone, pipeline
from golden.sparse_stream_fifos import smallest
from golden.sparse_stream_search import Space
from scripts.study.outcome import LayerCost, Outcome
from scripts.study.subject import Subject

BLOCK = "sparse_stream"
CHOOSING = 8  # calibration images on which hardware is timed
BUDGETS = (1, 2, 4, 8)  # multipliers per layer, where no number is given
FIFO_LOSS = 0.01
_CHUNK = 250


def outcomes(subject: Subject) -> list[Outcome]:
    """The pipeline and its dense twin of as many multipliers, or why there is none."""
    images = subject.data.test.images
    if images.shape[-1] != images.shape[-2]:
        reason = f"maps of {images.shape[-2]} x {images.shape[-1]}: the study takes square ones"
        return [Outcome(BLOCK, "", refused=reason)]
    try:
        base = describe(subject.network, images.shape[-1], "study")
    except ConfigurationError as error:
        return [Outcome(BLOCK, "", refused=str(error))]
    images = subject.data.calibration.images[: CHOOSING + 2 * EDGE_IMAGES]
    run = bind(base, subject.network).run(images)
    spaces = {dense: Space(base, run, dense=dense) for dense in (False, True)}
    most, front = _budget(subject, spaces[False])
    found = []
    for dense, space in spaces.items():
        chosen = space.fastest(most)
        assert chosen is not None, "as many multipliers as layers are always enough"
        subject.say(f"sparse_stream: FIFOs of the {'dense twin' if dense else 'pipeline'}")
        fitted = smallest(chosen, bind(chosen, subject.network).run(images), FIFO_LOSS)
        found.append(_outcome(subject, fitted, [] if dense else front))
    return found


def _budget(subject: Subject, space: Space) -> tuple[int, list[dict[str, Any]]]:
    """The most multipliers: the number given, or the one that is busiest, with all looked at."""
    if (given := subject.effort.multipliers) is not None:
        return given, []
    front = list(_front(subject, space))
    return max(front, key=lambda point: float(point["utilisation"]))["at_most"], front


def _front(subject: Subject, space: Space) -> Iterator[dict[str, Any]]:
    for per_layer in BUDGETS:
        most = per_layer * len(space.layers)
        found = space.fastest(most)
        assert found is not None, "as many multipliers as layers are always enough"
        interval = space.interval(found)
        subject.say(f"sparse_stream: {found.multipliers} multipliers, {interval:,.0f} cycles")
        yield {
            "at_most": most,
            "multipliers": found.multipliers,
            "cycles": round(interval),
            "utilisation": round(space.work / (found.multipliers * interval), 3),
        }


def _outcome(
    subject: Subject, configuration: Configuration, front: list[dict[str, Any]]
) -> Outcome:
    dense = configuration.dense
    bound = bind(configuration, subject.network)
    sample = bound.run(subject.data.test.images[: subject.effort.sample])
    _check(subject, sample)
    whole = pipeline(configuration, sample)
    made = torch.zeros(len(configuration.layers), dtype=torch.float64)
    for images in subject.data.test.images.split(_CHUNK):
        made += torch.tensor([float(c.made.sum()) for c in bound.run(images).counts])
    made /= len(subject.data.test.images)
    timings = alone(configuration, sample)
    layers = tuple(
        _layer(subject, float(live), int(sample.counts[place].dense[0]), timings[place], dense)
        for place, live in enumerate(made)
    )
    how = (
        f"The whole pipeline by the cycle model that equals the RTL (docs/sparse_stream.md), "
        f"{whole.images} test images in its steady state; a layer's cycles are those of the layer "
        f"on its own; energy {subject.prices.error(BLOCK)}"
    )
    notes = {"utilisation": round(whole.utilisation, 3), "front": front}
    notes["hardware"] = [_hardware(layer) for layer in configuration.layers]
    variant = "dense twin" if dense else "sparse"
    return Outcome(
        BLOCK, variant, configuration.multipliers, subject.correct, layers, whole.interval,
        subject.prices.worst_percent(BLOCK), how, notes=notes,
    )  # fmt: skip


def _check(subject: Subject, run: Run) -> None:
    """The pipeline's logits must be the integer network's, or its numbers mean nothing."""
    logits = run.outputs[-1].flatten(1)
    if not torch.equal(logits, subject.exact.logits[: len(logits)]):
        raise AssertionError("the golden models of pipeline and network differ")


def _layer(subject: Subject, live: float, inside: int, timing: Timing, dense: bool) -> LayerCost:
    made = float(inside) if dense else live
    memory = {"memory_dense" if dense else "memory_sparse": made}
    energy = subject.prices.nj(BLOCK, pair=live, zero=made - live, **memory)
    interval = (timing.ends[-1] - timing.ends[0]) / (len(timing.ends) - 1)
    notes = {"multipliers": timing.multipliers}
    return LayerCost(timing.name, subject.products(timing.name), made, interval, energy, notes)


def _hardware(layer: LayerConfiguration) -> dict[str, Any]:
    """A layer's hardware, without the order of its channels."""
    chosen = ("name", "streams", "lanes", "pixels", "slots", "columns", "queue", "banks", "fifo")
    table = dataclasses.asdict(layer)
    return {name: table[name] for name in chosen}
