# SPDX-License-Identifier: Apache-2.0
"""What a block takes of an FPGA: DSPs, LUTs and flip-flops of AMD UltraScale+, by Yosys.

    python -m scripts.fpga --block sparse_stream -G Columns=4 -G Dense=1

Memories stand for macros (rtl/common/ram*.sv) and are not in the count. Results are kept in
build/fpga/<block>-<hash of all that goes in>.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import UserError
from scripts.files import locked, write_json
from scripts.project import ROOT, Block, Project, choose
from scripts.yosys import MEMORIES, rtl_command, run

# LUTs of a distributed RAM, by the end of its name (UG974).
RAM_LUTS = {"M16": 8, "M8": 8, "M": 4, "D": 2}


@dataclass(frozen=True)
class Resources:
    """Cells by kind.

    A LUT counts as one whatever its inputs, a memory of LUTs as those it is made of; carry chains
    do not count.
    """

    dsp: int
    lut: int
    ff: int


def resources(
    block: str,
    parameters: Mapping[str, int] | None = None,
    top: str | None = None,
    extra: Sequence[Path] = (),
    root: Path = ROOT,
) -> Resources:
    """Synthesise a block for the FPGA, or find it synthesised.

    Args:
        block: of rtl/.
        parameters: of the top module.
        top: instead of the block's own top module.
        extra: further sources, generated ones.

    Raises:
        UserError: for an unknown block, and for what Yosys says.
    """
    project = Project(root)
    closure = project.closure(choose("RTL block", block, project.blocks()))
    module = top or closure[-1].top
    if module is None:
        raise UserError(f"{block} has no top module to synthesise")
    read = rtl_command(closure, module, parameters=parameters, black_boxes=MEMORIES)
    read = " ".join([read, *map(str, extra)])
    folder = project.root / "build" / "fpga" / f"{block}-{_digest(closure, extra, read)}"
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            partial = folder.with_name(f"{folder.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            write_json(partial / "job.json", {"read": read, "top": module})
            run("scripts.fpga_mapping", [str(partial)], partial / "yosys.log")
            partial.rename(folder)
    text = (folder / "stat.json").read_text()
    return count(json.loads(text[text.index("{") :])["design"]["num_cells_by_type"])


def count(cells: Mapping[str, int]) -> Resources:
    """Resources of these numbers of cells by type.

    >>> count({"DSP48E2": 4, "LUT6": 10, "LUT2": 1, "FDRE": 3, "CARRY8": 9, "RAM32M16": 2})
    Resources(dsp=4, lut=27, ff=3)
    """

    def total(prefix: str) -> int:
        return sum(number for name, number in cells.items() if name.startswith(prefix))

    rams = sum(number * _ram_luts(name) for name, number in cells.items() if name[:3] == "RAM")
    return Resources(total("DSP48"), total("LUT") + rams, total("FD"))


def _ram_luts(name: str) -> int:
    return next((luts for end, luts in RAM_LUTS.items() if name.endswith(end)), 1)


def _digest(closure: Sequence[Block], extra: Sequence[Path], read: str) -> str:
    own = [Path(__file__), Path(__file__).with_name("fpga_mapping.py")]
    sources = [*(path for each in closure for path in each.sources), *extra]
    content = hashlib.sha256(importlib.metadata.version("pyosys").encode() + read.encode())
    for path in [*own, *sources]:
        content.update(path.read_bytes())
    return content.hexdigest()[:16]


def _setting(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not equals or not value.lstrip("-").isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=NUMBER")
    return name, int(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 2 when the command makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m scripts.fpga", description=__doc__)
    parser.add_argument("--block", required=True, help="block of rtl/")
    parser.add_argument("--top", help="module instead of the block's own top")
    parser.add_argument(
        "-G", action="append", default=[], type=_setting, metavar="NAME=NUMBER",
        help="parameter of the top module",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        found = resources(options.block, dict(options.G), options.top)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{found.dsp} DSP48E2, {found.lut} LUTs, {found.ff} flip-flops; memories left out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
