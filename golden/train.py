# SPDX-License-Identifier: Apache-2.0
"""Train an integer LeNet-5 on MNIST and write its model file.

    python -m golden.train --network lenet5-relu --training soft --seed 0

plain: cross-entropy on images shifted by up to one pixel. same: the recipe of soft without
skipping. soft: distilled
from an ensemble of teachers on distorted images, with the skip in the loop: the threshold of every
layer rises to its final value, and a controller raises the price of kept products while more are
kept than wanted.

Training uses images 0..54,999; choices are made by the held-out images 55,000..59,999; the test
images are never read. On one machine type the same command writes the same file: one thread,
seeded, no atomics. Another instruction set adds the gradients in another order, which changes the
result within the run-to-run noise.
"""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from golden import datasets
from golden.architecture import ModelError, lenet5
from golden.compiled import CompilerError
from golden.kernels import BATCH
from golden.msb_skip import Mode
from golden.network import LENET_TRAININGS, LENETS, Network, Trace, model_path
from golden.student import Student
from golden.teacher import Pool, Recipe, pool

HELD_OUT = 55_000  # first held-out training image

_CALIBRATION_IMAGES = 256
_CALIBRATIONS = 60  # of the scales, while they follow the parameters
_CALIBRATED_SHARE = 0.2  # of the training; then the scales stay
_TEMPERATURE = 2.0
_DISTILLED = 0.7  # share of the teachers in the loss
_AVERAGE = 0.998  # of the parameters, per step
_MEASURE_STEPS = 10
_RISE = (0.2, 0.45)  # shares of the training between which the thresholds rise
_LARGEST_PRICE = 0.5


@dataclass(frozen=True)
class Skip:
    """The skip in the loop.

    thresholds: T per layer, reached from `start` by equal steps between 20 % and 45 % of the
    training.
    kept: share of the products wanted; price: weight of the kept share in the loss while the
    thresholds rise; gain: then, change of the price's logarithm per measurement and unit of
    log(kept / wanted).
    slack: octaves below T from which a skipped product still trains its weight.
    """

    thresholds: tuple[int, ...]
    start: tuple[int, ...]
    kept: float
    price: float
    gain: float = 0.02
    slack: int = 1

    def at(self, progress: float) -> tuple[int, ...]:
        """Thresholds when `progress` (0..1) of the training is done."""
        risen = min(1.0, max(0.0, (progress - _RISE[0]) / (_RISE[1] - _RISE[0])))
        return tuple(
            round(first + (last - first) * risen)
            for first, last in zip(self.start, self.thresholds, strict=True)
        )


@dataclass(frozen=True)
class Training:
    """One training run, distilled by the teachers or with cross-entropy on shifted images."""

    epochs: int
    rate: float
    distilled: bool = False
    skip: Skip | None = None


RECIPES: dict[tuple[str, str], Training] = {
    ("lenet5-relu", "plain"): Training(epochs=20, rate=3e-3),
    ("lenet5-tanh", "plain"): Training(epochs=20, rate=3e-3),
    ("lenet5-relu", "soft"): Training(
        epochs=45,
        rate=3e-3,
        distilled=True,
        skip=Skip(thresholds=(8, 9, 8, 7, 5), start=(7, 7, 7, 6, 5), kept=0.105, price=0.015),
    ),
    ("lenet5-tanh", "soft"): Training(
        epochs=45,
        rate=2e-3,
        distilled=True,
        skip=Skip(thresholds=(10, 10, 10, 10, 7), start=(7, 8, 8, 8, 7), kept=0.105, price=0.25),
    ),
}
for _name in LENETS:
    RECIPES[_name, "same"] = replace(RECIPES[_name, "soft"], skip=None)


def shifted(images: Tensor) -> Pool:
    """The nine shifts by -1, 0, +1 pixels; uint8 [9, N, 28, 28], no logits."""
    padded = functional.pad(images, (1, 1, 1, 1))
    moves = [padded[:, y : y + 28, x : x + 28] for y in range(3) for x in range(3)]
    return Pool(torch.stack(moves), torch.empty(0))


def train(
    name: str,
    training: Training,
    seed: int,
    examples: Pool,
    labels: Tensor,
    progress: Callable[[str], None],
) -> Network:
    """Train one network.

    Args:
        name: "lenet5-relu" or "lenet5-tanh".
        training: the recipe.
        seed: of the initial weights, the order of the images and their copies.
        examples: C copies of N images, with the teachers' logits if distilled.
        labels: int64 [N].
        progress: called with a line after every epoch.
    """
    torch.manual_seed(seed)
    skip = training.skip
    student = Student(lenet5(name.removeprefix("lenet5-")), slack=skip.slack if skip else 0)
    batches = len(labels) // BATCH
    loop = _Loop(student, training, training.epochs * batches, examples.images[0])
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(training.epochs):
        chosen = torch.randperm(len(labels), generator=generator)
        copies = torch.randint(len(examples.images), (len(labels),), generator=generator)
        total = 0.0
        for rows in chosen.split(BATCH)[:batches]:
            taught = examples.logits[copies[rows], rows].float() if training.distilled else None
            total += loop.step(examples.images[copies[rows], rows], labels[rows], taught)
        progress(f"epoch {epoch + 1}/{training.epochs}: loss {total / batches:.4f}{loop.status()}")
    loop.use_average()
    return student.export(name)


class _Loop:
    """Optimiser, schedules and controller around a student."""

    def __init__(self, student: Student, training: Training, steps: int, images: Tensor) -> None:
        self.student, self.skip = student, training.skip
        self.steps, self.done = steps, 0
        self.price = self.skip.price if self.skip else 0.0
        self.calibration = images[:_CALIBRATION_IMAGES]
        self.parameters = student.parameters()
        self.average = [p.detach().clone() for p in self.parameters]
        self.optimiser = torch.optim.Adam(self.parameters, lr=training.rate, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, training.rate, total_steps=steps, pct_start=0.15, final_div_factor=1e3
        )

    def step(self, images: Tensor, labels: Tensor, taught: Tensor | None) -> float:
        """One batch; returns its loss without the price of products."""
        measure = self._prepare()
        logits = self.student.forward(images, measure)
        loss = _loss(logits, labels, taught)
        self.optimiser.zero_grad()
        (loss + self.price * self.student.penalty()).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 5.0, foreach=True)
        self.optimiser.step()
        self.schedule.step()
        self.done += 1
        if measure and self.done > _RISE[1] * self.steps:
            self._control()
        with torch.no_grad():
            # Early averages would remember the random start.
            weight = 1 - min(_AVERAGE, self.done / (self.done + 50))
            torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], weight)
        return loss.item()

    def _prepare(self) -> bool:
        """Scales and thresholds for the coming step; whether it measures the operands."""
        progress = self.done / self.steps
        interval = max(1, int(self.steps * _CALIBRATED_SHARE) // _CALIBRATIONS)
        if self.done % interval == 0 and progress < _CALIBRATED_SHARE:
            self.student.rescale(self.calibration)
        if self.skip is None or progress < _RISE[0]:
            return False
        self.student.set_thresholds(self.skip.at(progress))
        self.student.penalised = self.price > 0
        return self.done % _MEASURE_STEPS == 0

    def _control(self) -> None:
        assert self.skip is not None
        # The logarithm, so that a price that has done its work falls as fast as it rose.
        excess = math.log(self.student.kept_share() / self.skip.kept)
        self.price = min(self.price * math.exp(self.skip.gain * excess), _LARGEST_PRICE)

    def status(self) -> str:
        """Kept share and price for the progress line, if anything is skipped."""
        share = self.student.kept_share()
        return "" if share == 1.0 else f", kept {100 * share:.2f} %, price {self.price:.4f}"

    def use_average(self) -> None:
        """Replace the parameters by their average."""
        with torch.no_grad():
            for parameter, average in zip(self.parameters, self.average, strict=True):
                parameter.copy_(average)


def _loss(logits: Tensor, labels: Tensor, taught: Tensor | None) -> Tensor:
    entropy = functional.cross_entropy(logits, labels)
    if taught is None:
        return entropy
    distance = functional.kl_div(
        functional.log_softmax(logits / _TEMPERATURE, dim=1),
        functional.softmax(taught / _TEMPERATURE, dim=1),
        reduction="batchmean",
    )
    return (1 - _DISTILLED) * entropy + _DISTILLED * _TEMPERATURE**2 * distance


def held_out(network: Network, training: str) -> tuple[Trace, int]:
    """Run the held-out images as the network is meant to run; trace and correct images."""
    digits = datasets.mnist("train")
    mode = Mode.ABSOLUTE if training == "soft" else Mode.EXACT
    trace = network.run(digits.images[HELD_OUT:], mode)
    return trace, trace.correct(digits.labels[HELD_OUT:])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m golden.train",
        description=(__doc__ or "").partition("\n")[0],
        epilog="example: python -m golden.train --network lenet5-tanh --training same --seed 1",
    )
    parser.add_argument("--network", required=True, choices=LENETS)
    parser.add_argument("--training", required=True, choices=LENET_TRAININGS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--kept", type=_share, help="wanted share of kept products, as 0.1 (soft)")
    parser.add_argument(
        "--thresholds", type=_thresholds, help="T of the five layers, as 9,9,8,7,5 (soft)"
    )
    parser.add_argument("--price", type=_share, help="of products while thresholds rise (soft)")
    parser.add_argument("--output", type=Path, help="file to write (default: golden/models/...)")
    return parser.parse_args()


def _thresholds(text: str) -> tuple[int, ...]:
    layers = tuple(int(t) for t in text.split(","))
    if len(layers) != 5 or not all(0 <= t <= 15 for t in layers):
        raise argparse.ArgumentTypeError("five thresholds of 0..15, as 9,9,8,7,5")
    return layers


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError("a share between 0 and 1")
    return share


def _recipe(arguments: argparse.Namespace) -> Training:
    recipe = RECIPES[arguments.network, arguments.training]
    if arguments.epochs:
        recipe = replace(recipe, epochs=arguments.epochs)
    skip = recipe.skip
    if skip is None:
        return recipe
    final = arguments.thresholds or skip.thresholds
    start = tuple(min(pair) for pair in zip(skip.start, final, strict=True))
    kept, price = arguments.kept or skip.kept, arguments.price or skip.price
    changed = replace(skip, thresholds=final, start=start, kept=kept, price=price)
    return replace(recipe, skip=changed)


def main() -> None:
    """Train as the command line says, report the held-out figures and write the model."""
    arguments = _arguments()
    torch.set_num_threads(1)
    begin = time.monotonic()

    def progress(line: str) -> None:
        print(f"[{time.monotonic() - begin:5.0f} s] {line}", flush=True)

    digits = datasets.mnist("train")
    if not digits.full:
        sys.exit(f"error: training needs MNIST, found only {digits.source}")
    images, labels = digits.images[:HELD_OUT].contiguous(), digits.labels[:HELD_OUT]
    recipe = _recipe(arguments)
    examples = pool(images, labels, Recipe(), progress) if recipe.distilled else shifted(images)
    network = train(arguments.network, recipe, arguments.seed, examples, labels, progress)
    trace, correct = held_out(network, arguments.training)
    kept = trace.share("kept")
    progress(f"held-out images: {correct} of {len(trace.logits)} correct, {kept:.2f} % kept")
    path = arguments.output or model_path(arguments.network, arguments.training, arguments.seed)
    network.save(
        path,
        {
            "command": "python -m golden.train " + shlex.join(sys.argv[1:]),
            "seed": str(arguments.seed),
            "data": "MNIST training images 0..54999",
            "recipe": repr(recipe),
            "held_out_correct": f"{correct} of {len(trace.logits)}",
            "held_out_kept_percent": f"{kept:.3f}",
        },
    )
    progress(f"wrote {path}")


if __name__ == "__main__":
    try:
        main()
    except (datasets.DataError, ModelError, CompilerError, ValueError) as error:
        sys.exit(f"error: {error}")
