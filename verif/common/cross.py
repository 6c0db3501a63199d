# SPDX-License-Identifier: Apache-2.0
"""Crosses of named axes, counted for whole arrays of samples at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scripts.errors import UserError
from verif.common.covergroup import Group

Rules = Mapping[str, Callable[..., bool]]
"""What cannot happen: reason -> function of one label of each axis, in order."""


class Cross:
    """A cover group whose bins are all combinations of labels, but those that a rule excludes.

    >>> cross = Cross("sides", {"face": ("up", "down"), "side": ("left", "right")},
    ...               {"down is never right": lambda face, side: (face, side) == ("down", "right")})
    >>> counts = cross.count(np.array([0, 0, 1]), np.array([1, 1, 0]))
    >>> cross.group(counts).hits
    {'up/left': 0, 'up/right': 2, 'down/left': 1}
    """

    def __init__(
        self, name: str, axes: Mapping[str, Sequence[str]], impossible: Rules | None = None
    ) -> None:
        self.name = name
        self.axes = {axis: tuple(labels) for axis, labels in axes.items()}
        self.shape = tuple(len(labels) for labels in self.axes.values())
        self._rules = dict(impossible or {})

    def count(self, *columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count samples, one column of label indices for each axis; negative ones are left out.

        Returns an array of `shape`. Raises ValueError for an index beyond its axis.
        """
        valid = np.logical_and.reduce([column >= 0 for column in columns])
        flat = np.ravel_multi_index([column[valid] for column in columns], self.shape)
        return np.bincount(flat, minlength=int(np.prod(self.shape))).reshape(self.shape)

    def zeros(self) -> NDArray[np.int64]:
        """Return the counts of no samples at all."""
        return np.zeros(self.shape, np.int64)

    def group(self, counts: NDArray[np.int64]) -> Group:
        """Return the counts as a cover group.

        Raises UserError when a bin was hit that a rule calls impossible.
        """
        hits: dict[str, int] = {}
        excluded: dict[str, int] = {}
        for labels, count in zip(self._bins, counts.ravel().tolist(), strict=True):
            name, reason = labels
            if reason is None:
                hits[name] = count
            elif count:
                raise UserError(
                    f"cover group {self.name}: {name} was hit {count} times, but a rule calls it"
                    f" impossible ({reason}); correct the rule"
                )
            else:
                excluded[reason] = excluded.get(reason, 0) + 1
        return Group(self.name, hits, excluded)

    @cached_property
    def _bins(self) -> list[tuple[str, str | None]]:
        """Name of each bin, and the reason why it is impossible."""
        bins = []
        labels = list(self.axes.values())
        for indices in np.ndindex(self.shape):
            chosen = [axis[index] for axis, index in zip(labels, indices, strict=True)]
            reasons = (reason for reason, rule in self._rules.items() if rule(*chosen))
            bins.append(("/".join(chosen), next(reasons, None)))
        return bins
