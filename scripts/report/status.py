# SPDX-License-Identifier: Apache-2.0
"""How each block stands: the last night, coverage, mutants, its headline figure and its energy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.bench import PROVIDERS
from scripts.figure import Figure
from scripts.kinds import kind
from scripts.labels import headlines, label
from scripts.report.data import Block, Coverage, Data, Job, Missing, Mutants, Testpoint
from scripts.report.plots import Contest
from scripts.report.techniques import Outcome, outcomes

MUTANTS_BAR = 90.0


@dataclass(frozen=True)
class Nightly:
    """A block's part of the last night. verdict: "pass", "fail" or "lost"."""

    verdict: str
    runs: int
    failed: int
    lost: int
    campaigns: Sequence[str]


@dataclass(frozen=True)
class Main:
    """The figure that stands for a block. good: better than what there is to beat, if it tells."""

    figure: Figure
    text: str
    good: bool | None


@dataclass(frozen=True)
class Status:
    """One row of the overview."""

    block: Block
    night: Nightly | Missing
    coverage: Coverage | Missing
    mutants: Mutants | Missing
    main: Main | Missing
    energy: Outcome | None

    @property
    def measurable(self) -> bool:
        """There is something that measures figures of this block, or has."""
        return bool(self.block.figures) or self.block.name in PROVIDERS

    @property
    def mutants_good(self) -> bool:
        """The mutation score meets its bar."""
        return not isinstance(self.mutants, Missing) and self.mutants.percent >= MUTANTS_BAR


@dataclass(frozen=True)
class Test:
    """Last results of one test of a testplan."""

    name: str
    passed: int
    failed: int
    lost: int

    @property
    def verdict(self) -> str:
        """ "fail", "lost" or "pass"; "" if it did not run."""
        if self.failed:
            return "fail"
        if self.lost:
            return "lost"
        return "pass" if self.passed else ""


def statuses(data: Data) -> list[Status]:
    """Return the status of every block; figures of something else, as of nights, have none."""
    points = outcomes(data)
    return [status(block, data, points) for block in data.blocks.values() if block.bench]


def status(block: Block, data: Data, points: Sequence[Outcome]) -> Status:
    """Return the status of one block."""
    own = [point for point in points if point.block == block.name]
    whole = [point for point in own if point.whole and point.default]
    best = min(whole or own, key=lambda point: point.ratio, default=None)
    return Status(block, nightly(block, data), block.coverage, block.mutants, main(block), best)


def nightly(block: Block, data: Data) -> Nightly | Missing:
    """Return what the last night says of a block; Missing if it did nothing of it."""
    command = Missing(f"make nightly BLOCKS={block.name}")
    if isinstance(data.night, Missing):
        return command
    jobs = data.night.of(block.name)
    campaigns = [each for each in data.night.campaigns if each.block == block.name]
    if not jobs and all(each.verdict == "not done" for each in campaigns):
        return command
    counted = Counter(job.verdict for job in jobs)
    broken = [each.title for each in campaigns if each.verdict == "fail"]
    undone = [each.title for each in campaigns if each.verdict not in ("pass", "fail")]
    failed = counted["fail"] + len(broken)
    verdict = "fail" if failed else "lost" if counted["lost"] else "pass"
    notes = [f"{title} failed" for title in broken] + [f"{title} not done" for title in undone]
    return Nightly(verdict, len(jobs), counted["fail"], counted["lost"], notes)


def main(block: Block) -> Main | Missing:
    """Return the first headline figure of a block that has something to beat, else the first."""
    if isinstance(block.figures, Missing):
        return block.figures
    lines = headlines(block.name, block.figures)
    for line, mine in lines:
        for figure in mine:
            if figure.reference is not None:
                return Main(figure, label(figure, mine, line.text), beats(figure))
    if not lines:
        return Missing(f"make bench BLOCK={block.name}")
    line, mine = lines[0]
    return Main(mine[0], label(mine[0], mine, line.text), None)


def beats(figure: Figure) -> bool | None:
    """Whether a figure is better than its reference; None where neither direction is better."""
    better = kind(figure.name).better
    if figure.reference is None or not better:
        return None
    if better == "higher":
        return figure.value >= figure.reference
    return figure.value <= figure.reference


def contests(block: Block) -> list[Contest]:
    """Return the headline figures of a block that have something to beat."""
    found = []
    for line, mine in headlines(block.name, block.figures or ()):
        for figure in mine:
            better, beat = kind(figure.name).better, figure.reference
            if beat and better and beat > 0 and figure.value > 0:
                ratio = figure.value / beat if better == "higher" else beat / figure.value
                found.append(Contest(label(figure, mine, line.text), figure.network, ratio))
    return found


def tests(point: Testpoint, jobs: Sequence[Job]) -> list[Test]:
    """Return the last results of a testpoint's tests."""
    found = []
    for name in point.tests:
        counted = Counter(job.verdict for job in jobs if job.test == name)
        found.append(Test(name, counted["pass"], counted["fail"], counted["lost"]))
    return found
