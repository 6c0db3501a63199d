# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the core, from the traces of lock-step runs.

What a cover group means is written at its sampling function, in cover_operands.py,
cover_csrs.py and cover_events.py; what cannot happen is excluded by rules with reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from verif.common.covergroup import Group
from verif.riscv import cover_csrs, cover_events, cover_operands
from verif.riscv.cover_groups import GROUPS, Columns
from verif.riscv.trace import Trace, read_trace

__all__ = ["collect", "cover_csrs", "cover_events", "cover_operands", "measure", "model"]


def model() -> list[Group]:
    """Return all cover groups with no bin hit."""
    return [cross.group(cross.zeros()) for cross, _ in GROUPS.values()]


def collect(directory: Path) -> list[Group]:
    """Return the cover groups of the run in `directory`; of one without lock-step, nothing.

    Raises UserError when the trace is not there.
    """
    return measure(read_trace(directory / "trace.bin"))


def measure(trace: Trace) -> list[Group]:
    """Return the cover groups of one trace."""
    groups = []
    for cross, sampler in GROUPS.values():
        counts = cross.zeros()
        columns: Iterable[Columns] = sampler(trace)
        for sample in columns:
            counts += cross.count(*sample)
        groups.append(cross.group(counts))
    return groups
