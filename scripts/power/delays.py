# SPDX-License-Identifier: Apache-2.0
"""Loads, transition times and delays of a netlist, from the tables of its cell library.

Rising and falling edges are kept apart, first and second in an axis called "edge". Of several
input pins, the one that makes the slowest transition decides the output's, as in a timing
analysis: delays are then those that a sign-off tool writes for its worst case, and no arrival is
too early. Energy depends on transitions only weakly. Timing arcs of one pin that differ by the
state of the others are averaged.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.errors import UserError
from scripts.power.energy import Electrical
from scripts.power.function import Expression, expression
from scripts.power.liberty import Cell
from scripts.power.nets import Netlist
from scripts.power.replay import MOST_INPUTS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RISE, FALL = 0, 1
_EITHER = np.ones((2, 2), dtype=bool)


@dataclass(frozen=True)
class Surroundings:
    """What the netlist does not say.

    wire_ff: wire capacitance for each connected input pin. slew_ns: transition time of clocks,
    which are ideal, of inputs and of memories' outputs. input_ns, memory_ns: when inputs and
    memories' outputs change, after the clock's edge.
    """

    wire_ff: float
    slew_ns: float
    input_ns: float = 0.0
    memory_ns: float = 0.0


@dataclass(frozen=True)
class Graph:
    """Which ops wait for which. inputs: nets [ops, inputs], 0 where an op has fewer.

    outputs: nets [ops]. levels: indices of ops that do not wait for each other, in order.
    """

    inputs: Integers
    outputs: Integers
    levels: Sequence[Integers]

    def arrivals(
        self, start: NDArray[Any], delay: NDArray[Any], follows: NDArray[np.bool_]
    ) -> NDArray[Any]:
        """When each net changes for the last time, [nets, edge], in the unit of the arguments."""
        arrival = start.copy()
        for level in self.levels:
            causes = arrival[self.inputs[level]][:, :, None, :] + delay[level][:, :, :, None]
            latest = np.where(follows[level], causes, 0).max(axis=(1, 3))
            outputs = self.outputs[level]
            arrival[outputs] = np.maximum(arrival[outputs], latest)
        return arrival


def graph(netlist: Netlist) -> Graph:
    """The order of the netlist's ops."""
    depth = np.zeros(netlist.nets, dtype=np.int64)
    inputs = np.zeros((len(netlist.ops), MOST_INPUTS), dtype=np.int64)
    depths = []
    for i, op in enumerate(netlist.ops):
        inputs[i, : len(op.inputs)] = op.inputs
        depth[op.output] = 1 + max((depth[net] for net in op.inputs), default=0)
        depths.append(depth[op.output])
    outputs = np.array([op.output for op in netlist.ops], dtype=np.int64)
    first = np.flatnonzero(np.diff(depths, prepend=0))  # ops are sorted by depth
    return Graph(inputs, outputs, np.split(np.arange(len(depths)), first[1:]))


@dataclass(frozen=True)
class Delays:
    """Timing of a netlist. load: fF [nets]; the rest: ns.

    slew, start, arrival: [nets, edge]. start is when a source changes after the clock's edge: a
    register's clock-to-output delay. arrival is when a net changes for the last time.
    delay: [ops, inputs, edge of the output]. follows: [ops, inputs, edge of the output, edge of
    the input], whether the one can cause the other. gates: ops that stand for a gate; others have
    delay 0. held: nets of latches, which are closed until what comes has settled.
    """

    load: Floats
    slew: Floats
    start: Floats
    arrival: Floats
    delay: Floats
    follows: NDArray[np.bool_]
    gates: Integers
    held: Integers
    graph: Graph
    wire_ff: float

    @property
    def electrical(self) -> Electrical:
        """What the energy of cells depends on: slews averaged over both edges."""
        return Electrical(self.load, self.slew.mean(axis=1), self.wire_ff)

    @property
    def longest(self) -> float:
        """Last change of any net after the clock's edge, ns."""
        return float(self.arrival.max())


def delays(netlist: Netlist, surroundings: Surroundings) -> Delays:
    """Work out loads, then transitions and delays from the sources on.

    Raises UserError for a cell without timing arcs.
    """
    return _Propagation(netlist, surroundings).run()


def loads(netlist: Netlist, wire_ff: float) -> Floats:
    """What each net drives, fF [nets]: input pins, and a piece of wire for each of them.

    Pins of memories count as wire alone: their energy is charged by the access.
    """
    load = np.zeros(netlist.nets)
    for instance in netlist.instances:
        for name, net in instance.nets.items():
            pin = instance.cell.pins[name]
            if not pin.is_output:
                load[net] += pin.capacitance + wire_ff
    driven = {source.net for source in netlist.sources}
    for pins in netlist.boxes.values():
        for net in pins.values():
            if net not in driven:
                load[net] += wire_ff
    return load


class _Propagation:
    def __init__(self, netlist: Netlist, surroundings: Surroundings) -> None:
        self.netlist, self.surroundings = netlist, surroundings
        self.load = loads(netlist, surroundings.wire_ff)
        self.slew = np.full((netlist.nets, 2), surroundings.slew_ns)
        self.start = np.zeros((netlist.nets, 2))
        self.launch = np.zeros((netlist.nets, 2))  # clock to output
        self.graph = graph(netlist)
        self.delay = np.zeros((*self.graph.inputs.shape, 2))
        self.follows = np.zeros((*self.graph.inputs.shape, 2, 2), dtype=bool)
        self.drivers = {
            net: (instance.cell, pin)
            for instance in netlist.instances
            for pin, net in instance.nets.items()
            if instance.cell.pins[pin].is_output
        }

    def run(self) -> Delays:
        self.registers()
        self.sources()
        gates: list[int] = []
        latched: list[int] = []
        for level in self.graph.levels:
            alike: dict[tuple[str, str], list[int]] = defaultdict(list)
            for i in level.tolist():
                if driver := self.drivers.get(self.netlist.ops[i].output):
                    alike[driver[0].name, driver[1]].append(i)
            for (name, pin), ops in alike.items():
                cell = self.netlist.library.cells[name]
                if cell.state is not None and cell.state.kind == "ff":
                    self.second_output(np.array(ops))
                else:
                    self.batch(cell, pin, np.array(ops))
                (gates if cell.state is None or cell.state.kind == "ff" else latched).extend(ops)
        arrival = self.graph.arrivals(self.start, self.delay, self.follows)
        held = self.graph.outputs[latched]
        self.start[held] = arrival[held]
        return Delays(
            self.load,
            self.slew,
            self.start,
            arrival,
            self.delay,
            self.follows,
            np.array(gates, dtype=np.int64),
            held,
            self.graph,
            self.surroundings.wire_ff,
        )

    def registers(self) -> None:
        """Clock-to-output delays and transitions of all outputs of flip-flops."""
        alike: dict[tuple[str, str], list[int]] = defaultdict(list)
        for net, (cell, pin) in self.drivers.items():
            if cell.state is not None and cell.state.kind == "ff":
                alike[cell.name, pin].append(net)
        for (name, pin), nets in alike.items():
            cell = self.netlist.library.cells[name]
            assert cell.state is not None
            clock = expression(cell.state.clock).pins[0]
            slew = np.full(len(nets), self.surroundings.slew_ns)
            for edge in (RISE, FALL):
                delay, transition = _timing(cell, clock, pin, edge, slew, self.load[nets])
                self.launch[nets, edge], self.slew[nets, edge] = delay, transition

    def sources(self) -> None:
        memories = {net for pins in self.netlist.boxes.values() for net in pins.values()}
        inputs = set(self.netlist.inputs.values())
        for source in self.netlist.sources:
            if source.net in inputs:
                self.start[source.net] = self.surroundings.input_ns
            elif source.net in memories:
                self.start[source.net] = self.surroundings.memory_ns
            else:
                self.start[source.net] = self.launch[source.net]

    def second_output(self, ops: Integers) -> None:
        """A flip-flop's inverted output, evaluated from the other, has a delay of its own."""
        before = self.start[self.graph.inputs[ops, 0]][:, ::-1]
        self.delay[ops, 0] = np.maximum(0, self.launch[self.graph.outputs[ops]] - before)
        self.follows[ops, 0] = ~np.eye(2, dtype=bool)

    def batch(self, cell: Cell, output: str, ops: Integers) -> None:
        """Delays and transitions of gates of one kind."""
        function = self.netlist.ops[ops[0]].function
        nets = self.graph.outputs[ops]
        slowest = np.zeros((len(ops), 2))
        for i, pin in enumerate(function.pins):
            follows = _follows(function, pin)
            self.follows[ops, i] = follows
            slews = self.slew[self.graph.inputs[ops, i]]
            for edge in (RISE, FALL):
                slew = slews[:, follows[edge]].max(axis=1)
                delay, transition = _timing(cell, pin, output, edge, slew, self.load[nets])
                self.delay[ops, i, edge] = delay
                slowest[:, edge] = np.maximum(slowest[:, edge], transition)
        self.slew[nets] = slowest


def _timing(
    cell: Cell, pin: str, output: str, edge: int, slew: Floats, load: Floats
) -> tuple[Floats, Floats]:
    """Delay and transition (ns) of one edge of the output, for many loads."""
    arcs = [arc for arc in cell.pins[output].arcs if arc.related == pin]
    if not arcs:
        raise UserError(f"{cell.name} has no timing arc from {pin} to {output}")
    name = ("rise", "fall")[edge]
    delays = [getattr(arc.delay, name).values_at(slew, load, beyond=True) for arc in arcs]
    transitions = [getattr(arc.transition, name).values_at(slew, load, beyond=True) for arc in arcs]
    return np.maximum(0, np.mean(delays, axis=0)), np.maximum(0, np.mean(transitions, axis=0))


@cache
def _follows(function: Expression, pin: str) -> NDArray[np.bool_]:
    """Whether the output's edge (first index) can come from the pin's (second)."""
    found = np.zeros((2, 2), dtype=bool)
    others = [p for p in function.pins if p != pin]
    for row in itertools.product((0, 1), repeat=len(others)):
        fixed = dict(zip(others, row, strict=True))
        low, high = (function.value({**fixed, pin: value}) for value in (0, 1))
        if low != high:
            found[(RISE, FALL) if high else (FALL, RISE), (RISE, FALL)] = True
    return found if found.any() else _EITHER
