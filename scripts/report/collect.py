# SPDX-License-Identifier: Apache-2.0
"""Reads the files that the report is made of. One may be absent, but none may be malformed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import hjson

from scripts.errors import UserError
from scripts.figure import Figure, check_unique
from scripts.project import Project
from scripts.report.data import (
    Block,
    Bucket,
    Campaign,
    Coverage,
    Data,
    Excluded,
    Inference,
    Job,
    LayerEnergy,
    Missing,
    Mutants,
    Mutated,
    Night,
    Past,
    PastNight,
    Point,
    Ratio,
    Survivor,
    Testpoint,
)

Loaded = TypeVar("Loaded")
Record = TypeVar("Record")
_FIGURES = ("build/bench", "docs/bench")  # what was measured here before what is committed


def collect(root: Path) -> Data:
    """Read everything below `root`. Raises UserError naming the first file that is malformed."""
    benches = Project(root).benches()
    paths = [path for folder in _FIGURES for path in sorted((root / folder).glob("*.json"))]
    others = [path.stem for path in paths if _holds_figures(path)]
    return Data(
        blocks={
            name: _block(root, name, name in benches) for name in dict.fromkeys([*benches, *others])
        },
        night=_load(root / "build/nightly/summary.json", "make nightly", _night),
        past=_past(root),
        inferences=_inferences(root),
        tradeoff=_load(
            root / "build/bench/tradeoff.json", ".venv/bin/python -m scripts.tradeoff", _tradeoff
        ),
        studies=[path.parent.name for path in sorted((root / "build/study").glob("*/index.html"))],
    )


def _holds_figures(path: Path) -> bool:
    """Whether it is a file of figures, maybe a malformed one, and not for instance of points."""
    try:
        table = json.loads(path.read_text())
    except (OSError, ValueError):
        return True
    return not isinstance(table, dict) or "figures" in table or "block" in table


def _load(path: Path, command: str, parse: Callable[[Any], Loaded]) -> Loaded | Missing:
    """Parse a JSON file; Missing where there is none. Raises UserError if it is malformed."""
    try:
        return parse(json.loads(path.read_text(), parse_constant=_refuse))
    except FileNotFoundError:
        return Missing(command)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = _why(error)
        raise UserError(f"{path} is malformed ({why}); make it again: {command}") from error


def _why(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def record(cls: type[Record], entry: Mapping[str, Any], **given: Any) -> Record:
    """Make a dataclass of `entry`: its plain fields are checked, unknown entries are ignored."""
    hints = get_type_hints(cls)
    values = dict(given)
    for each in fields(cls):  # type: ignore[arg-type]
        if each.name in given:
            continue
        if each.name not in entry:
            if each.default is MISSING and each.default_factory is MISSING:
                raise KeyError(each.name)
            continue
        value = entry[each.name]
        if not _fits(value, hints[each.name]):
            raise TypeError(f"{each.name} is {json.dumps(value)[:40]}")
        values[each.name] = value
    return cls(**values)


def _fits(value: Any, hint: Any) -> bool:
    if get_args(hint) and type(None) in get_args(hint):
        return value is None or any(_fits(value, one) for one in get_args(hint)[:-1])
    if hint is Any:
        return True
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    origin = get_origin(hint)
    if origin is None:
        return isinstance(value, hint)
    if issubclass(origin, Mapping):
        return isinstance(value, dict) and all(
            _fits(one, get_args(hint)[1]) for one in value.values()
        )
    return isinstance(value, list) and all(_fits(one, get_args(hint)[0]) for one in value)


# ---- Blocks ----


def _block(root: Path, name: str, bench: bool) -> Block:
    figures, machine, where = _figures(root, name)
    build, choice = root / "build", f"BLOCK={name}"
    return Block(
        name=name,
        bench=bench,
        figures=figures,
        figures_from=where,
        machine=machine,
        coverage=_load(
            build / "coverage" / name / "coverage.json", f"make coverage {choice}", _coverage
        ),
        mutants=_load(build / "mutants" / f"{name}.json", f"make mutants {choice}", _mutants),
        testplan=_testplan(root / "verif" / name / "testplan.hjson"),
    )


def _figures(root: Path, name: str) -> tuple[list[Figure] | Missing, dict[str, Any], str]:
    """Figures, machine, and file: what was measured here before what is committed."""
    command = f"make bench BLOCK={name}"
    for folder in _FIGURES:
        path = root / folder / f"{name}.json"
        found = _load(path, command, _figure_file)
        if not isinstance(found, Missing):
            return (*found, f"{folder}/{name}.json")
    return Missing(command), {}, ""


def _figure_file(table: Any) -> tuple[list[Figure], dict[str, Any]]:
    figures = [Figure(**entry) for entry in table["figures"]]
    check_unique(figures)
    return figures, dict(table.get("machine", {}))


def _ratios(table: Mapping[str, Any]) -> dict[str, Ratio]:
    return {name: record(Ratio, entry) for name, entry in table.items()}


def _coverage(table: Any) -> Coverage:
    if not table["bars"]:
        raise ValueError("bars are empty")
    holes = {f"{kind}_holes": table["holes"][kind] for kind in ("functional", "code")}
    return record(
        Coverage,
        {**table, **holes},
        figures=_ratios(table["figures"]),
        files={name: _ratios(entry) for name, entry in table["files"].items()},
        groups=_ratios(table["groups"]),
        excluded=[record(Excluded, each) for each in table["excluded"]],
    )


def _mutants(table: Any) -> Mutants:
    return record(
        Mutants,
        table,
        modules={name: record(Mutated, entry) for name, entry in table["modules"].items()},
        survivors=[record(Survivor, each) for each in table["survivors"]],
    )


def _testplan(path: Path) -> list[Testpoint] | Missing:
    if not path.is_file():
        return Missing(f"write verif/{path.parent.name}/{path.name}")
    try:
        table = hjson.loads(path.read_text())
        return [record(Testpoint, {**each}) for each in table["testpoints"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is malformed ({_why(error)}); mend it, then: make lint") from error


# ---- Nights ----


def _night(table: Any) -> Night:
    if not isinstance(table["jobs"], list):
        raise TypeError("jobs is no list")
    return record(
        Night,
        table,
        jobs=[record(Job, each) for each in table["jobs"]],
        buckets=[record(Bucket, each) for each in table["buckets"]],
        campaigns=[record(Campaign, each) for each in table["campaigns"]],
    )


def _past(root: Path) -> list[PastNight]:
    """Earlier nights, oldest first."""

    def parse(table: Any) -> PastNight:
        datetime.fromisoformat(table["started"])  # the trend's axis
        blocks = {name: record(Past, entry) for name, entry in table["blocks"].items()}
        return record(PastNight, table, blocks=blocks)

    paths = sorted((root / "build/nightly/history").glob("*.json"))
    found = [_load(path, "make nightly", parse) for path in paths]
    nights = [night for night in found if isinstance(night, PastNight)]
    return sorted(nights, key=lambda night: night.started)


# ---- Networks ----


def _inferences(root: Path) -> list[Inference]:
    found: list[Inference] = []
    for path in sorted((root / "build/power").glob("*/*/energy.json")):
        block = path.parent.parent.name

        def parse(table: Any, block: str = block) -> list[Inference]:
            return [_inference(block, each) for each in table["inferences"]]

        found += _load(path, f"make power BLOCK={block}", parse) or []
    return found


def _inference(block: str, entry: Mapping[str, Any]) -> Inference:
    layers = [record(LayerEnergy, each) for each in entry["layers"]]
    return record(Inference, entry, block=block, layers=layers)


def _tradeoff(table: Any) -> list[Point]:
    return [record(Point, each) for each in table["points"]]
