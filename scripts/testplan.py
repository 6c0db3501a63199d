# SPDX-License-Identifier: Apache-2.0
"""Checks testplans: verif/<block>/testplan.hjson, in the format of dvsim.

A testpoint has a name, a description, a stage (V1: it lives; V2: it is done; V3: it can be signed
off) and tests: those of bench.toml, and proofs of formal/proofs.toml as formal_<name>.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hjson

from scripts.project import Bench, Project

STAGES = ("V1", "V2", "V3")
_POINT = {"name", "desc", "stage", "tests"}
_GROUP = {"name", "desc"}
_OPTIONAL = {"tags"}  # of dvsim; nothing here reads them


def plan_findings(project: Project) -> list[str]:
    """Return one line for all that is wrong with the testplans."""
    return [
        f"{project.bench(block).folder / 'testplan.hjson'}: {finding}"
        for block in project.benches()
        for finding in _findings(project.bench(block))
    ]


def _findings(bench: Bench) -> Iterator[str]:
    path = bench.folder / "testplan.hjson"
    if not path.is_file():
        yield "does not exist; it maps what is to be shown to the tests that show it"
        return
    try:
        yield from _wrong(bench, hjson.loads(path.read_text()))
    except hjson.HjsonDecodeError as error:
        yield str(error)
    except (AttributeError, TypeError):
        yield "testpoints and covergroups must be lists of tables"


def _wrong(bench: Bench, plan: Mapping[str, Any]) -> Iterator[str]:
    if plan.get("name") != bench.block:
        yield f"name is {plan.get('name')!r}, not {bench.block!r}"
    points = plan.get("testpoints", [])
    for point in points:
        yield from _incomplete("testpoint", point, _POINT)
    for group in plan.get("covergroups", []):
        yield from _incomplete("covergroup", group, _GROUP)
    for kind in ("testpoints", "covergroups"):
        names = Counter(entry.get("name") for entry in plan.get(kind, []))
        yield from (f"{kind} has {name} {n} times" for name, n in names.items() if n > 1)
    yield from _unmapped(bench, points)


def _incomplete(what: str, entry: Mapping[str, Any], needed: set[str]) -> Iterator[str]:
    name = f"{what} {entry.get('name', '?')}"
    for key in sorted(needed - set(entry)):
        yield f"{name} has no {key}"
    for key in sorted(set(entry) - needed - _OPTIONAL):
        yield f"{name}: unknown key {key!r}"
    if not entry.get("desc", "?").strip():
        yield f"{name}: the description is empty"
    if entry.get("stage", "V1") not in STAGES:
        yield f"{name}: stage {entry['stage']!r} is none of {', '.join(STAGES)}"


def _unmapped(bench: Bench, points: list[Mapping[str, Any]]) -> Iterator[str]:
    """Testpoints without a test, tests that are in no testpoint, names that do not exist."""
    known = [*bench.tests, *proofs(bench.folder)]
    planned = {test for point in points for test in point.get("tests", [])}
    for point in points:
        if not point.get("tests"):
            yield f"testpoint {point.get('name')} has no test"
        for test in point.get("tests", []):
            if test not in known:
                valid = ", ".join(known)
                yield f"testpoint {point.get('name')}: no such test {test}; there are {valid}"
    yield from (f"{test} is in no testpoint" for test in known if test not in planned)
    stages = {point.get("stage") for point in points}
    yield from (
        f"there is no testpoint of stage {stage}" for stage in STAGES if stage not in stages
    )


def proofs(folder: Path) -> list[str]:
    """Names by which a testplan calls the proofs of a block."""
    path = folder / "formal" / "proofs.toml"
    if not path.is_file():
        return []
    return [f"formal_{proof['name']}" for proof in tomllib.loads(path.read_text())["proof"]]
