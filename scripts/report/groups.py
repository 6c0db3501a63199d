# SPDX-License-Identifier: Apache-2.0
"""A block's figures in groups: by topic, then by name, with a row for each set of conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.figure import Figure
from scripts.kinds import TOPICS, Kind, kind
from scripts.labels import FEATURED, Column, Headline, rows, series


@dataclass(frozen=True)
class Row:
    """Figures that differ in network and series only."""

    text: str
    cells: Mapping[Column, Figure]

    @property
    def first(self) -> Figure:
        """What unit, opponent and source are read from."""
        return next(iter(self.cells.values()))

    @property
    def references(self) -> list[float]:
        """What there is to beat, each number once."""
        known = [figure.reference for figure in self.cells.values()]
        return list(dict.fromkeys(value for value in known if value is not None))


@dataclass(frozen=True)
class Group:
    """All figures of one name. featured: those that a plot shows."""

    name: str
    kind: Kind
    rows: Sequence[Row]
    featured: Sequence[Row]

    @property
    def columns(self) -> list[Column]:
        """Columns of its table, by network."""
        return ordered(self.rows)

    @property
    def beatable(self) -> bool:
        """There is something to beat."""
        return any(row.references for row in self.rows)

    @property
    def unit(self) -> str:
        """Unit of its figures, which have all the same."""
        return self.rows[0].first.unit


@dataclass(frozen=True)
class Topic:
    """Groups about one thing: `single` are those with one row, for one table; others have one."""

    title: str
    single: Sequence[Group]
    others: Sequence[Group]
    columns: Sequence[Column] = field(default_factory=list)


def ordered(lines: Sequence[Row]) -> list[Column]:
    """Return the columns that rows need, those of one network together."""
    found = list(dict.fromkeys(column for row in lines for column in row.cells))
    networks = list(dict.fromkeys(network for network, _ in found))
    return sorted(found, key=lambda column: networks.index(column[0]))


def topics(figures: Sequence[Figure]) -> list[Topic]:
    """Return the groups of a block's figures by topic, in the order in which they are read."""
    names = dict.fromkeys(figure.name for figure in figures)
    groups = [group([figure for figure in figures if figure.name == name]) for name in names]
    found = []
    for title in TOPICS:
        mine = [each for each in groups if each.kind.topic == title]
        single = [each for each in mine if len(each.rows) == 1 and len(each.columns) <= 3]
        others = [each for each in mine if each not in single]
        if mine:
            columns = ordered([row for each in single for row in each.rows])
            found.append(Topic(title, single, others, columns))
    return found


def group(figures: Sequence[Figure]) -> Group:
    """Return the group of figures that have one name."""
    name = figures[0].name
    featured = Headline(name, FEATURED.get(name, {}))
    every = _rows(figures)
    chosen = [figure for figure in figures if featured.holds(figure)]
    return Group(name, kind(name), every, _rows(chosen) if chosen else every)


def _rows(figures: Sequence[Figure]) -> list[Row]:
    return [Row(text, cells) for text, cells in rows(figures, series(figures[0].name)).items()]


def shared_conditions(figures: Sequence[Figure]) -> dict[str, Any]:
    """Return the conditions that all of them have in common."""
    first = figures[0].conditions
    return {
        name: value
        for name, value in first.items()
        if all(other.conditions.get(name) == value for other in figures[1:])
    }
