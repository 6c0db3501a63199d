# SPDX-License-Identifier: Apache-2.0
"""Tune a network to weights on few levels, powers of two or evenly spaced; write its model file.

    python -m golden.train_pot --network lenet5-relu --training pot3 --seed 0
    python -m golden.train_pot --network vgg16-cifar10 --training uniform4

pot3, pot6: 0 and +-2^0 .. +-2^3 or +-2^6. uniform8, uniform4, uniform3: the integers of 8, 4 or 3
bits. With _pruned80 or _pruned90 at least that share of all weights becomes zero; with _products50
that share of the products of an image, border included, is no longer made. With _rows2 two kernel
rows of every convolution but the first go whole; _rows2_products50 counts their products among the
50 %. All trainings of a network have the same recipe: start, teacher, rates, choice of scales. Only
levels and budgets differ, and trainings that lose rows have three times the epochs.

lenet5-relu starts from the committed network "same" of the seed and learns from the teachers of
golden/train.py. vgg16-cifar10 starts from the floating-point network of golden/train_vgg.py, width
1/2, which is its teacher as well; after a kill it continues when the command is given again.

Choices are made by held-out training images; the test images are never read.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from golden import datasets, inference, train, train_vgg
from golden.architecture import ModelError, describe, lenet5, vgg16
from golden.arithmetic import ACTIVATION_MAXIMUM
from golden.batchnorm import fold
from golden.cifar import cifar10
from golden.compiled import CompilerError
from golden.datasets import DataError
from golden.fitting import BATCH, augmented
from golden.level_fitting import Batch, LevelFit, Progress, Source, Stage
from golden.levelled import Levelled, Rows, SmallLevelled, positions, product_share, zero_share
from golden.levels import SETS, Levels, budgets, lowest_rows, product_budgets, without_rows
from golden.network import Network, first_maps, load, model_path
from golden.quantise import INPUT_SCALE
from golden.teacher import Pool, Recipe, pool

STAGES = {
    "lenet5-relu": Stage(epochs=8, rate=0.004),
    "vgg16-cifar10": Stage(epochs=8, rate=0.01),
}
ROWS_EPOCHS = 3  # times the epochs of STAGES, where kernel rows go
WIDTH = 0.5  # of VGG-16
_CALIBRATION_IMAGES = 512


@dataclass(frozen=True)
class Goal:
    """What a training makes: weights on these levels, at least these shares left out, 0..1.

    zeros: of all weights. products: of the products of an image, but for less than those of one
    weight. At most one is not 0.
    dropped: kernel rows of each convolution that go whole, but the first keeps its own: it has few
    channels, so that the hardware takes its whole kernel at once and would save nothing.
    """

    levels: Levels
    zeros: float = 0.0
    products: float = 0.0
    dropped: int = 0

    def rows(self, model: nn.Sequential) -> Rows:
        """Kernel rows of each layer that go whole."""
        return tuple(
            lowest_rows(layer, self.levels, self.dropped) if place and layer.dim() == 4 else ()
            for place, layer in enumerate(_weights(model))
        )

    def budgets(self, model: nn.Sequential, side: int) -> tuple[float, ...]:
        """Share of zero weights of each layer, dropped rows included; side: of the images."""
        rows = self.rows(model)
        weights = [
            without_rows(layer, gone) for layer, gone in zip(_weights(model), rows, strict=True)
        ]
        if self.products:
            found = product_budgets(weights, positions(describe(model), side), self.products)
        else:
            found = budgets(weights, self.zeros)
        return tuple(
            max(share, len(gone) / layer.shape[2]) if gone else share
            for share, gone, layer in zip(found, rows, weights, strict=True)
        )


def _weights(model: nn.Sequential) -> list[Tensor]:
    return [parameter for parameter in model.parameters() if parameter.dim() > 1]


def parse(training: str) -> Goal:
    """What a training's name stands for.

    >>> parse("pot3_pruned80").zeros, parse("pot3_products50").products
    (0.8, 0.5)
    """
    found = re.fullmatch(
        r"(?P<levels>[a-z]+\d)(_rows(?P<rows>[1-9]))?"
        r"(_pruned(?P<zeros>\d\d)|_products(?P<products>\d\d))?",
        training,
    )
    if not found or found["levels"] not in SETS:
        raise ModelError(
            f"'{training}' is not a set of levels: {', '.join(SETS)}, "
            "or with _rows2, _pruned80, _products50, _rows2_products50"
        )
    return Goal(
        SETS[found["levels"]],
        zeros=int(found["zeros"] or 0) / 100,
        products=int(found["products"] or 0) / 100,
        dropped=int(found["rows"] or 0),
    )


def recipe(name: str, training: str) -> Stage:
    """How a network is tuned; longer where kernel rows go, which have more to make up for.

    >>> recipe("lenet5-relu", "pot3").epochs, recipe("lenet5-relu", "pot3_rows2").epochs
    (8, 24)
    """
    stage = STAGES[name]
    return replace(stage, epochs=ROWS_EPOCHS * stage.epochs) if parse(training).dropped else stage


def real(network: Network, pictures: Pool) -> nn.Sequential:
    """The real network that an integer LeNet-5 with ReLU computes, but for its roundings.

    ReLU leaves the scale of each layer free: its weights get that of a fresh network. That of the
    logits is the one nearest to the teachers'.
    """
    model = lenet5("relu")
    inputs, modules = INPUT_SCALE, dict(model.named_children())
    with torch.no_grad():
        for layer in network.layers:
            weights, module = layer.weights.float(), modules[layer.name]
            scale = float((2 / weights[0].numel()) ** 0.5 / weights.square().mean().sqrt())
            module.get_parameter("weight").copy_(weights * scale)
            module.get_parameter("bias").copy_(layer.bias * scale * inputs)
            inputs *= scale * 2**layer.shift / layer.multiplier
        images, taught = pictures.images[0, :_CALIBRATION_IMAGES], pictures.logits[0]
        logits = model(first_maps(images).float() * INPUT_SCALE)
        wanted = taught[:_CALIBRATION_IMAGES].float()
        stretch = (logits * wanted).sum() / logits.square().sum()
        for parameter in modules[network.layers[-1].name].parameters():
            parameter.mul_(stretch)
    return model


def _digits(pictures: Pool, labels: Tensor, seed: int, epoch: int) -> Iterator[Batch]:
    """Each digit once, in one of its copies, with the teachers' logits."""
    generator = torch.Generator().manual_seed(1000 * seed + epoch)
    copies = torch.randint(len(pictures.images), (len(labels),), generator=generator)
    for rows in torch.randperm(len(labels), generator=generator).split(BATCH):
        if len(rows) == BATCH:
            chosen = copies[rows], rows
            yield pictures.images[chosen], labels[rows], pictures.logits[chosen].float()


def _colours(
    images: Tensor, labels: Tensor, teacher: nn.Module, seed: int, epoch: int
) -> Iterator[Batch]:
    """Each image once, shifted and mirrored, with the logits of the teacher."""
    generator = torch.Generator().manual_seed(1000 * seed + epoch)
    for rows in torch.randperm(len(labels), generator=generator).split(BATCH):
        if len(rows) < BATCH:
            return
        pictures = augmented(images[rows], generator)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            taught = teacher(first_maps(pictures).float() / ACTIVATION_MAXIMUM)
        yield pictures, labels[rows], taught.float()


class Task:
    """A network to be tuned: where it starts, what it learns from, how it is judged."""

    def __init__(
        self,
        name: str,
        model: nn.Sequential,
        source: Source,
        held: tuple[Tensor, Tensor],
        twin: type[Levelled] = Levelled,
    ) -> None:
        """held: held-out images and labels; twin: what trains."""
        self.name, self.model, self.source, self.held = name, model, source, held
        self.twin = twin

    def correct(self, network: Network) -> int:
        """Held-out images that an integer network gets right."""
        return inference.accuracy(network, *self.held)

    def tune(
        self, training: str, stage: Stage, progress: Progress, checkpoint: Path | None = None
    ) -> tuple[Network, dict[str, str]]:
        """The integer network, and its figures for the metadata."""
        goal, side = parse(training), self.held[0].shape[-1]
        shares, rows = goal.budgets(self.model, side), goal.rows(self.model)
        student = self.twin(self.model, goal.levels, shares, rows)
        convert_conv2d_weight_memory_format(student, torch.channels_last)
        fit = LevelFit(student, stage, self.source, progress, checkpoint)
        count = len(self.held[1])
        fit.run(lambda: f"{self.correct(student.export(self.name))} of {count} held-out images")
        network = student.export(self.name)
        return network, {
            "levels": repr(goal.levels),
            "budgets": ", ".join(f"{share:.3f}" for share in student.budgets),
            "held_out_correct": f"{self.correct(network)} of {count}",
            "zero_weight_percent": f"{100 * zero_share(network):.2f}",
            "useful_product_percent": f"{100 * product_share(network, side):.2f}",
        }


def lenet_task(seed: int, progress: Progress) -> Task:
    """LeNet-5 on MNIST, from the committed network "same" of that seed."""
    digits = datasets.mnist("train")
    if not digits.full:
        raise DataError(f"training needs MNIST, found only {digits.source}")
    images, labels = digits.images[: train.HELD_OUT].contiguous(), digits.labels[: train.HELD_OUT]
    pictures = pool(images, labels, Recipe(), progress)
    source = Source(
        partial(_digits, pictures, labels, seed), len(labels) // BATCH, images[:_CALIBRATION_IMAGES]
    )
    held = digits.images[train.HELD_OUT :], digits.labels[train.HELD_OUT :]
    model = real(load("lenet5-relu", "same", seed), pictures)
    return Task("lenet5-relu", model, source, held, SmallLevelled)


def vgg_task(seed: int, progress: Progress) -> Task:
    """VGG-16 on CIFAR-10, from the floating-point network, which is trained if it is not there."""
    data = cifar10("train")
    if not data.full:
        raise DataError(f"training needs CIFAR-10, found only {data.source}")
    split = train_vgg.split(data.images, data.labels)
    run = train_vgg.Run(WIDTH, seed, split, train_vgg.CACHE, progress)
    teacher, _ = run.real("plain", train_vgg.RECIPES)
    model = vgg16(WIDTH)
    fold(teacher, model)
    source = Source(
        partial(_colours, split.images, split.labels, teacher.eval(), seed),
        len(split.labels) // BATCH,
        split.images[:_CALIBRATION_IMAGES],
        narrow=True,
    )
    return Task("vgg16-cifar10", model, source, (split.held_images, split.held_labels))


TASKS = {"lenet5-relu": lenet_task, "vgg16-cifar10": vgg_task}


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m golden.train_pot",
        description=(__doc__ or "").partition("\n")[0],
        epilog="example: python -m golden.train_pot --network lenet5-relu --training pot3_pruned80",
    )
    parser.add_argument("--network", required=True, choices=TASKS)
    parser.add_argument(
        "--training", required=True, help=f"{', '.join(SETS)}; also _pruned80, _rows2, _products50"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--rate", type=float, help="instead of the recipe's")
    parser.add_argument("--output", type=Path, help="file to write (default: golden/models/...)")
    return parser.parse_args(words)


def main() -> None:
    """Tune as the command line says, report the held-out figures and write the model."""
    arguments = _arguments(sys.argv[1:])
    torch.set_num_threads(1)
    begin = time.monotonic()

    def progress(line: str) -> None:
        print(f"[{time.monotonic() - begin:5.0f} s] {line}", flush=True)

    name, training, seed = arguments.network, arguments.training, arguments.seed
    stage = recipe(name, training)
    stage = Stage(arguments.epochs or stage.epochs, arguments.rate or stage.rate)
    task = TASKS[name](seed, progress)
    checkpoint = train_vgg.CACHE / f"{name}-{training}-{seed}.pt" if task.source.narrow else None
    torch.manual_seed(seed)
    network, figures = task.tune(training, stage, progress, checkpoint)
    path = arguments.output or model_path(name, training, seed)
    made = {
        "command": "python -m golden.train_pot " + shlex.join(sys.argv[1:]),
        "seed": str(seed),
        "recipe": repr(stage),
    }
    network.save(path, made | figures)
    for key, figure in figures.items():
        progress(f"{key.replace('_', ' ')}: {figure}")
    progress(f"wrote {path}")


if __name__ == "__main__":
    try:
        main()
    except (DataError, ModelError, CompilerError, ValueError) as error:
        sys.exit(f"error: {error}")
