# SPDX-License-Identifier: Apache-2.0
"""A block on the gates of a cell library, synthesised for the estimate of its energy.

Results are kept in build/power/gates/<block>-<hash of all that goes in>. Yosys' script is
scripts/power/mapping.py. Every cell's name begins with the path of the instance it is in, as far
as that is a module of a [parts] table; flip-flops keep the RTL's names on their outputs.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import json
import re
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.files import locked, write_json, write_text
from scripts.power.liberty import Library, load
from scripts.power.technology import (
    ClockGate,
    Technology,
    clock_gate,
    smallest,
    technology,
    usable,
)
from scripts.project import ROOT, Block, Project, choose
from scripts.yosys import MEMORIES, rtl_command, run

OSU180 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
OUTPUT_LOADS = 4  # smallest inverters behind each output

# ABC aims at a third of the clock period: it sees no path from one module to the next, and sizes
# cells only as far as a target makes it.
TARGET_SHARE = 3

# Area that a library leaves out: the OSU file gives its latch none, its LEF file 5.6 um x 10 um.
MISSING_AREA = {("osu018_stdcells", "LATCH"): 56.0}


@dataclass(frozen=True)
class Gates:
    """A netlist and what belongs to it.

    folder: holds the files. digest: stands for sources, parameters, library and tools. liberty: the
    library, unpacked. instances: kept instance path -> module. parts: the label of such a module.
    cells: how many of each type. area: the library's unit, by label; "" is what is in no part.
    """

    folder: Path
    block: str
    top: str
    parameters: Mapping[str, int]
    digest: str
    library: str
    liberty: Path
    technology: Technology
    clock_gate: str
    instances: Mapping[str, str]
    parts: Mapping[str, str]
    cells: Mapping[str, int]
    area: Mapping[str, float]

    @property
    def netlist_json(self) -> Path:
        """Yosys' JSON: names, nets and cells of the flat netlist."""
        return self.folder / "netlist.json"

    @property
    def netlist_v(self) -> Path:
        """The same in Verilog."""
        return self.folder / "netlist.v"

    @property
    def total_area(self) -> float:
        """Area of all cells, black boxes not included."""
        return sum(self.area.values())


def gates(
    block: str,
    liberty: Path = OSU180,
    parameters: Mapping[str, int] | None = None,
    top: str | None = None,
    defines: Sequence[str] = (),
    root: Path = ROOT,
    extra: Sequence[Path] = (),
) -> Gates:
    """Synthesise `block` with these parameters of its top module, or find it synthesised.

    extra: further sources, generated ones.

    Raises UserError for an unknown block, a library that lacks something, and what Yosys says.
    """
    project = Project(root)
    closure = project.closure(choose("RTL block", block, project.blocks()))
    module = top or closure[-1].top
    if module is None:
        raise UserError(f"{block} has no top module to synthesise")
    values = dict(parameters or {})
    read = rtl_command(closure, module, defines=defines, parameters=values, black_boxes=MEMORIES)
    read = " ".join([read, *map(str, extra)])
    data = unpacked(liberty)
    texts = [path.read_text() for path in extra]
    digest = _digest(project, closure, [module, values, list(defines), *texts], data)
    folder = project.root / "build" / "power" / "gates" / f"{block}-{digest}"
    if not folder.is_dir():
        with locked(folder.with_name(f"{folder.name}.lock")):
            if not folder.is_dir():
                partial = folder.with_name(f"{folder.name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                (partial / "cells.lib").write_bytes(data)
                facts = _Facts(block, module, values, digest, closure)
                _make(partial, load(liberty), facts, read)
                partial.rename(folder)
    record = json.loads((folder / "gates.json").read_text())
    record["technology"] = Technology(**record["technology"])
    return Gates(folder=folder, liberty=folder / "cells.lib", **record)


@dataclass(frozen=True)
class _Facts:
    block: str
    top: str
    parameters: Mapping[str, int]
    digest: str
    closure: Sequence[Block]


def unpacked(liberty: Path) -> bytes:
    """Bytes of a Liberty file, gzip or not."""
    if not liberty.is_file():
        hint = "; install: apt-get install qflow-tech-osu018" if liberty == OSU180 else ""
        raise UserError(f"no Liberty file {liberty}{hint}")
    data = liberty.read_bytes()
    try:
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"cannot unpack {liberty}: {error}") from error


def _digest(project: Project, closure: Sequence[Block], words: list[Any], liberty: bytes) -> str:
    """Hash of everything that decides what the netlist is."""
    own = Path(__file__).parent
    files = [path for block in closure for path in sorted(block.folder.iterdir()) if path.is_file()]
    names = ("gates", "mapping", "technology", "liberty", "liberty_syntax", "function")
    files += [own.parent / "yosys.py", *(own / f"{name}.py" for name in names)]
    sources = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    recipe = [sources, words, importlib.metadata.version("pyosys")]
    text = json.dumps(recipe, sort_keys=True).encode()
    return hashlib.sha256(text + hashlib.sha256(liberty).digest()).hexdigest()[:16]


def _make(folder: Path, library: Library, facts: _Facts, read: str) -> None:
    """Write all files of a netlist into `folder`, which has cells.lib already."""
    rule, gate = check(library), clock_gate(library)
    parts = {
        module: label
        for block in facts.closure
        for label, modules in block.parts.items()
        for module in modules
        if module != facts.top
    }
    _write_inputs(folder, library, rule, gate)
    job = {
        "top": facts.top,
        "read": read,
        "gate": {**asdict(gate), "ports": ":".join(gate.ports)},
        "unused": sorted(cell.name for cell in library.cells.values() if not usable(cell)),
        "target_ps": round(1000 * rule.period_ns / TARGET_SHARE),
        "keep": list(parts),
    }
    write_json(folder / "job.json", job)
    log = folder / "yosys.log"
    run("scripts.power.mapping", [str(folder)], log)
    if cut := re.search(r"^Warning: (Resizing .*)", log.read_text(errors="replace"), re.MULTILINE):
        raise UserError(f"the netlist is not the RTL: {cut[1]}; see {log}")
    instances = json.loads((folder / "instances.json").read_text())
    instances = {path: module for path, module in instances.items() if module in parts}
    cells, area = _count(folder / "netlist.json", facts.top, library, instances, parts)
    record = {
        "block": facts.block,
        "top": facts.top,
        "parameters": facts.parameters,
        "digest": facts.digest,
        "library": library.name,
        "technology": asdict(rule),
        "clock_gate": gate.name,
        "instances": instances,
        "parts": parts,
        "cells": cells,
        "area": area,
    }
    write_json(folder / "gates.json", record)


def check(library: Library) -> Technology:
    """Return the library's rule. Raises UserError for what synthesis cannot do without."""
    rule = technology(library)
    smallest(library, "two-input NAND", 2, lambda a, b: not (a and b))
    smallest(library, "buffer", 1, lambda a: a)
    if not any(cell.state and cell.state.kind == "ff" for cell in library.cells.values()):
        raise UserError(f"{library.name} has no flip-flop: a group ff(...) in one of its cells")
    return rule


def _write_inputs(folder: Path, library: Library, rule: Technology, gate: ClockGate) -> None:
    """Write what Yosys reads beside RTL and library."""
    buffer = smallest(library, "buffer", 1, lambda a: a)
    load_ff = OUTPUT_LOADS * rule.wire_ff
    constraints = f"set_driving_cell {buffer.name}\nset_load {load_ff:.3f} [all_outputs]\n"
    write_text(folder / "abc.constr", constraints)
    if gate.module:
        write_text(folder / "clock_gate.v", gate.module)


def cell_area(library: Library, name: str) -> float:
    """Area of a cell, also where the library forgot it."""
    return library.cells[name].area or MISSING_AREA.get((library.name, name), 0.0)


def label_of(name: str, instances: Mapping[str, str], parts: Mapping[str, str]) -> str:
    """Label of the innermost part that the cell of this name is in, "" if it is in none."""
    path = name
    while "." in path:
        path = path.rpartition(".")[0]
        if path in instances:
            return parts[instances[path]]
    return ""


def _count(
    netlist: Path,
    top: str,
    library: Library,
    instances: Mapping[str, str],
    parts: Mapping[str, str],
) -> tuple[dict[str, int], dict[str, float]]:
    """Return how many cells there are of each type, and the area of each label."""
    cells: dict[str, int] = {}
    area: dict[str, float] = {"": 0.0}
    for name, cell in json.loads(netlist.read_text())["modules"][top]["cells"].items():
        kind = cell["type"]
        cells[kind] = cells.get(kind, 0) + 1
        if kind in MEMORIES:
            continue
        if kind not in library.cells:
            raise UserError(f"{library.name} has nothing for {kind} ({name} of {top})")
        label = label_of(name, instances, parts)
        area[label] = area.get(label, 0.0) + cell_area(library, kind)
    return dict(sorted(cells.items())), {name: round(value, 3) for name, value in area.items()}
