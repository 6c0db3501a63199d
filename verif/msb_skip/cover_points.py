# SPDX-License-Identifier: Apache-2.0
"""Cover points of the soft-sparsity unit: which rules, operands and protocol moves occurred.

Here are the bins; coverage.py samples them. A bin that cannot be hit is not made; the reason stands
where it is left out.
"""

from __future__ import annotations

from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_section

from golden.msb_skip import Mode
from verif.common import run
from verif.common.xif import Issued, Resolved, Returned
from verif.msb_skip.instructions import CFG, DOT4, OPCODE, READ, funct3, funct7
from verif.msb_skip.predictor import Executed

CORNERS = (0, -1, 1, -128, 127)
POWERS = tuple(sign << exponent for exponent in range(7) for sign in (1, -1))
MODES = ("exact", "zero", "absolute", "running_maximum")
OUTCOMES = ("kept", "zero", "soft")
CLASSES = ("zero", "minus_one", "one", "least", "greatest", "positive", "negative")
NAMED = {0: "zero", -1: "minus_one", 1: "one", -128: "least", 127: "greatest"}
DELAYS = ("early", 0, 1, 2, 3, "later")
WAITS = (0, 1, 2, 3, "longer")

# Exact keeps all four lanes; thresholds mean nothing to exact and zero; no sum exceeds 12.
_IMPOSSIBLE = [("exact", kept) for kept in range(4)]
_NO_RULE = [
    *(
        (mode, threshold, kept)
        for mode in MODES[:2]
        for threshold in range(16)
        for kept in range(5)
    ),
    *(("absolute", threshold, kept) for threshold in (13, 14, 15) for kept in (1, 2, 3, 4)),
]


# Exact multiplies everything. Zero skips exactly the lanes with a zero. The other two keep no lane
# with a zero, which has no leading one.
_LANES = [
    (MODES[mode], outcome, lane)
    for mode, outcomes in enumerate((OUTCOMES[:1], OUTCOMES[:2], OUTCOMES, OUTCOMES))
    for outcome in outcomes
    for lane in range(4)
]

# Bins of these groups that cannot be hit, by the rules above.
EXCLUDED = {
    "msb_skip.word.mode_kept": {"exact keeps all four lanes": len(_IMPOSSIBLE)},
    "msb_skip.word.rule": {
        "exact and zero have no threshold; no sum of leading ones exceeds 12": len(_NO_RULE)
    },
    "msb_skip.lane.outcome": {
        "exact skips no lane, zero only lanes with a zero": 4 * len(MODES) * 3 - len(_LANES)
    },
}

# Why a word is refused; the first that applies.
REFUSALS = ("opcode", "funct3", "funct7", "accumulator", "register")


def operand_class(operand: int) -> str:
    return NAMED.get(operand, "positive" if operand > 0 else "negative")


def _several(count: int) -> int | str:
    return count if count < 3 else "more"


def _refusal(instr: int, accumulators: int) -> str:
    """Return why the table of instructions has no place for a word."""
    kind, index = funct7(instr), funct7(instr) & 7
    if instr & 0x7F != OPCODE:
        return "opcode"
    if funct3(instr) > READ:
        return "funct3"
    status = funct3(instr) == READ and kind & 0x20
    defined = (
        kind == 0
        if funct3(instr) == CFG
        else not kind & 0x78
        if funct3(instr) == DOT4
        else not kind & 0x48 and not (status and (index > 3 or kind & 0x17 == 0x13))
    )
    if not defined:
        return "funct7"
    return "accumulator" if index >= accumulators and not status else "register"


def _delay(cycles: int) -> int | str:
    return "early" if cycles < 0 else cycles if cycles <= 3 else "later"


def _multipliers() -> int:
    parameters = run.parameters()
    return 4 if parameters["Simd4"] else int(parameters["Multipliers"])


def _wait(cycles: int) -> int | str:
    return cycles if cycles <= 3 else "longer"


@coverage_section(
    CoverPoint("msb_skip.word.mode", xf=lambda item: MODES[item.mode], bins=MODES),
    CoverPoint("msb_skip.word.threshold", xf=lambda item: item.threshold, bins=range(16)),
    CoverPoint("msb_skip.word.kept", xf=lambda item: item.kept, bins=range(5)),
    CoverCross(
        "msb_skip.word.mode_kept",
        items=["msb_skip.word.mode", "msb_skip.word.kept"],
        ign_bins=_IMPOSSIBLE,
    ),
    CoverCross(
        "msb_skip.word.rule",
        items=["msb_skip.word.mode", "msb_skip.word.threshold", "msb_skip.word.kept"],
        ign_bins=_NO_RULE,
    ),
    CoverPoint(
        "msb_skip.word.accumulator", xf=lambda item: funct7(item.issued.instr), bins=range(8)
    ),
    CoverCross(
        "msb_skip.word.mode_accumulator",
        items=["msb_skip.word.mode", "msb_skip.word.accumulator"],
    ),
    CoverPoint("msb_skip.word.multipliers", xf=lambda item: _multipliers(), bins=(1, 2, 4)),
    CoverCross(
        "msb_skip.word.multipliers_kept",
        items=["msb_skip.word.multipliers", "msb_skip.word.kept"],
    ),
)
def sample_word(item: Executed) -> None:
    """A dot4."""


@coverage_section(
    CoverPoint("msb_skip.corner.lane", xf=lambda lane, act, wgt: lane, bins=range(4)),
    CoverPoint("msb_skip.corner.act", xf=lambda lane, act, wgt: act, bins=CORNERS),
    CoverPoint("msb_skip.corner.wgt", xf=lambda lane, act, wgt: wgt, bins=CORNERS),
    CoverCross(
        "msb_skip.corner.cross",
        items=["msb_skip.corner.lane", "msb_skip.corner.act", "msb_skip.corner.wgt"],
    ),
)
def sample_corner(lane: int, act: int, wgt: int) -> None:
    """A lane with a corner on both sides. Others are not sampled: a cross costs much time."""


@coverage_section(
    CoverPoint(
        "msb_skip.powers",
        xf=lambda side, operand: (side, operand),
        bins=[(side, operand) for side in ("act", "wgt") for operand in POWERS],
    ),
)
def sample_power(side: str, operand: int) -> None:
    """An operand that is a power of two, of either sign."""


@coverage_section(
    CoverPoint(
        "msb_skip.lane.outcome",
        xf=lambda mode, lane, outcome, act, wgt: (mode, outcome, lane),
        bins=_LANES,
    ),
    CoverPoint(
        "msb_skip.lane.operands",
        xf=lambda mode, lane, outcome, act, wgt: (mode, act, wgt),
        bins=[(mode, act, wgt) for mode in MODES for act in CLASSES for wgt in CLASSES],
    ),
)
def sample_lane(mode: str, lane: int, outcome: str, act: str, wgt: str) -> None:
    """A lane of a dot4: what became of it, and the classes of its operands."""


@coverage_section(
    CoverPoint(
        "msb_skip.limit",
        xf=lambda mode, distance: (MODES[mode], distance),
        bins=[(mode, distance) for mode in MODES[2:] for distance in (-1, 0, 1)],
    ),
)
def sample_limit(mode: Mode, distance: int) -> None:
    """How far a lane's sum of leading ones is from what the rule asks for."""


@coverage_section(
    CoverPoint("msb_skip.cfg.clears", xf=lambda item: item.issued.rs1 >> 8 & 3, bins=range(4)),
    CoverPoint("msb_skip.cfg.mode", xf=lambda item: item.issued.rs1 >> 4 & 3, bins=range(4)),
)
def sample_cfg(item: Executed) -> None:
    """A cfg."""


@coverage_section(
    CoverPoint(
        "msb_skip.read.what",
        xf=lambda item: funct7(item.issued.instr) & 0x3F,
        bins=[
            *(clear << 4 | index for clear in (0, 1) for index in range(8)),
            *(1 << 5 | clear << 4 | index for clear in (0, 1) for index in range(3)),
            1 << 5 | 3,
        ],
    ),
)
def sample_read(item: Executed) -> None:
    """A read: the whole of k, c and iii."""


@coverage_section(
    CoverPoint("msb_skip.fate.killed", xf=lambda item: item.killed, bins=(False, True)),
    CoverPoint("msb_skip.fate.delay", xf=lambda item: _delay(item.delay), bins=DELAYS),
    CoverPoint("msb_skip.fate.operation", xf=lambda item: funct3(item.issued.instr), bins=range(3)),
    CoverCross(
        "msb_skip.fate.cross",
        items=["msb_skip.fate.killed", "msb_skip.fate.delay", "msb_skip.fate.operation"],
    ),
)
def sample_fate(item: Resolved) -> None:
    """A commit or kill."""


@coverage_section(
    CoverPoint(
        "msb_skip.fate.together",
        xf=lambda killed, count: (killed, _several(count)),
        bins=[(killed, count) for killed in (False, True) for count in (1, 2, "more")],
    ),
)
def sample_together(killed: bool, count: int) -> None:
    """So many instructions were committed or killed by one transaction."""


@coverage_section(
    CoverPoint(
        "msb_skip.issue.waited",
        xf=lambda item: (funct3(item.instr), _wait(item.waited)),
        bins=[(operation, waited) for operation in range(3) for waited in WAITS],
    ),
)
def sample_issue(item: Issued) -> None:
    """An instruction is taken, after it was shown for a while."""


@coverage_section(
    CoverPoint(
        "msb_skip.issue.refused",
        xf=lambda item: _refusal(item.instr, run.parameters()["Accumulators"]),
        bins=REFUSALS,
    ),
)
def sample_refused(item: Issued) -> None:
    """A word is refused."""


@coverage_section(
    CoverPoint("msb_skip.reset", xf=_several, bins=(0, 1, 2, "more")),
)
def sample_reset(in_flight: int) -> None:
    """A reset comes with so many instructions accepted and not yet over."""


@coverage_section(
    CoverPoint(
        "msb_skip.neighbours",
        xf=lambda mode, same: (MODES[mode], same),
        bins=[(mode, same) for mode in MODES for same in (False, True)],
    ),
)
def sample_neighbours(mode: Mode, same: bool) -> None:
    """A dot4 is issued in the cycle after another one, with the same accumulator or not."""


@coverage_section(
    CoverPoint("msb_skip.result.we", xf=lambda item: item.we, bins=(0, 1)),
    CoverPoint("msb_skip.result.waited", xf=lambda item: _wait(item.waited), bins=WAITS),
    CoverCross("msb_skip.result.cross", items=["msb_skip.result.we", "msb_skip.result.waited"]),
)
def sample_result(item: Returned) -> None:
    """A result."""


@coverage_section(
    CoverPoint(
        "msb_skip.order",
        xf=lambda before, after: (before, after),
        bins=[(before, after) for before in range(3) for after in range(3)],
    ),
)
def sample_order(before: int, after: int) -> None:
    """Which instruction follows which."""


@coverage_section(
    CoverPoint("msb_skip.fresh_maximum", xf=lambda cause: cause, bins=(CFG, READ)),
)
def sample_fresh(cause: int) -> None:
    """A dot4 meets a running maximum that was cleared after it had been above zero."""
