# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG that belongs to the page: its typeface, its colours in light and dark, two widths.

Matplotlib draws with stand-in colours; in the SVG each becomes a variable of the style sheet. Every
plot is drawn twice, wide and narrow, so that its text has one size on every screen.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

WIDE, COLUMN, NARROW = 720, 580, 344  # pixels: beside the answer, one of two columns, a telephone
TEXT = 12.5
# A stand-in for each colour of report.css that plots use.
COLOURS = {
    name: f"#{17 + 9 * place:02x}{229 - 11 * place:02x}{61 + 7 * place:02x}"
    for place, name in enumerate(
        ("ink", "muted", "rule", "paper", "beat", "bad", "s1", "s2", "s3", "s4", "s5", "s6", "s7")
    )
}
SERIES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")
TYPEFACES = Path("/usr/share/fonts/opentype/inter")
FACES = {400: "Inter-Regular.otf", 600: "Inter-SemiBold.otf"}


@dataclass(frozen=True)
class Plot:
    """A plot in both widths, and the sentence below it."""

    wide: str
    narrow: str
    caption: str


Draw = Callable[[Canvas, bool], None]
"""Draws into a canvas; the flag says that it is the narrow one."""


def colour(name: str) -> str:
    """Return the stand-in of a colour of the style sheet."""
    return COLOURS[name]


def plot(
    key: str, draw: Draw, height: float, tall: float, caption: str, width: float = COLUMN
) -> Plot:
    """Draw a plot, `height` pixels high if wide, `tall` if narrow. key: unique on a page."""
    both = []
    for narrow, across, pixels in ((False, width, height), (True, NARROW, tall)):
        with mpl.rc_context(_style(f"{key}{narrow}")):
            canvas = Canvas(figsize=(across / 72, pixels / 72), layout="constrained")
            draw(canvas, narrow)
            file = io.StringIO()
            canvas.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        both.append(_for_page(file.getvalue(), caption))
    return Plot(both[0], both[1], caption)


def _style(salt: str) -> Any:
    """Settings of Matplotlib: type as in the page, thin rules, no boxes."""
    for name in FACES.values():
        if (TYPEFACES / name).is_file() and not any(
            entry.fname == str(TYPEFACES / name) for entry in font_manager.fontManager.ttflist
        ):
            font_manager.fontManager.addfont(TYPEFACES / name)
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": "Inter" if "Inter" in known else "DejaVu Sans",
        "font.size": TEXT,
        "axes.titlesize": TEXT,
        "axes.titleweight": "semibold" if "Inter" in known else "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": TEXT,
        "axes.labelcolor": colour("muted"),
        "axes.edgecolor": colour("rule"),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": colour("rule"),
        "grid.linewidth": 0.8,
        "text.color": colour("ink"),
        "xtick.color": colour("rule"),
        "ytick.color": colour("rule"),
        "xtick.labelcolor": colour("muted"),
        "ytick.labelcolor": colour("muted"),
        "xtick.labelsize": TEXT - 0.5,
        "ytick.labelsize": TEXT - 0.5,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "legend.frameon": False,
        "legend.fontsize": TEXT - 0.5,
        "lines.linewidth": 1.6,
        "figure.constrained_layout.h_pad": 0.06,
        "figure.constrained_layout.w_pad": 0.03,
    }


def _for_page(svg: str, alt: str) -> str:
    """Make Matplotlib's SVG part of a page."""
    body = svg[svg.index("<svg") :]
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body)
    assert size, "Matplotlib writes a viewBox"
    inner = re.sub(r"<metadata>.*?</metadata>", "", body[body.index(">") + 1 :], flags=re.DOTALL)
    inner = re.sub(r'(<g) id="[^"]*"', r"\1", inner)  # the same in every plot, and of no use
    inner = re.sub(r"font-family: [^;\"]*", "font-family: var(--face)", inner)
    for name, stand_in in COLOURS.items():
        inner = inner.replace(stand_in, f"var(--{name})")
    label = html.escape(alt, quote=True)
    return (
        f'<svg viewBox="0 0 {size[1]} {size[2]}" width="{size[1]}" height="{size[2]}"'
        f' xmlns:xlink="http://www.w3.org/1999/xlink" role="img" aria-label="{label}">{inner}'
    )


def only_x_grid(axes: Axes) -> None:
    """Vertical rules only, for plots whose rows have names."""
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
