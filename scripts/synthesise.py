# SPDX-License-Identifier: Apache-2.0
"""Yosys' part of synthesis: ``python -m scripts.synthesise BLOCK LIBERTY FOLDER KIND``.

One script for all blocks and libraries, so that areas can be compared. A process of its own,
because Yosys ends the process on an error. Writes netlist.v and stat.json into the folder.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pyosys import libyosys

from scripts.files import write_text
from scripts.power.mapping import black_boxes, unset_local_parameters
from scripts.project import Project
from scripts.yosys import MEMORIES, rtl_command

TARGET_PS = 4000  # shorter than any path of ours, so that ABC tries as hard as it can


def reading(block: str, kind: str) -> str:
    """Return the Yosys command that reads the RTL, its memories as black boxes."""
    closure = Project().closure(block)
    top = str(closure[-1].top)
    return rtl_command(closure, top, hierarchy=kind == "modules", black_boxes=MEMORIES)


def mapping(block: str, liberty: Path, folder: Path, kind: str) -> list[str]:
    """Return the Yosys commands from the RTL read to gates.

    KIND: flat gives the area, modules where it is. buffered lets ABC drive large fan-outs through
    trees of buffers and size its cells for speed: else all delay would be that of one net.
    -noalumacc keeps multipliers and adders apart, which is the smaller choice for small ones.
    Memories stay boxes without an area: they are macros, not flip-flops.
    """
    flat = kind != "modules"
    top = str(Project().block(block).top)
    return [
        "chformal -remove",
        f"synth -top {top} -noalumacc{' -flatten' if flat else ''}",
        f"dfflibmap -liberty {liberty}",
        "opt -purge",
        f"abc -liberty {liberty}{_speed(liberty, folder) if kind == 'buffered' else ''}",
        "opt_clean -purge",
        # OpenSTA reads neither parameters, which boxes of a type of their own do not need, nor an
        # assignment to {a, b}.
        *(f"setparam -unset Width -unset Words t:{memory}$*" for memory in MEMORIES),
        f"write_verilog -noattr -simple-lhs {folder / 'netlist.v'}",
        f"tee -q -o {folder / 'stat.json'} stat -json -liberty {liberty}",
    ]


def _speed(liberty: Path, folder: Path) -> str:
    """Write what ABC assumes outside the block; return the options that make it buffer and size.

    It does neither unless it knows what drives the inputs: a small buffer of the library.
    """
    buffers = re.findall(r"\w*(?:BUFX2|BUF_X2|__buf_2)\b", liberty.read_text(errors="replace"))
    if not buffers:
        raise SystemExit(f"ERROR: {liberty} has no buffer by a name known here (BUFX2, ...)")
    constraints = folder / "abc.constr"
    constraints.write_text(f"set_driving_cell {buffers[0]}\nset_load 0.05 [all_outputs]\n")
    return f" -constr {constraints} -D {TARGET_PS}"


def main(arguments: list[str]) -> int:
    """Run the commands; Yosys prints what is wrong and exits with status 1."""
    block, liberty, folder, kind = arguments
    design = libyosys.Design()
    libyosys.run_pass(reading(block, kind), design)
    if boxes := black_boxes(design):
        write_text(Path(folder) / "black_boxes.v", boxes)
        for command in [*unset_local_parameters(), f"read_verilog {folder}/black_boxes.v"]:
            libyosys.run_pass(command, design)
    for command in mapping(block, Path(liberty), Path(folder), kind):
        libyosys.run_pass(command, design)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
