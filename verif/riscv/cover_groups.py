# SPDX-License-Identifier: Apache-2.0
"""Registry of the core's cover groups, and what their sampling functions share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from verif.common.cross import Cross, Rules
from verif.riscv.isa import INSTRUCTIONS
from verif.riscv.trace import Column, Flags, Trace

Columns = tuple[Column, ...]
Sampler = Callable[[Trace], Iterable[Columns]]
"""Gives sets of columns, one column of label indices for each axis; -1 leaves a sample out."""

STALLS = ("none", "fetch", "memory")
DISTANCES = ("none", "1", "2", "3")
VALUES = ("zero", "one", "minus_one", "least", "greatest", "positive", "negative")

# Kinds after which the pipeline is empty: nothing younger can hold them up from X.
LEAVES = ("branch.taken", "jump", "jalr", "fence.i", "mret")
# Kinds that can be in M for more than a cycle, or leave a wait behind them.
HOLDS = (
    *("load", "load.split", "store", "store.split", "offload", "offload.rd", "trap", "interrupt"),
)
NOT_HELD = "what was in M took one cycle there, and a jump has nothing younger that waits"
# Unless the jump was predicted, for which it must have waited: X did not have to wait for it.
PREDICTED = ("branch.taken", "jump")
NOT_WAITING = ("jalr", "fence.i", "mret")

GROUPS: dict[str, tuple[Cross, Sampler]] = {}
"""All cover groups by name."""


def covers(
    name: str, axes: Mapping[str, Sequence[str]], impossible: Rules | None = None
) -> Callable[[Sampler], Sampler]:
    """Register the decorated function as the sampler of the cover group `name`."""

    def register(sampler: Sampler) -> Sampler:
        GROUPS[name] = Cross(name, axes, impossible), sampler
        return sampler

    return register


def names(keep: Callable[[int], bool]) -> tuple[str, ...]:
    """Return the names of those instructions whose index `keep` accepts."""
    return tuple(i.name for index, i in enumerate(INSTRUCTIONS) if keep(index))


def places(chosen: Sequence[str]) -> NDArray[np.int64]:
    """Return a table: index of an instruction, or UNKNOWN -> place in `chosen`, -1 if none."""
    order = {name: place for place, name in enumerate(chosen)}
    return np.array([order.get(i.name, -1) for i in INSTRUCTIONS] + [-1], np.int64)


def only(values: Column | Flags, where: Flags) -> Column:
    """Return `values` where the flag is set, -1 elsewhere."""
    return np.where(where, values, -1).astype(np.int64)


def each_stall(trace: Trace, *columns: Column) -> Iterable[Columns]:
    """Yield the columns with a last one for STALLS; an instruction can be held up by both."""
    for place, name in enumerate(STALLS):
        yield *columns, only(np.full(trace.size, place), trace.waited[name])


def value_class(values: Column) -> Column:
    """Return the place in VALUES of 32-bit values."""
    corners = (0, 1, 0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF)
    result = np.where(values >> 31 & 1, VALUES.index("negative"), VALUES.index("positive"))
    for place, corner in enumerate(corners):
        result[values == corner] = place
    return result.astype(np.int64)
