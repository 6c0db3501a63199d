# SPDX-License-Identifier: Apache-2.0
"""A test's link to the run it is part of: its settings and seed, and what it reports back.

scripts/simulate.py writes run.json into the run's folder and names that folder in LACUNA_RUN; the
functions here read it, and write report.json beside it. A run that reports no comparison fails.
"""

from __future__ import annotations

import json
import os
import random
import sys
from functools import cache
from pathlib import Path
from typing import Any

from verif.common.watchdog import NoProgress, Watchdog

__all__ = [
    "NoProgress",
    "Watchdog",
    "directory",
    "mismatch",
    "note",
    "parameters",
    "report",
    "seed",
    "settings",
]

_report: dict[str, Any] = {"counts": {}, "mismatch": None, "notes": {}}


def directory() -> Path:
    """Return the run's own folder, where a test may leave files."""
    return Path(os.environ["LACUNA_RUN"])


@cache
def _run() -> dict[str, Any]:
    run: dict[str, Any] = json.loads((directory() / "run.json").read_text())
    return run


def settings() -> dict[str, Any]:
    """Return the settings given to simulate(), for instance ``{"network": "lenet5-relu"}``."""
    return dict(_run()["settings"])


def parameters() -> dict[str, Any]:
    """Return the values of all parameters of the module bench, defaults included."""
    return dict(_run()["parameters"])


def seed() -> int:
    """Return the run's seed, having seeded random, numpy and torch (those two when imported)."""
    value = int(_run()["seed"])
    random.seed(value)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(value % 2**32)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(value)
    return value


def report(*, compared: int = 0, cycles: int = 0, **counts: int) -> None:
    """Report how much was compared and how long it took; later calls add to earlier ones.

    `compared` is the number of comparisons with the golden model, `cycles` the clock cycles
    simulated, `counts` anything else worth keeping in result.json. All are integers >= 0.
    """
    totals = _report["counts"]
    for name, value in {"compared": compared, "cycles": cycles, **counts}.items():
        totals[name] = totals.get(name, 0) + int(value)
    _write()


def note(**texts: str) -> None:
    """Add words to the run's line in `make sim`, e.g. ``note(digits="MNIST test set")``."""
    _report["notes"].update(texts)
    _write()


def mismatch(*, layer: str, index: Any, expected: Any, got: Any) -> None:
    """Record a difference from the golden model. The first one is kept and shown by `make sim`.

    The run then fails, whether or not the test raises.
    """
    if _report["mismatch"] is None:
        plain = {"layer": layer, "index": index, "expected": expected, "got": got}
        _report["mismatch"] = {name: _plain(value) for name, value in plain.items()}
        _write()


def _plain(value: Any) -> Any:
    """Return `value` as JSON has it: integers and lists of them, or else text."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, str)) or value is None:
        return value
    try:
        return int(value)
    except (TypeError, ValueError):
        return str(value)


def _write() -> None:
    path = directory() / "report.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(_report))
    partial.replace(path)
