# SPDX-License-Identifier: Apache-2.0
"""The nightly on a project of one counter: what it runs, and that it loses nothing."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scripts import build, regress, regress_campaigns, simulate_command
from scripts.engines import local
from scripts.engines.pool import Pool
from scripts.files import write_json
from scripts.project import ROOT, Project
from scripts.regress_campaigns import Campaign
from scripts.regress_job import Outcome, make_build, of_job, recorded
from scripts.regress_night import open_night
from scripts.regress_plan import Durations, Job, by_turns, expand, fit, order
from scripts.regress_summary import buckets
from scripts.regress_watch import Watch
from scripts.simulators import Killed

SLOW = """

@pyuvm.test()
class Slow(CounterTest):
    \"\"\"Passes after a while.\"\"\"

    async def run_phase(self) -> None:
        self.raise_objection()
        time.sleep(run.settings().get("seconds", 1.5))
        self.drop_objection()
        await super().run_phase()
"""
BENCH = """# SPDX-License-Identifier: Apache-2.0
sources = ["bench.sv"]
visible = ["bench.*"]

[parameters]
Step = 1

[tests.Counts]
[tests.Slow]
"""


def night_of(toy: Path, *entries: str) -> Path:
    """Give the toy two tests and these [[nightly]] entries, on Icarus unless they say otherwise."""
    tests = toy / "verif/counter/tests.py"
    tests.write_text(tests.read_text() + SLOW)
    text = [f"[[nightly]]\n{entry}\n" for entry in entries]
    text = [part if "simulators" in part else f'{part}simulators = ["icarus"]\n' for part in text]
    (toy / "verif/counter/bench.toml").write_text("\n".join([BENCH, *text]))
    return toy


COUNTS = 'tests = ["Counts"]\nseeds = 2'
SLOW_RUNS = 'tests = ["Slow"]\nseeds = 6'
ONE_SLOW = 'tests = ["Slow"]\nsettings = {seconds = 0}'


def night(toy: Path, *options: str, status: int = 0) -> dict[str, Any]:
    """Run a night and return its summary."""
    assert regress.main(["--hours", "1", *options], root=toy) == status
    return summary(toy)


def summary(toy: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((toy / "build/nightly/summary.json").read_text())
    return table


# ---- the plan ------------------------------------------------------------------------------------


def jobs_of(toy: Path, seeds: int | None = None, seed: int = 7) -> list[Job]:
    return expand(Project(toy), ["counter"], seed, seeds)


def test_lists_are_multiplied_out_and_a_test_without_an_entry_runs_once(toy: Path) -> None:
    night_of(
        toy,
        'tests = ["Counts"]\nseeds = 3\nsimulators = ["icarus", "verilator"]\n'
        "parameters = [{Step = [1, 2]}, {Step = 5}]",
    )
    jobs = jobs_of(toy)
    counts = [job for job in jobs if job.test == "Counts"]
    assert len(counts) == 3 * 2 * 3
    assert {job.parameters["Step"] for job in counts} == {1, 2, 5}
    assert [job.spare for job in counts[:3]] == [False, True, True]
    assert [(job.test, job.spare) for job in jobs if job not in counts] == [("Slow", False)]
    assert len({(job.test, job.seed) for job in jobs}) == len(jobs)


def test_runs_follow_from_the_seed_and_not_from_how_many_there_are(toy: Path) -> None:
    night_of(toy, COUNTS, ONE_SLOW)
    few, many = jobs_of(toy), jobs_of(toy, seeds=9)
    assert (len(few), len(many)) == (3, 10)  # a test that has one seed keeps it
    assert {job.key for job in few} <= {job.key for job in many}
    assert not {job.seed for job in few} & {job.seed for job in jobs_of(toy, seed=8)}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('tests = ["Adds"]', "unknown test in .*'Adds'; valid: Counts, Slow"),
        ('tests = ["Counts"]\ncount = 3', "takes parameters, refused, seeds"),
        ("seeds = 3", "tests must be there"),
        ('tests = ["Counts"]\nseeds = 0', "seeds = 0 must be a number from 1"),
        ('tests = ["Counts"]\nparameters = {Step = []}', "parameters must not be empty"),
        ('tests = ["Counts"]\nsimulators = []', "simulators must not be empty"),
        ('tests = ["Counts"]\nsettings = 3', "settings are tables or lists of them"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(
    toy: Path, entry: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    night_of(toy, entry)
    assert regress.main([], root=toy) == 2
    assert re.search(message, capsys.readouterr().err)


def kinds(count: int) -> list[Job]:
    """Jobs of two tests with `count` seeds each."""
    return [Job("b", test, k + 1, spare=k > 0) for test in "AB" for k in range(count)]


def recorded_durations(folder: Path, **seconds: float) -> Durations:
    table = {f"b {test} verilator": value for test, value in seconds.items()}
    (folder / "durations.json").write_text(json.dumps(table))
    return Durations(folder / "durations.json")


def test_the_longest_run_first_and_spare_seeds_last(tmp_path: Path) -> None:
    durations = recorded_durations(tmp_path, A=1, B=50)
    assert [(j.test, j.spare) for j in order(kinds(2), durations)] == [
        ("B", False),
        ("A", False),
        ("B", True),
        ("A", True),
    ]


@pytest.mark.parametrize(("seconds", "left"), [(1000, 20), (255, 10), (51, 2), (0, 2)])
def test_seeds_are_dropped_evenly_and_tests_never(
    tmp_path: Path, seconds: float, left: int
) -> None:
    durations = recorded_durations(tmp_path, A=1, B=50)
    kept = fit(kinds(10), durations, seconds)
    assert len(kept) == left
    assert [job for job in kept if not job.spare] == [job for job in kinds(10) if not job.spare]


def test_what_does_not_fit_comes_by_turns() -> None:
    assert [(job.test, job.seed) for job in by_turns(kinds(3))] == [
        (test, seed) for seed in (1, 2, 3) for test in ("A", "B")
    ]


def test_durations_are_remembered_and_guessed_from_the_same_test(tmp_path: Path) -> None:
    durations = Durations(tmp_path / "durations.json")
    job = Job("b", "A", 1)
    assert durations.of(job) == 10
    durations.note({job.kind: [2.0, 4.0]})
    again = Durations(tmp_path / "durations.json")
    assert again.of(job) == 3
    assert again.of(Job("b", "A", 1, parameters={"Step": 2})) == 3
    again.note({job.kind: [5.0]})
    assert again.of(job) == 4


@pytest.mark.parametrize("text", ["[1]", '{"b A verilator": null}', '{"b A veri'])
def test_a_malformed_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert Durations(tmp_path / "x.json").of(Job("b", "A", 1)) == 10
    assert recorded(tmp_path, "x") is None


def test_after_the_end_no_spare_seed_starts() -> None:
    watch = Watch(2, end=time.monotonic() - 1)
    assert [watch.may_start(job) for job in kinds(2)[:2]] == [True, False]
    assert [job.seed for job in watch.dropped] == [2]


# ---- a night -------------------------------------------------------------------------------------


def test_a_night_that_passes(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night_of(toy, 'tests = ["Counts"]\nseeds = 2\nparameters = {Step = [1, 2]}', ONE_SLOW)
    result = night(toy, "--seed", "5")
    assert "SEED=5" in capsys.readouterr().out
    counts = {name: result[name] for name in ("planned", "finished", "dropped", "lost", "retried")}
    assert counts == {"planned": 5, "finished": 5, "dropped": 0, "lost": 0, "retried": 0}
    assert all(job["verdict"] == "pass" and job["compared"] == 4 for job in result["jobs"])
    assert min(job["overhead_seconds"] for job in result["jobs"]) < 1.5  # others may be busy
    assert not list((toy / "build/runs/counter").iterdir())  # nothing to look at
    assert not (toy / "build/nightly/5").exists()
    (entry,) = (toy / "build/nightly/history").iterdir()
    assert json.loads(entry.read_text())["blocks"] == {"counter": {"runs": 5, "failed": 0}}
    assert len(json.loads((toy / "build/nightly/durations.json").read_text())) == 3


def test_failures_are_grouped_shown_with_waves_and_repeated_by_their_line(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night_of(toy, 'tests = ["Counts"]\nseeds = 3\nsettings = [{error = 1}, {}]', ONE_SLOW)
    result = night(toy, status=1)
    (bucket,) = result["buckets"]
    assert (bucket["count"], bucket["repeats"]) == (3, True)
    assert {result["jobs"][index]["verdict"] for index in bucket["jobs"]} == {"fail"}
    assert Path(bucket["waves"]).stat().st_size > 0
    assert bucket["replay"] in capsys.readouterr().out
    words = dict(word.partition("=")[::2] for word in shlex.split(bucket["replay"])[2:])
    options = [f"--{name.lower()}={value}" for name, value in words.items() if name != "WAVES"]
    assert simulate_command.main(options, root=toy) == 1
    message = capsys.readouterr().out
    assert result["jobs"][bucket["jobs"][0]]["reason"] in message


def test_a_failure_that_takes_long_is_not_run_again_with_waves(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regress, "LONGEST_AGAIN_S", 0.0)
    night_of(toy, 'tests = ["Counts"]\nsettings = {error = 1}')
    (bucket,) = night(toy, status=1)["buckets"]
    assert (bucket["count"], bucket["waves"]) == (1, None)
    assert "error=1" in bucket["replay"]


def test_a_model_that_does_not_build_fails_its_runs_and_no_others(toy: Path) -> None:
    night_of(toy, COUNTS)
    source = toy / "verif/counter/bench.sv"
    source.write_text(
        source.read_text().replace("endmodule", "if (Step == 3) nothing u_x ();\nendmodule")
    )
    toml = toy / "verif/counter/bench.toml"
    toml.write_text(
        toml.read_text()
        + '\n[[nightly]]\ntests = ["Slow"]\nsimulators = ["icarus"]\nparameters = {Step = 3}\n'
    )
    result = night(toy, status=1)
    verdicts = {job["test"]: (job["verdict"], job["cause"]) for job in result["jobs"]}
    assert verdicts == {"Counts": ("pass", ""), "Slow": ("fail", "not built")}
    assert "counter does not build" in result["buckets"][0]["message"]


def test_parameters_that_must_be_refused(toy: Path) -> None:
    check = 'initial if (Step == 9) $fatal(1, "Step = 9 is too much");\nendmodule'
    source = toy / "verif/counter/bench.sv"
    source.write_text(source.read_text().replace("endmodule", check))
    night_of(
        toy,
        'tests = ["Counts"]\nparameters = {Step = 9}\nrefused = "Step = 9 is"',
        'tests = ["Slow"]\nsettings = {seconds = 0}\nrefused = "anything"',
    )
    result = night(toy, status=1)
    verdicts = {job["test"]: (job["verdict"], job["reason"]) for job in result["jobs"]}
    assert verdicts["Counts"] == ("pass", "")
    assert verdicts["Slow"] == ("fail", "was not refused with 'anything'")


def test_a_short_night_has_all_tests_and_few_seeds(toy: Path) -> None:
    night_of(toy, 'tests = ["Counts"]\nseeds = 50\nparameters = {Step = [1, 2]}', ONE_SLOW)
    result = night(toy, "--hours", "0.0001")
    assert (result["planned"], result["finished"], result["dropped"]) == (101, 3, 98)


def test_seeds_that_were_thought_too_long_run_while_there_is_time(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By what an earlier night recorded, six of 20 such runs fit into an hour of two jobs."""
    night_of(toy, 'tests = ["Counts"]\nseeds = 20', ONE_SLOW)
    write_json(toy / "build/nightly/durations.json", {"counter Counts icarus": 1100})
    result = night(toy, "--jobs", "2")
    assert "14 seeds come last" in capsys.readouterr().out
    assert (result["planned"], result["finished"], result["dropped"]) == (21, 21, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--blocks", "nix"], "unknown block 'nix'; valid: counter"),
        (["--hours", "0"], "HOURS=0.0: must be more than 0"),
        (["--hours", "inf"], "HOURS=inf: must be more than 0, and finite"),
        (["--hours", "two"], "error: argument --hours: invalid float value: 'two'"),
        (["--seeds", "-1"], "SEEDS=-1: must be more than 0"),
        (["--engine", "lsf"], "unknown ENGINE 'lsf'; valid: local, slurm"),
    ],
)
def test_a_night_that_makes_no_sense_is_refused(
    toy: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regress.main(options, root=toy) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_model_whose_compiler_is_killed_is_built_once_more(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_design, kills = build._compile, iter([1, 0, 1, 1])

    def compile_or_die(design: build.Design, directory: Path) -> None:
        if next(kills):
            raise Killed("iverilog: killed by signal 9")
        compile_design(design, directory)

    monkeypatch.setattr(build, "_compile", compile_or_die)
    assert make_build(Job("counter", "Counts", 1, "icarus"), toy) == ""
    other = Job("counter", "Counts", 1, "icarus", {"Step": 2})
    assert make_build(other, toy) == "iverilog: killed by signal 9"


def test_two_nights_at_once_are_refused(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night_of(toy, COUNTS)
    with open_night(toy, 1, 1.0):
        assert regress.main(["--seed", "2"], root=toy) == 2
    assert "another night is running" in capsys.readouterr().err


def test_messages_that_differ_in_numbers_are_one_failure() -> None:
    reasons = ["pc 0x80000010 differs", "pc 0xABC differs", "no progress", ""]
    outcomes = [of_job(Job("b", "A", k), "fail", "test", r) for k, r in enumerate(reasons)]
    outcomes[0].cycles, outcomes[1].cycles = 500, 20
    outcomes[3] = Outcome(**{**vars(outcomes[3]), "verdict": "pass"})
    found = buckets(outcomes)
    assert [(bucket.message, bucket.jobs) for bucket in found] == [
        ("pc # differs", [1, 0]),  # the shorter one first
        ("no progress", [2]),
    ]


# ---- what is killed ------------------------------------------------------------------------------


def simulators(toy: Path) -> Iterator[tuple[int, str]]:
    """Yield (process, seed) of the simulators that run a test of `toy`."""
    runs = toy / "build/runs/counter"
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            place = (path / "cwd").readlink()
            if place.is_relative_to(runs):
                yield int(path.name), place.name.split("-")[1]


def worker_of(pid: int) -> int:
    """Return the parent of a simulator."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_campaign_leaves_nothing_running(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (  # in a session of its own, as each simulation is
        "import subprocess; p = subprocess.Popen(['sleep', '60'], start_new_session=True);"
        f"open({str(pid)!r}, 'w').write(str(p.pid)); p.wait()"
    )
    campaign = Campaign("counter", "coverage", ("timeit", "-n1", "-r1", code))
    assert regress_campaigns.run(campaign, tmp_path, 5.0).verdict == "not done"
    deadline = time.monotonic() + 5  # it may take a moment to die
    while runs(int(pid.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether a process is there, and not only waits to be forgotten."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


class Killer(threading.Thread):
    """While a night runs, kills the simulators and workers that `wanted` names, once a sight."""

    def __init__(self, toy: Path, wanted: Callable[[int, str], int | None]) -> None:
        super().__init__(daemon=True)
        self.toy, self.wanted, self.over = toy, wanted, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            for pid, seed in simulators(self.toy):
                with suppress(OSError):
                    if (victim := self.wanted(pid, seed)) is not None:
                        os.kill(victim, signal.SIGKILL)


def test_nothing_is_lost_when_workers_and_simulators_are_killed(toy: Path) -> None:
    night_of(toy, SLOW_RUNS, COUNTS)
    killed: list[str] = []

    def once(pid: int, seed: str) -> int | None:
        if seed in killed:
            return None
        killed.append(seed)
        return worker_of(pid) if len(killed) % 2 else pid

    killer = Killer(toy, once)
    killer.start()
    result = night(toy, "--jobs", "2")
    killer.over.set()
    assert len(killed) >= 6
    assert (result["lost"], result["finished"]) == (0, 8)
    assert result["retried"] >= 6
    assert not list(simulators(toy))


def test_what_is_killed_twice_is_lost_and_told(toy: Path) -> None:
    night_of(toy, 'tests = ["Slow"]\nseeds = 3')
    chosen: list[str] = []

    def always_the_first(pid: int, seed: str) -> int | None:
        chosen.append(seed)
        return worker_of(pid) if seed == chosen[0] else None

    killer = Killer(toy, always_the_first)
    killer.start()
    result = night(toy, "--jobs", "2", status=1)
    killer.over.set()
    lost = [job for job in result["jobs"] if job["verdict"] == "lost"]
    assert [str(job["seed"]) for job in lost] == chosen[:1]
    assert (result["lost"], result["finished"], result["retried"]) == (1, 3, 1)
    assert result["buckets"][0]["message"] == "its worker was killed"


# A shell starts background jobs with SIGINT ignored, and they pass that on: hence the handler.
INTERRUPTIBLE = """
import signal, sys
from pathlib import Path
from scripts.regress import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(["--seed", "5", "--jobs", "2"], root=Path(sys.argv[1])))
"""


def interrupted(toy: Path, after: int) -> None:
    """Run a night of seed 5 until so many runs are finished, then press Ctrl-C."""
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTIBLE, str(toy)], cwd=ROOT)
    deadline = time.monotonic() + 90
    while len(list((toy / "build/nightly/5/results").glob("*.json"))) < after:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    assert workers(toy)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert not list(simulators(toy))
    assert not workers(toy)


def workers(toy: Path) -> list[str]:
    """The processes of the pool of `toy`."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (path / "cmdline").read_bytes().decode().split("\0")
            if "scripts.engines.worker" in words and str(toy) in words:
                found.append(path.name)
    return found


def test_there_are_no_more_workers_than_jobs(toy: Path, tmp_path: Path) -> None:
    with Pool(toy, tmp_path / "results", 4) as pool:
        wrong = local.build(pool, [Job("counter", "Counts", 1, "icarus")], Watch(1, quiet=True))
        assert (wrong, len(workers(toy))) == ({}, 1)


def test_an_interrupted_night_goes_on_where_it_was(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night_of(toy, SLOW_RUNS, COUNTS)
    interrupted(toy, after=2)
    first = summary(toy)
    assert first["interrupted"]
    assert 2 <= first["finished"] < first["planned"] == 8
    result = night(toy, "--seed", "5")
    assert f"{first['finished']} of 8 runs are finished already" in capsys.readouterr().out
    assert (result["finished"], result["started"]) == (8, first["started"])
    assert result["seconds"] >= first["seconds"]
    for job in first["jobs"]:  # to the millisecond that it took: it was not made again
        assert job in result["jobs"]
    night(toy, "--seed", "5")
    assert "finished already" not in capsys.readouterr().out  # that night was over


def test_an_interrupted_night_starts_again_when_a_source_has_changed(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night_of(toy, SLOW_RUNS)
    interrupted(toy, after=1)
    source = toy / "rtl/counter/counter.sv"
    source.write_text(source.read_text() + "// changed\n")
    assert night(toy, "--seed", "5")["finished"] == 7
    assert "sources have changed" in capsys.readouterr().out


def test_campaigns_that_were_out_of_time_come_again_when_a_night_goes_on(toy: Path) -> None:
    with open_night(toy, 1, 1.0) as begun:
        for verdict in ("pass", "not done"):
            begun.campaigns.append(regress_campaigns.Outcome("", "counter", "", verdict, 1.0))
        begun.keep()
    with open_night(toy, 1, 2.0) as continued:
        assert [campaign.verdict for campaign in continued.campaigns] == ["pass"]
