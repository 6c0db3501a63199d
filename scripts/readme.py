# SPDX-License-Identifier: Apache-2.0
"""Makes the table of figures in README.md from docs/bench/*.json: ``python -m scripts.readme``.

Each row is a figure, each network a column; conditions appear where they tell two rows apart.
``--check`` changes nothing and fails if the table is not what the files give.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.figure import Figure, read_figures
from scripts.files import write_text
from scripts.project import ROOT

SNAPSHOTS = Path("docs") / "bench"
BEGIN = "<!-- figures:begin -->"
END = "<!-- figures:end -->"
# Of figures that exist in many conditions, README.md shows these.
HEADLINES: Mapping[str, Mapping[str, Collection[Any]]] = {
    "energy_saved": {
        "library": ("osu018",),
        "multipliers": (1,),
        "program": ("lenet5_branch",),
        "same_weights": (False,),
        "ram_scale": (1.0,),
    },
    "energy_per_inference": {
        "library": ("osu018",),
        "level": ("loop",),
        "training": ("soft",),
        "mode": ("soft",),
        "multipliers": (1,),
    },
    "energy_ratio": {"opponent": ("twos_complement", "sign_magnitude"), "exponents": ("0..3",)},
    "area_ratio": {"opponent": ("twos_complement", "sign_magnitude"), "level": ("array",)},
    "energy_ratio_pruned": {"within": (True,)},
    "energy_per_mac": {"library": ()},
    "form_energy": {"library": ()},
    "area_kge": {"library": ("osu018", "osu018_stdcells.lib")},
    "fifo_depth_for_1_percent_stall": {"stage": ()},
}
# And these conditions tell its rows apart; of other figures, all short ones that differ.
LABELS: Mapping[str, Sequence[str]] = {
    "energy_saved": ("level", "baseline"),
    "energy_per_inference": ("program", "pipeline"),
    "multiplier_utilisation": ("pipeline", "training", "multipliers"),
    **dict.fromkeys(
        ("gops_per_dsp_vs_dense", "share_of_bound", "share_of_ideal_dense"), ("training", "density")
    ),
    "engine_speedup_at_density": ("density", "share_of_bound"),
    **dict.fromkeys(
        ("energy_ratio", "energy_ratio_pruned", "area_ratio"), ("library", "level", "opponent")
    ),
    **dict.fromkeys(("accuracy", "correct", "correct_pruned"), ("training",)),
    "area_kge": ("unit", "multipliers", "share_of_simd4"),
}
LABEL_LENGTH = 40  # longer conditions are for the file, not for a row's label


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Update or check README.md; 1 if the check fails, 2 if the files are not right."""
    parser = argparse.ArgumentParser(prog="python -m scripts.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if README.md is out of date")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            update(root)
            return 0
        if (root / "README.md").read_text() != rendered(root):
            raise UserError("README.md's figures are out of date; run: python -m scripts.readme")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def update(root: Path) -> None:
    """Rewrite the table in `root`/README.md. Raises UserError when the markers are not there."""
    write_text(root / "README.md", rendered(root))


def rendered(root: Path) -> str:
    """Return README.md as it should be."""
    text = (root / "README.md").read_text()
    if not 0 <= text.find(BEGIN) < text.find(END):
        raise UserError(f"README.md: the table's place is not marked by {BEGIN} and {END}")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    read = [read_figures(path) for path in sorted((root / SNAPSHOTS).glob("*.json"))]
    body = "\n\n".join(text for block, figures in read for text in tables(block, figures))
    return f"{before}{BEGIN}\n{body}\n{END}{after}" if body else f"{before}{BEGIN}\n{END}{after}"


def tables(block: str, figures: Sequence[Figure]) -> list[str]:
    """Return one table of what was measured on networks, one of the rest; neither may be empty."""
    shown = [figure for figure in figures if _is_headline(figure)]
    on_networks = [figure for figure in shown if figure.network]
    others = [figure for figure in shown if not figure.network]
    return [table(block, part) for part in (on_networks, others) if part]


def _is_headline(figure: Figure) -> bool:
    wanted = HEADLINES.get(figure.name, {})
    return all(
        figure.conditions[name] in values
        for name, values in wanted.items()
        if name in figure.conditions
    )


def table(block: str, figures: Sequence[Figure]) -> str:
    """Return a Markdown table: a row for each figure and condition, a column for each network."""
    networks = list(dict.fromkeys(figure.network for figure in figures))
    rows: dict[tuple[str, str], dict[str, Figure]] = {}
    for figure in figures:
        rows.setdefault((figure.name, _distinction(figure, figures)), {})[figure.network] = figure
    lines = [
        f"| {block} | {' | '.join(name or 'value' for name in networks)} | unit | to beat |",
        "|---" * (len(networks) + 3) + "|",
    ]
    for (name, distinction), row in rows.items():
        label = f"{name.replace('_', ' ')}{f', {distinction}' if distinction else ''}"
        cells = [number(row[network].value) if network in row else "" for network in networks]
        unit = next(iter(row.values())).unit
        lines.append(f"| {' | '.join([label, *cells, unit, _reference(row, networks)])} |")
    return "\n".join(lines)


def _distinction(figure: Figure, figures: Sequence[Figure]) -> str:
    """Return the conditions in which `figure` differs from others of its name and network."""
    others = [
        other.conditions
        for other in figures
        if (other.name, other.network) == (figure.name, figure.network)
    ]
    words = []
    for name, value in figure.conditions.items():
        if name not in LABELS.get(figure.name, figure.conditions):
            continue
        short = isinstance(value, (int, float)) or (
            isinstance(value, str) and len(value) <= LABEL_LENGTH
        )
        if short and any(other.get(name) != value for other in others):
            words.append(str(value) if isinstance(value, str) else _counted(name, value))
    return ", ".join(words)


def _counted(name: str, value: Any) -> str:
    """Return e.g. "1 multiplier" for multipliers=1, "4 multipliers" for multipliers=4."""
    noun = name.replace("_", " ")
    return f"{value} {noun.removesuffix('s') if value == 1 else noun}"


def _reference(row: dict[str, Figure], networks: Sequence[str]) -> str:
    known = [row[name].reference for name in networks if name in row]
    return " / ".join(number(value) for value in dict.fromkeys(known) if value is not None)


def number(value: float) -> str:
    """Return `value` for reading: thousands separated, at most three decimals.

    >>> number(412345), number(88.4200), number(0.83)
    ('412,345', '88.42', '0.83')
    """
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.3f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    sys.exit(main())
