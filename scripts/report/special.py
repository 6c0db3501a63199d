# SPDX-License-Identifier: Apache-2.0
"""Plots that only one block has: those its page must not do without."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scripts.report.canvas import Plot
from scripts.report.data import Block, Data, Missing
from scripts.report.plots import Line, lines

_LOSS = (-25.0, 75.0)  # images of 10,000 that the trade-off shows
_RULES = {
    "trained, against plain": ("s1", "o"),
    "trained, against the same recipe": ("s5", "s"),
    "absolute, untrained": ("s2", ".-"),
    "running maximum, untrained": ("s3", ".-"),
    "window maximum (two passes), untrained": ("s4", ".-"),
}


def special(block: Block, data: Data) -> Mapping[str, Plot | Missing]:
    """Return the special plots of a block by the topic or figure name that they stand with."""
    found = {name: draw(block, data) for name, draw in SPECIAL.get(block.name, {}).items()}
    return {name: plot for name, plot in found.items() if plot is not None}


def _tradeoff(block: Block, data: Data) -> Plot | Missing | None:
    if isinstance(data.tradeoff, Missing):
        return data.tradeoff
    points = [point for point in data.tradeoff if point.images == "test"]
    panels: dict[str, list[Line]] = {}
    for network in dict.fromkeys(point.network for point in points):
        panels[network] = []
        for kind, (colour, style) in _RULES.items():
            mine = [(p.skipped, p.lost) for p in points if (p.network, p.kind) == (network, kind)]
            if mine:
                panels[network].append(Line(kind, mine, colour, style))
    if not panels:
        return None
    caption = (
        "What skipping costs: lines are rules applied to the ordinary network without training,"
        " marks networks trained with the skip, 10,000 test images. Right and down is better."
    )
    x, y = "products skipped, %", "images lost of 10,000"
    return lines("tradeoff", panels, x, y, caption, _LOSS)


def _speedup(block: Block, data: Data) -> Plot | None:
    figures = block.pick("engine_speedup_at_density")
    # The bound is 1 / density of the products, which differs a little from that of the maps.
    measured = [(1 / figure.reference, figure.value) for figure in figures if figure.reference]
    if not measured:
        return None
    steps = [0.1 * 10 ** (i / 40) for i in range(41)]
    curves = [
        Line("bound, 1 / density", [(step, 1 / step) for step in steps], "beat", "-"),
        Line("measured on RTL", measured, "s1", "o"),
    ]
    caption = "Speed-up over the dense twin on random maps, and the bound of any exact skipping."
    return lines("speedup", {"": curves}, "density of the products", "speed-up, x", caption)


SPECIAL: Mapping[str, Mapping[str, Callable[[Block, Data], Plot | Missing | None]]] = {
    "msb_skip": {"Accuracy and products": _tradeoff},
    "sparse_stream": {"engine_speedup_at_density": _speedup},
}
