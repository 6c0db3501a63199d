# SPDX-License-Identifier: Apache-2.0
"""Recordings on gates: toggles are those of Verilator, and what does not fit is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scripts import simulators
from scripts.errors import UserError
from scripts.power import cells, estimate, liberty, memory, netlist, nets
from scripts.power.estimate import Estimator, Window
from scripts.power.gates import gates
from scripts.power.replay import Mismatch, Recording, Replay
from scripts.power.trace import Waves
from scripts.simulate import Edit, SimulationFailed, simulate
from tests.pencil import circuit, measured

CYCLES = 600  # more than the replay does at once
SETTLED = 8
UNIT = "bench.g_unit.u_msb_skip"
RUN = {"instructions": 100}

BENCH = """
`timescale 1ns/1ps
module bench;
  logic clk = 0;
  logic [16:0] stimulus [0:CYCLES];
  logic [16:0] now;
  int cycle = 0;
  always #5 clk = ~clk;
  always @(posedge clk) begin
    now <= stimulus[cycle];
    cycle <= cycle + 1;
  end
  mac dut (.clk_i(clk), .clear_i(now[16]), .a_i(now[15:8]), .b_i(now[7:0]), .acc_o());
  initial begin
    $readmemh("stimulus.hex", stimulus);
    #(SETTLED * 10 + 1) $dumpfile("waves.saif");
    $dumpvars;
    #((CYCLES - SETTLED) * 10) $finish;
  end
endmodule
"""


@pytest.fixture(autouse=True)
def no_old_estimates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "CACHE", tmp_path / "estimates")


# ---- A multiplier ----


@pytest.fixture(scope="module")
def stimulus() -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    clear = (random.random(CYCLES) < 0.02).astype(np.int64)
    clear[:3] = 1
    a, b = (random.integers(-128, 128, CYCLES) for _ in range(2))
    return {"a": a, "b": b, "clear": clear}


@pytest.fixture(scope="module")
def mac() -> nets.Netlist:
    made = gates("common", top="mac")
    return netlist.load(made.netlist_json, "mac", liberty.load(made.liberty))


@pytest.fixture
def recorded(stimulus: dict[str, np.ndarray]) -> Recording:
    return memory.recording(memory.mac_behaviour(**stimulus))


def flipped(made: Recording, name: str, cycles: Iterable[int]) -> Recording:
    rows = made.rows.copy()
    for cycle in cycles:
        rows[made.names[name], cycle // 64] ^= np.uint64(1 << (cycle % 64))
    return replace(made, rows=rows)


def test_toggles_equal_those_of_verilator(
    mac: nets.Netlist, recorded: Recording, stimulus: dict[str, np.ndarray], tmp_path: Path
) -> None:
    words = stimulus["clear"] << 16 | (stimulus["a"] & 255) << 8 | stimulus["b"] & 255
    (tmp_path / "stimulus.hex").write_text("\n".join(f"{word:05x}" for word in [*words, 0]))
    theirs = verilator(mac, tmp_path)
    replay = Replay(mac, recorded)
    # To Verilator a net that is 1 when the dump begins has risen.
    toggles = replay.toggles(SETTLED, CYCLES).toggles + replay.values(SETTLED - 1)
    ours = {
        (instance.name, pin): int(toggles[net])
        for instance in mac.instances
        for pin, net in instance.nets.items()
    }
    assert ours == {place: theirs[place] for place in ours}
    assert len(set(ours.values())) > 100  # clocks too


def verilator(mac: nets.Netlist, folder: Path) -> dict[tuple[str, str], int]:
    """Toggles at each cell's pins in a simulation of the netlist."""
    bench = BENCH.replace("CYCLES", str(CYCLES)).replace("SETTLED", str(SETTLED))
    (folder / "bench.sv").write_text(bench)
    kinds = sorted({instance.cell.name for instance in mac.instances})
    (folder / "cells.v").write_text(cells.models(mac.library, kinds))
    variables = ["CFG_CXXFLAGS_PCH_I=-include", "OPT_FAST=-O0", "OPT_SLOW=-O0", "OPT_GLOBAL=-O0"]
    if ccache := shutil.which("ccache"):
        variables.append(f"OBJCACHE={ccache}")
    command = [
        str(simulators.verilator()), "--binary", "--timing", "-Wno-fatal", "-Wno-lint",
        "--trace-saif", "--trace-underscore", "--top-module", "bench",
        "-CFLAGS", "-std=gnu++20 -fcoroutines", "-MAKEFLAGS", " ".join(variables),
        "bench.sv", "cells.v", str(mac.path.with_suffix(".v")),
    ]  # fmt: skip
    env = {**os.environ, **simulators.verilator_environment()}
    for words in (command, ["obj_dir/Vbench"]):
        subprocess.run(words, cwd=folder, env=env, check=True, capture_output=True)
    found, scope = {}, ""
    for line in (folder / "waves.saif").read_text().splitlines():
        if match := re.match(r"\s*\(INSTANCE (\S+)", line):
            scope = match[1]
        elif match := re.match(r"\s*\((\S+) \(T0 .*\(TC (\d+)\)\)", line):
            found[scope, match[1]] = int(match[2])
    return found


@pytest.mark.parametrize("cycle", [9, 63, 64, 65, 511, 512, 513, CYCLES - 1])
def test_one_wrong_bit_of_a_register_is_refused(
    mac: nets.Netlist, recorded: Recording, cycle: int
) -> None:
    # Nothing else depends on the highest bit: its register should have become what it was. It
    # goes by the name of the output that it drives.
    wrong = flipped(recorded, "acc_o[31]", [cycle])
    with pytest.raises(Mismatch, match=rf"differ at acc_o\[31\], cycle {cycle - 1}$"):
        Replay(mac, wrong).toggles(0, CYCLES)


def test_one_wrong_bit_anywhere_is_refused(mac: nets.Netlist, recorded: Recording) -> None:
    random = np.random.default_rng(1)
    for name in recorded.names:
        if name.startswith("acc_q"):
            continue  # an alias of acc_o
        cycle = int(random.integers(1, CYCLES - 1))
        with pytest.raises(Mismatch, match=f"cycle ({cycle - 1}|{cycle})$"):
            Replay(mac, flipped(recorded, name, [cycle])).toggles(0, CYCLES)


def test_an_estimate_is_refused_for_a_wrong_bit_outside_its_windows(recorded: Recording) -> None:
    wrong = flipped(recorded, "a_q[5]", [550])
    with pytest.raises(Mismatch, match="a_q"):
        Estimator(gates("common", top="mac")).estimate(wrong, [Window("a", 8, 200)], samples=0)


@pytest.mark.parametrize(("one", "other"), [("a_q[3]", "a_q[4]"), ("a_q[3]", "b_q[3]")])
def test_exchanged_names_are_refused(
    mac: nets.Netlist, recorded: Recording, one: str, other: str
) -> None:
    names = {**recorded.names, one: recorded.names[other], other: recorded.names[one]}
    with pytest.raises(Mismatch):
        Replay(mac, replace(recorded, names=names)).toggles(0, CYCLES)


@pytest.mark.parametrize("name", ["a_q[3]", "b_i[7]", "clear_i", "acc_o[0]"])
def test_a_missing_name_is_refused(mac: nets.Netlist, recorded: Recording, name: str) -> None:
    aliases = {name, name.replace("_o", "_q")}  # an output is its register's net
    names = {each: row for each, row in recorded.names.items() if each not in aliases}
    with pytest.raises(UserError, match=re.escape(name)) as caught:
        Replay(mac, replace(recorded, names=names))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("begin", "end"), [(-1, 5), (5, 4), (0, CYCLES + 1)])
def test_cycles_that_were_not_recorded_are_refused(
    mac: nets.Netlist, recorded: Recording, begin: int, end: int
) -> None:
    with pytest.raises(ValueError, match="cycles"):
        Replay(mac, recorded).toggles(begin, end)


# ---- Registers that go by another name, and outputs ----

BITS = {"d_i": [1, 0, 1, 1, 0], "q_q": [0, 1, 0, 1, 1], "z_o": [1, 0, 1, 0, 0]}


def aliased(folder: Path) -> Estimator:
    """A register with two names, and an output behind it."""
    made = circuit(folder, {"r": "FF d_i clk_i q_q", "i": "INV q_q z_o"}, "d_i clk_i", "z_o")
    table = json.loads(made.gates.netlist_json.read_text())
    names = table["modules"]["top"]["netnames"]
    table["modules"]["top"]["netnames"] = {"neg": names["q_q"], **names}
    made.gates.netlist_json.write_text(json.dumps(table))
    return made


def test_an_alias_will_do_if_it_is_right(tmp_path: Path) -> None:
    made = aliased(tmp_path)
    bits = {name.replace("q_q", "neg"): values for name, values in BITS.items()}
    found, usual = measured(made, bits), measured(made, BITS)
    assert found.energy.parts == usual.energy.parts
    with pytest.raises(Mismatch, match="at neg, cycle 0"):
        measured(made, {**bits, "neg": [0] * 5, "z_o": [1] * 5})


def test_a_wrong_output_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Mismatch, match=r"at z_o, cycle 3$"):
        measured(aliased(tmp_path), {**BITS, "z_o": [1, 0, 1, 1, 0]})


def test_the_last_cycle_has_no_follower(tmp_path: Path) -> None:
    made = aliased(tmp_path)
    for cycles in (63, 64, 65, 512, 513):
        d = [1] * cycles
        measured(made, {"d_i": d, "q_q": [0, *d[:-1]], "z_o": [1] + [0] * (cycles - 1)})


# ---- The unit, from waves of its bench ----


@pytest.fixture(scope="module")
def unit() -> Estimator:
    return Estimator(gates("msb_skip"))


@pytest.fixture(scope="module")
def waves() -> Waves:
    made = simulate("msb_skip", "RandomTraffic", waves=True, settings=RUN)
    return Waves(Path(str(made.waves)), UNIT)


def test_the_unit_does_what_its_simulation_did(unit: Estimator, waves: Waves) -> None:
    made = waves.recording(unit.wanted())
    found = unit.estimate(made, [Window("all", 0, made.cycles)], samples=20)
    assert (found.annotated_percent, found.cycles) == (100, waves.cycles)
    flip_flops = unit.gates.cells["DFFSR"] + unit.gates.cells["DFFPOSX1"]
    assert found.checked == flip_flops > 500
    labels = {"", "multipliers", "leading-one detectors"}
    assert {label for label, _ in found.energy.parts} == labels
    assert all(found.energy.of([label], ["switching"]) > 0 for label in labels)
    again = unit.estimate(made, [Window("all", 0, made.cycles)], samples=20)
    assert again.energy.parts == found.energy.parts  # from the cache


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_refused(waves: Waves, tmp_path: Path, share: float) -> None:
    data = waves.path.read_bytes()
    (tmp_path / "cut.fst").write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=r"cut\.fst") as caught:
        Waves(tmp_path / "cut.fst", UNIT)
    assert "\n" not in str(caught.value)


def test_a_reset_in_the_middle_is_refused(unit: Estimator, waves: Waves) -> None:
    made = flipped(waves.recording(unit.wanted()), "rst_ni", [100])
    with pytest.raises(Mismatch, match=r"reset of .*, cycle 100$"):
        unit.estimate(made, [Window("all", 0, made.cycles)], samples=0)


def test_another_unit_is_refused(waves: Waves) -> None:
    other = Estimator(gates("msb_skip", top="msb_skip_simd4"))
    with pytest.raises(UserError, match="the recording has no "):
        other.estimate(waves.recording(other.wanted()), [Window("all", 0, 9)], samples=0)


def test_other_rtl_is_refused(unit: Estimator) -> None:
    source = "rtl/msb_skip/msb_skip_accumulators.sv"
    edit = Edit(source, "next = value_o +", "next = value_o -")
    try:
        run = simulate("msb_skip", "RandomTraffic", waves=True, settings=RUN, edits=[edit])
    except SimulationFailed as failed:  # if it has noticed: the gates must in any case
        run = failed.result
    made = Waves(Path(run.directory) / "waves.fst", UNIT)
    with pytest.raises(Mismatch, match=r"differ at u_mac\.u_accumulators\."):
        unit.estimate(made.recording(unit.wanted()), [Window("all", 0, 9)], samples=0)
