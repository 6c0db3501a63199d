# SPDX-License-Identifier: Apache-2.0
"""The nightly: ``make nightly BLOCKS=riscv,msb_skip HOURS=1``.

First the campaigns, one after the other, as each uses all cores: proofs, coverage, mutants. Then
random runs with new seeds, one on each core, until the time is over. Everything follows from one
seed, which is printed; SEED= repeats a night. Failures are put together by their message, each with
the line that repeats it. Results: build/nightly/summary.json; exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from typing import Any

from scripts.errors import UserError
from scripts.files import write_json
from scripts.progress import cores
from scripts.project import ROOT, Project, choose
from scripts.simulate import SimulationFailed, simulate

RESULTS = ROOT / "build" / "nightly"
CAMPAIGN_SHARE = 0.5  # of the time; what is not done by then is reported as not done
FEW_MUTANTS, ALL_MUTANTS = 40, 300
LONG_NIGHT_H = 1.0  # from here on all mutants


@dataclass(frozen=True)
class RandomRun:
    """A kind of random run, drawn with a weight. choices: settings drawn anew for each run."""

    block: str
    test: str
    weight: float
    simulator: str = "verilator"
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Sequence[Any]] = field(default_factory=dict)


UNIT = {"Multipliers": (1, 2, 4), "Accumulators": (4, 8), "Simd4": (0, 0, 0, 1)}
RANDOM_RUNS = (
    RandomRun("riscv", "RandomProgram", 12, settings={"passes": 400}),
    RandomRun("riscv", "RandomProgram", 3, settings={"passes": 40, "resets": 10}),
    RandomRun("riscv", "RandomProgram", 3, settings={"passes": 40}),
    RandomRun("riscv", "SelfCheck", 1, settings={"wait_states": 2, "resets": 5}),
    RandomRun("riscv", "SelfCheck", 0.3, "icarus", {"quick": 1, "wait_states": 1, "resets": 5}),
    RandomRun("msb_skip", "RandomTraffic", 2, parameters=UNIT),
    RandomRun("msb_skip", "SlowCore", 2, parameters=UNIT),
    RandomRun("msb_skip", "Kills", 2, parameters=UNIT),
    RandomRun("msb_skip", "ResetInTheMiddle", 1, "icarus", parameters=UNIT),
)


@dataclass
class Outcome:
    """One job of the night."""

    title: str
    verdict: str
    seconds: float
    reason: str = ""
    replay: str = ""
    block: str = ""
    test: str = ""
    compared: int = 0


def campaigns(blocks: Sequence[str], hours: float, seed: int) -> list[tuple[str, list[str]]]:
    """Return (title, command) of what is measured once a night."""
    count = ALL_MUTANTS if hours >= LONG_NIGHT_H else FEW_MUTANTS
    listed = []
    for block in blocks:
        folder = Project().bench(block).folder
        if (folder / "formal").is_dir():
            listed.append((f"formal {block}", ["scripts.formal", "--block", block]))
        if (folder / "coverage.toml").is_file():
            listed.append((f"coverage {block}", ["scripts.coverage", "--block", block]))
        if (folder / "mutation.toml").is_file():
            mutants = ["scripts.fuzz_rtl", "--block", block, "--seed", str(seed % 1000)]
            listed.append((f"mutants {block}", [*mutants, "--count", str(count)]))
    return listed


def random_runs(
    blocks: Sequence[str], seed: int
) -> Iterator[tuple[RandomRun, int, dict[str, Any]]]:
    """Yield (run, its seed, its parameters) for ever; the same ones for the same arguments."""
    source = random.Random(seed)
    kinds = [kind for kind in RANDOM_RUNS if kind.block in blocks]
    if not kinds:
        raise UserError(f"no random runs are known for {', '.join(blocks)}")
    while True:
        kind = source.choices(kinds, [kind.weight for kind in kinds])[0]
        parameters = {name: source.choice(values) for name, values in kind.parameters.items()}
        yield kind, source.randrange(1, 2**31), parameters


def run_campaign(title: str, command: Sequence[str], limit_s: float) -> Outcome:
    """Run one campaign in a process of its own, killed with its children at the limit."""
    started = time.monotonic()
    log = RESULTS / f"{title.replace(' ', '-')}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=file,
            stderr=file,
            cwd=ROOT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=max(1.0, limit_s))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return Outcome(title, "not done", time.monotonic() - started, "out of time")
    lines = [line for line in log.read_text().splitlines() if line.strip()] or [""]
    verdict, reason = ("pass", "") if code == 0 else ("fail", lines[-1])
    replay = f"python -m {' '.join(command)}"
    return Outcome(title, verdict, time.monotonic() - started, reason, replay)


def run_random(kind: RandomRun, seed: int, parameters: Mapping[str, Any]) -> Outcome:
    """Run one simulation; its folder is kept only if it fails."""
    title = f"{kind.block} {kind.test} seed {seed} {kind.simulator}"
    settings = dict(kind.settings)
    try:
        result = simulate(
            kind.block,
            kind.test,
            seed=seed,
            simulator=kind.simulator,
            settings=settings,
            parameters=parameters,
        )
    except SimulationFailed as failure:
        result = failure.result
    else:
        shutil.rmtree(result.directory, ignore_errors=True)
    return Outcome(
        title,
        result.verdict,
        result.seconds,
        result.reason,
        result.replay,
        kind.block,
        kind.test,
        result.counts.get("compared", 0),
    )


def night(blocks: Sequence[str], hours: float, seed: int) -> dict[str, Any]:
    """Run it all; return the summary."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    end = started + hours * 3600
    outcomes: list[Outcome] = []

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if outcome.verdict != "pass" or not outcome.test or len(outcomes) % 20 == 0:
            seconds = time.monotonic() - started
            print(f"[{seconds:6.0f} s] {outcome.verdict.upper():<8} {outcome.title}", flush=True)
            if outcome.verdict == "fail":
                print(f"           {outcome.reason}\n           {outcome.replay}", flush=True)

    for title, command in campaigns(blocks, hours, seed):
        left = started + CAMPAIGN_SHARE * hours * 3600 - time.monotonic()
        note(run_campaign(title, command, left))
    endless = random_runs(blocks, seed)
    with ThreadPoolExecutor(cores()) as pool:
        pending: set[Future[Outcome]] = set()
        while pending or time.monotonic() < end:
            while len(pending) < cores() and time.monotonic() < end:
                pending.add(pool.submit(run_random, *next(endless)))
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                note(future.result())
    return summary(outcomes, blocks, hours, seed, time.monotonic() - started)


def summary(
    outcomes: Sequence[Outcome], blocks: Sequence[str], hours: float, seed: int, seconds: float
) -> dict[str, Any]:
    """Return what is written to build/nightly/summary.json."""
    in_step = [o for o in outcomes if o.test in ("RandomProgram", "lockstep")]
    failures = [outcome for outcome in outcomes if outcome.verdict == "fail"]
    buckets: dict[str, list[str]] = {}
    for failure in failures:
        message = re.sub(r"(0x)?[0-9a-f]*\d[0-9a-f]*", "#", failure.reason)
        buckets.setdefault(message, []).append(failure.replay)
    return {
        "seed": seed,
        "blocks": list(blocks),
        "hours": hours,
        "seconds": round(seconds),
        "jobs": len(outcomes),
        "failed": len(failures),
        "not_done": [o.title for o in outcomes if o.verdict == "not done"],
        "lockstep_instructions": sum(o.compared for o in in_step),
        "lockstep_mismatches": sum(o.verdict == "fail" for o in in_step),
        "buckets": buckets,
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if nothing failed, 1 if something did, 2 when the command makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m scripts.regress", description=__doc__)
    parser.add_argument("--blocks", default="riscv,msb_skip", help="blocks, separated by commas")
    parser.add_argument("--hours", type=float, default=1.0, help="how long (default 1)")
    parser.add_argument("--seed", type=int, help="the seed of an earlier night; default: a new one")
    options = parser.parse_args(arguments)
    seed = options.seed or random.SystemRandom().randrange(1, 2**31)
    try:
        blocks = [choose("block", name, Project().benches()) for name in options.blocks.split(",")]
        if options.hours <= 0:
            raise UserError(f"HOURS={options.hours}: must be more than 0")
        print(f"SEED={seed}", flush=True)
        result = night(blocks, options.hours, seed)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_json(RESULTS / "summary.json", result)
    for message, replays in result["buckets"].items():
        print(f"{len(replays):4} x {message}\n       {replays[0]}")
    print(
        f"{result['jobs']} jobs, {result['failed']} failed, {len(result['not_done'])} not done;"
        f" {result['lockstep_instructions']:,} instructions in lock-step"
    )
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
