# SPDX-License-Identifier: Apache-2.0
"""The folder of a night that is not over, build/nightly/<seed>: what is finished, and since when.

An interrupted night leaves it, and the same seed goes on from there, unless a source has changed.
It is removed when the night is over.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scripts.errors import UserError
from scripts.files import claimed, write_json
from scripts.regress_campaigns import Outcome as Campaigned

_SOURCES = ("rtl", "verif", "golden", "scripts")


@dataclass
class Night:
    """One night. started: of its first part; before_s: what earlier parts took."""

    folder: Path
    sources: str
    hours: float
    started: str = ""
    before_s: float = 0.0
    continued: bool = False
    campaigns: list[Campaigned] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def results(self) -> Path:
        """Where each finished run has its file."""
        return self.folder / "results"

    @property
    def seconds(self) -> float:
        """How long the night has taken, all its parts."""
        return self.before_s + time.monotonic() - self.began

    @property
    def left_s(self) -> float:
        """Seconds until its hours are over; negative after that."""
        return self.hours * 3600 - self.seconds

    @property
    def since(self) -> float:
        """When it was started, as time.time() has it."""
        return datetime.fromisoformat(self.started).timestamp()

    def keep(self) -> None:
        """Write what the next part must know."""
        table = {
            "started": self.started,
            "sources": self.sources,
            "seconds": self.seconds,
            "campaigns": [campaign.table() for campaign in self.campaigns],
        }
        write_json(self.folder / "night.json", table)

    def close(self) -> None:
        """The night is over."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def open_night(root: Path, seed: int, hours: float) -> Iterator[Night]:
    """Begin a night, or go on with it. Raises UserError while another one is running here."""
    nightly = root / "build" / "nightly"
    with claimed(nightly / "night") as place:
        if place.name != "night":
            raise UserError("another night is running in this checkout; wait, or end it")
        night = Night(nightly / str(seed), fingerprint(root), hours)
        _continue(night)
        night.keep()
        yield night


def _continue(night: Night) -> None:
    try:
        before = json.loads((night.folder / "night.json").read_text())
    except (OSError, ValueError):
        before = {}
    if before and before["sources"] == night.sources:
        night.started, night.before_s, night.continued = before["started"], before["seconds"], True
        campaigns = [Campaigned(**entry) for entry in before["campaigns"]]
        night.campaigns = [campaign for campaign in campaigns if campaign.verdict != "not done"]
        return
    if before:
        print("sources have changed since this night was interrupted: it starts again")
    night.close()
    night.started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fingerprint(root: Path) -> str:
    """Hash of all sources, large files by size and time: what a result stands for."""
    digest = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                status = path.stat()
                small = status.st_size < 1 << 20
                content = path.read_bytes() if small else str(status.st_mtime_ns).encode()
                digest.update(f"{path.relative_to(root)} {status.st_size}\n".encode() + content)
    return digest.hexdigest()
