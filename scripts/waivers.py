# SPDX-License-Identifier: Apache-2.0
"""Finds lint waivers that waive nothing, and waivers without a reason.

A waiver is a ``verilator lint_off RULE`` comment in a source or header of a block. Its reason is a
comment on the same line, or on the line before. It is needed if Verilator warns without it.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.project import Block, Project
from scripts.simulators import verilator, verilator_environment

_WAIVER = re.compile(r"verilator\s+lint_off\s+(?P<rule>\w+)")


@dataclass(frozen=True)
class Waiver:
    """One lint_off comment: its file, its line (from 0) and the rule it turns off."""

    path: Path
    line: int
    rule: str


def waivers(block: Block) -> Iterator[Waiver]:
    """Yield the waivers in the folder of `block`."""
    for path in sorted(block.folder.glob("*.sv*")):
        for number, line in enumerate(path.read_text().splitlines()):
            if found := _WAIVER.search(line):
                yield Waiver(path, number, found["rule"])


def waiver_findings(project: Project, block: Block) -> list[str]:
    """Return one line for each waiver of the block that has no reason or waives nothing.

    A block without a top, such as common, cannot be linted alone: there only reasons are checked.
    """
    findings = []
    for waiver in waivers(block):
        place = f"{waiver.path}:{waiver.line + 1}: waiver of {waiver.rule}"
        if not _has_reason(waiver):
            findings.append(f"{place} has no reason beside or above it")
        if block.top and not _needed(project, block, waiver):
            findings.append(f"{place} is not needed: nothing is reported without it")
    return findings


def _has_reason(waiver: Waiver) -> bool:
    lines = waiver.path.read_text().splitlines()
    line = lines[waiver.line]
    if line.endswith("\\"):  # inside a macro there is no room; the reason stands above it
        return any(re.match(r"//.*\bwaive", above) for above in lines[: waiver.line])
    before = lines[waiver.line - 1] if waiver.line else ""
    return bool(re.search(r"//.*\w.*\w", _WAIVER.sub("", line)) or re.match(r"\s*//\s*\w", before))


def _needed(project: Project, block: Block, waiver: Waiver) -> bool:
    """Lint a copy of the block without the waiver, and see whether its rule is reported."""
    lines = waiver.path.read_text().splitlines()
    lines[waiver.line] = _WAIVER.sub(r"lint_off removed, \g<rule>", lines[waiver.line])
    closure = project.closure(block.name)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / waiver.path.name
        copy.write_text("\n".join(lines) + "\n")
        sources = [
            copy if source == waiver.path else source for one in closure for source in one.sources
        ]
        command = [
            *(str(verilator()), "--lint-only", "-Wall", "--top-module", str(block.top)),
            f"-I{folder}",
            *(f"-I{one.folder}" for one in closure),
            *map(str, sources),
        ]
        return any(
            f"%Warning-{waiver.rule}" in _warnings([*command, *(f"-D{name}" for name in defines)])
            for defines in project.variants(block.name)
        )


def _warnings(command: list[str]) -> str:
    env = {**os.environ, **verilator_environment()}
    run = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    return run.stderr + run.stdout
