# SPDX-License-Identifier: Apache-2.0
"""Prices of operations from the energies that were measured: ``python -m scripts.study.calibrate``.

Reads docs/bench, where every energy comes from gates and a simulation that was compared bit by bit,
counts what the hardware did in those very runs by the golden models, and fits prices in
multiply-accumulates (rtl/common/mac.sv) of the same library, so that they carry over to others.
Writes scripts/study/prices.json. The error that stands there is the worst one on the runs of a
network that was left out of the fit, which is what a network of one's own is.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls  # type: ignore[import-untyped]  # scipy has no types

from golden.datasets import DataError, mnist
from golden.msb_skip import Mode
from golden.network import load
from golden.packing import empty_lanes, lenet5_orders
from golden.pot import form_named
from golden.pot_cycles import cycles
from golden.pot_engine import Engine
from golden.pot_program import place_network
from golden.pot_schedule import batch_turns, choose_batches
from golden.sparse_stream import program
from golden.sparse_stream_config import CONFIGURATIONS, read
from scripts.errors import UserError
from scripts.figure import Figure, read_figures
from scripts.files import write_json
from scripts.power import libraries
from scripts.power.memory import mac_fj
from scripts.project import ROOT
from scripts.study.prices import FILE, KINDS, OTHER

BENCH = ROOT / "docs" / "bench"
MODES = {"exact": Mode.EXACT, "zero": Mode.ZERO, "soft": Mode.ABSOLUTE}
LANES = ("pair", "zero", "skipped")
"""Kept with two operands that are not zero, kept with one that is, not kept."""
ARRAY_FORMS = (("pot", "0..3"), ("magnitude", "none"))  # of pot, with their exponents
PICTURES = {"lenet5-relu": 28, "vgg16-cifar10": 32}  # side of an image


@dataclass(frozen=True)
class Point:
    """A measured run, or a layer of one: how often it did what, energy in multiply-accumulates.

    run: layers that have it in common are one inference.
    """

    network: str
    run: str
    counts: tuple[float, ...]
    macs: float


def fit(kinds: Sequence[str], points: Sequence[Point]) -> dict[str, Any]:
    """Prices of all points; the worst error of a run, in percent, of a network left out."""
    worst = 0.0
    for network in {point.network for point in points}:
        prices = _least_squares([point for point in points if point.network != network])
        worst = max(worst, *_errors(prices, [p for p in points if p.network == network]))
    prices = _least_squares(points)
    rounded = {kind: _three_digits(price) for kind, price in zip(kinds, prices, strict=True)}
    return {**rounded, "points": len(points), "worst_percent": round(100 * worst)}


def _least_squares(points: Sequence[Point]) -> list[float]:
    """The prices with the least squared errors, relative to the layer's energy and the run's."""
    totals = _sums((point.run, point.macs) for point in points)
    weights = np.array([(point.macs * totals[point.run]) ** -0.5 for point in points])
    counts = np.array([point.counts for point in points], float)
    macs = np.array([point.macs for point in points])
    prices, _ = nnls(counts * weights[:, None], macs * weights)  # nothing gives energy back
    found: list[float] = prices.tolist()
    return found


def _errors(prices: Sequence[float], points: Sequence[Point]) -> list[float]:
    """Relative error of each run."""
    totals = _sums((point.run, point.macs) for point in points)
    modelled = _sums((point.run, float(np.dot(prices, point.counts))) for point in points)
    return [abs(modelled[run] / total - 1) for run, total in totals.items()]


def _sums(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in values:
        found[name] = found.get(name, 0.0) + value
    return found


def _three_digits(price: float) -> float:
    return float(f"{price:.3g}")


# ---- The coprocessor ----


def unit_points(unit: str, library: str, mac: float) -> list[Point]:
    """Runs of LeNet-5 with msb_skip (one multiplier) or simd4, energy of the unit alone."""
    return [
        Point(
            each.network,
            f"{each.network} {c['training']} {c['mode']} {library}",
            lanes(each.network, c["training"], c["mode"], c["image"]),
            each.value * 1e6 / mac,
        )
        for each in energies("msb_skip")
        if (c := each.conditions)["level"] == "unit"
        and (c["library"], c["unit"], c["program"]) == (library, unit, "lenet5")
        and c["multipliers"] == (4 if unit == "simd4" else 1)
    ]


@cache
def energies(block: str) -> tuple[Figure, ...]:
    """The measured energies of inferences on a block."""
    _, figures = read_figures(BENCH / f"{block}.json")
    return tuple(figure for figure in figures if figure.name == "energy_per_inference")


@cache
def lanes(network: str, training: str, mode: str, image: int) -> tuple[int, int, int]:
    """Lanes of one inference by `LANES`; a lane without a product has a weight of zero."""
    model, orders = load(network, training, 0), lenet5_orders()
    images = mnist("test").images[image : image + 1]
    chosen, zero = (model.run(images, rule, orders) for rule in (MODES[mode], Mode.ZERO))
    kept = [sum(int(c.kept) for c in trace.counts.values()) for trace in (chosen, zero)]
    total = sum(int(counts.total) for counts in chosen.counts.values())
    outputs = {
        layer.name: int(chosen.counts[layer.name].total) // layer.weights[0].numel()
        for layer in model.layers
    }
    empty = sum(empty_lanes(orders, outputs).values())
    if mode == "exact":
        return kept[1], total - kept[1] + empty, 0
    return kept[0], 0, total - kept[0] + empty


# ---- The pipeline ----


def pipeline_prices(library: str, mac: float) -> dict[str, Any] | None:
    """Prices of sparse_stream from its two measured pipelines; None where they were not measured.

    The dense twin makes the same products and, beside them, those with a zero activation.
    """
    runs = {
        figure.conditions["pipeline"]: figure.conditions
        for figure in energies("sparse_stream")
        if figure.conditions["library"] == library
    }
    if not runs:
        return None
    made, dense = _pipeline_products(runs["sparse"]["images"])
    macs = {
        (kind, part): runs[kind][f"{part}_nj"] * 1e6 / mac
        for kind in ("sparse", "dense")
        for part in ("logic", "memories")
    }
    pair = macs["sparse", "logic"] / made
    prices = {
        "pair": pair,
        "zero": (macs["dense", "logic"] - pair * made) / (dense - made),
        "memory_sparse": macs["sparse", "memories"] / made,
        "memory_dense": macs["dense", "memories"] / dense,
    }
    rounded = {kind: _three_digits(price) for kind, price in prices.items()}
    return {**rounded, "points": 2, "worst_percent": None}


def _pipeline_products(images: int) -> tuple[float, float]:
    """Products per image, made and dense, of the images whose energy was measured."""
    configuration = read(CONFIGURATIONS / "lenet5-relu-sparse.json")
    run = program(configuration).run(mnist("test").images[: 2 + images])
    measured = slice(2, 2 + images)  # from the end of the second image on: scripts/power/pipeline
    made, dense = (
        sum(int(getattr(counts, kind)[measured].sum()) for counts in run.counts)
        for kind in ("made", "dense")
    )
    return made / images, dense / images


# ---- The array ----


def array_points(library: str, mac: float) -> list[Point]:
    """Layers of the networks on pot, with memories: shifted and multiplied products, cycles.

    What is beside the array is the same for both forms, and so is the price of a cycle.
    """
    found = []
    for each in energies("pot"):
        c = each.conditions
        if (c["level"], c["library"]) != ("engine", library) or (
            (c["form"], c["exponents"]) not in ARRAY_FORMS
        ):
            continue
        layers = array_layers(each.network, c["training"], c["form"], c["images"])
        for name, nj in c["nj_by_layer"].items():
            if name in layers:
                products, taken = layers[name]
                shifted = c["form"] == "pot"
                counts = (products * shifted, products * (not shifted), taken)
                run = f"{each.network} {c['training']} {library}"
                found.append(Point(each.network, run, counts, nj * 1e6 / mac))
    return found


@cache
def array_layers(
    network: str, training: str, form: str, images: int
) -> dict[str, tuple[float, float]]:
    """Products whose weight is not zero and cycles of each layer, for one image."""
    engine = Engine(form_named(form))
    side = PICTURES[network]
    layers = place_network(load(network, training, 0), engine, side, side)
    shapes = [layer.shape for layer in layers]
    batches = choose_batches(shapes, engine, images)
    turns = batch_turns(shapes, engine, batches, 0, batches[-1])
    taken = cycles([turn.command for turn in turns], engine)
    spent = dict.fromkeys(range(len(layers)), 0)
    for turn, count in zip(turns, taken, strict=True):
        spent[turn.number] += count
    return {
        layer.shape.name: (
            layer.useful * layer.shape.out_rows * layer.shape.out_cols, spent[number] / batches[-1]
        )
        for number, layer in enumerate(layers)
    }  # fmt: skip


def calibrate(macs: Mapping[str, float]) -> dict[str, Any]:
    """All prices. macs: fJ of a multiply-accumulate in each library that figures exist for."""
    table: dict[str, Any] = {"mac_fj": {name: round(fj, 1) for name, fj in macs.items()}}
    for name, points_of in (
        ("msb_skip", partial(unit_points, "msb_skip")),
        ("simd4", partial(unit_points, "simd4")),
        ("pot", array_points),
    ):
        points = {library: points_of(library, mac) for library, mac in macs.items()}
        kinds = KINDS[name]
        narrow = {key: _narrow(one, len(kinds)) for key, one in points.items()}
        every = [point for one in narrow.values() for point in one]
        fits = {library: fit(kinds, one) for library, one in narrow.items()}
        table[name] = {**fits, OTHER: fit(kinds, every)}
    pipelines = {name: pipeline_prices(name, mac) for name, mac in macs.items()}
    known = {name: prices for name, prices in pipelines.items() if prices}
    table["sparse_stream"] = {**known, OTHER: next(iter(known.values()))}
    return table


def _narrow(points: Iterable[Point], kinds: int) -> list[Point]:
    return [dataclasses.replace(point, counts=point.counts[:kinds]) for point in points]


def main(path: Path = FILE) -> int:
    """Measure the multiply-accumulate in every library, fit, write the file."""
    try:
        if not mnist("test").full:
            raise UserError("the measured runs are of MNIST images, which are not here")
        macs = {name: mac_fj(libraries.liberty(name)) for name in libraries.NAMES}
        write_json(path, calibrate(macs))
    except (UserError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
