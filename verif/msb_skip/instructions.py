# SPDX-License-Identifier: Apache-2.0
"""Instruction words of the soft-sparsity unit, by the table in docs/msb_skip.md."""

from __future__ import annotations

from collections.abc import Sequence

OPCODE = 0x0B
CFG, DOT4, READ = 0, 1, 2
CONFIGURATION = 3  # what `read_status` reads after the three counters


def encode(funct3: int, funct7: int = 0, *, rs1: int = 0, rs2: int = 0, rd: int = 0) -> int:
    """An R-type word with opcode custom-0."""
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | OPCODE


def cfg(rs1: int = 10) -> int:
    """`cfg` with its word in register `rs1`."""
    return encode(CFG, rs1=rs1)


def dot4(accumulator: int, rs1: int = 10, rs2: int = 11) -> int:
    """`dot4` into `accumulator`."""
    return encode(DOT4, accumulator, rs1=rs1, rs2=rs2)


def read_accumulator(index: int, rd: int = 12, clear: bool = False) -> int:
    """`read` of an accumulator."""
    return encode(READ, clear << 4 | index, rd=rd)


def read_status(index: int, rd: int = 12, clear: bool = False) -> int:
    """`read` of a counter (0, 1, 2) or of the configuration word (3)."""
    return encode(READ, 1 << 5 | clear << 4 | index, rd=rd)


def configuration(
    mode: int, threshold: int, *, clear_accumulators: bool = False, clear_counters: bool = False
) -> int:
    """The configuration word that `cfg` takes in rs1."""
    return clear_counters << 9 | clear_accumulators << 8 | mode << 4 | threshold


def pack(lanes: Sequence[int]) -> int:
    """Four int8 lanes as a 32-bit word, lane 0 in the low byte."""
    return sum((lane & 0xFF) << 8 * index for index, lane in enumerate(lanes))


def unpack(word: int) -> list[int]:
    """The four int8 lanes of a 32-bit word."""
    return [((word >> 8 * index & 0xFF) ^ 0x80) - 0x80 for index in range(4)]


def register_read(instr: int) -> int:
    """CV-X-IF register_read of an accepted instruction: bit 0 for rs1, bit 1 for rs2."""
    return {CFG: 1, DOT4: 3, READ: 0}[funct3(instr)]


def funct3(instr: int) -> int:
    """Which of the three instructions an accepted word is."""
    return instr >> 12 & 7


def funct7(instr: int) -> int:
    """The field that holds the index."""
    return instr >> 25
