# SPDX-License-Identifier: Apache-2.0
"""A measured figure, and the file of figures that `make bench` writes for a block."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.files import write_json


@dataclass(frozen=True)
class Figure:
    """One number and all that is needed to understand it.

    name: lower_snake_case. network: what it was measured on, "" if on none.
    against: what it is compared with, in words. reference: that other number, in the same unit.
    source: where the reference comes from. conditions: everything else the value depends on.

    Raises ValueError for a value that is not a finite number, for words that are no text, and for
    conditions that are no object of JSON.
    """

    name: str
    value: float
    unit: str
    network: str = ""
    against: str = ""
    reference: float | None = None
    source: str = ""
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(f"figure name {self.name!r} is not lower_snake_case")
        for number in [self.value] if self.reference is None else [self.value, self.reference]:
            if not _is_finite(number):
                raise ValueError(f"figure {self.name}: {number!r} is not a finite number")
        read: Any = self  # of a file, which may hold anything
        for word in (read.unit, read.network, read.against, read.source):
            if not isinstance(word, str):
                raise ValueError(f"figure {self.name}: {word!r} is not text")
        if not isinstance(read.conditions, Mapping):
            raise ValueError(f"figure {self.name}: conditions {self.conditions!r} are no object")
        try:
            json.dumps(self.conditions, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"figure {self.name}: conditions: {error}") from error

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this figure from all others of its block."""
        return self.name, self.network, json.dumps(self.conditions, sort_keys=True)


def _is_finite(number: Any) -> bool:
    return (
        isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number)
    )


def write_figures(
    path: Path, block: str, figures: Sequence[Figure], machine: Mapping[str, Any]
) -> None:
    """Write a block's figures in one step. Raises ValueError if there are none, or one twice."""
    if not figures:
        raise ValueError(f"no figures for {block}")
    check_unique(figures)
    table = {
        "block": block,
        "figures": [{name: asdict(figure)[name] for name in _ORDER} for figure in figures],
        "machine": dict(machine),
    }
    write_json(path, table)


_ORDER = ("name", "network", "value", "unit", "against", "reference", "source", "conditions")


def check_unique(figures: Iterable[Figure]) -> None:
    """Raise ValueError if two figures have the same name, network and conditions."""
    seen = set()
    for figure in figures:
        if figure.key in seen:
            raise ValueError(f"figure {figure.name} of network {figure.network!r} is there twice")
        seen.add(figure.key)


def read_figures(path: Path) -> tuple[str, list[Figure]]:
    """Return (block, figures) of a file written by `write_figures`.

    Raises UserError naming the file when it is not one.
    """
    try:
        table = json.loads(path.read_text())
        figures = [Figure(**entry) for entry in table["figures"]]
        check_unique(figures)
        return str(table["block"]), figures
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a file of figures ({error}); run make bench") from error
