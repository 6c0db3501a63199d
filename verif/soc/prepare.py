# SPDX-License-Identifier: Apache-2.0
"""Before a simulation of the system: firmware, RAM images, and what the golden model expects.

Settings of the tests (all optional):
    network    lenet5-relu (default) or lenet5-tanh
    mode       exact, zero, soft (default; the absolute rule) or running-maximum
    training   plain, same or soft (default: soft for mode soft, otherwise plain)
    model_seed seed of that training (default 0)
    threshold  one threshold for all layers instead of the model's own
    images     how many test images (default 2), from image number `first` (default 0)
    program    lenet5 (default), lenet5_branch or lenet5_scalar
    last_layer where the test OneLayer stops
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from golden.architecture import ModelError
from golden.branching import uncounted
from golden.datasets import DataError, mnist
from golden.msb_skip import Counts, Mode
from golden.network import Network, load
from golden.packing import empty_lanes, lane_counts, lenet5_orders
from scripts.errors import UserError
from scripts.firmware import Region, build, segments, symbols, write_image
from verif.soc.image import output_layout, parts

INSTRUCTION_RAM = Region("instruction RAM", 0x8000_0000, 32 * 1024)
DATA_RAM = Region("data RAM", 0x8010_0000, 128 * 1024)
MODES = {
    "exact": Mode.EXACT,
    "zero": Mode.ZERO,
    "soft": Mode.ABSOLUTE,
    "running-maximum": Mode.RUNNING_MAXIMUM,
}
ACCUMULATIONS = {"c1": 28 * 28 * 6, "c3": 10 * 10 * 16, "c5": 120, "f6": 84, "out": 10}
# Where the program leaves each layer's output, and how many bytes one value has.
OUTPUTS = {
    "c1": ("c1_output", 1),
    "c3": ("c3_output", 1),
    "c5": ("c5_output", 1),
    "f6": ("f6_output", 1),
    "out": ("logits", 4),
}


def prepare(test: str, settings: dict[str, Any], directory: Path) -> list[str]:
    """Write RAM images and expected.npz into the run's folder; return the simulator's plusargs."""
    torch.set_num_threads(1)
    if test == "Bus":
        return _write_memories(segments(build("soc_bus")), directory)
    try:
        plusargs = _prepare(settings, directory)
    except (DataError, ModelError) as problem:
        raise UserError(str(problem)) from problem
    if test == "lockstep":  # the reference has the same memories
        images = [plusarg.partition("=")[2] for plusarg in plusargs]
        plusargs += ["+lockstep", *(f"+memory{i}={image}" for i, image in enumerate(images))]
    return plusargs


def _prepare(settings: dict[str, Any], directory: Path) -> list[str]:
    mode_name = str(settings.get("mode", "soft"))
    mode, program = MODES[mode_name], str(settings.get("program", "lenet5"))
    training = str(settings.get("training", "soft" if mode_name == "soft" else "plain"))
    network = load(
        str(settings.get("network", "lenet5-relu")), training, int(settings.get("model_seed", 0))
    )
    digits = mnist("test")
    first, count = int(settings.get("first", 0)), int(settings.get("images", 2))
    if count < 1 or not 0 <= first <= len(digits.images) - count:
        raise UserError(
            f"images {first}..{first + count - 1} do not exist: "
            f"there are {len(digits.images)} test images"
        )
    images = digits.images[first : first + count]
    threshold = int(settings["threshold"]) if "threshold" in settings else None
    elf = build(program)
    memory = [*segments(elf), *parts(elf, network, mode, threshold, images)]
    _expect(network, mode, threshold, images, program, directory)
    _places(elf, directory)
    (directory / "digits.txt").write_text(digits.source)
    return _write_memories(memory, directory)


def _write_memories(memory: list[tuple[int, bytes]], directory: Path) -> list[str]:
    """Write both RAM images; return the plusargs that name them."""
    plusargs = []
    for region, name in ((INSTRUCTION_RAM, "instruction_ram"), (DATA_RAM, "data_ram")):
        path = directory / f"{name}.hex"
        write_image(memory, region, path)
        plusargs.append(f"+{name}={path}")
    return plusargs


def _expect(
    network: Network,
    mode: Mode,
    threshold: int | None,
    images: torch.Tensor,
    program: str,
    directory: Path,
) -> None:
    """Write the golden model's outputs, in the program's order, and its counters."""
    orders = lenet5_orders()
    empty = empty_lanes(orders, ACCUMULATIONS)
    if threshold is not None:
        layers = tuple(replace(layer, threshold=threshold) for layer in network.layers)
        network = replace(network, layers=layers)
    trace = network.run(images, mode, orders)
    arrays = {name: output_layout(name, trace.outputs[name], program) for name in OUTPUTS}
    counts = {name: lane_counts(trace.counts[name], mode, empty[name]) for name in OUTPUTS}
    if program == "lenet5_branch":
        missed = uncounted(network, images, trace, mode, orders)
        counts = {name: counts[name] - missed[name] for name in OUTPUTS}
    uses_unit = program != "lenet5_scalar"
    arrays["counts"] = _counters(counts) if uses_unit else _no_counters(len(images))
    np.savez(directory / "expected.npz", allow_pickle=False, **arrays)


def _counters(counts: Mapping[str, Counts]) -> np.ndarray:
    """Counters [N, 5, 3] after each layer: kept, zero-skipped, soft-skipped lanes."""
    rows = [
        torch.stack([c.kept, c.zero_skipped, c.soft_skipped], dim=1)
        for c in (counts[name] for name in OUTPUTS)
    ]
    return torch.stack(rows, dim=1).numpy()


def _no_counters(images: int) -> np.ndarray:
    return np.zeros((images, len(OUTPUTS), 3), dtype=np.int64)


def _places(elf: Path, directory: Path) -> None:
    """Write where the bench finds outputs and counters: word in the data RAM, bytes of a value."""
    table = symbols(elf)
    places = {
        name: {"word": (table[symbol][0] - DATA_RAM.base) // 4, "value_bytes": size}
        for name, (symbol, size) in {**OUTPUTS, "counts": ("counts", 4)}.items()
    }
    (directory / "places.json").write_text(json.dumps(places))
