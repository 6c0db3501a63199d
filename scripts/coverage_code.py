# SPDX-License-Identifier: Apache-2.0
"""Code coverage: reads Verilator's coverage.dat files, takes exclusions out, writes LCOV.

A coverage.dat has one line for each point: ``C '<key>' <hits>``. The key is a list of fields, each
\\x01 name \\x02 value: f file, l line, n column, page v_<kind>/<module>, o what the point is,
S lines of its block ("12-14,17"), h the instances. Verilator counts the instances of a module
together; here its parameterisations are taken together too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import UserError
from scripts.files import write_text

KINDS = ("line", "branch", "toggle", "expr")

_RECORD = re.compile(r"^C '(.*)' (\d+)$")


@dataclass(frozen=True, order=True)
class Point:
    """One thing that can happen. `file` is relative to the project, `text` says what it is.

    `lines` are those of the block that it counts (kinds line and branch).
    """

    file: str
    line: int
    column: int
    kind: str
    text: str
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.kind} {self.text}"


Hits = Mapping[Point, int]


@dataclass(frozen=True)
class Selection:
    """Points of one file that are excluded, or reported apart, and why.

    line: the text of the source line, or a part of it that no other line has; "" for the whole
    file. kinds: those of the points. points: regular expression found in their text.
    """

    file: str
    reason: str
    line: str = ""
    kinds: tuple[str, ...] = KINDS
    points: str = ""

    def __str__(self) -> str:
        words = [self.file, repr(self.line) if self.line else "", self.points]
        return " ".join(word for word in words if word)


def read_points(files: Iterable[Path], root: Path) -> Counter[Point]:
    """Merge coverage.dat files: hits of every point in a source below `root`."""
    raw: Counter[str] = Counter()
    for path in files:
        for line in path.read_text(encoding="latin-1").splitlines():
            if found := _RECORD.match(line):
                raw[found[1]] += int(found[2])
    hits: Counter[Point] = Counter()
    for key, count in raw.items():
        point = _point(key, root)
        if point:
            hits[point] += count
    return hits


def _point(key: str, root: Path) -> Point | None:
    fields = dict(field.partition("\x02")[::2] for field in key.split("\x01") if field)
    path = Path(fields["f"])
    if not path.is_relative_to(root):
        return None
    kind = fields["page"].partition("/")[0].removeprefix("v_")
    if kind not in KINDS:
        return None
    return Point(
        path.relative_to(root).as_posix(),
        int(fields["l"]),
        int(fields["n"]),
        kind,
        fields.get("o", ""),
        _line_numbers(fields.get("S", "")),
    )


def _line_numbers(ranges: str) -> tuple[int, ...]:
    """Return the numbers of e.g. ``12-14,17``.

    >>> _line_numbers("12-14,17")
    (12, 13, 14, 17)
    """
    numbers: list[int] = []
    for word in filter(None, ranges.split(",")):
        first, _, last = word.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)


def select(hits: Hits, selection: Selection, root: Path) -> set[Point]:
    """Return the points that `selection` names.

    Raises UserError when there are none, or when its line of text is not exactly one line.
    """
    wanted = _find_line(selection, root)
    points = {
        point
        for point in hits
        if point.file == selection.file
        and point.kind in selection.kinds
        and (wanted is None or point.line == wanted)
        and re.search(selection.points, point.text)
    }
    if not points:
        raise UserError(f"{selection}: no coverage point matches; remove the entry or correct it")
    return points


def exclude(hits: Hits, selections: Sequence[Selection], root: Path) -> dict[Point, str]:
    """Return the excluded points with their reasons.

    Raises UserError for an exclusion that matches nothing, and for one whose point was hit: what
    happens needs no excuse.
    """
    excluded: dict[Point, str] = {}
    for selection in selections:
        points = select(hits, selection, root)
        if covered := sorted(point for point in points if hits[point]):
            raise UserError(
                f"exclusion {selection}: {covered[0]} was covered {hits[covered[0]]} times"
                f" ({len(covered)} of {len(points)} points were); narrow or remove the entry"
            )
        excluded.update(dict.fromkeys(points, selection.reason))
    return excluded


def _find_line(selection: Selection, root: Path) -> int | None:
    """Return the number of the one line that has the selection's text; None for the whole file."""
    path = root / selection.file
    if not path.is_file():
        raise UserError(f"{selection}: no such file")
    if not selection.line:
        return None
    text = " ".join(selection.line.split())
    lines = [" ".join(line.split()) for line in path.read_text().splitlines()]
    found = [number for number, line in enumerate(lines, 1) if text == line]
    found = found or [number for number, line in enumerate(lines, 1) if text in line]
    if len(found) != 1:
        raise UserError(f"{selection}: the text is in {len(found)} lines, not in one")
    return found[0]


@dataclass(frozen=True)
class Ratio:
    """Points hit and points there are."""

    hit: int
    total: int

    @property
    def percent(self) -> float:
        """Share of points hit; 100 when there are none."""
        return 100.0 * self.hit / self.total if self.total else 100.0


def line_hits(hits: Hits) -> dict[tuple[str, int], int]:
    """Executions of every source line: the most that any block with it was executed."""
    lines: dict[tuple[str, int], int] = {}
    for point, count in hits.items():
        if point.kind in ("line", "branch"):
            for number in {point.line, *point.lines}:
                key = point.file, number
                lines[key] = max(lines.get(key, 0), count)
    return lines


def ratios(hits: Hits) -> dict[str, Ratio]:
    """Coverage by kind. Lines are source lines, all other kinds count points."""
    lines = line_hits(hits)
    result = {"line": Ratio(sum(map(bool, lines.values())), len(lines))}
    for kind in KINDS[1:]:
        counts = [count for point, count in hits.items() if point.kind == kind]
        result[kind] = Ratio(sum(map(bool, counts)), len(counts))
    return result


def write_lcov(path: Path, hits: Hits, kind: str, root: Path) -> None:
    """Write a tracefile of LCOV: points of `kind` as branches; source lines only for kind branch.

    genhtml shows branches only on lines that have a count, so for other kinds a line counts what
    its rarest point does.
    """
    branches: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for point in sorted(point for point in hits if point.kind == kind):
        branches[point.file][point.line].append(hits[point])
    lines: dict[str, dict[int, int]] = defaultdict(dict)
    for file, table in branches.items():
        lines[file] = {number: min(counts) for number, counts in table.items()}
    if kind == "branch":
        for (file, number), count in line_hits(hits).items():
            lines[file][number] = count
    text = ["TN:"]
    for file in sorted(lines):
        text.append(f"SF:{root / file}")
        table = branches[file]
        for number in sorted(table):
            text += [f"BRDA:{number},0,{i},{count}" for i, count in enumerate(table[number])]
        counts = [count for number in table for count in table[number]]
        text += [f"BRF:{len(counts)}", f"BRH:{sum(map(bool, counts))}"]
        text += [f"DA:{number},{count}" for number, count in sorted(lines[file].items())]
        text += [f"LF:{len(lines[file])}", f"LH:{sum(map(bool, lines[file].values()))}"]
        text.append("end_of_record")
    write_text(path, "\n".join(text) + "\n")
