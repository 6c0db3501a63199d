# SPDX-License-Identifier: Apache-2.0
"""What the estimate knows of a netlist: cells, functions to evaluate, what to compare.

In each clock cycle, all nets follow from the states of the registers, the primary inputs and the
outputs of memories: the `sources`, whose values a simulation of the RTL has recorded by name. What
the netlist makes of them is compared with the same recording: see `Check`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.errors import UserError
from scripts.power.function import Expression
from scripts.power.liberty import Cell, Library

ZERO, ONE = 0, 1
"""Nets of the constants."""


@dataclass(frozen=True)
class Instance:
    """One cell. name: with its path, "u_mac.g_multiplier[0].x". nets: by connected pin."""

    name: str
    cell: Cell
    nets: Mapping[str, int]


@dataclass(frozen=True)
class Op:
    """nets[output] = function(nets[inputs]), the inputs in the order of the function's pins."""

    function: Expression
    output: int
    inputs: tuple[int, ...]


@dataclass(frozen=True)
class Source:
    """A net whose values come from the recording, under any of the names; perhaps inverted."""

    net: int
    names: tuple[str, ...]
    inverted: bool = False


@dataclass(frozen=True)
class Check:
    """Something the recording must confirm in each cycle.

    kind "state": the net is what the source `of` becomes in the next cycle. "output": the net is
    what was recorded under one of the names. "never": the net is 0.
    """

    kind: str
    net: int
    what: str
    names: tuple[str, ...] = ()
    of: int = -1


@dataclass(frozen=True)
class Clock:
    """How a net of the clock network moves: a pulse after each cycle in which `enable` is 1."""

    enable: int
    inverted: bool


@dataclass
class Netlist:
    """nets: how many, with constants and those that only exist for evaluation. ops: in order.

    boxes: memories by instance name, their nets by "pin" or "pin[bit]".
    """

    path: Path
    library: Library
    nets: int
    instances: list[Instance]
    inputs: dict[str, int]
    outputs: dict[str, int]
    boxes: dict[str, dict[str, int]]
    sources: list[Source] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    clocks: dict[int, Clock] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)

    @property
    def functions(self) -> list[str]:
        """Texts of all functions that occur, pins called p0, p1 and on."""
        return sorted({op.function.normal for op in self.ops})


def in_order(ops: Sequence[Op], known: set[int]) -> list[Op]:
    """Sort by depth, then by function. Raises UserError for a combinational loop."""
    users: dict[int, list[int]] = defaultdict(list)
    waiting = []
    for i, op in enumerate(ops):
        missing = set(op.inputs) - known
        waiting.append(len(missing))
        for net in missing:
            users[net].append(i)
    depth: dict[int, int] = {}
    level = dict.fromkeys(known, 0)
    ready = [i for i, count in enumerate(waiting) if count == 0]
    while ready:
        i = ready.pop()
        op = ops[i]
        depth[i] = 1 + max((level[net] for net in op.inputs), default=0)
        level[op.output] = depth[i]
        for user in users[op.output]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    if len(depth) < len(ops):
        left = next(op for i, op in enumerate(ops) if i not in depth)
        undriven = sorted(set(left.inputs) - level.keys() - {op.output for op in ops})
        reason = f"net {undriven[0]} has no driver" if undriven else "a combinational loop"
        raise UserError(f"the netlist cannot be evaluated: {reason}")
    return [ops[i] for i in sorted(depth, key=lambda i: (depth[i], ops[i].function.normal))]
