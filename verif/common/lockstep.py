# SPDX-License-Identifier: Apache-2.0
"""What a test does with the outcome of lock-step (lockstep.sv)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from verif.common import run


def check(bench: Any) -> None:
    """Raise AssertionError, and record the mismatch, if the reference did not agree.

    `bench` has the signal `mismatch`; the details are in lockstep.json, written by the reference.
    """
    if not int(bench.mismatch.value):
        return
    difference = json.loads(Path("lockstep.json").read_text())
    run.mismatch(
        layer=difference["what"],
        index=difference["number"],
        expected=f"{difference['expected']:#x}",
        got=f"{difference['got']:#x}",
    )
    raise AssertionError(
        f"lock-step: instruction {difference['number']} at pc {difference['pc']:#x}"
        f" ({difference['disassembly']}): {difference['what']} differs"
    )
