# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of pot: what random layers were made of, and what went on meanwhile.

A run samples at its end: the facts that prepare.py found (facts.py), the order of commands, and the
counters of probe.vh; no Python runs in between.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cocotb_coverage.coverage import CoverPoint

from verif.common import cover_file
from verif.common.covergroup import Group

_BLOCK = "pot"

# In the order of probe.vh, from bit 0 on.
EVENTS = (
    "command_waits",
    "weights_wait_for_room",
    "weights_awaited_for_bias",
    "weights_awaited_for_tile",
    "map_awaited",
    "sink_waits",
    "both_banks_read",
    "one_bank_read",
    "no_bank_read",
    "fetch_all_outside",
    "fetch_partly_outside",
    "write_over_two_words",
    "write_to_one_word",
    "sums_wait_for_output",
    "weights_come_while_read",
    "buffer_turns_over",
)
STALLS = ("never", "seldom", "often", "always")
STREAMS = ("commands", "weights", "maps", "sink")
FORMS = ("pot", "twos", "booth", "magnitude", "recoded", "eight")
OPERATIONS = ("load", "layer", "store")
SOME = ("one", "more")
REST = ("whole", "rest")

# Bins of each group of layers' facts.
FACTS: dict[str, Sequence[str]] = {
    "shape.kernel": ("point", "row", "column", "block"),
    "shape.rows_left_out": ("none", "first", "middle", "last", "all_but_one"),
    "shape.padding": ("none", "rows", "columns", "both"),
    "shape.input": ("unsigned", "signed"),
    "shape.output": tuple(
        f"{kind}_{pool}" for kind in ("raw", "relu", "signed") for pool in ("plain", "pooled")
    ),
    "shape.tiles": ("one", "two", "more"),
    "shape.groups": SOME,
    "shape.last_group": REST,
    "shape.last_chunk": REST,
    "shape.buffer": ("half", "most"),
    "strip.count": SOME,
    "strip.last": REST,
    "strip.across": ("nothing", "row", "image"),
    "strip.images": SOME,
    "address.fetch": tuple(map(str, range(8))),
    "address.write": tuple(map(str, range(8))),
    "codes.code": tuple(f"{form}_{code}" for form in FORMS for code in range(16)),
    "codes.tile": ("zero", "full", "lanes_columns", "lanes", "columns", "mixed"),
    "codes.lane": ("open_open", "open_shut", "shut_open", "shut_shut"),
    "values.activation": tuple(
        f"{sign}_{value}" for sign in ("unsigned", "signed") for value in (0, 127, 128, 255)
    ),
    "values.sum": ("maximum", "minimum", "wrapped"),
    "values.result": tuple(
        f"{kind}_{clamp}" for kind in ("relu", "signed") for clamp in ("low", "inside", "high")
    ),
}
OTHERS: dict[str, Sequence[str]] = {
    "hardware.form": FORMS,
    "hardware.exponents": ("none", "some", "all"),
    "hardware.lanes": ("columns", "more"),
    "order": tuple("_".join(pair) for pair in itertools.product(OPERATIONS, repeat=2)),
    "reset": ("idle", *OPERATIONS),
    "event": EVENTS,
    **{f"stall.{stream}": STALLS[: 4 if stream == "sink" else 3] for stream in STREAMS},
}


def _sampler(name: str, bins: Sequence[str]) -> Callable[[str], None]:
    @CoverPoint(f"{_BLOCK}.{name}", bins=list(bins))
    def sample(value: str) -> None:
        """One bin of this group was met."""

    sampled: Callable[[str], None] = sample
    return sampled


_SAMPLERS = {name: _sampler(name, bins) for name, bins in {**FACTS, **OTHERS}.items()}


def sample(name: str, value: str) -> None:
    """Sample one bin of a group."""
    _SAMPLERS[name](value)


def stall_name(stall: int) -> str:
    """Name a number of cycles in 256."""
    return (
        "never" if not stall else "always" if stall >= 256 else "seldom" if stall < 64 else "often"
    )


def sample_parameters(p: Mapping[str, Any]) -> None:
    """Sample the hardware of a run."""
    sample("hardware.form", FORMS[p["Form"]])
    if p["Form"] == 0:
        limit = p["ExponentMax"]
        sample("hardware.exponents", "all" if limit == 6 else "some" if limit else "none")
    sample("hardware.lanes", "columns" if p["Lanes"] == p["Columns"] else "more")


def sample_steps(operations: Iterable[str], facts: Iterable[Mapping[str, Sequence[str]]]) -> None:
    """Sample commands that were all done: their order, and what layers consist of."""
    for pair in itertools.pairwise(operations):
        sample("order", "_".join(pair))
    for of_layer in facts:
        for name, bins in of_layer.items():
            for value in bins:
                sample(name, value)


def sample_events(bench: Any) -> None:
    """Sample the counters of probe.vh, where the bench has them."""
    if not hasattr(bench, "happened"):
        return
    for number, name in enumerate(EVENTS):
        if int(bench.happened[number].value):
            sample("event", name)


def model() -> list[Group]:
    """Return all cover groups of this block with no bin hit."""
    return cover_file.model(_BLOCK)


def collect(directory: Path) -> list[Group]:
    """Return the cover groups of the run in `directory`."""
    return cover_file.collect(directory, _BLOCK)
