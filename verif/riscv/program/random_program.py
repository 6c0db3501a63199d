# SPDX-License-Identifier: Apache-2.0
"""Random programs for the core: drawn from a seed, written as assembly, built as ELF."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from scripts.errors import UserError
from scripts.files import write_text
from scripts.firmware import COMMON_FLAGS, compiler
from verif.riscv.program.pieces import Pieces

HERE = Path(__file__).parent
BLOCKS, PIECES = 24, 60

Blocks = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class RandomProgram:
    """A program as what it is made of: blocks of pieces, gone through `passes` times."""

    blocks: Blocks
    passes: int
    vectored: bool

    @property
    def text(self) -> str:
        """The blocks in assembly. Before each, the place where a lost trap goes on is set."""
        lines = [".option rvc"]
        for number, pieces in enumerate(self.blocks):
            lines += [f"block_{number}:", f"la x24, block_{number + 1}", "mv x26, x24", *pieces]
        return "\n".join([*lines, f"block_{len(self.blocks)}:", ""])

    def with_blocks(self, blocks: Blocks) -> RandomProgram:
        """The same program with other blocks."""
        return replace(self, blocks=blocks)


def draw(seed: int, *, passes: int = 40, blocks: int = BLOCKS) -> RandomProgram:
    """Draw a program: the same one for the same arguments.

    Each block has weights of its own for the kinds of pieces, up to ten times more or less than
    usual, so that programs differ in more than their operands.
    """
    random = Random(seed)
    pieces = Pieces(random)
    made = []
    for _ in range(blocks):
        pieces.new_hot()
        kinds = pieces.kinds().values()
        weights = [weight * 10 ** random.uniform(-1, 1) for weight, _ in kinds]
        makers = [maker for _, maker in kinds]
        made.append(tuple(maker() for maker in random.choices(makers, weights, k=PIECES)))
    return RandomProgram(tuple(made), passes, vectored=bool(random.getrandbits(1)))


def build(program: RandomProgram, folder: Path) -> Path:
    """Write `folder`/program.S and assemble it with its frame; return `folder`/program.elf.

    Raises UserError when the assembler refuses it, which only a fault in pieces.py can cause.
    """
    body, elf = folder / "program.S", folder / "program.elf"
    write_text(body, program.text)
    command = [
        compiler(),
        *COMMON_FLAGS,
        f'-DBODY="{body}"',
        f"-DPASSES={program.passes}",
        f"-DVECTORED={int(program.vectored)}",
        str(HERE / "frame.S"),
        f"-T{HERE / 'frame.ld'}",
        "-o",
        str(elf),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise UserError(f"{body} cannot be assembled:\n{run.stderr[:2000]}")
    return elf
