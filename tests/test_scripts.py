# SPDX-License-Identifier: Apache-2.0
"""The commands: make help, make setup, make sim, make lint."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from scripts import lint, processes, simulate_command
from scripts.errors import UserError
from scripts.judge import Result
from scripts.project import ROOT, Project
from scripts.simulate import SimulationFailed
from scripts.waivers import waiver_findings

# ---- make sim ------------------------------------------------------------------------------------


def sim(toy: Path, *arguments: str) -> int:
    return simulate_command.main([*arguments, "--sim", "icarus"], root=toy)


def test_without_options_all_smoke_runs_of_all_blocks_pass(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sim(toy) == 0
    printed = capsys.readouterr().out
    run = r"PASS +counter +Counts +seed 1 (Step=2 )?network=(small|large) icarus"
    line = rf"^{run} +4 cycles +\d+\.\d s +counter: in steps of \d"
    assert len(re.findall(line, printed, re.MULTILINE)) == 2
    assert "2 of 2 runs passed" in printed


def test_options_replace_those_of_the_smoke_runs(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--network", "small", "--parameters", "Step=5", "--seed", "9"]
    assert sim(toy, "--block", "counter", *options) == 0
    printed = capsys.readouterr().out
    assert "1 of 1 runs passed" in printed  # the two smoke runs have become one
    assert "seed 9 Step=5 network=small" in printed


def test_a_failure_shows_mismatch_waves_and_a_replay_that_fails_again(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--block", "counter", "--test", "Counts", "--seed", "3", "--settings", "error=1"]
    assert sim(toy, *options) == 1
    printed = capsys.readouterr().out
    assert "FAIL  counter    Counts" in printed
    assert "first mismatch: layer scoreboard, index 0: expected 2, got 1" in printed
    replay = "make sim BLOCK=counter TEST=Counts SEED=3 SIM=icarus SETTINGS=error=1 WAVES=1"
    assert f"replay: {replay}" in printed
    waves = re.search(r"waves: +(\S+)", printed)
    assert waves is not None
    assert Path(waves[1]).is_file()
    assert "0 of 1 runs passed" in printed


def test_a_failure_that_cannot_run_again_with_waves_is_told_all_the_same(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate = simulate_command.simulate

    def without_waves(*names: Any, waves: bool, **options: Any) -> Any:
        if waves:
            raise UserError("no room for waves")
        return simulate(*names, **options)

    monkeypatch.setattr(simulate_command, "simulate", without_waves)
    assert sim(toy, "--block", "counter", "--test", "Counts", "--settings", "error=1") == 1
    printed = capsys.readouterr().out
    assert "first mismatch: layer scoreboard" in printed
    assert "waves:  none: no room for waves" in printed


def test_a_simulation_that_was_killed_is_not_made_again(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = []

    def killed(block: str, test: str, *, waves: bool, **_: Any) -> Any:
        runs.append(waves)
        raise SimulationFailed(
            Result(block, test, 1, "icarus", {}, {}, "x", "", cause="killed", reason="vvp: killed")
        )

    monkeypatch.setattr(simulate_command, "simulate", killed)
    assert sim(toy, "--block", "counter", "--test", "Counts") == 1
    assert "vvp: killed" in capsys.readouterr().out
    assert runs == [False]


def test_a_random_seed_is_printed(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim(toy, "--block", "counter", "--test", "Counts", "--seed", "random") == 0
    printed = capsys.readouterr().out
    drawn = re.search(r"^SEED=(\d+)$", printed, re.MULTILINE)
    assert drawn is not None
    assert f"seed {drawn[1]}" in printed


# A shell starts background jobs with SIGINT ignored, and they pass that on: hence the handler.
INTERRUPTIBLE = """
import signal, sys
from pathlib import Path
from scripts.simulate_command import main
signal.signal(signal.SIGINT, signal.default_int_handler)
options = ["--block", "counter", "--test", "Sleeps", "--sim", "icarus"]
sys.exit(main(options, root=Path(sys.argv[1])))
"""


def simulators_of(root: Path) -> list[Path]:
    """Return the running processes whose command line has a build of the project `root`."""
    needle = str(root / "build" / "sim").encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if needle in (process / "cmdline").read_bytes():
                found.append(process)
    return found


def test_an_interrupt_ends_the_simulations_too(toy: Path) -> None:
    bench_file = toy / "verif/counter/bench.toml"
    bench_file.write_text(bench_file.read_text().replace("timeout_s = 1", "timeout_s = 60"))
    command = [sys.executable, "-c", INTERRUPTIBLE, str(toy)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not any("vvp" in (p / "comm").read_text() for p in simulators_of(toy)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert simulators_of(toy) == []


def test_a_child_that_starts_while_all_are_stopped_is_stopped_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_stopped", threading.Event())
    start = subprocess.Popen

    def start_and_stop(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        child = start(*arguments, **options)
        processes.stop()
        return child

    monkeypatch.setattr(subprocess, "Popen", start_and_stop)
    with (tmp_path / "log").open("w") as log:
        outcome = processes.run(["sleep", "20"], cwd=tmp_path, env={}, log=log, limit_s=10)
    assert outcome.killed


def test_sources_that_do_not_build_fail_the_run(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = toy / "rtl/counter/counter.sv"
    source.write_text(source.read_text().replace("count_o + Step;", "count_o +;"))
    assert sim(toy, "--block", "counter", "--test", "Counts") == 1
    assert "counter does not build" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--block", "adder"], "unknown BLOCK 'adder'; valid: counter"),
        (["--block", "counter", "--test", "Adds"], "unknown TEST of counter 'Adds'; valid: Counts"),
        (["--sim", "vcs"], "unknown SIM 'vcs'; valid: verilator, icarus"),
        (["--network", "vgg"], "unknown NETWORK 'vgg'; valid: small, large"),
        (["--images", "3"], "no block takes IMAGES"),
        (["--block", "counter", "--images", "3"], "counter takes no IMAGES; its settings: network"),
        (["--test", "Counts"], "TEST needs BLOCK; valid: counter"),
        (["--seed", "one"], "SEED 'one' is neither a number nor random"),
        (["--parameters", "Step"], "PARAMETERS: 'Step' is not name=value"),
    ],
)
def test_a_wrong_option_is_one_line_that_lists_the_valid_ones(
    toy: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert simulate_command.main(options, root=toy) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"error: {message}")
    assert printed.err.count("\n") == 1
    assert printed.out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tests = 1 = 2", r"bench\.toml: "),
        ("colour = 1", r"bench\.toml: unknown key 'colour'"),
        ('[tests.A]\n[[smoke]]\ntest = "B"', "unknown test .*'B'; valid: A"),
        ("[tests.A]\ntimeout = 1", r"\[tests\.A\] of .*: unknown key 'timeout'; .*, timeout_s"),
        ('sources = ["absent.sv"]\n[tests.A]', r"absent\.sv does not exist, but is listed in"),
        ("", r"no \[tests\.<Name>\] table"),
    ],
)
def test_a_wrong_bench_file_is_named(toy: Path, text: str, message: str) -> None:
    (toy / "verif/counter/bench.toml").write_text(text)
    with pytest.raises(UserError, match=message):
        Project(toy).bench("counter")


def test_blocks_that_depend_on_each_other_are_refused(toy: Path) -> None:
    (toy / "rtl/counter/block.toml").write_text('depends = ["counter"]')
    with pytest.raises(UserError, match="depend on each other: counter -> counter"):
        Project(toy).closure("counter")


# ---- make, setup ---------------------------------------------------------------------------------


def test_make_alone_prints_help_with_every_target_and_examples() -> None:
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    for target in targets[1].split():
        assert re.search(rf"^  make {target} ", printed, re.MULTILINE), target
    assert "make sim BLOCK=soc NETWORK=lenet5-tanh" in printed


def test_continuous_integration_calls_make_test(tmp_path: Path) -> None:
    stub(tmp_path, "make", 'echo "make $*"')
    path = f"{tmp_path}:{os.environ['PATH']}"
    run = subprocess.run(
        [ROOT / ".ci/run"], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert run.stdout == "make test\n"


def test_the_environment_holds_exactly_the_pinned_versions() -> None:
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if requirement := line.partition("#")[0].strip():
            name, _, pin = requirement.partition("==")
            assert pin, f"{line} is not pinned"
            assert version(name).partition("+")[0] == pin, name


def stub(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.unlink(missing_ok=True)  # it may be a link to the real one, which must stay as it is
    program.write_text(f"#!/bin/bash\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with what setup needs, no requirements, and bin/ with bare necessities."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts" / "setup")
    shutil.copy(ROOT / "apt.txt", tmp_path)
    (tmp_path / "requirements.txt").write_text("# none\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "env", "flock", "id", "mkdir", "rm", "sed", "sha256sum", "tr"):
        found = shutil.which(name)
        assert found is not None, name
        (programs / name).symlink_to(found)
    stub(programs, "dpkg-query", "exit 1")  # nothing is installed
    return tmp_path


def setup(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / "setup"],
        env={"PATH": str(checkout / "bin"), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


INSTALL = "apt-get update && apt-get install -y --no-install-recommends iverilog "


def test_setup_without_apt_prints_the_line_to_run(checkout: Path) -> None:
    run = setup(checkout)
    assert run.returncode == 1
    assert INSTALL in run.stderr
    assert not (checkout / ".venv").exists()


def test_setup_with_an_apt_that_refuses_prints_the_line_to_run(checkout: Path) -> None:
    stub(checkout / "bin", "apt-get", "exit 100")
    stub(checkout / "bin", "id", "echo 0")
    run = setup(checkout)
    assert run.returncode == 1
    assert f"apt-get refused; run as root: {INSTALL}" in run.stderr


def test_setup_with_neither_root_nor_sudo_prints_the_line_to_run(checkout: Path) -> None:
    stub(checkout / "bin", "apt-get", "exit 0")
    stub(checkout / "bin", "id", "echo 1000")
    run = setup(checkout)
    assert run.returncode == 1
    assert f"neither root nor sudo; run as root: {INSTALL}" in run.stderr


def test_setup_uses_sudo_when_not_root(checkout: Path) -> None:
    stub(checkout / "bin", "apt-get", "exit 0")
    stub(checkout / "bin", "id", "echo 1000")
    stub(checkout / "bin", "sudo", f'echo "$*" >>{checkout}/sudo.log; [[ "$*" == *update* ]]')
    run = setup(checkout)
    asked = (checkout / "sudo.log").read_text().splitlines()
    assert asked[0] == "-n env DEBIAN_FRONTEND=noninteractive apt-get update -qq"
    assert "--no-install-recommends iverilog gcc-riscv64-unknown-elf" in asked[1]
    assert "apt-get refused" in run.stderr  # this sudo allows an update and nothing else


def test_setup_remakes_a_half_made_environment_and_then_has_nothing_to_do(checkout: Path) -> None:
    junk = checkout / ".venv" / "bin" / "python"
    junk.parent.mkdir(parents=True)
    junk.write_text("half of it")
    path = f"{checkout / 'bin'}:/usr/bin:/bin:{os.environ['PATH']}"
    run = setup(checkout, SKIP_APT="1", PATH=path)
    assert run.returncode == 0, run.stderr
    assert junk.resolve().stat().st_size > 1000
    for name in ("dpkg-query", "python3", "python3.11", "apt-get"):
        stub(checkout / "bin", name, "echo called; exit 1")
    again = setup(checkout)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    (checkout / "requirements.txt").write_text("# changed\n")
    changed = setup(checkout)
    assert changed.returncode == 1  # it looks at the packages again


# ---- make lint -----------------------------------------------------------------------------------


def test_a_source_without_licence_is_found(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "with.py").write_text(f"# {lint.LICENCE}\n")
    (tmp_path / "without.sv").write_text("module a; endmodule\n")
    (tmp_path / "prose.md").write_text("# Title\n")
    assert lint.missing_licences(tmp_path) == [f"without.sv: no line '{lint.LICENCE}'"]


@pytest.mark.parametrize(
    ("waiver", "logic", "finding"),
    [
        ("// verilator lint_off UNUSEDSIGNAL  // for later", "logic spare;", None),
        ("// verilator lint_off UNUSEDSIGNAL", "logic spare;", "has no reason"),
        ("// verilator lint_off UNUSEDSIGNAL  // for later", "", "is not needed"),
    ],
)
def test_waivers_need_a_reason_and_something_to_waive(
    toy: Path, waiver: str, logic: str, finding: str | None
) -> None:
    source = toy / "rtl/counter/counter.sv"
    source.write_text(source.read_text().replace("  initial", f"{waiver}\n{logic}\n  initial"))
    project = Project(toy)
    found = waiver_findings(project, project.block("counter"))
    assert len(found) == (finding is not None)
    assert all(str(finding) in line for line in found)
