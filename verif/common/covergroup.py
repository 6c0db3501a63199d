# SPDX-License-Identifier: Apache-2.0
"""Cover groups: named sets of bins with their hits, and which bins are impossible and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Group:
    """One cover group. `hits` has a count for every bin that can happen.

    excluded: how many bins each rule leaves out, by its reason; they are not in `hits`.
    """

    name: str
    hits: dict[str, int]
    excluded: dict[str, int] = field(default_factory=dict)

    @property
    def holes(self) -> list[str]:
        """Bins that were never hit."""
        return [name for name, count in self.hits.items() if not count]


def merge(runs: Iterable[Iterable[Group]]) -> dict[str, Group]:
    """Add up the groups of several runs, by name.

    Raises ValueError when two runs disagree about the bins of a group: they were made by different
    models, and their sum would mean nothing.
    """
    merged: dict[str, Group] = {}
    for groups in runs:
        for group in groups:
            if group.name not in merged:
                merged[group.name] = Group(group.name, dict(group.hits), dict(group.excluded))
                continue
            total = merged[group.name]
            if total.hits.keys() != group.hits.keys() or total.excluded != group.excluded:
                raise ValueError(f"cover group {group.name} has other bins in another run")
            for name, count in group.hits.items():
                total.hits[name] += count
    return merged
