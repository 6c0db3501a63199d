# SPDX-License-Identifier: Apache-2.0
"""Forms and sizes of pot's array on the same real layer: which pays, and what the bound is.

Layer c3 of LeNet-5, weights of the ordinary int8 network rounded to the levels of each form without
training, maps of test images. Exponents 0..0 are the bound: no multiplication is left, only signs.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from golden.datasets import mnist
from golden.inference import layer_inputs
from golden.network import Layer, load
from golden.pot import Form
from golden.pot_engine import Engine
from scripts.figure import Figure
from scripts.power import libraries
from scripts.power.gates import cell_area
from scripts.power.liberty import load as load_library
from scripts.power.pot_array import SAMPLES, ArrayEnergy, measure, rounded, tiles_of
from scripts.power.technology import smallest
from scripts.progress import cores

NETWORK, LAYER = "lenet5-relu", "c3"
IMAGES, STRIPS = 4, range(4)
PIXELS = 32
LEAST_ROUNDED = 3  # forms with fewer exponents take these weights, cut off: the same zeros

Show = Callable[[str], None]


@dataclass(frozen=True)
class Array:
    """A form at a size."""

    form: Form
    exponents: int = 6
    lanes: int = 16
    columns: int = 8

    @property
    def engine(self) -> Engine:
        """Its parameters."""
        return Engine(self.form, self.exponents, self.lanes, self.columns, pixels=PIXELS)


MAIN = tuple(Array(Form.POT, exponents) for exponents in (3, 6, 0)) + tuple(
    Array(form) for form in (Form.TWOS, Form.BOOTH, Form.MAGNITUDE, Form.RECODED)
)
"""Measured in every library."""
CONTEXT = (
    Array(Form.POT, 2),
    Array(Form.POT, 4),
    Array(Form.EIGHT),
    *(
        Array(form, 3 if form is Form.POT else 6, lanes, columns)
        for lanes, columns in ((2, 8), (4, 8), (8, 8), (32, 8), (16, 4), (16, 16))
        for form in (Form.POT, Form.BOOTH, Form.MAGNITUDE)
    ),
)
"""Measured in OSU 180 only."""


def form_figures(show: Show) -> list[Figure]:
    """Measure all forms and sizes."""
    jobs = [
        (name, libraries.liberty(name), array)
        for name in libraries.NAMES
        if libraries.available(name)
        for array in (*MAIN, *(CONTEXT if name == "osu018" else ()))
    ]

    def one(job: tuple[str, Path, Array]) -> Figure:
        name, liberty, array = job
        engine = array.engine
        tiles = tiles_of(engine, weights(engine), maps(), 0, STRIPS)
        measured = measure(liberty, engine, tiles)
        show(f"{name}, {title(array)}: {measured.pj_per_mac:.3f} pJ")
        return _figure(name, liberty, array, measured)

    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(one, jobs))


def title(array: Array) -> str:
    """A form and its size in a few words."""
    exponents = f" 0..{array.exponents}" if array.form is Form.POT else ""
    return f"form {array.form.name.lower()}{exponents}, {array.lanes} x {array.columns}"


@cache
def _layer() -> Layer:
    network = load(NETWORK, "plain")
    return next(layer for layer in network.layers if layer.name == LAYER)


@cache
def maps() -> NDArray[np.int64]:
    """What enters the layer, [images, channels, rows, columns]."""
    found = layer_inputs(load(NETWORK, "plain"), mnist("test").images[:IMAGES])[LAYER]
    return found.numpy().astype(np.int64)


def weights(engine: Engine) -> Layer:
    """The layer with weights on the levels of an engine's form."""
    if engine.form is not Form.POT or engine.exponent_maximum >= LEAST_ROUNDED:
        return rounded(_layer(), engine)
    layer = rounded(_layer(), Engine(Form.POT, LEAST_ROUNDED))
    largest = 1 << engine.exponent_maximum
    cut = layer.weights.clamp(-largest, largest).to(torch.int8)
    return Layer(**{**layer.__dict__, "weights": cut})


def _figure(name: str, liberty: Path, array: Array, measured: ArrayEnergy) -> Figure:
    kinds = {
        kind: round(fj / measured.useful / 1e3, 4) for kind, fj in measured.by_kind.items()
    }  # pJ for each useful product
    return Figure(
        name="form_energy",
        network=NETWORK,
        value=round(measured.pj_per_mac, 4),
        unit="pJ/MAC",
        conditions={
            "library": name,
            "form": array.form.name.lower(),
            "exponents": f"0..{array.exponents}" if array.form is Form.POT else "none",
            "lanes": array.lanes,
            "columns": array.columns,
            "pixels": PIXELS,
            "layer": LAYER,
            "weights": "rounded, not trained",
            "pj_by_kind": kinds,
            "useful_products": measured.useful,
            "cycles": measured.cycles,
            "area_kge": round(measured.gates.total_area / _nand_area(liberty) / 1000, 2),
            "glitches": f"{SAMPLES} cycles",
            "netlist_hash": measured.gates.digest,
            "annotated_percent": measured.annotated_percent,
        },
    )


@cache
def _nand_area(liberty: Path) -> float:
    library = load_library(liberty)
    nand = smallest(library, "two-input NAND", 2, lambda a, b: not (a and b))
    return cell_area(library, nand.name)
