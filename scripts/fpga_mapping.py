# SPDX-License-Identifier: Apache-2.0
"""Yosys' part of counting FPGA resources: ``python -m scripts.fpga_mapping FOLDER``.

A process of its own, because Yosys ends the process on an error. FOLDER holds job.json: the command
that reads the RTL and the top module. There it writes stat.json.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pyosys import libyosys

from scripts.files import write_text
from scripts.power.mapping import black_boxes, unset_local_parameters

FAMILY = "xcup"  # UltraScale+: DSP48E2, six-input LUTs


def main(arguments: list[str]) -> int:
    """Run the commands; Yosys prints what is wrong and exits with status 1."""
    os.chdir(arguments[0])
    job = json.loads(Path("job.json").read_text())
    design = libyosys.Design()
    libyosys.run_pass(job["read"], design)
    write_text(Path("black_boxes.v"), black_boxes(design))
    for command in (
        *unset_local_parameters(),
        "read_verilog black_boxes.v",
        "chformal -remove",
        f"synth_xilinx -family {FAMILY} -top {job['top']} -flatten -noiopad -noclkbuf",
        "tee -q -o stat.json stat -json",
    ):
        libyosys.run_pass(command, design)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
