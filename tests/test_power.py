# SPDX-License-Identifier: Apache-2.0
"""Energy of circuits small enough for a pencil, and what must hold for every circuit."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scripts.power import energy, estimate
from scripts.power.estimate import Estimator, Window
from scripts.power.replay import Replay
from tests.pencil import PERIOD_NS, WIRE_FF, circuit, heavier, kinds, measured, recording


@pytest.fixture(autouse=True)
def no_old_estimates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "CACHE", tmp_path / "estimates")


# ---- By hand: half of C V^2 is 2 C at 2 V, and 1 nW in 20 ns are 0.02 fJ ----


def test_a_gate_behind_a_register(tmp_path: Path) -> None:
    placed = {"r": "FF d_i clk_i q_q", "a": "AND q_q b_i y", "i": "INV y z_o"}
    made = circuit(tmp_path, placed, "d_i b_i clk_i", "z_o")
    found = measured(
        made,
        {  # toggles: d_i 4, q_q 5, b_i 2, y = q_q b_i 2, z_o 2
            "d_i": [1, 1, 0, 1, 0, 0, 1, 1],
            "q_q": [0, 1, 1, 0, 1, 0, 0, 1],
            "b_i": [0, 0, 0, 0, 1, 1, 1, 0],
            "z_o": [1, 1, 1, 1, 0, 1, 1, 1],
        },
    )
    # pin and wire: D 2 + 1, AND's A 2 + 1 and B 3 + 1, INV 2 + 1; an output port is no load
    switching = 2 * (4 * 3 + 5 * 3 + 2 * 4 + 2 * 3)
    # q_q: 7 in the register and 0.5 in the AND; y: 6 because of A, 10 because of B, which move
    # 5 and 2 times; z_o: 2
    internal = 5 * (7 + 0.5) + 2 * (6 * 5 + 10 * 2) / 7 + 2 * 2
    clock = 16 * (2 * (4 + 1) + 2)
    leakage = 8 * 0.02 * (10 + 6 + 5)
    expected = {"switching": switching, "internal": internal, "clock": clock, "leakage": leakage}
    assert kinds(found) == pytest.approx(expected, rel=1e-6)
    assert (found.checked, found.annotated_percent, found.cycles) == (1, 100, 8)


@pytest.mark.parametrize("kind", ["TABLE", "TURNED"])
def test_tables_are_read_at_slew_and_load(tmp_path: Path, kind: str) -> None:
    placed = {
        "direct": f"{kind} a_i y",  # 0.1 ns, 6 fF of two inverters: 1 + 2 * 6 / 10
        "behind": f"{kind} y x",  # 0.2 ns, 3 fF of the next: 1 + 4 / 2 + 2 * 3 / 10
        "beyond": f"{kind} x w",  # 0.2 ns, 500 fF, kept at 10: 3 + 4 / 2
        "heavy": "HEAVY w v",
        "i": "INV y u",
    }
    made = circuit(tmp_path, placed, "a_i clk_i")
    found = measured(made, {"a_i": [0, 1, 0, 0, 1]})
    inverter = 2
    expected = 3 * ((1 + 2 * 0.6) + (1 + 2 + 0.6) + (3 + 2) + inverter)
    assert found.energy.of(None, ["internal"]) == pytest.approx(expected)


# One register that is always clocked, e_q, and one behind a gate, q_q.
GATED = {
    "of latch and AND": {"l": "LATCH en_i clk_i held", "g": "AND clk_i held gated"},
    "of one cell": {"g": "ICG en_i clk_i gated"},
}
REGISTERS = {"e": "FF en_i clk_i e_q", "r": "FF d_i gated q_q"}
ENABLED = {  # 3 pulses; q_q takes d_i at the end of cycles 1, 2 and 6
    "en_i": [0, 1, 1, 0, 0, 0, 1, 0],
    "d_i": [1, 1, 0, 1, 1, 1, 1, 1],
    "e_q": [0, 0, 1, 1, 0, 0, 0, 1],
    "q_q": [0, 0, 1, 0, 0, 0, 0, 1],
}
ALWAYS = 2 * (4 + 1) + 2  # fJ of an edge at a register: its pin, a wire, inside


def test_a_clock_gate_of_latch_and_and(tmp_path: Path) -> None:
    placed = GATED["of latch and AND"] | REGISTERS
    found = measured(circuit(tmp_path, placed, "en_i d_i clk_i"), ENABLED)
    at_gate = 2 * (3 + 1) + 2 * (2 + 1) + 0.5  # pins G and A, inside the AND
    # The AND's output moves 6 times; its inputs, the clock and the latch, 16 and 4 times.
    inside_gate = (6 * 16 + 10 * 4) / 20
    clock = 16 * (ALWAYS + at_gate) + 6 * (ALWAYS + inside_gate)
    held = 4 * (2 * (3 + 1) + 2)
    sources = 2 * (4 * (2 * 3) + 2 * 3)  # en_i drives two pins
    registers = (3 + 3) * 7
    dynamic = kinds(found)
    assert dynamic.pop("clock") == pytest.approx(clock, rel=1e-6)
    assert dynamic.pop("leakage") == pytest.approx(8 * 0.02 * (10 + 10 + 1 + 6))
    assert sum(dynamic.values()) == pytest.approx(held + sources + registers)


def test_an_integrated_clock_gate(tmp_path: Path) -> None:
    placed = GATED["of one cell"] | REGISTERS
    found = measured(circuit(tmp_path, placed, "en_i d_i clk_i"), ENABLED)
    clock = 16 * (ALWAYS + 2 * (5 + 1) + 3) + 6 * (ALWAYS + 9)
    assert kinds(found) == pytest.approx(
        {
            "clock": clock,
            "switching": 2 * (4 * (2 * 3) + 2 * 3),
            "internal": (3 + 3) * 7,
            "leakage": 8 * 0.02 * (10 + 10 + 20),
        }
    )


@pytest.mark.parametrize(("gate", "edge"), [("of latch and AND", 14.5), ("of one cell", 15)])
def test_nothing_moves_but_the_clock_before_its_gate(
    tmp_path: Path, gate: str, edge: float
) -> None:
    made = circuit(tmp_path, GATED[gate] | REGISTERS, "en_i d_i clk_i")
    cycles = 130  # more than two words of the recording
    found = measured(made, {"en_i": [0] * cycles, "d_i": [1] * cycles, "e_q": [0] * cycles,
                            "q_q": [0] * cycles})  # fmt: skip
    assert set(kinds(found)) == {"clock", "leakage"}
    assert found.energy.of(None, ["clock"]) == pytest.approx(2 * cycles * (ALWAYS + edge))


def test_without_a_clock_and_changes_there_is_only_leakage(tmp_path: Path) -> None:
    made = circuit(tmp_path, {"i": "INV a_i y", "j": "INV y z_o"}, "a_i clk_i", "z_o")
    found = measured(made, {"a_i": [1] * 100, "z_o": [1] * 100})
    assert kinds(found) == {"leakage": pytest.approx(100 * 0.02 * 10)}


def test_units_of_the_file_do_not_matter(tmp_path: Path) -> None:
    text = """
library(b) { time_unit : "10ps"; capacitive_load_unit(0.1, pf); leakage_power_unit : "1uW";
voltage_unit : "100mV"; nom_voltage : 20;
power_lut_template(t) { variable_1 : input_transition_time; index_1("10, 30"); }
cell(INV) { cell_leakage_power : 0.005; pin(A) { direction : input; capacitance : 0.02; }
  pin(Y) { direction : output; function : "!A";
    timing() { related_pin : "A"; cell_rise(scalar) { values("50"); }
      cell_fall(scalar) { values("50"); } rise_transition(scalar) { values("20"); }
      fall_transition(scalar) { values("20"); } }
    internal_power() { related_pin : "A"; power(t) { values("1, 5"); } } } } }
"""
    made = circuit(tmp_path, {"i": "INV a_i y", "j": "INV y z"}, "a_i clk_i", text=text)
    found = measured(made, {"a_i": [0, 1, 0]})
    # 1 and 3 of 100 fF (0.1 V)^2 = 1 fJ inside: at 0.1 and 0.2 ns
    expected = {"switching": 2 * 2 * (3 + 3), "internal": 2 * (1 + 3), "leakage": 3 * 0.02 * 10}
    assert kinds(found) == pytest.approx(expected)


# ---- Sums and scales ----

CYCLES = 1000
PULSES = {  # y = q_q ^ !!!q_q changes for a moment: a glitch in each cycle in which q_q changes
    "u_a.r": "FF d_i clk_i q_q",
    "u_a.i": "INV q_q a",
    "u_b.j": "INV a b",
    "u_b.k": "INV b c",
    "u_b.g": "AND q_q c y",
    "x": "INV y z",
}


def random_bits() -> dict[str, list[int]]:
    """A register whose state changes in some cycles and not in others."""
    d = np.random.default_rng(3).integers(0, 2, CYCLES).tolist()
    return {"d_i": d, "q_q": [0, *d[:-1]]}


@pytest.fixture
def pulses(tmp_path: Path) -> Estimator:
    return circuit(tmp_path, PULSES, "d_i clk_i")


def test_parts_and_kinds_add_up(pulses: Estimator) -> None:
    found = pulses.estimate(recording(random_bits()), [Window("all", 0, CYCLES)], samples=50)
    labels = {label for label, _ in found.energy.parts}
    assert labels == {"u_a", "u_b", ""}
    total = found.energy.of()
    assert sum(found.energy.of([label]) for label in labels) == pytest.approx(total, rel=1e-9)
    assert sum(found.energy.of(None, [kind]) for kind in energy.KINDS) == pytest.approx(
        total, rel=1e-9
    )
    assert all(found.energy.of(None, [kind]) > 0 for kind in energy.KINDS)


def test_cells_add_up_to_parts(pulses: Estimator) -> None:
    replay = Replay(pulses.netlist, recording(random_bits()))
    toggles = replay.toggles(0, CYCLES).toggles.astype(float)

    def priced(label_of: Callable[[str], str]) -> energy.Energy:
        electrical = pulses.delays.electrical
        made = energy.model(pulses.netlist, electrical, toggles, PERIOD_NS, label_of)
        return energy.energy(made, toggles, CYCLES)

    by_cell, by_part = priced(lambda name: name), priced(lambda name: name.rpartition(".")[0])
    assert {label for label, _ in by_cell.parts} == {*PULSES, ""}
    for part in ("u_a", "u_b"):
        mine = [name for name in PULSES if name.startswith(f"{part}.")]
        assert by_cell.of(mine) == pytest.approx(by_part.of([part]), rel=1e-9)
    assert by_cell.of() == pytest.approx(by_part.of(), rel=1e-9)


@pytest.mark.parametrize("cuts", [[1], [63, 64, 65], [511, 512, 513, 999], [100, 100, 640]])
def test_windows_add_up_to_the_run(pulses: Estimator, cuts: list[int]) -> None:
    made = recording(random_bits())
    ends = [0, *cuts, CYCLES]
    windows = [Window(f"{a}", a, b) for a, b in itertools.pairwise(ends)]
    split = pulses.estimate(made, windows, samples=0)
    whole = pulses.estimate(made, [Window("all", 0, CYCLES)], samples=0)
    assert split.cycles == whole.cycles == CYCLES
    for key, value in whole.energy.parts.items():
        assert split.energy.parts[key] == pytest.approx(value, rel=1e-9)


def test_twice_the_capacitance_switches_twice_the_energy(tmp_path: Path) -> None:
    found = []
    for scale in (1, 2):
        folder = tmp_path / f"{scale}"
        folder.mkdir()
        made = circuit(folder, PULSES, "d_i clk_i", text=heavier(scale), wire_ff=scale * WIRE_FF)
        charges = energy.model(
            made.netlist, made.delays.electrical, np.ones(made.netlist.nets), 1, lambda name: name
        ).charges
        found.append((measured(made, random_bits()), charges))
    (once, light), (twice, heavy) = found
    assert twice.energy.of(None, ["switching"]) == 2 * once.energy.of(None, ["switching"]) > 0
    assert np.array_equal(heavy.switching, 2 * light.switching)  # of clocks too
    assert np.array_equal(heavy.internal, light.internal)


# ---- Glitches ----


def test_intervals_contain_what_all_cycles_have(pulses: Estimator) -> None:
    made, replay = recording(random_bits()), Replay(pulses.netlist, recording(random_bits()))
    toggles = replay.toggles(0, CYCLES).toggles.astype(float)
    priced = energy.model(pulses.netlist, pulses.delays.electrical, toggles, 1, lambda name: "")
    weights = priced.charges.per_toggle(pulses.netlist.nets)
    all_cycles = pulses.waveforms.glitches(replay, range(1, CYCLES), weights)
    truth = all_cycles.mean * CYCLES
    assert 0 < np.count_nonzero(all_cycles.energy) < CYCLES - 1
    window = [Window("all", 0, CYCLES)]
    seeds = 400
    hits, middle = 0, 0.0
    for seed in range(seeds):
        found = pulses.estimate(made, window, seed, samples=200)
        energy_found = found.energy.of(None, ["glitches"])
        hits += abs(energy_found - truth) <= found.glitch_error
        middle += energy_found / seeds
    assert 0.93 * seeds <= hits <= 0.975 * seeds
    assert middle == pytest.approx(truth, rel=0.03)


def test_the_interval_of_several_windows_is_that_of_independent_samples(pulses: Estimator) -> None:
    halves = [Window("a", 0, 500), Window("b", 500, CYCLES)]
    found = pulses.estimate(recording(random_bits()), halves, samples=60)
    errors = [spent.glitch_error for spent in found.windows]
    assert found.glitch_error == pytest.approx((errors[0] ** 2 + errors[1] ** 2) ** 0.5)
    assert min(errors) > 0


def test_the_same_seed_gives_the_same_sample(pulses: Estimator) -> None:
    made, window = recording(random_bits()), [Window("all", 0, CYCLES)]
    first, again, other = (pulses.estimate(made, window, seed, samples=60) for seed in (1, 1, 2))
    assert first.energy.parts == again.energy.parts != other.energy.parts
