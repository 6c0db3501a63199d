# SPDX-License-Identifier: Apache-2.0
"""Reports coverage: a table, build/coverage/<block>/coverage.json, and pages under html/.

genhtml shows the sources with their counts, one set of pages for each kind of point: thousands of
toggles would drown the branches.
"""

from __future__ import annotations

import html
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.coverage_code import Hits, Point, Ratio, line_hits, ratios, write_lcov
from scripts.files import write_json, write_text
from scripts.simulators import require
from verif.common.covergroup import Group

BARS = {"functional": 100.0, "line": 98.0, "branch": 98.0, "toggle": 90.0}
"""What must be covered, in %; expressions are reported without a bar."""

_SHOWN = 20  # holes of each kind in the table; the pages have them all


@dataclass
class Report:
    """Coverage of one block. `code` is what the bars are about: without `apart` and `excluded`.

    shared: points of rtl/ outside the block. reasons: why points are apart.
    """

    block: str
    code: Hits
    shared: Hits
    apart: Hits
    excluded: Mapping[Point, str]
    groups: Mapping[str, Group]
    runs: Sequence[str]
    failures: Sequence[str]
    reasons: Sequence[str]
    seed: int = 1
    seconds: float = 0.0
    figures: dict[str, Ratio] = field(init=False)

    def __post_init__(self) -> None:
        hit = sum(len(group.hits) - len(group.holes) for group in self.groups.values())
        total = sum(len(group.hits) for group in self.groups.values())
        self.figures = {"functional": Ratio(hit, total), **ratios(self.code)}

    @property
    def missed(self) -> list[str]:
        """Figures below their bar, or about nothing at all."""
        return [
            name
            for name, bar in BARS.items()
            if self.figures[name].percent < bar or not self.figures[name].total
        ]

    @property
    def passed(self) -> bool:
        """Every run passed and every bar is met."""
        return not (self.missed or self.failures)

    @property
    def functional_holes(self) -> list[str]:
        """Bins that were never hit, with their groups."""
        return [f"{group.name}: {name}" for group in self.groups.values() for name in group.holes]

    @property
    def code_holes(self) -> list[str]:
        """Lines and branches that were never executed, then toggles and expressions."""
        lines = [f"{file}:{line} line" for (file, line), n in line_hits(self.code).items() if not n]
        points = sorted(point for point, count in self.code.items() if not count)
        kinds = ("branch", "toggle", "expr")
        return sorted(lines) + [str(p) for kind in kinds for p in points if p.kind == kind]


def write_report(root: Path, report: Report) -> str:
    """Write JSON and pages; return the table for the terminal, holes first."""
    folder = root / "build" / "coverage" / report.block
    write_json(folder / "coverage.json", _summary(report))
    _write_pages(root, folder, report)
    lines = [*_first(report.functional_holes, "empty bins"), *_first(report.code_holes, "code")]
    lines += [*(f"FAIL  {failure}" for failure in report.failures), "", *_table(report), ""]
    verdict = f"below the bar: {', '.join(report.missed)}" if report.missed else "all bars met"
    lines.append(f"{report.block}: {verdict}; {len(report.runs)} runs, {report.seconds:.0f} s")
    return "\n".join([*lines, f"pages: {folder / 'html/index.html'}"])


def _first(holes: Sequence[str], title: str) -> list[str]:
    if not holes:
        return []
    more = [f"  ... {len(holes) - _SHOWN} more in the pages"] if len(holes) > _SHOWN else []
    return [f"holes, {title}:", *(f"  {hole}" for hole in holes[:_SHOWN]), *more]


def _table(report: Report) -> list[str]:
    rows = [f"{'':<22}{'hit':>9}{'of':>9}{'%':>9}{'bar':>7}"]
    for name, ratio in report.figures.items():
        bar = f"{BARS[name]:.0f}" if name in BARS else "-"
        rows.append(f"{name:<22}{ratio.hit:>9}{ratio.total:>9}{ratio.percent:>9.2f}{bar:>7}")
    for title, hits in (("shared RTL", report.shared), ("apart", report.apart)):
        for kind, ratio in ratios(hits).items() if hits else ():
            label = f"{title}, {kind}"
            rows.append(f"{label:<22}{ratio.hit:>9}{ratio.total:>9}{ratio.percent:>9.2f}{'-':>7}")
    rows.append(f"{'excluded points':<22}{len(report.excluded):>9}")
    impossible = sum(sum(group.excluded.values()) for group in report.groups.values())
    rows.append(f"{'impossible bins':<22}{impossible:>9}")
    return rows


def _ratio(ratio: Ratio) -> dict[str, Any]:
    return {"hit": ratio.hit, "total": ratio.total, "percent": round(ratio.percent, 2)}


def _summary(report: Report) -> dict[str, Any]:
    files = sorted({point.file for point in report.code})
    return {
        "block": report.block,
        "seed": report.seed,
        "passed": report.passed,
        "bars": BARS,
        "figures": {name: _ratio(ratio) for name, ratio in report.figures.items()},
        "shared": {kind: _ratio(ratio) for kind, ratio in ratios(report.shared).items()},
        "apart": {kind: _ratio(ratio) for kind, ratio in ratios(report.apart).items()},
        "files": {
            file: {
                kind: _ratio(ratio)
                for kind, ratio in ratios(
                    {p: n for p, n in report.code.items() if p.file == file}
                ).items()
            }
            for file in files
        },
        "groups": {
            name: {**_ratio(_group_ratio(group)), "excluded": group.excluded}
            for name, group in sorted(report.groups.items())
        },
        "holes": {"functional": report.functional_holes, "code": report.code_holes},
        "excluded": [{"point": str(p), "reason": r} for p, r in sorted(report.excluded.items())],
        "runs": list(report.runs),
        "failures": list(report.failures),
        "seconds": round(report.seconds, 1),
    }


def _group_ratio(group: Group) -> Ratio:
    return Ratio(len(group.hits) - len(group.holes), len(group.hits))


# Pages


def _write_pages(root: Path, folder: Path, report: Report) -> None:
    require("genhtml")
    pages = folder / "html"
    shown = {**report.code, **report.shared, **report.apart}
    for kind in ("branch", "toggle", "expr"):
        trace = folder / f"{kind}.info"
        write_lcov(trace, shown, kind, root)
        if any(point.kind == kind for point in shown):
            _genhtml(root, trace, pages / kind, f"{report.block}: {kind}")
    write_text(pages / "index.html", _page(report.block, _index(report)))
    write_text(pages / "functional.html", _page(f"{report.block}: bins", _bins(report)))


def _genhtml(root: Path, trace: Path, folder: Path, title: str) -> None:
    command = ["genhtml", "--quiet", "--branch-coverage", "--legend", "--title", title]
    command += ["--prefix", str(root), "--output-directory", str(folder), str(trace)]
    subprocess.run(command, check=True, env={**os.environ, "LC_ALL": "C"})


_STYLE = """body { font: 15px sans-serif; margin: 2em auto; max-width: 70em }
table { border-collapse: collapse } td, th { padding: 2px 12px; text-align: right }
td:first-child, th:first-child { text-align: left } tr:nth-child(even) { background: #f2f2f2 }
.missed { color: #b00020; font-weight: bold } li { font-family: monospace }"""


def _page(title: str, body: Iterable[str]) -> str:
    title = html.escape(title)
    head = f"<meta charset='utf-8'><title>{title}</title><style>{_STYLE}</style>"
    return "\n".join([f"<!doctype html>{head}", f"<h1>Coverage of {title}</h1>", *body])


def _row(cells: Iterable[object], missed: bool = False) -> str:
    mark = " class='missed'" if missed else ""
    return f"<tr{mark}>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>"


def _list(title: str, items: Sequence[str]) -> list[str]:
    entries = "".join(f"<li>{html.escape(item)}</li>" for item in items)
    return [f"<h2>{title}: {len(items)}</h2>", f"<ul>{entries}</ul>"] if items else []


def _index(report: Report) -> list[str]:
    rows = ["<tr><th></th><th>hit</th><th>of</th><th>%</th><th>bar</th></tr>"]
    for name, ratio in report.figures.items():
        cells = (name, ratio.hit, ratio.total, f"{ratio.percent:.2f}", BARS.get(name, "-"))
        rows.append(_row(cells, name in report.missed))
    links = [
        ("functional.html", "bins"),
        ("branch/index.html", "lines and branches"),
        ("toggle/index.html", "toggles"),
        ("expr/index.html", "expressions"),
    ]
    return [
        *_list("Empty bins", report.functional_holes),
        *_list("Code never executed", [h for h in report.code_holes if " toggle " not in h]),
        "<table>",
        *rows,
        "</table>",
        "<p>" + ", ".join(f"<a href='{target}'>{text}</a>" for target, text in links) + "</p>",
        *_list("Apart, because", report.reasons),
        *_list("Excluded points", [f"{p}: {r}" for p, r in sorted(report.excluded.items())]),
        *_list("Toggles missing", [h for h in report.code_holes if " toggle " in h]),
        *_list("Runs", report.runs),
    ]


def _bins(report: Report) -> list[str]:
    """All groups: those with holes first, and in each the empty bins before the rarest ones."""
    parts: list[str] = []
    groups = sorted(report.groups.values(), key=lambda group: (not group.holes, group.name))
    for group in groups:
        ratio = _group_ratio(group)
        parts.append(f"<h2>{html.escape(group.name)}: {ratio.hit} of {ratio.total}</h2>")
        rules = [f"{count} bins are impossible: {r}" for r, count in group.excluded.items()]
        parts += [f"<p>{html.escape(rule)}</p>" for rule in rules]
        ordered = sorted(group.hits.items(), key=lambda entry: entry[1])
        rows = [_row(entry, not entry[1]) for entry in ordered]
        parts.append(f"<details><summary>bins</summary><table>{''.join(rows)}</table></details>")
    return parts
