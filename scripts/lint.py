# SPDX-License-Identifier: Apache-2.0
"""Checks everything that can be checked without running it: ``python -m scripts.lint``.

Each check prints one line, and below it what it found. The status is 1 if any found something.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from scripts import fusesoc
from scripts.errors import UserError
from scripts.progress import cores
from scripts.project import ROOT, Block, Project
from scripts.simulators import require, verilator, verilator_environment
from scripts.testplan import plan_findings
from scripts.waivers import waiver_findings

LICENCE = "SPDX-License-Identifier: Apache-2.0"
# Files that must carry the licence line near their top, by suffix or by name.
SOURCE_SUFFIXES = (
    *(
        ".py",
        ".sv",
        ".svh",
        ".v",
        ".vlt",
        ".c",
        ".h",
        ".S",
        ".s",
        ".ld",
        ".cpp",
        ".toml",
        ".sh",
        ".tcl",
        ".core",
    ),
)
SOURCE_NAMES = ("Makefile", "setup", "run", "apt.txt", "requirements.txt")

Check = tuple[str, Callable[[], list[str]]]


def main() -> int:
    """Run all checks on the cores there are; print them in their order."""
    try:
        checks = _checks(Project())
        with ThreadPoolExecutor(cores()) as pool:
            results = [(name, pool.submit(check)) for name, check in checks]
            failed = [name for name, result in results if not _show(name, result.result())]
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if failed:
        print(f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}")
        return 1
    print(f"{len(checks)} checks passed")
    return 0


def _show(name: str, findings: Sequence[str]) -> bool:
    print(f"{'FAIL' if findings else 'ok':<5} {name}", flush=True)
    for finding in findings:
        print(f"      {finding.replace(f'{ROOT}/', '')}")
    return not findings


def _checks(project: Project) -> list[Check]:
    require("iverilog", "perl")
    checks: list[Check] = [
        ("licence lines", partial(missing_licences, ROOT)),
        (
            "ruff check",
            partial(_python, "ruff", "check", "--quiet", "--output-format=concise", "."),
        ),
        ("ruff format", _unformatted),
        ("mypy", partial(_python, "mypy", "--no-error-summary")),
        ("verible", partial(_verible, project)),
        ("testplans", partial(plan_findings, project)),
        ("FuseSoC cores", partial(fusesoc.stale, project)),
    ]
    for name in project.blocks():
        block = project.block(name)
        checks.append((f"waivers {name}", partial(waiver_findings, project, block)))
        for top in block.tops:
            for defines in project.variants(block.name):
                label = " ".join([top, *defines])
                check = partial(_verilator, project, block, top, defines)
                checks.append((f"verilator {label}", check))
            checks.append((f"icarus {top}", partial(_icarus, project, block, top)))
            checks.append((f"yosys {top}", partial(_yosys, block, top)))
    return checks


def _python(module: str, *arguments: str) -> list[str]:
    return output([sys.executable, "-m", module, *arguments])


def _unformatted() -> list[str]:
    found = _python("ruff", "format", "--check", "--no-cache", ".")
    return [line.strip() for line in found if line.startswith("Would reformat") or "-->" in line]


def _verible(project: Project) -> list[str]:
    files = sorted(
        path for folder in ("rtl", "verif") for path in (project.root / folder).rglob("*.sv*")
    )
    program = Path(sys.executable).with_name("verible-verilog-lint")
    return output(
        [str(program), f"--rules_config={ROOT / '.rules.verible_lint'}", *map(str, files)]
    )


def _verilator(project: Project, block: Block, top: str, defines: Iterable[str]) -> list[str]:
    flags = ["--lint-only", "-Wall", "--quiet", *(f"-D{name}" for name in defines)]
    if top != block.top:
        flags.append("-Wno-UNUSEDPARAM")  # packages have what the block's own top needs
    command = [str(verilator()), *flags, "--top-module", top]
    found = output([*command, *_files(project, block)])
    return [line for line in found if line.startswith("%")] or found


def _icarus(project: Project, block: Block, top: str) -> list[str]:
    files = _files(project, block)
    command = ["iverilog", "-g2012", "-Wall", "-tnull", "-s", top, *files]
    found = output(command, only_failed=True)  # its warnings are about what it cannot do itself
    return [line for line in found if "sorry" not in line and "warning" not in line] or found


def _yosys(block: Block, top: str) -> list[str]:
    command = [sys.executable, "-m", "scripts.elaborate", block.name, top]
    found = output(command, only_failed=True)
    return [line for line in found if re.search("ERROR|error|Warning", line)] or found


def _files(project: Project, block: Block) -> list[str]:
    closure = project.closure(block.name)
    return [
        *(f"-I{one.folder}" for one in closure),
        *(str(source) for one in closure for source in one.sources),
    ]


def output(command: Sequence[str], *, only_failed: bool = False) -> list[str]:
    """Run `command` in the root; return its lines, or nothing if it succeeds and `only_failed`."""
    env = {**os.environ, **verilator_environment()}
    run = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line for line in run.stdout.splitlines() if line.strip()]
    if run.returncode:
        return lines or [f"{Path(command[0]).name}: status {run.returncode}"]
    return [] if only_failed else lines


def missing_licences(root: Path) -> list[str]:
    """Return the source files below `root` without the licence line in their first five lines."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [
        f"{name}: no line '{LICENCE}'"
        for name in listing.splitlines()
        if (path := root / name).is_file()
        and (path.suffix in SOURCE_SUFFIXES or path.name in SOURCE_NAMES)
        and LICENCE not in "\n".join(path.read_text(errors="replace").splitlines()[:5])
    ]


if __name__ == "__main__":
    sys.exit(main())
