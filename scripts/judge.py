# SPDX-License-Identifier: Apache-2.0
"""Judges a run by everything it left behind: it passes only if nothing at all is amiss."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from scripts.simulators import Killed, TimeLimit

KILLED = "killed"  # the cause of a run that somebody ended; it says nothing about the design

# How Verilator and Icarus report $fatal, $error and failed assertions; cocotb's own lines begin
# with the simulation time.
_COMPLAINT = re.compile(
    r"^(?:\[\d+\] )?((?:%Error|%Fatal|ERROR|FATAL)(?:-\w+)?: .*)$", re.MULTILINE
)


@dataclass
class Result:
    """One run, judged. Written as result.json.

    verdict is "pass" or "fail"; cause says which check failed ("" for a pass), reason says so in
    words. cycles is what the test reported, seconds the wall clock and cpu_seconds the CPU time of
    the simulation alone (not its build), preparation_seconds the time of the prepare hook.
    """

    block: str
    test: str
    seed: int
    simulator: str
    parameters: dict[str, Any]
    settings: dict[str, Any]
    directory: str
    replay: str
    verdict: str = "fail"
    cause: str = ""
    reason: str = ""
    cycles: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    preparation_seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    first_mismatch: dict[str, Any] | None = None
    waves: str | None = None


def judge(result: Result, directory: Path, ended: Exception | None) -> None:
    """Fill in verdict, cause and reason; a run passes only if nothing at all is amiss."""
    report: dict[str, Any] = {}
    with suppress(FileNotFoundError):
        report = json.loads((directory / "report.json").read_text())
    result.first_mismatch = report.get("mismatch")
    result.counts = report.get("counts", {})
    result.notes = report.get("notes", {})
    result.cycles = result.counts.get("cycles", 0)
    log = (directory / "sim.log").read_text(errors="replace")
    result.cause, result.reason = _fault(result, directory / "results.xml", log, ended)
    result.verdict = "fail" if result.cause else "pass"


def _fault(result: Result, results: Path, log: str, ended: Exception | None) -> tuple[str, str]:
    """Return (cause, reason), or two empty strings when all is well."""
    if isinstance(ended, TimeLimit):
        return "time limit", f"wall-clock limit: {ended}"
    if isinstance(ended, Killed):
        return KILLED, str(ended)
    if complaint := _COMPLAINT.search(log):
        return "assertion", complaint[1]
    if not results.is_file():
        if problem := _import_problem(log):
            return "import error", f"the bench cannot be imported: {problem}"
        return "no results", f"no results file; {ended or 'the simulator ended early'}"
    return _test_fault(result, results) or _silent_fault(result, ended)


def _test_fault(result: Result, results: Path) -> tuple[str, str] | None:
    """Look for a failed test, or none at all, in cocotb's results.xml."""
    try:
        cases = list(ElementTree.parse(results).getroot().iter("testcase"))
    except ElementTree.ParseError as error:  # the simulator died while it was written
        return "no results", f"the results file is not whole: {error}"
    for case in cases:
        for fault in (*case.findall("failure"), *case.findall("error")):
            return "test", _first_line(fault.get("type", ""), fault.get("message", ""))
    if not [case for case in cases if case.find("skipped") is None]:
        return "zero tests", f"zero tests ran: no test {result.test} in verif.{result.block}.tests"
    return None


def _silent_fault(result: Result, ended: Exception | None) -> tuple[str, str]:
    """Look for what makes a test that passed worthless."""
    if ended:
        return "no results", f"the simulator failed after the test: {ended}"
    if result.first_mismatch:
        return "test", "a mismatch was recorded, yet the test passed"
    if not result.counts.get("compared"):
        return "zero comparisons", "zero comparisons: the test never called report(compared=...)"
    return "", ""


def _first_line(kind: str, message: str) -> str:
    lines = message.strip().splitlines() or [""]
    return f"{kind}: {lines[0]}" if lines[0] else kind


def _import_problem(log: str) -> str | None:
    """Return the last line of a traceback that ended the import of the test module."""
    if "discover_tests" not in log and "import_module" not in log:
        return None
    found = re.findall(r"(\w*(?:Error|Exception)\b: .*)$", log, re.MULTILINE)
    return found[-1] if found else None
