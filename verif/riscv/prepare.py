# SPDX-License-Identifier: Apache-2.0
"""Before a simulation of the core: the program, as an image of the bench's memory.

Settings of the tests (all optional):
    quick      1: a sample of the operand pairs only, for slow simulators (test SelfCheck)
    elf        path of an ELF file linked to run from 0x80000000 (test Program)
    cycles     how long the program may take, in clock cycles
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.firmware import Region, build, segments, symbols, write_image

MEMORY = Region("memory", 0x8000_0000, 4 * 1024 * 1024)


def prepare(test: str, settings: dict[str, Any], directory: Path) -> list[str]:
    """Write program.hex into the run's folder; return the simulator's plusargs.

    Raises UserError when there is no program, or one that does not fit or has no tohost.
    """
    seed = json.loads((directory / "run.json").read_text())["seed"]
    quick = {"QUICK": 1} if settings.get("quick") else {}
    elf = build("selfcheck", quick) if test == "SelfCheck" else _given(settings)
    write_image(segments(elf), MEMORY, directory / "program.hex")
    plusargs = [f"+image={directory / 'program.hex'}", f"+seed={seed}"]
    if test != "SelfCheck":
        plusargs.append(f"+tohost={_tohost(elf):x}")
    return plusargs


def _given(settings: dict[str, Any]) -> Path:
    if "elf" not in settings:
        raise UserError("test Program needs a program: give the setting elf=PATH")
    elf = Path(settings["elf"])
    if not elf.is_file():
        raise UserError(f"{elf}: no such ELF file")
    return elf


def _tohost(elf: Path) -> int:
    table = symbols(elf)
    if "tohost" not in table:
        raise UserError(f"{elf}: no symbol tohost; the program ends by storing 1 there")
    address = table["tohost"][0]
    if address % 4:
        raise UserError(f"{elf}: tohost must be a whole word, but lies at {address:#x}")
    return address
