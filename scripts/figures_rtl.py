# SPDX-License-Identifier: Apache-2.0
"""Figures of msb_skip that come from RTL: cycles, speed-up over plain RV32IMC, images checked,
simulation speed.

Every run compares each layer's output memory and each counter of each image with the golden model,
and a run that differs raises, so a figure exists only for results that are bit-exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from scripts.bare import cycles_per_cpu_second
from scripts.figure import Figure
from scripts.progress import cores
from scripts.simulate import Result, simulate

NETWORKS = ("lenet5-relu", "lenet5-tanh")
MODES = ("exact", "zero", "soft")
MACS = 416_520
CONV_MACS = 357_600
CYCLE_IMAGES = 4
CHECKED_IMAGES = 100
IMAGES_PER_RUN = 50
SPEED_IMAGES = 50
SPEED_PAIRS = 3
SOURCE = "arXiv 2603.10100"

Progress = Callable[[str], None]
Runs = Mapping[tuple[Any, ...], Result]


def rtl_figures(progress: Progress) -> list[Figure]:
    """Run every simulation that the figures need, on all cores, and return the figures."""
    jobs = _jobs()
    with ThreadPoolExecutor(cores()) as pool:
        pending = {key: pool.submit(_simulate, job, progress) for key, job in jobs.items()}
        runs = {key: future.result() for key, future in pending.items()}
    figures: list[Figure] = []
    for network in NETWORKS:
        figures.append(_images_checked(network, runs))
        figures += _cycles(network, runs)
        figures += _against_scalar(network, runs)
    figures.append(_macs_per_cycle(runs))
    progress("simulation speed, with nothing else running")
    figures.append(_sim_speed(runs))
    return figures


def _jobs() -> dict[tuple[Any, ...], dict[str, Any]]:
    """Arguments of each simulation by what it is for. The long ones come first."""
    jobs: dict[tuple[Any, ...], dict[str, Any]] = {}
    for network in NETWORKS:
        for first in range(0, CHECKED_IMAGES, IMAGES_PER_RUN):
            settings = {"network": network, "images": IMAGES_PER_RUN, "first": first}
            jobs["checked", network, first] = {"settings": settings}
    for network in NETWORKS:
        scalar = {"network": network, "images": 1, "program": "lenet5_scalar", "mode": "exact"}
        jobs["scalar", network] = {"settings": scalar}
        for mode in MODES:
            for multipliers in (1, 4):
                settings = {"network": network, "images": CYCLE_IMAGES, "mode": mode}
                parameters = {"Multipliers": multipliers}
                jobs["cycles", network, mode, multipliers] = {
                    "settings": settings,
                    "parameters": parameters,
                }
    return jobs


def _simulate(job: dict[str, Any], progress: Progress) -> Result:
    result = simulate("soc", "Inference", **job)
    wanted = {**job["settings"], **job.get("parameters", {})}
    progress(f"soc {' '.join(map(str, wanted.values()))}: {result.seconds:.0f} s")
    return result


def _images_checked(network: str, runs: Runs) -> Figure:
    checked = [run for key, run in runs.items() if key[:2] == ("checked", network)]
    return Figure(
        name="rtl_images_checked",
        network=network,
        value=sum(run.counts["images"] for run in checked),
        unit="images",
        against="golden model, every layer's output memory and every counter",
        conditions={
            **_conditions("soft", 1),
            "values_compared": sum(run.counts["values_compared"] for run in checked),
        },
    )


def _cycles(network: str, runs: Runs) -> list[Figure]:
    figures = []
    for mode in MODES:
        for multipliers in (1, 4):
            run = runs["cycles", network, mode, multipliers]
            layers = {name: n // CYCLE_IMAGES for name, n in _layer_cycles(run).items()}
            figures.append(
                Figure(
                    name="cycles_per_inference",
                    network=network,
                    value=run.counts["cycles_per_inference"],
                    unit="cycles",
                    conditions={
                        **_conditions(mode, multipliers),
                        "images": CYCLE_IMAGES,
                        "cycles_by_layer": layers,
                    },
                )
            )
    return figures


def _against_scalar(network: str, runs: Runs) -> list[Figure]:
    scalar = runs["scalar", network]
    skipping = runs["cycles", network, "soft", 1].counts["cycles_per_inference"]
    layers = _layer_cycles(scalar)
    program = {"program": "plain RV32IMC C, GCC 12.2 -O3", "images": 1}
    return [
        Figure(
            name="speedup_over_scalar",
            network=network,
            value=round(scalar.cycles / skipping, 3),
            unit="x",
            against="the same network in plain RV32IMC C on the same core",
            conditions={**_conditions("soft", 1), "scalar_cycles": scalar.cycles},
        ),
        Figure(
            name="scalar_cycles_per_mac_conv",
            network=network,
            value=round((layers["c1"] + layers["c3"]) / CONV_MACS, 3),
            unit="cycles/MAC",
            against="best small cores, 5x5 int8 convolution in plain C",
            reference=5.21,
            conditions={**program, "includes": "requantisation, activation and pooling"},
        ),
    ]


def _macs_per_cycle(runs: Runs) -> Figure:
    cycles = runs["cycles", "lenet5-relu", "soft", 1].counts["cycles_per_inference"]
    return Figure(
        name="macs_per_cycle",
        network="lenet5-relu",
        value=round(MACS / cycles, 3),
        unit="MAC/cycle",
        conditions={**_conditions("soft", 1), "images": CYCLE_IMAGES, "macs": MACS},
    )


def _sim_speed(runs: Runs) -> Figure:
    """Checked and bare runs of the same images, in turn; the median of their ratios."""
    ratios, speeds = [], []
    settings = {"network": "lenet5-relu", "images": SPEED_IMAGES, "first": 0}
    for _ in range(SPEED_PAIRS):
        run = simulate("soc", "Inference", settings=settings)
        bare = cycles_per_cpu_second(Path(run.directory))
        speeds.append(run.cycles / run.cpu_seconds)
        ratios.append(speeds[-1] / bare)
    return Figure(
        name="sim_speed_ratio",
        network="lenet5-relu",
        value=round(median(ratios), 3),
        unit="ratio",
        against="bare Verilator C++ loop of the same RTL, cycles per CPU second",
        conditions={
            **_conditions("soft", 1),
            "images": SPEED_IMAGES,
            "pairs": SPEED_PAIRS,
            "cycles_per_cpu_second": round(median(speeds)),
            "includes": "start-up of Python and cocotb",
        },
    )


def _layer_cycles(run: Result) -> dict[str, int]:
    return {
        name.removeprefix("cycles_"): value
        for name, value in run.counts.items()
        if name.startswith("cycles_") and name != "cycles_per_inference"
    }


def _conditions(mode: str, multipliers: int) -> dict[str, Any]:
    rule = {
        "exact": "no skipping",
        "zero": "zero operands",
        "soft": "absolute threshold per layer",
    }[mode]
    training = "soft" if mode == "soft" else "plain"
    return {
        "level": "loop",
        "mode": mode,
        "multipliers": multipliers,
        "rule": rule,
        "training": training,
        "seeds": [0],
    }
