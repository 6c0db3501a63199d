# SPDX-License-Identifier: Apache-2.0
"""Elaborates one module as synthesis sees it: ``python -m scripts.elaborate BLOCK TOP``.

Yosys reads the sources with its slang frontend and must find no latch, no loop and no net driven
twice or not at all. A process of its own, because Yosys ends the process on an error.
"""

from __future__ import annotations

import sys

from pyosys import libyosys

from scripts.project import Project
from scripts.yosys import rtl_command


def main(name: str, top: str) -> int:
    """Elaborate `top` of RTL block `name`; Yosys prints what is wrong and exits with status 1."""
    closure = Project().closure(name)
    design = libyosys.Design()
    for command in (
        rtl_command(closure, top, hierarchy=False),
        "hierarchy -check",
        "proc",
        "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr",
        "check -assert",
    ):
        libyosys.run_pass(command, design)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
