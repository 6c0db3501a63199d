# SPDX-License-Identifier: Apache-2.0
"""LeNet-5 on the system: what is run, its recording, and the layers that markers cut it into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scripts.errors import UserError
from scripts.power.estimate import Window
from scripts.power.replay import Recording
from scripts.power.trace import Waves, markers
from scripts.simulate import simulate

SCOPE = "bench.u_soc"
TYPICAL_IMAGE = 4  # of the test set: docs/method.md
LAYERS = ("c1", "c3", "c5", "f6", "out")
IMAGE_BEGIN, LAYER_END, IMAGE_END = 1, 2, 3  # events of verif/firmware/common/soc.h


@dataclass(frozen=True)
class Workload:
    """One inference. unit: "1", "2" or "4" multipliers, or "simd4", which always multiplies."""

    network: str
    mode: str
    training: str
    unit: str
    program: str = "lenet5"

    @property
    def parameters(self) -> dict[str, int]:
        """Those of the bench and of the system."""
        if self.unit == "simd4":
            return {"Multipliers": 1, "Simd4": 1}
        return {"Multipliers": int(self.unit), "Simd4": 0}

    @property
    def title(self) -> str:
        """All of it in a few words."""
        unit = self.unit if self.unit == "simd4" else f"{self.unit} multiplier(s)"
        return f"{self.network} {self.mode} ({self.training} weights), {unit}, {self.program}"


@dataclass(frozen=True)
class Activity:
    """What an inference did. windows: its layers; lanes: kept, zero-, soft-skipped of each."""

    recording: Recording
    windows: Sequence[Window]
    lanes: Sequence[tuple[int, int, int]]


@dataclass(frozen=True)
class Simulated:
    """A finished run. waves: its FST file."""

    waves: Path
    lanes: Sequence[tuple[int, int, int]]

    def activity(self, wanted: Iterable[Sequence[str]]) -> Activity:
        """Record the wanted names."""
        waves = Waves(self.waves, SCOPE)
        return Activity(waves.recording(wanted), layers(waves), self.lanes)


def run(workload: Workload, image: int = TYPICAL_IMAGE, seed: int = 1) -> Simulated:
    """Simulate one test image, with waves.

    The run compares every layer with the golden model. Raises SimulationFailed if it differs.
    """
    settings: dict[str, Any] = {
        "network": workload.network,
        "mode": workload.mode,
        "training": workload.training,
        "program": workload.program,
        "images": 1,
        "first": image,
    }
    result = simulate(
        "soc", "Inference", seed=seed, parameters=workload.parameters, settings=settings, waves=True
    )
    expected = np.load(Path(result.directory) / "expected.npz")
    lanes = [(int(kept), int(zero), int(soft)) for kept, zero, soft in expected["counts"][0]]
    return Simulated(Path(str(result.waves)), lanes)


def layers(waves: Waves) -> list[Window]:
    """Windows of the first image's layers: from one marker's cycle to the next.

    Raises UserError if the markers are not those of one whole inference.
    """
    windows: list[Window] = []
    begin: int | None = None
    for cycle, value in markers(waves, "marker_valid_o", "value_o"):
        event, index = value >> 24, value & 0xFFFFFF
        if event == LAYER_END and begin is not None and index < len(LAYERS):
            windows.append(Window(LAYERS[index], begin, cycle + 1))
        if event == IMAGE_END:
            break
        begin = cycle + 1
    found = [window.name for window in windows]
    if found != list(LAYERS):
        raise UserError(
            f"{waves.path} has markers of {' '.join(found) or 'no layer'}, not {' '.join(LAYERS)}"
        )
    return windows
