# SPDX-License-Identifier: Apache-2.0
"""How the blocks went over the last nights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from scripts.report.canvas import SERIES, WIDE, Plot, colour, plot
from scripts.report.data import Past, PastNight

Value = Callable[[Past], float | None]


def _coverage(name: str) -> Value:
    return lambda past: past.coverage.get(name) if past.coverage else None


def _headline(past: Past) -> float | None:
    value = past.headline.get("value") if past.headline else None
    return value if isinstance(value, (int, float)) else None


HEADLINE = "headline, % of first"
PANELS: dict[str, Value] = {
    "runs that failed": lambda past: past.failed,
    "toggle coverage, %": _coverage("toggle"),
    "mutants noticed, %": lambda past: past.mutants_noticed,
    HEADLINE: _headline,
}
CAPTION = "The last nights, a colour for each block. A night that did not measure it has no mark."


def trend(nights: Sequence[PastNight]) -> Plot | None:
    """A panel for each quantity; None with less than two nights."""
    if len(nights) < 2:
        return None
    blocks = list(dict.fromkeys(name for night in nights for name in night.blocks))

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(PANELS), 1) if narrow else (1, len(PANELS))
        panels = canvas.subplots(*shape, squeeze=False).flat
        for panel, title in zip(panels, PANELS, strict=True):
            panel.set_title(title)
            for index, block in enumerate(blocks):
                if points := _points(title, block, nights):
                    x, y = zip(*points, strict=True)
                    tint = colour(SERIES[index % len(SERIES)])
                    panel.plot(x, y, "o-", color=tint, ms=4.5, label=block)
            if panel.lines:
                _finish(panel)
        handles, names = canvas.axes[0].get_legend_handles_labels()
        canvas.legend(handles, names, loc="outside upper left", ncols=2 if narrow else 6)

    return plot("trend", draw, 210, 150 * len(PANELS) + 60, CAPTION, WIDE)


def _points(title: str, block: str, nights: Sequence[PastNight]) -> list[tuple[datetime, float]]:
    """What each night measured of a block; a night that did not measure it is left out.

    Of a headline figure only nights count that had the same one as the last.
    """
    pasts = [(night.started, night.blocks[block]) for night in nights if block in night.blocks]
    if title == HEADLINE:
        names = [past.headline.get("name") for _, past in pasts if past.headline]
        pasts = [each for each in pasts if (each[1].headline or {}).get("name") in names[-1:]]
    found = [
        (datetime.fromisoformat(started), value)
        for started, past in pasts
        if (value := PANELS[title](past)) is not None
    ]
    if title != HEADLINE:
        return found
    return [(time, 100 * value / found[0][1]) for time, value in found if found[0][1]]


def _finish(panel: Axes) -> None:
    """The dates of the first and the last night below, few numbers beside."""
    first, last = panel.dataLim.intervalx
    panel.set_xticks([first, last], [f"{dates.num2date(day):%-d %b}" for day in (first, last)])
    left, right = panel.get_xticklabels()
    left.set_horizontalalignment("left")
    right.set_horizontalalignment("right")
    panel.spines["left"].set_visible(False)
    panel.margins(x=0.06, y=0.2)
    panel.locator_params(axis="y", nbins=4)
