# SPDX-License-Identifier: Apache-2.0
"""Figures of the core: its area and longest path on gates, and the cycles of C programs.

What the programs compute is compared with the same programs on the machine that builds them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import UserError
from scripts.figure import Figure
from scripts.firmware import FIRMWARE
from scripts.project import ROOT
from scripts.simulate import simulate
from scripts.synth import synthesise

CONV_MACS = 24 * 24 * 6 * 25
CONV_FLAGS = "-O3 -funroll-all-loops -finline-limit=500 -fno-code-hoisting -fno-if-conversion2"
CONV_REFERENCE = {"naive": 5.21, "unrolled": 4.61}
OTHERS = "Ibex maxperf and Hazard3, same loops, flags and ideal memory"
MEMORY = "grants at once, answers in the next cycle"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """One kernel: clock cycles, retired instructions, and a checksum of what it computed."""

    cycles: int
    instructions: int
    checksum: int


def riscv_figures(progress: Progress) -> list[Figure]:
    """Synthesise the core and run the programs; return the figures."""
    progress("synthesis")
    figures = _gates()
    for program, flags in (("kernels", "-O2"), ("kernels_o3", "-O3")):
        progress(f"program {program}")
        for kernel, measured in run_kernels(program, "kernels/kernels.c").items():
            figures.append(
                Figure(
                    name="kernel_cycles",
                    value=measured.cycles,
                    unit="cycles",
                    conditions={
                        "kernel": kernel,
                        "flags": flags,
                        "instructions": measured.instructions,
                        "memory": MEMORY,
                    },
                )
            )
    progress("program conv5x5")
    conv = run_kernels("conv5x5", "conv5x5/conv5x5.c")
    return [*figures, *(_conv(form, conv[form]) for form in CONV_REFERENCE)]


def _gates() -> list[Figure]:
    result = synthesise("riscv")
    conditions = {
        "library": result.library,
        "gate_um2": result.gate_um2,
        "registers": "flip-flops",
        "rvfi": False,
        "xif": True,
        "flip_flops_kge": result.flip_flops_kge,
    }
    return [
        Figure(
            name="area_kge",
            value=result.area_kge,
            unit="kGE",
            against="Ibex maxperf, by one script and library",
            reference=37.5,
            source="synthesised for comparison, see docs/method.md",
            conditions=conditions,
        ),
        Figure(
            name="longest_path",
            value=result.longest_path_ns,
            unit="ns",
            conditions={
                "library": result.library,
                "wires": "none",
                "area_kge": result.buffered_kge,
                "from": result.path_from,
                "to": result.path_to,
            },
        ),
    ]


def _conv(form: str, measured: Measured) -> Figure:
    return Figure(
        name="conv5x5_cycles_per_mac",
        value=round(measured.cycles / CONV_MACS, 4),
        unit="cycles/MAC",
        against=OTHERS,
        reference=CONV_REFERENCE[form],
        source="measured for comparison, see docs/method.md",
        conditions={
            "form": form,
            "flags": CONV_FLAGS,
            "memory": MEMORY,
            "instructions_per_mac": round(measured.instructions / CONV_MACS, 4),
        },
    )


def run_kernels(program: str, source: str) -> dict[str, Measured]:
    """Run a program of kernels on the RTL; return what it printed.

    Raises UserError if a checksum is not that of `source` on this machine.
    """
    result = simulate("riscv", "Program", settings={"program": program})
    log = (Path(result.directory) / "sim.log").read_text()
    lines = re.findall(r"^kernel (\w+) (\w{8}) (\w{8}) (\w{8})$", log, re.MULTILINE)
    measured = {name: Measured(*(int(word, 16) for word in rest)) for name, *rest in lines}
    expected = host_checksums(source)
    found = {name: kernel.checksum for name, kernel in measured.items()}
    if not measured or found != expected:
        raise UserError(f"{program}: checksums {found} on the core, {expected} on this machine")
    return measured


def host_checksums(source: str) -> dict[str, int]:
    """Compile kernels for this machine; return the checksum of each."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise UserError("no C compiler on PATH; install: apt-get install g++")
    program = ROOT / "build" / "firmware" / f"host-{Path(source).stem}"
    program.parent.mkdir(parents=True, exist_ok=True)
    kernels = FIRMWARE / "kernels"
    sources = [str(FIRMWARE / source), str(kernels / "host.c")]
    # -fwrapv: the core's arithmetic wraps
    command = [compiler, "-O1", "-fwrapv", f"-I{kernels}", *sources, "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    output = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return {name: int(value, 16) for name, value in re.findall(r"(\w+) (\w{8})", output)}
