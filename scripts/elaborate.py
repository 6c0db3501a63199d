# SPDX-License-Identifier: Apache-2.0
"""Elaborates one block as synthesis sees it: ``python -m scripts.elaborate msb_skip``.

Yosys reads the sources with its slang frontend and must find no latch, no loop and no net driven
twice or not at all. A process of its own, because Yosys ends the process on an error.
"""

from __future__ import annotations

import sys

from pyosys import libyosys

from scripts.project import Project


def main(name: str) -> int:
    """Elaborate RTL block `name`; Yosys prints what is wrong and exits with status 1."""
    closure = Project().closure(name)
    words = ["read_slang", "-DSYNTHESIS", "--top", str(closure[-1].top)]
    words += [f"-I{block.folder}" for block in closure]
    words += [str(source) for block in closure for source in block.sources]
    design = libyosys.Design()
    for command in (
        " ".join(words),
        "hierarchy -check",
        "proc",
        "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr",
        "check -assert",
    ):
        libyosys.run_pass(command, design)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
