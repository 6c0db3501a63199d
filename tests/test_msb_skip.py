# SPDX-License-Identifier: Apache-2.0
"""The soft-sparsity unit: its pyuvm tests pass, cover every bin, and notice planted bugs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.simulate import Edit, SimulationFailed, simulate
from verif.common.covergroup import merge
from verif.msb_skip.coverage import collect


@pytest.mark.parametrize("multipliers", [1, 2, 4])
@pytest.mark.parametrize("seed", [11, 12])
def test_random_traffic_equals_golden(multipliers: int, seed: int) -> None:
    simulate("msb_skip", "RandomTraffic", seed=seed, parameters={"Multipliers": multipliers})


@pytest.mark.parametrize("multipliers", [1, 2, 4])
def test_random_traffic_with_four_accumulators_on_icarus(multipliers: int) -> None:
    simulate(
        "msb_skip",
        "RandomTraffic",
        seed=multipliers,
        simulator="icarus",
        parameters={"Multipliers": multipliers, "Accumulators": 4},
        settings={"instructions": 1_000},
    )


def test_wide_ids_make_no_difference() -> None:
    simulate(
        "msb_skip",
        "RandomTraffic",
        simulator="icarus",
        parameters={"IdWidth": 6},
        settings={"instructions": 1_000},
    )


@pytest.mark.parametrize("multipliers", [1, 2, 4])
def test_a_word_takes_as_many_cycles_as_its_kept_lanes_need(multipliers: int) -> None:
    result = simulate("msb_skip", "BackToBack", parameters={"Multipliers": multipliers})
    assert result.counts["timed"] > 4 * 1_000


@pytest.mark.parametrize(
    "test",
    [
        "RandomTraffic",
        "BackToBack",
        "Kills",
        "SlowCore",
        "CornerOperands",
        "ResetInTheMiddle",
        "IllegalInstructions",
    ],
)
def test_a_unit_that_always_multiplies_answers_like_mode_exact(test: str) -> None:
    simulate("msb_skip", test, parameters={"Simd4": 1})


@pytest.mark.parametrize("accumulators", [4, 8])
def test_it_does_so_on_a_four_state_simulator(accumulators: int) -> None:
    simulate(
        "msb_skip",
        "RandomTraffic",
        simulator="icarus",
        parameters={"Simd4": 1, "Accumulators": accumulators},
        settings={"instructions": 1_000},
    )


@pytest.mark.parametrize("test", ["Kills", "SlowCore"])
@pytest.mark.parametrize("multipliers", [2, 4])
def test_kills_and_late_commits_leave_no_trace(test: str, multipliers: int) -> None:
    simulate("msb_skip", test, seed=5, parameters={"Multipliers": multipliers})


@pytest.mark.parametrize(
    ("mode", "threshold"), [("exact", 0), ("zero", 0), ("absolute", 6), ("running_maximum", 3)]
)
def test_all_operand_pairs(mode: str, threshold: int) -> None:
    simulate(
        "msb_skip",
        "CornerOperands",
        parameters={"Multipliers": 4},
        settings={"mode": mode, "threshold": threshold},
    )


def test_reset_under_traffic_leaves_the_unit_as_new() -> None:
    simulate("msb_skip", "ResetInTheMiddle")


@pytest.mark.parametrize("accumulators", [4, 8])
def test_exactly_the_instructions_of_the_table_are_accepted(accumulators: int) -> None:
    simulate(
        "msb_skip",
        "IllegalInstructions",
        simulator="icarus" if accumulators == 4 else "verilator",
        parameters={"Accumulators": accumulators},
    )


@pytest.mark.parametrize(
    ("parameter", "value", "simd4"),
    [
        ("Multipliers", 3, 0),
        ("Accumulators", 6, 0),
        ("IdWidth", 2, 0),
        ("Accumulators", 6, 1),
        ("IdWidth", 2, 1),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(
    parameter: str, value: int, simd4: int
) -> None:
    parameters = {parameter: value, "Simd4": simd4}
    with pytest.raises(SimulationFailed, match=f"{parameter} = {value} must be"):
        simulate("msb_skip", "RandomTraffic", simulator="icarus", parameters=parameters)


# What takes other builds or tests than the three below; make coverage has them all.
ELSEWHERE = (
    "msb_skip.word.multipliers",
    "msb_skip.word.multipliers_kept",
    "msb_skip.neighbours",
    "msb_skip.issue.refused",
    "msb_skip.reset",
)


def test_three_kinds_of_traffic_cover_every_bin() -> None:
    runs = [("RandomTraffic", 1), ("RandomTraffic", 2), ("RandomTraffic", 3)]
    runs += [("Kills", 1), ("SlowCore", 1)]
    results = [simulate("msb_skip", test, seed=seed) for test, seed in runs]
    groups = merge(collect(Path(result.directory)) for result in results)
    missed = [f"{name} {group.holes}" for name, group in groups.items() if group.holes]
    assert sum(len(group.hits) for group in groups.values()) > 700
    assert not [entry for entry in missed if not entry.startswith(ELSEWHERE)]


RTL = "rtl/msb_skip/"
RANDOM = ("RandomTraffic", {"Multipliers": 1}, {"instructions": 1_000})
RANDOM_4 = ("RandomTraffic", {"Multipliers": 4}, {"instructions": 1_000})
KILLS = ("Kills", {"Multipliers": 2}, {})
SLOW = ("SlowCore", {"Multipliers": 2}, {})
DENSE = ("BackToBack", {"Multipliers": 2}, {})
DECODER = ("IllegalInstructions", {}, {})
DECODER_4 = ("IllegalInstructions", {"Accumulators": 4}, {})
RESET = ("ResetInTheMiddle", {}, {})
RANDOM_SIMD = ("RandomTraffic", {"Simd4": 1}, {"instructions": 1_000})
KILLS_SIMD = ("Kills", {"Simd4": 1}, {})
DENSE_SIMD = ("BackToBack", {"Simd4": 1}, {})
RUNS = [RANDOM, RANDOM_4, KILLS, SLOW, DENSE, DECODER, RESET, RANDOM_SIMD, KILLS_SIMD, DENSE_SIMD]

# What is wrong -> file, text, replacement, the test that notices
PLANTED = {
    "keeps only above the limit": (
        "msb_skip_keep.sv",
        ">= {1'b0, maximum[i]}",
        "> {1'b0, maximum[i]}",
        RANDOM,
    ),
    "takes the magnitude of negative operands without the complement": (
        "msb_skip_keep.sv",
        "(act_i[i][6:0] ^ act_i[i][7:1])",
        "(act_i[i][6:0])",
        RANDOM,
    ),
    "treats -1 as zero in mode zero": (
        "msb_skip_keep.sv",
        "!zero_o[i]",
        "exists",
        RANDOM,
    ),
    "compares with the maximum of the word before only": (
        "msb_skip_keep.sv",
        ">= {1'b0, maximum[i]}",
        ">= {1'b0, maximum[0]}",
        RANDOM,
    ),
    "misses the maximum of a word that is still in the beat stage": (
        "msb_skip_maxima.sv",
        "if (forward_i && write_index_i == read_index_i)",
        "if (1'b0)",
        RANDOM,
    ),
    "does not clear the maximum with its accumulator": (
        "msb_skip.sv",
        "    .clear_i       (clear_accumulator),",
        "    .clear_i       (clear_accumulator & {Accumulators{cfg}}),",
        RANDOM,
    ),
    "deals a lane's activation with the next lane's weight": (
        "msb_skip_picker.sv",
        "{8{pick[3]}} & wgt_i[3]",
        "{8{pick[3]}} & wgt_i[2]",
        RANDOM,
    ),
    "deals a lane twice": (
        "msb_skip.sv",
        "word_load ? '0 : dealt_q | picked",
        "word_load ? '0 : picked",
        RANDOM,
    ),
    "adds the products of multipliers that have no lane": (
        "msb_skip_mac.sv",
        "Multipliers == 1 || busy_q[m]",
        "Multipliers != 0 || busy_q[m]",
        RANDOM_4,
    ),
    "lets the operands of an idle multiplier change": (
        "msb_skip_mac.sv",
        "if (load_i && busy_i[m]) begin",
        "if (load_i) begin",
        RANDOM_4,
    ),
    "sums four products in 17 bits": (
        "msb_skip_pkg.sv",
        "localparam int SumWidth = 18;",
        "localparam int SumWidth = 17;",
        RANDOM_4,
    ),
    "extends the sum without its sign": (
        "msb_skip_accumulators.sv",
        "{sum_i[SumWidth-1]}",
        "{1'b0}",
        RANDOM,
    ),
    "writes two accumulators": (
        "msb_skip_accumulators.sv",
        "if (add_i && chosen[i])",
        "if (add_i && index_i[1:0] == 2'(i))",
        RANDOM,
    ),
    "adds to what an accumulator was before it was cleared": (
        "msb_skip_accumulators.sv",
        "if (chosen[i] && used_q[i])",
        "if (chosen[i])",
        RANDOM,
    ),
    "counts to 63 only": (
        "msb_skip_status.sv",
        "high + HighWidth'(add_i && carry[i])",
        "high",
        RANDOM,
    ),
    "clears the low part of a counter only": (
        "msb_skip_status.sv",
        "carry & {Counters{add_i}}) & ~clear",
        "carry & {Counters{add_i}})",
        RANDOM,
    ),
    "shows the destination of the read before": (
        "msb_skip_result.sv",
        "we_q ? rd_q : '0",
        "rd_q",
        RANDOM,
    ),
    "swaps the counters of zero-skipped and soft-skipped lanes": (
        "msb_skip.sv",
        "{ones(~keep & ~zero), ones(~keep & zero), ones(keep)}",
        "{ones(~keep & zero), ones(~keep & ~zero), ones(keep)}",
        RANDOM,
    ),
    "counts a kept lane with a zero operand twice": (
        "msb_skip.sv",
        "ones(~keep & zero)",
        "ones(zero)",
        RANDOM,
    ),
    "reads before the dot4 in front is done": (
        "msb_skip.sv",
        "&& !beat_valid && result_first_free",
        "&& result_first_free",
        RANDOM,
    ),
    "ignores that a commit covers older instructions": (
        "msb_skip_verdict.sv",
        "(is_older || distance == '0)",
        "distance == '0",
        SLOW,
    ),
    "ignores that a kill covers newer instructions": (
        "msb_skip_verdict.sv",
        "commit_kill_i && !is_older",
        "commit_kill_i && distance == '0",
        KILLS,
    ),
    "executes a dot4 that is killed while it is dealt": (
        "msb_skip_beat.sv",
        "committed_q <= deal_commit_i;",
        "committed_q <= deal_commit_i || deal_kill_i;\n      if (deal_kill_i) valid_q <= 1'b1;",
        KILLS,
    ),
    "takes an instruction that is killed while it is issued": (
        "msb_skip_issue.sv",
        "valid_q     <= !issue_killed;",
        "valid_q     <= 1'b1;",
        KILLS,
    ),
    "forgets a commit that comes before the issue handshake": (
        "msb_skip_issue.sv",
        "early_commit_q <= issue_waits && issue_committed;",
        "early_commit_q <= 1'b0;",
        SLOW,
    ),
    "does not wait for the operands": (
        "msb_skip_issue.sv",
        "word_free_i && register_missing == '0",
        "word_free_i",
        SLOW,
    ),
    "withdraws a result the core was not ready for": (
        "msb_skip_result.sv",
        "assign pop          = first_valid_q && result_ready_i;",
        "assign pop          = first_valid_q;",
        SLOW,
    ),
    "loses a result when both places are taken": (
        "msb_skip_result.sv",
        "assign full_o       = second_valid_q;",
        "assign full_o       = 1'b0;",
        SLOW,
    ),
    "leaves a gap after each word": (
        "msb_skip.sv",
        "word_op == OpDot4 && (!beat_valid || beat_fire)",
        "word_op == OpDot4 && !beat_valid",
        DENSE,
    ),
    "accepts an undefined funct7 of read": (
        "msb_skip_decode.sv",
        "!funct7[6] && !funct7[3]",
        "!funct7[6]",
        DECODER,
    ),
    "accepts an accumulator that does not exist": (
        "msb_skip_decode.sv",
        "4'(Accumulators)",
        "4'd8",
        DECODER_4,
    ),
    "starts in the wrong mode after reset": (
        "msb_skip_status.sv",
        "mode_q      <= ModeExact;",
        "mode_q      <= ModeZero;",
        RESET,
    ),
    "simd4: adds two products in 16 bits": (
        "msb_skip_simd4.sv",
        "17'($signed(product[2])) + 17'($signed(product[3]))",
        "17'($signed(16'(product[2] + product[3])))",
        RANDOM_SIMD,
    ),
    "simd4: leaves the last lane out": (
        "msb_skip_simd4.sv",
        "17'($signed(product[2])) + 17'($signed(product[3]))",
        "17'($signed(product[2]))",
        RANDOM_SIMD,
    ),
    "simd4: counts three lanes": (
        "msb_skip_simd4.sv",
        "3'(Lanes)}",
        "3'(Lanes - 1)}",
        RANDOM_SIMD,
    ),
    "simd4: takes a word that is killed for one that stays": (
        "msb_skip_simd4.sv",
        ".deal_kill_i    (word_kill)",
        ".deal_kill_i    (1'b0)",
        KILLS_SIMD,
    ),
    "simd4: leaves a gap after each word": (
        "msb_skip_simd4.sv",
        "word_op == OpDot4 && (!beat_valid || beat_fire)",
        "word_op == OpDot4 && !beat_valid",
        DENSE_SIMD,
    ),
    "shows an unknown result after power-up": (
        "msb_skip_result.sv",
        "      data_q <= '0;\n",
        "",
        RESET,
    ),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_noticed(bug: str) -> None:
    file, old, new, run = PLANTED[bug]
    test, parameters, settings = run
    with pytest.raises(SimulationFailed) as failure:
        simulate(
            "msb_skip",
            test,
            simulator="icarus",
            parameters=parameters,
            settings=settings,
            edits=[Edit(RTL + file, old, new)],
        )
    assert failure.value.result.cause in ("test", "assertion")


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_without_a_planted_bug_the_same_run_passes(
    run: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    test, parameters, settings = run
    simulate("msb_skip", test, simulator="icarus", parameters=parameters, settings=settings)
