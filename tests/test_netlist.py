# SPDX-License-Identifier: Apache-2.0
"""Synthesis for energy: what comes out is the block, whole, with its names, on usable cells."""

from __future__ import annotations

import gzip
import itertools
import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.power import netlist_simulation
from scripts.power.cells import model, verilog
from scripts.power.function import expression
from scripts.power.gates import OSU180, Gates, cell_area, check, gates, label_of
from scripts.power.liberty import Cell, Library, Pin, State, load
from scripts.power.technology import clock_gate, inputs, technology
from scripts.project import Project
from scripts.simulate import SimulationFailed, simulate


@pytest.fixture(scope="module")
def library() -> Library:
    return load(OSU180)


@pytest.fixture(scope="module")
def unit() -> Gates:
    return gates("msb_skip")


def test_the_units_smoke_test_passes_on_its_netlist() -> None:
    simulate("msb_skip", "BackToBack", liberty=OSU180)


def test_a_netlist_that_is_wrong_fails(unit: Gates, tmp_path: Path) -> None:
    made = netlist_simulation.netlist_for("msb_skip", Project().bench("msb_skip").parameters)
    text = made.read_text()
    wrong = re.sub(r"(?s)(module XOR2X1.*?)\^", r"\1|", text, count=1)
    assert wrong != text
    (tmp_path / "wrong.v").write_text(wrong)
    with pytest.raises(SimulationFailed):
        simulate(
            "msb_skip",
            "RandomTraffic",
            simulator="icarus",
            netlist=tmp_path / "wrong.v",
            settings={"instructions": 100},
        )


def test_a_netlist_refuses_other_parameters(unit: Gates, tmp_path: Path) -> None:
    made = netlist_simulation.netlist_for("msb_skip", {"Multipliers": 1, "IdWidth": 4})
    with pytest.raises(SimulationFailed, match="synthesised with Multipliers = 1"):
        simulate(
            "msb_skip",
            "BackToBack",
            simulator="icarus",
            netlist=made,
            parameters={"Multipliers": 2},
        )


def test_the_second_time_it_is_there_already(unit: Gates) -> None:
    stamp = unit.netlist_json.stat().st_mtime_ns
    assert gates("msb_skip").netlist_json.stat().st_mtime_ns == stamp


def test_parameters_make_another_netlist(unit: Gates) -> None:
    four = gates("msb_skip", parameters={"Multipliers": 4})
    assert four.digest != unit.digest
    assert four.total_area > unit.total_area


# ---- The netlist ----


def _module(made: Gates) -> dict[str, dict[str, dict[str, object]]]:
    module: dict[str, dict[str, dict[str, object]]] = json.loads(made.netlist_json.read_text())[
        "modules"
    ][made.top]
    return module


def test_every_flip_flop_carries_a_name_of_the_rtl(unit: Gates, library: Library) -> None:
    module = _module(unit)
    names: dict[int, list[str]] = {}
    for name, entry in module["netnames"].items():
        if not entry["hide_name"]:
            for bit in entry["bits"]:  # type: ignore[attr-defined]
                names.setdefault(bit, []).append(name)
    registers = re.compile(r"(^|\.)\w+_q\w*$")
    counted = 0
    for name, cell in module["cells"].items():
        state = library.cells[str(cell["type"])].state
        if state and state.kind == "ff":
            bit = cell["connections"]["Q"][0]  # type: ignore[index]
            assert any(registers.search(found) for found in names[bit]), name
            counted += 1
    assert counted == unit.cells["DFFSR"] + unit.cells["DFFPOSX1"] > 500


def test_cells_are_named_by_the_part_they_are_in(unit: Gates, library: Library) -> None:
    module = _module(unit)
    assert not [name for name in module["cells"] if "$" in name]
    detectors = [path for path, kind in unit.instances.items() if kind == "lead_one"]
    assert len(detectors) == 8
    for path in detectors:
        assert [name for name in module["cells"] if name.startswith(f"{path}.")]
    total = sum(cell_area(library, str(cell["type"])) for cell in module["cells"].values())
    assert unit.total_area == pytest.approx(total)
    assert 0 < unit.area["leading-one detectors"] < 0.1 * total


def test_labels_are_those_of_the_innermost_part() -> None:
    instances = {"u_unit": "unit", "u_unit.g[0].u_mul": "mul"}
    parts = {"unit": "the unit", "mul": "multipliers"}
    assert label_of("u_unit.g[0].u_mul.g7", instances, parts) == "multipliers"
    assert label_of("u_unit.g[0].other.g7", instances, parts) == "the unit"
    assert label_of("u_unit_g7", instances, parts) == ""


def test_clocks_are_gated_by_latch_and_and(unit: Gates) -> None:
    gates_made = [name for name in _module(unit)["cells"] if name.endswith(".latch")]
    assert unit.clock_gate == "clock_gate"
    assert len(gates_made) == unit.cells["LATCH"] > 10
    assert cell_area(load(OSU180), "LATCH") == 56


def test_period_and_wire_follow_from_the_smallest_inverter(library: Library) -> None:
    rule = technology(library)
    assert rule.inverter == "INVX1"
    assert rule.wire_ff == pytest.approx(9.32, abs=0.01)
    assert rule.period_ns == 30.0
    assert rule.fo4_ns == pytest.approx(0.0995, abs=1e-3)


# ---- Models of cells ----


def _icarus(text: str, folder: Path) -> list[str]:
    """Run a module `test` and return the lines that it prints."""
    source, program = folder / "test.v", folder / "test.vvp"
    source.write_text(text)
    subprocess.run(["iverilog", "-g2012", "-o", program, "-s", "test", source], check=True)
    run = subprocess.run(["vvp", "-n", program], check=True, capture_output=True, text=True)
    return run.stdout.split()


def test_models_of_gates_compute_what_liberty_says(library: Library, tmp_path: Path) -> None:
    combinational = [
        cell
        for cell in library.cells.values()
        if not cell.state and all(pin.function for pin in cell.pins.values() if pin.is_output)
    ]
    assert len(combinational) >= 25
    bench, expected = [], []
    for cell in combinational:
        pins = [pin.name for pin in inputs(cell)]
        rows = list(itertools.product((0, 1), repeat=len(pins)))
        for output in (pin for pin in cell.pins.values() if pin.is_output):
            function = expression(output.function)
            bits = [function.value(dict(zip(pins, row, strict=True))) for row in rows]
            expected.append("".join(map(str, bits)))
            bench.append(_walk(cell, pins, output.name))
    text = "\n".join(model(cell) for cell in combinational)
    instances = "\n".join(declaration for declaration, _ in bench)
    steps = "\n".join(step for _, step in bench)
    text += f"module test;\n{instances}\ninitial begin\n{steps}\nend\nendmodule\n"
    assert _icarus(text, tmp_path) == expected


def _walk(cell: Cell, pins: list[str], output: str) -> tuple[str, str]:
    """An instance, and statements that print its output for each row of the truth table."""
    name = f"{cell.name}_{output}"
    ports = ", ".join(
        f".{pin}({name}_i[{len(pins) - 1 - place}])" for place, pin in enumerate(pins)
    )
    declaration = (
        f"reg [{len(pins) - 1}:0] {name}_i; wire {name}_o;\n"
        f"{cell.name} {name} ({ports}, .{output}({name}_o));"
    )
    steps = "".join(
        f'{name}_i = {row}; #1 $write("%b", {name}_o);\n' for row in range(2 ** len(pins))
    )
    return declaration, steps + "$display;"


@pytest.mark.parametrize(
    ("function", "text"),
    [("!(A B)+C'", "(~(A & B) | ~C)"), ("A^B", "(A ^ B)"), ("0", "1'b0"), ("(!A)", "~A")],
)
def test_functions_turn_into_verilog(function: str, text: str) -> None:
    assert verilog(function, {pin: pin for pin in "ABC"}) == text


def _pin(name: str, function: str = "", roles: tuple[str, ...] = ()) -> Pin:
    output = bool(function) or "clock_gate_out_pin" in roles
    return Pin(name, output, 1.0, function, False, (), (), roles)


FLIP_FLOP = Cell(
    "FLIP",
    1.0,
    0.0,
    {pin.name: pin for pin in map(_pin, ("CK", "D", "RN", "SN"))}
    | {"Q": _pin("Q", "IQ"), "QN": _pin("QN", "IQN")},
    State("ff", ("IQ", "IQN"), "CK", "D", "!RN", "SN'"),
)


def test_the_model_of_a_flip_flop_is_set_and_cleared(tmp_path: Path) -> None:
    bench = """
module test;
  reg ck = 0, d = 1, rn = 1, sn = 1; wire q, qn;
  FLIP flip (.CK(ck), .D(d), .RN(rn), .SN(sn), .Q(q), .QN(qn));
  initial begin
    #1 rn = 0; #1 $display("%b%b", q, qn);
    rn = 1; #1 $display("%b%b", q, qn);
    ck = 1; #1 $display("%b%b", q, qn);
    d = 0; ck = 0; #1 $display("%b%b", q, qn);
    ck = 1; #1 $display("%b%b", q, qn);
    sn = 0; #1 $display("%b%b", q, qn);
  end
endmodule
"""
    assert _icarus(model(FLIP_FLOP) + bench, tmp_path) == ["01", "01", "10", "10", "01", "10"]


GATE = Cell(
    "GATE",
    1.0,
    0.0,
    {
        "CK": _pin("CK", roles=("clock_gate_clock_pin",)),
        "E": _pin("E", roles=("clock_gate_enable_pin",)),
        "GCK": _pin("GCK", roles=("clock_gate_out_pin",)),
    },
    None,
    clock_gate="latch_posedge",
)


def test_the_model_of_a_clock_gate_passes_whole_pulses_only(tmp_path: Path) -> None:
    bench = """
module test;
  reg ck = 0, e = 1; wire gck;
  GATE gate (.CK(ck), .E(e), .GCK(gck));
  initial begin
    #1 $display("%b", gck);
    ck = 1; #1 $display("%b", gck);
    e = 0; #1 $display("%b", gck);
    ck = 0; #1 $display("%b", gck);
    ck = 1; #1 $display("%b", gck);
    e = 1; #1 $display("%b", gck);
  end
endmodule
"""
    assert _icarus(model(GATE) + bench, tmp_path) == ["0", "1", "1", "0", "0", "0"]


# ---- Libraries that do not do ----


def _without(library: Library, unwanted: Callable[[Cell], bool]) -> Library:
    kept = {name: cell for name, cell in library.cells.items() if not unwanted(cell)}
    return replace(library, cells=kept)


@pytest.mark.parametrize(
    ("unwanted", "said"),
    [
        (lambda cell: cell.name.startswith("INV"), "no inverter"),
        (lambda cell: cell.name == "NAND2X1", "no two-input NAND"),
        (lambda cell: "BUF" in cell.name, "no buffer"),
        (lambda cell: cell.state is not None and cell.state.kind == "ff", "no flip-flop"),
        (lambda cell: cell.name == "LATCH", "neither an integrated clock gate nor a latch"),
    ],
)
def test_a_library_that_lacks_something_is_refused(
    library: Library, unwanted: Callable[[Cell], bool], said: str
) -> None:
    poor = _without(library, unwanted)
    with pytest.raises(UserError, match=said):
        (check(poor), clock_gate(poor))


def test_an_integrated_clock_gate_is_taken_where_there_is_one(library: Library) -> None:
    rich = replace(library, cells={**library.cells, "GATE": GATE})
    assert clock_gate(rich).ports == ("E", "CK", "GCK")
    marked = replace(library, cells={**library.cells, "GATE": replace(GATE, usable=False)})
    assert clock_gate(marked).name == "clock_gate"


UNITS = 'time_unit : "1ns"; capacitive_load_unit (1, pf); nom_voltage : 1.8;'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no Liberty file"),
        (b"module a; endmodule", "not a Liberty file"),
        (f"library (a) {{ {UNITS} }}".encode(), "no power tables"),
        (f"library (a) {{ {UNITS} cell (b) {{".encode(), "cut off"),
        (gzip.compress(b"library (a) {}", mtime=0)[:-9], "cannot unpack"),
    ],
)
def test_a_file_that_is_no_library_is_refused(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "cells.lib"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        gates("msb_skip", path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_compressed_library_gives_the_same(unit: Gates, tmp_path: Path) -> None:
    packed = tmp_path / "cells.lib.gz"
    packed.write_bytes(gzip.compress(OSU180.read_bytes()))
    assert gates("msb_skip", packed).folder == unit.folder
