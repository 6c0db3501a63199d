# SPDX-License-Identifier: Apache-2.0
"""Figures of pot that come from the golden model: accuracies with powers of two and their twins.

Every network runs all 10,000 test images in integers, exactly as the hardware does. Trainings of
one kind (plain or pruned) have the same recipe and differ only in the levels of the weights.
Without the full data sets there is nothing to claim: no figure is made, and a line says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean
from typing import Any

from golden import float_model, inference
from golden.datasets import Labelled
from golden.examples import examples
from golden.levelled import zero_share
from golden.levels import Levels
from golden.network import LEVEL_TRAININGS, Network, load
from golden.train_pot import parse
from scripts.figure import Figure

LENET, VGG = "lenet5-relu", "vgg16-cifar10"
SEEDS = (0, 1, 2)
TWIN = "uniform4"

Show = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """A network of one seed on the test images."""

    network: Network
    correct: int

    @property
    def zero_weight_percent(self) -> float:
        """Zero weights of all layers."""
        return round(100 * zero_share(self.network), 2)


def accuracy_figures(show: Show) -> list[Figure]:
    """Run every network with few levels on the test images of its data set."""
    figures: list[Figure] = []
    for name, make in ((LENET, _lenet), (VGG, _vgg)):
        test = examples(name, "test")
        if test.full:
            figures += make(test, show)
        else:
            show(f"{name}: accuracy not measured (found only {test.source})")
    return figures


def _result(name: str, training: str, seed: int, test: Labelled, show: Show) -> Result:
    show(f"golden: {name} {training} seed {seed}")
    network = load(name, training, seed)
    return Result(network, inference.accuracy(network, test.images, test.labels))


def _lenet(test: Labelled, show: Show) -> Iterator[Figure]:
    found = {
        training: [_result(LENET, training, seed, test, show) for seed in SEEDS]
        for training in LEVEL_TRAININGS[LENET]
    }
    means = {name: round(mean(one.correct for one in each), 2) for name, each in found.items()}
    for training, results in found.items():
        kind, zeros = training.partition("_")[::2]
        twin = f"{TWIN}_{zeros}" if zeros else TWIN
        compared = training != twin and twin in means
        yield Figure(
            name="correct_pruned" if zeros else "correct",
            network=LENET,
            value=means[training],
            unit="images of 10,000",
            against=f"{twin}, same recipe" if compared else "",
            reference=means[twin] if compared else None,
            conditions={
                **_common(training, results),
                "seeds": list(SEEDS),
                "by_seed": [one.correct for one in results],
                "images": len(test.labels),
                "data": test.source,
                **({"correct_without_pruning": means[kind]} if zeros else {}),
            },
        )


def _common(training: str, results: list[Result]) -> dict[str, Any]:
    """What a figure of accuracy depends on."""
    goal = parse(training)
    metadata = [one.network.metadata for one in results]
    return {
        "training": training,
        **_set(goal.levels),
        "pruned_percent": round(100 * goal.zeros),
        **({"kernel_rows_dropped": goal.dropped} if goal.dropped else {}),
        **({"products_pruned_percent": round(100 * goal.products)} if goal.products else {}),
        "zero_weight_percent": round(mean(one.zero_weight_percent for one in results), 2),
        "held_out_correct": [one["held_out_correct"] for one in metadata],
        "recipe": metadata[0]["recipe"],
        "arithmetic": "int8",
    }


def _set(levels: Levels) -> dict[str, Any]:
    return {
        "bits": levels.bits,
        "exponents": f"0..{levels.exponents[-1]}" if levels.exponents else "none",
        "largest_level": levels.largest,
    }


def _vgg(test: Labelled, show: Show) -> Iterator[Figure]:
    show(f"golden: {VGG} in floating point")
    model = float_model.load()
    real = _percent(float_model.accuracy(model, test.images, test.labels), test)
    found = {training: _result(VGG, training, 0, test, show) for training in LEVEL_TRAININGS[VGG]}
    common = {"width": float_model.WIDTH, "images": len(test.labels), "data": test.source}
    yield Figure(
        name="accuracy",
        network=VGG,
        value=real,
        unit="%",
        conditions={"training": "float", **common, "arithmetic": "float32"},
    )
    for training, result in found.items():
        accuracy = _percent(result.correct, test)
        yield Figure(
            name="accuracy",
            network=VGG,
            value=accuracy,
            unit="%",
            against="the floating-point network",
            reference=real,
            conditions={
                **_common(training, [result]),
                **common,
                "points_below_float": round(real - accuracy, 2),
            },
        )


def _percent(correct: int, test: Labelled) -> float:
    return round(100 * correct / len(test.labels), 2)
