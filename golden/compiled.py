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
from pathlib import Path

from golden.datasets import ROOT

_FLAGS = ["-std=c++20", "-O3", "-march=native", "-mprefer-vector-width=512",
          "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"]  # fmt: skip


class CompilerError(Exception):
    """The source cannot be compiled; the message has the remedy or the compiler's own words."""


@functools.cache
def library(source: Path, generated: str = "") -> ctypes.CDLL:
    """Compile a source file and load it; `generated` is what it includes as "generated.inc".

    Raises:
        CompilerError: if g++ is missing or fails.
    """
    try:
        machine = _run(["g++", "-march=native", "-dM", "-E", "-x", "c++", os.devnull])
        recipe = source.read_bytes() + generated.encode() + repr(_FLAGS).encode() + machine
        key = hashlib.sha256(recipe).hexdigest()[:16]
        path = ROOT / "build" / "kernels" / f"{key}.so"
        if not path.exists():
            _compile(source, generated, path)
    except FileNotFoundError as error:
        raise CompilerError("a C++ compiler is missing: sudo apt-get install g++") from error
    except subprocess.CalledProcessError as error:
        raise CompilerError(f"{source.name} does not compile: {error.stderr.decode()}") from error
    return ctypes.CDLL(str(path))


def _compile(source: Path, generated: str, path: Path) -> None:
    include = path.with_suffix(f".{os.getpid()}.d")
    include.mkdir(parents=True, exist_ok=True)
    (include / "generated.inc").write_text(generated)
    partial = path.with_suffix(f".{os.getpid()}")
    _run(["g++", *_FLAGS, f"-I{include}", str(source), "-o", str(partial)])
    (include / "generated.inc").unlink()
    include.rmdir()
    partial.replace(path)


def _run(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout
