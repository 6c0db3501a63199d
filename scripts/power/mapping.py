# SPDX-License-Identifier: Apache-2.0
"""Yosys' part of synthesis for energy: ``python -m scripts.power.mapping FOLDER``.

One script for all designs and libraries. FOLDER holds cells.lib, abc.constr, clock_gate.v where
the library has no cell for it, and job.json: the command that reads the RTL, the modules to keep,
and the arguments of `commands`. There it writes black_boxes.v, netlist.json, netlist.v, stat.json,
and instances.json: which module each kept instance is.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyosys import libyosys

from scripts.files import write_json, write_text
from scripts.yosys import MEMORIES

# Flip-flops for which a clock gate pays. An idle gate costs what the clock costs 1.5 flip-flops of
# OSU 180 nm, 0.8 of Nangate 45 nm, 0.9 of sky130; from 4 on it also saves area, and fewer change
# nothing in our blocks.
MIN_NET_SIZE = 4


def commands(
    top: str, gate: dict[str, str], unused: Sequence[str], target_ps: int
) -> tuple[list[str], list[str]]:
    """Return the Yosys commands up to mapped modules, and those that make one module of them.

    They start where the RTL has been read. gate: name, ports and tied input of the clock gate.
    unused: cells that may not be taken.

    -noalumacc keeps multipliers and adders apart, which is the smaller choice for small ones;
    -nofsm keeps the names of state registers, -nordff those of the addresses of arrays. ABC buffers
    only if it knows what drives the inputs.
    """
    leave = "".join(f" -dont_use {name}" for name in unused)
    tied = f" -tie_lo {gate['tied']}" if gate["tied"] else ""
    mapping = [
        "read_liberty -lib -ignore_miss_func cells.lib",
        *unset_local_parameters(),
        "read_verilog black_boxes.v",
        "chformal -remove",
        f"synth -top {top} -flatten -noalumacc -nofsm -nordff",
        *(["read_verilog clock_gate.v"] if gate["module"] else []),
        f"clockgate -pos {gate['name']} {gate['ports']}{tied} -min_net_size {MIN_NET_SIZE}",
        f"dfflibmap{leave} -liberty cells.lib",
        "opt",
        f"abc -liberty cells.lib{leave} -constr abc.constr -D {target_ps}",
        "opt_clean",
        "delete t:$scopeinfo",
        f"rename -enumerate -pattern clock_gate_% t:{gate['name']}",
        "rename -enumerate -pattern g% c:*",
    ]
    joining = [
        "setattr -mod -unset keep_hierarchy *",
        "flatten -noscopeinfo",
        "opt_clean",
        *(f"chtype -set {memory} t:{memory}$*" for memory in MEMORIES),
        "write_json netlist.json",
        "write_verilog -noattr netlist.v",
        "tee -q -o stat.json stat -json -liberty cells.lib",
    ]
    return mapping, joining


def unset_local_parameters() -> list[str]:
    """Commands that take from memories what Verilog does not let anyone set."""
    return [
        f"setparam -unset {name} t:{memory}$*" for memory, own in MEMORIES.items() for name in own
    ]


def black_boxes(design: libyosys.Design) -> str:
    """Give each memory a type of its own; return Verilog with the ports of all these types.

    With one type for memories of all sizes, Yosys cuts the connections to the width of one's ports.
    """
    stubs: list[str] = []
    for identifier in design.modules_:
        for cell in design.modules_[identifier].cells_.values():
            memory = str(cell.type)[1:]
            if memory not in MEMORIES:
                continue
            ports = []
            for wire in design.modules_[cell.type].wires_.values():
                direction = "input" if wire.port_input else "output"
                width = cell.connections_[wire.name].size()
                ports.append(f"{direction} [{width - 1}:0] {str(wire.name)[1:]}")
            name = f"{memory}${len(stubs)}"
            names = [str(parameter)[1:] for parameter in cell.parameters]
            values = ", ".join(f"parameter {n} = 0" for n in names if n not in MEMORIES[memory])
            head = f"module {name} #({values}) ({', '.join(ports)});"
            stubs.append(f"(* blackbox *)\n{head}\nendmodule\n")
            cell.type = libyosys.IdString(f"\\{name}")
    return "".join(stubs)


def instances(design: libyosys.Design, module: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Paths of the instances below a module whose insides are known, with their modules."""
    for cell in design.modules_["\\" + module].cells_.values():
        if cell.type not in design.modules_ or design.modules_[cell.type].get_blackbox_attribute():
            continue
        below, here = str(cell.type)[1:], f"{path}{str(cell.name)[1:]}"
        yield here, below.partition("$")[0]
        yield from instances(design, below, f"{here}.")


def keep(design: libyosys.Design, names: Sequence[str]) -> None:
    """Mark the modules of the RTL that stay modules until they are mapped."""
    for identifier in design.modules_:
        if str(identifier)[1:].partition("$")[0] in names:
            libyosys.run_pass(f"setattr -mod -set keep_hierarchy 1 {identifier}", design)


def main(arguments: list[str]) -> int:
    """Run the commands; Yosys prints what is wrong and exits with status 1."""
    os.chdir(arguments[0])  # commands name the files in it without their folder
    job = json.loads(Path("job.json").read_text())
    keeps, read = job.pop("keep"), job.pop("read")
    mapping, joining = commands(**job)
    design = libyosys.Design()
    libyosys.run_pass(read, design)
    write_text(Path("black_boxes.v"), black_boxes(design))
    for command in mapping:
        if command.startswith("synth "):
            keep(design, keeps)
        libyosys.run_pass(command, design)
    write_json(Path("instances.json"), dict(instances(design, job["top"])))
    for command in joining:
        libyosys.run_pass(command, design)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
