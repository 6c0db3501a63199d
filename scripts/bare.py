# SPDX-License-Identifier: Apache-2.0
"""The system's RTL in a bare Verilator loop (verif/soc/bare.cpp): how fast it simulates without any
bench.

Built with the optimisation flags of the bench, and without what only a bench needs (visible
signals, VPI, timing).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from scripts.errors import UserError
from scripts.files import locked
from scripts.project import ROOT, Project
from scripts.simulators import Verilator, require, verilator, verilator_environment

FLAGS = (
    "--cc",
    "--exe",
    "--build",
    "--assert",
    "--x-assign",
    "unique",
    "--x-initial",
    "unique",
    "-Wno-fatal",
)


def cycles_per_cpu_second(run_directory: Path) -> float:
    """Simulate the RAM images of a finished run of the bench; return cycles per CPU second."""
    images = [f"+{name}={run_directory / name}.hex" for name in ("instruction_ram", "data_ram")]
    output = subprocess.run(
        [str(_build()), *images], capture_output=True, text=True, check=True
    ).stdout
    cycles, seconds = output.split()[-2:]
    return int(cycles) / float(seconds)


def _build() -> Path:
    """Make build/bare/Vbare; make itself decides what is out of date."""
    require("make", "g++", "perl")
    directory = ROOT / "build" / "bare"
    bench = ROOT / "verif" / "soc"
    blocks = Project().closure("soc")
    command = [
        str(verilator()),
        *FLAGS,
        *(f"-I{block.folder}" for block in blocks),
        *(str(source) for block in blocks for source in block.sources),
        str(bench / "bare.sv"),
        str(bench / "bare.cpp"),
        "--top-module",
        "bare",
        "--Mdir",
        str(directory),
        "-MAKEFLAGS",
        " ".join(Verilator.make_variables),
    ]
    ccache = {"OBJCACHE": found} if (found := shutil.which("ccache")) else {}
    environment = {**os.environ, **verilator_environment(), **ccache}
    for inherited in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        environment.pop(inherited, None)
    with locked(directory.with_suffix(".lock")):
        run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if run.returncode:
        raise UserError(f"the bare loop does not build:\n{run.stderr.strip()[-2000:]}")
    return directory / "Vbare"
