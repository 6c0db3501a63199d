# SPDX-License-Identifier: Apache-2.0
"""Programs for the soft-sparsity unit. All draw from `random`, which the run's seed has seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from golden.msb_skip import Mode
from verif.common.xif import Offload
from verif.msb_skip import instructions
from verif.msb_skip.instructions import configuration, pack

CORNERS = (0, -1, 1, -128, 127)
MODES = (Mode.EXACT, Mode.ZERO, Mode.ABSOLUTE, Mode.RUNNING_MAXIMUM)


@dataclass(frozen=True)
class Manners:
    """How a core treats what it offloads. Probabilities 0..1; delays are drawn from the tuples."""

    gap: float = 0.2
    kill: float = 0.0
    batch: float = 0.0
    foreign: float = 0.0
    late_operands: float = 0.1
    commit_delays: tuple[int, ...] = (1,)
    kill_delays: tuple[int, ...] = (0, 1, 2, 3, 4, 6)

    def dress(self, offload: Offload) -> Offload:
        """The same instruction, treated with these manners."""
        kill = random.random() < self.kill
        return replace(
            offload,
            gap=random.randint(1, 4) if random.random() < self.gap else 0,
            kill=kill,
            commit_delay=random.choice(self.kill_delays if kill else self.commit_delays),
            batch=not kill and random.random() < self.batch,
            operands_late=random.randint(1, 3) if random.random() < self.late_operands else 0,
            foreign=random.random() < self.foreign,
        )


PROMPT = Manners(gap=0.0, late_operands=0.0)
"""A core that loses no cycle: commits in the cycle after the issue."""


def operand() -> int:
    """An int8: often a corner, or a power of two or next to one."""
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(CORNERS)
    if kind == 1:
        return random.choice((1, -1)) * (1 << random.randrange(7)) - random.randrange(2)
    return random.randint(-128, 127)


def _at_level(level: int) -> int:
    """An int8 whose leading one is at `level` (0..6), either sign."""
    magnitude = random.randrange(1 << level, 2 << level)
    return magnitude if random.random() < 0.5 else -1 - magnitude


def _lane(level: int | None) -> tuple[int, int]:
    """Operands of one lane; with a level, their leading ones add up to about that."""
    if level is None:
        return operand(), operand()
    s = min(12, max(0, level + random.randint(-1, 1)))
    act = random.randint(max(0, s - 6), min(6, s))
    return _at_level(act), _at_level(s - act)


def word_pair(level: int) -> tuple[int, int]:
    """Operand words for dot4.

    Anything, close to `level`, mostly nothing, extremes, corners, or every lane somewhere up to
    `level`.
    """
    kind = random.choices(range(6), weights=(4, 5, 5, 1, 1, 4))[0]
    lanes = [_lane(level if kind in (1, 2) else None) for _ in range(4)]
    if kind == 2:
        nothing = random.choice((0, -1)), operand()
        lanes = [lane if random.random() < 0.3 else nothing for lane in lanes]
    elif kind == 3:
        lanes = [(random.choice((-128, 127)), random.choice((-128, 127)))] * 4
    elif kind == 4:
        lanes = [(random.choice(CORNERS), random.choice(CORNERS)) for _ in range(4)]
    elif kind == 5:
        lanes = [_lane(random.randint(0, level)) for _ in range(4)]
    return pack([act for act, _ in lanes]), pack([wgt for _, wgt in lanes])


def dot4(accumulator: int, level: int) -> Offload:
    """A dot4 with operands around `level`, from any registers."""
    act, wgt = word_pair(level)
    registers = random.randrange(32), random.randrange(32)
    return Offload(instructions.dot4(accumulator, *registers), act, wgt)


def cfg(word: int) -> Offload:
    """A cfg; the bits that the unit ignores and rs2 are noise."""
    noise = random.getrandbits(32) & ~0x33F
    return Offload(instructions.cfg(random.randrange(32)), noise | word, random.getrandbits(32))


def read(accumulators: int, used: Sequence[int]) -> Offload:
    """A read of anything that exists, often of an accumulator that is used; a third clear it."""
    clear = random.random() < 1 / 3
    rd = random.randrange(32)
    kind = random.randrange(3)
    if kind:
        index = random.choice(used if kind == 1 else range(accumulators))
        instr = instructions.read_accumulator(index, rd, clear)
    else:
        index = random.randrange(4)
        instr = instructions.read_status(index, rd, clear and index != instructions.CONFIGURATION)
    return Offload(instr, random.getrandbits(32), random.getrandbits(32))


def illegal() -> Offload:
    """A word that is most likely not an instruction of the unit."""
    return Offload(random.getrandbits(32), random.getrandbits(32), random.getrandbits(32))


def _rules() -> Iterator[tuple[Mode, int]]:
    """Modes and thresholds for ever, each equally often, in random order."""
    deck = list(product((Mode.ABSOLUTE, Mode.RUNNING_MAXIMUM), range(16)))
    deck += list(product((Mode.EXACT, Mode.ZERO), (0, 5, 10, 15)))
    while True:
        yield from random.sample(deck, len(deck))


def random_traffic(count: int, accumulators: int, manners: Manners) -> Iterator[Offload]:
    """`count` instructions: mostly dot4, in runs on few accumulators, now and then another rule.

    How large operands get changes with each cfg and read, so that a running maximum that should
    have been cleared and was not shows.
    """
    rules = _rules()
    mode, threshold, used, ceiling = Mode.EXACT, 0, [0], 12
    for _ in range(count):
        kind = random.random()
        if kind < 0.18:
            ceiling = random.randrange(13)
        if kind < 0.06:
            mode, threshold = next(rules)
            used = random.sample(range(accumulators), random.choice((1, 2, accumulators)))
            clears = {
                "clear_accumulators": random.random() < 0.6,
                "clear_counters": random.random() < 0.2,
            }
            offload = cfg(configuration(mode, threshold, **clears))
        elif kind < 0.16:
            offload = read(accumulators, used)
        elif kind < 0.18:
            offload = illegal()
        else:
            level = threshold if mode == Mode.ABSOLUTE else random.randint(0, ceiling)
            offload = dot4(random.choice(used), level)
        yield manners.dress(offload)


def read_back(accumulators: int) -> list[Offload]:
    """Reads of the whole architectural state that can be read."""
    words = [instructions.read_accumulator(index) for index in range(accumulators)]
    words += [instructions.read_status(index) for index in range(4)]
    return [Offload(word) for word in words]


def dense(count: int, accumulators: int, mode: Mode, threshold: int) -> list[Offload]:
    """One cfg, then `count` dot4 without a gap."""
    word = configuration(mode, threshold, clear_accumulators=True)
    level = threshold if mode == Mode.ABSOLUTE else 9
    words = [dot4(random.randrange(accumulators), level) for _ in range(count)]
    return [PROMPT.dress(offload) for offload in (cfg(word), *words)]


def all_operands(accumulators: int, mode: Mode, threshold: int) -> Iterator[Offload]:
    """Every pair of int8 operands once, in random order, four pairs per dot4."""
    pairs = list(product(range(-128, 128), repeat=2))
    random.shuffle(pairs)
    yield cfg(configuration(mode, threshold, clear_accumulators=True))
    for first in range(0, len(pairs), 4):
        acts, wgts = zip(*pairs[first : first + 4], strict=True)
        instr = instructions.dot4(first // 4 % accumulators)
        yield Offload(instr, pack(acts), pack(wgts))


def decoder_patterns() -> Iterator[Offload]:
    """Every funct3 and funct7 with each register field x0 or not, and every other opcode."""
    fields = product(range(8), range(128), (0, 9), (0, 10), (0, 11))
    words = [
        instructions.encode(funct3, funct7, rs1=rs1, rs2=rs2, rd=rd)
        for funct3, funct7, rs1, rs2, rd in fields
    ]
    dot4_word = instructions.dot4(1)
    words += [dot4_word & ~0x7F | opcode for opcode in range(128)]
    random.shuffle(words)
    for word in words:
        yield Offload(word, random.getrandbits(32), random.getrandbits(32))
