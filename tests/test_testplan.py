# SPDX-License-Identifier: Apache-2.0
"""Testplans: nothing is planned without a test, and no test is outside the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.project import ROOT, Project
from scripts.testplan import plan_findings

PLAN = """{
  name: "counter"
  testpoints: [
    { name: "counts", desc: "It counts.", stage: "V1", tests: ["Counts"] }
    { name: "waits", desc: "It waits.", stage: "V2", tests: ["Slow", "formal_rule"] }
    { name: "coverage", desc: "All of it.", stage: "V3", tests: ["Counts"] }
  ]
  covergroups: [ { name: "counter.step", desc: "Every step." } ]
}
"""


def findings(toy: Path, plan: str) -> list[str]:
    folder = toy / "verif/counter"
    (folder / "bench.toml").write_text('sources = ["bench.sv"]\n[tests.Counts]\n[tests.Slow]\n')
    (folder / "formal").mkdir()
    (folder / "formal/proofs.toml").write_text('[[proof]]\nname = "rule"\n')
    (folder / "testplan.hjson").write_text(plan)
    return [finding.partition("testplan.hjson: ")[2] for finding in plan_findings(Project(toy))]


def test_every_block_has_a_complete_plan() -> None:
    assert plan_findings(Project(ROOT)) == []


def test_a_complete_plan_has_no_findings(toy: Path) -> None:
    assert findings(toy, PLAN) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ('["Slow", "formal_rule"]', "[]", "testpoint waits has no test"),
        ('"Slow", ', "", "Slow is in no testpoint"),
        (', "formal_rule"', "", "formal_rule is in no testpoint"),
        ('"Slow"', '"Fast"', "testpoint waits: no such test Fast; there are Counts, Slow, formal"),
        ('"V2"', '"V4"', "testpoint waits: stage 'V4' is none of V1, V2, V3"),
        ('"V3"', '"V2"', "there is no testpoint of stage V3"),
        ('desc: "It waits."', 'desc: " "', "testpoint waits: the description is empty"),
        ('desc: "It waits.", ', "", "testpoint waits has no desc"),
        ('"waits"', '"counts"', "testpoints has counts 2 times"),
        ('"V2"', '"V2", owner: "me"', "testpoint waits: unknown key 'owner'"),
        ('"counter"\n', '"adder"\n', "name is 'adder', not 'counter'"),
        (', desc: "Every step."', "", "covergroup counter.step has no desc"),
        ("testpoints: [", "testpoints: ", "Found"),
        ("testpoints: [", "testpoints: [ 3", "testpoints and covergroups must be lists of tables"),
    ],
)
def test_what_is_wrong_with_a_plan_is_named(toy: Path, old: str, new: str, finding: str) -> None:
    assert old in PLAN
    assert any(finding in found for found in findings(toy, PLAN.replace(old, new)))


def test_a_block_without_a_plan_is_named(toy: Path) -> None:
    (finding,) = plan_findings(Project(toy))
    assert finding.endswith("maps what is to be shown to the tests that show it")
