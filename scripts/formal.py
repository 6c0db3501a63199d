# SPDX-License-Identifier: Apache-2.0
"""Proofs: ``make formal [BLOCK=riscv] [PROOF=decoder]``.

verif/<block>/formal/proofs.toml lists them. Each is a module that instantiates RTL of the
block and holds assumptions, assertions and covers. Three runs have to come out right: the
assertions hold for `depth` cycles, a cover is reached (so the assumptions leave something), and
with the control, a bug planted in the RTL, they do not hold. Yosys translates, ABC checks.
Results: build/formal/proofs.json; what is found once is kept until a source changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyosys

from scripts.build import Edit
from scripts.errors import UserError
from scripts.files import write_json
from scripts.progress import cores
from scripts.project import ROOT, Project, choose

RESULTS = ROOT / "build" / "formal"
LIMIT_S = 1200


@dataclass(frozen=True)
class Proof:
    """One entry of proofs.toml.

    depth: cycles from the first on, in which reset is active. group: what it is about. source: file
    in the block's folder formal, by default <name>_proof.sv. quick: part of the test suite.
    """

    block: str
    name: str
    states: str
    depth: int
    control: Edit
    group: str
    source: str
    defines: tuple[str, ...] = ()
    quick: bool = False


@dataclass
class Verdict:
    """What came out. passed: the assertions hold; covered, control_fails: see above."""

    block: str
    name: str
    group: str
    depth: int
    passed: bool = False
    covered: bool = False
    control_fails: bool = False
    seconds: float = 0.0
    log: str = ""
    key: str = field(default="", repr=False)

    @property
    def holds(self) -> bool:
        """All three runs came out right."""
        return self.passed and self.covered and self.control_fails


def proofs(block: str) -> list[Proof]:
    """Read the block's proofs; an empty list if it has none. UserError if the file is malformed."""
    path = ROOT / "verif" / block / "formal" / "proofs.toml"
    if not path.is_file():
        return []
    try:
        entries = tomllib.loads(path.read_text())["proof"]
        return [_proof(block, entry) for entry in entries]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{path}: {error}") from error


def _proof(block: str, entry: Mapping[str, Any]) -> Proof:
    values = dict(entry)
    return Proof(
        block=block,
        control=Edit(**values.pop("control")),
        group=values.pop("class"),
        source=values.pop("source", f"{values['name']}_proof.sv"),
        defines=tuple(values.pop("defines", ())),
        **values,
    )


def prove(proof: Proof) -> Verdict:
    """Make the three runs of a proof, or return what was found before with the same sources."""
    folder = RESULTS / proof.block / proof.name
    key = _key(proof)
    known = _known(folder / "verdict.json", key)
    if known:
        return known
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    verdict = Verdict(proof.block, proof.name, proof.group, proof.depth, key=key)
    verdict.log = str((folder / "prove.log").relative_to(ROOT))
    started = time.monotonic()
    verdict.passed = not _counterexample(proof, folder, "prove")
    if not verdict.passed:
        _show_counterexample(proof, folder)
    verdict.covered = _counterexample(proof, folder, "cover", defines=("CHECK_COVER",))
    verdict.control_fails = _counterexample(proof, folder, "control", edits=(proof.control,))
    verdict.seconds = round(time.monotonic() - started, 1)
    write_json(folder / "verdict.json", asdict(verdict))
    return verdict


def _counterexample(
    proof: Proof,
    folder: Path,
    name: str,
    edits: Sequence[Edit] = (),
    defines: Sequence[str] = (),
) -> bool:
    """Whether bounded model checking (ABC's bmc3) finds one. What it says is in <name>.log."""
    model, witness = folder / f"{name}.aig", folder / f"{name}.aiw"
    commands = (*_AIGER, f"write_aiger -I -B -zinit -map {model.with_suffix('.aim')} {model}")
    _translate(proof, folder, name, edits, defines, commands)
    check = f"read_aiger {model}; fold; bmc3 -F {proof.depth}; write_cex -a {witness}"
    abc = Path(pyosys.__file__).parent / "yosys-abc"
    try:
        run = subprocess.run(
            [str(abc), "-c", check], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{proof.block} {proof.name} ran past {LIMIT_S} s") from error
    (folder / f"{name}.log").write_text(run.stdout + run.stderr)
    found = re.search(r"Output \d+ of miter .* was asserted|was asserted in frame", run.stdout)
    if not found and "No output asserted" not in run.stdout:
        raise UserError(f"ABC ended without a verdict; see {folder / f'{name}.log'}")
    return bool(found)


def _show_counterexample(proof: Proof, folder: Path) -> None:
    """Write prove.vcd: Yosys simulates what ABC found, and says which assertion fails."""
    replay = f"sim -clock clk_i -map {folder / 'prove.aim'} -r {folder / 'prove.aiw'}"
    commands = (*_SYNCHRONOUS, f"{replay} -vcd {folder / 'prove.vcd'}")
    _translate(proof, folder, "replay", (), (), commands)


def _sources(proof: Proof, edits: Sequence[Edit], folder: Path) -> tuple[list[Path], list[Path]]:
    """Return sources and include folders; edited files are copies in `folder`."""
    closure = Project().closure(proof.block)
    sources = [path for entry in closure for path in entry.sources]
    own = ROOT / "verif" / proof.block / "formal"
    sources += [*sorted(own.glob("*_pkg.sv")), own / proof.source]
    for edit in edits:
        path = ROOT / edit.file
        text = path.read_text()
        if path not in sources or (found := text.count(edit.old)) != 1:
            raise UserError(f"control of {proof.name}: {edit.old!r} is not once in {edit.file}")
        assert found == 1
        copy = folder / path.name
        copy.write_text(text.replace(edit.old, edit.new))
        sources[sources.index(path)] = copy
    return sources, [*(entry.folder for entry in closure), ROOT / "verif" / "common", own]


def _key(proof: Proof) -> str:
    sources, includes = _sources(proof, (), RESULTS)
    headers = [path for folder in includes for path in sorted(folder.glob("*.svh"))]
    digest = hashlib.sha256(repr(proof).encode())
    for path in (*sources, *headers):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _known(path: Path, key: str) -> Verdict | None:
    try:
        verdict = Verdict(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return verdict if verdict.key == key else None


_SYNCHRONOUS = ("prep -flatten", "async2sync", "dffunmap")
_AIGER = (
    *_SYNCHRONOUS,
    "formalff -clk2ff -assume",
    "memory_map",
    "opt -full",
    "setundef -undriven -anyseq",
    "techmap",
    "opt",
    "dffunmap",
    "aigmap",
    "opt_clean",
)


def _translate(
    proof: Proof,
    folder: Path,
    name: str,
    edits: Sequence[Edit],
    defines: Sequence[str],
    commands: Sequence[str],
) -> None:
    """Read the proof and run Yosys commands, in a process of its own: Yosys ends it on an error."""
    sources, includes = _sources(proof, edits, folder)
    words = ["read_slang", "-DFORMAL", "--top", Path(proof.source).stem]
    words += [f"-D{macro}" for macro in (*proof.defines, *defines)]
    words += [f"-I{path}" for path in includes] + [str(path) for path in sources]
    program = "from pyosys import libyosys as y\nimport sys\nd = y.Design()\n"
    program += "for c in sys.argv[1:]: y.run_pass(c, d)\n"
    run = subprocess.run(
        [sys.executable, "-c", program, " ".join(words), *commands],
        capture_output=True,
        text=True,
        check=False,
    )
    text = run.stdout + run.stderr
    (folder / f"{name}.yosys.log").write_text(text)
    if run.returncode:
        errors = [line for line in text.splitlines() if "ERROR: " in line]
        raise UserError(f"{proof.block} {proof.name}: {(errors or text.splitlines()[-1:])[0]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if all proofs hold, 1 if one does not, 2 when the command makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m scripts.formal", description=__doc__)
    parser.add_argument("--block", help="block whose proofs to run; default: all")
    parser.add_argument("--proof", help="one proof of it")
    options = parser.parse_args(arguments)
    try:
        blocks = [name for name in Project().blocks() if proofs(name)]
        if options.block:
            blocks = [choose("BLOCK", options.block, blocks)]
        chosen = [proof for block in blocks for proof in proofs(block)]
        if options.proof:
            choose("PROOF", options.proof, [proof.name for proof in chosen])
            chosen = [proof for proof in chosen if proof.name == options.proof]
        verdicts = run(chosen)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def run(chosen: Sequence[Proof], show: bool = True) -> list[Verdict]:
    """Run proofs on all cores; write build/formal/proofs.json when it was all of them."""
    verdicts = []
    with ThreadPoolExecutor(cores()) as pool:
        pending = {pool.submit(prove, proof): proof for proof in chosen}
        for done in as_completed(pending):
            verdict, proof = done.result(), pending[done]
            verdicts.append(verdict)
            if show:
                _print(verdict, proof)
    everything = [proof for block in Project().blocks() for proof in proofs(block)]
    if len(chosen) == len(everything):
        ordered = sorted(verdicts, key=lambda verdict: (verdict.block, verdict.name))
        write_json(RESULTS / "proofs.json", [asdict(verdict) for verdict in ordered])
    return verdicts


def _print(verdict: Verdict, proof: Proof) -> None:
    word = "PASS" if verdict.holds else "FAIL"
    print(
        f"{word}  {verdict.block:<10} {verdict.name:<18} {verdict.depth:3} cycles"
        f"  {verdict.seconds:6.1f} s  {proof.states}",
        flush=True,
    )
    if not verdict.passed:
        print(f"      does not hold; counterexample: {Path(verdict.log).with_suffix('.vcd')}")
    if not verdict.covered:
        print(f"      its cover is not reached; see {Path(verdict.log).with_name('cover.log')}")
    if not verdict.control_fails:
        print(f"      holds although {proof.control.file} has a bug: it proves nothing")


if __name__ == "__main__":
    sys.exit(main())
