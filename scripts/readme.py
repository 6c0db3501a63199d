# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of figures in README.md from docs/bench/*.json: ``python -m scripts.readme``.

A table for each block holds its headline figures (scripts/labels.py), a column for each network;
the report has all of them. ``--check`` changes nothing and fails if a table is out of date.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import UserError
from scripts.figure import Figure, read_figures
from scripts.files import write_text
from scripts.kinds import kind
from scripts.labels import Headline, headlines, number, rows, titled
from scripts.project import ROOT

SNAPSHOTS = Path("docs") / "bench"
BEGIN = "<!-- figures:begin -->"
END = "<!-- figures:end -->"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Update or check README.md; 1 if the check fails or the files are not right."""
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
    """Rewrite the tables in `root`/README.md. Raises UserError when the markers are not there."""
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
    chosen = headlines(block, figures)
    parts = []
    for on_network in (True, False):
        lines = [
            (line, [f for f in mine if bool(f.network) == on_network]) for line, mine in chosen
        ]
        if lines := [(line, mine) for line, mine in lines if mine]:
            parts.append(table(block, lines))
    return parts


def table(block: str, lines: Sequence[tuple[Headline, Sequence[Figure]]]) -> str:
    """Return a Markdown table: a row for each figure and condition, a column for each network."""
    networks = list(dict.fromkeys(figure.network for _, mine in lines for figure in mine))
    named = [  # two kinds of figures may be called alike
        (titled(line.text or kind(line.name).text, told), {name: f for (name, _), f in row.items()})
        for line, mine in lines
        for told, row in rows(mine).items()
    ]
    heads = [block, *(name or "value" for name in networks), "unit", "to beat", "source"]
    text = [
        f"| {' | '.join(heads)} |",
        "|---" * (len(networks) + 4) + "|",
    ]
    for name, row in named:
        cells = [number(row[network].value) if network in row else "" for network in networks]
        figure = next(iter(row.values()))
        words = [name, *cells, figure.unit, _reference(row, networks), source(figure)]
        text.append(f"| {' | '.join(words)} |")
    return "\n".join(text)


def source(figure: Figure) -> str:
    """Return where the reference comes from; of an arXiv paper, its number as a link."""
    if figure.reference is None:
        return ""
    return re.sub(r"(arXiv (\d{4}\.\d{5}))", r"[\1](https://arxiv.org/abs/\2)", figure.source)


def _reference(row: dict[str, Figure], networks: Sequence[str]) -> str:
    known = [row[name].reference for name in networks if name in row]
    return " / ".join(number(value) for value in dict.fromkeys(known) if value is not None)


if __name__ == "__main__":
    sys.exit(main())
