# SPDX-License-Identifier: Apache-2.0
"""What a night leaves behind, and the figures and trends that are made of it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from scripts import figures_trust
from scripts.figures_regression import coverage_figures, night_figures
from scripts.project import ROOT, Project
from scripts.regress_campaigns import campaigns
from scripts.regress_job import of_job
from scripts.regress_plan import Job
from scripts.regress_summary import bucket_rows, buckets, failed, report, run_rows, write_history


def night() -> dict[str, Any]:
    """The summary of a night: five runs that pass, one that fails, one that is lost."""
    outcomes = []
    for seed in range(1, 8):
        block, test = ("riscv", "RandomProgram") if seed % 2 else ("soc", "Bus")
        outcome = of_job(Job(block, test, seed), "pass")
        outcome.cycles, outcome.compared = 4_000 * seed, 100 * seed
        outcome.overhead_seconds = seed / 100
        outcomes.append(outcome)
    outcomes[4].verdict, outcomes[4].reason = "fail", "pc 0x80000010 differs"
    outcomes[5].verdict, outcomes[5].reason = "lost", "its worker was killed"
    counts = {"planned": 9, "finished": 6, "dropped": 2, "lost": 1, "retried": 1}
    return {
        "started": "2026-11-21T15:40:00Z",
        "seed": 7,
        "blocks": ["riscv", "soc"],
        "hours": 2.0,
        "engine": "local",
        "seconds": 7000,
        **counts,
        "jobs": run_rows(outcomes),
        "buckets": bucket_rows(buckets(outcomes), outcomes),
        "campaigns": [
            {"title": "mutants soc", "kind": "mutants", "verdict": "not done", "reason": "late"}
        ],
    }


def values(name: str) -> list[tuple[float, dict[str, Any]]]:
    return [(f.value, dict(f.conditions)) for f in night_figures(night()) if f.name == name]


def test_figures_of_a_night() -> None:
    ((runs, conditions),) = values("nightly_runs")
    assert (runs, conditions["failed"], conditions["seed"]) == (6, 1, 7)
    assert [(v, c["block"]) for v, c in values("runs_of_block")] == [(4, "riscv"), (2, "soc")]
    assert values("runs_lost")[0][0] == 1
    assert values("median_cycles")[0][0] == 14_000
    assert values("median_comparisons")[0][0] == 350
    assert values("runs_long_enough")[0][0] == pytest.approx(66.7)
    ((overhead, spread),) = values("overhead_seconds")
    assert overhead == pytest.approx(0.037, abs=1e-3)
    assert spread["most"] == 0.07


def test_instructions_in_step_are_those_of_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_trust, "NIGHTLY", tmp_path)
    assert figures_trust._nightly(lambda text: None) == []
    (tmp_path / "summary.json").write_text(json.dumps(night()))
    (figure,) = figures_trust._nightly(lambda text: None)
    assert (figure.value, figure.conditions["mismatches"]) == (100 + 300 + 500 + 700, 1)


def test_a_night_without_the_core_has_compared_no_instructions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_trust, "NIGHTLY", tmp_path)
    others = [job for job in night()["jobs"] if job["block"] == "soc"]
    (tmp_path / "summary.json").write_text(json.dumps({**night(), "jobs": others}))
    assert figures_trust._nightly(lambda text: None) == []


def test_mutants_are_told_of_the_blocks_that_were_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_trust, "MUTANTS", tmp_path)
    counts = {"mutants": 300, "noticed": 258, "equivalent": 25, "seed": 1}
    summary = {"percent": 93.8, **counts, "suite_seconds": 9.5, "seconds": 300}
    (tmp_path / "pot.json").write_text(json.dumps(summary))
    said: list[str] = []
    (figure,) = figures_trust.mutant_figures(("pot", "soc"), said.append)
    assert (figure.value, figure.reference, figure.conditions["block"]) == (93.8, 90, "pot")
    assert said == ["no figure from make mutants BLOCK=soc: it has not been run"]


def test_coverage_figures_have_the_bars(tmp_path: Path) -> None:
    kinds = ("functional", "line", "branch", "toggle")
    ratios = {kind: {"percent": 99.0, "total": 100} for kind in kinds}
    ratios["line"] = {"percent": 100.0, "total": 0}
    table = {"block": "soc", "seed": 1, "figures": ratios}
    (tmp_path / "soc").mkdir()
    (tmp_path / "soc" / "coverage.json").write_text(json.dumps(table))
    figures = {f.name: (f.value, f.reference) for f in coverage_figures(tmp_path)}
    assert figures["coverage_functional"] == (99.0, 100.0)
    assert figures["coverage_toggle"] == (99.0, 90.0)
    assert "coverage_line" not in figures


def test_the_end_of_a_night_is_told_failures_first() -> None:
    lines = report(night()).splitlines()
    assert lines[0] == "   1 x riscv: pc # differs"
    assert lines[1].strip() == "replay: make sim BLOCK=riscv TEST=RandomProgram SEED=5 WAVES=1"
    assert "not done mutants soc: late" in lines
    assert lines[-1].startswith("6 of 9 runs in 7000 s: 1 failed, 1 lost, 1 made twice, 2 seeds")
    assert failed(night())
    assert not failed({"buckets": [], "campaigns": night()["campaigns"]})
    assert failed({"buckets": [], "campaigns": [{"verdict": "fail"}]})


def test_every_block_is_first_on_some_nights() -> None:
    blocks, project = ["msb_skip", "riscv", "soc"], Project(ROOT)
    firsts = set()
    for seed in range(3):
        listed = list(campaigns(project, blocks, 2.0, seed))
        firsts.add(listed[0].block)
        assert (listed[0].kind, listed[-1].kind) == ("formal", "mutants")
        assert "300" in listed[-1].arguments
    assert firsts == set(blocks)


def test_history_has_what_was_measured_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "build/coverage/soc"
    folder.mkdir(parents=True)
    kinds = ("functional", "line", "branch", "toggle")
    figures = {kind: {"percent": 97.5} for kind in kinds}
    (folder / "coverage.json").write_text(json.dumps({"figures": figures}))
    before = json.loads(write_history(tmp_path, night(), time.time() + 60).read_text())
    assert before["blocks"]["soc"] == {"runs": 3, "failed": 1}
    after = json.loads(write_history(tmp_path, night(), time.time() - 60).read_text())
    assert after["blocks"]["soc"]["coverage"] == dict.fromkeys(kinds, 97.5)
    assert after["blocks"]["riscv"] == {"runs": 4, "failed": 1}
    assert after["started"] == night()["started"]
