# SPDX-License-Identifier: Apache-2.0
"""What is run to measure a block's coverage, and what is excluded: verif/<block>/coverage.toml.

[[run]]                                  # one build and test, with so many seeds
test = "RandomTraffic"
seeds = 2                                # 1 unless given
limit = 10                               # while bins are empty, further seeds up to so many
parameters = {Multipliers = 4}
settings = {instructions = 3000}

[[exclude]]                              # cannot happen
file = "rtl/msb_skip/msb_skip.sv"
line = "input logic [31:0] xif_issue_hartid_i,"    # text of one line; the whole file without it
kinds = ["toggle"]                       # all unless given
points = '\\[31\\]'                        # pattern in the text of a point; all unless given
reason = "..."

[[apart]]                                # reported on its own, not in the block's figures
file = ...                               # the same keys
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hjson

from scripts.coverage_code import KINDS, Selection
from scripts.errors import UserError
from scripts.project import Bench, choose
from scripts.simulate import value_text


@dataclass(frozen=True)
class Run:
    """One test with its parameters and settings, made with `seeds` seeds, at most `limit`."""

    test: str
    seeds: int
    limit: int
    parameters: Mapping[str, Any]
    settings: Mapping[str, Any]

    def title(self, seed: int) -> str:
        """Test, seed, and what distinguishes the run from its neighbours."""
        words = [f"{self.test:<18} seed {seed}"]
        for table in (self.parameters, self.settings):
            words += [f"{name}={value_text(value)}" for name, value in table.items()]
        return " ".join(words)


@dataclass(frozen=True)
class Plan:
    """The contents of a coverage.toml."""

    runs: tuple[Run, ...]
    excluded: tuple[Selection, ...]
    apart: tuple[Selection, ...]


def read_plan(bench: Bench) -> Plan:
    """Read verif/<block>/coverage.toml. Raises UserError when there is none, or on a bad entry."""
    path = bench.folder / "coverage.toml"
    if not path.is_file():
        raise UserError(f"{path} does not exist: coverage of {bench.block} is not planned")
    try:
        table = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {error}") from error
    _check_keys(path, "table", table, {"run", "exclude", "apart"})
    plan = Plan(
        tuple(_run(path, bench, entry) for entry in table.get("run", [])),
        tuple(_selection(path, entry) for entry in table.get("exclude", [])),
        tuple(_selection(path, entry) for entry in table.get("apart", [])),
    )
    if not plan.runs:
        raise UserError(f"{path}: no [[run]]")
    return plan


def _run(path: Path, bench: Bench, entry: dict[str, Any]) -> Run:
    _check_keys(path, "[[run]]", entry, {"test", "seeds", "limit", "parameters", "settings"})
    test = choose(f"test in [[run]] of {path}", entry.get("test", ""), bench.tests)
    seeds = entry.get("seeds", 1)
    limit = entry.get("limit", seeds)
    if not 1 <= seeds <= limit:
        raise UserError(f"{path}: {test}: seeds = {seeds} must be from 1 to limit = {limit}")
    return Run(test, seeds, limit, entry.get("parameters", {}), entry.get("settings", {}))


def _selection(path: Path, entry: dict[str, Any]) -> Selection:
    _check_keys(path, "entry", entry, {"file", "line", "kinds", "points", "reason"})
    for key in ("file", "reason"):
        if not entry.get(key):
            raise UserError(f"{path}: an entry without {key}: {entry}")
    for kind in entry.get("kinds", ()):
        choose(f"kind in {path}", kind, KINDS)
    return Selection(**{**entry, "kinds": tuple(entry.get("kinds", KINDS))})


def _check_keys(path: Path, what: str, entry: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(entry) - known:
        valid = ", ".join(sorted(known))
        raise UserError(f"{path}: unknown key {min(unknown)!r} in {what}; valid: {valid}")


def planned_groups(bench: Bench) -> list[str]:
    """Names of the cover groups that the block's testplan lists. UserError if it cannot be read."""
    path = bench.folder / "testplan.hjson"
    try:
        plan = hjson.loads(path.read_text())
        return [group["name"] for group in plan.get("covergroups", [])]
    except (OSError, hjson.HjsonDecodeError, AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read; see make lint: {error}") from error
