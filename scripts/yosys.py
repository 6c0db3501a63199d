# SPDX-License-Identifier: Apache-2.0
"""What all uses of Yosys share: how the RTL is read, and how its process is started.

Yosys ends the process on an error, so each use is a process of its own: ``python -m <module>``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from scripts.errors import UserError
from scripts.project import ROOT, Block

# Modules that stand for memory macros, with those of their parameters that read_slang lists though
# Verilog does not let anyone set them.
MEMORIES = {
    "ram": ("AddrWidth", "Words"),
    "ram_2p": ("AddrWidth",),
    "ram_2p_bytes": ("AddrWidth",),
}


def rtl_command(
    closure: Sequence[Block],
    top: str,
    *,
    hierarchy: bool = True,
    defines: Iterable[str] = (),
    parameters: Mapping[str, int] | None = None,
    black_boxes: Iterable[str] = (),
) -> str:
    """Return the Yosys command that reads the blocks of `closure` with `top` as top module."""
    words = ["read_slang", "-DSYNTHESIS", "--top", top]
    words += ["--keep-hierarchy"] if hierarchy else []
    words += [f"-D{macro}" for macro in defines]
    words += [f"-G {name}={value}" for name, value in sorted((parameters or {}).items())]
    words += [f"--blackboxed-module {name}" for name in black_boxes]
    words += [f"-I{block.folder}" for block in closure]
    words += [str(source) for block in closure for source in block.sources]
    return " ".join(words)


def run(module: str, arguments: Sequence[str], log: Path) -> None:
    """Run ``python -m module arguments`` with its output in `log`.

    Raises UserError with what Yosys says went wrong.
    """
    with log.open("w") as file:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            stdout=file,
            stderr=file,
            cwd=ROOT,
            check=False,
        )
    if done.returncode:
        errors = [
            line
            for line in log.read_text(errors="replace").splitlines()
            if line.startswith("ERROR: ")
        ]
        said = errors[-1].removeprefix("ERROR: ") if errors else "Yosys failed"
        raise UserError(f"{said}; see {log}")
