# SPDX-License-Identifier: Apache-2.0
"""Cover groups of operands: values, immediates, registers, dependencies, stalls.

Operands of loads, stores and jumps count whether the access or the target then fails or not.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from verif.riscv.cover_groups import (
    DISTANCES,
    HOLDS,
    NOT_HELD,
    STALLS,
    VALUES,
    Columns,
    covers,
    each_stall,
    names,
    only,
    places,
    value_class,
)
from verif.riscv.isa import IMMEDIATES, INSTRUCTIONS, NAMES, UNKNOWN
from verif.riscv.trace import KINDS, Column, Flags, Trace

WITH_RS1 = names(lambda i: INSTRUCTIONS[i].rs1)
WITH_RS2 = names(lambda i: INSTRUCTIONS[i].rs2)
WITH_IMMEDIATE = names(lambda i: bool(INSTRUCTIONS[i].immediate))
BY_NAME = {instruction.name: instruction for instruction in INSTRUCTIONS}


@covers(
    "riscv.instruction",
    {"instruction": NAMES, "stall": STALLS},
)
def _instruction(trace: Trace) -> Iterable[Columns]:
    """Every instruction, held up by nothing, by the fetch port, by what was in M."""
    return each_stall(trace, trace.instruction)


def _operand(trace: Trace, chosen: tuple[str, ...], role: str) -> Iterable[Columns]:
    instruction = places(chosen)[trace.instruction]
    values = value_class(trace.column(f"{role}_value"))
    return each_stall(trace, instruction, values, trace.distance(trace.column(role)))


@covers(
    "riscv.operand.rs1",
    {"instruction": WITH_RS1, "value": VALUES, "distance": DISTANCES, "stall": STALLS},
)
def _rs1(trace: Trace) -> Iterable[Columns]:
    """First operand: class of value x distance to the writer x stall."""
    return _operand(trace, WITH_RS1, "rs1")


@covers(
    "riscv.operand.rs2",
    {"instruction": WITH_RS2, "value": VALUES, "distance": DISTANCES, "stall": STALLS},
)
def _rs2(trace: Trace) -> Iterable[Columns]:
    """Second operand, alike."""
    return _operand(trace, WITH_RS2, "rs2")


ARITHMETIC = names(lambda i: INSTRUCTIONS[i].rs1 and INSTRUCTIONS[i].rs2)


@covers("riscv.operand.both", {"instruction": ARITHMETIC, "rs1": VALUES, "rs2": VALUES})
def _both(trace: Trace) -> Iterable[Columns]:
    """Both operands' classes together."""
    instruction = places(ARITHMETIC)[trace.instruction]
    classes = [value_class(trace.column(f"{role}_value")) for role in ("rs1", "rs2")]
    yield instruction, *classes


# Immediates. "far" is beyond half of the reach, so that every bit matters.

EXTREMES = ("least", "greatest", "zero", "negative", "positive")
REACHES = ("backward", "forward", "far_backward", "far_forward")
_UNSIGNED = "an unsigned immediate has no value below zero, and its least is zero"
_RESERVED = "the encoding with immediate zero is reserved"
_REACH = "a distance to jump has classes of its own, and the others have none"


def _no_zero(name: str, label: str) -> bool:
    return label == "zero" and BY_NAME[name].immediate in ("ciw", "ci16", "ci_nonzero")


@covers(
    "riscv.immediate",
    {"instruction": WITH_IMMEDIATE, "immediate": EXTREMES + REACHES},
    {
        _REACH: lambda name, label: IMMEDIATES[BY_NAME[name].immediate].reach != (label in REACHES),
        _UNSIGNED: lambda name, label: (
            IMMEDIATES[BY_NAME[name].immediate].least == 0 and label in ("least", "negative")
        ),
        _RESERVED: _no_zero,
    },
)
def _immediate(trace: Trace) -> Iterable[Columns]:
    """Every immediate: both ends of its range, zero, and between; distances near and far."""
    instruction = places(WITH_IMMEDIATE)[trace.instruction]
    result = np.full(trace.size, -1, np.int64)
    for name, form in IMMEDIATES.items():
        table = [place for place, known in enumerate(INSTRUCTIONS) if known.immediate == name]
        rows = np.isin(trace.instruction, table)
        result[rows] = _immediate_class(form.read(trace.insn[rows]), name)
    yield instruction, result


def _immediate_class(values: Column, name: str) -> Column:
    form = IMMEDIATES[name]
    if form.reach:
        far = np.where(values < 0, values < form.least // 2, values > form.greatest // 2)
        reach: Column = np.where(values < 0, 0, 1) + 2 * far + len(EXTREMES)
        return reach
    result = np.where(values < 0, EXTREMES.index("negative"), EXTREMES.index("positive"))
    result[values == 0] = EXTREMES.index("zero")
    result[values == form.greatest] = EXTREMES.index("greatest")
    if form.least:
        result[values == form.least] = EXTREMES.index("least")
    return result


# Registers

ROLES = ("rd", "rs1", "rs2")
NUMBERS = tuple(f"x{number}" for number in range(32))


# Where a 16-bit instruction can name x0: hints, and what c.swsp stores
SHORT_X0 = (
    *(("c.li", "rd"), ("c.lui", "rd"), ("c.mv", "rd"), ("c.add", "rd"), ("c.add", "rs1")),
    *(("c.slli", "rd"), ("c.slli", "rs1"), ("c.swsp", "rs2")),
)


def _lacks(name: str, role: str, register: str) -> bool:
    """Whether no encoding of the instruction names this register in this role."""
    instruction = BY_NAME[name]
    if not getattr(instruction, role):
        return True
    return register == "x0" and instruction.compressed and (name, role) not in SHORT_X0


@covers(
    "riscv.register.zero",
    {"instruction": NAMES, "role": ROLES, "register": ("x0", "other")},
    {"the instruction does not have the operand, or cannot name x0": _lacks},
)
def _zero(trace: Trace) -> Iterable[Columns]:
    """x0 and another register in every place of every instruction."""
    for place, role in enumerate(ROLES):
        has = np.array([getattr(i, role) for i in INSTRUCTIONS] + [False])[trace.instruction]
        if role == "rd":
            number, has = _destination(trace), has & ~trace.trap
        else:
            number = trace.column(role)
        yield (
            only(trace.instruction, has),
            np.full(trace.size, place),
            (number != 0).astype(np.int64),
        )


def _destination(trace: Trace) -> Column:
    """The register that the encoding names as rd; the trace tells only what was written."""
    long = trace.insn & 3 == 3
    field = trace.insn >> 7 & 31
    short = np.isin(trace.instruction, places_of(*(n for n, role in SHORT_X0 if role == "rd")))
    return np.where(long | short, field, trace.column("rd"))


def places_of(*chosen: str) -> list[int]:
    """Return the indices of instructions by name."""
    return [NAMES.index(name) for name in chosen]


@covers("riscv.register.number", {"role": ROLES, "register": NUMBERS})
def _number(trace: Trace) -> Iterable[Columns]:
    """Every register as destination and as either source."""
    known = trace.instruction != UNKNOWN
    for place, role in enumerate(ROLES):
        yield only(np.full(trace.size, place), known), trace.column(role)


SAME = ("rd=rs1", "rd=rs2", "rs1=rs2", "all")
WITHOUT_RD = tuple(name for name in ARITHMETIC if not BY_NAME[name].rd)


@covers(
    "riscv.register.same",
    {"instruction": ARITHMETIC, "same": SAME},
    {
        "it has no rd": lambda name, same: same != "rs1=rs2" and name in WITHOUT_RD,
        "its rd is always its rs1": lambda name, same: (
            same in ("rd=rs2", "rs1=rs2") and name in ("c.sub", "c.xor", "c.or", "c.and", "c.add")
        ),
    },
)
def _same(trace: Trace) -> Iterable[Columns]:
    """Operands that share a register other than x0."""
    rd, rs1, rs2 = (trace.column(role) for role in ROLES)
    writes = (rd != 0) | np.isin(trace.instruction, places_of(*WITHOUT_RD))
    instruction = only(places(ARITHMETIC)[trace.instruction], writes & (rs1 != 0) & (rs2 != 0))
    no_rd = np.isin(trace.instruction, places_of(*WITHOUT_RD))
    cases = (
        (rd == rs1) & (rs1 != rs2),
        (rd == rs2) & (rs1 != rs2),
        (rs1 == rs2) & (no_rd | (rd != rs1)),
        (rd == rs1) & (rs1 == rs2),
    )
    for place, same in enumerate(cases):
        yield only(instruction, same), np.full(trace.size, place)


# Hazards: who wrote what I read, how long ago

WRITERS = ("alu", "mul", "mulh", "div", "load", "load.split", "jump", "jalr", "csr", "offload.rd")
READERS = (
    *(f"{kind}.{role}" for kind in ("alu", "mul", "mulh", "div") for role in ("rs1", "rs2")),
    *("load.rs1", "store.rs1", "store.rs2", "branch.rs1", "branch.rs2", "jalr.rs1", "csr.rs1"),
    *("offload.rs1", "offload.rs2", "offload.rd.rs1", "offload.rd.rs2"),
)


@covers(
    "riscv.hazard",
    {"writer": WRITERS, "reader": READERS, "distance": DISTANCES[1:], "stall": STALLS},
    {
        NOT_HELD: lambda writer, reader, distance, stall: (
            (distance, stall, reader) == ("1", "memory", "jalr.rs1") and writer not in HOLDS
        ),
    },
)
def _hazard(trace: Trace) -> Iterable[Columns]:
    """Kind of the writer x kind and operand of the reader x distance x stall."""
    alias = {"load.split": "load", "store.split": "store", "branch.taken": "branch"}
    for role in ("rs1", "rs2"):
        order = {name: place for place, name in enumerate(READERS)}
        table = np.array([order.get(f"{alias.get(kind, kind)}.{role}", -1) for kind in KINDS])
        has = np.array([getattr(i, role) for i in INSTRUCTIONS] + [False])[trace.instruction]
        reader = only(table[trace.kind], has)
        distance = trace.distance(trace.column(role))
        writer = np.full(trace.size, -1, np.int64)
        kinds = np.array([WRITERS.index(k) if k in WRITERS else -1 for k in KINDS])[trace.kind]
        for back in (1, 2, 3):
            writer = np.where(distance == back, trace.before(kinds, -1, back), writer)
        yield from each_stall(trace, writer, reader, only(distance - 1, distance > 0))


# Division's own corners

DIVISIONS = ("div", "divu", "rem", "remu")
QUOTIENTS = ("zero_by_zero", "by_zero", "overflow", "exact", "below_divisor", "other")


@covers(
    "riscv.division",
    {"instruction": DIVISIONS, "case": QUOTIENTS},
    {
        "only a signed quotient can be too large": lambda name, case: (
            case == "overflow" and name in ("divu", "remu")
        )
    },
)
def _division(trace: Trace) -> Iterable[Columns]:
    """Division by zero, the quotient that does not fit, exact ones, zeros."""
    signed = np.isin(trace.instruction, places_of("div", "rem"))
    a, b = (_integers(trace.column(f"{role}_value"), signed) for role in ("rs1", "rs2"))
    cases = [
        (a == 0) & (b == 0),
        b == 0,
        (a == -(1 << 31)) & (b == -1),
        a % np.where(b == 0, 1, b) == 0,
        np.abs(a) < np.abs(b),
    ]
    case = np.select(cases, range(len(cases)), QUOTIENTS.index("other"))
    yield places(DIVISIONS)[trace.instruction], case


def _integers(values: Column, signed: Flags) -> Column:
    """32-bit values as integers, two's complement where `signed`."""
    return np.where(signed, (values ^ 1 << 31) - (1 << 31), values)
