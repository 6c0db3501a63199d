# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the streaming accelerator: what a run was made of, and what went on.

A run samples at its end, from the golden model's counts (windows, densities) and from the counters
of probe.vh (events within the layer); no Python runs in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_section

from verif.common import cover_file
from verif.common.covergroup import Group
from verif.common.stream import Values

# In the order of probe.vh, from bit 0 on.
EVENTS = (
    "input_waits",
    "output_waits",
    "queue_empty",
    "queue_full",
    "banks_full",
    "line_buffer_full",
    "scan_waits_for_input",
    "entry_held_over_empty_vector",
    "last_entry_known_late",
    "ends_full",
    "entry_with_free_slot",
    "bank_completes_as_one_is_freed",
    "drain_stopped",
    "stream_waits_for_another",
    "empty_window",
    "window_empty_in_some_streams",
)
WINDOWS = ("empty", "one", "full", "mixed")
DENSITIES = ("none", "quarter", "half", "most", "all")
STALLS = ("never", "seldom", "often", "always")
OUTPUTS = ("plain", "maximum", "average", "logits")
IN_FLIGHT = ("nothing", "input", "output")
SOME = ("one", "more")


def density_name(share: float) -> str:
    """Name a share 0..1 of values that are not zero.

    >>> density_name(0.0), density_name(0.3), density_name(1.0)
    ('none', 'half', 'all')
    """
    if share in (0.0, 1.0):
        return "all" if share else "none"
    return "quarter" if share <= 0.25 else "half" if share <= 0.5 else "most"


def stall_name(stall: int) -> str:
    """Name a number of cycles in 256."""
    return (
        "never" if not stall else "always" if stall >= 256 else "seldom" if stall < 64 else "often"
    )


def _some(count: int) -> str:
    return "more" if count > 1 else "one"


def _output(p: Mapping[str, Any]) -> str:
    return "logits" if p["Logits"] else OUTPUTS[p["Pool"]]


def _slots(p: Mapping[str, Any]) -> str:
    if p["Slots"] == p["Lanes"] * p["Pixels"]:
        return "all_lanes"
    return _some(p["Slots"])


def _streams_groups(p: Mapping[str, Any]) -> tuple[str, str]:
    return _some(p["Streams"]), _some(p["Channels"] // (p["Streams"] * p["Lanes"]))


@coverage_section(
    CoverPoint("sparse_stream.shape.kernel", xf=lambda p: p["Kernel"], bins=(1, 3, 5)),
    CoverPoint("sparse_stream.shape.stride", xf=lambda p: p["Stride"], bins=(1, 2)),
    CoverPoint("sparse_stream.shape.padded", xf=lambda p: p["Padding"] > 0, bins=(False, True)),
    CoverPoint(
        "sparse_stream.shape.single_window",
        xf=lambda p: p["Kernel"] == p["Height"] == p["Width"] and not p["Padding"],
        bins=(False, True),
    ),
    CoverPoint("sparse_stream.shape.output", xf=_output, bins=OUTPUTS),
    CoverPoint("sparse_stream.shape.dense", xf=lambda p: p["Dense"], bins=(0, 1)),
    CoverPoint(
        "sparse_stream.hardware.streams_groups",
        xf=_streams_groups,
        bins=[(streams, groups) for streams in SOME for groups in SOME],
    ),
    CoverPoint("sparse_stream.hardware.lanes", xf=lambda p: _some(p["Lanes"]), bins=SOME),
    CoverPoint("sparse_stream.hardware.pixels", xf=lambda p: _some(p["Pixels"]), bins=SOME),
    CoverPoint("sparse_stream.hardware.slots", xf=_slots, bins=("one", "more", "all_lanes")),
    CoverPoint("sparse_stream.hardware.columns", xf=lambda p: _some(p["Columns"]), bins=SOME),
    CoverPoint(
        "sparse_stream.hardware.groups",
        xf=lambda p: _some(p["Filters"] // p["Columns"]),
        bins=SOME,
    ),
    CoverPoint("sparse_stream.hardware.queue", xf=lambda p: _some(p["Queue"]), bins=SOME),
    CoverPoint("sparse_stream.hardware.banks", xf=lambda p: _some(p["Banks"] - 1), bins=SOME),
    CoverPoint("sparse_stream.hardware.beat", xf=lambda p: _some(p["OutValues"]), bins=SOME),
    CoverCross(
        "sparse_stream.hardware.dense_pixels",
        items=["sparse_stream.shape.dense", "sparse_stream.hardware.pixels"],
    ),
)
def sample_parameters(p: Mapping[str, Any]) -> None:
    """The parameters of a run's layer."""


@coverage_section(
    CoverPoint("sparse_stream.window", xf=lambda dense, kind: (dense, kind),
               bins=[(dense, kind) for dense in (0, 1) for kind in WINDOWS]),
)  # fmt: skip
def sample_window(dense: int, kind: str) -> None:
    """A kind of window that occurred: without a value, with one, without a zero, any other."""


@coverage_section(CoverPoint("sparse_stream.density", xf=density_name, bins=DENSITIES))
def sample_density(share: float) -> None:
    """A map with this share of values that are not zero."""


@coverage_section(CoverPoint("sparse_stream.event", bins=EVENTS))
def sample_event(name: str) -> None:
    """An event within the layer."""


@coverage_section(
    CoverPoint("sparse_stream.stall.source", xf=lambda source, sink: source, bins=STALLS[:3]),
    CoverPoint("sparse_stream.stall.sink", xf=lambda source, sink: sink, bins=STALLS),
    CoverPoint(
        "sparse_stream.stall.both",
        xf=lambda source, sink: (source, sink),
        bins=[(source, sink) for source in STALLS[:3] for sink in STALLS[:3]],
    ),
)
def sample_stall(source: str, sink: str) -> None:
    """Stalls at the two ends while maps flow."""


@coverage_section(CoverPoint("sparse_stream.reset", bins=IN_FLIGHT))
def sample_reset(in_flight: str) -> None:
    """A reset after nothing was sent, after input only, and after output was taken."""


def sample_run(parameters: Mapping[str, Any], windows: Mapping[str, int], maps: Values) -> None:
    """Sample what a run of one layer consists of."""
    sample_parameters(parameters)
    for kind in WINDOWS:
        if windows[kind]:
            sample_window(parameters["Dense"], kind)
    for one in maps:
        sample_density(float((one != 0).mean()))


def sample_events(bench: Any) -> None:
    """Sample the counters of probe.vh, where the bench has them."""
    if not hasattr(bench, "happened"):
        return
    for number, name in enumerate(EVENTS):
        if int(bench.happened[number].value):
            sample_event(name)


def model() -> list[Group]:
    """Return all cover groups of this block with no bin hit."""
    return cover_file.model("sparse_stream")


def collect(directory: Path) -> list[Group]:
    """Return the cover groups of the run in `directory`."""
    return cover_file.collect(directory, "sparse_stream")
