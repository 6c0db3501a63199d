# SPDX-License-Identifier: Apache-2.0
"""Mutants of a block's RTL: one netlist that holds them all, chosen by its input `mutsel`.

Yosys draws the mutants and builds them in, each active when `mutsel` has its number; 0 is the
original. They are spread over the modules in proportion to their cells. Left out are modules that
exist for simulation only, assertions, which are checks and not part of the design, and, where the
block names its own modules, what is below them: its instances stay, and their ports are mutated.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from pyosys import libyosys

from scripts.errors import UserError
from scripts.files import write_text
from scripts.project import ROOT, Project
from scripts.yosys import MEMORIES, rtl_command

SELECT = "mutsel"
SELECT_BITS = 10
MOST = 2**SELECT_BITS - 1
SIMULATION_ONLY = frozenset({"riscv_rvfi"})
LEAST_PER_MODULE = 3


@dataclass(frozen=True)
class Mutant:
    """One mutant. kind: Yosys' name for the change (inv, const0, cnot1, ...); source: file:line."""

    number: int
    module: str
    kind: str
    place: str
    source: str
    instance: str


@dataclass(frozen=True)
class Subject:
    """What verif/<block>/mutation.toml says of the mutated design, beside its runs.

    parameters: of the block's top; the bench must have them, too. macros: modules that stay as
    they are, each in a source of its name, for instance memories that the bench fills. modules: the
    ones that are mutated, all if empty.
    """

    parameters: Mapping[str, int]
    macros: tuple[str, ...]
    modules: tuple[str, ...] = ()


def subject(block: str) -> Subject:
    """Read the block's mutation.toml; the top's own parameters and no macros unless it has them."""
    path = Project().bench(block).folder / "mutation.toml"
    table = tomllib.loads(path.read_text()) if path.is_file() else {}
    return Subject(
        table.get("parameters", {}), tuple(table.get("macros", ())), tuple(table.get("modules", ()))
    )


def make(block: str, count: int, seed: int, folder: Path) -> list[Mutant]:
    """Write `folder`/netlist.v, design.il and mutants.json, and return the mutants.

    Raises UserError if `count` is not 1..1023.
    """
    if not 1 <= count <= MOST:
        raise UserError(f"COUNT={count}: must be from 1 to {MOST}")
    folder.mkdir(parents=True, exist_ok=True)
    design = _elaborated(block)
    modules = _modules(design, subject(block).modules)
    commands: list[str] = []
    for module, share in shares({name: cells for name, (cells, _) in modules.items()}, count):
        instances = modules[module][1]
        for i, instance in enumerate(instances):
            part = share // len(instances) + (i < share % len(instances))
            if part:  # a seed of its own, or all instances would have the same mutants
                drawn = _listed(design, instance, part, seed + i, len(commands) + 1, folder)
                commands += drawn
    for command in commands:
        libyosys.run_pass(command, design)
    libyosys.run_pass(f"write_rtlil {folder / 'design.il'}", design)
    libyosys.run_pass(f"write_verilog -noattr {folder / 'netlist.v'}", design)
    _append_macros(block, folder / "netlist.v")
    mutants = [read_command(command) for command in commands]
    write_text(folder / "mutants.json", json.dumps([asdict(mutant) for mutant in mutants]))
    return mutants


def _listed(
    design: libyosys.Design, instance: str, count: int, seed: int, first: int, folder: Path
) -> list[str]:
    """Let Yosys draw mutants of one module; return the commands that build them in."""
    path = folder / "list.txt"
    control = f"-ctrl {SELECT} {SELECT_BITS} {first}"
    libyosys.run_pass(
        f"mutate -list {count} -seed {seed} {control} -module {instance} -o {path}", design
    )
    lines = path.read_text().splitlines()
    path.unlink()
    return lines


def shares(cells: Mapping[str, int], count: int) -> list[tuple[str, int]]:
    """Split `count` in proportion to `cells`, at least three each where there are as many.

    What does not come out even goes to, or comes from, the largest share.

    >>> shares({"alu": 30, "csr": 60, "tiny": 1}, 30)
    [('alu', 9), ('csr', 18), ('tiny', 3)]
    """
    total = sum(cells.values())
    least = min(LEAST_PER_MODULE, count // len(cells))
    split = {name: max(least, count * n // total) for name, n in cells.items()}
    while (missing := count - sum(split.values())) != 0:
        split[max(split, key=lambda name: split[name])] += 1 if missing > 0 else -1
    return list(split.items())


def _elaborated(block: str) -> libyosys.Design:
    """Read the block as its bench sees it, with its hierarchy."""
    project = Project()
    closure = project.closure(block)
    mutated = subject(block)
    read = rtl_command(
        closure,
        str(closure[-1].top),
        defines=project.bench(block).defines,
        parameters=mutated.parameters,
        black_boxes=mutated.macros,
    )
    # A macro is known with its own parameters' defaults only: its ports have other widths here,
    # and what depends on its parameters is not the instance's to say.
    macros = [
        f"setparam -unset {parameter} t:{name}"
        for name in mutated.macros
        for parameter in MEMORIES[name]
    ]
    design = libyosys.Design()
    # Dead branches and values that do not matter would only give mutants that change nothing.
    clean = ("proc", "chformal -remove", "memory", "opt", "setundef -zero", "opt")
    for command in (read, *macros, "hierarchy -check -keep_portwidths", *clean):
        libyosys.run_pass(command, design)
    return design


def _append_macros(block: str, netlist: Path) -> None:
    """Add the sources of the macros to a netlist."""
    for entry in Project().closure(block):
        for source in entry.sources:
            if source.stem in subject(block).macros:
                with netlist.open("a") as file:
                    file.write(source.read_text())


def _modules(design: libyosys.Design, wanted: Sequence[str]) -> dict[str, tuple[int, list[str]]]:
    """Map each module of the sources to its cells, all instances together, and their names.

    Only those that are wanted, if any are named. Raises UserError for one that does not exist.
    """
    found: dict[str, tuple[int, list[str]]] = {}
    for identifier in design.modules_:
        name = str(identifier)[1:]
        source = name.partition("$")[0]
        if source in SIMULATION_ONLY or (wanted and source not in wanted):
            continue
        cells, instances = found.get(source, (0, []))
        found[source] = (cells + len(design.modules_[identifier].cells_), [*instances, name])
    if missing := sorted(set(wanted) - set(found)):
        raise UserError(f"modules to mutate that the design does not have: {', '.join(missing)}")
    return {name: entry for name, entry in sorted(found.items()) if entry[0]}


def read_command(command: str) -> Mutant:
    """Read one line of Yosys' list."""
    words = command.split()
    options = dict(itertools.pairwise(words))
    number = int(words[words.index("-ctrl") + 3])
    sources = [words[i + 1] for i, word in enumerate(words) if word == "-src"]
    place = f"{options['-cell']}.{options['-port']}[{options['-portbit']}]"
    if "-wire" in options:
        place = f"{options['-wire']}[{options['-wirebit']}]"
    return Mutant(
        number=number,
        module=options["-module"].partition("$")[0],
        kind=options["-mode"],
        place=place,
        instance=options["-module"],
        source=_relative(sources[-1]) if sources else "",
    )


def _relative(source: str) -> str:
    """Return path:line of a Yosys source location, relative to the project."""
    path, _, position = source.rpartition(":")
    line = re.split(r"[.-]", position)[0]
    full = Path(path) if Path(path).is_absolute() else ROOT / path
    return f"{full.relative_to(ROOT) if full.is_relative_to(ROOT) else path}:{line}"


def is_unread(folder: Path, instance: str, number: int) -> bool:
    """Whether nothing reads what the mutant changes: with and without it the same cells are left.

    That is told in tenths of a second, where induction over the whole system does not end.
    """
    return _cells(folder, instance, 0) == _cells(folder, instance, number)


def _cells(folder: Path, instance: str, number: int) -> list[str]:
    """Cells and connections of the mutated module and what is below it, with `mutsel` held."""
    design = libyosys.Design()
    with NamedTemporaryFile("r", suffix=".il") as file:
        cleaned = ("opt_expr", "opt_clean -purge", f"write_rtlil {file.name}")
        for command in (*_flat(folder, instance), *_hold(number), *cleaned):
            libyosys.run_pass(command, design)
        text = file.read()
    # Wires are not compared: the number of a new name depends on what was read before.
    return sorted(re.findall(r"^  cell .*?^  end$|^  connect .*?$", text, re.S | re.M))


def _flat(folder: Path, instance: str) -> Sequence[str]:
    return (
        f"read_rtlil {folder / 'design.il'}",
        f"hierarchy -top {instance}",
        "setattr -mod -unset keep_hierarchy *",
        "flatten",
    )


def _hold(number: int) -> Sequence[str]:
    return f"delete -input w:{SELECT}", f"connect -set {SELECT} {SELECT_BITS}'d{number}"


def equivalence_commands(folder: Path, instance: str, number: int) -> Sequence[str]:
    """Yosys commands that end with an error unless the mutant is proven equal to the original.

    Both are the mutated module and what is below it, with `mutsel` held at 0 and at `number`.
    Induction over the signals that both have in common: all outputs and registers.
    """
    return (
        *_flat(folder, instance),
        "rename -top gold",
        "copy gold gate",
        *("cd gold", *_hold(0), "cd .."),
        *("cd gate", *_hold(number), "cd .."),
        "async2sync",
        "opt -full",
        "opt_clean -purge",  # among others the names of `mutsel`, which does differ
        "equiv_make gold gate equiv",
        "hierarchy -top equiv",
        "equiv_struct",
        "equiv_simple",
        "equiv_induct",
        "equiv_status -assert",
    )


def main(arguments: Sequence[str]) -> int:
    """What scripts/fuzz_rtl.py calls: make BLOCK COUNT SEED FOLDER, prove FOLDER MODULE NUMBER."""
    command, *rest = arguments
    if command == "make":
        block, count, seed, folder = rest
        try:
            make(block, int(count), int(seed), Path(folder))
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    else:
        mutant = Path(rest[0]), rest[1], int(rest[2])
        if is_unread(*mutant):
            return 0
        design = libyosys.Design()
        for step in equivalence_commands(*mutant):
            libyosys.run_pass(step, design)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
