# SPDX-License-Identifier: Apache-2.0
"""pot: random layers in all forms and a whole network equal golden, planted bugs are noticed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from golden.pot import Form
from golden.pot_engine import COMMAND_BITS
from scripts.errors import UserError
from scripts.project import ROOT
from scripts.simulate import Edit, SimulationFailed, simulate
from verif.common.covergroup import merge
from verif.pot.coverage import FORMS, collect

Parameters = dict[str, Any]

# Engines that differ from the bench's own: FormPot, 8 lanes, 4 columns, strips of 16 positions,
# 128 words of weights, 2 KiB of maps, 2 requantisers.
ENGINES: dict[str, Parameters] = {
    "default": {},
    "exponents 0..3": {"ExponentMax": 3, "Requantisers": 4},
    "no exponents": {"ExponentMax": 0, "Requantisers": 1},
    "16 x 8": {"Lanes": 16, "Columns": 8, "WeightWords": 256, "MapBytes": 4096},
    "8 x 8": {"Columns": 8, "Pixels": 4, "WeightWords": 256, "Requantisers": 8},
    "twos": {"Form": 1},
    "booth": {"Form": 2},
    "magnitude": {"Form": 3},
    "recoded": {"Form": 4},
    "eight": {"Form": 5, "AccBits": 28},
}


@pytest.mark.parametrize("engine", ENGINES)
def test_random_layers_equal_golden_on_a_four_state_simulator(engine: str) -> None:
    simulate("pot", "RandomLayers", simulator="icarus", parameters=ENGINES[engine])


@pytest.mark.parametrize("test", ["FullSpeed", "LateWeights", "ResetInTheMiddle"])
def test_time_streams_and_reset(test: str) -> None:
    simulate("pot", test, simulator="icarus", seed=2)


def test_random_layers_on_verilator() -> None:
    simulate("pot", "RandomLayers", seed=3)


def test_lenet5_whole() -> None:
    result = simulate("pot", "Inference", settings={"images": 20})
    bytes_of_maps = 14 * 14 * 6 + 5 * 5 * 16 + 120 + 84 + 4 * 10
    assert result.counts["compared"] >= 20 * bytes_of_maps


def test_vgg16_whole() -> None:
    result = simulate("pot", "Inference", settings={"network": "vgg16-cifar10"})
    assert result.counts["compared"] >= 2 * 32 * 32 * 32  # both maps of the first block, and more


def test_numbers_of_forms_and_bits_are_those_of_the_rtl() -> None:
    package = (ROOT / "rtl/pot/pot_pkg.sv").read_text()
    found = {
        name.lower(): int(number) for name, number in re.findall(r"Form(\w+) += (\d);", package)
    }
    assert found == {form.name.lower(): int(form) for form in Form}
    assert tuple(found) == FORMS
    assert f"CommandBits = {COMMAND_BITS};" in package


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"form": "magnitude", "training": "pot3"},
            r"layer c1: weight \[.*\] is -?8, form magnitude",
        ),
        (
            {"training": "plain", "nearest": False},
            r"layer c1: multiplier \d+ is not a multiple of 8388608",
        ),
        ({"exponents": 2}, r"is -?8: exponent 3 is beyond the largest, 2"),
        ({"training": "none"}, "'none' is not one of: "),
        ({"network": "lenet5-tanh"}, "unknown NETWORK 'lenet5-tanh'; valid: lenet5-relu"),
        ({"form": "shift"}, "unknown FORM 'shift'; valid: pot, twos"),
    ],
)
def test_networks_that_cannot_run_are_refused_by_name(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        simulate("pot", "Inference", simulator="icarus", settings=settings)


IMPOSSIBLE = [
    ({"Form": 6}, "Form = 6 must be in 0 .. 5"),
    ({"ExponentMax": 7}, "ExponentMax = 7 must be in 0 .. 6"),
    ({"Lanes": 4}, "Lanes = 4 must be a power of two, at least 8"),
    ({"Lanes": 12}, "Lanes = 12 must be a power of two"),
    ({"Columns": 6}, r"Columns = 6 must be a power of two, 4 .. Lanes = 8"),
    ({"Columns": 16}, r"Columns = 16 must be a power of two, 4 .. Lanes = 8"),
    ({"AccBits": 33}, "AccBits = 33 must be at most 32 and fit a word of 32 bits"),
    ({"AccBits": 15}, "AccBits = 15 must hold a sum of 17 bits"),
    ({"Pixels": 6}, "Pixels = 6 must be a multiple of 4"),
    ({"WeightWords": 100}, "WeightWords = 100 must be a power of two, at least 8"),
    ({"MapBytes": 3000}, r"MapBytes = 3000 must be a power of two, 32 .. 65536"),
    ({"Requantisers": 3}, "Requantisers = 3 must divide Columns = 4"),
]


@pytest.mark.parametrize(("parameters", "message"), IMPOSSIBLE, ids=str)
def test_what_cannot_be_built_is_refused_with_its_numbers(
    parameters: Parameters, message: str
) -> None:
    with pytest.raises(SimulationFailed, match=message):
        simulate("pot", "Refusal", simulator="icarus", parameters=parameters)


def test_no_memory_is_read_where_it_is_written_at_the_same_edge() -> None:
    """Macros differ in what that gives. Here it would give the complement."""
    spoils = [
        Edit(
            f"rtl/common/{name}.sv",
            "read_data_o <= mem[read_addr_i];",
            "read_data_o <= write_i && write_addr_i == read_addr_i ? ~mem[read_addr_i]"
            " : mem[read_addr_i];",
        )
        for name in ("ram_2p", "ram_2p_bytes")
    ]
    simulate("pot", "FullSpeed", simulator="icarus", seed=3, edits=spoils)


RTL = "rtl/pot/pot_"
SPEED = ("FullSpeed", {})
RANDOM = ("RandomLayers", {})
LATE = ("LateWeights", {})
RESET = ("ResetInTheMiddle", {})

# What is wrong -> file, text, replacement, the run that notices
PLANTED: dict[str, tuple[str, str, str, tuple[str, Parameters]]] = {
    "holds the exponent below": (
        f"{RTL}decode.sv",
        "code_i[2:0] == 3'(e + 1)",
        "code_i[2:0] == 3'(e)",
        SPEED,
    ),
    "negates nothing": (
        f"{RTL}lane.sv",
        "assign factor = act_i ^ {8{held_i[ExponentMax+1]}};",
        "assign factor = act_i;",
        SPEED,
    ),
    "Booth's low digit misses its carry": (
        f"{RTL}lane.sv",
        "{row[1][9:0], 1'b0, neg[0]}",
        "{row[1][9:0], 2'b00}",
        ("FullSpeed", {"Form": 2}),
    ),
    "recodes 2 as -2": (
        f"{RTL}decode.sv",
        "assign neg = bits[2*d+2] && (one || two);",
        "assign neg = bits[2*d+2] && one;",
        ("FullSpeed", {"Form": 4}),
    ),
    "forgets lanes that only the first columns use": (
        f"{RTL}array.sv",
        "load_i[0] ? nonzero : used_q | (nonzero & {Lanes{|load_i}})",
        "|load_i ? nonzero : used_q",
        SPEED,
    ),
    "reads a single position's sum before it is written": (
        f"{RTL}control.sv",
        "!tile_final_o && index_q == '0 && pixel_last ? Written : '0",
        "'0",
        ("RandomLayers", {}),
    ),
    "starts no strip from the biases": (
        f"{RTL}sums.sv",
        ".start_i       (first_1_q),",
        ".start_i       (1'b0),",
        SPEED,
    ),
    "begins every strip with the first strip's weights": (
        f"{RTL}weights.sv",
        "read_q <= restart_i ? mark_q : read_q + 1'b1",
        "read_q <= restart_i ? base_q : read_q + 1'b1",
        SPEED,
    ),
    "writes over weights that are read again": (
        f"{RTL}weights.sv",
        "if (release_i) base_q  <= read_q;",
        "if (release_i || restart_i) base_q  <= read_q;",
        ("FullSpeed", {"WeightWords": 32}),
    ),
    "reads weights before they come": (
        f"{RTL}control.sv",
        "assign read        = available_i && (",
        "assign read        = (",
        LATE,
    ),
    "a strip is one position too long": (
        f"{RTL}control.sv",
        "index_q == IndexWidth'(Pixels - 1)",
        "index_q == IndexWidth'(Pixels)",
        SPEED,
    ),
    "begins with the lowest kernel row, weights or not": (
        f"{RTL}control.sv",
        "row_q <= row_next;",
        "row_q <= layer_o || above == '0 ? '0 : row_next;",
        SPEED,
    ),
    "goes on to the next kernel row, weights or not": (
        f"{RTL}control.sv",
        "row_q <= row_next;",
        "row_q <= layer_o || above == '0 ? row_next : row_q + 1'b1;",
        SPEED,
    ),
    "takes the last kernel row before a gap for the last": (
        f"{RTL}control.sv",
        "assign tile_final_o = row_last_o && above == '0;",
        "assign tile_final_o = row_last_o && !above[row_q+1];",
        SPEED,
    ),
    "does not skip a gap in the address": (
        f"{RTL}position.sv",
        "line_q <= AddrWidth'(command.in_base) + AddrWidth'(away);",
        "line_q <= (command.row_mask & ((16'd1 << row_i) - 16'd1)) != '0"
        " ? line_q + AddrWidth'(command.row_bytes)"
        " : AddrWidth'(command.in_base) + AddrWidth'(away);",
        SPEED,
    ),
    "takes no rows of padding off the address": (
        f"{RTL}position.sv",
        "assign away = 17'(row) *",
        "assign away = 17'($signed({1'b0, row_i})) *",
        SPEED,
    ),
    "sums leave faster than they can be written": (
        f"{RTL}control.sv",
        "tile_final_o && (stay || !pixel_last) ? pace :\n",
        "1'b0 ? pace :\n",
        SPEED,
    ),
    "a load ends while its last beat is awaited": (
        f"{RTL}transfer.sv",
        "assign write_o = loading_q && valid_i;",
        "assign write_o = loading_q;",
        RANDOM,
    ),
    "a word that is not taken is lost": (
        f"{RTL}transfer.sv",
        "assign leaves  = !valid_q || ready_i;",
        "assign leaves  = 1'b1;",
        RANDOM,
    ),
    "a bank keeps showing what was written over": (
        f"{RTL}bank.sv",
        "else if (forget_i)                  here_q[r] <= '0;",
        "",
        SPEED,
    ),
    "a bank keeps parts of the word before": (
        f"{RTL}bank.sv",
        "same ? here_q[lower_i] : '0",
        "here_q[lower_i]",
        SPEED,
    ),
    "keeps no part for the other row": (
        f"{RTL}bank.sv",
        "if (push) kept_q <= shown;",
        "if (push && !lower_i) kept_q <= shown;",
        SPEED,
    ),
    "reads the first part only": (
        f"{RTL}maps.sv",
        "|wanted_of[k][8*p +: 8]",
        "|wanted_of[k][7:0]",
        ("FullSpeed", {"Lanes": 16}),
    ),
    "adds to columns without a channel only": (
        f"{RTL}array.sv",
        "valid_q[0] && columns_i[c]",
        "valid_q[0] && !columns_i[c]",
        SPEED,
    ),
    "reads the second word from the first's bank line": (
        f"{RTL}maps.sv",
        "assign index[0] = word[WordWidth-1:1] + BankWidth'(word[0]);",
        "assign index[0] = word[WordWidth-1:1];",
        SPEED,
    ),
    "writes no byte behind the word": (
        f"{RTL}maps.sv",
        "(write_word[0] == 1'(k) ? ~in_second : in_second)",
        "(write_word[0] == 1'(k) ? ~in_second : '0)",
        SPEED,
    ),
    "padding shows what lies before the row": (
        f"{RTL}position.sv",
        "(LaneWidth + 1)'(l) >= skip && ",
        "",
        SPEED,
    ),
    "padding shows what lies behind the row": (
        f"{RTL}position.sv",
        " && (LaneWidth + 1)'(l) < count",
        "",
        SPEED,
    ),
    "rows above the map are not padding": (
        f"{RTL}position.sv",
        "assign row_inside = !in_row[9] && ",
        "assign row_inside = ",
        SPEED,
    ),
    "signed activations are not offset": (
        "rtl/pot/pot.sv",
        "{Lanes{command.signed_in, 7'd0}}",
        "{Lanes{8'd0}}",
        SPEED,
    ),
    "pools the minimum": (
        f"{RTL}output.sv",
        "phase_q == '0 || sum > best_q",
        "phase_q == '0 || sum < best_q",
        SPEED,
    ),
    "writes channels that there are not": (
        f"{RTL}output.sv",
        "command.raw ? raw_channel < left_q : columns_o[c]",
        "1'b1",
        SPEED,
    ),
    "multiplies negative sums in spite of ReLU": (
        f"{RTL}output.sv",
        "command.relu && !command.raw && best[AccBits-1]",
        "1'b0",
        SPEED,
    ),
    "rounds down": (
        f"{RTL}requantise.sv",
        "assign scaled  = halved + $signed(Width'(doubled[0]));",
        "assign scaled  = halved;",
        SPEED,
    ),
    "cuts bits off above 127": (
        f"{RTL}requantise.sv",
        "too_big   ? 8'h7f :",
        "1'b0 ? 8'h7f :",
        SPEED,
    ),
    "keeps the words of weights through a reset": (
        f"{RTL}weights.sv",
        "      write_q <= '0;\n",
        "",
        RESET,
    ),
}


def noticed(edit: Edit, test: str, parameters: Parameters) -> str:
    """Cause of the first failure of a few random programs, "" if all pass."""
    for seed in (4, 5, 6, 7):
        try:
            simulate(
                "pot",
                test,
                simulator="icarus",
                seed=seed,
                parameters=parameters,
                settings={"layers": 30},
                edits=[edit],
            )
        except SimulationFailed as failure:
            return failure.result.cause
    return ""


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_noticed(bug: str) -> None:
    file, old, new, (test, parameters) = PLANTED[bug]
    assert noticed(Edit(file, old, new), test, parameters) in ("test", "assertion")


def test_random_layers_hit_every_pattern_of_weights() -> None:
    runs = [simulate("pot", "RandomLayers", simulator="icarus", seed=seed) for seed in (1, 5, 6)]
    groups = merge(collect(Path(result.directory)) for result in runs)
    for name in ("pot.codes.tile", "pot.codes.lane", "pot.shape.input"):
        assert not groups[name].holes, groups[name].holes
    codes = groups["pot.codes.code"]
    assert not [hole for hole in codes.holes if hole.startswith("pot_")]
