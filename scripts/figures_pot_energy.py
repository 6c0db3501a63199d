# SPDX-License-Identifier: Apache-2.0
"""Figures of pot that come from gates: energy of networks by form, and what powers of two save.

Every program is compared with the golden model, and every register of the netlist with the
recording in every cycle, so a figure exists only where both agree. docs/pot.md explains them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from golden.pot import Form
from golden.pot_engine import Engine
from scripts.figure import Figure
from scripts.pot_sides import (
    CONTEXT,
    LENET,
    OPPONENTS,
    OTHERS,
    POT,
    PRUNED,
    SIZES,
    VGG,
    find,
    loss_percent,
    measured,
    quality,
)
from scripts.power import libraries
from scripts.power.energy import KINDS
from scripts.power.pot import ARRAY, BLOCK, SAMPLES, Measured, layer_nj
from scripts.simulate import simulate

CHECKED = {LENET: 20, VGG: 1}  # images whose every map is compared on RTL
LOSS_PERCENT = 0.1  # of accuracy that pruning may cost
LEVELS = ("array", "engine")
# What is published: a whole accelerator against its uniform version, on an FPGA.
PUBLISHED, SOURCE = 1.4, "arXiv 2209.15257 (whole accelerator, FPGA)"

Show = Callable[[str], None]


def energy_figures(show: Show) -> list[Figure]:
    """Measure everything in every library that can be had."""
    paths = {name: libraries.liberty(name) for name in libraries.NAMES if _had(name, show)}
    found = measured(paths, show)
    return [
        *_per_inference(found),
        *_ratios(found),
        *_pruned(found),
        *_areas(found),
        *_checked(show),
    ]


def _had(name: str, show: Show) -> bool:
    if libraries.available(name):
        return True
    show(f"{name} is not here and cannot be fetched: no figures in it")
    return False


# ---- Figures ----


def _common(each: Measured) -> dict[str, Any]:
    engine = each.workload.engine
    groups = each.workload.groups
    return {
        "lanes": engine.lanes,
        "columns": engine.columns,
        "pixels": engine.pixels,
        "images": each.workload.images,
        "sample": f"{groups} group of channels of each layer" if groups else "everything",
        "glitches": f"{SAMPLES} cycles of each command",
        "period_ns": each.gates.technology.period_ns,
        "netlist_hash": each.gates.digest,
        "annotated_percent": each.annotated_percent,
        "cycles": round(each.cycles),
    }


def _per_inference(found: Sequence[Measured]) -> Iterator[Figure]:
    """Energy of an image and of a useful product, and where it goes."""
    for each in found:
        engine = each.workload.engine
        for level in LEVELS:
            conditions = {
                "library": each.library,
                "form": engine.form.name.lower(),
                "level": level,
                **quality(each.workload),
                "exponents": exponents(engine),
                **_common(each),
                "nj_by_part": parts_nj(each) if level == "engine" else {},
                "nj_by_kind": kinds_nj(each, level),
                "glitch_error_nj": round(each.glitch_error_nj, 2),
            }
            network = each.workload.network
            for name, value, unit, layers in (
                ("energy_per_inference", round(each.nj(level), 1), "nJ", _by_layer(each, level)),
                ("energy_per_mac", round(1e3 * each.nj(level) / each.useful, 4), "pJ", {}),
            ):
                yield Figure(
                    name, value, unit, network=network, conditions={**conditions, **layers}
                )


def _by_layer(each: Measured, level: str) -> dict[str, dict[str, float]]:
    """Energy, cycles and products of the layers; transfers are no layer and have no products."""
    counted = [layer for layer in each.layers if layer.useful]
    return {
        "nj_by_layer": {layer.name: round(layer_nj(layer, level), 2) for layer in each.layers},
        "cycles_by_layer": {layer.name: round(layer.cycles, 1) for layer in each.layers},
        "useful_by_layer": {layer.name: layer.useful for layer in counted},
        "zero_weight_by_layer": {layer.name: layer.idle for layer in counted},
    }


def exponents(engine: Engine) -> str:
    """Range of the exponents, or that there are none."""
    return f"0..{engine.exponent_maximum}" if engine.form is Form.POT else "none"


def parts_nj(each: Measured) -> dict[str, float]:
    """Energy by label; "rest" is in no part."""
    labels = dict.fromkeys(label for layer in each.layers for label, _ in layer.energy.parts)
    found = {
        label or "rest": round(sum(layer.energy.of([label]) for layer in each.layers) / 1e6, 2)
        for label in labels
    }
    return {**found, "memories": round(each.memories_nj, 2)}


def kinds_nj(each: Measured, level: str) -> dict[str, float]:
    """Energy of the logic by kind."""
    labels = ARRAY if level == "array" else None
    return {
        kind: round(sum(layer.energy.of(labels, [kind]) for layer in each.layers) / 1e6, 2)
        for kind in KINDS
    }


def _ratios(found: Sequence[Measured]) -> Iterator[Figure]:
    """What each opponent needs over what powers of two need, for the same images."""
    for mine in found:
        if mine.workload.engine.form is not Form.POT or mine.workload.training in PRUNED:
            continue
        for side in (*OPPONENTS, *OTHERS):
            rival = find(found, side, mine.workload.network, mine.library)
            for level in LEVELS if rival else ():
                assert rival is not None
                yield _ratio("energy_ratio", mine, rival, side.name, level)


def _ratio(name: str, mine: Measured, rival: Measured, opponent: str, level: str) -> Figure:
    comparable = opponent == OPPONENTS[0].name and level == "engine"
    return Figure(
        name=name,
        network=mine.workload.network,
        value=round(rival.nj(level) / mine.nj(level), 3),
        unit="x",
        reference=PUBLISHED if comparable else None,
        source=SOURCE if comparable else "",
        against=f"{rival.workload.training}, form {rival.workload.engine.form.name.lower()}",
        conditions={
            "library": mine.library,
            "level": level,
            "opponent": opponent,
            "exponents": exponents(mine.workload.engine),
            **quality(mine.workload),
            **quality(rival.workload, "opponent_"),
            **_common(mine),
            "opponent_netlist_hash": rival.gates.digest,
            "opponent_cycles": round(rival.cycles),
            "nj": round(mine.nj(level), 1),
            "opponent_nj": round(rival.nj(level), 1),
            "pj_per_mac": round(1e3 * mine.nj(level) / mine.useful, 4),
            "opponent_pj_per_mac": round(1e3 * rival.nj(level) / rival.useful, 4),
        },
    )


def _pruned(found: Sequence[Measured]) -> Iterator[Figure]:
    """Pruned powers of two against two's complement without pruning, at each level.

    The loss is what pruning costs, against the same levels without it; what is lost against the
    opponent's network stands beside it.
    """
    rival = find(found, OPPONENTS[0], LENET, CONTEXT)
    for training in PRUNED if rival else ():
        mine = find(found, POT, LENET, CONTEXT, training)
        assert mine is not None
        assert rival is not None
        loss = loss_percent(LENET, training, POT.training)
        behind = loss_percent(LENET, training, rival.workload.training)
        lost = {
            "accuracy_loss_percent": loss,
            "opponent_accuracy_loss_percent": behind,
            "within": loss <= LOSS_PERCENT,
        }
        for level in reversed(LEVELS):
            figure = _ratio("energy_ratio_pruned", mine, rival, OPPONENTS[0].name, level)
            yield replace(figure, conditions={**figure.conditions, **lost})


def _areas(found: Sequence[Measured]) -> Iterator[Figure]:
    """Area of an opponent's array, and of its engine without memories, over that of ours."""
    for mine in found:
        if mine.workload.network != LENET or mine.workload.training != POT.training:
            continue
        for side in (*OPPONENTS, *OTHERS):
            rival = find(found, side, LENET, mine.library)
            for level in LEVELS if rival else ():
                assert rival is not None
                areas = [_area(one, level) for one in (rival, mine)]
                yield Figure(
                    "area_ratio",
                    round(areas[0] / areas[1], 3),
                    "x",
                    against=f"form {side.form.name.lower()}",
                    conditions={
                        "library": mine.library,
                        "level": level,
                        "opponent": side.name,
                        "exponents": exponents(mine.workload.engine),
                        "area": round(areas[1]),
                        "opponent_area": round(areas[0]),
                        "memories": "left out",
                        **SIZES,
                        "netlist_hash": mine.gates.digest,
                        "opponent_netlist_hash": rival.gates.digest,
                    },
                )


def _area(each: Measured, level: str) -> float:
    area = each.gates.area
    return sum(area[label] for label in ARRAY) if level == "array" else each.gates.total_area


def _checked(show: Show) -> Iterator[Figure]:
    """Whole networks on RTL, every map compared."""
    for network, images in CHECKED.items():
        run = simulate(
            BLOCK,
            "Inference",
            parameters=POT.engine.parameters(),
            settings={
                "network": network, "training": POT.training, "images": images, "form": "pot",
                "nearest": False,
            },
        )  # fmt: skip
        show(f"{network}: {images} images on RTL")
        yield Figure(
            name="engine_images_checked",
            network=network,
            value=images,
            unit="images",
            conditions={
                "training": POT.training,
                "exponents": exponents(POT.engine),
                "bytes_compared": run.counts["compared"],
                "commands": run.counts["commands"],
                "cycles": run.cycles,
                **SIZES,
            },
        )
