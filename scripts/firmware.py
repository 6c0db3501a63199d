# SPDX-License-Identifier: Apache-2.0
"""Builds bare-metal RISC-V programs and turns them into memory images for `$readmemh`.

A program is a folder `verif/firmware/<program>` with a `program.toml`:

    sources = ["main.c", "../common/start.S"]   # C and assembly, relative to the folder
    linker  = "../common/soc.ld"
    flags   = ["-O3"]                           # after the common ones, so they win

Builds are cached under `build/firmware` by the contents of every file they read, and an ELF only
appears there complete. Run `python -m scripts.firmware lenet5` to build one by hand and see its
sections.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from scripts.errors import UserError
from scripts.files import write_text

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "verif" / "firmware"
COMPILER = "riscv64-unknown-elf-gcc"
COMMON_FLAGS = (
    "-march=rv32imc_zicsr_zifencei",
    "-mabi=ilp32",
    "-ffreestanding",
    "-nostdlib",
    "-nostartfiles",
    "-static",
    "-fdata-sections",
    "-ffunction-sections",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wl,--gc-sections",
    "-Wl,--no-warn-rwx-segments",
    "-Wl,--fatal-warnings",
)


@dataclass(frozen=True)
class Region:
    """One memory of the machine: `size` bytes of 32-bit words from address `base`."""

    name: str
    base: int
    size: int

    def holds(self, address: int, length: int) -> bool:
        """Whether all `length` bytes from `address` lie inside."""
        return self.base <= address and address + length <= self.base + self.size


def build(program: str, defines: Mapping[str, int] | None = None) -> Path:
    """Compile `verif/firmware/<program>` and return the path of the ELF file.

    `defines` become `-DNAME=value`. Raises UserError for an unknown program, a missing compiler,
    and for what the compiler or linker has to say (a program larger than its RAM among it).
    """
    folder = FIRMWARE / program
    recipe_path = folder / "program.toml"
    if not recipe_path.exists():
        known = ", ".join(sorted(p.parent.name for p in FIRMWARE.glob("*/program.toml")))
        raise UserError(f"unknown firmware '{program}': choose one of {known}")
    recipe = tomllib.loads(recipe_path.read_text())
    sources = [folder / name for name in recipe["sources"]]
    options = [f"-D{name}={value}" for name, value in sorted((defines or {}).items())]
    flags = [*COMMON_FLAGS, *recipe.get("flags", []), *options, f"-I{FIRMWARE / 'common'}"]
    command = [
        compiler(),
        *flags,
        *map(str, sources),
        f"-T{folder / recipe['linker']}",
        str(_libgcc()),
    ]
    read = {folder, FIRMWARE / "common", *(source.resolve().parent for source in sources)}
    key = _content_key(read, command)
    elf = ROOT / "build" / "firmware" / f"{program}-{key}.elf"
    if not elf.exists():
        _compile(program, command, elf)
    return elf


@cache
def _libgcc() -> Path:
    """Return the compiler's own library: with -lgcc and Zicsr named, GCC 12 takes that of RV64."""
    command = [compiler(), "-march=rv32imc", "-mabi=ilp32", "-print-libgcc-file-name"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return Path(run.stdout.strip() or "libgcc.a")


def symbols(elf: Path) -> dict[str, tuple[int, int]]:
    """Address and size in bytes of every named data object and function of `elf`."""
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            raise UserError(f"{elf}: no symbol table; build it without stripping")
        return {s.name: (s["st_value"], s["st_size"]) for s in table.iter_symbols() if s.name != ""}


def segments(elf: Path) -> list[tuple[int, bytes]]:
    """(address, contents) of every part of `elf` that is loaded before the program starts."""
    try:
        with elf.open("rb") as file:
            parts = [
                (s["p_paddr"], s.data())
                for s in ELFFile(file).iter_segments()
                if s["p_type"] == "PT_LOAD" and s["p_filesz"]
            ]
    except Exception as problem:  # the ELF library raises many types for a malformed file
        raise UserError(f"{elf}: not a readable ELF file ({problem})") from problem
    return parts


def write_image(parts: Sequence[tuple[int, bytes]], region: Region, path: Path) -> None:
    """Write the `parts` that lie in `region` as a `$readmemh` file of 32-bit little-endian words.

    Word addresses count from the start of the region. Of a part that starts before the region only
    what lies inside is taken: linkers put the ELF header there. Raises UserError when a part starts
    inside the region and does not fit.
    """
    memory = bytearray()
    for start, contents in parts:
        address, data = max(start, region.base), contents[max(0, region.base - start) :]
        if not data or address >= region.base + region.size:
            continue
        if not region.holds(address, len(data)):
            excess = address + len(data) - region.base - region.size
            raise UserError(
                f"firmware does not fit: {region.name} has {region.size} bytes"
                f" and is {excess} short"
            )
        end = address - region.base + len(data)
        memory.extend(bytes(max(0, end - len(memory))))
        memory[address - region.base : end] = data
    memory.extend(bytes(-len(memory) % 4))
    words = memoryview(bytes(memory)).cast("I")
    text = "@0\n" + "".join(f"{word:08x}\n" for word in words)
    write_text(path, text)


def compiler() -> str:
    """Return the path of the RISC-V compiler. Raises UserError with the line that installs it."""
    compiler = shutil.which(COMPILER)
    if compiler is None:
        raise UserError(
            f"{COMPILER} not found: install it with 'apt-get install gcc-riscv64-unknown-elf'"
        )
    return compiler


def _content_key(folders: set[Path], command: Sequence[str]) -> str:
    digest = hashlib.sha256("\0".join(command).encode())
    for directory in sorted(folders):
        for path in sorted(p for p in directory.iterdir() if p.is_file()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _compile(program: str, command: Sequence[str], elf: Path) -> None:
    elf.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=elf.parent, prefix=f".{program}-")
    os.close(handle)
    try:
        run = subprocess.run(
            [*command, "-o", temporary], capture_output=True, text=True, check=False
        )
        if run.returncode:
            raise UserError(f"firmware '{program}' does not build:\n{_first_errors(run.stderr)}")
        Path(temporary).replace(elf)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _first_errors(text: str) -> str:
    """The lines that name what went wrong; an overflowing RAM is named by the linker."""
    lines = [line for line in text.splitlines() if "error" in line or "overflow" in line]
    return "\n".join((lines or text.splitlines())[:5])


def main() -> int:
    """Command line: build a program and print where its bytes go."""
    parser = argparse.ArgumentParser(
        description="Build a bare-metal program.",
        epilog="example: python -m scripts.firmware lenet5",
    )
    parser.add_argument("program", help="a folder of verif/firmware")
    arguments = parser.parse_args()
    try:
        elf = build(arguments.program)
        print(elf)
        for address, data in segments(elf):
            print(f"  {address:#010x}  {len(data):7d} bytes")
    except UserError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
