# SPDX-License-Identifier: Apache-2.0
"""Delays and glitches: against numbers found by hand, and against Icarus and OpenSTA."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scripts.power import liberty, memory, netlist
from scripts.power.delays import Delays, Surroundings, delays
from scripts.power.gates import OSU180, gates
from scripts.power.glitch import Glitches, Waveforms
from scripts.power.nets import Netlist
from scripts.power.replay import Replay

CELLS_V = OSU180.with_suffix(".v")  # with delays, for event-driven simulation
CYCLES = 500
SLEW_NS = 0.1
PERIOD_NS = 20
SETTLED = 8  # the first cycle in which Icarus knows all registers

BENCH = """
`timescale 1ns/1ps
module bench;
  reg clk = 0;
  reg [16:0] stimulus [0:CYCLES];
  reg [16:0] now;
  integer cycle = 0;
  always #(PERIOD / 2.0) clk = ~clk;
  always @(posedge clk) begin
    now <= stimulus[cycle];
    cycle <= cycle + 1;
    if (cycle == CYCLES) $finish;
  end
  mac dut (.clk_i(clk), .clear_i(now[16]), .a_i(now[15:8]), .b_i(now[7:0]));
  initial begin
    $readmemh("stimulus.hex", stimulus);
`ifdef SDF
    $sdf_annotate("mac.sdf", dut);
`endif
    $dumpfile("waves.vcd");
    $dumpvars(2, dut);
  end
endmodule
"""


@dataclass(frozen=True)
class Design:
    """A netlist, what happened in it, and what is made of both."""

    folder: Path
    netlist: Netlist
    stimulus: NDArray[np.int64]
    replay: Replay
    delays: Delays


# ---- Circuits small enough for a pencil ----


def gate(name: str, function: str, inputs: str, rise: float, fall: float, more: str = "") -> str:
    """Liberty's text of a cell: input pins of 2 fF, delays that grow by 1 ps for each fF."""
    related = "CK" if more else " ".join(inputs)
    pins = [f"pin({pin}) {{ direction : input; capacitance : 2; }}" for pin in inputs.split()]
    tables = [
        f'cell_{edge}(line) {{ values("{delay}, {delay + 0.1}"); }}'
        f' {edge}_transition(line) {{ values("0.02, 0.12"); }}'
        for edge, delay in (("rise", rise), ("fall", fall))
    ]
    return (
        f"cell({name}) {{ area : 1; {more} {' '.join(pins)}"
        f' pin(Y) {{ direction : output; function : "{function}"; internal_power() {{'
        f' rise_power(scalar) {{ values("0"); }} fall_power(scalar) {{ values("0"); }} }}'
        f' timing() {{ related_pin : "{related}"; {" ".join(tables)} }} }} }}'
    )


CELLS = "\n".join(
    [
        'library(pencil) { time_unit : "1ns"; capacitive_load_unit(1, ff); nom_voltage : 1;',
        "lu_table_template(line) { variable_1 : total_output_net_capacitance;",
        'index_1("0, 100"); }',
        gate("INV", "!A", "A", 0.12, 0.08),
        gate("FAST", "A", "A", 0.25, 0.25),
        gate("SLOW", "A", "A", 0.35, 0.35),
        gate("XOR", "A ^ B", "A B", 0.05, 0.05),
        gate("FF", "IQ", "D CK", 0.2, 0.3, 'ff(IQ, IQN) { clocked_on : "CK"; next_state : "D"; }'),
        "}",
    ]
)


@dataclass(frozen=True)
class Circuit:
    """Some gates behind a register whose state is `q_q`; net: numbers by name."""

    netlist: Netlist
    net: dict[str, int]
    delays: Delays

    def glitches(self, states: list[int], cycles: list[int]) -> Glitches:
        """What happens while the register goes through `states`."""
        recorded = np.array(states)
        replay = Replay(
            self.netlist, memory.recording({"d_i": (recorded, 1), "q_q": (recorded, 1)})
        )
        weights = np.ones(self.netlist.nets)
        return Waveforms(self.netlist, self.delays).glitches(replay, cycles, weights)


def circuit(folder: Path, placed: list[tuple[str, str]], wire_ff: float = 0) -> Circuit:
    """placed: kinds of gates and their nets, inputs first. Nets are q_q and what gates make."""
    (folder / "pencil.lib").write_text(CELLS)
    net: dict[str, int] = {}
    cells = {}
    for number, (kind, nets) in enumerate([("FF", "d_i clk_i q_q"), *placed]):
        pins = {"FF": "D CK Y", "XOR": "A B Y"}.get(kind, "A Y").split()
        wires = [net.setdefault(name, len(net) + 2) for name in nets.split()]
        connections = {pin: [wire] for pin, wire in zip(pins, wires, strict=True)}
        cells[f"g{number}"] = {"type": kind, "connections": connections}
    ports = {name: {"direction": "input", "bits": [net[name]]} for name in ("d_i", "clk_i")}
    names = {name: {"bits": [wire]} for name, wire in net.items()}
    modules = {"top": {"ports": ports, "cells": cells, "netnames": names}}
    (folder / "pencil.json").write_text(json.dumps({"modules": modules}))
    library = liberty.load(folder / "pencil.lib")
    read = netlist.load(folder / "pencil.json", "top", library)
    return Circuit(read, net, delays(read, Surroundings(wire_ff, SLEW_NS)))


def test_loads_are_pins_and_wires(tmp_path: Path) -> None:
    made = circuit(tmp_path, [("INV", "q_q a"), ("XOR", "q_q a y")], wire_ff=3)
    load = {name: made.delays.load[net] for name, net in made.net.items()}
    assert load == {"d_i": 5, "clk_i": 5, "q_q": 10, "a": 5, "y": 0}


def test_a_chain_arrives_after_the_sum_of_its_delays(tmp_path: Path) -> None:
    made = circuit(tmp_path, [("INV", "q_q a"), ("INV", "a b"), ("INV", "b c")])
    # Pins of 2 fF add 0.002 ns to all but the last, which drives nothing.
    rise_of_c = (0.3 + 0.002) + (0.12 + 0.002) + (0.08 + 0.002) + 0.12  # q_q falls
    fall_of_c = (0.2 + 0.002) + (0.08 + 0.002) + (0.12 + 0.002) + 0.08
    assert made.delays.arrival[made.net["c"]] == pytest.approx([rise_of_c, fall_of_c])
    assert made.delays.longest == pytest.approx(rise_of_c)


# After a rise of q_q, c falls 0.08 + 0.12 + 0.08 ns and 3 x 2 fF later: y = q_q ^ c, which is 1 in
# the end, is 0 for 0.286 ns. After a fall it is 0.326 ns.
PULSE = [("INV", "q_q a"), ("INV", "a b"), ("INV", "b c"), ("XOR", "q_q c y")]


def test_unequal_paths_make_a_pulse(tmp_path: Path) -> None:
    made = circuit(tmp_path, PULSE)
    found = made.glitches([0, 1, 1, 0], [1, 2, 3])
    assert found.energy.tolist() == [2, 0, 2]
    assert found.extra[made.net["y"]] == found.extra.sum() == 4
    assert (found.mean, found.error) == pytest.approx((4 / 3, 2 / 3))


def test_a_pulse_passes_a_gate_that_is_faster_than_it_is_long(tmp_path: Path) -> None:
    made = circuit(tmp_path, [*PULSE, ("FAST", "y fast"), ("SLOW", "y slow")])
    found = made.glitches([0, 1, 1, 0], [1, 2, 3])
    assert (found.extra[made.net["fast"]], found.extra[made.net["slow"]]) == (4, 0)


def test_the_first_cycle_has_no_glitches_to_find(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="before"):
        circuit(tmp_path, PULSE).glitches([0, 1], [0])


# ---- A multiplier, in other tools ----


@pytest.fixture(scope="module")
def mac(tmp_path_factory: pytest.TempPathFactory) -> Design:
    made = gates("common", top="mac")
    folder = tmp_path_factory.mktemp("mac")
    for path in (made.netlist_v, made.liberty):
        shutil.copy(path, folder)
    read = netlist.load(made.netlist_json, "mac", liberty.load(made.liberty))
    random = np.random.default_rng(1)
    a, b = (random.integers(-128, 128, CYCLES) for _ in range(2))
    clear = np.zeros(CYCLES, np.int64)
    clear[:3] = 1
    recording = memory.recording(memory.mac_behaviour(a, b, clear))
    timing = delays(read, Surroundings(0, SLEW_NS))
    stimulus = clear << 16 | (a & 255) << 8 | b & 255
    return Design(folder, read, stimulus, Replay(read, recording), timing)


def icarus(design: Design, *options: str) -> NDArray[np.int64]:
    """Changes of each net from cycle SETTLED on, in Icarus' simulation of the gates."""
    folder = design.folder
    bench = BENCH.replace("CYCLES", str(CYCLES)).replace("PERIOD", str(PERIOD_NS))
    (folder / "bench.v").write_text(bench)
    lines = [f"{word:05x}" for word in design.stimulus]
    (folder / "stimulus.hex").write_text("\n".join([*lines, "0"]) + "\n")
    sources = ["bench.v", "netlist.v", str(CELLS_V)]
    run(folder, "iverilog", "-g2005", *options, "-s", "bench", "-o", "bench.vvp", *sources)
    run(folder, "vvp", "-n", "bench.vvp")
    return changes(design)


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def changes(design: Design) -> NDArray[np.int64]:
    """Changes of each net in waves.vcd, from those at the outputs of cells."""
    begin, end = ((cycle + 0.5) * PERIOD_NS * 1000 for cycle in (SETTLED, CYCLES))
    scope: list[str] = []
    codes: dict[tuple[str, str], str] = {}
    values: dict[str, str] = {}
    counted, time = Counter[str](), 0
    for line in (design.folder / "waves.vcd").read_text().splitlines():
        if line[0] == "#":
            time = int(line[1:])
        elif line[0] in "01x":
            code = line[1:]  # a net that has changed back within one instant is dumped too
            counted[code] += begin <= time < end and values.get(code) != line[0]
            values[code] = line[0]
        elif line.startswith("$scope"):
            scope.append(line.split()[2])
        elif line.startswith("$upscope"):
            scope.pop()
        elif line.startswith("$var"):
            _, _, _, code, name, *_ = line.split()
            codes[scope[-1], name] = code
    found = np.zeros(design.netlist.nets, np.int64)
    for instance in design.netlist.instances:
        for pin, net in instance.nets.items():
            if instance.cell.pins[pin].is_output:
                found[net] = counted[codes[instance.name, pin]]
    return found


def driven(design: Design) -> NDArray[np.int64]:
    """Nets behind cells."""
    pins = [
        (i.cell.pins[pin], net) for i in design.netlist.instances for pin, net in i.nets.items()
    ]
    return np.array([net for pin, net in pins if pin.is_output])


def test_toggles_equal_those_of_a_gate_simulation_without_delays(mac: Design) -> None:
    nets = driven(mac)
    ours = mac.replay.toggles(SETTLED, CYCLES).toggles
    assert np.array_equal(ours[nets], icarus(mac)[nets])


def test_glitches_are_those_of_a_gate_simulation_with_delays(mac: Design) -> None:
    nets = driven(mac)
    sta(mac, "write_sdf mac.sdf")
    theirs = icarus(mac, "-gspecify", "-Tmax", "-DSDF")[nets]
    waveforms = Waveforms(mac.netlist, mac.delays)
    zero = mac.replay.toggles(SETTLED, CYCLES).toggles
    glitches = waveforms.glitches(mac.replay, range(SETTLED, CYCLES), np.ones(mac.netlist.nets))
    ours = (zero.astype(np.int64) + glitches.extra)[nets]
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.15)


def sta(design: Design, *commands: str) -> str:
    """What OpenSTA prints."""
    script = [
        "read_liberty cells.lib",
        "read_verilog netlist.v",
        "link_design mac",
        f"create_clock -name clk -period {PERIOD_NS} [get_ports clk_i]",
        f"set_clock_transition {SLEW_NS} [get_clocks clk]",
        f"set_input_transition {SLEW_NS} [all_inputs]",
        "set_input_delay 0 -clock clk [all_inputs]",
        *commands,
        "exit",
    ]
    (design.folder / "sta.tcl").write_text("\n".join(script) + "\n")
    return run(design.folder, "sta", "-no_splash", "sta.tcl")


def test_switching_power_is_that_of_opensta(mac: Design) -> None:
    toggles = mac.replay.toggles(SETTLED, CYCLES)
    rate = toggles.toggles / toggles.cycles
    duty = toggles.high / toggles.cycles
    nets = driven(mac)
    volt = mac.netlist.library.voltage
    ours = float((rate * mac.delays.load)[nets].sum()) * 1e-15 * volt**2 / 2 / (PERIOD_NS * 1e-9)
    pins = [
        f"sta::set_power_pin_activity [get_pins {instance.name}/{pin}] {rate[net]} {duty[net]}"
        for instance in mac.netlist.instances
        for pin, net in instance.nets.items()
        if instance.cell.pins[pin].is_output
    ]
    # The first report fills in activities; those that are set before it are lost.
    report = sta(mac, "report_power", *pins, "report_power -digits 6")
    totals = [line.split() for line in report.splitlines() if line.startswith("Total")]
    theirs = float(totals[-1][2])
    assert ours == pytest.approx(theirs, rel=0.02)
