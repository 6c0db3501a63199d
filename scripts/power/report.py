# SPDX-License-Identifier: Apache-2.0
"""What `make power` shows: a table for each inference, two plots for each network, and a file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.files import write_bytes, write_json
from scripts.power.energy import KINDS
from scripts.power.estimate import Spent
from scripts.power.measure import UNIT, Measured

DATA_KINDS = tuple(kind for kind in KINDS if kind != "clock")
# Columns of the table and colours of the stacked bars. Each fJ is in exactly one of them.
COLUMNS = {
    "core": "#4477aa",
    "unit": "#66ccee",
    "multipliers": "#228833",
    "leading-one detectors": "#ccbb44",
    "bus, device": "#bbbbbb",
    "clock": "#aa3377",
    "RAM": "#ee6677",
}


def split(spent: Spent, measured: Measured) -> dict[str, float]:
    """Energy of a window in nJ, by the columns of the table."""
    parts = {label: spent.energy.of([label], DATA_KINDS) / 1e6 for label in ("core", *UNIT)}
    accesses = spent.accesses.items()
    return {
        **parts,
        "bus, device": spent.energy.of([""], DATA_KINDS) / 1e6,
        "clock": spent.energy.of(None, ["clock"]) / 1e6,
        "RAM": sum(measured.access_fj[name] * count for name, count in accesses) / 1e6,
    }


def table(measured: Measured) -> str:
    """One inference: a line for each layer, and their sum."""
    short = {"leading-one detectors": "lead one", "bus, device": "bus"}
    header = ["layer", "cycles", "kept", "zero", "soft", *(short.get(c, c) for c in COLUMNS)]
    rows = [_row(spent, lanes, measured) for spent, lanes in _layers(measured)]
    total = ["all", *(sum(row[i] for row in rows) for i in range(1, len(rows[0])))]
    gates = measured.gates
    lines = [
        f"{measured.workload.title}; {gates.library}, period {gates.technology.period_ns:g} ns",
        "".join(f"{word:>{6 if i == 0 else 12}}" for i, word in enumerate([*header, "sum, nJ"])),
    ]
    for row in [*rows, total]:
        numbers = [f"{value:,.0f}" if i < 4 else f"{value:,.1f}" for i, value in enumerate(row[1:])]
        lines.append(f"{row[0]:>6}" + "".join(f"{number:>12}" for number in numbers))
    lines.append(
        f"       unit alone {measured.unit_nj:,.1f} nJ; glitches"
        f" +-{measured.estimate.glitch_error / 1e6:,.1f} nJ;"
        f" average power {measured.average_mw:.3g} mW"
    )
    return "\n".join(lines)


def _layers(measured: Measured) -> Iterator[tuple[Spent, tuple[int, int, int]]]:
    return zip(measured.estimate.windows, measured.lanes, strict=True)


def _row(spent: Spent, lanes: tuple[int, int, int], measured: Measured) -> list[Any]:
    energies = list(split(spent, measured).values())
    return [spent.name, spent.cycles, *lanes, *energies, sum(energies)]


def write(measured: Sequence[Measured], folder: Path) -> list[Path]:
    """Write energy.json and the plots of each network; return their paths."""
    path = folder / "energy.json"
    write_json(path, {"inferences": [_record(each) for each in measured]})
    paths = [path]
    mpl.rcParams["svg.hashsalt"] = "lacuna"  # the same numbers give the same file
    for network in dict.fromkeys(each.workload.network for each in measured):
        mine = [each for each in measured if each.workload.network == network]
        for name, draw in (("layers", _draw_layers), ("skipping", _draw_skipping)):
            file = io.BytesIO()
            draw(mine).savefig(file, format="svg", metadata={"Date": None})
            paths.append(folder / f"{network}-{name}.svg")
            write_bytes(paths[-1], file.getvalue())
    return paths


def _record(each: Measured) -> dict[str, Any]:
    layers = [
        {
            "layer": spent.name,
            "cycles": spent.cycles,
            "kept": lanes[0],
            "zero_skipped": lanes[1],
            "soft_skipped": lanes[2],
            "nj": split(spent, each),
            "nj_by_kind": {kind: spent.energy.of(None, [kind]) / 1e6 for kind in KINDS},
            "glitch_error_nj": spent.glitch_error / 1e6,
            "accesses": spent.accesses,
        }
        for spent, lanes in _layers(each)
    ]
    workload = each.workload
    return {
        "network": workload.network,
        "mode": workload.mode,
        "training": workload.training,
        "unit": workload.unit,
        "program": workload.program,
        "library": each.gates.library,
        "netlist_hash": each.gates.digest,
        "period_ns": each.gates.technology.period_ns,
        "unit_nj": each.unit_nj,
        "loop_nj": each.loop_nj(),
        "average_mw": each.average_mw,
        "registers_checked": each.estimate.checked,
        "layers": layers,
    }


def _short(each: Measured) -> str:
    """A label for a bar."""
    workload = each.workload
    words = [workload.mode, "simd4" if workload.unit == "simd4" else f"{workload.unit}x"]
    if workload.program != "lenet5":
        words.append(workload.program.removeprefix("lenet5_"))
    return "\n".join(words)


def _draw_layers(measured: Sequence[Measured]) -> Figure:
    """Stacked bars: a panel for each layer, a bar for each inference."""
    names = [spent.name for spent in measured[0].estimate.windows]
    figure = Figure(figsize=(2.2 + 0.42 * len(names) * len(measured), 4.6))
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for i, (panel, name) in enumerate(zip(panels, names, strict=True)):
        bottom = [0.0] * len(measured)
        parts = [split(each.estimate.windows[i], each) for each in measured]
        for column, colour in COLUMNS.items():
            heights = [part[column] / 1e3 for part in parts]
            panel.bar(range(len(measured)), heights, 0.75, bottom, color=colour, label=column)
            bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
        panel.set_title(name, fontsize=10)
        panel.set_xticks(range(len(measured)), [_short(each) for each in measured], fontsize=6)
        panel.tick_params(axis="y", labelsize=8)
    panels[0].set_ylabel("energy, uJ")
    first = measured[0]
    figure.suptitle(f"{first.workload.network}, {first.gates.library}, one inference", fontsize=11)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower center", ncols=len(COLUMNS), fontsize=8, frameon=False
    )
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    return figure


def _draw_skipping(measured: Sequence[Measured]) -> Figure:
    """Energy of the unit for each product against the share of products skipped, by layer.

    Products that a program jumps over are skipped too: of each layer, the inference that counts
    most lanes tells how many there are.
    """
    figure = Figure(figsize=(7, 4.6))
    panel: Axes = figure.subplots()
    lanes = [max(map(sum, layer)) for layer in zip(*(each.lanes for each in measured), strict=True)]
    for each in measured:
        skipped = [100 * (1 - kept[0] / n) for kept, n in zip(each.lanes, lanes, strict=True)]
        windows = zip(each.estimate.windows, lanes, strict=True)
        energies = [spent.energy.of(UNIT) / 1e3 / n for spent, n in windows]
        label = _short(each).replace("\n", ", ")
        panel.plot(skipped, energies, "o", label=label, markersize=5, alpha=0.8)
    panel.set_xlabel("products skipped, % (zero operands included)")
    panel.set_ylabel("energy of the unit for each product, pJ")
    panel.set_ylim(bottom=0)
    panel.grid(alpha=0.25)
    first = measured[0]
    title = f"{first.workload.network}, {first.gates.library}; a point is a layer"
    panel.set_title(title, fontsize=10)
    panel.legend(fontsize=8)
    figure.tight_layout()
    return figure
