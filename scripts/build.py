# SPDX-License-Identifier: Apache-2.0
"""Builds a bench once for each set of sources, parameters and flags: build/sim/<block>-...-<hash>.

A build is made in ``<name>.partial`` and renamed when it is complete, so an interrupted one is
never taken for a finished one; a lock keeps two processes from making the same build twice.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.files import locked, write_text
from scripts.project import Bench, Project
from scripts.simulators import (
    CommandFailed,
    Icarus,
    Killed,
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
class Library:
    """A shared object that a bench calls through DPI; scripts/<name>.py has library() -> Library.

    flags go to the verilator command, e.g. ("-LDFLAGS", "-lspike"); key stands for the content.
    """

    flags: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class Generated:
    """What a test's settings make of its build; the hook is described in `_generated`.

    parameters: of the module bench. files: more sources (.sv) and headers (.vh), by name.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """How a build differs from the plain bench.

    edits: planted bugs. waves: records signals. coverage: counts lines, toggles and expressions
    (Verilator). netlist: one file in place of all RTL sources. defines, libraries: more of them.
    generated: parameters and files that depend on the test's settings.
    """

    edits: tuple[Edit, ...] = ()
    waves: bool = False
    coverage: bool = False
    netlist: Path | None = None
    defines: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    generated: Generated = Generated()


@dataclass(frozen=True)
class Design:
    """All that decides what is built. `contents` maps each source and header to its bytes."""

    bench: Bench
    simulator: str
    parameters: Mapping[str, Any]
    variant: Variant
    root: Path
    sources: tuple[Path, ...]
    includes: tuple[Path, ...]
    contents: Mapping[Path, bytes]
    edited: tuple[Path, ...]
    libraries: tuple[Library, ...] = field(default=())

    @property
    def defines(self) -> tuple[str, ...]:
        """All macros that are set."""
        return (*self.bench.defines, *self.variant.defines)

    @property
    def flags(self) -> tuple[str, ...]:
        """What the simulator's command line gets beside the sources."""
        if self.simulator == "icarus":
            return Icarus.flags
        extra = [flag for library in self.libraries for flag in library.flags]
        if self.variant.coverage:
            extra += Verilator.coverage_flags
        if self.variant.netlist:
            extra += Verilator.netlist_flags
        if self.variant.waves:
            extra += Verilator.wave_flags
        return (*Verilator.flags, *extra)

    @property
    def key(self) -> str:
        """Hash of everything that goes into the build, the simulator's version included."""
        files = [
            (os.path.relpath(path, self.root), hashlib.sha256(self.contents[path]).hexdigest())
            for path in self.contents
        ]
        recipe = [
            files,
            dict(self.parameters),
            self.defines,
            self.flags,
            (*Verilator.make_variables, *self.bench.visible),
            [library.key for library in self.libraries],
            self.variant.waves,
            identity(self.simulator),
        ]
        return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def generated(bench: Bench, test: str, settings: Mapping[str, Any]) -> Generated:
    """Ask verif/<block>/generate.py, if the test says ``generate = true``, what its build is.

    The hook is ``generate(test, settings) -> Generated``; it raises UserError for bad settings.
    """
    if not bench.tests[test].generate:
        return Generated()
    hook = importlib.import_module(f"verif.{bench.block}.generate").generate
    result: Generated = hook(test, settings)
    return result


def describe(
    project: Project,
    bench: Bench,
    simulator: str,
    parameters: Mapping[str, Any],
    variant: Variant = Variant(),
) -> Design:
    """Collect the sources of a bench and the RTL below it, with the edits applied to their text.

    Raises UserError for an edit that does not apply or a library that cannot be had.
    """
    closure = project.closure(bench.block) if bench.block in project.blocks() else []
    includes = (*(block.folder for block in closure), bench.folder)
    rtl = [path for block in closure for path in block.sources]
    own = [path for path in bench.sources if simulator == "verilator" or path.suffix != ".cc"]
    made = [_made(project.root, bench, *file) for file in variant.generated.files.items()]
    own = [*(path for path in made if path.suffix not in _HEADERS), *own]
    includes = (*includes, *dict.fromkeys(path.parent for path in made))
    sources = (*([variant.netlist] if variant.netlist else rtl), *own)
    headers = [
        path for folder in includes for path in sorted(folder.iterdir()) if path.suffix in _HEADERS
    ]
    contents = {path: path.read_bytes() for path in (*headers, *sources)}
    edited = tuple(_apply(edit, project.root, contents) for edit in variant.edits)
    names = (*bench.libraries, *variant.libraries) if simulator == "verilator" else ()
    libraries = tuple(_library(name) for name in names)
    return Design(
        bench,
        simulator,
        {**bench.parameters, **variant.generated.parameters, **parameters},
        variant,
        project.root,
        sources,
        includes,
        contents,
        tuple(dict.fromkeys(edited)),
        libraries,
    )


def _made(root: Path, bench: Bench, name: str, text: str) -> Path:
    """Write a generated source, into a folder of its own so that no two builds share it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = root / "build" / "generated" / bench.block / digest / name
    if not path.is_file():
        write_text(path, text)
    return path


def _library(name: str) -> Library:
    if importlib.util.find_spec(f"scripts.{name}") is None:
        raise UserError(f"library {name!r} in bench.toml: there is no scripts/{name}.py")
    library: Library = importlib.import_module(f"scripts.{name}").library()
    return library


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

    Raises BuildError when the sources do not compile, UserError when a program is missing, Killed
    when somebody killed the compiler.
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
    compiled = [str(path) for path in sources if path.suffix == ".cc"]
    sources = [path for path in sources if path.suffix != ".cc"]
    if design.simulator == "verilator":
        sources.insert(0, _visibility(design.bench.visible, directory / "visible.vlt"))
    log = directory / "build.log"
    try:
        runner.build(
            sources=sources,
            includes=[*dict.fromkeys(copy.parent for copy in copies.values()), *design.includes],
            defines=dict.fromkeys(design.defines, 1),
            parameters=design.parameters,
            build_args=[*design.flags, *compiled],
            hdl_toplevel=TOP,
            build_dir=directory,
            timescale=TIMESCALE,
            waves=design.variant.waves,
            log_file=log,
        )
    except Killed:
        raise  # says nothing about the sources
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
