# SPDX-License-Identifier: Apache-2.0
"""ENGINE=slurm on a real Slurm of one node, started here on loopback with a state of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts import regress, regress_job
from scripts.engines import one_node, slurm
from scripts.errors import UserError
from scripts.progress import cores
from scripts.project import ROOT
from scripts.regress_job import main as one_task
from scripts.regress_plan import Job
from scripts.regress_watch import Watch

BENCH = """# SPDX-License-Identifier: Apache-2.0
sources = ["bench.sv"]
visible = ["bench.*"]

[parameters]
Step = 1

[tests.Counts]

[[nightly]]
tests = ["Counts"]
simulators = ["icarus"]
seeds = 3
settings = [{}, {error = 1}]
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """A Slurm of one node; its environment. Skipped where there can be none."""
    if reason := one_node.missing():
        pytest.skip(f"no Slurm here: {reason}")
    try:
        with one_node.one_node(tmp_path_factory.mktemp("slurm")) as environment:
            yield environment
    except UserError as error:
        pytest.skip(f"Slurm cannot be started here: {error}")


@pytest.fixture
def on_cluster(cluster: Mapping[str, str], toy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy, in an environment in which sbatch finds the cluster."""
    for name in ("SLURM_CONF", "PATH"):
        monkeypatch.setenv(name, cluster[name])
    (toy / "verif/counter/bench.toml").write_text(BENCH)
    return toy


def summary(toy: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((toy / "build/nightly/summary.json").read_text())
    return table


def tasks() -> list[tuple[str, str]]:
    """(task, state) of everything in the queue."""
    command = ["squeue", "--noheader", "--array", "--format=%i %T"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [(words[0], words[1]) for words in map(str.split, lines)]


def in_the_background(watch: Callable[[], bool]) -> threading.Event:
    """Call `watch` now and then until it says that it is done; return an event to end it."""
    over = threading.Event()

    def loop() -> None:
        while not over.wait(0.2) and not watch():
            pass

    threading.Thread(target=loop, daemon=True).start()
    return over


def test_a_night_with_a_failing_and_a_cancelled_task(
    on_cluster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(slurm, "CHUNK", 3)
    cancelled: list[str] = []

    def cancel_the_first() -> bool:
        running = [task for task, _ in tasks()]
        if running:
            cancelled.append(running[-1])
            subprocess.run(["scancel", running[-1]], check=True)
        return bool(running)

    over = in_the_background(cancel_the_first)
    status = regress.main(["--engine", "slurm", "--jobs", "2", "--hours", "1"], root=on_cluster)
    over.set()
    result = summary(on_cluster)
    assert status == 1
    assert cancelled
    assert (result["planned"], result["finished"], result["lost"]) == (6, 6, 0)
    assert result["retried"] == 1
    assert sorted(job["verdict"] for job in result["jobs"]) == ["fail"] * 3 + ["pass"] * 3
    (bucket,) = result["buckets"]
    assert bucket["count"] == 3
    assert Path(bucket["waves"]).is_file()
    assert "made twice" in capsys.readouterr().out
    assert tasks() == []


def test_what_is_cancelled_twice_is_lost(on_cluster: Path) -> None:
    (on_cluster / "verif/counter/bench.toml").write_text(BENCH.replace("seeds = 3", "seeds = 1"))

    def cancel_all() -> bool:
        for task, _ in tasks():
            subprocess.run(["scancel", task], check=False, capture_output=True)
        return False

    over = in_the_background(cancel_all)
    status = regress.main(["--engine", "slurm", "--hours", "1"], root=on_cluster)
    over.set()
    result = summary(on_cluster)
    assert status == 1
    assert (result["finished"], result["lost"], result["retried"]) == (0, 2, 2)
    for job in result["jobs"]:
        assert job["reason"].startswith("its task left no result file, twice")


def test_ctrl_c_cancels_what_is_submitted(on_cluster: Path, cluster: Mapping[str, str]) -> None:
    (on_cluster / "verif/counter/bench.toml").write_text(BENCH.replace("seeds = 3", "seeds = 40"))
    code = (
        "import signal, sys; from pathlib import Path; from scripts.regress import main;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "sys.exit(main(['--engine', 'slurm', '--seed', '5'], root=Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(on_cluster)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **cluster})
    deadline = time.monotonic() + 60
    while not list((on_cluster / "build/nightly/5/results").glob("*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(2)
    assert process.wait(timeout=30) == 130
    left = [state for _, state in tasks() if state in ("PENDING", "RUNNING")]
    assert left == []
    assert 1 <= summary(on_cluster)["finished"] < 80


def test_arrays_have_at_most_500_tasks_and_spare_seeds_their_own() -> None:
    jobs = [Job("b", "A", seed, spare=seed > 3) for seed in range(1, 1104)]
    sizes = [(len(chunk), {job.spare for job in chunk}) for chunk in slurm._chunks(jobs)]
    assert sizes == [(3, {False}), (500, {True}), (500, {True}), (100, {True})]


def test_a_task_leaves_one_result_file(toy: Path, tmp_path: Path) -> None:
    job = Job("counter", "Counts", 3, "icarus")
    (tmp_path / "jobs.json").write_text(f"[{job.line()}]")
    options = ["--list", tmp_path / "jobs.json", "--index", "0", "--results", tmp_path / "results"]
    assert one_task([*map(str, options), "--root", str(toy)]) == 0
    (path,) = (tmp_path / "results").iterdir()
    assert path.stem == job.key
    assert json.loads(path.read_text())["verdict"] == "pass"


def test_a_fault_of_the_runner_has_a_result_file_too(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object, **_more: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(regress_job, "simulate", faulty)
    job = Job("counter", "Counts", 3, "icarus")
    (tmp_path / "jobs.json").write_text(f"[{job.line()}]")
    options = ["--list", tmp_path / "jobs.json", "--index", "0", "--results", tmp_path]
    assert one_task([*map(str, options), "--root", str(toy)]) == 0
    outcome = regress_job.recorded(tmp_path, job.key)
    assert outcome
    assert (outcome.verdict, outcome.reason) == ("fail", "KeyError: 'x'")


def fake_slurm(folder: Path, monkeypatch: pytest.MonkeyPatch, sbatch: str) -> None:
    """Put into PATH an sbatch of these commands, and a scancel that notes the job's number."""
    for name, line in (("sbatch", sbatch), ("scancel", f"echo $1 >{folder}/cancelled")):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_a_task_that_is_lost_says_what_its_log_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_slurm(tmp_path, monkeypatch, f"echo no python >{tmp_path}/array-1-0.log; echo 7")
    job, watch = Job("counter", "Counts", 3, "icarus"), Watch(1)
    slurm.run([job], tmp_path / "results", watch, tmp_path, 1)
    outcome = watch.outcomes[job.key]
    assert outcome.verdict == "lost"
    assert outcome.reason == "its task left no result file, twice: no python"


def test_an_array_does_not_outlive_its_sbatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_slurm(tmp_path, monkeypatch, "echo 7; exit 1")
    with slurm._submitted(tmp_path / "array-0.sh", 1, 1) as (process, number):
        assert (process.wait(), number) == (1, "7")
    assert (tmp_path / "cancelled").read_text() == "7\n"


def test_a_cluster_of_many_tasks_has_no_more_builders_here_than_cores(toy: Path) -> None:
    options = regress._parser().parse_args(["--engine", "slurm", "--jobs", "1000", "--seed", "1"])
    assert regress.Regression(options, ["counter"], toy)._workers == cores()


def test_without_slurm_the_package_is_named(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(toy))
    assert regress.main(["--engine", "slurm"], root=toy) == 2
    assert "apt-get install slurm-wlm" in capsys.readouterr().err
