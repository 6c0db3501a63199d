# SPDX-License-Identifier: Apache-2.0
"""The plot that decides: energy against accuracy, every technique that there is."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from scripts.report.canvas import SERIES, WIDE, Plot, colour, plot
from scripts.report.sentences import MINUS
from scripts.report.techniques import DEFAULT_LIBRARY, Outcome

_MARKERS = "osD^v"
CAPTION = (
    "Energy of an inference with the technique, in percent of the same hardware without it, and"
    " the accuracy that it costs or gains against the ordinarily trained network. Grey lines: no"
    " saving, no loss. Filled marks are all the hardware with its memories, hollow ones the"
    " arithmetic alone. The bar from a mark ends where it would stand against its strongest"
    " opponent; small marks are other cell libraries."
)


def accuracy_energy(points: Sequence[Outcome]) -> Plot | None:
    """Draw all points whose accuracy is known; None if there are none."""
    shown = [point for point in points if point.lost is not None]
    if not shown:
        return None
    techniques = list(dict.fromkeys(point.technique for point in shown))
    networks = list(dict.fromkeys(point.network for point in shown))

    def draw(canvas: Canvas, narrow: bool) -> None:
        panel = canvas.subplots()
        panel.axhline(0, color=colour("muted"), lw=1, zorder=1)
        panel.axvline(100, color=colour("muted"), lw=1, zorder=1)
        _front(panel, shown)
        for point in shown:
            tint = SERIES[techniques.index(point.technique) % len(SERIES)]
            marker = _MARKERS[networks.index(point.network) % len(_MARKERS)]
            _mark(panel, point, colour(tint), marker)
        _finish(panel, shown)
        _legends(canvas, techniques, networks, narrow)

    legend = 19 * (len(techniques) + len(networks))
    return plot("accuracy-energy", draw, 410, 330 + legend, CAPTION, WIDE)


def signed(value: float) -> str:
    """A change for an axis, with the minus sign that is as wide as the plus."""
    return f"{value:+.2g}".replace("-", MINUS) if value else "0"


def _mark(panel: Axes, point: Outcome, tint: str, marker: str) -> None:
    x, y = 100 * point.ratio, -(point.lost or 0.0)
    if point.library != DEFAULT_LIBRARY and point.library:
        panel.plot(x, y, marker, color=tint, ms=3.2, alpha=0.75, zorder=3)
        return
    hardest = 100 * point.strongest.ratio
    panel.plot([x, hardest], [y, y], color=tint, lw=1.6, alpha=0.6, zorder=2)
    panel.plot(hardest, y, "|", color=tint, ms=11, mew=1.6, alpha=0.6, zorder=2)
    fill = tint if point.whole else colour("paper")
    panel.plot(x, y, marker, mfc=fill, mec=tint if not point.whole else colour("paper"),
               ms=10, mew=2 if not point.whole else 1, zorder=4)  # fmt: skip


def front(points: Sequence[Outcome]) -> list[Outcome]:
    """Return the points that no other beats in both energy and accuracy, cheapest first."""
    best: list[Outcome] = []
    for point in sorted(points, key=lambda one: (one.ratio, one.lost or 0.0)):
        if not best or (point.lost or 0.0) < (best[-1].lost or 0.0):
            best.append(point)
    return best


def _front(panel: Axes, points: Sequence[Outcome]) -> None:
    """The step line below which there is nothing yet, over whole systems in one library."""
    best = front([p for p in points if p.whole and p.library in ("", DEFAULT_LIBRARY)])
    if len(best) > 1:
        x = [100 * point.ratio for point in best]
        y = [-(point.lost or 0.0) for point in best]
        panel.step(x, y, where="post", color=colour("muted"), lw=1, ls=(0, (3, 3)), zorder=1)


def _finish(panel: Axes, points: Sequence[Outcome]) -> None:
    most = max(opponent.ratio for point in points for opponent in point.opponents)
    panel.set_xlim(0, max(108, 104 * most))  # what costs energy is shown, too
    panel.margins(y=0.2)
    panel.set_xlabel("energy, % of the same without the technique")
    panel.set_ylabel("accuracy, points")
    panel.spines["left"].set_visible(False)
    panel.locator_params(axis="y", nbins=6)
    panel.yaxis.set_major_formatter(lambda value, _: signed(value))
    where, tint = panel.transAxes, colour("muted")
    panel.text(0.012, 0.985, "cheaper, more accurate", transform=where, color=tint, va="top")


def _legends(
    canvas: Canvas, techniques: Sequence[str], networks: Sequence[str], narrow: bool
) -> None:
    handles = [
        Line2D([], [], color=colour(SERIES[i % len(SERIES)]), lw=5, label=name)
        for i, name in enumerate(techniques)
    ]
    handles += [
        Line2D([], [], color=colour("muted"), marker=_MARKERS[i % len(_MARKERS)], ls="", label=name)
        for i, name in enumerate(networks)
    ]
    canvas.legend(handles=handles, loc="outside upper left", ncols=1 if narrow else 3)
