# SPDX-License-Identifier: Apache-2.0
"""What the energy estimate needs of a Liberty file: functions, capacitances, energies, delays.

Units are turned into fF, ns, fJ and nW when a file is read, whatever the file's own are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.errors import UserError
from scripts.power.liberty_syntax import Group, read

Table1 = NDArray[np.float64]


@dataclass(frozen=True)
class Lut:
    """A table over the input's transition time (ns) and the output's load (fF).

    A table without one of the axes does not depend on it. Between points it is linear, outside it
    keeps the value at the edge: extrapolated tables can turn negative.
    """

    slews: Table1
    loads: Table1
    values: NDArray[np.float64]  # one row for each slew, one column for each load

    def at(self, slew: float, load: float) -> float:
        """The value there."""
        return float(self.values_at(np.array([slew]), np.array([load]))[0])

    def values_at(self, slews: Table1, loads: Table1, beyond: bool = False) -> Table1:
        """The values at many points; `beyond` goes on with the slope of the table's largest axes.

        That is right for delays and transitions, which grow in proportion to the load.
        """
        i, f = _places(self.slews, slews, beyond)
        j, g = _places(self.loads, loads, beyond)
        i2, j2 = np.minimum(i + 1, len(self.slews) - 1), np.minimum(j + 1, len(self.loads) - 1)
        low = self.values[i, j] * (1 - g) + self.values[i, j2] * g
        high = self.values[i2, j] * (1 - g) + self.values[i2, j2] * g
        return np.asarray(low * (1 - f) + high * f)


def _places(axis: Table1, values: Table1, beyond: bool) -> tuple[NDArray[np.int64], Table1]:
    """Index below and fraction of each value, kept within the axis; above 1 `beyond` its end."""
    if len(axis) == 1:
        return np.zeros(len(values), np.int64), np.zeros(len(values))
    inside = np.clip(values, axis[0], None if beyond else axis[-1])
    i = np.minimum(np.searchsorted(axis, inside, side="right") - 1, len(axis) - 2)
    return i, (inside - axis[i]) / (axis[i + 1] - axis[i])


@dataclass(frozen=True)
class Edges:
    """Tables for the rising and the falling output (of a power group of an input: that pin)."""

    rise: Lut
    fall: Lut

    def mean(self, slew: float, load: float) -> float:
        """Average of both."""
        return (self.rise.at(slew, load) + self.fall.at(slew, load)) / 2


@dataclass(frozen=True)
class Arc:
    """From a related pin to an output: delay and transition (ns)."""

    related: str
    delay: Edges
    transition: Edges


@dataclass(frozen=True)
class Power:
    """Energy inside the cell (fJ) of an edge; `related` is "" for a pin on its own."""

    related: str
    when: str
    energy: Edges


@dataclass(frozen=True)
class Pin:
    """One pin. capacitance: fF. function: Liberty's expression, "" for inputs.

    roles: Liberty's clock_gate_..._pin attributes that are true.
    """

    name: str
    is_output: bool
    capacitance: float
    function: str
    is_clock: bool
    arcs: tuple[Arc, ...]
    powers: tuple[Power, ...]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """An ff or latch group: its variables and expressions ("" where there is none)."""

    kind: str
    variables: tuple[str, str]
    clock: str  # clocked_on or enable
    data: str  # next_state or data_in
    clear: str
    preset: str


@dataclass(frozen=True)
class Cell:
    """One cell. area: the library's unit. leakage: nW, averaged over states.

    clock_gate: Liberty's clock_gating_integrated_cell ("latch_posedge"), "" for other cells.
    usable: False where the library says dont_use.
    """

    name: str
    area: float
    leakage: float
    pins: dict[str, Pin]
    state: State | None
    clock_gate: str = ""
    usable: bool = True


@dataclass(frozen=True)
class Library:
    """The cells of a file. voltage: V."""

    name: str
    voltage: float
    cells: dict[str, Cell]


_TIME_NS = {"fs": 1e-6, "ps": 1e-3, "ns": 1.0, "us": 1e3}
_POWER_NW = {"fw": 1e-6, "pw": 1e-3, "nw": 1.0, "uw": 1e3, "mw": 1e6}
_CAPACITANCE_FF = {"ff": 1.0, "pf": 1e3}
_VOLTAGE_V = {"mv": 1e-3, "v": 1.0}


def load(path: Path) -> Library:
    """Read the cells of a Liberty file.

    Raises UserError for a file that is none, that has no power tables, whose units are unknown, or
    in which a cell is malformed.
    """
    root = read(path)
    reader = _Reader(root, path)
    cells = {cell.name: cell for cell in map(reader.checked_cell, root.all("cell"))}
    if not any(pin.powers for cell in cells.values() for pin in cell.pins.values()):
        raise UserError(f"{path} has no power tables (internal_power): energy cannot be estimated")
    return Library(" ".join(root.arguments), reader.voltage, cells)


class _Reader:
    def __init__(self, root: Group, path: Path) -> None:
        self.path = path
        try:
            amount, unit = root.attributes.get("capacitive_load_unit", ("", ""))
            self.farad = float(amount) * _CAPACITANCE_FF[unit.lower()]
            self.second = _scale(root.value("time_unit"), _TIME_NS)
            self.watt = _scale(root.value("leakage_power_unit", "1nW"), _POWER_NW)
            volt = _scale(root.value("voltage_unit", "1V"), _VOLTAGE_V)
            self.voltage = root.number("nom_voltage") * volt
        except (KeyError, ValueError, IndexError) as error:
            raise UserError(f"{path}: unknown units of time, load, power or voltage") from error
        if not self.voltage:
            raise UserError(f"{path} has no nom_voltage: energy cannot be estimated")
        self.joule = self.farad * volt**2
        self.templates = {
            " ".join(group.arguments): group
            for kind in ("lu_table_template", "power_lut_template")
            for group in root.all(kind)
        }

    def checked_cell(self, group: Group) -> Cell:
        try:
            return self.cell(group)
        except (ValueError, IndexError) as error:
            name = " ".join(group.arguments)
            raise UserError(f"{self.path}: cell {name} is malformed: {error}") from error

    def cell(self, group: Group) -> Cell:
        leakages = [g.number("value") for g in group.all("leakage_power")]
        leakage = group.number("cell_leakage_power", float(np.mean(leakages)) if leakages else 0.0)
        pins = [self.pin(pin) for pin in group.all("pin")]
        return Cell(
            group.arguments[0],
            group.number("area"),
            leakage * self.watt,
            {pin.name: pin for pin in pins},
            _state(group),
            group.value("clock_gating_integrated_cell"),
            group.value("dont_use") != "true",
        )

    def pin(self, group: Group) -> Pin:
        capacitance = group.number("capacitance")
        edges = [group.number(f"{edge}_capacitance") for edge in ("rise", "fall")]
        if not capacitance and any(edges):
            capacitance = sum(edges) / 2
        return Pin(
            name=group.arguments[0],
            is_output=group.value("direction") == "output",
            capacitance=capacitance * self.farad,
            function=group.value("function"),
            is_clock=group.value("clock") == "true",
            arcs=tuple(arc for g in group.all("timing") for arc in self.arcs(g)),
            powers=tuple(power for g in group.all("internal_power") for power in self.powers(g)),
            roles=tuple(
                name
                for name, values in group.attributes.items()
                if name.startswith("clock_gate_") and values[0] == "true"
            ),
        )

    def arcs(self, group: Group) -> Iterator[Arc]:
        tables = {table.name: table for table in group.groups}
        if not {"cell_rise", "cell_fall", "rise_transition", "fall_transition"} <= set(tables):
            return  # a constraint, or an edge that a set or reset makes
        delay = self.edges(tables["cell_rise"], tables["cell_fall"], self.second)
        transition = self.edges(tables["rise_transition"], tables["fall_transition"], self.second)
        for related in group.value("related_pin").split():
            yield Arc(related, delay, transition)

    def powers(self, group: Group) -> Iterator[Power]:
        tables = {table.name: table for table in group.groups}
        both = tables.get("power")
        rise, fall = tables.get("rise_power", both), tables.get("fall_power", both)
        if rise is None or fall is None:
            return
        energy = self.edges(rise, fall, self.joule)
        for related in group.value("related_pin").split() or [""]:
            yield Power(related, group.value("when"), energy)

    def edges(self, rise: Group, fall: Group, unit: float) -> Edges:
        return Edges(self.lut(rise, unit), self.lut(fall, unit))

    def lut(self, group: Group, unit: float) -> Lut:
        name = group.arguments[0] if group.arguments else "scalar"
        template = self.templates.get(name, Group(name, ()))
        values = _numbers(group.attributes.get("values", ()))
        axes = {"slew": np.zeros(1), "load": np.zeros(1)}
        order = []
        for n in (1, 2):
            variable = template.value(f"variable_{n}")
            points = group.attributes.get(f"index_{n}", template.attributes.get(f"index_{n}", ()))
            if not variable or not points or len(values) == 1:
                continue
            axis = "load" if "capacitance" in variable else "slew"
            axes[axis] = _numbers(points) * (self.farad if axis == "load" else self.second)
            order.append(axis)
        shape = [len(axes[axis]) for axis in order]
        if len(values) != int(np.prod(shape)):
            raise UserError(f"{self.path}: a table of {name} has {len(values)} values, not {shape}")
        table = values.reshape(shape) if order else values.reshape(1, 1)
        if order == ["load", "slew"]:
            table = table.T
        elif len(order) == 1:
            table = table.reshape((-1, 1) if order == ["slew"] else (1, -1))
        return Lut(axes["slew"], axes["load"], table * unit)


def _scale(text: str, units: dict[str, float]) -> float:
    match = re.fullmatch(r"\s*([\d.]+)\s*(\w+)\s*", text)
    if not match:
        raise ValueError(text)
    return float(match[1]) * units[match[2].lower()]


def _numbers(texts: Sequence[str]) -> Table1:
    return np.array([float(word) for text in texts for word in text.replace(",", " ").split()])


def _state(group: Group) -> State | None:
    for kind, clock, data in (("ff", "clocked_on", "next_state"), ("latch", "enable", "data_in")):
        for state in group.all(kind):
            return State(
                kind,
                (state.arguments[0], state.arguments[1] if len(state.arguments) > 1 else ""),
                state.value(clock),
                state.value(data),
                state.value("clear"),
                state.value("preset"),
            )
    return None
