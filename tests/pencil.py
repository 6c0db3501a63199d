# SPDX-License-Identifier: Apache-2.0
"""Circuits small enough for a pencil, on a cell library of round numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from scripts.power import energy, memory
from scripts.power.estimate import Estimate, Estimator, Window
from scripts.power.gates import Gates
from scripts.power.replay import Recording
from scripts.power.technology import Technology

PERIOD_NS = 20
WIRE_FF = 1
INPUT_NS = 0.1  # transition time of inputs and clocks
CELL_NS = 0.2  # and of all outputs of cells

LIBRARY = """
library(pencil) { time_unit : "1ns"; capacitive_load_unit(1, ff); leakage_power_unit : "1nW";
nom_voltage : 2;
power_lut_template(square) { variable_1 : input_transition_time; index_1("0.1, 0.3");
  variable_2 : total_output_net_capacitance; index_2("0, 10"); }
power_lut_template(turned) { variable_1 : total_output_net_capacitance; index_1("0, 10");
  variable_2 : input_transition_time; index_2("0.1, 0.3"); }
"""


def power(rise: float, fall: float, more: str = "") -> str:
    """A power group of two constants."""
    tables = [
        f'{edge}_power(scalar) {{ values("{fj}"); }}'
        for edge, fj in (("rise", rise), ("fall", fall))
    ]
    return f"internal_power() {{ {more} {' '.join(tables)} }}"


def of(pin: str, when: str = "") -> str:
    return f'related_pin : "{pin}";' + (f' when : "{when}";' if when else "")


def surface(template: str, values: str) -> str:
    """A power group with a table for both edges."""
    return f"internal_power() {{ {of('A')} power({template}) {{ values({values}); }} }}"


def source(name: str, capacitance: float, more: str = "") -> str:
    return f"pin({name}) {{ direction : input; capacitance : {capacitance}; {more} }}"


def output(related: str, function: str, more: str) -> str:
    """An output with one delay and one transition time."""
    tables = [
        f'cell_{edge}(scalar) {{ values("0.5"); }}'
        f' {edge}_transition(scalar) {{ values("{CELL_NS}"); }}'
        for edge in ("rise", "fall")
    ]
    function = f'function : "{function}";' if function else "clock_gate_out_pin : true;"
    timing = f'timing() {{ related_pin : "{related}"; {" ".join(tables)} }}'
    return f"pin(Y) {{ direction : output; {function} {more} {timing} }}"


def cell(name: str, leakage: str, *body: str) -> str:
    return f"cell({name}) {{ area : 1; {leakage} {' '.join(body)} }}"


FLIP_FLOP = 'ff(IQ, IQN) { clocked_on : "CK"; next_state : "D"; }'
LATCH = 'latch(IQ, IQN) { enable : "!G"; data_in : "D"; }'
CELLS = [
    cell("INV", "cell_leakage_power : 5;", source("A", 2), output("A", "!A", power(3, 1, of("A")))),
    cell(  # two states of each input, and what the input alone costs
        "AND",
        "leakage_power() { value : 4; } leakage_power() { value : 8; }",
        source("A", 2, power(0.25, 0.75)),
        source("B", 3),
        output(
            "A B", "A B",
            power(4, 4, of("A", "B")) + power(8, 8, of("A", "!B")) + power(10, 10, of("B")),
        ),
    ),
    cell("TABLE", "", source("A", 2), output("A", "A", surface("square", '"1, 3", "5, 7"'))),
    cell("TURNED", "", source("A", 2), output("A", "A", surface("turned", '"1, 5", "3, 7"'))),
    cell("HEAVY", "", source("A", 499), output("A", "A", power(0, 0, of("A")))),
    cell(
        "FF", "cell_leakage_power : 10;", FLIP_FLOP,
        source("D", 2), source("CK", 4, power(1, 3)), output("CK", "IQ", power(6, 8, of("CK"))),
    ),
    cell(
        "LATCH", "cell_leakage_power : 1;", LATCH,
        source("D", 2), source("G", 3), output("D", "IQ", power(2, 2, of("D"))),
    ),
    cell(
        "ICG", "cell_leakage_power : 20; clock_gating_integrated_cell : latch_posedge;",
        source("E", 2, "clock_gate_enable_pin : true;"),
        source("CK", 5, "clock_gate_clock_pin : true;" + power(2, 4)),
        output("CK", "", power(9, 9, of("CK"))),
    ),
]  # fmt: skip
PINS = {"AND": "A B Y", "FF": "D CK Y", "LATCH": "D G Y", "ICG": "E CK Y"}


TEXT = "\n".join([LIBRARY, *CELLS, "}"])


def heavier(factor: float) -> str:
    """The library with larger pins."""
    pieces = re.split(r"(?<=\bcapacitance : )([\d.]+)", TEXT)
    pieces[1::2] = [f"{factor * float(number)}" for number in pieces[1::2]]
    return "".join(pieces)


def recording(bits: Mapping[str, Sequence[int]]) -> Recording:
    """What inputs, registers and outputs of one bit do, cycle by cycle."""
    return memory.recording({name: (np.array(values), 1) for name, values in bits.items()})


def measured(made: Estimator, bits: Mapping[str, Sequence[int]]) -> Estimate:
    """All cycles, without glitches."""
    recorded = recording(bits)
    return made.estimate(recorded, [Window("all", 0, recorded.cycles)], samples=0)


def circuit(
    folder: Path,
    placed: Mapping[str, str],
    inputs: str,
    outputs: str = "",
    text: str = TEXT,
    wire_ff: float = WIRE_FF,
) -> Estimator:
    """placed: cell's name -> its kind and nets, inputs first ("INV q_q y"). A part is "u_<x>"."""
    (folder / "cells.lib").write_text(text)
    net: dict[str, int] = {}
    cells = {}
    for name, entry in placed.items():
        kind, *nets = entry.split()
        wires = [net.setdefault(each, len(net) + 2) for each in nets]
        pins = PINS.get(kind, "A Y").split()
        connections = {pin: [wire] for pin, wire in zip(pins, wires, strict=True)}
        cells[name] = {"type": kind, "connections": connections}
    ports = {
        name: {"direction": direction, "bits": [net.setdefault(name, len(net) + 2)]}
        for direction, names in (("input", inputs), ("output", outputs))
        for name in names.split()
    }
    names = {name: {"bits": [wire]} for name, wire in net.items()}
    modules = {"top": {"ports": ports, "cells": cells, "netnames": names}}
    (folder / "netlist.json").write_text(json.dumps({"modules": modules}))
    parts = {name.partition(".")[0] for name in placed if "." in name}
    made = Gates(
        folder=folder, block="pencil", top="top", parameters={}, digest=folder.name,
        library="pencil", liberty=folder / "cells.lib",
        technology=Technology(PERIOD_NS, wire_ff, INPUT_NS, "INV"), clock_gate="",
        instances={part: part for part in parts}, parts={part: part for part in parts},
        cells={}, area={},
    )  # fmt: skip
    return Estimator(made)


def kinds(found: Estimate, labels: Sequence[str] | None = None) -> dict[str, float]:
    """fJ of each kind that is not 0."""
    values = {kind: found.energy.of(labels, [kind]) for kind in energy.KINDS}
    return {kind: value for kind, value in values.items() if value}
