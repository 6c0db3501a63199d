# SPDX-License-Identifier: Apache-2.0
"""Tests of the core: programs that end by telling the bench an exit code, 1 for success.

The bench itself watches what retires (RVFI) and ends the simulation on nonsense; Python sleeps
until the end.
"""

from __future__ import annotations

from typing import Any

import cocotb
import pyuvm
from cocotb.triggers import First, ReadOnly, RisingEdge, Timer
from pyuvm import uvm_test

from verif.common import lockstep as lockstep_outcome
from verif.common import run
from verif.common.watchdog import CLOCK_PERIOD_NS

# No program of ours goes without retiring an instruction for so long, wfi included.
HANG_CYCLES = 20_000
# The self-check takes half a million cycles with ideal memory, two million with six wait states.
SELF_CHECK_CYCLES = 4_000_000
PROGRAM_CYCLES = 1_000_000_000


class ProgramTest(uvm_test):
    """Runs the program that prepare.py put in place, under a watchdog and within a limit.

    The limit is for a program that runs in circles, which the watchdog takes for progress.
    """

    limit_cycles = PROGRAM_CYCLES

    async def run_phase(self) -> None:
        self.raise_objection()
        bench: Any = cocotb.top
        await Timer(1, unit="ns")  # before it nothing need be known
        watchdog = run.Watchdog(lambda: int(bench.retired.value), cycles=HANG_CYCLES).start()
        limit = int(run.settings().get("cycles", self.limit_cycles))
        end = (RisingEdge(bench.exited), RisingEdge(bench.mismatch))
        await First(*end, Timer(limit * CLOCK_PERIOD_NS, unit="ns"))
        await ReadOnly()  # the exit code changes in the same time step
        watchdog.stop()
        lockstep_outcome.check(bench)
        assert int(bench.exited.value), f"the program did not end within {limit} cycles"
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

    limit_cycles = SELF_CHECK_CYCLES

    def compared(self) -> int:
        """The checks that the program counted."""
        bench: Any = cocotb.top
        return int(bench.checks.value)


@pyuvm.test()
class Program(ProgramTest):
    """Any bare-metal ELF file."""


class InStep(ProgramTest):
    """What is compared is every instruction, with Spike."""

    def compared(self) -> int:
        """Instructions compared; all that retired, or the comparison has a hole."""
        bench: Any = cocotb.top
        compared, retired = int(bench.compared.value), int(bench.retired.value)
        assert compared == retired, f"{retired} instructions retired, {compared} were compared"
        return compared


@pyuvm.test()
class lockstep(InStep):  # noqa: N801  TEST=lockstep is what its users call it by
    """Any bare-metal ELF file, every instruction compared with Spike."""


@pyuvm.test()
class RandomProgram(InStep):
    """A program drawn from the seed (verif/riscv/program), in lock-step."""
