# SPDX-License-Identifier: Apache-2.0
"""Figures of msb_skip that come from the golden model: accuracy, products skipped, multiplications.

Every network runs all 10,000 test images in integers, exactly as the hardware does. Without full
MNIST there is nothing to claim: no figure is made, and a line says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import mean
from typing import Any

from golden.datasets import mnist
from golden.msb_skip import Mode
from golden.network import LENET_TRAININGS, LENETS, Network, Trace, load
from scripts.figure import Figure

SEEDS = (0, 1, 2)
CONVOLUTIONS = ("c1", "c3")
FATES = ("kept", "zero_skipped", "soft_skipped")
SOURCE = "arXiv 2603.10100"
PUBLISHED_SKIP = {"lenet5-relu": 88.42, "lenet5-tanh": 74.87}
PUBLISHED_RATIO = 5.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One network in one mode: correct images, and percentages of its products.

    layers: of each layer, products of an image by what became of them: kept, zero_skipped,
    soft_skipped.
    """

    correct: int
    kept: float
    zero_skipped: float
    skipped_conv: float
    layers: Mapping[str, Mapping[str, float]]


def golden_figures(progress: Progress) -> list[Figure]:
    """Run every trained network in every mode that a figure needs; figures of both networks."""
    digits = mnist("test")
    if not digits.full:
        progress(f"accuracy and skipped products: not measured (MNIST not found, {digits.source})")
        return []
    figures = []
    for name in LENETS:
        networks = {
            (training, seed): load(name, training, seed)
            for training in LENET_TRAININGS
            for seed in SEEDS
        }
        runs = {}
        for (training, seed), network in networks.items():
            for mode in _modes(training):
                progress(f"golden: {name} {training} seed {seed}, {mode.name.lower()}")
                trace = network.run(digits.images, mode)
                runs[training, mode, seed] = _summary(trace, trace.correct(digits.labels))
        figures += _figures(name, networks, runs, len(digits.labels))
    return figures


def _modes(training: str) -> tuple[Mode, ...]:
    if training == "same":
        return (Mode.EXACT,)
    return (Mode.EXACT, Mode.ZERO) if training == "plain" else (Mode.ABSOLUTE, Mode.ZERO)


def _summary(trace: Trace, correct: int) -> Run:
    return Run(
        correct,
        trace.share("kept"),
        trace.share("zero_skipped"),
        100 - trace.share("kept", CONVOLUTIONS),
        {
            layer: {kind: float(getattr(counts, kind).double().mean()) for kind in FATES}
            for layer, counts in trace.counts.items()
        },
    )


Runs = dict[tuple[str, Mode, int], Run]


def _figures(
    name: str, networks: dict[tuple[str, int], Network], runs: Runs, images: int
) -> list[Figure]:
    common: dict[str, Any] = {"level": "loop", "seeds": list(SEEDS), "images": images}
    thresholds = {layer.name: layer.threshold for layer in networks["soft", SEEDS[0]].layers}
    soft = {
        **common,
        "mode": "soft",
        "multipliers": "any",
        "rule": "absolute",
        "thresholds": thresholds,
        "zero_skip_percent": _mean(runs, "soft", Mode.ZERO, "zero_skipped"),
        **_losses(runs),
    }
    return [
        *(_correct(name, training, common, runs, networks) for training in ("plain", "same")),
        *_skipped(name, soft, runs),
        *(_lost(name, training, soft) for training in ("plain", "same")),
        *_multiplications(name, soft, runs),
    ]


def _each(runs: Runs, training: str, mode: Mode, quantity: str) -> list[float]:
    return [round(getattr(runs[training, mode, seed], quantity), 3) for seed in SEEDS]


def _mean(runs: Runs, training: str, mode: Mode, quantity: str) -> float:
    values = [float(getattr(runs[training, mode, seed], quantity)) for seed in SEEDS]
    return round(mean(values), 3)


def _by_layer(runs: Runs, training: str, mode: Mode) -> dict[str, dict[str, float]]:
    """Products of an image of each layer by what became of them, mean over the seeds."""
    each = [runs[training, mode, seed].layers for seed in SEEDS]
    return {
        f"{kind}_by_layer": {
            layer: round(mean(layers[layer][kind] for layers in each), 1) for layer in each[0]
        }
        for kind in FATES
    }


def _losses(runs: Runs) -> dict[str, Any]:
    """Images lost by skipping: correct exact - correct soft, each seed against its own partner."""
    losses: dict[str, Any] = {}
    for training in ("plain", "same"):
        each = [
            runs[training, Mode.EXACT, seed].correct - runs["soft", Mode.ABSOLUTE, seed].correct
            for seed in SEEDS
        ]
        losses[f"images_lost_vs_{training}"] = round(mean(each), 2)
        losses[f"images_lost_vs_{training}_by_seed"] = each
    return losses


def _correct(
    name: str,
    training: str,
    common: dict[str, Any],
    runs: Runs,
    networks: dict[tuple[str, int], Network],
) -> Figure:
    return Figure(
        name="correct_exact",
        network=name,
        value=_mean(runs, training, Mode.EXACT, "correct"),
        unit="images of 10,000",
        conditions={
            **common,
            "mode": "exact",
            "multipliers": "any",
            "training": training,
            "by_seed": _each(runs, training, Mode.EXACT, "correct"),
            "recipe": networks[training, SEEDS[0]].metadata["recipe"],
        },
    )


def _skipped(name: str, soft: dict[str, Any], runs: Runs) -> list[Figure]:
    kept = _each(runs, "soft", Mode.ABSOLUTE, "kept")
    conv = _each(runs, "soft", Mode.ABSOLUTE, "skipped_conv")
    correct = _each(runs, "soft", Mode.ABSOLUTE, "correct")
    by_seed = {"correct_by_seed": correct}
    return [
        Figure(
            name="products_skipped",
            network=name,
            value=round(100 - _mean(runs, "soft", Mode.ABSOLUTE, "kept"), 3),
            unit="%",
            against="published",
            reference=PUBLISHED_SKIP[name],
            source=SOURCE,
            conditions={
                **soft,
                **by_seed,
                "by_seed": [round(100 - k, 3) for k in kept],
                **_by_layer(runs, "soft", Mode.ABSOLUTE),
            },
        ),
        Figure(
            name="products_skipped_conv",
            network=name,
            value=_mean(runs, "soft", Mode.ABSOLUTE, "skipped_conv"),
            unit="%",
            conditions={**soft, **by_seed, "layers": list(CONVOLUTIONS), "by_seed": conv},
        ),
    ]


def _lost(name: str, training: str, soft: dict[str, Any]) -> Figure:
    """The loss that products_skipped carries as a condition, as a row of its own."""
    return Figure(
        name=f"images_lost_vs_{training}",
        network=name,
        value=soft[f"images_lost_vs_{training}"],
        unit="images of 10,000",
        against=f"exact network, training {training}",
        conditions={**soft, "by_seed": soft[f"images_lost_vs_{training}_by_seed"]},
    )


def _multiplications(name: str, soft: dict[str, Any], runs: Runs) -> list[Figure]:
    figures = []
    for suffix, training, network in (
        ("", "plain", "the plain network"),
        ("_same_weights", "soft", "the skipping network's own weights"),
    ):
        ratios = [
            runs[training, Mode.ZERO, seed].kept / runs["soft", Mode.ABSOLUTE, seed].kept
            for seed in SEEDS
        ]
        figures.append(
            Figure(
                name=f"multiplications_vs_zero_skip{suffix}",
                network=name,
                value=round(mean(ratios), 3),
                unit="x",
                against=f"published; here zero skipping on {network}, executed / ours",
                reference=PUBLISHED_RATIO,
                source=SOURCE,
                conditions={
                    **soft,
                    "by_seed": [round(ratio, 3) for ratio in ratios],
                    "zero_skip_percent": _mean(runs, training, Mode.ZERO, "zero_skipped"),
                },
            )
        )
    return figures
