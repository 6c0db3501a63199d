# SPDX-License-Identifier: Apache-2.0
"""Figures of msb_skip that come from gates: energy per inference, what skipping saves, area.

Every inference is compared with the golden model, and every register of the netlist with the
recording in every cycle, so a figure exists only where both agree. docs/method.md explains them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.figure import Figure
from scripts.power import libraries
from scripts.power.estimate import SAMPLES, Estimator
from scripts.power.gates import cell_area, gates
from scripts.power.liberty import load
from scripts.power.measure import Measured, measure
from scripts.power.technology import smallest
from scripts.power.workload import TYPICAL_IMAGE, Workload, run

NETWORKS = ("lenet5-relu", "lenet5-tanh")
UNITS = ("1", "4")
PROGRAMS = ("lenet5", "lenet5_branch")
RAM_SCALES = (0.0, 0.5, 1.0, 2.0)
SWEPT = ("1", "lenet5_branch")  # unit and program whose saving is given for all RAM scales
SOURCE = "arXiv 2603.10100 (power = 0.40 x skip rate, an estimate)"
PUBLISHED = {"lenet5-relu": 35.2, "lenet5-tanh": 29.96}

Progress = Callable[[str], None]


def power_figures(progress: Progress) -> list[Figure]:
    """Measure everything in every library that can be had."""
    paths = {name: libraries.liberty(name) for name in libraries.NAMES if _had(name, progress)}
    measured = measure(_workloads(), paths, progress)
    table = {(each.library, each.workload): each for each in measured}
    figures = [_energy(each, level) for each in measured for level in ("unit", "loop")]
    figures += _savings(table)
    for name, path in paths.items():
        figures += _areas(name, path)
    checked = min(measured, key=lambda each: each.estimate.annotated_percent)
    figures.append(_annotated(checked, len(measured)))
    progress("speed of the estimate, with nothing else running")
    return [*figures, *_speed(paths["osu018"])]


def _had(name: str, progress: Progress) -> bool:
    if libraries.available(name):
        return True
    progress(f"{name} is not here and cannot be fetched: no figures in it")
    return False


def _workloads() -> list[Workload]:
    found = []
    for network in NETWORKS:
        for training in ("plain", "soft"):
            found.append(Workload(network, "exact", training, "simd4"))
            for unit in UNITS:
                found.append(Workload(network, "exact", training, unit))
                found += [Workload(network, "zero", training, unit, p) for p in PROGRAMS]
        found += [Workload(network, "soft", "soft", u, p) for u in UNITS for p in PROGRAMS]
    return found


def _conditions(each: Measured, level: str) -> dict[str, Any]:
    workload = each.workload
    return {
        "library": each.library,
        "level": level,
        "mode": workload.mode,
        "training": workload.training,
        "unit": "simd4" if workload.unit == "simd4" else "msb_skip",
        "multipliers": 4 if workload.unit == "simd4" else int(workload.unit),
        "program": workload.program,
        "netlist_hash": each.gates.digest,
        "cycles": each.estimate.cycles,
        "glitches": f"{SAMPLES} cycles of each layer",
        "period_ns": each.gates.technology.period_ns,
        "image": TYPICAL_IMAGE,
    }


def _energy(each: Measured, level: str) -> Figure:
    conditions = _conditions(each, level)
    if level == "loop":
        conditions |= {
            "ram_scale": 1.0,
            "ram_nj": round(each.ram_nj, 1),
            "average_mw": round(each.average_mw, 3),
            "glitch_error_nj": round(each.estimate.glitch_error / 1e6, 1),
        }
    return Figure(
        name="energy_per_inference",
        network=each.workload.network,
        value=round(each.unit_nj if level == "unit" else each.loop_nj(), 1),
        unit="nJ",
        conditions=conditions,
    )


def _savings(table: Mapping[tuple[str, Workload], Measured]) -> Iterator[Figure]:
    """What mode soft saves against each baseline, which runs its own better program."""
    for (library, workload), each in table.items():
        if workload.mode != "soft":
            continue
        for training in ("plain", "soft"):
            for baseline, unit in (
                ("exact", workload.unit),
                ("zero", workload.unit),
                ("simd4", ""),
            ):
                rivals = _rivals(table, library, workload.network, training, baseline, unit)
                same = training == "soft"
                yield _saved(each, rivals, "unit", baseline, same, None)
                swept = (workload.unit, workload.program) == SWEPT
                for scale in RAM_SCALES if swept else (1.0,):
                    yield _saved(each, rivals, "loop", baseline, same, scale)


def _rivals(
    table: Mapping[tuple[str, Workload], Measured],
    library: str,
    network: str,
    training: str,
    baseline: str,
    unit: str,
) -> list[Measured]:
    mode = "exact" if baseline == "simd4" else baseline
    wanted = (network, mode, training, unit or "simd4")
    return [
        each
        for (name, w), each in table.items()
        if name == library and (w.network, w.mode, w.training, w.unit) == wanted
    ]


def _saved(
    each: Measured,
    rivals: Sequence[Measured],
    level: str,
    baseline: str,
    same_weights: bool,
    ram_scale: float | None,
) -> Figure:
    def joules(one: Measured) -> float:
        return one.unit_nj if ram_scale is None else one.loop_nj(ram_scale)

    rival = min(rivals, key=joules)
    conditions = _conditions(each, level)
    conditions |= {
        "baseline": baseline,
        "baseline_program": rival.workload.program,
        "baseline_nj": round(joules(rival), 1),
        "baseline_cycles": rival.estimate.cycles,
        "baseline_netlist_hash": rival.gates.digest,
        "same_weights": same_weights,
    }
    if ram_scale is not None:
        conditions["ram_scale"] = ram_scale
    published = level == "loop" and baseline == "exact" and not same_weights
    return Figure(
        name="energy_saved",
        network=each.workload.network,
        value=round(100 * (1 - joules(each) / joules(rival)), 2),
        unit="%",
        against=f"{baseline}, {'the same' if same_weights else 'ordinary'} weights",
        reference=PUBLISHED[each.workload.network] if published else None,
        source=SOURCE if published else "",
        conditions=conditions,
    )


def _areas(name: str, path: Path) -> Iterator[Figure]:
    """Area of the unit alone, in NAND2 of the library."""
    designs: dict[str, tuple[str, dict[str, int]]] = {
        "simd4": ("msb_skip_simd4", {}),
        **{str(m): ("msb_skip", {"Multipliers": m}) for m in (1, 2, 4)},
    }
    made = {unit: gates("msb_skip", path, own, top) for unit, (top, own) in designs.items()}
    library = load(path)
    nand = smallest(library, "two-input NAND", 2, lambda a, b: not (a and b))
    for unit, each in made.items():
        yield Figure(
            name="area_kge",
            value=round(each.total_area / cell_area(library, nand.name) / 1000, 3),
            unit="kGE",
            against="simd4: four multipliers that always multiply",
            conditions={
                "library": name,
                "unit": "simd4" if unit == "simd4" else "msb_skip",
                "multipliers": 4 if unit == "simd4" else int(unit),
                "share_of_simd4": round(each.total_area / made["simd4"].total_area, 3),
                "accumulators": 8,
                "netlist_hash": each.digest,
            },
        )


def _annotated(each: Measured, inferences: int) -> Figure:
    return Figure(
        name="annotated_percent",
        value=round(each.estimate.annotated_percent, 4),
        unit="%",
        conditions={
            "of": "nets of the system's netlist",
            "lowest_of_inferences": inferences,
            "registers_checked_each_cycle": each.estimate.checked,
        },
    )


def _speed(path: Path) -> Iterator[Figure]:
    """One inference, nothing from the cache, by one core: replay alone, and all of it."""
    workload = Workload(NETWORKS[0], "soft", "soft", "1")
    made = gates("soc", path, workload.parameters)
    simulated = run(workload)
    started = time.perf_counter()
    estimator = Estimator(made)
    activity = simulated.activity(estimator.wanted())
    result = estimator.fresh(activity.recording, activity.windows)
    seconds = time.perf_counter() - started
    conditions = {"library": "osu018", "cycles": result.cycles, "cells": sum(made.cells.values())}
    yield Figure(
        name="replay_cycles_per_second",
        network=workload.network,
        value=round(result.replay_rate),
        unit="1/s",
        conditions={**conditions, "includes": "toggles of all nets, all checks"},
    )
    yield Figure(
        name="seconds_to_figure",
        network=workload.network,
        value=round(seconds, 1),
        unit="s",
        conditions={**conditions, "from": "finished simulation", "to": "energy of each layer"},
    )
