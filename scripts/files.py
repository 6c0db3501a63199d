# SPDX-License-Identifier: Apache-2.0
"""Files that are never seen half-written, and folders that two processes never share."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step: readers see the old file or the new one."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        partial.chmod(0o644)
        partial.replace(path)
    except BaseException:
        partial.unlink()
        raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, in one step."""
    write_text(path, json.dumps(value, indent=2) + "\n")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; waits for whoever has it. A killed holder frees it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def claimed(wanted: Path) -> Iterator[Path]:
    """Hold `wanted`, or `wanted.2`, `wanted.3`, ... while another process holds it."""
    wanted.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        directory = wanted if number == 1 else wanted.with_name(f"{wanted.name}.{number}")
        with directory.with_name(f"{directory.name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                number += 1
                continue
            if not _is_at(file, Path(file.name)):
                continue  # `discard` has just removed it: the next one is another file
            yield directory
            return


def discard(directory: Path) -> None:
    """Remove a folder that `claimed` gave, and its lock; not while somebody holds it again."""
    lock = directory.with_name(f"{directory.name}.lock")
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(directory, ignore_errors=True)
        if _is_at(file, lock):
            lock.unlink()


def _is_at(file: IO[str], path: Path) -> bool:
    """Whether an open file is still the one with that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
