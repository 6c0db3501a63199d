# SPDX-License-Identifier: Apache-2.0
"""The plots that any block can have: rows of dots, stacked bars, and lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from scripts.labels import number
from scripts.report.canvas import SERIES, WIDE, Plot, colour, only_x_grid, plot
from scripts.report.groups import Group, Row

FEWEST, MOST_ROWS = 5, 14  # dots below which a table says it better; rows beyond which none look
_ROW = 26  # pixels
_LONG = 24  # characters of a row's name that a narrow plot has room for


def dots(group: Group) -> Plot | None:
    """Rows of dots: a panel for each network, a colour for each series, a tick for what to beat.

    None where a plot says no more than the table.
    """
    rows = group.featured
    columns = list(dict.fromkeys(column for row in rows for column in row.cells))
    if len(rows) > MOST_ROWS or sum(len(row.cells) for row in rows) < FEWEST:
        return None
    networks = list(dict.fromkeys(network for network, _ in columns))
    series = list(dict.fromkeys(value for _, value in columns))

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(networks), 1) if narrow else (1, len(networks))
        panels = canvas.subplots(*shape, sharex=True, sharey=True, squeeze=False).flat
        for panel, network in zip(panels, networks, strict=True):
            _dot_panel(panel, network, rows, series)
            panel.set_title(network)
            panel.set_xlabel(group.unit)
        panel.set_yticks(range(len(rows)), [_wrapped(row.text, narrow) for row in rows])
        panel.set_ylim(len(rows) - 0.4, -0.6)
        _scale(panel, rows)
        _legend(canvas, panel, series, narrow)

    lines = sum(_wrapped(row.text, True).count("\n") + 1 for row in rows)
    panel_height = 74 + _ROW * len(rows)
    tall = (60 + max(_ROW * len(rows), 17 * lines)) * len(networks) + 30
    better = {"": "", "higher": " Higher is better.", "lower": " Lower is better."}
    beat = any(row.references for row in rows)
    caption = f"{_sentence(group.kind.text)}, {group.unit}.{better[group.kind.better]}"
    caption += " The upright tick is what there is to beat." if beat else ""
    return plot(group.name, draw, panel_height, tall, caption)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrapped(text: str, narrow: bool) -> str:
    """Break a row's name into lines where there is little room."""
    if not narrow or len(text) <= _LONG:
        return text
    middle = len(text) // 2
    gaps = [place.start() for place in re.finditer(" ", text)]
    if not gaps:
        return text
    cut = min(gaps, key=lambda place: abs(place - middle))
    return f"{text[:cut]}\n{text[cut + 1 :]}"


def _dot_panel(panel: Axes, network: str, rows: Sequence[Row], series: Sequence[str]) -> None:
    only_x_grid(panel)
    for place, row in enumerate(rows):
        found = [row.cells[network, name] for name in series if (network, name) in row.cells]
        if not found:
            continue
        values = [figure.value for figure in found]
        panel.plot([min(values), max(values)], [place] * 2, color=colour("rule"), lw=4, zorder=1)
        for figure in found:
            if figure.reference is not None:
                ends = [place - 0.32, place + 0.32]
                panel.plot([figure.reference] * 2, ends, color=colour("beat"), lw=2.2, zorder=2)
    for index, name in enumerate(series):
        here = [(row.cells[network, name].value, place) for place, row in enumerate(rows)
                if (network, name) in row.cells]  # fmt: skip
        if here:
            across, places = zip(*here, strict=True)
            style: dict[str, Any] = {"color": colour(SERIES[index % len(SERIES)]), "label": name}
            panel.plot(across, places, "o", ms=7, mec=colour("paper"), mew=1, zorder=3, **style)


def _scale(panel: Axes, rows: Sequence[Row]) -> None:
    """From zero, unless values are close together; logarithmic where they are far apart."""
    values = [f.value for row in rows for f in row.cells.values()]
    if min(values) > 0 and max(values) / min(values) > 60:
        panel.set_xscale("log")
        return
    if 0 <= min(values) < 0.8 * max(values):
        panel.set_xlim(left=0)
    panel.margins(x=0.08)
    plain_numbers(panel, 4)


def plain_numbers(panel: Axes, ticks: int) -> None:
    """Label the x axis with few and short numbers."""
    panel.xaxis.set_major_formatter(lambda value, _: short(value))
    panel.locator_params(axis="x", nbins=ticks)


def short(value: float) -> str:
    """Return a number for an axis.

    >>> short(0.25), short(4000.0), short(250000.0), short(4e6)
    ('0.25', '4,000', '250k', '4M')
    """
    value = round(value, 9)
    for least, size, letter in ((1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(value) >= least:
            return f"{number(value / size)}{letter}"
    return number(value)


def _legend(canvas: Canvas, panel: Axes, series: Sequence[str], narrow: bool) -> None:
    if len(series) > 1:
        handles, names = panel.get_legend_handles_labels()
        columns = min(len(series), 2 if narrow else 4)
        canvas.legend(handles, names, loc="outside upper left", ncols=columns)


@dataclass(frozen=True)
class Stack:
    """A stacked bar."""

    text: str
    parts: Mapping[str, float]


def stacks(
    key: str, bars: Sequence[Stack], colours: Mapping[str, str], unit: str, caption: str
) -> Plot:
    """Horizontal stacked bars, one for each of `bars`; colours: of each part, in their order."""

    def draw(canvas: Canvas, narrow: bool) -> None:
        panel = canvas.subplots()
        only_x_grid(panel)
        left = [0.0] * len(bars)
        for part, name in colours.items():
            widths = [bar.parts.get(part, 0.0) for bar in bars]
            if any(widths):
                panel.barh(range(len(bars)), widths, 0.66, left, color=colour(name), label=part)
            left = [low + width for low, width in zip(left, widths, strict=True)]
        panel.set_yticks(range(len(bars)), [_wrapped(bar.text, narrow) for bar in bars])
        panel.set_ylim(len(bars) - 0.45, -0.55)
        panel.set_xlabel(unit)
        plain_numbers(panel, 4 if narrow else 7)
        handles, names = panel.get_legend_handles_labels()
        columns = 2 if narrow else 4
        canvas.legend(handles, names, loc="outside upper left", ncols=columns, columnspacing=1.2)

    parts = len({part for bar in bars for part, value in bar.parts.items() if value})
    height = 64 + _ROW * len(bars)
    wide_legend, narrow_legend = 20 * -(-parts // 4), 20 * -(-parts // 2)
    return plot(key, draw, height + wide_legend, height + narrow_legend, caption)


@dataclass(frozen=True)
class Line:
    """Points of one colour. style: as in Matplotlib, "o-" or "o"."""

    text: str
    points: Sequence[tuple[float, float]]
    colour: str
    style: str = "o-"


def lines(
    key: str, panels: Mapping[str, Sequence[Line]], x: str, y: str, caption: str,
    limits: tuple[float, float] | None = None,
) -> Plot:  # fmt: skip
    """One panel of lines for each entry of `panels`; limits: of y, where outliers would rule it."""

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(panels), 1) if narrow else (1, len(panels))
        axes = canvas.subplots(*shape, sharey=True, squeeze=False).flat
        for panel, (title, curves) in zip(axes, panels.items(), strict=True):
            for line in curves:
                across, up = zip(*sorted(line.points), strict=True)
                style: dict[str, Any] = {"color": colour(line.colour), "label": line.text}
                panel.plot(across, up, line.style, ms=5, **style)
            panel.set_title(title)
            panel.set_xlabel(x)
            panel.spines["left"].set_visible(False)
        for panel in axes if narrow else [canvas.axes[0]]:
            panel.set_ylabel(y)
        canvas.axes[0].set_ylim(limits)
        found: dict[str, Artist] = {}
        for panel in canvas.axes:
            handles, names = panel.get_legend_handles_labels()
            found |= dict(zip(names, handles, strict=True))
        canvas.legend(
            found.values(), list(found), loc="outside upper left", ncols=1 if narrow else 2
        )

    curves = len({line.text for one in panels.values() for line in one})
    narrow = 250 * len(panels) + 19 * curves
    return plot(key, draw, 290 + 10 * curves, narrow, caption)


@dataclass(frozen=True)
class Contest:
    """A figure against what there is to beat. advantage: above 1 it is better, so many times."""

    text: str
    network: str
    advantage: float


def versus(contests: Sequence[Contest]) -> Plot | None:
    """Ours against what there is to beat, a row for each kind of figure; None of nothing."""
    if not contests:
        return None
    rows = list(dict.fromkeys(contest.text for contest in contests))
    networks = list(dict.fromkeys(contest.network for contest in contests))

    def draw(canvas: Canvas, narrow: bool) -> None:
        panel = canvas.subplots()
        only_x_grid(panel)
        panel.axvline(1, color=colour("beat"), lw=2, zorder=2)
        for contest in contests:
            tint = colour(SERIES[networks.index(contest.network) % len(SERIES)])
            place = rows.index(contest.text)
            panel.plot([1, contest.advantage], [place] * 2, color=tint, lw=2, alpha=0.5, zorder=1)
            panel.plot(
                contest.advantage, place, "o", ms=9, color=tint, mec=colour("paper"), zorder=3
            )
        panel.set_yticks(range(len(rows)), [_wrapped(text, narrow) for text in rows])
        panel.set_ylim(len(rows) - 0.4, -0.6)
        _times(panel, [contest.advantage for contest in contests], narrow)
        handles = [
            Line2D(
                [],
                [],
                color=colour(SERIES[i % len(SERIES)]),
                marker="o",
                ls="",
                label=name or "no network",
            )
            for i, name in enumerate(networks)
        ]
        if len(networks) > 1:
            columns = 2 if narrow else len(networks)
            canvas.legend(handles=handles, loc="outside upper left", ncols=columns)

    height = 90 + 30 * len(rows)
    tall = height + 8 * len(rows) + 20 * (1 + len(networks) // 2)
    return plot("versus", draw, height, tall, _VERSUS, WIDE)


_VERSUS = (
    "Ours against what there is to beat: times better, right of the line, or worse, left of it."
    " The table has the numbers and where they come from."
)


def _times(panel: Axes, values: Sequence[float], narrow: bool) -> None:
    """An axis of factors around 1."""
    low, high = min(0.8, 0.92 * min(values)), max(1.25, 1.12 * max(values))
    panel.set_xlim(low, high)
    if high / low > 8:
        panel.set_xscale("log")
        panel.minorticks_off()
    panel.xaxis.set_major_formatter(lambda value, _: f"{short(value)} x")
    if panel.get_xscale() == "linear":
        panel.locator_params(axis="x", nbins=4 if narrow else 6)
