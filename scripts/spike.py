# SPDX-License-Identifier: Apache-2.0
"""Builds the reference of lock-step runs: verif/common/spike linked with Spike's own library.

Spike comes as the PyPI package `spike`, which holds libriscv.so and its headers. The library was
built with the old C++ ABI, hence the macro below.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
from functools import cache
from pathlib import Path

from scripts.build import Library
from scripts.errors import UserError
from scripts.files import locked
from scripts.project import ROOT

SOURCES = ROOT / "verif" / "common" / "spike"
FLAGS = ("-std=c++20", "-O2", "-Wall", "-fPIC", "-shared", "-D_GLIBCXX_USE_CXX11_ABI=0")
NAME = "liblockstep.so"


@cache
def library() -> Library:
    """Return the shared object with the functions that verif/common/lockstep.sv imports.

    It is made once for each content of its sources. Raises UserError when Spike, its helper dtc
    or the compiler is missing, or the sources do not compile.
    """
    spike = _spike()
    sources = sorted(SOURCES.iterdir())
    digest = hashlib.sha256(repr((FLAGS, importlib.metadata.version("spike"))).encode())
    for source in sources:
        digest.update(source.read_bytes())
    key = digest.hexdigest()[:16]
    folder = ROOT / "build" / "spike" / key
    with locked(folder.with_suffix(".lock")):
        if not (folder / NAME).is_file():
            folder.mkdir(parents=True, exist_ok=True)
            _compile([source for source in sources if source.suffix == ".cc"], spike, folder)
    return Library(("-LDFLAGS", f"{folder / NAME} -Wl,-rpath,{folder}"), key)


def _spike() -> Path:
    """Return the folder of Spike's headers and library."""
    for program, package in (("g++", "g++"), ("dtc", "device-tree-compiler")):
        if shutil.which(program) is None:
            raise UserError(f"{program} not found on PATH; install: apt-get install {package}")
    found = importlib.util.find_spec("riscv")
    folder = Path(found.origin).parent / "data" if found and found.origin else None
    if folder is None or not (folder / "lib" / "libriscv.so").is_file():
        raise UserError("Spike not found; install it with `make setup` (pip: spike==0.0.5.dev20)")
    return folder


def _compile(sources: list[Path], spike: Path, folder: Path) -> None:
    # Not include/riscv or include/fesvr: names in there hide those of the C library.
    includes = [f"-I{spike / 'include'}", f"-I{spike / 'include' / 'softfloat'}"]
    link = [f"-L{spike / 'lib'}", "-lriscv", f"-Wl,-rpath,{spike / 'lib'}"]
    partial = folder / f"{NAME}.partial"
    command = ["g++", *FLAGS, *includes, *map(str, sources), "-o", str(partial), *link]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise UserError(f"{SOURCES.relative_to(ROOT)} does not compile:\n{run.stderr[-2000:]}")
    partial.rename(folder / NAME)
