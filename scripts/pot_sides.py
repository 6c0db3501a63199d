# SPDX-License-Identifier: Apache-2.0
"""Who is compared on pot: forms, with the networks that were trained for them; measures them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from golden.examples import examples
from golden.inference import accuracy
from golden.levelled import zero_share
from golden.network import load
from golden.pot import Form
from golden.pot_engine import Engine
from scripts.power.pot import Measured, Workload, measure
from scripts.progress import cores

LENET, VGG = "lenet5-relu", "vgg16-cifar10"
IMAGES = {LENET: 32, VGG: 8}  # of a run; VGG: for the layers that take so many at once
GROUPS = {LENET: 0, VGG: 1}  # of output channels of each layer; 0: all
PRUNED = (  # of the trainings that leave weights out, those whose energy tells something
    "pot3_pruned80",
    "pot3_pruned90",
    "pot3_products50",
    "pot3_rows2_products50",
    "pot3_rows3_products50",
    "pot3_rows3_products60",
)
SIZES = {"lanes": 32, "columns": 16, "pixels": 64, "requantisers": 4}
SEEDS = (0, 1, 2)  # of LeNet-5, over which accuracies are averaged
CONTEXT = "osu018"  # library of the forms that are no opponents


Show = Callable[[str], None]


@dataclass(frozen=True)
class Side:
    """One of those that are compared: a form with the networks that were trained for it."""

    name: str
    form: Form
    training: str
    exponents: int = 6

    @property
    def engine(self) -> Engine:
        """Its hardware."""
        return Engine(self.form, self.exponents, **SIZES)


POT = Side("pot", Form.POT, "pot3", 3)
POT6 = Side("pot", Form.POT, "pot6", 6)
# The better multiplier for two's complement: Booth's, in each library (form_energy).
OPPONENTS = (
    Side("twos_complement", Form.BOOTH, "uniform4"),
    Side("sign_magnitude", Form.MAGNITUDE, "uniform4"),
)
OTHERS = (
    Side("recoded", Form.RECODED, "uniform4"),
    Side("eight_bit", Form.EIGHT, "uniform8"),
)


@dataclass(frozen=True)
class Job:
    """Networks by training that run on the hardware of a side, and the libraries it has."""

    side: Side
    networks: tuple[tuple[str, str], ...]
    everywhere: bool


# ---- Measuring ----


def jobs() -> list[Job]:
    """All that is measured; the largest first."""
    both = [Job(side, _networks(side), True) for side in (*OPPONENTS, POT)]
    pruned = tuple((LENET, training) for training in PRUNED)
    return [
        *both,
        Job(POT, pruned, False),
        *(Job(side, _networks(side), False) for side in (*OTHERS, POT6)),
    ]


def _networks(side: Side) -> tuple[tuple[str, str], ...]:
    names = (LENET,) if side.training in ("pot6", "uniform8") else (LENET, VGG)
    return tuple((name, side.training) for name in names)


def measured(paths: Mapping[str, Path], show: Show) -> list[Measured]:
    """Measure all jobs in the libraries of these files."""

    def one(job: Job) -> list[Measured]:
        chosen = paths if job.everywhere else {CONTEXT: paths[CONTEXT]}
        workloads = [
            Workload(network, training, job.side.engine, IMAGES[network], GROUPS[network])
            for network, training in job.networks
        ]
        return measure(workloads, chosen, show)

    with ThreadPoolExecutor(cores()) as pool:
        return [each for found in pool.map(one, jobs()) for each in found]


def find(
    found: Sequence[Measured], side: Side, network: str, library: str, training: str = ""
) -> Measured | None:
    wanted = (network, training or side.training, side.engine)
    for each in found:
        workload = each.workload
        if each.library == library and wanted == (
            workload.network, workload.training, workload.engine
        ):  # fmt: skip
            return each
    return None


# ---- Accuracy ----


@cache
def correct(network: str, training: str, seed: int = 0) -> tuple[int, int]:
    """Test images that the network gets right, and how many there are."""
    test = examples(network, "test")
    return accuracy(load(network, training, seed), test.images, test.labels), len(test.labels)


def loss_percent(network: str, training: str, without: str) -> float:
    """Accuracy that a training loses against another one, mean over the seeds."""
    pairs = [(correct(network, without, seed), correct(network, training, seed)) for seed in SEEDS]
    return round(sum(100 * (a - b) / images for (a, images), (b, _) in pairs) / len(SEEDS), 3)


@cache
def zeros(network: str, training: str) -> float:
    """Weights that are zero, in percent."""
    return round(100 * zero_share(load(network, training)), 2)


def quality(workload: Workload, prefix: str = "") -> dict[str, Any]:
    """What the ratio's sides get right: images of LeNet-5, percent of VGG-16."""
    right, images = correct(workload.network, workload.training)
    value = right if workload.network == LENET else round(100 * right / images, 2)
    return {
        f"{prefix}training": workload.training,
        f"{prefix}{'correct' if workload.network == LENET else 'accuracy'}": value,
        f"{prefix}zero_weight_percent": zeros(workload.network, workload.training),
    }
