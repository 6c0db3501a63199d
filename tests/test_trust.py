# SPDX-License-Identifier: Apache-2.0
"""The programs behind `make mutants`, `make nightly` and `make synth`: their rules and errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import fuzz_rtl, mutants, regress, synth
from scripts.errors import UserError
from scripts.power.gates import OSU180
from scripts.regress import Outcome, summary

OSU = OSU180


def test_mutants_spread_over_the_modules_in_proportion() -> None:
    split = dict(mutants.shares({"alu": 30, "csr": 60, "tiny": 1}, 30))
    assert split == {"alu": 9, "csr": 18, "tiny": 3}


@pytest.mark.parametrize("count", [0, 1024])
def test_a_number_of_mutants_that_cannot_be_is_refused(count: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"COUNT={count}: must be from 1 to 1023"):
        mutants.make("msb_skip", count, 1, tmp_path)


def test_a_line_of_the_mutator_is_understood() -> None:
    line = (
        "mutate -ctrl mutsel 10 7 -mode inv -module riscv_csr$riscv.u_csr -cell $32 -port A"
        " -portbit 0 -wire access_i -wirebit 0 -src rtl/riscv/riscv_csr.sv:34.23"
        " -src rtl/riscv/riscv_csr.sv:117.30-117.53"
    )
    mutant = mutants.read_command(line)
    assert (mutant.number, mutant.module, mutant.kind) == (7, "riscv_csr", "inv")
    assert (mutant.place, mutant.source) == ("access_i[0]", "rtl/riscv/riscv_csr.sv:117")


def test_a_block_without_a_suite_is_named() -> None:
    with pytest.raises(UserError, match="soc has no mutation suite"):
        fuzz_rtl.suite("soc")


def test_mutants_are_noticed_and_one_that_changes_nothing_is_proven() -> None:
    work = fuzz_rtl.Campaign("msb_skip", seed=1, count=12)
    made = work.make()
    work.suite = work.suite[:1]
    assert work.check_original() < fuzz_rtl.MUTANT_S
    verdicts = [work.judge(mutant) for mutant in made]
    assert any(verdict.noticed_by for verdict in verdicts)
    noticed = next(verdict for verdict in verdicts if verdict.noticed_by)
    work.prove(noticed)
    assert not noticed.equivalent
    original = fuzz_rtl.Verdict(mutants.Mutant(0, "", "", "", "", made[0].instance))
    assert work.is_original(original.mutant)


def test_a_night_is_summed_up_with_failures_by_message() -> None:
    outcomes = [
        Outcome("a", "pass", 1.0, block="riscv", test="RandomProgram", compared=1000),
        Outcome("b", "fail", 1.0, "pc 0x80000010 differs", "make sim 1", "riscv", "lockstep", 10),
        Outcome("c", "fail", 1.0, "pc 0x80000abc differs", "make sim 2", "riscv", "lockstep", 20),
        Outcome("mutants riscv", "not done", 1.0, "out of time"),
    ]
    result = summary(outcomes, ["riscv"], 0.2, 7, 10.0)
    assert (result["jobs"], result["failed"]) == (4, 2)
    assert result["not_done"] == ["mutants riscv"]
    assert (result["lockstep_instructions"], result["lockstep_mismatches"]) == (1030, 2)
    assert result["buckets"] == {"pc # differs": ["make sim 1", "make sim 2"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--blocks", "nix"], "unknown block 'nix'"),
        (["--hours", "0"], "HOURS=0.0: must be more than 0"),
    ],
)
def test_a_night_that_makes_no_sense_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regress.main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "is not a Liberty file"),
        ("library (x) { cell (NAND2X1) { area : 1; } }", "has no flip-flop"),
    ],
)
def test_an_unusable_library_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "cells.lib"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        synth.synthesise("msb_skip", path)
    with pytest.raises(UserError, match="no Liberty file"):
        synth.synthesise("msb_skip", tmp_path / "absent.lib")


def test_the_unit_is_synthesised_and_its_modules_add_up() -> None:
    result = synth.synthesise("msb_skip", OSU)
    assert 2 < result.area_kge < 10
    assert result.gate_um2 == 24
    assert 1 < result.longest_path_ns < 20
    assert {"msb_skip_mac", "msb_skip_keep"} <= set(result.modules_kge)
    assert sum(result.modules_kge.values()) == pytest.approx(result.area_kge, rel=0.2)
