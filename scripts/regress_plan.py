# SPDX-License-Identifier: Apache-2.0
"""What a night runs: the tests of the testplans times seeds, parameters, settings and simulators.

A test's combinations are its [[nightly]] entries in verif/<block>/bench.toml; one without any runs
once, as it is. Seeds follow from the night's seed and the combination alone, so that a night of
other hours or blocks has the same runs.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.files import write_json
from scripts.project import Bench, Night, Project, Values
from scripts.simulate import value_text

UNKNOWN_S = 10.0  # taken for the duration of what was never run
_MEMORY = 0.5  # share of the recorded duration that a new one leaves


@dataclass(frozen=True)
class Job:
    """One run. spare: a further seed, which may be dropped; refused: see scripts.project.Night."""

    block: str
    test: str
    seed: int
    simulator: str = "verilator"
    parameters: Values = field(default_factory=dict)
    settings: Values = field(default_factory=dict)
    refused: str = ""
    spare: bool = False
    waves: bool = False

    @property
    def kind(self) -> str:
        """What takes as long whatever the seed is; the name of its recorded duration."""
        words = [self.block, self.test, self.simulator]
        for table in (self.parameters, self.settings):
            words += [f"{name}={value_text(value)}" for name, value in sorted(table.items())]
        return " ".join(words)

    @property
    def title(self) -> str:
        """How the display calls it."""
        return f"{self.kind} seed {self.seed}"

    @property
    def key(self) -> str:
        """Name of its result file: of the same run, also in a night that is continued."""
        digest = hashlib.sha256(f"{self.kind} {self.refused} {self.waves}".encode()).hexdigest()[:8]
        return f"{self.block}-{self.test}-{self.seed}-{digest}"

    def line(self) -> str:
        """The job as JSON; `Job(**json.loads(line))` gives it back."""
        return json.dumps(asdict(self))


def expand(project: Project, blocks: Iterable[str], night: int, seeds: int | None) -> list[Job]:
    """Return all jobs of a night; `seeds` replaces the number of seeds of tests that have many."""
    return [
        job
        for block in blocks
        for entry in entries(project.bench(block))
        for job in _jobs(block, entry, night, seeds)
    ]


def entries(bench: Bench) -> list[Night]:
    """The [[nightly]] entries of a bench, and one for each test that has none."""
    listed = {test for entry in bench.nightly for test in entry.tests}
    return [*bench.nightly, *(Night((test,)) for test in bench.tests if test not in listed)]


def _jobs(block: str, entry: Night, night: int, seeds: int | None) -> Iterator[Job]:
    count = entry.seeds if seeds is None or entry.seeds == 1 else seeds
    for test in entry.tests:
        for simulator in entry.simulators:
            for parameters in entry.parameters:
                for settings in entry.settings:
                    first = Job(block, test, 0, simulator, parameters, settings, entry.refused)
                    for number in range(count):
                        seed = draw(night, first.kind, number)
                        yield Job(**{**vars(first), "seed": seed, "spare": number > 0})


def draw(night: int, kind: str, number: int) -> int:
    """Return the seed of a run, from 1 to 2**31 - 1.

    >>> draw(7, "riscv RandomProgram", 0) == draw(7, "riscv RandomProgram", 0)
    True
    """
    digest = hashlib.sha256(f"{night} {kind} {number}".encode()).digest()
    return int.from_bytes(digest[:4]) % (2**31 - 1) + 1


class Durations:
    """Seconds that each kind of job took in earlier nights; build/nightly/durations.json."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds: dict[str, float] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):  # absent or malformed
            table = json.loads(path.read_text())
            self.seconds = {kind: float(seconds) for kind, seconds in table.items()}

    def of(self, job: Job) -> float:
        """Return what a job will take: as its kind did, or else as the same test did."""
        if (known := self.seconds.get(job.kind)) is not None:
            return known
        start = f"{job.block} {job.test} "
        alike = [seconds for kind, seconds in self.seconds.items() if kind.startswith(start)]
        return max(alike, default=UNKNOWN_S)

    def note(self, taken: Mapping[str, Sequence[float]]) -> None:
        """Take over the durations of a night, by kind, and write them."""
        for kind, seconds in taken.items():
            mean = sum(seconds) / len(seconds)
            before = self.seconds.get(kind, mean)
            self.seconds[kind] = round(_MEMORY * before + (1 - _MEMORY) * mean, 2)
        write_json(self.path, dict(sorted(self.seconds.items())))


def order(jobs: Iterable[Job], durations: Durations) -> list[Job]:
    """What must run before what may be dropped, and the longest first in each."""
    return sorted(jobs, key=lambda job: (job.spare, -durations.of(job), job.key))


def fit(jobs: Sequence[Job], durations: Durations, seconds: float) -> list[Job]:
    """Return the jobs that take `seconds` together: all combinations, each with fewer seeds."""
    kinds: dict[str, list[Job]] = {}
    for job in jobs:
        kinds.setdefault(f"{job.kind} {job.refused}", []).append(job)

    def kept(share: float) -> list[Job]:
        return [job for group in kinds.values() for job in group[: max(1, int(share * len(group)))]]

    def fits(share: float) -> bool:
        return sum(durations.of(job) for job in kept(share)) <= seconds

    if fits(1.0):
        return list(jobs)
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return kept(low)


def by_turns(jobs: Iterable[Job]) -> list[Job]:
    """The first job of each kind, the second of each, and so on."""
    seen: Counter[str] = Counter()
    numbered = []
    for job in jobs:
        numbered.append((seen[job.kind], job))
        seen[job.kind] += 1
    return [job for _, job in sorted(numbered, key=lambda one: one[0])]
