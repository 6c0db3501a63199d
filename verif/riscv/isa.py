# SPDX-License-Identifier: Apache-2.0
"""Instructions of the core as data: encodings, operands and immediates, for whole arrays of words.

From the RISC-V unprivileged specification 20191213 (RV32IMC, Zicsr, Zifencei), mret and wfi from
the privileged one; the bench's coprocessor from verif/riscv/coprocessor.sv.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.int64]


@dataclass(frozen=True)
class Instruction:
    """One instruction: words w with w & mask == match. kind: how the pipeline treats it.

    rs1, rs2, rd: whether it has the operand at all. immediate: name of its format, "" for none.
    """

    name: str
    mask: int
    match: int
    kind: str
    rs1: bool = False
    rs2: bool = False
    rd: bool = False
    immediate: str = ""

    @property
    def compressed(self) -> bool:
        """Whether it takes 16 bits."""
        return self.match & 3 != 3


def _base() -> list[Instruction]:
    """RV32I, without the system instructions."""
    table = [
        Instruction("lui", 0x7F, 0x37, "alu", rd=True, immediate="u"),
        Instruction("auipc", 0x7F, 0x17, "alu", rd=True, immediate="u"),
        Instruction("jal", 0x7F, 0x6F, "jump", rd=True, immediate="j"),
        Instruction("jalr", 0x707F, 0x67, "jalr", rs1=True, rd=True, immediate="i"),
        Instruction("fence", 0x707F, 0x0F, "fence"),
        Instruction("fence.i", 0x707F, 0x100F, "fence.i"),
    ]
    branches = {"beq": 0, "bne": 1, "blt": 4, "bge": 5, "bltu": 6, "bgeu": 7}
    loads = {"lb": 0, "lh": 1, "lw": 2, "lbu": 4, "lhu": 5}
    stores = {"sb": 0, "sh": 1, "sw": 2}
    immediates = {"addi": 0, "slti": 2, "sltiu": 3, "xori": 4, "ori": 6, "andi": 7}
    shifts = {"sll": 1, "srl": 5, "sra": 5 | 1 << 18}  # 1 << 18 + 12 is bit 30
    others = {"add": 0, "sub": 1 << 18, "slt": 2, "sltu": 3, "xor": 4, "or": 6, "and": 7}
    for name, code in branches.items():
        word = 0x63 | code << 12
        table.append(Instruction(name, 0x707F, word, "branch", rs1=True, rs2=True, immediate="b"))
    for name, code in loads.items():
        word = 0x03 | code << 12
        table.append(Instruction(name, 0x707F, word, "load", rs1=True, rd=True, immediate="i"))
    for name, code in stores.items():
        word = 0x23 | code << 12
        table.append(Instruction(name, 0x707F, word, "store", rs1=True, rs2=True, immediate="s"))
    for name, code in immediates.items():
        word = 0x13 | code << 12
        table.append(Instruction(name, 0x707F, word, "alu", rs1=True, rd=True, immediate="i"))
    for name, code in shifts.items():
        word = 0x13 | code << 12
        table.append(
            Instruction(f"{name}i", 0xFE00707F, word, "alu", rs1=True, rd=True, immediate="shamt")
        )
    for name, code in {**shifts, **others}.items():
        word = 0x33 | code << 12
        table.append(Instruction(name, 0xFE00707F, word, "alu", rs1=True, rs2=True, rd=True))
    return table


def _extensions() -> list[Instruction]:
    """M, Zicsr, machine mode, and the bench's coprocessor."""
    table = []
    names = ("mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu")
    for code, name in enumerate(names):
        kind = "mul" if code == 0 else "mulh" if code < 4 else "div"
        word = 0x02000033 | code << 12
        table.append(Instruction(name, 0xFE00707F, word, kind, rs1=True, rs2=True, rd=True))
    for code, name in {1: "csrrw", 2: "csrrs", 3: "csrrc"}.items():
        word = 0x73 | code << 12
        table.append(Instruction(name, 0x707F, word, "csr", rs1=True, rd=True))
        table.append(
            Instruction(f"{name}i", 0x707F, word | 0x4000, "csr", rd=True, immediate="zimm")
        )
    system = {"ecall": 0x73, "ebreak": 0x100073, "mret": 0x30200073, "wfi": 0x10500073}
    for name, word in system.items():
        kind = name if name in ("mret", "wfi") else "trap"
        table.append(Instruction(name, 0xFFFFFFFF, word, kind))
    for code, name in enumerate(("x.xor", "x.add", "x.sum")):
        kind = "offload" if name == "x.add" else "offload.rd"
        table.append(
            Instruction(
                name, 0xFE00707F, 0x2B | code << 12, kind, rs1=True, rs2=True, rd=name != "x.add"
            )
        )
    return table


def _compressed() -> list[Instruction]:
    """RV32C without floating point. More specific encodings come first."""

    def one(
        name: str, mask: int, match: int, kind: str, operands: str, immediate: str = ""
    ) -> Instruction:
        """`operands`: d rd, 1 rs1, 2 rs2."""
        return Instruction(
            name, mask, match, kind, "1" in operands, "2" in operands, "d" in operands, immediate
        )

    return [
        one("c.addi4spn", 0xE003, 0x0000, "alu", "d1", "ciw"),
        one("c.lw", 0xE003, 0x4000, "load", "d1", "cl"),
        one("c.sw", 0xE003, 0xC000, "store", "12", "cl"),
        one("c.nop", 0xEF83, 0x0001, "alu", ""),
        one("c.addi", 0xE003, 0x0001, "alu", "d1", "ci"),
        one("c.jal", 0xE003, 0x2001, "jump", "d", "cj"),
        one("c.li", 0xE003, 0x4001, "alu", "d", "ci"),
        one("c.addi16sp", 0xEF83, 0x6101, "alu", "d1", "ci16"),
        one("c.lui", 0xE003, 0x6001, "alu", "d", "ci_nonzero"),
        one("c.srli", 0xFC03, 0x8001, "alu", "d1", "cshamt"),
        one("c.srai", 0xFC03, 0x8401, "alu", "d1", "cshamt"),
        one("c.andi", 0xEC03, 0x8801, "alu", "d1", "ci"),
        one("c.sub", 0xFC63, 0x8C01, "alu", "d12"),
        one("c.xor", 0xFC63, 0x8C21, "alu", "d12"),
        one("c.or", 0xFC63, 0x8C41, "alu", "d12"),
        one("c.and", 0xFC63, 0x8C61, "alu", "d12"),
        one("c.j", 0xE003, 0xA001, "jump", "", "cj"),
        one("c.beqz", 0xE003, 0xC001, "branch", "1", "cb"),
        one("c.bnez", 0xE003, 0xE001, "branch", "1", "cb"),
        one("c.slli", 0xF003, 0x0002, "alu", "d1", "cshamt"),
        one("c.lwsp", 0xE003, 0x4002, "load", "d1", "clsp"),
        one("c.ebreak", 0xFFFF, 0x9002, "trap", ""),
        one("c.jr", 0xF07F, 0x8002, "jalr", "1"),
        one("c.jalr", 0xF07F, 0x9002, "jalr", "d1"),
        one("c.mv", 0xF003, 0x8002, "alu", "d2"),
        one("c.add", 0xF003, 0x9002, "alu", "d12"),
        one("c.swsp", 0xE003, 0xC002, "store", "12", "cssp"),
    ]


INSTRUCTIONS = (*_base(), *_extensions(), *_compressed())
NAMES = tuple(instruction.name for instruction in INSTRUCTIONS)
UNKNOWN = -1


def identify(words: Words) -> NDArray[np.int16]:
    """Return the index into INSTRUCTIONS of each word, UNKNOWN for what is none of them.

    `words` as retired: 16-bit instructions with zeros above. Reserved encodings are unknown.
    """
    result = np.full(words.shape, UNKNOWN, np.int16)
    for index, instruction in enumerate(INSTRUCTIONS):
        found = (words & instruction.mask == instruction.match) & (result == UNKNOWN)
        if instruction.compressed:
            found &= words < 1 << 16
        result[found] = index
    result[_reserved(words)] = UNKNOWN
    return result


def _reserved(words: Words) -> NDArray[np.bool_]:
    """16-bit words that look like an instruction and are none: zero fields that must not be."""
    is_ciw = (words & 0xE003 == 0) & (words & 0x1FE0 == 0)
    is_ci = (words & 0xE003 == 0x6001) & (words & 0x107C == 0)
    is_lwsp = (words & 0xE003 == 0x4002) & (words & 0x0F80 == 0)
    is_jr = words & 0xFFFF == 0x8002
    reserved: NDArray[np.bool_] = (words < 1 << 16) & (is_ciw | is_ci | is_lwsp | is_jr)
    return reserved


def _bits(words: Words, *places: tuple[int, int, int]) -> Words:
    """Gather fields: (lowest bit in the word, width, place in the immediate)."""
    result = np.zeros_like(words)
    for low, width, place in places:
        result |= (words >> low & ((1 << width) - 1)) << place
    return result


def _signed(values: Words, width: int) -> Words:
    return (values ^ 1 << (width - 1)) - (1 << (width - 1))


@dataclass(frozen=True)
class Immediate:
    """A format: how to read it, its least and greatest value. reach: it is a distance to jump."""

    read: Callable[[Words], Words]
    least: int
    greatest: int
    reach: bool = False


def _ci(words: Words) -> Words:
    return _signed(_bits(words, (12, 1, 5), (2, 5, 0)), 6)


_CI16 = ((12, 1, 9), (3, 2, 7), (5, 1, 6), (2, 1, 5), (6, 1, 4))
_CIW = ((7, 4, 6), (11, 2, 4), (5, 1, 3), (6, 1, 2))
_CB = ((12, 1, 8), (5, 2, 6), (2, 1, 5), (10, 2, 3), (3, 2, 1))
_CJ = ((12, 1, 11), (8, 1, 10), (9, 2, 8), (6, 1, 7), (7, 1, 6), (2, 1, 5), (11, 1, 4), (3, 3, 1))
_B = ((31, 1, 12), (7, 1, 11), (25, 6, 5), (8, 4, 1))
_J = ((31, 1, 20), (12, 8, 12), (20, 1, 11), (21, 10, 1))

IMMEDIATES = {
    "i": Immediate(lambda w: _signed(w >> 20, 12), -2048, 2047),
    "s": Immediate(lambda w: _signed(_bits(w, (25, 7, 5), (7, 5, 0)), 12), -2048, 2047),
    "b": Immediate(lambda w: _signed(_bits(w, *_B), 13), -4096, 4094, reach=True),
    "u": Immediate(lambda w: _signed(w >> 12, 20), -(1 << 19), (1 << 19) - 1),
    "j": Immediate(lambda w: _signed(_bits(w, *_J), 21), -(1 << 20), (1 << 20) - 2, reach=True),
    "shamt": Immediate(lambda w: _bits(w, (20, 5, 0)), 0, 31),
    "zimm": Immediate(lambda w: _bits(w, (15, 5, 0)), 0, 31),
    "ci": Immediate(_ci, -32, 31),
    "ci_nonzero": Immediate(_ci, -32, 31),
    "ci16": Immediate(lambda w: _signed(_bits(w, *_CI16), 10), -512, 496),
    "ciw": Immediate(lambda w: _bits(w, *_CIW), 0, 1020),
    "cl": Immediate(lambda w: _bits(w, (5, 1, 6), (10, 3, 3), (6, 1, 2)), 0, 124),
    "clsp": Immediate(lambda w: _bits(w, (2, 2, 6), (12, 1, 5), (4, 3, 2)), 0, 252),
    "cssp": Immediate(lambda w: _bits(w, (7, 2, 6), (9, 4, 2)), 0, 252),
    "cshamt": Immediate(lambda w: _bits(w, (2, 5, 0)), 0, 31),
    "cb": Immediate(lambda w: _signed(_bits(w, *_CB), 9), -256, 254, reach=True),
    "cj": Immediate(lambda w: _signed(_bits(w, *_CJ), 12), -2048, 2046, reach=True),
}
"""Formats by name; values in bytes where they are distances, of `u` without the 12 zero bits."""
