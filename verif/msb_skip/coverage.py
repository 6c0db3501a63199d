# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the soft-sparsity unit: which rules, operands and protocol moves occurred.

Each run leaves coverage.yml in its folder; tests/test_msb_skip.py merges them and demands all bins.
"""

from __future__ import annotations

from typing import Any

from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_db, coverage_section
from pyuvm import uvm_subscriber

from golden.arithmetic import msb
from golden.msb_skip import Mode
from verif.common import run
from verif.common.xif import Resolved, Returned
from verif.msb_skip.instructions import CFG, DOT4, READ, funct3, funct7, unpack
from verif.msb_skip.predictor import Executed

CORNERS = (0, -1, 1, -128, 127)
POWERS = tuple(sign << exponent for exponent in range(7) for sign in (1, -1))
MODES = ("exact", "zero", "absolute", "running_maximum")
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


def _delay(cycles: int) -> int | str:
    return "early" if cycles < 0 else cycles if cycles <= 3 else "later"


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
)
def _sample_word(item: Executed) -> None:
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
def _sample_corner(lane: int, act: int, wgt: int) -> None:
    """A lane with a corner on both sides. Others are not sampled: a cross costs much time."""


@coverage_section(
    CoverPoint(
        "msb_skip.powers",
        xf=lambda side, operand: (side, operand),
        bins=[(side, operand) for side in ("act", "wgt") for operand in POWERS],
    ),
)
def _sample_power(side: str, operand: int) -> None:
    """An operand that is a power of two, of either sign."""


@coverage_section(
    CoverPoint(
        "msb_skip.limit",
        xf=lambda mode, distance: (MODES[mode], distance),
        bins=[(mode, distance) for mode in MODES[2:] for distance in (-1, 0, 1)],
    ),
)
def _sample_limit(mode: Mode, distance: int) -> None:
    """How far a lane's sum of leading ones is from what the rule asks for."""


@coverage_section(
    CoverPoint("msb_skip.cfg.clears", xf=lambda item: item.issued.rs1 >> 8 & 3, bins=range(4)),
    CoverPoint("msb_skip.cfg.mode", xf=lambda item: item.issued.rs1 >> 4 & 3, bins=range(4)),
)
def _sample_cfg(item: Executed) -> None:
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
def _sample_read(item: Executed) -> None:
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
def _sample_fate(item: Resolved) -> None:
    """A commit or kill."""


@coverage_section(
    CoverPoint("msb_skip.result.we", xf=lambda item: item.we, bins=(0, 1)),
    CoverPoint("msb_skip.result.waited", xf=lambda item: _wait(item.waited), bins=WAITS),
    CoverCross("msb_skip.result.cross", items=["msb_skip.result.we", "msb_skip.result.waited"]),
)
def _sample_result(item: Returned) -> None:
    """A result."""


@coverage_section(
    CoverPoint(
        "msb_skip.order",
        xf=lambda before, after: (before, after),
        bins=[(before, after) for before in range(3) for after in range(3)],
    ),
)
def _sample_order(before: int, after: int) -> None:
    """Which instruction follows which."""


@coverage_section(
    CoverPoint("msb_skip.fresh_maximum", xf=lambda cause: cause, bins=(CFG, READ)),
)
def _sample_fresh(cause: int) -> None:
    """A dot4 meets a running maximum that was cleared after it had been above zero."""


class Coverage(uvm_subscriber):
    """Samples what the monitor saw and what the model executed."""

    def build_phase(self) -> None:
        super().build_phase()
        self._before: int | None = None
        self._raised: set[int] = set()  # accumulators whose maximum is above zero
        self._cleared: dict[int, int] = {}  # accumulators whose maximum was cleared, by what

    def write(self, item: Any) -> None:
        if isinstance(item, Resolved):
            _sample_fate(item)
        elif isinstance(item, Returned):
            _sample_result(item)
        elif isinstance(item, Executed):
            self._sample_executed(item)

    def _sample_executed(self, item: Executed) -> None:
        operation = funct3(item.issued.instr)
        if operation == DOT4:
            self._sample_dot4(item)
        elif operation == CFG:
            _sample_cfg(item)
            if item.issued.rs1 >> 8 & 1:
                self._clear(self._raised.copy(), CFG)
        else:
            _sample_read(item)
            kind, index = divmod(funct7(item.issued.instr), 16)
            if kind == 1:  # an accumulator, clearing
                self._clear(self._raised & {index}, READ)
        if self._before is not None:
            _sample_order(self._before, operation)
        self._before = operation

    def _clear(self, accumulators: set[int], cause: int) -> None:
        self._raised -= accumulators
        self._cleared.update(dict.fromkeys(accumulators, cause))

    def _sample_dot4(self, item: Executed) -> None:
        _sample_word(item)
        index, maximum = funct7(item.issued.instr), item.maximum
        if item.mode == Mode.RUNNING_MAXIMUM and index in self._cleared:
            _sample_fresh(self._cleared.pop(index))
        lanes = zip(unpack(item.issued.rs1), unpack(item.issued.rs2), strict=True)
        for lane, (act, wgt) in enumerate(lanes):
            if act in CORNERS and wgt in CORNERS:
                _sample_corner(lane, act, wgt)
            for side, operand in (("act", act), ("wgt", wgt)):
                if operand in POWERS:
                    _sample_power(side, operand)
            if min(msb(act), msb(wgt)) < 0:
                continue
            s = msb(act) + msb(wgt)
            maximum = max(maximum, s)
            if item.mode == Mode.ABSOLUTE:
                _sample_limit(item.mode, s - item.threshold)
            elif item.mode == Mode.RUNNING_MAXIMUM:
                _sample_limit(item.mode, s - (maximum - item.threshold))
                if maximum:
                    self._raised.add(index)

    def report_phase(self) -> None:
        coverage_db.export_to_yaml(filename=str(run.directory() / "coverage.yml"))
