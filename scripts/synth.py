# SPDX-License-Identifier: Apache-2.0
"""Area and longest path of a block on gates: ``make synth BLOCK=riscv [LIBERTY=cells.lib]``.

Yosys maps the block twice (scripts/synthesise.py): for area, which is what is compared with other
cores, and buffered, for the longest path by OpenSTA (no wires, ideal clock, inputs at time 0). A
third run keeps the modules apart and tells where the area is. Memories are macros: they have no
area, and paths begin and end at them. Results: build/synth/<block>.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts import yosys
from scripts.errors import UserError
from scripts.files import write_bytes, write_json
from scripts.power import libraries
from scripts.power.gates import OSU180, unpacked
from scripts.progress import cores
from scripts.project import ROOT, Project, choose

GATE = re.compile(r"NAND2(_?X1|_X1|x1)?|sky130_fd_sc_hd__nand2_1")
PERIOD_NS = 10.0


@dataclass(frozen=True)
class Synthesis:
    """Areas in gate equivalents (thousands of two-input NANDs), the longest path in ns.

    memories: how many there are; no area has them.
    """

    block: str
    library: str
    gate_um2: float
    area_kge: float
    flip_flops_kge: float
    memories: int
    modules_kge: dict[str, float]
    buffered_kge: float
    longest_path_ns: float
    path_from: str
    path_to: str


def synthesise(block: str, liberty: Path | None = None) -> Synthesis:
    """Map `block` to `liberty` (default: OSU 180 nm) and measure it.

    Raises UserError for an unknown block, an unusable Liberty file, and what Yosys or OpenSTA say.
    """
    block_folder = Project().block(block)
    if block_folder.top is None:
        raise UserError(f"{block} has no top module to synthesise")
    folder = ROOT / "build" / "synth" / block
    library = _checked(liberty or OSU180, folder)
    gate = _gate_area(library)
    kinds = ("flat", "buffered", "modules")
    with ThreadPoolExecutor(cores()) as pool:
        stats = dict(
            zip(
                kinds, pool.map(lambda kind: _map(block, library, folder, kind), kinds), strict=True
            )
        )
    delay, start, end = _longest_path(block_folder.top, library, folder / "buffered")
    result = Synthesis(
        block=block,
        library=library.name,
        gate_um2=gate,
        area_kge=_kge(stats["flat"]["design"]["area"], gate),
        flip_flops_kge=_kge(stats["flat"]["design"]["sequential_area"], gate),
        memories=_memories(stats["flat"]),
        modules_kge=_modules(stats["modules"], gate),
        buffered_kge=_kge(stats["buffered"]["design"]["area"], gate),
        longest_path_ns=delay,
        path_from=start,
        path_to=end,
    )
    write_json(folder / "synthesis.json", asdict(result))
    return result


def _checked(liberty: Path, folder: Path) -> Path:
    """Return the library as plain text: itself, or unpacked into `folder`."""
    data = unpacked(liberty)
    text = data.decode(errors="replace")
    if not re.search(r"\blibrary\s*\(", text):
        raise UserError(f"{liberty} is not a Liberty file: it has no library(...) group")
    if not re.search(r"\bff\s*\(", text):
        raise UserError(f"{liberty} has no flip-flop: a group ff(...) in one of its cells")
    if liberty.suffix != ".gz":
        return liberty.resolve()
    write_bytes(folder / liberty.stem, data)
    return folder / liberty.stem


def _gate_area(liberty: Path) -> float:
    """Return the area of the library's smallest two-input NAND."""
    cells = re.findall(
        r'\bcell\s*\(\s*"?([\w]+)"?\s*\)\s*\{.*?\barea\s*:\s*([\d.]+)',
        liberty.read_text(errors="replace"),
        re.DOTALL,
    )
    areas = [float(area) for name, area in cells if GATE.fullmatch(name)]
    if not areas:
        raise UserError(f"{liberty} has no two-input NAND by a name known here (NAND2X1, ...)")
    if not min(areas):
        raise UserError(f"{liberty}: its two-input NAND has no area, which is the unit here")
    return min(areas)


def _map(block: str, liberty: Path, folder: Path, kind: str) -> dict[str, Any]:
    """Run Yosys; return its statistics."""
    target = folder / kind
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    arguments = [block, str(liberty), str(target), kind]
    begin = time.monotonic()
    yosys.run("scripts.synthesise", arguments, target / "yosys.log")
    print(f"{block}: {kind} in {time.monotonic() - begin:.0f} s", file=sys.stderr)
    text = (target / "stat.json").read_text()
    statistics: dict[str, Any] = json.loads(text[text.index("{") :])
    return statistics


def _kge(area_um2: float, gate_um2: float) -> float:
    return round(area_um2 / gate_um2 / 1000, 3)


def _memories(statistics: dict[str, Any]) -> int:
    cells = statistics["design"]["num_cells_by_type"].items()
    return sum(
        count for kind, count in cells if kind.lstrip("\\").partition("$")[0] in yosys.MEMORIES
    )


def _modules(statistics: dict[str, Any], gate_um2: float) -> dict[str, float]:
    """Areas by module of the sources, without what is below each, largest first."""
    modules = {name.lstrip("\\"): entry for name, entry in statistics["modules"].items()}
    table: dict[str, float] = {}
    for name, entry in modules.items():
        cells = entry["num_cells_by_type"].items()
        below = sum(modules[cell]["area"] * count for cell, count in cells if cell in modules)
        source = name.partition("$")[0]
        table[source] = table.get(source, 0.0) + entry["area"] - below
    ordered = sorted(table.items(), key=lambda item: -item[1])
    return {name: _kge(area, gate_um2) for name, area in ordered}


def _longest_path(top: str, liberty: Path, folder: Path) -> tuple[float, str, str]:
    """Return (ns, start, end) of the path with the latest arrival."""
    if shutil.which("sta") is None:
        raise UserError("sta not found on PATH; install: apt-get install opensta")
    script = folder / "sta.tcl"
    script.write_text(
        f"read_liberty {liberty}\n"
        f"read_verilog {folder / 'netlist.v'}\n"
        f"link_design {top}\n"
        f"create_clock -name clk -period {PERIOD_NS} [get_ports clk_i]\n"
        "set_input_delay 0 -clock clk [all_inputs]\n"
        "set_output_delay 0 -clock clk [all_outputs]\n"
        "report_checks -path_delay max -format full -digits 3\n"
    )
    run = subprocess.run(
        ["sta", "-exit", str(script)], capture_output=True, text=True, timeout=600, check=False
    )
    (folder / "sta.log").write_text(run.stdout + run.stderr)
    found = {
        name: re.findall(pattern, run.stdout)
        for name, pattern in (
            ("start", r"Startpoint: (\S+)"),
            ("end", r"Endpoint: (\S+)"),
            ("arrival", r"\s([\d.]+)\s+data arrival time"),
        )
    }
    if not all(found.values()):
        raise UserError(f"OpenSTA found no path; see {folder / 'sta.log'}")
    worst = max(range(len(found["start"])), key=lambda i: float(found["arrival"][i]))
    netlist = (folder / "netlist.v").read_text()
    start, end = (_register(netlist, found[which][worst]) for which in ("start", "end"))
    return float(found["arrival"][worst]), start, end


def _register(netlist: str, name: str) -> str:
    """Return what the register of an instance is called in the RTL; a port stays as it is."""
    found = re.search(rf"\b{re.escape(name)} \((.*?)\);", netlist, re.DOTALL)
    output = re.search(r"\.QN?\(\\?([^\s)]+)", found[1]) if found else None
    return output[1] if output else name


def show(result: Synthesis) -> None:
    """Print the result as a table."""
    print(f"{result.block}, {result.library} (NAND2 = {result.gate_um2:g} um2)\n")
    print(f"{'area':<24}{result.area_kge:9.2f} kGE")
    print(f"{'  flip-flops':<24}{result.flip_flops_kge:9.2f} kGE")
    if result.memories:
        print(f"{'  memories':<24}{result.memories:9d}, not counted")
    print(
        f"{'longest path':<24}{result.longest_path_ns:9.2f} ns, buffered to"
        f" {result.buffered_kge:.2f} kGE"
    )
    print(f"{'':<24}from {result.path_from} to {result.path_to}\n")
    for module, area in result.modules_kge.items():
        print(f"  {module:<22}{area:9.2f} kGE")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 2 when the command makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m scripts.synth", description=__doc__)
    parser.add_argument("--block", help="block to synthesise; default: all with a top module")
    parser.add_argument("--liberty", default="osu018", help=libraries.HELP)
    options = parser.parse_args(arguments)
    project = Project()
    try:
        blocks = (
            [choose("BLOCK", options.block, project.blocks())]
            if options.block
            else [name for name in project.blocks() if project.block(name).top]
        )
        for block in blocks:
            show(synthesise(block, libraries.liberty(options.liberty)))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
