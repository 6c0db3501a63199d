# SPDX-License-Identifier: Apache-2.0
"""What the project contains: RTL blocks (rtl/*/block.toml) and benches (verif/*/bench.toml).

One block is one word in every folder, so a block's RTL is ``rtl/<block>`` and its bench
``verif/<block>``. Simulation, lint and synthesis all read their file lists from here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from itertools import product
from pathlib import Path
from typing import Any

from scripts.errors import UserError

ROOT = Path(__file__).resolve().parent.parent

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Block:
    """One folder of RTL: `sources` in compile order, after those of the folders in `depends`.

    parts: modules whose area and energy are told apart, by the name that tables give them.
    others: modules that may stand in the place of `top`.
    """

    name: str
    folder: Path
    top: str | None
    depends: tuple[str, ...]
    sources: tuple[Path, ...]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    @property
    def tops(self) -> tuple[str, ...]:
        """Every module that is elaborated on its own."""
        return (self.top, *self.others) if self.top else ()


@dataclass(frozen=True)
class Smoke:
    """One run of plain ``make sim BLOCK=...``."""

    test: str
    parameters: Values = field(default_factory=dict)
    settings: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Night:
    """One [[nightly]] entry: the nightly's runs of some tests, in all combinations.

    seeds: how many runs each combination has. Tests whose stimuli do not follow from the seed have
    one. refused: these parameters must be refused, with this text.
    """

    tests: tuple[str, ...]
    simulators: tuple[str, ...] = ("verilator",)
    seeds: int = 1
    parameters: tuple[Values, ...] = ({},)
    settings: tuple[Values, ...] = ({},)
    refused: str = ""


@dataclass(frozen=True)
class Test:
    """One test: its wall-clock limit in seconds, and what its build has beside the others'.

    not_on_netlists: why it cannot run on one, "" if it can. generate: its settings decide what is
    built, see scripts.build.generated.
    """

    timeout_s: float = 600
    defines: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    not_on_netlists: str = ""
    generate: bool = False


@dataclass(frozen=True)
class Bench:
    """One bench, as its bench.toml describes it."""

    block: str
    folder: Path
    sources: tuple[Path, ...]
    defines: tuple[str, ...]
    visible: tuple[str, ...]
    libraries: tuple[str, ...]
    parameters: Values
    settings: Mapping[str, tuple[Any, ...]]
    tests: Mapping[str, Test]
    smoke: tuple[Smoke, ...]
    nightly: tuple[Night, ...] = ()


def choose(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return `name` if it is one of `valid`; otherwise raise UserError listing the valid ones."""
    names = list(valid)
    if name not in names:
        raise UserError(f"unknown {kind} {name!r}; valid: {', '.join(names) or 'none'}")
    return name


_BENCH_KEYS = {
    "sources",
    "defines",
    "visible",
    "libraries",
    "parameters",
    "settings",
    "tests",
    "smoke",
    "nightly",
}


class Project:
    """The blocks and benches below one root folder."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root.resolve()

    def blocks(self) -> list[str]:
        """Names of all RTL folders that have a block.toml."""
        return sorted(path.parent.name for path in self.root.glob("rtl/*/block.toml"))

    def benches(self) -> list[str]:
        """Names of all blocks that have a bench (the valid values of BLOCK)."""
        return sorted(path.parent.name for path in self.root.glob("verif/*/bench.toml"))

    def block(self, name: str) -> Block:
        """Read rtl/<name>/block.toml."""
        folder = self.root / "rtl" / choose("RTL block", name, self.blocks())
        table = _read(folder / "block.toml", {"top", "others", "depends", "sources", "parts"})
        parts = {label: tuple(modules) for label, modules in table.get("parts", {}).items()}
        return Block(
            name=name,
            folder=folder,
            top=table.get("top"),
            depends=tuple(table.get("depends", [])),
            sources=tuple(_existing(folder, table.get("sources", []), "block.toml")),
            parts=parts,
            others=tuple(table.get("others", [])),
        )

    def closure(self, name: str) -> list[Block]:
        """The block and everything it depends on, each once, dependencies first."""
        ordered: list[Block] = []
        self._visit(name, ordered, ())
        return ordered

    def _visit(self, name: str, ordered: list[Block], path: tuple[str, ...]) -> None:
        if name in path:
            raise UserError(f"rtl blocks depend on each other: {' -> '.join((*path, name))}")
        if any(block.name == name for block in ordered):
            return
        block = self.block(name)
        for dependency in block.depends:
            self._visit(dependency, ordered, (*path, name))
        ordered.append(block)

    def bench(self, name: str) -> Bench:
        """Read verif/<name>/bench.toml."""
        folder = self.root / "verif" / choose("BLOCK", name, self.benches())
        table = _read(folder / "bench.toml", _BENCH_KEYS)
        tests = {test: _test(folder, test, more) for test, more in table.get("tests", {}).items()}
        if not tests:
            raise UserError(f"{folder / 'bench.toml'}: no [tests.<Name>] table")
        return Bench(
            block=name,
            folder=folder,
            sources=tuple(_existing(folder, table.get("sources", []), "bench.toml")),
            defines=tuple(table.get("defines", [])),
            visible=tuple(table.get("visible", ["bench.*"])),
            libraries=tuple(table.get("libraries", [])),
            parameters=table.get("parameters", {}),
            settings={key: tuple(values) for key, values in table.get("settings", {}).items()},
            tests=tests,
            smoke=tuple(_smoke(folder, entry, tests) for entry in table.get("smoke", [])),
            nightly=tuple(_night(folder, entry, tests) for entry in table.get("nightly", [])),
        )

    def variants(self, name: str) -> list[tuple[str, ...]]:
        """Return the sets of macros a block is used with: none, and those its bench defines."""
        defined = [self.bench(name).defines] if name in self.benches() else []
        return list(dict.fromkeys([(), *defined]))


def _test(folder: Path, name: str, entry: dict[str, Any]) -> Test:
    known = {field.name for field in fields(Test)} | {"description"}
    _check_keys(f"[tests.{name}] of {folder / 'bench.toml'}", entry, known)
    lists: dict[str, Any] = {name: tuple(entry.get(name, ())) for name in ("defines", "libraries")}
    limit_s = float(entry.get("timeout_s", Test.timeout_s))
    netlists, made = entry.get("not_on_netlists", ""), bool(entry.get("generate", False))
    return Test(limit_s, **lists, not_on_netlists=netlists, generate=made)


def _smoke(folder: Path, entry: dict[str, Any], tests: Iterable[str]) -> Smoke:
    extra = set(entry) - {"test", "parameters", "settings"}
    if "test" not in entry or extra:
        raise UserError(f"{folder / 'bench.toml'}: [[smoke]] takes test, parameters, settings")
    choose(f"test in [[smoke]] of {folder / 'bench.toml'}", entry["test"], tests)
    return Smoke(entry["test"], entry.get("parameters", {}), entry.get("settings", {}))


def _night(folder: Path, entry: dict[str, Any], tests: Iterable[str]) -> Night:
    place = f"[[nightly]] of {folder / 'bench.toml'}"
    valid = {field.name for field in fields(Night)}
    if not entry.get("tests") or set(entry) - valid:
        raise UserError(f"{place} takes {', '.join(sorted(valid))}; tests must be there")
    for test in entry["tests"]:
        choose(f"test in {place}", test, tests)
    lists: dict[str, Any] = {
        name: tuple(entry[name]) for name in ("tests", "simulators") if name in entry
    }
    try:
        tables: dict[str, Any] = {
            name: tuple(_combinations(entry[name]))
            for name in ("parameters", "settings")
            if name in entry
        }
    except AttributeError:
        raise UserError(f"{place}: parameters and settings are tables or lists of them") from None
    for name, values in {**lists, **tables}.items():
        if not values:  # the entry would take its tests out of the night
            raise UserError(f"{place}: {name} must not be empty")
    night = Night(**{**entry, **lists, **tables})
    if not isinstance(night.seeds, int) or night.seeds < 1:
        raise UserError(f"{place}: seeds = {night.seeds!r} must be a number from 1")
    return night


def _combinations(value: dict[str, Any] | list[dict[str, Any]]) -> Iterable[Values]:
    """All combinations of a table's lists, or of each of several tables'.

    >>> list(_combinations({"a": [1, 2], "b": 3}))
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    tables: list[dict[str, Any]] = value if isinstance(value, list) else [value]
    for table in tables:
        lists: list[list[Any]] = [
            choice if isinstance(choice, list) else [choice] for choice in table.values()
        ]
        for chosen in product(*lists):
            yield dict(zip(table, chosen, strict=True))


def _read(path: Path, known: set[str]) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {error}") from error
    _check_keys(str(path), table, known)
    return table


def _check_keys(place: str, table: Values, known: set[str]) -> None:
    if unknown := set(table) - known:
        raise UserError(f"{place}: unknown key {min(unknown)!r}; valid: {', '.join(sorted(known))}")


def _existing(folder: Path, names: Iterable[str], listed_in: str) -> Iterable[Path]:
    for name in names:
        path = folder / name
        if not path.is_file():
            raise UserError(f"{path} does not exist, but is listed in {folder / listed_in}")
        yield path
