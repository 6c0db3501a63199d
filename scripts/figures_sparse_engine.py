# SPDX-License-Identifier: Apache-2.0
"""Figures of sparse_stream beside networks: speed-up by density, energy, simulation speed.

Every simulation compares its outputs with the golden model and raises if one differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.figure import Figure
from scripts.figures_sparse_stream import (
    BLOCK,
    LENET,
    Twins,
    configuration_name,
    generated,
    twins,
)
from scripts.power import libraries
from scripts.power.pipeline import BETWEEN, measure
from scripts.simulate import Result, simulate

ENERGY_IMAGES = 5
SPEED_IMAGES = 60
DENSITIES = (10, 30, 50, 70, 90, 100)
# A layer of middle size: 16 x 16 x 16 maps, 16 filters, 4 multipliers.
MIDDLE = {
    "Height": 16, "Width": 16, "Channels": 16, "Filters": 16, "Kernel": 3, "Padding": 1,
    "Stride": 1, "Pool": 0, "Streams": 1, "Lanes": 8, "Pixels": 1, "Slots": 1, "Columns": 4,
    "Queue": 16, "Banks": 2, "OutValues": 1,
}  # fmt: skip

Progress = Callable[[str], None]


def engine_figures(progress: Progress) -> list[Figure]:
    """Run every simulation that the figures need and return the figures."""
    lenet = twins(LENET, "plain", ENERGY_IMAGES)
    figures = [*_by_density(progress), *_energy(lenet, progress)]
    progress("simulation speed, with nothing else running")
    return [*figures, _speed()]


# ---- An engine by density ----


def _by_density(progress: Progress) -> Iterator[Figure]:
    """Cycles of a layer of middle size on random maps, against its dense twin."""
    dense = _engine(100, 1)
    for density in DENSITIES:
        sparse = _engine(density, 0)
        made = sparse.counts["products_layer"] / dense.counts["products_layer"]
        speed_up = dense.counts["cycles_layer"] / sparse.counts["cycles_layer"]
        yield Figure(
            name="engine_speedup_at_density",
            value=round(speed_up, 3),
            unit="x",
            against="the dense twin",
            reference=round(1 / made, 3),
            source="bound: 1 / density",
            conditions={
                "density": density / 100,
                "density_of_products": round(made, 4),
                "share_of_bound": round(speed_up * made, 4),
                "multipliers": MIDDLE["Columns"],
                "lanes": MIDDLE["Lanes"],
                "map": "16 x 16 x 16, 16 filters 3 x 3",
                "source": "rtl",
            },
        )
    progress("speed-up by density")


def _engine(density: int, dense: int) -> Result:
    settings = {"density": density, "images": 4}
    return simulate(BLOCK, "FullSpeed", parameters={**MIDDLE, "Dense": dense}, settings=settings)


# ---- Energy and speed ----


def _energy(pair: Twins, progress: Progress) -> Iterator[Figure]:
    library = libraries.liberty("osu018")
    spent = {}
    for kind, configuration in (("sparse", pair.sparse), ("dense", pair.dense)):
        settings = {"configuration": configuration.name, "images": ENERGY_IMAGES}
        result = simulate(BLOCK, "Pipeline", settings=settings, waves=True)
        waves = Path(str(result.waves))
        spent[kind] = measure(library, generated(configuration), waves, "bench.u_net", 10, 1)
        waves.unlink()  # tens of megabytes; the run's replay command makes it again
        progress(f"{configuration.name}: energy of an image")
    for kind, one in spent.items():
        yield Figure(
            name="energy_per_inference",
            network=pair.network,
            value=round(one.logic_nj + one.memories_nj, 1),
            unit="nJ",
            against="the dense twin" if kind == "sparse" else "",
            conditions={
                "pipeline": kind,
                "library": "osu018",
                "logic_nj": round(one.logic_nj, 1),
                "memories_nj": round(one.memories_nj, 1),
                "nj_by_layer": {
                    name: round(one.nj_by_layer[name], 1)
                    for name in [*(layer.name for layer in pair.sparse.layers), BETWEEN]
                },
                "times_lower": _times_lower(spent) if kind == "sparse" else 1.0,
                "cycles": round(one.cycles),
                "images": one.images,
                "netlist_hash": one.gates.digest,
                "glitches": "included",
                "annotated_percent": one.estimate.annotated_percent,
            },
        )


def _times_lower(spent: Mapping[str, Any]) -> float:
    total = {kind: one.logic_nj + one.memories_nj for kind, one in spent.items()}
    return round(float(total["dense"] / total["sparse"]), 3)


def _speed() -> Figure:
    settings = {
        "configuration": configuration_name(LENET, "plain", "sparse"),
        "images": SPEED_IMAGES,
    }
    run = simulate(BLOCK, "Pipeline", settings=settings)
    return Figure(
        name="sim_cycles_per_second",
        network=LENET,
        value=round(run.cycles / run.cpu_seconds),
        unit="1/s",
        conditions={
            "images": SPEED_IMAGES,
            "seconds": "of the processor",
            "includes": "start-up of Python and cocotb, the comparison of every layer",
        },
    )
