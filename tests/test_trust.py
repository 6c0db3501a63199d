# SPDX-License-Identifier: Apache-2.0
"""The programs behind `make mutants` and `make synth`: their rules and errors."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from scripts import fuzz_rtl, mutants, processes, synth
from scripts.errors import UserError
from scripts.judge import Result
from scripts.power.gates import OSU180
from scripts.project import Project
from scripts.simulate import SimulationFailed

OSU = OSU180


def test_mutants_spread_over_the_modules_in_proportion() -> None:
    split = dict(mutants.shares({"alu": 30, "csr": 60, "tiny": 1}, 30))
    assert split == {"alu": 9, "csr": 18, "tiny": 3}


@pytest.mark.parametrize("count", [0, 1024])
def test_a_number_of_mutants_that_cannot_be_is_refused(count: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"COUNT={count}: must be from 1 to 1023"):
        mutants.make("msb_skip", count, 1, tmp_path)


def test_why_no_mutants_can_be_made_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz_rtl, "RESULTS", tmp_path)
    assert fuzz_rtl.main(["--block", "msb_skip", "--count", "0"]) == 2
    error = capsys.readouterr().err
    assert "the mutants cannot be made: COUNT=0: must be from 1 to 1023; see" in error
    assert error.count("\n") == 1


def test_a_simulator_that_is_killed_has_noticed_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = fuzz_rtl.Campaign("msb_skip", seed=1, count=12)
    work.limits = {run.title: 5.0 for run in work.suite}
    result = Result("msb_skip", "RandomTraffic", 1, "verilator", {}, {}, str(tmp_path), "")

    def fail(*_: object) -> None:
        raise SimulationFailed(result)

    monkeypatch.setattr(work, "_simulate", fail)
    mutant = mutants.Mutant(1, "", "", "", "", "")
    result.cause = "assertion"
    assert work.judge(mutant).noticed_by
    result.cause = "killed"
    assert not work.judge(mutant).noticed_by


def test_an_interrupt_ends_a_campaign_and_not_only_one_mutant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "_stopped", threading.Event())
    made = [mutants.Mutant(number, "", "", "", "", "") for number in range(1, 301)]
    judged: list[int] = []

    def judge(_: fuzz_rtl.Campaign, mutant: mutants.Mutant) -> fuzz_rtl.Verdict:
        judged.append(mutant.number)
        if mutant.number == 1:
            raise KeyboardInterrupt
        time.sleep(0.1)
        return fuzz_rtl.Verdict(mutant, noticed_by="a run")

    monkeypatch.setattr(fuzz_rtl.Campaign, "make", lambda _: made)
    monkeypatch.setattr(fuzz_rtl.Campaign, "check_original", lambda _: 0.0)
    monkeypatch.setattr(fuzz_rtl.Campaign, "judge", judge)
    assert fuzz_rtl.main(["--block", "msb_skip"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert len(judged) < 100


def test_a_line_of_the_mutator_is_understood() -> None:
    line = (
        "mutate -ctrl mutsel 10 7 -mode inv -module riscv_csr$riscv.u_csr -cell $32 -port A"
        " -portbit 0 -wire access_i -wirebit 0 -src rtl/riscv/riscv_csr.sv:34.23"
        " -src rtl/riscv/riscv_csr.sv:117.30-117.53"
    )
    mutant = mutants.read_command(line)
    assert (mutant.number, mutant.module, mutant.kind) == (7, "riscv_csr", "inv")
    assert (mutant.place, mutant.source) == ("access_i[0]", "rtl/riscv/riscv_csr.sv:117")


def test_a_block_without_a_suite_is_named(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_rtl, "Project", lambda: Project(toy))
    with pytest.raises(UserError, match="counter has no mutation suite"):
        fuzz_rtl.suite("counter")


def test_the_system_is_mutated_in_its_own_modules_and_what_nobody_reads_is_proven() -> None:
    work = fuzz_rtl.Campaign("soc", seed=1, count=100)
    made = work.make()
    assert {mutant.module for mutant in made} == {"soc", "soc_bus", "soc_device"}
    assert work.is_original(next(mutant for mutant in made if "hartid" in mutant.place))
    read = next(mutant for mutant in made if "issue_valid" in mutant.place)
    assert not mutants.is_unread(work.folder, read.instance, read.number)


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "is not a Liberty file"),
        ("library (x) { cell (NAND2X1) { area : 1; } }", "has no flip-flop"),
        ("library (x) { cell (NAND2X1) { area : 0; ff (Q) { } } }", "has no area"),
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


def test_memories_are_macros_and_not_flip_flops() -> None:
    """As flip-flops they have more area than all else, or take with them what reads them."""
    result = synth.synthesise("sparse_stream", OSU)
    assert result.memories
    assert not any(module.startswith("ram") for module in result.modules_kge)
    assert sum(result.modules_kge.values()) == pytest.approx(result.area_kge, rel=0.2)
