# SPDX-License-Identifier: Apache-2.0
"""Reads a synthesised netlist, and turns its cells into functions, sources and checks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.power.function import Expression, expression
from scripts.power.liberty import Cell, Library
from scripts.power.nets import ONE, ZERO, Check, Clock, Instance, Netlist, Op, Source, in_order


def load(path: Path, top: str, library: Library, clock: str = "clk_i") -> Netlist:
    """Read what Yosys' write_json wrote.

    Raises UserError for a cell that the library lacks, a combinational loop, no input `clock`, a
    register that is not clocked by its rising edge, and one that lost its name.
    """
    try:
        modules = json.loads(path.read_text())["modules"]
        reader = _Reader(modules[top], modules, library)
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{path} is not a netlist of {top} written by Yosys: {error}") from error
    netlist = reader.read(path)
    builder = _Builder(netlist, reader.names)
    if clock not in netlist.inputs:
        raise UserError(f"{path}: {top} has no input {clock}, its clock")
    builder.clock_network(netlist.inputs[clock])
    builder.registers()
    builder.edges_of_the_design(clock)
    netlist.nets = builder.nets
    netlist.ops = in_order(builder.ops, builder.known())
    return netlist


def bits(name: str, nets: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Names of single bits, by position: ``a`` for a lone one, else ``a[0]`` and on."""
    for i, net in enumerate(nets):
        yield (name if len(nets) == 1 else f"{name}[{i}]"), net


class _Reader:
    def __init__(self, module: dict[str, Any], modules: dict[str, Any], library: Library) -> None:
        self.module, self.modules, self.library = module, modules, library
        self.numbers: dict[str | int, int] = {"0": ZERO, "1": ONE, "x": ZERO}
        self.names: dict[int, list[str]] = defaultdict(list)

    def net(self, bit: str | int) -> int:
        return self.numbers.setdefault(bit, len(self.numbers) - 1)

    def read(self, path: Path) -> Netlist:
        ports: dict[str, dict[str, int]] = {"input": {}, "output": {}}
        for name, port in self.module["ports"].items():
            for bit, net in bits(name, port["bits"]):
                ports[port["direction"]][bit] = self.net(net)
        instances, boxes = [], {}
        for name, entry in self.module["cells"].items():
            connected = entry["connections"]
            if cell := self.library.cells.get(entry["type"]):
                nets = {pin: self.net(wire[0]) for pin, wire in connected.items() if wire}
                instances.append(Instance(name, cell, nets))
            elif entry["type"] in self.modules:
                boxes[name] = {
                    bit: self.net(net)
                    for pin, wire in connected.items()
                    for bit, net in bits(pin, wire)
                }
            else:
                raise UserError(f"{self.library.name} has no cell {entry['type']} ({name})")
        for name, entry in self.module["netnames"].items():
            if not entry.get("hide_name"):
                for bit, net in bits(name, entry["bits"]):
                    self.names[self.net(net)].append(bit)
        count = len(self.numbers) - 1
        return Netlist(path, self.library, count, instances, ports["input"], ports["output"], boxes)


class _Builder:
    """Turns instances into sources, ops and checks."""

    def __init__(self, netlist: Netlist, names: Mapping[int, list[str]]) -> None:
        self.netlist, self.names, self.nets = netlist, names, netlist.nets
        self.ops: list[Op] = []
        self.users: dict[int, list[Instance]] = defaultdict(list)
        for instance in netlist.instances:
            for pin, net in instance.nets.items():
                if not instance.cell.pins[pin].is_output:
                    self.users[net].append(instance)
        self.latched = {
            net
            for instance in netlist.instances
            if instance.cell.state is not None and instance.cell.state.kind == "latch"
            for pin, net in instance.nets.items()
            if instance.cell.pins[pin].is_output
        }

    def known(self) -> set[int]:
        """Nets that need no evaluation."""
        return {ZERO, ONE, *self.netlist.clocks, *(s.net for s in self.netlist.sources)}

    def evaluated(self, function: Expression, instance: Instance, more: Mapping[str, int]) -> int:
        """A new net that holds the function of the instance's pins and of `more`."""
        self.nets += 1
        nets = {**instance.nets, **more}
        missing = [pin for pin in function.pins if pin not in nets]
        if missing:
            raise UserError(f"{instance.name}: pin {missing[0]} is not connected")
        self.ops.append(Op(function, self.nets - 1, tuple(nets[pin] for pin in function.pins)))
        return self.nets - 1

    # ---- Clock network ----

    def clock_network(self, clock: int) -> None:
        """Follow the clock through buffers, inverters and gates, and evaluate all other cells."""
        clocks = self.netlist.clocks
        clocks[clock] = Clock(ONE, False)
        pending = [clock]
        gating: set[str] = set()
        while pending:
            net = pending.pop()
            for instance in self.users[net]:
                if instance.cell.state is not None and not _gate_pins(instance.cell):
                    continue  # a register or a latch: ends the network
                gating.add(instance.name)
                for pin, output in instance.nets.items():
                    if instance.cell.pins[pin].is_output and output not in clocks:
                        clocks[output] = self.gated(instance, net, pin)
                        pending.append(output)
        for instance in self.netlist.instances:
            if instance.name not in gating:
                self.cell(instance)

    def gated(self, instance: Instance, clock: int, output: str) -> Clock:
        """The clock behind a cell of the network."""
        before = self.netlist.clocks[clock]
        if gate := _gate_pins(instance.cell):
            enable = expression(" + ".join(pin for pin in gate if pin in instance.nets))
            return Clock(self.both(before, self.evaluated(enable, instance, {})), before.inverted)
        function = expression(instance.cell.pins[output].function)
        if function.is_buffer or function.is_inverter:
            return Clock(before.enable, before.inverted != function.is_inverter)
        pin = next(p for p in function.pins if instance.nets[p] == clock)
        open_, shut = function.fixed(pin, 1), function.fixed(pin, 0)
        latched = all(instance.nets[p] in self.latched for p in open_.pins)
        if before.inverted or shut.constant() != 0 or not latched:
            raise UserError(f"{instance.name} ({instance.cell.name}) is no clock gate known here")
        return Clock(self.both(before, self.evaluated(open_, instance, {})), False)

    def both(self, before: Clock, enable: int) -> int:
        """The enable of a gate behind another."""
        if before.enable == ONE:
            return enable
        self.nets += 1
        self.ops.append(Op(expression("A B"), self.nets - 1, (before.enable, enable)))
        return self.nets - 1

    def cell(self, instance: Instance) -> None:
        """Evaluate a combinational cell; a latch of a clock gate is transparent when it matters."""
        state = instance.cell.state
        if state is not None and state.kind == "ff":
            return
        for name, pin in instance.cell.pins.items():
            if not pin.is_output or name not in instance.nets:
                continue
            text = pin.function
            if state is not None:
                place = state.variables.index(text.strip())
                text = state.data if place == 0 else f"!({state.data})"
            if not text:
                raise UserError(f"{instance.cell.name} has no function for its output {name}")
            function = expression(text)
            inputs = tuple(instance.nets[pin] for pin in function.pins)
            self.ops.append(Op(function, instance.nets[name], inputs))

    # ---- Registers, ports and memories ----

    def registers(self) -> None:
        """Make a source of each flip-flop's state, with the checks that it is the right one."""
        for instance in self.netlist.instances:
            state = instance.cell.state
            if state is None or _gate_pins(instance.cell):
                continue
            clock = self.clock_of(instance)
            if state.kind == "latch":
                if clock is None or not clock.inverted or clock.enable != ONE:
                    raise UserError(f"{instance.name}: a latch is only known in a clock gate")
                continue
            if clock is None or clock.inverted:
                raise UserError(f"{instance.name} is not clocked by the rising edge of the clock")
            self.register(instance, clock)

    def clock_of(self, instance: Instance) -> Clock | None:
        """The clock of a register or latch, as its state sees it."""
        state = instance.cell.state
        assert state is not None
        function = expression(state.clock)
        clock = self.netlist.clocks.get(instance.nets[function.pins[0]])
        if clock is None or len(function.pins) > 1:
            return None
        return Clock(clock.enable, clock.inverted != function.is_inverter)

    def register(self, instance: Instance, clock: Clock) -> None:
        state = instance.cell.state
        assert state is not None
        outputs = self.state_nets(instance)
        net = outputs[0] if outputs[0] is not None else self.nets
        if outputs[0] is None:
            self.nets += 1
        if outputs[1] is not None:
            self.ops.append(Op(expression("!A"), outputs[1], (net,)))
        names, inverted = self.named(instance, outputs)
        self.netlist.sources.append(Source(net, names, inverted))
        following = self.evaluated(expression(state.data), instance, {state.variables[0]: net})
        if clock.enable != ONE:
            self.nets += 1
            hold = expression("E N + !E S")
            self.ops.append(Op(hold, self.nets - 1, (clock.enable, following, net)))
            following = self.nets - 1
        self.netlist.checks.append(Check("state", following, names[0], of=net))
        for text in (state.clear, state.preset):
            if text:
                forced = self.evaluated(expression(text), instance, {})
                self.netlist.checks.append(Check("never", forced, f"reset of {names[0]}"))

    def state_nets(self, instance: Instance) -> list[int | None]:
        """Nets of the state and of its inverse."""
        state = instance.cell.state
        assert state is not None
        outputs: list[int | None] = [None, None]
        for name, pin in instance.cell.pins.items():
            if pin.is_output and name in instance.nets:
                outputs[state.variables.index(pin.function.strip())] = instance.nets[name]
        return outputs

    def named(
        self, instance: Instance, outputs: Iterable[int | None]
    ) -> tuple[tuple[str, ...], bool]:
        """RTL names of a register: its own net's, or those behind a buffer or inverter."""
        inverted_too = [(net, bool(i)) for i, net in enumerate(outputs) if net is not None]
        for net, inverted in inverted_too:
            if found := self.names.get(net):
                return tuple(found), inverted
        for net, inverted in inverted_too:
            for user in self.users[net]:
                for name, pin in user.cell.pins.items():
                    found = self.names.get(user.nets.get(name, -1))
                    if not found or not pin.is_output or not pin.function:
                        continue
                    function = expression(pin.function)
                    if function.is_buffer or function.is_inverter:
                        return tuple(found), inverted != function.is_inverter
        raise UserError(f"{instance.name}: the register has lost its name in synthesis")

    def edges_of_the_design(self, clock: str) -> None:
        """Inputs and memories' outputs are sources; outputs and memories' inputs are checked."""
        netlist = self.netlist
        for name, net in netlist.inputs.items():
            if name != clock:
                netlist.sources.append(Source(net, (name,)))
        for name, net in netlist.outputs.items():
            netlist.checks.append(Check("output", net, name, (name,)))
        for box, pins in netlist.boxes.items():
            for pin, net in pins.items():
                name = f"{box}.{pin}"
                if net in netlist.clocks:
                    continue
                if pin.partition("[")[0].endswith("_o"):
                    netlist.sources.append(Source(net, (name,)))
                else:
                    netlist.checks.append(Check("output", net, name, (name,)))


def _gate_pins(cell: Cell) -> list[str]:
    """Enabling pins of an integrated clock gate; none for other cells."""
    roles = {"clock_gate_enable_pin", "clock_gate_test_pin"}
    return [pin.name for pin in cell.pins.values() if cell.clock_gate and roles & {*pin.roles}]
