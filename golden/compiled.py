# SPDX-License-Identifier: Apache-2.0
"""C++ functions compiled on first use.

They lie in build/kernels, under a name that changes with the source, the compiler and the machine.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import subprocess
import tempfile
import threading
from pathlib import Path

from golden.datasets import ROOT

_FLAGS = ["-std=c++20", "-O3", "-march=native", "-mprefer-vector-width=512",
          "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"]  # fmt: skip


_LOCK = threading.Lock()


class CompilerError(Exception):
    """The source cannot be compiled; the message has the remedy or the compiler's own words."""


@functools.cache
def library(source: Path, generated: str = "") -> ctypes.CDLL:
    """Compile a source file and load it; `generated` is what it includes as "generated.inc".

    Raises:
        CompilerError: if g++ is missing or fails.
    """
    with _LOCK:
        try:
            machine = _run(["g++", "-march=native", "-dM", "-E", "-x", "c++", os.devnull])
        except FileNotFoundError as error:
            raise CompilerError("a C++ compiler is missing: sudo apt-get install g++") from error
        recipe = source.read_bytes() + generated.encode() + repr(_FLAGS).encode() + machine
        path = ROOT / "build" / "kernels" / f"{hashlib.sha256(recipe).hexdigest()[:16]}.so"
        try:
            if not path.exists():
                _compile(source, generated, path)
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode()
            raise CompilerError(f"{source.name} does not compile: {said}") from error
        return ctypes.CDLL(str(path))


def _compile(source: Path, generated: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        (Path(folder) / "generated.inc").write_text(generated)
        partial = Path(folder) / path.name
        _run(["g++", *_FLAGS, f"-I{folder}", str(source), "-o", str(partial)])
        partial.replace(path)


def _run(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout
