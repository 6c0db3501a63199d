# SPDX-License-Identifier: Apache-2.0
"""Cover groups of what happens to instructions: order, jumps, accesses, traps, kills."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from verif.riscv.cover_csrs import is_known_csr
from verif.riscv.cover_groups import (
    HOLDS,
    LEAVES,
    NOT_HELD,
    NOT_WAITING,
    PREDICTED,
    STALLS,
    Columns,
    covers,
    each_stall,
    names,
    only,
    places,
)
from verif.riscv.isa import INSTRUCTIONS, NAMES, UNKNOWN
from verif.riscv.trace import FETCH_WAITS, KILLED, KINDS, OFFER_WAITS, Column, Flags, Trace

PREVIOUS = KINDS
CURRENT = tuple(kind for kind in KINDS if kind != "interrupt")


@covers(
    "riscv.sequence",
    {"previous": PREVIOUS, "kind": CURRENT, "stall": STALLS},
    {
        NOT_HELD: lambda previous, kind, stall: (
            stall == "memory"
            and kind in LEAVES
            and previous not in HOLDS
            and (kind not in PREDICTED or previous in NOT_WAITING)
        ),
    },
)
def _sequence(trace: Trace) -> Iterable[Columns]:
    """Every kind after every kind, a trap or an interrupt; what it is itself may trap."""
    kind = trace.kind.copy()
    kind[trace.trap] = KINDS.index("trap")
    return each_stall(trace, trace.previous, kind)


# Fetch and jumps

HALVES = ("lower", "upper")
LENGTHS = ("16", "32")
ARRIVALS = ("sequential", "jump", "trap")


def _half(address: Column) -> Column:
    return np.asarray(address >> 1 & 1, np.int64)


def _length(trace: Trace) -> Column:
    return np.asarray(trace.insn & 3 == 3, np.int64)


@covers(
    "riscv.fetch",
    {"length": LENGTHS, "half": HALVES, "arrival": ARRIVALS, "stall": STALLS},
    {
        "handlers begin at whole words": lambda length, half, arrival, stall: (
            (half, arrival) == ("upper", "trap")
        )
    },
)
def _fetch(trace: Trace) -> Iterable[Columns]:
    """Instructions of either length in either half of a word, in sequence, after a jump, a trap."""
    jumped = trace.before(trace.taken, 0)
    arrival = np.where(trace.first, 2, jumped)
    half = _half(trace.column("pc"))
    return each_stall(trace, only(_length(trace), trace.instruction != UNKNOWN), half, arrival)


BRANCHES = names(lambda i: INSTRUCTIONS[i].kind == "branch")
JUMPS = (*names(lambda i: INSTRUCTIONS[i].kind in ("jump", "jalr")), "mret")


def _departures(trace: Trace, chosen: tuple[str, ...], goes: Flags) -> Iterable[Columns]:
    """Instruction x half it lies in x half of its target x length of what is there."""
    arrives = goes & ~trace.trap & ~trace.interrupted
    yield (
        only(places(chosen)[trace.instruction], arrives),
        _half(trace.column("pc")),
        _half(trace.column("pc_next")),
        trace.after(_length(trace), -1),
    )


@covers(
    "riscv.branch.taken",
    {"branch": BRANCHES, "half": HALVES, "target": HALVES, "length": LENGTHS},
)
def _branch_taken(trace: Trace) -> Iterable[Columns]:
    """Every branch taken, from and to either half, to either length of instruction."""
    return _departures(trace, BRANCHES, trace.taken)


@covers("riscv.branch.not_taken", {"branch": BRANCHES, "half": HALVES, "length": LENGTHS})
def _branch_not_taken(trace: Trace) -> Iterable[Columns]:
    """Every branch not taken, in either half, before either length of instruction."""
    stays = ~trace.taken & ~trace.trap & ~trace.interrupted
    branch = only(places(BRANCHES)[trace.instruction], stays)
    yield branch, _half(trace.column("pc")), trace.after(_length(trace), -1)


@covers("riscv.jump", {"jump": JUMPS, "half": HALVES, "target": HALVES, "length": LENGTHS})
def _jump(trace: Trace) -> Iterable[Columns]:
    """Every jump and mret, likewise."""
    return _departures(trace, JUMPS, np.ones(trace.size, bool))


# Loads and stores

ACCESSES = names(lambda i: INSTRUCTIONS[i].kind in ("load", "store"))
OFFSETS = ("0", "1", "2", "3")


@covers("riscv.access.offset", {"instruction": ACCESSES, "offset": OFFSETS, "stall": STALLS})
def _offset(trace: Trace) -> Iterable[Columns]:
    """Every load and store at every offset in a word, those that cross one included."""
    instruction = only(places(ACCESSES)[trace.instruction], ~trace.trap)
    return each_stall(trace, instruction, trace.column("mem_addr") & 3)


SIGNED = ("lb", "lh", "lbu", "lhu")


@covers("riscv.access.sign", {"instruction": SIGNED, "sign": ("0", "1"), "offset": OFFSETS})
def _sign(trace: Trace) -> Iterable[Columns]:
    """Either top bit, for loads that extend one."""
    instruction = only(places(SIGNED)[trace.instruction], ~trace.trap)
    top = np.where(np.isin(trace.instruction, places_of("lb", "lbu")), 7, 15)
    yield instruction, trace.column("mem_rdata") >> top & 1, trace.column("mem_addr") & 3


def places_of(*chosen: str) -> list[int]:
    """Return the indices of instructions by name."""
    return [NAMES.index(name) for name in chosen]


TRANSFERS = ("load", "load.split", "store", "store.split")


@covers(
    "riscv.access.pair",
    {"first": TRANSFERS, "second": TRANSFERS, "place": ("same word", "other"), "stall": STALLS},
)
def _pair(trace: Trace) -> Iterable[Columns]:
    """Two accesses one right after the other, to the same word or not."""
    table = np.array([TRANSFERS.index(k) if k in TRANSFERS else -1 for k in KINDS])
    kind = only(table[trace.kind], ~trace.trap)
    word = trace.column("mem_addr") >> 2
    other = (word != trace.before(word, -1)).astype(np.int64)
    return each_stall(trace, trace.before(kind, -1), kind, other)


# Self-modifying code

MODIFIERS = ("sb", "sh", "sw", "c.sw", "c.swsp")
AHEAD = ("next word", "behind it")


@covers("riscv.fence_i.modified", {"store": MODIFIERS, "place": AHEAD})
def _modified(trace: Trace) -> Iterable[Columns]:
    """A store shortly before fence.i into the code behind it, at once or two to six words on."""
    fences = np.flatnonzero(trace.instruction == NAMES.index("fence.i"))
    target = trace.column("pc")[fences] + 4 >> 2
    for back in range(1, 9):
        stores = fences - back
        valid = stores >= 0
        store = places(MODIFIERS)[trace.instruction[stores]]
        words = (trace.column("mem_addr")[stores] >> 2) - target
        place = np.select([words == 0, (words > 0) & (words < 6)], [0, 1], -1)
        yield only(store, valid & ~trace.trap[stores]), place


# Traps: every cause in every state of the pipeline

CAUSES = (
    *("fetch", "fetch.upper", "illegal.16", "illegal.offload", "illegal.system", "csr.absent"),
    *("csr.read_only", "ebreak", "c.ebreak", "ecall", "load", "load.second", "store"),
    *("store.second", "software", "timer", "external"),
)
INTERRUPTS = CAUSES[-3:]
FETCH = ("ready", "waiting")
# Causes that lie in the instruction itself; all others can be gone the next time.
CERTAIN = (*CAUSES[2:10], "ecall")


def cause(trace: Trace) -> Column:
    """Place in CAUSES of the trap that an instruction took, -1 for none."""
    number, mtval = trace.column("cause"), trace.column("mtval")
    words, insn = trace.insn & 0x7F, trace.insn
    is_csr = (words == 0x73) & (insn >> 12 & 3 != 0)
    second = mtval != trace.column("mem_addr")
    cases = {
        "fetch.upper": (number == 1) & (mtval != trace.column("pc")),
        "fetch": number == 1,
        "illegal.16": (number == 2) & (insn & 3 != 3),
        "csr.read_only": (number == 2) & is_csr & is_known_csr(insn >> 20),
        "csr.absent": (number == 2) & is_csr,
        "illegal.system": (number == 2) & (words == 0x73),
        "illegal.offload": number == 2,
        "c.ebreak": (number == 3) & (insn & 3 != 3),
        "ebreak": number == 3,
        "load.second": (number == 5) & second,
        "load": number == 5,
        "store.second": (number == 7) & second,
        "store": number == 7,
        "ecall": number == 11,
    }
    found = np.select(list(cases.values()), [CAUSES.index(name) for name in cases], -1)
    return only(found, trace.trap)


def _interrupt(trace: Trace) -> Column:
    """Place in CAUSES of the interrupt in front of the first instruction of its handler, or -1."""
    codes = {0x83: "software", 0x87: "timer", 0x8B: "external"}
    number = trace.column("cause")
    found = np.select([number == c for c in codes], [CAUSES.index(n) for n in codes.values()], -1)
    return only(found, trace.first & (trace.before(trace.trap, 1) == 0))


@covers(
    "riscv.trap",
    {"cause": CAUSES, "previous": PREVIOUS, "fetch": FETCH},
    {
        "a handler whose first instruction always traps never gets further": (
            lambda cause, previous, fetch: previous == "trap" and cause in CERTAIN
        ),
        "a trap turns interrupts off": lambda cause, previous, fetch: (
            previous in ("trap", "interrupt") and cause in INTERRUPTS
        ),
        "handlers begin at whole words": lambda cause, previous, fetch: (
            previous in ("trap", "interrupt") and cause == "fetch.upper"
        ),
    },
)
def _trap(trace: Trace) -> Iterable[Columns]:
    """Every cause of a trap x what was in M before it x whether fetch was waiting."""
    waiting = (trace.column("busy") & FETCH_WAITS != 0).astype(np.int64)
    yield cause(trace), trace.previous, waiting
    # The state that an interrupt met is that of the instruction before it.
    yield _interrupt(trace), trace.before(trace.kind, -1), waiting


LOADS = names(lambda i: INSTRUCTIONS[i].kind == "load")
PARTS = ("whole", "first", "second")


@covers(
    "riscv.trap.access",
    {"instruction": ACCESSES, "part": PARTS},
    {"a byte is never split": lambda name, part: part != "whole" and name in ("lb", "lbu", "sb")},
)
def _trap_access(trace: Trace) -> Iterable[Columns]:
    """Every load and store fails: whole, in its first part, in its second."""
    number = trace.column("cause")
    failed = trace.trap & ((number == 5) | (number == 7))
    size = np.where(trace.insn & 3 == 3, 1 << (trace.insn >> 12 & 3), 4)
    address = trace.column("mem_addr")
    split = (address & 3) + size > 4
    part = np.where(trace.column("mtval") != address, 2, split)
    yield only(places(ACCESSES)[trace.instruction], failed), part


# Interrupts

MODES = ("direct", "vectored")


@covers("riscv.interrupt.vector", {"cause": INTERRUPTS, "mode": MODES})
def _vector(trace: Trace) -> Iterable[Columns]:
    """Every interrupt through one address and through the table, told by the last mtvec."""
    writes = (trace.instruction == NAMES.index("csrrw")) & (trace.insn >> 20 == 0x305)
    last = np.maximum.accumulate(np.where(writes & ~trace.trap, np.arange(trace.size), -1))
    mode = np.where(last >= 0, trace.column("rs1_value")[last] & 1, 0)
    yield _interrupt(trace) - CAUSES.index(INTERRUPTS[0]), trace.before(mode, 0)


PENDING = (
    "none",
    "software",
    "timer",
    "software timer",
    "external",
    "software external",
    "timer external",
    "all",
)


@covers(
    "riscv.interrupt.pending",
    {"cause": INTERRUPTS, "pending": PENDING},
    {"what is taken is pending": lambda cause, pending: cause not in pending and pending != "all"},
)
def _pending(trace: Trace) -> Iterable[Columns]:
    """Every interrupt, whichever others are pending."""
    mip = trace.column("mip")
    lines = (mip >> 3 & 1) | (mip >> 7 & 1) << 1 | (mip >> 11 & 1) << 2
    yield _interrupt(trace) - CAUSES.index(INTERRUPTS[0]), lines


DEPTHS = ("1", "2", "more")
ENTRIES = ("exception", "interrupt")


@covers("riscv.trap.nesting", {"entry": ENTRIES, "depth": DEPTHS})
def _nesting(trace: Trace) -> Iterable[Columns]:
    """Traps and interrupts with so many others not yet returned from."""
    enters = trace.first.astype(np.int64)
    since = np.cumsum(enters)
    returns = np.where(trace.instruction == NAMES.index("mret"), since, 0)
    depth = since - np.maximum.accumulate(returns)
    place = np.clip(depth, 1, 3) - 1
    entry = np.where(_interrupt(trace) >= 0, 1, 0)
    yield only(entry, trace.first), place


SLEEPS = ("short", "long")
WAKES = ("taken", "not taken")


@covers("riscv.wfi", {"sleep": SLEEPS, "line": INTERRUPTS, "wake": WAKES})
def _wfi(trace: Trace) -> Iterable[Columns]:
    """Each interrupt ends a wfi, soon or after a while, and is then taken or not."""
    mip = trace.after(trace.column("mip"), 0)
    gap = np.diff(trace.column("cycle"), prepend=0)
    slept = trace.after(gap > _SLEEP_CYCLES, 0)  # the WFI itself retires at once
    wfi = (trace.instruction == NAMES.index("wfi")) & ~trace.trap
    for place, bit in enumerate((3, 7, 11)):
        line = only(np.full(trace.size, place), mip >> bit & 1 != 0)
        yield only(slept, wfi), line, np.where(trace.interrupted, 0, 1)


_SLEEP_CYCLES = 40  # longer than any wait of the buses


# Kills of offers to the coprocessor

KILLERS = ("load", "load.second", "store", "store.second", "illegal.offload")


@covers("riscv.kill", {"cause": KILLERS, "offer": ("answered", "waited")})
def _kill(trace: Trace) -> Iterable[Columns]:
    """An offer behind an access that fails is killed, and one that was rejected."""
    table = np.array([KILLERS.index(c) if c in KILLERS else -1 for c in CAUSES] + [-1])
    busy = trace.column("busy")
    waited = (busy & OFFER_WAITS != 0).astype(np.int64)
    yield only(table[cause(trace)], busy & KILLED != 0), waited
