# SPDX-License-Identifier: Apache-2.0
"""Energy: the command, and what it prints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scripts.power import __main__ as command
from scripts.power import report
from scripts.power.energy import KINDS, Energy
from scripts.power.estimate import Estimate, Spent
from scripts.power.gates import Gates
from scripts.power.measure import Measured
from scripts.power.memory import recording
from scripts.power.technology import Technology
from scripts.power.workload import LAYERS, Workload
from scripts.project import Project

# ---- The command, and what it prints ----


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--block", "adder"], "'adder'; valid: msb_skip"),
        (["--network", "alexnet"], "'alexnet'; valid: lenet5-relu, lenet5-tanh"),
        (["--liberty", "osu999"], "osu999"),
        (["--liberty", "/dev/null"], "no Liberty file"),
        (["--liberty", __file__], "not a Liberty file"),
    ],
)
def test_bad_words_end_with_one_line_and_2(
    arguments: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 2
    captured = capfd.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert captured.out == ""


def labels() -> set[str]:
    """Of all parts of the system that `make power` measures."""
    blocks = Project().closure("soc")
    return {"", *(label for block in blocks for label in block.parts)}


def inference() -> Measured:
    random = np.random.default_rng(1)
    windows = [
        Spent(
            layer,
            cycles,
            Energy({(label, kind): random.random() * 1e6 for label in labels() for kind in KINDS}),
            1e5,
            {"u_instr_ram": 40 * cycles, "u_data_ram": 3 * cycles},
        )
        for cycles, layer in enumerate(LAYERS, 1)
    ]
    gates = Gates(
        folder=Path(), block="soc", top="soc", parameters={}, digest="", library="pencil",
        liberty=Path(), technology=Technology(20, 1, 0.1, "INV"), clock_gate="", instances={},
        parts={}, cells={}, area={},
    )  # fmt: skip
    prices = {"u_instr_ram": 1234.5, "u_data_ram": 6789.0}
    workload = Workload("lenet5-relu", "soft", "soft", "1")
    return Measured(
        workload, "pencil", gates, Estimate(windows, 100, 1, 1), prices, [(3, 2, 1)] * len(windows)
    )


def test_columns_of_the_table_add_up_to_the_loop() -> None:
    made = inference()
    columns = [sum(report.split(spent, made).values()) for spent in made.estimate.windows]
    assert sum(columns) == pytest.approx(made.loop_nj(), rel=1e-9)
    ram = 1234.5 * 40 * 15 + 6789 * 3 * 15
    assert made.ram_nj == pytest.approx(ram / 1e6)
    assert made.loop_nj(2) - made.loop_nj(0.5) == pytest.approx(1.5 * ram / 1e6)
    assert made.average_mw == pytest.approx(made.loop_nj() * 1e-9 / (15 * 20e-9) * 1e3)


def test_the_table_has_a_line_for_each_layer_and_their_sum() -> None:
    lines = [line.split() for line in report.table(inference()).splitlines()]
    assert [words[0] for words in lines[2:8]] == [*LAYERS, "all"]
    sums = [float(words[-1].replace(",", "")) for words in lines[2:8]]
    assert sums[-1] == pytest.approx(sum(sums[:-1]), abs=0.3)
    assert lines[7][1:5] == ["15", "15", "10", "5"]


def test_recordings_of_integers_have_a_row_for_each_bit() -> None:
    made = recording({"a_i": (np.array([1, 2, -1]), 2), "b_i": (np.array([0, 1, 1]), 1)})
    assert made.names == {"a_i[0]": 0, "a_i[1]": 1, "b_i": 2}
    assert made.rows[:, 0].tolist() == [0b101, 0b110, 0b110]
