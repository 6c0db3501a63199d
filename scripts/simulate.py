# SPDX-License-Identifier: Apache-2.0
"""The one way to build and run a simulation: pytest, make and the figures all call `simulate`.

Each run has a folder of its own, build/runs/<block>/<test>-<seed>-<hash>, holding run.json (what
was asked), sim.log, results.xml (cocotb's verdict), report.json (what the test reported through
verif.common.run) and result.json (the judgement of all that, see `Result`).

    python -m scripts.simulate --block msb_skip --test RandomTraffic --seed 7 --waves
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from scripts import processes
from scripts.build import TOP, Design, Edit, Variant, build, describe, generated
from scripts.errors import UserError
from scripts.files import claimed, write_json
from scripts.judge import Result, judge
from scripts.power.gates import OSU180
from scripts.power.netlist_simulation import netlist_for
from scripts.project import ROOT, Bench, Project, choose
from scripts.simulators import SIMULATORS, CommandFailed, Killed, TimeLimit, make_runner

__all__ = ["Edit", "Result", "SimulationFailed", "simulate"]

PREPARATION_S = 120.0  # that a prepare hook has at least

# Settings that have a make variable of their own; the others go into SETTINGS="name=value ...".
NAMED_SETTINGS = ("network", "images", "mode", "elf")

ASKED = ("block", "test", "seed", "simulator", "parameters", "settings")  # what identifies a run


class SimulationFailed(Exception):
    """A run was built and started, but did not pass. `result` tells why."""

    def __init__(self, result: Result) -> None:
        super().__init__(result)
        self.result = result

    def __str__(self) -> str:
        result = self.result
        lines = [f"{result.block} {result.test} seed {result.seed}: {result.reason}"]
        if result.first_mismatch:
            lines.append(f"first mismatch: {mismatch_text(result.first_mismatch)}")
        return "\n".join([*lines, f"log: {result.directory}/sim.log", f"replay: {result.replay}"])


def mismatch_text(mismatch: Mapping[str, Any]) -> str:
    """Return e.g. ``layer c3, index (0, 3, 1, 1): expected 5, got 6``."""
    return (
        f"layer {mismatch['layer']}, index {mismatch['index']}: "
        f"expected {mismatch['expected']}, got {mismatch['got']}"
    )


def simulate(
    block: str,
    test: str,
    *,
    seed: int = 1,
    simulator: str = "verilator",
    parameters: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    edits: Iterable[Edit] = (),
    waves: bool = False,
    coverage: bool = False,
    netlist: Path | None = None,
    liberty: Path | None = None,
    defines: Sequence[str] = (),
    plusargs: Sequence[str] = (),
    limit_s: float | None = None,
    root: Path = ROOT,
) -> Result:
    """Build the bench of `block` (or find it built), run one test, and judge the run.

    `parameters` are those of the module `bench`; `settings` reach the test through
    verif.common.run.settings() and the block's prepare hook, and must survive JSON.
    `edits` plant bugs in a copy of the RTL. `coverage` makes Verilator count lines, toggles and
    expressions (coverage.dat in the run's folder). `netlist` is a Verilog file that takes the place
    of all RTL sources; `liberty` a cell library, to which the RTL is synthesised for that purpose.
    `defines` are further macros. `limit_s` is a wall-clock limit instead of the test's own. `root`
    is another project (used by tests).

    Raises SimulationFailed when the run does not pass, UserError when there is nothing to run:
    an unknown name, sources that do not build, a missing program, a failing prepare hook. Killed
    when somebody killed the build or the hook.
    """
    parameters, settings = dict(parameters or {}), dict(settings or {})
    variant = Variant(tuple(edits), waves, coverage, netlist, tuple(defines))
    design = designed(
        Project(root), block, test, simulator, parameters, settings, variant, liberty=liberty
    )
    bench, variant = design.bench, design.variant
    built = build(design)
    spec: dict[str, Any] = {
        "block": block,
        "test": test,
        "seed": seed,
        "simulator": simulator,
        "parameters": dict(design.parameters),
        "settings": settings,
        "waves": waves,
        "plusargs": list(plusargs),
        "edits": [asdict(edit) for edit in variant.edits],
        "coverage": coverage,
        "netlist": str(variant.netlist or ""),
        "defines": list(defines),
    }
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    wanted = design.root / "build" / "runs" / block / f"{test}-{seed}-{digest}"
    with claimed(wanted) as directory:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        write_json(directory / "run.json", spec)
        asked = {name: spec[name] for name in ASKED}
        replay = replay_command(asked, parameters, liberty)
        result = Result(**asked, directory=str(directory), replay=replay)
        _run(design, built, spec, result, limit_s or bench.tests[test].timeout_s)
        write_json(directory / "result.json", asdict(result))
    if result.verdict != "pass":
        raise SimulationFailed(result)
    return result


def designed(
    project: Project,
    block: str,
    test: str,
    simulator: str,
    parameters: Mapping[str, Any],
    settings: Mapping[str, Any],
    variant: Variant,
    *,
    liberty: Path | None = None,
) -> Design:
    """Return what `simulate` builds for a run, with all that the test itself asks for.

    `variant` is what the caller asks for beyond that. Raises UserError for an unknown name.
    """
    bench = project.bench(block)
    choose("simulator", simulator, SIMULATORS)
    _check_names(bench, test, parameters, settings)
    if variant.coverage and simulator != "verilator":
        raise UserError(f"{simulator} does not measure coverage; use SIM=verilator")
    own = bench.tests[test]
    made = generated(bench, test, settings)
    macros, netlist = (*own.defines, *variant.defines), variant.netlist
    if liberty:
        values = {**bench.parameters, **made.parameters, **parameters}
        netlist = netlist_for(block, values, (*bench.defines, *macros), liberty, project.root)
        macros = (*macros, "NETLIST")
    whole = replace(
        variant, netlist=netlist, defines=macros, libraries=own.libraries, generated=made
    )
    return describe(project, bench, simulator, parameters, whole)


def _check_names(
    bench: Bench, test: str, parameters: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    choose(f"TEST of {bench.block}", test, bench.tests)
    for name in parameters:
        choose(f"parameter of {bench.block}", name, bench.parameters)
    for name, value in settings.items():
        if valid := bench.settings.get(name):
            choose(name.upper(), str(value), map(str, valid))


def replay_command(
    asked: Mapping[str, Any], parameters: Mapping[str, Any], liberty: Path | None = None
) -> str:
    """Return the make line that repeats a run with waves; `parameters` are those not defaulted."""
    settings = asked["settings"]
    words = [f"BLOCK={asked['block']}", f"TEST={asked['test']}", f"SEED={asked['seed']}"]
    if asked["simulator"] != "verilator":
        words.append(f"SIM={asked['simulator']}")
    if liberty:
        words += ["NETLIST=1", *([f"LIBERTY={liberty}"] if liberty != OSU180 else [])]
    words += [f"{name.upper()}={settings[name]}" for name in NAMED_SETTINGS if name in settings]
    others = {name: value for name, value in settings.items() if name not in NAMED_SETTINGS}
    for variable, table in (("PARAMETERS", parameters), ("SETTINGS", others)):
        if table:
            pairs = " ".join(f"{key}={value_text(value)}" for key, value in table.items())
            words.append(f"{variable}={shlex.quote(pairs)}")
    return " ".join(["make sim", *words, "WAVES=1"])


def value_text(value: Any) -> str:
    """Return a setting as it is written on a command line: text as it is, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _run(
    design: Design, built: Path, spec: Mapping[str, Any], result: Result, limit_s: float
) -> None:
    """Simulate in the run's folder and fill in what `result` does not know yet."""
    directory = Path(result.directory)
    preparation_s = max(limit_s, PREPARATION_S)  # a short limit is meant for the simulation
    started = time.monotonic()
    plusargs = [*spec["plusargs"], *_prepare(design, directory, preparation_s)]
    result.preparation_seconds = round(time.monotonic() - started, 3)
    waves = directory / "waves.fst" if design.variant.waves else None
    runner = make_runner(spec["simulator"], paths=[design.root, ROOT], limit_s=limit_s)
    started = time.monotonic()
    ended: Exception | None = None
    try:
        runner.hdl_toplevel = TOP
        runner.test(
            test_module=f"verif.{spec['block']}.tests",
            hdl_toplevel=TOP,
            hdl_toplevel_lang="verilog",
            test_filter=rf"(^|\.){re.escape(spec['test'])}$",
            seed=spec["seed"],
            build_dir=built,
            test_dir=directory,
            results_xml=str(directory / "results.xml"),
            plusargs=[*plusargs, *_own_plusargs(spec, waves)],
            test_args=["--trace-file", str(waves)] if waves and _is_verilator(spec) else [],
            # Rewriting asserts in all modules would recompile torch at each start: seconds.
            extra_env={
                "LACUNA_RUN": str(directory),
                "COCOTB_ANSI_OUTPUT": "0",
                "COCOTB_REWRITE_ASSERTION_FILES": "tests.py",
            },
            waves=design.variant.waves,
            log_file=directory / "sim.log",
        )
    except (CommandFailed, TimeLimit) as error:
        ended = error
    except SystemExit:  # the runner's own verdict under pytest; judge looks more closely
        ended = None
    result.seconds = round(time.monotonic() - started, 3)
    result.cpu_seconds = round(runner.outcome.cpu_seconds, 3) if runner.outcome else 0.0
    result.waves = str(waves) if waves and waves.is_file() else None
    judge(result, directory, ended)


def _is_verilator(spec: Mapping[str, Any]) -> bool:
    return bool(spec["simulator"] == "verilator")


def _own_plusargs(spec: Mapping[str, Any], waves: Path | None) -> list[str]:
    if _is_verilator(spec):  # seed 0 would mean "take a random one"
        seed = spec["seed"] % (2**31 - 1) + 1
        return [f"+verilator+seed+{seed}", "+verilator+rand+reset+2"]
    return [f"+dumpfile_path={waves}"] if waves else []


def _prepare(design: Design, directory: Path, limit_s: float) -> list[str]:
    """Run the block's prepare hook, where it has one, and return the plusargs it asks for."""
    if not (design.bench.folder / "prepare.py").is_file():
        return []
    path = os.pathsep.join([str(design.root), str(ROOT), os.environ.get("PYTHONPATH", "")])
    with (directory / "prepare.log").open("w") as log:
        outcome = processes.run(
            [sys.executable, "-m", "scripts.prepare", str(directory)],
            cwd=design.root,
            env={**os.environ, "PYTHONPATH": path},
            log=log,
            limit_s=limit_s,
        )
    if outcome.timed_out:
        raise UserError(f"prepare of {design.bench.block} ran past {limit_s:g} s")
    if outcome.killed:
        raise Killed(f"prepare of {design.bench.block}: {outcome.ended}")
    if outcome.returncode:
        lines = (directory / "prepare.log").read_text(errors="replace").split("\n")
        last = [line for line in lines if line.strip()] or [f"status {outcome.returncode}"]
        raise UserError(last[-1].removeprefix("error: "))
    plusargs: list[str] = json.loads((directory / "plusargs.json").read_text())
    return plusargs


if __name__ == "__main__":
    from scripts.simulate_command import main

    sys.exit(main())
