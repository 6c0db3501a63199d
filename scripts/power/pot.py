# SPDX-License-Identifier: Apache-2.0
"""Energy of networks on rtl/pot, layer by layer: the array within the engine, and all of it.

Each program is simulated once, with every stored map compared with the golden model, and priced in
all libraries. The windows of the estimate are the engine's commands: a layer is the sum of its
commands. Loading images and storing logits is an entry of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from golden.network import load
from golden.pot_engine import Engine
from golden.pot_layer import Placed
from golden.pot_program import Program, place_network
from golden.pot_sample import scales
from golden.pot_schedule import choose_batches
from scripts.errors import UserError
from scripts.power.energy import Energy
from scripts.power.estimate import Estimate, Estimator, Window
from scripts.power.gates import Gates, gates
from scripts.power.memory import mac_fj
from scripts.power.pipeline import prices_fj
from scripts.power.trace import Waves
from scripts.simulate import Result, simulate

BLOCK, SCOPE = "pot", "bench.u_pot"
ARRAY = ("array",)
"""Labels of rtl/pot/block.toml that make up the array."""
TRANSFERS = "transfers"
"""Entry of the commands that bring images in and logits out."""
SAMPLES = 150  # cycles of each command in which glitches are simulated
SIDES = {"lenet5-relu": 28, "vgg16-cifar10": 32}  # of input images

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Workload:
    """A network on an engine. groups: 0, or of each layer only so many (golden/pot_sample.py)."""

    network: str
    training: str
    engine: Engine
    images: int
    groups: int = 0
    seed: int = 0

    @property
    def title(self) -> str:
        """All of it in a few words."""
        return f"{self.network} {self.training}, form {self.engine.form.name.lower()}"


@dataclass(frozen=True)
class Layer:
    """What a layer costs, for one image.

    useful, idle: products with a weight other than zero, and with zero. energy: fJ of the logic.
    memories: fJ of the accesses to each memory. glitch_error: fJ.
    """

    name: str
    cycles: float
    useful: int
    idle: int
    energy: Energy
    memories: Mapping[str, float]
    glitch_error: float


@dataclass(frozen=True)
class Measured:
    """A workload in a library, for one image."""

    workload: Workload
    library: str
    gates: Gates
    layers: Sequence[Layer]
    annotated_percent: float
    checked: int
    compared: int

    def nj(self, level: str) -> float:
        """Energy of level "array" or "engine"."""
        return sum(layer_nj(layer, level) for layer in self.layers)

    @property
    def useful(self) -> int:
        """Products with a weight other than zero."""
        return sum(layer.useful for layer in self.layers)

    @property
    def cycles(self) -> float:
        """All layers and transfers."""
        return sum(layer.cycles for layer in self.layers)

    @property
    def memories_nj(self) -> float:
        """Accesses to all memories."""
        return sum(sum(layer.memories.values()) for layer in self.layers) / 1e6

    @property
    def glitch_error_nj(self) -> float:
        """Half-width of the confidence interval of all layers together."""
        return float(np.sqrt(sum(layer.glitch_error**2 for layer in self.layers))) / 1e6


def layer_nj(layer: Layer, level: str) -> float:
    """Energy of a layer at level "array" or "engine"."""
    if level == "array":
        return layer.energy.of(ARRAY) / 1e6
    return (layer.energy.of() + sum(layer.memories.values())) / 1e6


def measure(
    workloads: Sequence[Workload], libraries: Mapping[str, Path], progress: Progress
) -> list[Measured]:
    """Measure workloads of one engine in each library.

    libraries: Liberty files by the name that figures give them. Raises SimulationFailed for a run
    that differs from the golden model, Mismatch for gates that differ from the run, UserError for
    a library that cannot be used.
    """
    engine = workloads[0].engine
    if any(workload.engine != engine for workload in workloads):
        raise ValueError("workloads of several engines")
    runs = [simulated(workload) for workload in workloads]
    progress(f"form {engine.form.name.lower()}: {len(runs)} simulations")
    found = []
    for name, liberty in libraries.items():
        estimator = Estimator(gates(BLOCK, liberty, engine.parameters()))
        cells = len(estimator.netlist.instances)
        progress(f"{name}, form {engine.form.name.lower()}: {cells:,} cells")
        for workload, run in zip(workloads, runs, strict=True):
            found.append(_priced(workload, run, name, estimator, mac_fj(liberty)))
            progress(f"{name}, {workload.title}")
    for run in runs:
        Path(str(run.waves)).unlink()  # large; the run's replay command makes it again
    return found


def _priced(
    workload: Workload, run: Result, library: str, estimator: Estimator, mac: float
) -> Measured:
    waves = Waves(Path(str(run.waves)), SCOPE)
    commands = _commands(workload, run, waves)
    windows = [Window(command.key, command.begin, command.end) for command in commands]
    recording = waves.recording(estimator.wanted())
    estimate = estimator.estimate(recording, windows, 1, SAMPLES, windows[0].begin)
    layers = _layers(workload, commands, estimate, prices_fj(estimator.netlist.boxes, mac))
    rest = estimate.annotated_percent, estimate.checked, run.counts["compared"]
    return Measured(workload, library, estimator.gates, layers, *rest)


def simulated(workload: Workload) -> Result:
    """Run a workload, with waves."""
    settings: dict[str, Any] = {
        "network": workload.network,
        "training": workload.training,
        "seed": workload.seed,
        "images": workload.images,
        "form": workload.engine.form.name.lower(),
        "nearest": False,
    }
    if workload.groups:
        settings["sample"] = workload.groups
    return simulate(
        BLOCK, "Inference", parameters=workload.engine.parameters(), settings=settings, waves=True
    )


# ---- Commands and layers ----


@dataclass(frozen=True)
class _Command:
    """A command of a run. scale: for one image, the work of its entry over that of the command."""

    key: str
    entry: str
    begin: int
    end: int
    scale: float


def _commands(workload: Workload, run: Result, waves: Waves) -> list[_Command]:
    """Commands that belong to an inference; those that only serve the comparison are left out."""
    steps = json.loads((Path(run.directory) / "steps.json").read_text())
    taken = waves.samples("command_valid_i")[:, 0] & waves.samples("command_ready_o")[:, 0]
    begins, ends = np.flatnonzero(taken), np.flatnonzero(waves.samples("done_o")[:, 0])
    if not len(begins) == len(ends) == len(steps):
        raise UserError(f"{waves.path}: {len(steps)} commands, {len(ends)} of them done")
    layers = [step["name"] for step in steps if step["operation"] == "layer"]
    share = _shares(workload, layers)
    found = []
    for number, (step, begin, end) in enumerate(zip(steps, begins, ends, strict=True)):
        name, operation = step["name"], step["operation"]
        moved = (operation, name) in (("load", layers[0]), ("store", layers[-1]))
        if operation == "layer" or moved:
            entry = TRANSFERS if moved else name
            command = _Command(f"{number} {entry}", entry, int(begin), int(end) + 1, share[name])
            found.append(command)
    return found


def _shares(workload: Workload, layers: Sequence[str]) -> Mapping[str, float]:
    """Work of each layer for one image over that of all its commands in the run."""
    if not workload.groups:
        return dict.fromkeys(layers, 1 / workload.images)
    placed = _placed(workload)
    shapes = [layer.shape for layer in placed]
    batches = choose_batches(shapes, workload.engine, workload.images)
    return scales(Program(workload.engine, (), placed, batches, {}), workload.groups)


def _layers(
    workload: Workload,
    commands: Sequence[_Command],
    estimate: Estimate,
    prices: Mapping[str, float],
) -> list[Layer]:
    counts = products(workload)
    found = []
    for entry in dict.fromkeys(command.entry for command in commands):
        energy, memories, cycles, error = Energy({}), dict.fromkeys(prices, 0.0), 0.0, 0.0
        for command, spent in zip(commands, estimate.windows, strict=True):
            if command.entry != entry:
                continue
            energy += Energy({key: command.scale * fj for key, fj in spent.energy.parts.items()})
            for name, price in prices.items():
                memories[name] += command.scale * price * spent.accesses[name]
            cycles += command.scale * spent.cycles
            error += (command.scale * spent.glitch_error) ** 2
        useful, idle = counts.get(entry, (0, 0))
        found.append(Layer(entry, cycles, useful, idle, energy, memories, float(np.sqrt(error))))
    return found


def products(workload: Workload) -> dict[str, tuple[int, int]]:
    """Products of each layer whose weight is not zero, and whose weight is, for one image."""
    counts = {}
    for layer in _placed(workload):
        positions = layer.shape.out_rows * layer.shape.out_cols
        zeros = layer.codes.numel() - layer.useful
        counts[layer.shape.name] = (layer.useful * positions, zeros * positions)
    return counts


def _placed(workload: Workload) -> tuple[Placed, ...]:
    network = load(workload.network, workload.training, workload.seed)
    side = SIDES[workload.network]
    return place_network(network, workload.engine, side, side)
