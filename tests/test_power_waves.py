# SPDX-License-Identifier: Apache-2.0
"""Energy: wave files and the markers that cut an inference into layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from scripts.errors import UserError
from scripts.power.trace import Waves, transposed
from scripts.power.workload import LAYERS, layers

# ---- Wave files ----

SIGNALS = {
    "clk_i": ("!", "", 1), "rst_ni": ('"', "", 1), "one_q": ("#", "[0:0]", 1),
    "wide_q": ("$", "[69:0]", 70), "high_q": ("%", "[7:4]", 4),
    "array_q[0]": ("&", "[3:0]", 4), "array_q[1]": ("'", "[3:0]", 4),
    "marker_valid_o": ("(", "", 1), "value_o": (")", "[31:0]", 32),
}  # fmt: skip


def vcd(changes: Mapping[str, Sequence[int | str]], cycles: int, left_out: str = "") -> str:
    """Rising edges at 5, 15 and on; the reset ends at 12, so cycle 0 begins at 15.

    changes: values of signals in cycles 0, 1 and on, each from the edge on.
    """
    lines = ["$timescale 1ns $end", "$scope module bench $end", "$scope module u $end"]
    lines += [
        f"$var wire {width} {code} {name} {place} $end"
        for name, (code, place, width) in SIGNALS.items()
        if name != left_out
    ]
    lines += ["$upscope $end", "$upscope $end", "$enddefinitions $end", "#0", "0!", '0"']
    lines += [f"bx {code}" for name, (code, _, _) in SIGNALS.items() if name not in left_out][2:]
    lines += ["#5", "1!", "#10", "0!", "#12", '1"']
    for cycle in range(cycles + 1):
        lines += [f"#{15 + 10 * cycle}", "1!"]
        lines += [
            f"b{value:b} {SIGNALS[name][0]}"
            if isinstance(value, int)
            else f"b{value} {SIGNALS[name][0]}"
            for name, values in changes.items()
            for value in values[cycle : cycle + 1]
        ]
        lines += [f"#{20 + 10 * cycle}", "0!"]
    return "\n".join(lines) + "\n"


def waves(folder: Path, text: str, **names: str) -> Waves:
    path = folder / "waves.vcd"
    path.write_text(text)
    return Waves(path, names.pop("scope", "bench.u"), **names)


def bits(made: Waves, *names: str) -> list[str]:
    """Values of these bits in cycles 0, 1 and on."""
    found = made.recording([(name,) for name in names])
    rows = [found.rows[found.names[name]] for name in names]
    return [
        "".join(str(int(row[c // 64]) >> (c % 64) & 1) for c in range(made.cycles)) for row in rows
    ]


def test_a_cycle_is_what_is_there_just_before_the_next_edge(tmp_path: Path) -> None:
    made = waves(tmp_path, vcd({"one_q": [1, 0, 0, 1, 1]}, 5))
    assert made.cycles == 5
    assert bits(made, "one_q") == ["10011"]
    assert bits(made, "one_q[0]") == bits(made, "one_q")  # as some tools call it
    assert bits(made, "rst_ni") == ["11111"]


def test_wide_signals_and_odd_ranges(tmp_path: Path) -> None:
    values = [1 << 69, 1 << 64 | 1, (1 << 63) - 1]
    made = waves(tmp_path, vcd({"wide_q": values, "high_q": [1, 8, 15]}, 3))
    names = [f"wide_q[{bit}]" for bit in (0, 62, 63, 64, 69)]
    assert bits(made, *names) == ["011", "001", "000", "010", "100"]
    assert bits(made, "high_q[0]", "high_q[3]") == ["101", "011"]  # by position, as in Yosys


def test_elements_of_an_array_have_names_of_the_first(tmp_path: Path) -> None:
    made = waves(tmp_path, vcd({"array_q[0]": [1, 2], "array_q[1]": [4, 8]}, 2))
    assert bits(made, "array_q[0][0]", "array_q[0][1]", "array_q[1][2]") == ["10", "01", "10"]
    assert bits(made, "array_q[0][6]", "array_q[0][7]") == ["10", "01"]
    assert not made.recording([("array_q[0][8]",), ("array_q[2][0]",), ("absent",)]).names


def test_bits_of_an_array_under_its_own_name_begin_with_the_last_element(tmp_path: Path) -> None:
    made = waves(tmp_path, vcd({"array_q[0]": [1, 2], "array_q[1]": [4, 8]}, 2))
    assert bits(made, "array_q[2]", "array_q[3]", "array_q[1]") == ["10", "01", "00"]
    assert bits(made, "array_q[4]", "array_q[5]") == ["10", "01"]
    assert not made.recording([("array_q[8]",)]).names


def test_bits_that_are_not_defined_count_as_0(tmp_path: Path) -> None:
    made = waves(tmp_path, vcd({"high_q": ["xxxx", "1x0z", "1111"]}, 3))
    assert bits(made, *(f"high_q[{bit}]" for bit in range(4))) == ["001", "001", "001", "011"]


def test_the_first_name_that_is_there_is_taken(tmp_path: Path) -> None:
    made = waves(tmp_path, vcd({"one_q": [1]}, 1))
    assert list(made.recording([("absent_q", "one_q", "rst_ni")]).names) == ["one_q"]


def test_rows_are_the_transposed_values() -> None:
    random = np.random.default_rng(1)
    values = random.integers(0, 2**63, (130, 2)).astype(np.uint64)
    rows = transposed(values)
    assert rows.shape == (128, 3)
    for bit, cycle in random.integers(0, 128, (500, 2)).tolist():
        expected = int(values[cycle, bit // 64]) >> bit % 64 & 1
        assert int(rows[bit, cycle // 64]) >> cycle % 64 & 1 == expected
    assert not (rows[:, 2] >> np.uint64(2)).any()


GOOD = vcd({"one_q": [1, 0]}, 2)


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("no waves", {}, "not an FST or VCD file"),
        ("", {}, "not an FST or VCD file"),
        (GOOD + "#soon\n1!\n", {}, "damaged"),
        (GOOD, {"scope": "bench.v"}, r"no signal bench\.v\.clk_i"),
        (GOOD, {"clock": "clock"}, r"no signal bench\.u\.clock"),
        (GOOD, {"reset": "reset"}, r"no signal bench\.u\.reset"),
        (GOOD.replace('1"', '0"'), {}, "never released"),
        (vcd({}, 0), {}, "no clock cycle follows"),
        (GOOD[: GOOD.index("#0")], {}, "was not recorded"),
    ],
)
def test_bad_wave_files_are_refused(
    tmp_path: Path, text: str, names: dict[str, str], said: str
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        waves(tmp_path, text, **names)
    assert str(tmp_path / "waves.vcd") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_wave_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="absent"):
        Waves(tmp_path / "absent.fst", "bench")


# ---- Layers ----

BEGIN, LAYER, END = 1 << 24, 2 << 24, 3 << 24
INFERENCE = {
    4: BEGIN,
    9: LAYER,
    20: LAYER + 1,
    21: LAYER + 2,
    30: LAYER + 3,
    37: LAYER + 4,
    38: END,
}


def marked(folder: Path, at: Mapping[int, int]) -> Waves:
    """A marker is valid for one cycle; its value stays and is no marker then."""
    cycles = max(at, default=0) + 3
    valid = [int(cycle in at) for cycle in range(cycles)]
    values = [at.get(cycle, LAYER) for cycle in range(cycles)]
    return waves(folder, vcd({"marker_valid_o": valid, "value_o": values}, cycles))


def test_markers_cut_an_inference_into_layers(tmp_path: Path) -> None:
    second = {cycle + 50: value + (value == BEGIN) for cycle, value in INFERENCE.items()}
    found = layers(marked(tmp_path, INFERENCE | second))
    assert [(w.name, w.begin, w.end) for w in found] == [
        ("c1", 5, 10), ("c3", 10, 21), ("c5", 21, 22), ("f6", 22, 31), ("out", 31, 38)
    ]  # fmt: skip


@pytest.mark.parametrize("missing", [4, 9, 21, 37])
def test_an_inference_without_all_its_markers_is_refused(tmp_path: Path, missing: int) -> None:
    at = {cycle: value for cycle, value in INFERENCE.items() if cycle != missing}
    with pytest.raises(UserError, match=f"not {' '.join(LAYERS)}"):
        layers(marked(tmp_path, at))


@pytest.mark.parametrize("at", [{}, {**INFERENCE, 38: LAYER + 5, 39: LAYER}, {5: END}])
def test_markers_that_are_none_of_an_inference_are_refused(
    tmp_path: Path, at: dict[int, int]
) -> None:
    with pytest.raises(UserError, match="markers of"):
        layers(marked(tmp_path, at))
