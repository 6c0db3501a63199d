# SPDX-License-Identifier: Apache-2.0
"""What the report is made of: the contents of the JSON files, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from scripts.figure import Figure


@dataclass(frozen=True)
class Missing:
    """In the place of data that is not there: the command that makes it. It is false."""

    command: str

    def __bool__(self) -> Literal[False]:
        return False


@dataclass(frozen=True)
class Job:
    """One simulation of the night."""

    block: str
    test: str
    seed: int
    verdict: Literal["pass", "fail", "lost"]
    simulator: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    cycles: int = 0
    compared: int = 0
    seconds: float = 0.0
    reason: str = ""
    replay: str = ""


@dataclass(frozen=True)
class Bucket:
    """Failures with one message. jobs: their places in the list of jobs.

    waves: of the run that was made again with them. repeats: whether that one failed, too.
    """

    message: str
    count: int
    jobs: Sequence[int]
    replay: str = ""
    waves: str | None = None
    repeats: bool | None = None


@dataclass(frozen=True)
class Campaign:
    """Proofs, coverage or mutants of a block, run once a night."""

    title: str
    block: str
    kind: str
    verdict: Literal["pass", "fail", "not done"]
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Night:
    """The last night."""

    started: str
    seed: int
    blocks: Sequence[str]
    jobs: Sequence[Job]
    buckets: Sequence[Bucket]
    campaigns: Sequence[Campaign]
    hours: float = 0.0
    engine: str = ""
    seconds: float = 0.0
    planned: int = 0
    dropped: int = 0
    interrupted: bool = False

    def of(self, block: str) -> list[Job]:
        """Jobs of one block."""
        return [job for job in self.jobs if job.block == block]


@dataclass(frozen=True)
class Past:
    """One block in an earlier night; None where that was not measured."""

    runs: int
    failed: int
    coverage: Mapping[str, float] | None = None
    mutants_noticed: float | None = None
    headline: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class PastNight:
    """An earlier night."""

    started: str
    seed: int
    blocks: Mapping[str, Past]


@dataclass(frozen=True)
class Ratio:
    """Points hit, of how many. Of no points there is no percentage."""

    hit: int
    total: int

    @property
    def percent(self) -> float | None:
        """Share in percent; None of nothing."""
        return round(100 * self.hit / self.total, 2) if self.total else None

    def meets(self, bar: float) -> bool:
        """Whether it is at least `bar` percent, before any rounding; nothing meets no bar."""
        return self.total > 0 and 100 * self.hit >= bar * self.total


@dataclass(frozen=True)
class Excluded:
    """A point of the code that cannot be covered, and why."""

    point: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """build/coverage/<block>/coverage.json."""

    seed: int
    passed: bool
    bars: Mapping[str, float]
    figures: Mapping[str, Ratio]
    files: Mapping[str, Mapping[str, Ratio]]
    groups: Mapping[str, Ratio]
    functional_holes: Sequence[str]
    code_holes: Sequence[str]
    excluded: Sequence[Excluded]
    runs: Sequence[str]
    failures: Sequence[str]

    @property
    def missed(self) -> list[str]:
        """Kinds of coverage below their bar, about nothing, or not measured."""
        asked = {name: self.figures.get(name, Ratio(0, 0)) for name in self.bars}
        return [name for name, ratio in asked.items() if not ratio.meets(self.bars[name])]


@dataclass(frozen=True)
class Mutated:
    """Mutants of one module."""

    mutants: int
    noticed: int
    equivalent: int


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test noticed."""

    number: int
    module: str
    kind: str
    place: str
    source: str


@dataclass(frozen=True)
class Mutants:
    """build/mutants/<block>.json."""

    seed: int
    mutants: int
    equivalent: int
    noticed: int
    percent: float
    suite: Sequence[str]
    kills: Mapping[str, int]
    modules: Mapping[str, Mutated]
    survivors: Sequence[Survivor]
    seconds: float = 0.0


@dataclass(frozen=True)
class Testpoint:
    """One line of a testplan."""

    name: str
    desc: str
    stage: str
    tests: Sequence[str]


@dataclass(frozen=True)
class Block:
    """All that is known of one block. bench: it has one, so that it can be simulated."""

    name: str
    bench: bool
    figures: Sequence[Figure] | Missing
    figures_from: str
    machine: Mapping[str, Any]
    coverage: Coverage | Missing
    mutants: Mutants | Missing
    testplan: Sequence[Testpoint] | Missing

    def place(self, figure: Figure) -> int:
        """Place of a figure in the file."""
        return [id(other) for other in self.figures or ()].index(id(figure))

    def pick(self, name: str, network: str | None = None, **where: Any) -> list[Figure]:
        """Figures called `name`, of `network` if given, with these conditions among theirs."""
        return [
            figure
            for figure in self.figures or ()
            if figure.name == name
            and network in (None, figure.network)
            and all(figure.conditions.get(key) == value for key, value in where.items())
        ]


@dataclass(frozen=True)
class LayerEnergy:
    """One layer of a priced inference: cycles, products by fate, energy by part in nJ."""

    layer: str
    cycles: int
    kept: int
    zero_skipped: int
    soft_skipped: int
    nj: Mapping[str, float]


@dataclass(frozen=True)
class Inference:
    """One inference of build/power/<block>/<library>/energy.json."""

    block: str
    network: str
    mode: str
    training: str
    unit: str
    program: str
    library: str
    loop_nj: float
    unit_nj: float
    layers: Sequence[LayerEnergy]


@dataclass(frozen=True)
class Point:
    """One operating point of build/bench/tradeoff.json: what skipping costs.

    lost: exact - skipping, images of 10,000; negative if skipping gains.
    """

    network: str
    images: str
    kind: str
    label: str
    skipped: float
    lost: float


@dataclass(frozen=True)
class Data:
    """Everything. studies: networks that scripts.study wrote a page about."""

    blocks: Mapping[str, Block]
    night: Night | Missing
    past: Sequence[PastNight]
    inferences: Sequence[Inference]
    tradeoff: Sequence[Point] | Missing
    studies: Sequence[str] = ()

    def networks(self) -> list[str]:
        """Networks that anything was measured on."""
        named = {f.network for block in self.blocks.values() for f in block.figures or ()}
        return sorted((named | {each.network for each in self.inferences}) - {""})
