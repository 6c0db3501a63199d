# SPDX-License-Identifier: Apache-2.0
"""Before a simulation of the core: the program, as an image of the bench's memory.

Settings of the tests (all optional):
    elf        path of an ELF file linked to run from 0x80000000 (Program, lockstep)
    program    name of a program below verif/firmware instead (Program, lockstep)
    quick      1: a sample of the operand pairs only, for slow simulators (SelfCheck)
    trace      1: a record of each instruction, in trace.bin of the run's folder (not SelfCheck)
    passes     how often a random program goes through its blocks, default 40 (RandomProgram)
    cycles     how long the program may take, in clock cycles
and those of `STIMULUS`, which reach the bench as plusargs of the same name; for RandomProgram the
seed chooses those that are not given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from scripts import firmware
from scripts.errors import UserError
from scripts.firmware import Region, segments, symbols, write_image
from verif.riscv.program import random_program

MEMORY = Region("memory", 0x8000_0000, 4 * 1024 * 1024)

# What the bench takes, and the largest value.
STIMULUS = {
    "wait_states": 7,
    "data_wait_states": 7,  # of the data port, if they differ
    "bus_errors": 1 << 24,
    "interrupts": 1 << 24,
    "resets": 1 << 16,
    "reset_every": 1 << 20,
    "max_instructions": 1 << 40,
}


def prepare(test: str, settings: dict[str, Any], directory: Path) -> list[str]:
    """Write program.hex into the run's folder; return the simulator's plusargs.

    Raises UserError when there is no program, or one that does not fit or has no tohost, and for a
    setting that is no number in its range.
    """
    seed = json.loads((directory / "run.json").read_text())["seed"]
    if test == "SelfCheck":
        elf = firmware.build("selfcheck", {"QUICK": 1} if settings.get("quick") else {})
    elif test == "RandomProgram":
        settings = {**random_stimulus(seed), **settings}
        program = random_program.draw(seed, passes=int(settings.get("passes", 40)))
        elf = random_program.build(program, directory)
    else:
        elf = _given(test, settings)
    plusargs = [*load(elf, directory), f"+seed={seed % 2**32}", *stimulus(settings)]
    if test != "SelfCheck":
        plusargs += _tohost(elf, settings)
    if test in ("lockstep", "RandomProgram"):
        plusargs.append("+lockstep")
    return plusargs


def random_stimulus(seed: int) -> dict[str, int]:
    """Choose waits, bus errors and interrupts: each absent in some runs, rare or frequent."""
    random = Random(f"stimulus {seed}")
    return {
        "wait_states": random.choice((0, 0, 1, 2, 3, 5)),
        "bus_errors": random.choice((0, 0, 100, 300, 1000)),
        "interrupts": random.choice((0, 30, 100, 300, 1000)),
    }


def load(elf: Path, directory: Path) -> list[str]:
    """Write the memory image of `elf`; return the plusarg that names it."""
    image = directory / "program.hex"
    write_image(segments(elf), MEMORY, image)
    return [f"+memory0={image}"]


def stimulus(settings: Mapping[str, Any]) -> list[str]:
    """Return the plusargs of what the bench does to the program."""
    plusargs = ["+trace=trace.bin"] if int(settings.get("trace", 0)) else []
    for name, largest in STIMULUS.items():
        if name not in settings:
            continue
        text = str(settings[name])
        if not text.isdecimal() or int(text) > largest:
            raise UserError(f"setting {name}={text}: must be a number from 0 to {largest}")
        plusargs.append(f"+{name}={text}")
    return plusargs


def _given(test: str, settings: Mapping[str, Any]) -> Path:
    if "program" in settings:
        return firmware.build(str(settings["program"]))
    if "elf" not in settings:
        raise UserError(f"test {test} needs a program: give ELF=PATH")
    elf = Path(settings["elf"])
    if not elf.is_file():
        raise UserError(f"{elf}: no such ELF file")
    return elf


def _tohost(elf: Path, settings: Mapping[str, Any]) -> list[str]:
    """Return the plusarg; none for a program that ends otherwise: ours tell the device."""
    table = symbols(elf)
    if "tohost" not in table:
        if "program" in settings or int(settings.get("max_instructions", 0)):
            return []
        raise UserError(f"{elf}: no symbol tohost; the program ends by storing 1 there")
    address = table["tohost"][0]
    if address % 4:
        raise UserError(f"{elf}: tohost must be a whole word, but lies at {address:#x}")
    return [f"+tohost={address:x}"]
