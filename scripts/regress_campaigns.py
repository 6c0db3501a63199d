# SPDX-License-Identifier: Apache-2.0
"""What a night measures beside its runs, once for each block: proofs, coverage, mutants.

Each uses all cores, so they come one after the other, before the runs. What is not done when their
share of the night is over is reported as not done.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.engines import pool
from scripts.project import ROOT, Project

SHARE = 0.5  # of the night's time
FEW_MUTANTS, ALL_MUTANTS = 40, 300
LONG_NIGHT_H = 1.0  # from here on all mutants


@dataclass(frozen=True)
class Campaign:
    """One of them. kind: formal, coverage or mutants; arguments: what follows ``python -m``."""

    block: str
    kind: str
    arguments: tuple[str, ...]

    @property
    def title(self) -> str:
        """How the display and its log call it."""
        return f"{self.kind} {self.block}"


@dataclass
class Outcome:
    """What became of it: one of "campaigns" in summary.json. verdict: pass, fail or not done."""

    title: str
    block: str
    kind: str
    verdict: str
    seconds: float
    reason: str = ""
    replay: str = ""

    def table(self) -> dict[str, Any]:
        """As it is written to JSON."""
        return {**asdict(self), "seconds": round(self.seconds, 1)}


def campaigns(
    project: Project, blocks: Sequence[str], hours: float, seed: int
) -> Iterator[Campaign]:
    """Yield the campaigns of a night, those of a kind together, the longest kind last.

    The seed says which block is first: what is last may be out of time, but not every night.
    """
    turn = seed % len(blocks)
    count = ALL_MUTANTS if hours >= LONG_NIGHT_H else FEW_MUTANTS
    sampled = ("--seed", str(seed % 1000), "--count", str(count))
    for kind, needed, program, more in (
        ("formal", "formal", "scripts.formal", ()),
        ("coverage", "coverage.toml", "scripts.coverage", ()),
        ("mutants", "mutation.toml", "scripts.fuzz_rtl", sampled),
    ):
        for block in (*blocks[turn:], *blocks[:turn]):
            if (project.bench(block).folder / needed).exists():
                yield Campaign(block, kind, (program, "--block", block, *more))


def run(campaign: Campaign, logs: Path, limit_s: float) -> Outcome:
    """Run one in a process of its own, killed with its children at the limit or on Ctrl-C."""
    started = time.monotonic()
    log = logs / f"{campaign.kind}-{campaign.block}.log"
    mark = uuid.uuid4().hex

    def outcome(verdict: str, reason: str = "") -> Outcome:
        replay = f"python -m {' '.join(campaign.arguments)}"
        seconds = time.monotonic() - started
        return Outcome(
            campaign.title, campaign.block, campaign.kind, verdict, seconds, reason, replay
        )

    if limit_s <= 0:
        return outcome("not done", "out of time")
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *campaign.arguments],
            stdout=file,
            stderr=file,
            cwd=ROOT,
            env={**os.environ, pool.MARK: mark},
            start_new_session=True,
        )
    try:
        code = process.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        return outcome("not done", "out of time")
    finally:
        process.kill()
        process.wait()
        pool.end(mark)  # each simulation has a session of its own
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] or [""]
    return outcome("pass") if code == 0 else outcome("fail", lines[-1])
