# SPDX-License-Identifier: Apache-2.0
"""Builds a bench once for each set of sources, parameters and flags: build/sim/<block>-...-<hash>.

A build is made in ``<name>.partial`` and renamed when it is complete, so an interrupted one is
never taken for a finished one; a lock keeps two processes from making the same build twice.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.files import locked
from scripts.project import Bench, Project
from scripts.simulators import (
    CommandFailed,
    Icarus,
    TimeLimit,
    Verilator,
    identity,
    make_runner,
)

TOP = "bench"
TIMESCALE = ("1ns", "1ps")
_HEADERS = (".svh", ".vh")


class BuildError(UserError):
    """The sources do not compile; the text shows the first errors and the log."""


@dataclass(frozen=True)
class Edit:
    """A planted bug: the one occurrence of `old` in `file` (relative to the root) becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Design:
    """All that decides what is built. `contents` maps each source and header to its bytes."""

    bench: Bench
    simulator: str
    parameters: Mapping[str, Any]
    waves: bool
    root: Path
    sources: tuple[Path, ...]
    includes: tuple[Path, ...]
    contents: Mapping[Path, bytes]
    edited: tuple[Path, ...]

    @property
    def key(self) -> str:
        """Hash of everything that goes into the build, the simulator's version included."""
        flags = (
            (*Verilator.flags, *Verilator.make_variables, *self.bench.visible)
            if self.simulator == "verilator"
            else Icarus.flags
        )
        files = [
            (str(path.relative_to(self.root)), hashlib.sha256(self.contents[path]).hexdigest())
            for path in self.contents
        ]
        recipe = [
            files,
            dict(self.parameters),
            self.bench.defines,
            flags,
            self.waves,
            identity(self.simulator),
        ]
        return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def describe(
    project: Project,
    bench: Bench,
    simulator: str,
    parameters: Mapping[str, Any],
    edits: Iterable[Edit] = (),
    waves: bool = False,
) -> Design:
    """Collect the sources of a bench and the RTL below it, with `edits` applied to their text."""
    closure = project.closure(bench.block) if bench.block in project.blocks() else []
    includes = (*(block.folder for block in closure), bench.folder)
    sources = (*(path for block in closure for path in block.sources), *bench.sources)
    headers = [
        path for folder in includes for path in sorted(folder.iterdir()) if path.suffix in _HEADERS
    ]
    contents = {path: path.read_bytes() for path in (*headers, *sources)}
    edited = tuple(_apply(edit, project.root, contents) for edit in edits)
    return Design(
        bench,
        simulator,
        {**bench.parameters, **parameters},
        waves,
        project.root,
        sources,
        includes,
        contents,
        tuple(dict.fromkeys(edited)),
    )


def _apply(edit: Edit, root: Path, contents: dict[Path, bytes]) -> Path:
    path = root / edit.file
    if path not in contents:
        raise UserError(f"edit of {edit.file}: no such file in this build")
    text = contents[path].decode()
    if (found := text.count(edit.old)) != 1:
        raise UserError(f"edit of {edit.file}: {edit.old!r} occurs {found} times, not once")
    contents[path] = text.replace(edit.old, edit.new).encode()
    return path


def build(design: Design) -> Path:
    """Return the build's directory, made now unless it is there already.

    Raises BuildError when the sources do not compile, UserError when a program is missing.
    """
    name = f"{design.bench.block}-{design.simulator}-{design.key}"
    directory = design.root / "build" / "sim" / name
    if directory.is_dir():
        return directory
    with locked(directory.with_name(f"{name}.lock")):
        if not directory.is_dir():
            partial = directory.with_name(f"{name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _compile(design, partial)
            _check_unchanged(design)
            partial.rename(directory)
    return directory


def _compile(design: Design, directory: Path) -> None:
    runner = make_runner(design.simulator)
    copies = {path: directory / "edited" / path.relative_to(design.root) for path in design.edited}
    for path, copy in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(design.contents[path])
    sources = [copies.get(path, path) for path in design.sources]
    if design.simulator == "verilator":
        sources.insert(0, _visibility(design.bench.visible, directory / "visible.vlt"))
    log = directory / "build.log"
    try:
        runner.build(
            sources=sources,
            includes=[*dict.fromkeys(copy.parent for copy in copies.values()), *design.includes],
            defines=dict.fromkeys(design.bench.defines, 1),
            parameters=design.parameters,
            build_args=runner.flags,
            hdl_toplevel=TOP,
            build_dir=directory,
            timescale=TIMESCALE,
            waves=design.waves,
            log_file=log,
        )
    except (CommandFailed, TimeLimit) as error:
        kept = directory.with_name(f"{directory.stem}.log")
        log.replace(kept)
        lines = "\n  ".join(first_errors(kept.read_text(errors="replace")))
        raise BuildError(
            f"{design.bench.block} does not build ({error}); log: {kept}\n  {lines}"
        ) from error
    for pattern in ("*.o", "*.a", "*.gch"):  # ccache keeps these; here they only take space
        for path in directory.glob(pattern):
            path.unlink()


def _check_unchanged(design: Design) -> None:
    """Refuse a build whose sources were saved meanwhile: its hash would not be that of its text."""
    for path, content in design.contents.items():
        if path not in design.edited and path.read_bytes() != content:
            raise BuildError(f"{path} changed while {design.bench.block} was built; run again")


def _visibility(visible: Sequence[str], path: Path) -> Path:
    """Write the list of signals that cocotb may see, each ``module.signal`` with wildcards."""
    lines = ["`verilator_config"]
    for entry in visible:
        module, _, signal = entry.partition(".")
        lines.append(f'public_flat_rw -module "{module}" -var "{signal or "*"}"')
    path.write_text("\n".join(lines) + "\n")
    return path


def first_errors(log: str, limit: int = 4) -> list[str]:
    """Return the first lines of a build log that tell what is wrong.

    >>> first_errors("g++ -c x.cpp\\n%Error: x.sv:3:1: syntax error\\n")
    ['%Error: x.sv:3:1: syntax error']
    """
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\berror\b|assert", line, re.IGNORECASE)]
    return (errors or lines[-limit:])[:limit]
