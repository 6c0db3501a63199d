# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the system: what its buses and its device met, and what ran on it.

A run samples at its end: the bits that probe.vh set, and the run's settings and parameters. No
Python runs in between.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cocotb_coverage.coverage import CoverPoint

from verif.common import cover_file
from verif.common.covergroup import Group

_BLOCK = "soc"

RAMS = ("instruction_ram", "data_ram")
TARGETS = (*RAMS, "device", "nothing")
LANES = ("0", "1", "2", "3", "01", "12", "23", "012", "123", "0123")
SIDES = ("before", "first", "last", "behind")


def _names(*words: Sequence[str]) -> tuple[str, ...]:
    """All combinations, the last words varying fastest."""
    return tuple("_".join(combination) for combination in itertools.product(*words))


# In the order of probe.vh, from bit 0 on.
EVENTS: dict[str, Sequence[str]] = {
    "fetch": TARGETS,
    "access": _names(("read", "write"), TARGETS),
    "lanes": _names(RAMS, LANES),
    "together": _names(("fetch", "stray"), TARGETS),
    "order": _names(TARGETS, TARGETS),
    "back_to_back": ("fetch", *_names(("read", "write"), ("read", "write"))),
    "border.fetch": SIDES,
    "border.data": _names(TARGETS[:3], SIDES),
    "error": ("fetch", "load", "store"),
    "device": ("console", "exit", "marker", "other"),
    "interrupt": ("software", "timer", "external"),
}
NETWORKS = ("lenet5-relu", "lenet5-tanh")
OTHERS: dict[str, Sequence[str]] = {
    "unit": ("Multipliers=1", "Multipliers=2", "Multipliers=4", "Simd4"),
    "mode": _names(NETWORKS, ("exact", "zero", "soft", "running-maximum")),
    "program": _names(NETWORKS, ("lenet5", "lenet5_branch", "lenet5_scalar")),
}


def _sampler(name: str, bins: Sequence[str]) -> Callable[[str], None]:
    @CoverPoint(f"{_BLOCK}.{name}", bins=list(bins))
    def sample(value: str) -> None:
        """One bin of this group was met."""

    sampled: Callable[[str], None] = sample
    return sampled


_SAMPLERS = {name: _sampler(name, bins) for name, bins in {**EVENTS, **OTHERS}.items()}


def sample_network(settings: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Sample a whole network that ran, with the defaults of prepare.py."""
    network = settings.get("network", NETWORKS[0])
    _SAMPLERS["mode"](f"{network}_{settings.get('mode', 'soft')}")
    _SAMPLERS["program"](f"{network}_{settings.get('program', 'lenet5')}")
    _SAMPLERS["unit"](
        "Simd4" if parameters["Simd4"] else f"Multipliers={parameters['Multipliers']}"
    )


def export(bench: Any) -> None:
    """Sample what probe.vh found, where the bench has it, and leave all in the run's folder."""
    if hasattr(bench, "met"):
        bits = ((name, value) for name, bins in EVENTS.items() for value in bins)
        met = int(bench.met.value)
        for number, (name, value) in enumerate(bits):
            if met >> number & 1:
                _SAMPLERS[name](value)
    cover_file.export()


def model() -> list[Group]:
    """Return all cover groups of this block with no bin hit."""
    return cover_file.model(_BLOCK)


def collect(directory: Path) -> list[Group]:
    """Return the cover groups of the run in `directory`."""
    return cover_file.collect(directory, _BLOCK)
