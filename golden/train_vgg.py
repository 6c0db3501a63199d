# SPDX-License-Identifier: Apache-2.0
"""Train an integer VGG-16 on CIFAR-10 and write its model file.

    python -m golden.train_vgg --width 0.5 --training plain --seed 0

plain: cross-entropy on shifted and mirrored images, with batch normalisation; the normalisation is
folded into the weights, which are quantised, and tuned for a few more epochs with the integer
arithmetic in the forward pass if quantisation alone costs more than 0.3 points. sparse: starts
from the floating-point network of plain, which is trained first if it is not there, and pays a
price for non-zero activations; a controller moves the price so that the share of products with a
non-zero activation meets its target.

The state after each epoch is kept under build/training: a killed run continues when the same
command is given again. Training uses 45,000 of the training images; choices are made by the other
5,000; the test images are never read. On CPUs of one type the same command writes the same file; a
GPU, which is used where there is one, adds in another order each time.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from golden import inference, sparsity
from golden.architecture import ModelError, vgg16
from golden.arithmetic import ACTIVATION_MAXIMUM
from golden.batchnorm import fold, normalised
from golden.cifar import cifar10
from golden.datasets import ROOT, DataError
from golden.fake_quantised import FakeQuantised
from golden.fitting import Examples, Fit, Stage
from golden.network import VGG_TRAININGS, VGGS, Network, first_maps, model_path
from golden.quantise import calibrate, least_error

HELD_OUT = 45_000  # first held-out training image
CACHE = ROOT / "build" / "training"
_CALIBRATION_IMAGES = 512
_WORTH_TUNING = 0.003  # accuracy lost by quantisation alone

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """real: with batch normalisation, in floating point; tuned: then, in integers, if needed."""

    real: Stage
    tuned: Stage


RECIPES = {
    "plain": Recipe(
        real=Stage(epochs=36, rate=0.1),
        tuned=Stage(epochs=2, rate=1e-4, adam=True),
    ),
    "sparse": Recipe(
        real=Stage(epochs=1, rate=0.005, warm=0.1, density=0.36, price=1.5),
        tuned=Stage(epochs=2, rate=1e-4, adam=True, density=0.36, price=1.5),
    ),
}


class Run:
    """One training: width, seed, images and where its states are kept."""

    def __init__(
        self, width: float, seed: int, examples: Examples, folder: Path, progress: Progress
    ) -> None:
        """folder: of the checkpoints."""
        self.width, self.seed, self.examples = width, seed, examples
        self.folder, self.progress = folder, progress
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def real(self, training: str, recipes: dict[str, Recipe]) -> tuple[nn.Sequential, float]:
        """Train with batch normalisation; the network and its accuracy on the held-out images."""
        torch.manual_seed(self.seed)
        start = vgg16(self.width)
        net = normalised(start)
        if training != "plain":
            net = self.real("plain", recipes)[0]
        convert_conv2d_weight_memory_format(net.to(self.device), torch.channels_last)

        def forward(images: Tensor) -> tuple[Tensor, list[Tensor]]:
            return sparsity.forward(net, first_maps(images).float() / ACTIVATION_MAXIMUM)

        return net, self._fit(net, forward, training, "real", recipes[training].real)

    def quantised(self, net: nn.Sequential) -> FakeQuantised:
        """Fold and quantise a network with batch normalisation."""
        model = vgg16(self.width).to(self.device)
        fold(net, model)
        images = self.examples.images[:_CALIBRATION_IMAGES].to(self.device)
        return FakeQuantised(model, calibrate(model, images, least_error))

    def tune(self, training: str, student: FakeQuantised, stage: Stage) -> None:
        """Train on with the integer arithmetic in the forward pass."""
        convert_conv2d_weight_memory_format(student, torch.channels_last)
        self._fit(student, student, training, "tuned", stage)

    def correct(self, network: Network) -> int:
        """Held-out images that an integer network classifies correctly."""
        held = self.examples
        return inference.accuracy(network, held.held_images, held.held_labels)

    def _fit(
        self,
        model: nn.Module,
        forward: Callable[[Tensor], tuple[Tensor, list[Tensor]]],
        training: str,
        part: str,
        stage: Stage,
    ) -> float:
        name = f"vgg16-{round(64 * self.width)}-{training}-{self.seed}.{part}.pt"
        self.progress(f"{training}, {part}: {stage.epochs} epochs on {self.device.type}")
        fit = Fit(model, forward, stage, self.seed, self.folder / name, self.progress)
        fit.run(self.examples)
        return fit.accuracy(self.examples.held_images, self.examples.held_labels)


def train(training: str, run: Run, recipes: dict[str, Recipe]) -> tuple[Network, dict[str, str]]:
    """Train one network.

    Returns:
        The integer network, and its figures on the held-out images for the metadata.
    """
    net, real = run.real(training, recipes)
    student = run.quantised(net)
    network = student.export(VGGS[0])
    count = len(run.examples.held_labels)
    untuned = run.correct(network)
    run.progress(f"quantised: {untuned} of {count} held-out images, {100 * real:.2f} % before")
    if untuned < (real - _WORTH_TUNING) * count:
        run.tune(training, student, recipes[training].tuned)
        network = student.export(VGGS[0])
    density = inference.overall(inference.densities(network, run.examples.held_images))
    figures = {
        "held_out_real": f"{100 * real:.2f} %",
        "held_out_quantised": f"{untuned} of {count}",
        "held_out_correct": f"{run.correct(network)} of {count}",
        "held_out_density": f"{density:.4f}",
    }
    for name, figure in figures.items():
        run.progress(f"{name.replace('_', ' ')}: {figure}")
    return network, figures


def split(images: Tensor, labels: Tensor) -> Examples:
    """Training images and the last 5,000, which are held out."""
    first = slice(None, HELD_OUT), slice(HELD_OUT, None)
    return Examples(images[first[0]], labels[first[0]], images[first[1]], labels[first[1]])


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m golden.train_vgg",
        description=(__doc__ or "").partition("\n")[0],
        epilog="example: python -m golden.train_vgg --width 0.25 --training sparse",
    )
    parser.add_argument("--width", type=float, default=0.5, help="of the layers (default: 0.5)")
    parser.add_argument("--training", required=True, choices=VGG_TRAININGS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="with batch normalisation, not the recipe's")
    parser.add_argument("--density", type=float, help="wanted share of products, as 0.3 (sparse)")
    parser.add_argument("--output", type=Path, help="file to write (default: golden/models/...)")
    return parser.parse_args(words)


def _recipes(arguments: argparse.Namespace) -> dict[str, Recipe]:
    """The recipes with what the command line changes in the chosen one."""
    recipe = RECIPES[arguments.training]
    if arguments.epochs:
        recipe = replace(recipe, real=replace(recipe.real, epochs=arguments.epochs))
    if arguments.density and arguments.training == "sparse":
        recipe = Recipe(
            replace(recipe.real, density=arguments.density),
            replace(recipe.tuned, density=arguments.density),
        )
    return RECIPES | {arguments.training: recipe}


def main() -> None:
    """Train as the command line says, report the held-out figures and write the model."""
    arguments = _arguments(sys.argv[1:])
    torch.set_num_threads(1)
    begin = time.monotonic()

    def progress(line: str) -> None:
        print(f"[{time.monotonic() - begin:5.0f} s] {line}", flush=True)

    data = cifar10("train")
    if not data.full:
        sys.exit(f"error: training needs CIFAR-10, found only {data.source}")
    recipes = _recipes(arguments)
    run = Run(arguments.width, arguments.seed, split(data.images, data.labels), CACHE, progress)
    network, figures = train(arguments.training, run, recipes)
    path = arguments.output or model_path(VGGS[0], arguments.training, arguments.seed)
    made = {
        "command": "python -m golden.train_vgg " + shlex.join(sys.argv[1:]),
        "width": f"{arguments.width:g}",
        "seed": str(arguments.seed),
        "data": "CIFAR-10 training images 0..44999",
        "recipe": repr(recipes[arguments.training]),
    }
    network.save(path, made | figures)
    progress(f"wrote {path}")


if __name__ == "__main__":
    try:
        main()
    except (DataError, ModelError) as error:
        sys.exit(f"error: {error}")
