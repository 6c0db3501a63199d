# SPDX-License-Identifier: Apache-2.0
"""Verilog of a library's cells, made of their Liberty functions, for Verilator and Icarus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scripts.errors import UserError
from scripts.power.function import expression
from scripts.power.liberty import Cell, Library, State
from scripts.power.technology import inputs, role


def models(library: Library, names: Iterable[str]) -> str:
    """Return modules for these cells. Raises UserError for a cell whose function is not known."""
    return "\n".join(model(library.cells[name]) for name in names)


def model(cell: Cell) -> str:
    """Return the Verilog module of one cell. Raises UserError if its function is not known."""
    outputs = [pin for pin in cell.pins.values() if pin.is_output]
    ports = [f"input {pin.name}" for pin in inputs(cell)]
    ports += [f"output {pin.name}" for pin in outputs]
    names = {pin.name: pin.name for pin in inputs(cell)}
    body: list[str] = []
    if cell.clock_gate:
        return _module(cell, ports, _clock_gate(cell))
    if cell.state:
        names |= {cell.state.variables[0]: "held", cell.state.variables[1]: "~held"}
        make = _flip_flop if cell.state.kind == "ff" else _latch
        body += make(cell.state, names)
    for pin in outputs:
        if not pin.function:
            raise UserError(f"cell {cell.name}: no function of output {pin.name} in the library")
        body.append(f"assign {pin.name} = {verilog(pin.function, names)};")
    return _module(cell, ports, body)


def _module(cell: Cell, ports: list[str], body: list[str]) -> str:
    lines = "".join(f"  {line}\n" for line in body)
    return f"module {cell.name} ({', '.join(ports)});\n{lines}endmodule\n"


def verilog(function: str, names: Mapping[str, str]) -> str:
    """Return a Liberty expression in Verilog; `names` are texts for its pins.

    Raises UserError for a pin that has none.

    >>> verilog("!(A B)+C'", {"A": "a", "B": "b", "C": "c"})
    '(~(a & b) | ~c)'
    """
    found = expression(function)
    if missing := set(found.pins) - names.keys():
        raise UserError(f"Liberty function {function!r} reads {min(missing)}, which is no input")
    return found.with_pins({**names, "ZERO": "1'b0", "ONES": "1'b1"})


def _flip_flop(state: State, names: Mapping[str, str]) -> list[str]:
    """Clear wins over preset, where a cell has both: no reset of ours sets both."""
    events = [("clock", state.clock), ("clear", state.clear), ("preset", state.preset)]
    present = [(name, text) for name, text in events if text]
    forced = [f"if ({name}) held <= 1'b{int(name == 'preset')};" for name, _ in present[1:]]
    return [
        *(f"wire {name} = {verilog(text, names)};" for name, text in present),
        "reg held;",
        f"always @({' or '.join(f'posedge {name}' for name, _ in present)})",
        *(f"  {line} else" for line in forced),
        f"  held <= {verilog(state.data, names)};",
    ]


def _latch(state: State, names: Mapping[str, str]) -> list[str]:
    forced = [("preset", state.preset, 1), ("clear", state.clear, 0)]
    return [
        "reg held;",
        "always_latch begin",
        f"  if ({verilog(state.clock, names)}) held = {verilog(state.data, names)};",
        *(f"  if ({verilog(text, names)}) held = 1'b{value};" for _, text, value in forced if text),
        "end",
    ]


def _clock_gate(cell: Cell) -> list[str]:
    """Of these, libraries give the role of each pin and a table instead of functions."""
    clock, output = role(cell, "clock"), role(cell, "out")
    enables = [name for name in (role(cell, "enable"), role(cell, "test")) if name]
    if not cell.clock_gate.startswith("latch_posedge") or role(cell, "obs"):
        raise UserError(f"cell {cell.name}: a clock gate of kind {cell.clock_gate} is not known")
    return [
        "reg held;",
        f"always_latch if (~{clock}) held = {' | '.join(enables)};",
        f"assign {output} = {clock} & held;",
    ]
