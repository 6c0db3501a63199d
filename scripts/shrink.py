# SPDX-License-Identifier: Apache-2.0
"""Shrinks a failing random program of the core: ``python -m scripts.shrink --seed 7``.

Leaves out pieces of the program as long as it still fails in the same way (delta debugging), and
writes what is left, assembly and ELF file, to build/shrunk/<seed>, with the line that runs it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.project import ROOT
from scripts.simulate import Edit, Result, SimulationFailed, replay_command, simulate
from scripts.simulate_command import pairs
from verif.riscv.prepare import random_stimulus
from verif.riscv.program.random_program import RandomProgram, build, draw

Piece = tuple[int, str]  # its block, its text
Fails = Callable[[Sequence[Piece]], bool]


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if there was something to shrink, 1 if the program passes, 2 for nonsense."""
    parser = argparse.ArgumentParser(prog="python -m scripts.shrink", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="seed of the failing RandomProgram")
    parser.add_argument("--settings", default="", help="its settings: 'name=value name=value'")
    options = parser.parse_args(arguments)
    try:
        settings = pairs("SETTINGS", options.settings)
        result, program = shrink(options.seed, settings, show=print)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if result is None:
        print(f"seed {options.seed} passes")
        return 1
    print(program.text)
    print(f"{result.reason}\n{result.replay}")
    return 0


def shrink(
    seed: int,
    settings: Mapping[str, Any],
    edits: Sequence[Edit] = (),
    show: Callable[[str], None] = lambda text: None,
) -> tuple[Result | None, RandomProgram]:
    """Return the last failing run and its program; (None, the whole program) if it passes.

    settings: those of the test RandomProgram. edits: planted bugs, for the shrinker's own tests.
    """
    folder = ROOT / "build" / "shrunk" / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    stimulus = {**random_stimulus(seed), **settings}
    whole = draw(seed, passes=int(stimulus.pop("passes", 40)))
    search = _Search(seed, stimulus, edits, folder, show)
    first = search.run(whole)
    if first is None:
        return None, whole
    program = search.fewer_passes(whole)
    pieces = [(number, piece) for number, block in enumerate(program.blocks) for piece in block]
    kept = minimised(pieces, lambda some: search.fails_alike(assembled(program, some)))
    smallest = assembled(program, kept)
    return search.run(smallest), smallest


def minimised(pieces: Sequence[Piece], fails: Fails) -> list[Piece]:
    """Return a part of `pieces` that fails, from which no single piece can be left out.

    Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002: ddmin without
    the step that tries the subsets themselves, which rarely helps where all is in a sequence.
    """
    kept = list(pieces)
    size = len(kept) // 2
    while size >= 1:
        start = 0
        while start < len(kept):
            rest = kept[:start] + kept[start + size :]
            if fails(rest):
                kept = rest
            else:
                start += size
        size //= 2
    return kept


def assembled(program: RandomProgram, pieces: Sequence[Piece]) -> RandomProgram:
    """Return `program` with these pieces only; blocks that have none left are gone."""
    numbers = dict.fromkeys(number for number, _ in pieces)
    blocks = tuple(tuple(text for block, text in pieces if block == number) for number in numbers)
    return program.with_blocks(blocks)


class _Search:
    """Runs programs in lock-step and remembers how the first one failed."""

    def __init__(
        self,
        seed: int,
        stimulus: Mapping[str, Any],
        edits: Sequence[Edit],
        folder: Path,
        show: Callable[[str], None],
    ) -> None:
        self.seed, self.stimulus, self.edits = seed, stimulus, edits
        self.folder, self.show = folder, show
        self.kind: str | None = None
        self.tried = 0

    def run(self, program: RandomProgram) -> Result | None:
        """Return the failed run, None if it passed."""
        elf = build(program, self.folder).relative_to(ROOT)
        settings = {"elf": str(elf), **self.stimulus}
        self.tried += 1
        try:
            simulate("riscv", "lockstep", seed=self.seed, settings=settings, edits=self.edits)
        except SimulationFailed as failure:
            result = failure.result
            self.kind = self.kind or _kind(result)
            asked = {"block": "riscv", "test": "lockstep", "seed": self.seed}
            asked |= {"simulator": "verilator", "settings": settings}
            result.replay = replay_command(asked, {})
            return result
        return None

    def fails_alike(self, program: RandomProgram) -> bool:
        """Whether it fails like the first program did."""
        result = self.run(program)
        alike = result is not None and _kind(result) == self.kind
        if alike:
            count = sum(map(len, program.blocks))
            self.show(f"{count} pieces left after {self.tried} runs")
        return alike

    def fewer_passes(self, program: RandomProgram) -> RandomProgram:
        """Return the program with the smallest number of passes tried that still fails."""
        for passes in (1, 2, 4, 8, 16, 32):
            fewer = RandomProgram(program.blocks, passes, program.vectored)
            if passes < program.passes and self.fails_alike(fewer):
                return fewer
        return program


def _kind(result: Result) -> str:
    """Return what tells one failure from another: the thing that differs, or the reason."""
    if result.first_mismatch:
        layer = str(result.first_mismatch["layer"])
        return "register" if layer.startswith("x") else layer
    return result.reason.split(":")[0]


if __name__ == "__main__":
    sys.exit(main())
