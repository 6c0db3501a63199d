# SPDX-License-Identifier: Apache-2.0
"""What a cell library offers for synthesis, found by function, never by name."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch

from scripts.errors import UserError
from scripts.power.function import expression
from scripts.power.liberty import Cell, Library, Pin

PERIOD_FO4 = 300
FANOUT = 4

# Cells that need a second supply or serve measurements; sky130's Liberty file does not mark them.
SPECIAL = ("*__lpflow_*", "*__probe_p_*", "*__probec_p_*")


@dataclass(frozen=True)
class Technology:
    """The rule that all libraries share.

    period_ns: clock period, 300 FO4. wire_ff: wire capacitance for each fan-out, one smallest
    inverter's input. fo4_ns: delay of the smallest inverter that drives four of itself.
    """

    period_ns: float
    wire_ff: float
    fo4_ns: float
    inverter: str


def technology(library: Library) -> Technology:
    """Derive period and wire from the smallest inverter. Raises UserError if there is none."""
    cell = smallest(library, "inverter", 1, lambda a: not a)
    (source,), output = inputs(cell), output_of(cell)
    load = FANOUT * source.capacitance
    if not output.arcs or not load:
        raise UserError(f"{library.name}: {cell.name} has no delay tables or no input capacitance")
    arc, slew = output.arcs[0], 0.0
    for _ in range(20):  # until the input is as slow as the output, as in a chain
        slew = arc.transition.mean(slew, load)
    fo4 = arc.delay.mean(slew, load)
    return Technology(float(f"{PERIOD_FO4 * fo4:.2g}"), source.capacitance, fo4, cell.name)


def usable(cell: Cell) -> bool:
    """Whether synthesis may take the cell."""
    return cell.usable and not any(fnmatch(cell.name, pattern) for pattern in SPECIAL)


def inputs(cell: Cell) -> list[Pin]:
    """Input pins, in the file's order."""
    return [pin for pin in cell.pins.values() if not pin.is_output]


def output_of(cell: Cell) -> Pin:
    """The output of a cell that has one."""
    return next(pin for pin in cell.pins.values() if pin.is_output)


def is_gate(cell: Cell, function: Callable[..., bool], count: int) -> bool:
    """Whether the cell computes `function` of its `count` inputs and nothing else."""
    outputs = [pin for pin in cell.pins.values() if pin.is_output]
    if cell.state or cell.clock_gate or len(outputs) != 1 or not outputs[0].function:
        return False
    names = [pin.name for pin in inputs(cell)]
    found = expression(outputs[0].function)
    if len(names) != count or set(found.pins) != set(names):
        return False
    rows = itertools.product((0, 1), repeat=count)
    return all(
        found.value(dict(zip(names, row, strict=True))) == function(*map(bool, row)) for row in rows
    )


def smallest(library: Library, kind: str, count: int, function: Callable[..., bool]) -> Cell:
    """Return the smallest cell with that function. Raises UserError, naming `kind`, if none has.

    Among cells of one area it is the one whose inputs are lightest.
    """
    found = [
        cell for cell in library.cells.values() if usable(cell) and is_gate(cell, function, count)
    ]
    if not found:
        raise UserError(f"{library.name} has no {kind}: choose another cell library")
    return min(found, key=lambda cell: (cell.area, sum(p.capacitance for p in inputs(cell))))


# ---- Clock gating ----


@dataclass(frozen=True)
class ClockGate:
    """How a clock is gated: a cell or, if `module` is not "", a module made of cells.

    ports: names of enable, clock and gated clock. tied: a test input that is held low, or "".
    """

    name: str
    ports: tuple[str, str, str]
    tied: str = ""
    module: str = ""


GATE_MODULE = "clock_gate"


def clock_gate(library: Library) -> ClockGate:
    """Return the library's integrated clock gate, the smallest, or one of latch and AND.

    Raises UserError where there is neither.
    """
    integrated = [
        cell
        for cell in library.cells.values()
        if usable(cell) and cell.clock_gate.startswith("latch_posedge")
    ]
    if integrated:
        cell = min(integrated, key=lambda cell: (role(cell, "test") != "", cell.area))
        ports = role(cell, "enable"), role(cell, "clock"), role(cell, "out")
        return ClockGate(cell.name, ports, role(cell, "test"))
    ports = ("enable_i", "clk_i", "clk_o")
    return ClockGate(GATE_MODULE, ports, module=_gate_module(library))


def role(cell: Cell, kind: str) -> str:
    """Name of the pin with that role in a clock gate, "" if there is none."""
    names = [pin.name for pin in cell.pins.values() if f"clock_gate_{kind}_pin" in pin.roles]
    return names[0] if names else ""


def _gate_module(library: Library) -> str:
    """Verilog of a clock gate: the enable passes a latch while the clock is low, then an AND."""
    latch, inverted, data, gate, output = _latch(library)
    both = smallest(library, "two-input AND", 2, lambda a, b: a and b)
    one, other = inputs(both)
    transparent, inverter = "clk_i", ""
    if not inverted:
        cell = smallest(library, "inverter", 1, lambda a: not a)
        transparent = "low"
        inverter = (
            f"  wire low;\n  {cell.name} inverter"
            f" (.{inputs(cell)[0].name}(clk_i), .{output_of(cell).name}(low));\n"
        )
    return (
        f"(* keep_hierarchy *)\nmodule {GATE_MODULE} (input enable_i, input clk_i, output clk_o);\n"
        f"  wire held;\n{inverter}"
        f"  {latch.name} latch (.{data}(enable_i), .{gate}({transparent}), .{output}(held));\n"
        f"  {both.name} gate"
        f" (.{one.name}(clk_i), .{other.name}(held), .{output_of(both).name}(clk_o));\n"
        "endmodule\n"
    )


def _latch(library: Library) -> tuple[Cell, bool, str, str, str]:
    """Find a latch without set and reset: cell, open while its gate is low?, data, gate, output.

    One that is open while the clock is low saves the inverter.
    """
    found = []
    for cell in library.cells.values():
        state = cell.state
        if state is None or state.kind != "latch" or state.clear or state.preset:
            continue
        gates, datas = expression(state.clock).pins, expression(state.data).pins
        outputs = [
            pin.name
            for pin in cell.pins.values()
            if pin.is_output and pin.function.strip("() ") == state.variables[0]
        ]
        if not usable(cell) or len(inputs(cell)) != 2 or not outputs:
            continue
        if len(gates) == len(datas) == 1 and state.data.strip("() ") == datas[0]:
            low = state.clock.strip("() ") != gates[0]
            found.append((cell, low, datas[0], gates[0], outputs[0]))
    if not found:
        raise UserError(
            f"{library.name} has neither an integrated clock gate nor a latch to make one of"
        )
    return min(found, key=lambda entry: (not entry[1], entry[0].area))
