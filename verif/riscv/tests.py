# SPDX-License-Identifier: Apache-2.0
"""Tests of the core: programs that end by telling the bench an exit code, 1 for success.

The bench itself watches what retires (RVFI) and ends the simulation on nonsense; Python sleeps
until the end.
"""

from __future__ import annotations

from typing import Any

import cocotb
import pyuvm
from cocotb.triggers import ReadOnly, RisingEdge
from pyuvm import uvm_test

from verif.common import run

# No program of ours goes without retiring an instruction for so long, wfi included.
HANG_CYCLES = 20_000


class ProgramTest(uvm_test):
    """Runs the program that prepare.py put in place, under a watchdog."""

    async def run_phase(self) -> None:
        self.raise_objection()
        bench: Any = cocotb.top
        watchdog = run.Watchdog(lambda: int(bench.retired.value), cycles=HANG_CYCLES).start()
        await RisingEdge(bench.exited)
        await ReadOnly()  # the exit code changes in the same time step
        watchdog.stop()
        self.drop_objection()

    def compared(self) -> int:
        """How many comparisons the program stands for: one, its exit code."""
        return 1

    def check_phase(self) -> None:
        bench: Any = cocotb.top
        run.report(
            compared=self.compared(),
            cycles=int(bench.cycles.value),
            retired=int(bench.retired.value),
        )
        code = int(bench.exit_code.value)
        assert code == 1, f"the program ended with code {code:#x}"


@pyuvm.test()
class SelfCheck(ProgramTest):
    """Every instruction, trap and interrupt, checked by the program against constants."""

    def compared(self) -> int:
        """The checks that the program counted."""
        bench: Any = cocotb.top
        return int(bench.checks.value)


@pyuvm.test()
class Program(ProgramTest):
    """Any bare-metal ELF file."""
