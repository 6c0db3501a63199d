# SPDX-License-Identifier: Apache-2.0
"""The plot of scripts/explore.py: interval and utilisation against multipliers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# By the order of the fronts: searched and equal shares of the one kind, then of the other.
STYLES = (("#c0392b", "o-"), ("#c0392b", "s:"), ("#1f77b4", "o-"), ("#1f77b4", "s:"))


@dataclass(frozen=True)
class Point:
    """One configuration: multipliers used, cycles per image, share of the multipliers busy."""

    multipliers: int
    interval: float
    utilisation: float


@dataclass(frozen=True)
class Front:
    """The configurations that one way of choosing gives."""

    label: str
    points: tuple[Point, ...]


def draw(network: str, fronts: Sequence[Front]) -> bytes:
    """Two panels, as the bytes of an SVG file; the same fronts give the same bytes."""
    figure = Figure(figsize=(10, 4.2))
    interval, utilisation = figure.subplots(1, 2, sharex=True)
    for front, (color, style) in zip(fronts, STYLES, strict=True):
        multipliers = [point.multipliers for point in front.points]
        for panel, values in (
            (interval, [point.interval for point in front.points]),
            (utilisation, [point.utilisation for point in front.points]),
        ):
            panel.plot(
                multipliers, values, style, color=color, label=front.label, linewidth=1.2, ms=4
            )
    interval.set_yscale("log")
    interval.set_ylabel("cycles per image")
    utilisation.set_ylim(0, 1)
    utilisation.set_ylabel("share of the multipliers busy")
    for panel in (interval, utilisation):
        _finish(panel)
    handles, labels = interval.get_legend_handles_labels()
    figure.suptitle(f"{network}: hardware by multipliers", fontsize=11)
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    mpl.rcParams["svg.hashsalt"] = "lacuna"
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _finish(panel: Axes) -> None:
    panel.set_xscale("log", base=2)
    panel.xaxis.set_major_formatter("{x:.0f}")
    panel.set_xlabel("multipliers")
    panel.grid(alpha=0.25)
