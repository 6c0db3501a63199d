# SPDX-License-Identifier: Apache-2.0
"""Cover groups of CSRs: every access in every form, corner values, and those that are absent."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from verif.riscv.cover_groups import Columns, covers, only
from verif.riscv.trace import Column, Flags, Trace

CSRS = {
    **{"mstatus": 0x300, "misa": 0x301, "mie": 0x304, "mtvec": 0x305, "mstatush": 0x310},
    **{"mcountinhibit": 0x320, "mscratch": 0x340, "mepc": 0x341, "mcause": 0x342},
    **{"mtval": 0x343, "mip": 0x344, "mcycle": 0xB00, "minstret": 0xB02, "mcycleh": 0xB80},
    **{"minstreth": 0xB82, "mvendorid": 0xF11, "marchid": 0xF12, "mimpid": 0xF13},
    **{"mhartid": 0xF14, "mconfigptr": 0xF15, "cycle": 0xC00, "instret": 0xC02},
    **{"cycleh": 0xC80, "instreth": 0xC82, "tselect": 0x7A0, "tdata1": 0x7A1, "tdata2": 0x7A2},
    **{"tdata3": 0x7A3},
}
EVENTS = {
    **{f"mhpmcounter{n}": 0xB00 + n for n in range(3, 32)},
    **{f"mhpmcounter{n}h": 0xB80 + n for n in range(3, 32)},
    **{f"mhpmevent{n}": 0x320 + n for n in range(3, 32)},
    **{f"hpmcounter{n}": 0xC00 + n for n in range(3, 32)},
    **{f"hpmcounter{n}h": 0xC80 + n for n in range(3, 32)},
}
FORMS = ("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci")
ZERO = ("zero", "other")


def is_known_csr(addresses: Column) -> Flags:
    """Whether a CSR is there at all."""
    return np.isin(addresses, [*CSRS.values(), *EVENTS.values()])


def _csr_forms(trace: Trace, table: dict[str, int]) -> Columns:
    """Columns: CSR, form, whether the source field is zero, whether rd is x0."""
    form = np.full(1 << 3, -1)
    form[[1, 2, 3, 5, 6, 7]] = range(6)
    is_csr = (trace.insn & 0x7F == 0x73) & (trace.insn & 3 == 3)
    fetched = is_csr & ~(trace.trap & (trace.column("cause") == 1))
    register = np.full(1 << 12, -1)
    register[list(table.values())] = range(len(table))
    return (
        only(register[trace.insn >> 20 & 0xFFF], fetched),
        form[trace.insn >> 12 & 7],
        (trace.insn >> 15 & 31 != 0).astype(np.int64),
        (trace.insn >> 7 & 31 != 0).astype(np.int64),
    )


@covers(
    "riscv.csr.access",
    {"csr": tuple(CSRS), "form": FORMS, "source": ZERO, "rd": ZERO},
)
def _csr_access(trace: Trace) -> Iterable[Columns]:
    """Every CSR by every instruction, with and without source and rd; writes to some trap."""
    yield _csr_forms(trace, CSRS)


@covers("riscv.csr.event", {"csr": tuple(EVENTS), "form": ("csrrw", "csrrs")})
def _csr_event(trace: Trace) -> Iterable[Columns]:
    """Every event counter, its shadow and its selector, always zero, written and read."""
    csr, form, _, _ = _csr_forms(trace, EVENTS)
    yield csr, np.where(form < 2, form, -1)


WRITABLE = (
    *("mstatus", "mie", "mtvec", "mcountinhibit", "mscratch", "mepc", "mcause", "mtval"),
    *("mcycle", "minstret", "mcycleh", "minstreth"),
)
OPERANDS = ("zero", "ones", "sign", "other")


@covers("riscv.csr.value", {"csr": WRITABLE, "form": FORMS[:3], "operand": OPERANDS})
def _csr_value(trace: Trace) -> Iterable[Columns]:
    """What is written, set and cleared: nothing, everything, the top bit, anything else."""
    csr, form, _, _ = _csr_forms(trace, {name: CSRS[name] for name in WRITABLE})
    value = trace.column("rs1_value")
    corners = [value == 0, value == 0xFFFF_FFFF, value == 1 << 31]
    yield csr, np.where(form < 3, form, -1), np.select(corners, range(3), 3)


ABSENT = {
    "user": (0x000, 0x0FF),
    "supervisor": (0x100, 0x1FF),
    "hypervisor": (0x200, 0x2FF),
    "machine": (0x302, 0x303),
    "counter enable": (0x306, 0x306),
    "protection": (0x3A0, 0x3EF),
    "debug": (0x7A0, 0x7BF),
    "time": (0xC01, 0xC01),
    "machine information": (0xF16, 0xFFF),
}


@covers("riscv.csr.absent", {"csr": tuple(ABSENT), "form": FORMS})
def _csr_absent(trace: Trace) -> Iterable[Columns]:
    """CSRs of other profiles, by every instruction; all trap."""
    form = _csr_forms(trace, CSRS)[1]
    address = trace.insn >> 20 & 0xFFF
    found = trace.trap & (trace.column("cause") == 2) & ~is_known_csr(address)
    ranges = [(address >= low) & (address <= high) for low, high in ABSENT.values()]
    yield only(np.select(ranges, range(len(ranges)), -1), found), form
