# SPDX-License-Identifier: Apache-2.0
"""The page of a study: one HTML file with everything in it, made of study.json and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

COLOURS = 7  # in the style sheet; further layers begin again
MISSING = "\N{EN DASH}"


@dataclass(frozen=True)
class Bar:
    """Energy of an outcome. parts: width in percent and colour of each layer, by its name."""

    title: str
    parts: Sequence[tuple[str, float, int]]
    text: str


def page(study: Mapping[str, Any]) -> str:
    """The text of index.html for the contents of a study.json."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "energy": energy, "title": title}
    taken = [outcome for outcome in study["outcomes"] if not outcome["refused"]]
    return environment.get_template("page.html").render(
        study=study,
        taken=taken,
        refused=[outcome for outcome in study["outcomes"] if outcome["refused"]],
        groups=[(block, list(group)) for block, group in groupby(taken, lambda one: one["block"])],
        bars=list(bars(taken)),
        products=sum(layer["products"] for layer in study["layers"]),
        accuracy=lambda correct: 100 * correct / study["images"]["test"],
        error=_error,
        colours=COLOURS,
    )


def title(outcome: Mapping[str, Any]) -> str:
    """Block and form of an outcome."""
    return ", ".join(word for word in (outcome["block"], outcome["variant"]) if word)


def _error(outcome: Mapping[str, Any]) -> str:
    """How far off the energy may be, for the table."""
    if outcome["block"] == "arithmetic":
        return MISSING
    percent = outcome["energy_error_percent"]
    return "not tested" if percent is None else f"{percent} %"


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands separated; a dash where there is none.

    >>> number(12345.6), number(99.954, 2)
    ('12,346', '99.95')
    """
    return MISSING if value is None else f"{value:,.{digits}f}"


def energy(value: float | None) -> str:
    """Energy in nJ or µJ, with the two digits that it has.

    >>> energy(940.0), energy(5000.0), energy(12000.0), energy(0.068)
    ('940 nJ', '5.0 µJ', '12 µJ', '0.068 nJ')
    """
    if value is None:
        return MISSING
    scaled, unit = (value / 1000, "µJ") if value >= 1000 else (value, "nJ")
    digits = 0 if scaled >= 10 else 1 if scaled >= 1 else 3
    return f"{scaled:,.{digits}f} {unit}"


def bars(outcomes: Sequence[Mapping[str, Any]]) -> Iterator[Bar]:
    """A bar for each outcome with an energy, the longest all across."""
    known = [outcome for outcome in outcomes if outcome["energy_nj"] is not None]
    longest = max((_total(outcome) for outcome in known), default=0.0) or 1.0
    for outcome in known:
        parts = [
            (layer["layer"], round(100 * layer["energy_nj"] / longest, 2), place % COLOURS)
            for place, layer in enumerate(outcome["layers"])
        ]
        yield Bar(title(outcome), parts, energy(outcome["energy_nj"]))


def _total(outcome: Mapping[str, Any]) -> float:
    return sum(float(layer["energy_nj"]) for layer in outcome["layers"])
