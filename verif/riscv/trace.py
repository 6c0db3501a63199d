# SPDX-License-Identifier: Apache-2.0
"""The trace of a lock-step run (trace.bin) as columns, one entry for each retired instruction."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.errors import UserError
from verif.riscv.isa import INSTRUCTIONS, UNKNOWN, identify

RECORD = np.dtype(
    [
        ("cycle", "<u8"),
        *((name, "<u4") for name in ("pc", "pc_next", "insn")),
        *((name, "<u4") for name in ("rs1_value", "rs2_value", "rd_value")),
        *((name, "<u4") for name in ("mem_addr", "mem_rdata", "mem_wdata")),
        *((name, "u1") for name in ("rs1", "rs2", "rd", "mem_mask", "flags", "cause")),
        ("busy", "<u2"),
        *((name, "<u4") for name in ("mcause", "mtval", "mip")),
    ]
)
"""One retired instruction, 64 bytes, little endian: verif/common/spike/lockstep.cc."""

# Bits of `busy`: what happened since the instruction before (bench.sv).
FETCH_WAITS = 0b11  # a grant or an answer of the fetch port
MEMORY_WAITS = 0b011100  # a grant or an answer of the data port, or the coprocessor's answer
OFFER_WAITS = 1 << 4
KILLED = 1 << 9

KINDS = (
    *("alu", "mul", "mulh", "div", "load", "load.split", "store", "store.split"),
    *("branch.taken", "branch", "jump", "jalr", "csr", "fence", "fence.i", "mret", "wfi"),
    *("offload", "offload.rd", "trap", "interrupt"),
)
"""What an instruction was to the pipeline. trap: it trapped; interrupt: one was taken after it."""

_KIND = {name: index for index, name in enumerate(KINDS)}

Column = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Trace:
    """Columns of a trace. Those named like fields of RECORD are the fields, as int64."""

    def __init__(self, records: NDArray[np.void]) -> None:
        self.records = records
        self.size = len(records)
        self.insn = self.column("insn")
        self.trap: Flags = records["flags"] & 1 != 0
        self.first: Flags = records["flags"] & 2 != 0  # of a handler

    def column(self, name: str) -> Column:
        """Return a field as int64."""
        values: Column = self.records[name].astype(np.int64)
        return values

    def before(self, values: Column | Flags, fill: int, distance: int = 1) -> Column:
        """Return the value of the instruction `distance` earlier, `fill` where there is none."""
        result = np.full(self.size, fill, np.int64)
        result[distance:] = values[: max(0, self.size - distance)]
        return result

    def after(self, values: Column | Flags, fill: int) -> Column:
        """Return the value of the next instruction, `fill` where there is none."""
        result = np.full(self.size, fill, np.int64)
        result[:-1] = values[1:]
        return result

    @cached_property
    def instruction(self) -> Column:
        """Index into INSTRUCTIONS; UNKNOWN also for what was not fetched or not accepted."""
        words, places = np.unique(self.insn, return_inverse=True)
        found = identify(words)[places]
        cause = self.records["cause"]
        found[self.trap & ((cause == 1) | (cause == 2))] = UNKNOWN
        return found.astype(np.int64)

    @cached_property
    def interrupted(self) -> Flags:
        """Whether an interrupt was taken right after the instruction."""
        interrupted: Flags = (self.after(self.first, 0) == 1) & ~self.trap
        return interrupted

    @cached_property
    def split(self) -> Flags:
        """Whether a load or store crosses a word."""
        mask = self.records["mem_mask"]
        size = np.array([bin(bits).count("1") for bits in range(16)])[(mask & 15) | (mask >> 4)]
        crosses: Flags = (self.column("mem_addr") & 3) + size > 4
        return crosses

    @cached_property
    def taken(self) -> Flags:
        """Whether the instruction went elsewhere than to the next one, traps apart."""
        length = np.where(self.insn & 3 == 3, 4, 2)
        elsewhere: Flags = self.column("pc_next") != (self.column("pc") + length) & 0xFFFF_FFFF
        return elsewhere

    @cached_property
    def kind(self) -> Column:
        """Index into KINDS of what each was in itself; traps and interrupts do not count here."""
        kinds = np.array([_KIND[i.kind] for i in INSTRUCTIONS] + [_KIND["trap"]], np.int64)
        result = kinds[self.instruction]  # UNKNOWN, -1, takes the last
        result[self.split & (result == _KIND["load"])] = _KIND["load.split"]
        result[self.split & (result == _KIND["store"])] = _KIND["store.split"]
        result[self.taken & (result == _KIND["branch"])] = _KIND["branch.taken"]
        return result

    @cached_property
    def previous(self) -> Column:
        """Index into KINDS of what came before: the last thing that was in M, or a trap."""
        state = self.kind.copy()
        state[self.trap] = _KIND["trap"]
        result = self.before(state, UNKNOWN)
        result[self.first & (self.before(self.trap, 0) == 0)] = _KIND["interrupt"]
        return result

    @cached_property
    def waited(self) -> dict[str, Flags]:
        """What held the instruction up: nothing, the fetch port, or what was in M.

        An instruction waits in X while the one before it is in M, so that one's waits count too.
        """
        busy = self.column("busy")
        gap = np.diff(self.column("cycle"), prepend=0)
        fetch = (busy & FETCH_WAITS != 0) & (gap > 1)
        memory = (busy | self.before(busy, 0)) & MEMORY_WAITS != 0
        return {"none": ~(fetch | memory), "fetch": fetch, "memory": memory}

    def distance(self, register: Column, longest: int = 3) -> Column:
        """Return how many instructions ago `register` was written: 1..longest, 0 if longer."""
        result = np.zeros(self.size, np.int64)
        written = self.column("rd")
        for distance in range(longest, 0, -1):
            earlier = self.before(written, 0, distance)
            result[(earlier == register) & (register != 0)] = distance
        return result


def read_trace(path: Path) -> Trace:
    """Read trace.bin. Raises UserError when it is missing, empty or cut off."""
    if not path.is_file() or not path.stat().st_size:
        raise UserError(f"{path}: no trace; the run needs the setting trace=1")
    if path.stat().st_size % RECORD.itemsize:
        raise UserError(f"{path}: not a whole number of {RECORD.itemsize}-byte records")
    return Trace(np.fromfile(path, RECORD))
