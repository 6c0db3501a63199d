# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the soft-sparsity unit: samples the points of cover_points.py.

Each run leaves coverage.yml in its folder; scripts/coverage.py and tests/test_msb_skip.py merge
them and demand all bins.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyuvm import uvm_subscriber

from golden.arithmetic import msb
from golden.msb_skip import Mode
from verif.common import cover_file
from verif.common.covergroup import Group
from verif.common.xif import Issued, ResetSeen, Resolved, Returned
from verif.msb_skip.cover_points import (
    CORNERS,
    EXCLUDED,
    MODES,
    POWERS,
    operand_class,
    sample_cfg,
    sample_corner,
    sample_fate,
    sample_fresh,
    sample_issue,
    sample_lane,
    sample_limit,
    sample_neighbours,
    sample_order,
    sample_power,
    sample_read,
    sample_refused,
    sample_reset,
    sample_result,
    sample_together,
    sample_word,
)
from verif.msb_skip.instructions import CFG, DOT4, READ, funct3, funct7, unpack
from verif.msb_skip.predictor import Executed


class Coverage(uvm_subscriber):
    """Samples what the monitor saw and what the model executed."""

    def build_phase(self) -> None:
        super().build_phase()
        self._before: Executed | None = None
        self._raised: set[int] = set()  # accumulators whose maximum is above zero
        self._cleared: dict[int, int] = {}  # accumulators whose maximum was cleared, by what
        self._lanes: set[tuple[str, int, str, str, str]] = set()
        self._in_flight = 0
        self._verdict = (0, False)  # cycle of the last commit or kill, and which it was
        self._together = 0  # instructions that it covered

    def write(self, item: Any) -> None:
        if isinstance(item, Issued):
            self._sample_issued(item)
        elif isinstance(item, Resolved):
            self._sample_resolved(item)
        elif isinstance(item, Returned):
            self._in_flight -= 1
            sample_result(item)
        elif isinstance(item, ResetSeen):
            sample_reset(self._in_flight)
            self._in_flight = 0
            self._before = None
        elif isinstance(item, Executed):
            self._sample_executed(item)

    def _sample_issued(self, item: Issued) -> None:
        if item.accept:
            self._in_flight += 1
            sample_issue(item)
        else:
            sample_refused(item)

    def _sample_resolved(self, item: Resolved) -> None:
        sample_fate(item)
        self._in_flight -= item.killed
        verdict = (item.issued.cycle + item.delay, item.killed)
        if verdict != self._verdict and self._together:
            sample_together(self._verdict[1], self._together)
            self._together = 0
        self._verdict = verdict
        self._together += 1

    def _sample_executed(self, item: Executed) -> None:
        operation = funct3(item.issued.instr)
        if operation == DOT4:
            self._sample_dot4(item)
        elif operation == CFG:
            sample_cfg(item)
            if item.issued.rs1 >> 8 & 1:
                self._clear(self._raised.copy(), CFG)
        else:
            sample_read(item)
            kind, index = divmod(funct7(item.issued.instr), 16)
            if kind == 1:  # an accumulator, clearing
                self._clear(self._raised & {index}, READ)
        if self._before is not None:
            sample_order(funct3(self._before.issued.instr), operation)
        self._before = item

    def _clear(self, accumulators: set[int], cause: int) -> None:
        self._raised -= accumulators
        self._cleared.update(dict.fromkeys(accumulators, cause))

    def _sample_dot4(self, item: Executed) -> None:
        sample_word(item)
        index, maximum = funct7(item.issued.instr), item.maximum
        self._sample_neighbour(item)
        if item.mode == Mode.RUNNING_MAXIMUM and index in self._cleared:
            sample_fresh(self._cleared.pop(index))
        lanes = zip(unpack(item.issued.rs1), unpack(item.issued.rs2), strict=True)
        for lane, (act, wgt) in enumerate(lanes):
            if act in CORNERS and wgt in CORNERS:
                sample_corner(lane, act, wgt)
            for side, operand in (("act", act), ("wgt", wgt)):
                if operand in POWERS:
                    sample_power(side, operand)
            exists = min(msb(act), msb(wgt)) >= 0
            s = msb(act) + msb(wgt)
            maximum = max(maximum, s) if exists else maximum
            limit = item.threshold if item.mode == Mode.ABSOLUTE else maximum - item.threshold
            self._note_lane(item.mode, lane, act, wgt, kept=exists and s >= limit)
            if not exists:
                continue
            if item.mode == Mode.ABSOLUTE:
                sample_limit(item.mode, s - item.threshold)
            elif item.mode == Mode.RUNNING_MAXIMUM:
                sample_limit(item.mode, s - (maximum - item.threshold))
                if maximum:
                    self._raised.add(index)

    def _note_lane(self, mode: Mode, lane: int, act: int, wgt: int, kept: bool) -> None:
        """Note what became of a lane; `kept` is the answer of the rules with leading ones."""
        zero = act == 0 or wgt == 0
        if mode in (Mode.EXACT, Mode.ZERO):
            kept = mode == Mode.EXACT or not zero
        outcome = "kept" if kept else "zero" if zero else "soft"
        self._lanes.add((MODES[mode], lane, outcome, operand_class(act), operand_class(wgt)))

    def _sample_neighbour(self, item: Executed) -> None:
        before = self._before
        if before is None or funct3(before.issued.instr) != DOT4:
            return
        if item.issued.cycle == before.issued.cycle + 1:
            same = funct7(item.issued.instr) == funct7(before.issued.instr)
            sample_neighbours(item.mode, same)

    def report_phase(self) -> None:
        for lane in self._lanes:  # each once: a sample looks at every bin, which costs much time
            sample_lane(*lane)
        cover_file.export()


def model() -> list[Group]:
    """Return all cover groups of this block with no bin hit."""
    return cover_file.model("msb_skip", EXCLUDED)


def collect(directory: Path) -> list[Group]:
    """Return the cover groups of the run in `directory`."""
    return cover_file.collect(directory, "msb_skip", EXCLUDED)
