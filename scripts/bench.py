# SPDX-License-Identifier: Apache-2.0
"""Measures a block's figures: ``python -m scripts.bench --block msb_skip``.

Writes build/bench/<block>.json. With --snapshot also docs/bench/<block>.json, the committed copy
that the table in README.md is made from, and that table.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts.errors import UserError
from scripts.figure import Figure, write_figures
from scripts.files import write_bytes
from scripts.progress import cores
from scripts.project import ROOT, choose
from scripts.readme import SNAPSHOTS, update
from scripts.simulate import SimulationFailed
from scripts.simulators import identity

# For each block the functions that measure its figures, as module:function. Each takes a function
# that shows a line of progress, and returns a list of figures.
PROVIDERS: Mapping[str, Sequence[str]] = {
    "riscv": ("scripts.figures_riscv:riscv_figures", "scripts.figures_trust:trust_figures"),
    "msb_skip": (
        "scripts.figures_golden:golden_figures",
        "scripts.figures_rtl:rtl_figures",
        "scripts.figures_power:power_figures",
    ),
    "sparse_stream": (
        "scripts.figures_sparse_stream:sparse_stream_figures",
        "scripts.figures_sparse_engine:engine_figures",
        "scripts.figures_density:density_figures",
    ),
    "pot": (
        "scripts.figures_pot:accuracy_figures",
        "scripts.figures_pot_forms:form_figures",
        "scripts.figures_pot_energy:energy_figures",
    ),
    "regression": ("scripts.figures_regression:regression_figures",),
}

Show = Callable[[str], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; 1 if a simulation fails, 2 if the command makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--block", help=f"one of: {', '.join(PROVIDERS)}; default: all")
    parser.add_argument("--snapshot", action="store_true", help="update docs/bench and README.md")
    options = parser.parse_args(arguments)
    try:
        blocks = [choose("BLOCK", options.block, PROVIDERS)] if options.block else list(PROVIDERS)
        for block in blocks:
            path = bench(block, ROOT / "build" / "bench")
            print(f"wrote {path.relative_to(ROOT)}")
            if options.snapshot:
                write_bytes(ROOT / SNAPSHOTS / path.name, path.read_bytes())
                update(ROOT)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SimulationFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def bench(block: str, folder: Path) -> Path:
    """Measure the figures of `block` and write them to `folder`/<block>.json."""
    figures: list[Figure] = []
    started = time.monotonic()

    def show(text: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {text}", flush=True)

    for name in PROVIDERS[block]:
        show(name)
        figures += _provider(name)(show)
    path = folder / f"{block}.json"
    write_figures(path, block, figures, machine())
    return path


def _provider(name: str) -> Callable[[Show], list[Figure]]:
    module, _, function = name.partition(":")
    provider: Callable[[Show], list[Figure]] = getattr(importlib.import_module(module), function)
    return provider


def machine() -> dict[str, str | int]:
    """Describe what the figures were measured on, as far as it can change them."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    compiler = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=False)
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "verilator": identity("verilator").split(" /")[0],
        "compiler": compiler.stdout.partition("\n")[0],
    }


if __name__ == "__main__":
    sys.exit(main())
