# SPDX-License-Identifier: Apache-2.0
"""Energy of an image that flows through a generated pipeline of rtl/sparse_stream."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scripts.errors import UserError
from scripts.power.estimate import Estimate, Estimator, Window
from scripts.power.gates import Gates, gates
from scripts.power.memory import mac_fj, macs_of_access
from scripts.power.trace import Waves

BLOCK, TOP, LAYER = "sparse_stream", "sparse_stream_net", "sparse_stream_layer"
BETWEEN = "FIFOs between"  # what is in no layer


@dataclass(frozen=True)
class PipelineEnergy:
    """What the images of a window cost.

    logic_nj, memories_nj: of one image, glitches and clock included; memories as
    docs/method.md prices them. nj_by_layer: both. cycles: of one image, in steady state.
    """

    gates: Gates
    estimate: Estimate
    images: int
    logic_nj: float
    memories_nj: float
    nj_by_layer: Mapping[str, float]
    cycles: float


def measure(
    liberty: Path, top: Path, waves: Path, scope: str, beats_per_image: int, skipped: int
) -> PipelineEnergy:
    """Estimate the energy of an image in steady state.

    Args:
        liberty: cell library.
        top: the generated sparse_stream_net.sv.
        waves: of a simulation of it, FST.
        scope: instance of the top module in the waves.
        beats_per_image: output beats of an image.
        skipped: images at the beginning and at the end that fill and drain the pipeline.

    Raises:
        UserError: if the waves have too few images, or what gates() and Estimator refuse.
    """
    made = _by_layer(gates(BLOCK, liberty, top=TOP, extra=[top]))
    estimator = Estimator(made)
    recorded = Waves(waves, scope)
    taken = recorded.samples("out_valid_o")[:, 0] & recorded.samples("out_ready_i")[:, 0]
    ends = np.flatnonzero(taken)[beats_per_image - 1 :: beats_per_image]
    images = len(ends) - 2 * skipped - 1
    if images < 1:
        raise UserError(f"{waves} has {len(ends)} images: too few to leave out {skipped} twice")
    window = Window("steady state", int(ends[skipped]), int(ends[skipped + images]))
    recording = recorded.recording(estimator.wanted())
    estimate = estimator.estimate(recording, [window], first=int(ends[0]))
    prices = prices_fj(estimator.netlist.boxes, mac_fj(liberty))
    memories = {name: price * estimate.accesses(name) for name, price in prices.items()}
    scale = 1e6 * images
    return PipelineEnergy(
        gates=made,
        estimate=estimate,
        images=images,
        logic_nj=estimate.energy.of() / scale,
        memories_nj=sum(memories.values()) / scale,
        nj_by_layer={
            layer or BETWEEN: (estimate.energy.of([layer]) + _inside(layer, memories)) / scale
            for layer in [*made.parts.values(), ""]
        },
        cycles=(window.end - window.begin) / images,
    )


def _by_layer(made: Gates) -> Gates:
    """The same gates with each layer as a part of its own: u_c1 is called c1."""
    layers = [path for path, module in made.instances.items() if module == LAYER]
    return replace(
        made,
        instances={path: path for path in layers},
        parts={path: path.removeprefix("u_") for path in layers},
    )


def _inside(layer: str, memories: Mapping[str, float]) -> float:
    """fJ of the memories of a layer."""
    return sum(fj for name, fj in memories.items() if layer and name.startswith(f"u_{layer}."))


def prices_fj(boxes: Mapping[str, Mapping[str, int]], mac: float) -> dict[str, float]:
    """fJ of an access of each memory. mac: fJ of a multiply-accumulate."""
    prices = {}
    for name, pins in boxes.items():
        width = sum(pin.startswith("read_data_o") for pin in pins)
        places = 2 ** sum(pin.startswith("read_addr_i") for pin in pins)
        prices[name] = mac * macs_of_access(width, math.ceil(width * places / 8))
    return prices
