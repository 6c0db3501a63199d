# SPDX-License-Identifier: Apache-2.0
"""A netlist for simulation in place of a block's RTL: ``make sim BLOCK=riscv NETLIST=1``.

One file: models of the cells that occur, RAMs by their RTL, and the netlist, which takes the same
parameters as the RTL's top module, so that benches need not know. It refuses other values than
those it was made with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.files import write_text
from scripts.power.cells import models
from scripts.power.gates import OSU180, Gates, gates
from scripts.power.liberty import load
from scripts.project import ROOT, Project
from scripts.yosys import MEMORIES

_PARAMETER = re.compile(
    r"^\s*parameter\b[^=\n]*?(\w+)\s*=\s*([^,/\n]+?)\s*(?:,|//|$)", re.MULTILINE
)


def netlist_for(
    block: str,
    parameters: Mapping[str, Any],
    defines: Sequence[str] = (),
    liberty: Path = OSU180,
    root: Path = ROOT,
) -> Path:
    """Return the file that stands for all RTL of `block`, made now unless it is there already.

    parameters: those of the bench; ones that the top module has not are the bench's own.
    Raises UserError as `gates` does.
    """
    made: list[Gates] = []
    texts: list[str] = []
    for top in Project(root).closure(block)[-1].tops:
        known = top_parameters(_source(Project(root), block, top).read_text())
        chosen = {name: int(value) for name, value in parameters.items() if name in known}
        made.append(gates(block, liberty, chosen, top, defines, root))
        values = {**known, **{name: str(value) for name, value in chosen.items()}}
        texts.append(_with_parameters(made[-1].netlist_v.read_text(), top, values))
    digest = hashlib.sha256("".join(each.digest for each in made).encode()).hexdigest()[:16]
    path = made[0].folder / f"simulation-{digest}.v"
    if not path.is_file():
        write_text(path, _text(made, texts))
    return path


def _source(project: Project, block: str, top: str) -> Path:
    for path in project.closure(block)[-1].sources:
        if path.stem == top:
            return path
    raise UserError(f"{block} has no file of its module {top}")


def top_parameters(source: str) -> dict[str, str]:
    """Parameters of the module in a file, with their defaults as they are written.

    >>> top_parameters("module a #(\\n  parameter int B = 2, // two\\n  parameter C = 4'h3\\n)")
    {'B': '2', 'C': "4'h3"}
    """
    return dict(_PARAMETER.findall(source))


def _text(made: Sequence[Gates], netlists: Sequence[str]) -> str:
    cells = dict.fromkeys(name for each in made for name in each.cells)
    # Its text comes through the include path, so that the RTL's own file is what is simulated.
    memories = [f'`include "{name}.sv"\n' for name in MEMORIES if name in cells]
    return "\n".join(
        [
            f"// {made[0].block} on {made[0].library}",
            *memories,
            models(load(made[0].liberty), (name for name in cells if name not in MEMORIES)),
            *netlists,
        ]
    )


def _with_parameters(netlist: str, top: str, parameters: Mapping[str, str]) -> str:
    """Give the netlist's module the RTL's parameters, and a check that they are as synthesised."""
    if not parameters:
        return netlist
    opening = f"module {top}("
    if netlist.count(opening) != 1:
        raise UserError(f"the netlist has no module {top}")
    declared = ", ".join(f"parameter {name} = {value}" for name, value in parameters.items())
    checks = "".join(
        f'  initial if ({name} != {value}) $fatal(1, "{top}: synthesised with {name} = {value}");\n'
        for name, value in parameters.items()
    )
    netlist = netlist.replace(opening, f"module {top} #({declared}) (")
    head, end, tail = netlist.rpartition("endmodule")
    return f"{head}{checks}{end}{tail}"
