# SPDX-License-Identifier: Apache-2.0
"""Plot of pot's energy by form and library, from its figures: ``python -m scripts.pot_plot``.

Reads docs/bench/pot.json and writes docs/pot_energy.svg: where the energy of an image goes.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from scripts.errors import UserError
from scripts.figure import Figure, read_figures
from scripts.files import write_bytes
from scripts.project import ROOT
from scripts.readme import SNAPSHOTS

# Bars from bottom to top. "array": its logic by kind; then the engine's other parts.
PARTS: Mapping[str, tuple[str, str]] = {
    "array, clock": ("clock", "#aa3377"),
    "array, switching": ("switching", "#4477aa"),
    "array, internal": ("internal", "#66ccee"),
    "array, glitches": ("glitches", "#ee6677"),
    "array, leakage": ("leakage", "#332288"),
    "partial sums": ("partial sums", "#228833"),
    "requantisers": ("requantisers", "#ccbb44"),
    "maps, without memories": ("maps", "#88ccaa"),
    "output": ("output", "#ddaa77"),
    "order of work": ("order of work", "#999933"),
    "rest of the logic": ("rest", "#bbbbbb"),
    "memories": ("memories", "#777777"),
}
FORMS = ("pot", "magnitude", "booth")
TRAININGS = ("pot3", "uniform4")


def main() -> int:
    """Draw the plot of the committed figures; 2 if there are none."""
    try:
        _, figures = read_figures(ROOT / SNAPSHOTS / "pot.json")
        write_bytes(ROOT / "docs" / "pot_energy.svg", draw(figures))
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def draw(figures: Sequence[Figure]) -> bytes:
    """A panel for each network and library, as the bytes of an SVG file."""
    shown = [figure for figure in figures if _is_shown(figure)]
    places = list(dict.fromkeys((f.network, f.conditions["library"]) for f in shown))
    networks = list(dict.fromkeys(network for network, _ in places))
    names = list(dict.fromkeys(library for _, library in places))
    drawing = Drawing(figsize=(3.1 * len(names), 3.2 * len(networks) + 0.6))
    panels = drawing.subplots(len(networks), len(names), squeeze=False)
    for row, network in zip(panels, networks, strict=True):
        for panel, library in zip(row, names, strict=True):
            mine = [f for f in shown if (f.network, f.conditions["library"]) == (network, library)]
            _bars(panel, mine)
            panel.set_title(f"{network}, {library}", fontsize=9)
    panels[0][0].set_ylabel("energy of an image, uJ", fontsize=8)
    handles, labels = panels[0][0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="lower center", ncols=5, fontsize=8, frameon=False)
    drawing.tight_layout(rect=(0, 0.09, 1, 1))
    mpl.rcParams["svg.hashsalt"] = "lacuna"
    file = io.BytesIO()
    drawing.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _is_shown(figure: Figure) -> bool:
    conditions = figure.conditions
    return (
        figure.name == "energy_per_inference"
        and conditions["form"] in FORMS
        and conditions["training"] in TRAININGS
    )


def _bars(panel: Axes, figures: Sequence[Figure]) -> None:
    """A stacked bar for each form."""
    for place, form in enumerate(FORMS):
        levels = {f.conditions["level"]: f for f in figures if f.conditions["form"] == form}
        if not levels:
            continue
        values = {**levels["engine"].conditions["nj_by_part"], **_array(levels["array"])}
        bottom = 0.0
        for label, (key, color) in PARTS.items():
            height = values.get(key, 0.0) / 1e3
            panel.bar(place, height, 0.7, bottom, color=color, label=label if place == 0 else None)
            bottom += height
    panel.set_xticks(range(len(FORMS)), FORMS, fontsize=8)
    panel.tick_params(axis="y", labelsize=8)


def _array(figure: Figure) -> Mapping[str, float]:
    kinds: Mapping[str, float] = figure.conditions["nj_by_kind"]
    return kinds


if __name__ == "__main__":
    sys.exit(main())
