# SPDX-License-Identifier: Apache-2.0
"""Data files from public addresses: fetched once, checked, and a failure is remembered."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

TIMEOUT_SECONDS = 5
RETRY_SECONDS = 3600


class DataError(Exception):
    """A data file is missing, truncated or altered; the message names it and the remedy."""


def fetch(address: str, path: Path, check: Callable[[bytes], None]) -> None:
    """Download one file unless it is there; it gets its name only when complete and correct.

    Args:
        address: where from.
        path: where to.
        check: raises DataError if the content is not the expected one.

    Raises:
        OSError: if the address does not answer.
        DataError: from the check.
    """
    if path.exists():
        return
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
        content = answer.read()
    check(content)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


def from_first(
    what: str, folder: Path, bases: Sequence[str], fetch_from: Callable[[str], None], again: bool
) -> bool:
    """Fill a folder from the first address that answers; False, with messages, if none does.

    A failure is remembered for an hour, so that a machine without network does not wait for every
    process.

    Args:
        what: name of the data, for the messages on stderr.
        folder: where the files and the memory of a failure lie.
        bases: addresses to try.
        fetch_from: fetches the missing files from one address, or raises OSError.
        again: try even if it failed within the last hour.
    """
    unreachable = folder / "unreachable"
    recent = unreachable.exists() and time.time() - unreachable.stat().st_mtime < RETRY_SECONDS
    if recent and not again:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for base in bases:
        try:
            fetch_from(base)
        except (urllib.error.URLError, OSError) as error:
            print(f"{what} is not available from {base}: {error}", file=sys.stderr)
        else:
            return True
    unreachable.touch()
    return False
