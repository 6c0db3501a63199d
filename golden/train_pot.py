# SPDX-License-Identifier: Apache-2.0
"""Tune a network to weights on few levels, powers of two or evenly spaced; write its model file.

    python -m golden.train_pot --network lenet5-relu --training pot3 --seed 0
    python -m golden.train_pot --network vgg16-cifar10 --training uniform4

pot3, pot6: 0 and +-2^0 .. +-2^3 or +-2^6. uniform8, uniform4, uniform3: the integers of 8, 4 or 3
bits. With _pruned80 or _pruned90 at least that share of all weights becomes zero. All trainings of
a network have the same recipe: start, teacher, epochs, rates, choice of scales and budgets; only
the levels differ.

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
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from golden import datasets, inference, train, train_vgg
from golden.architecture import ModelError, lenet5, vgg16
from golden.arithmetic import ACTIVATION_MAXIMUM
from golden.batchnorm import fold
from golden.cifar import cifar10
from golden.compiled import CompilerError
from golden.datasets import DataError
from golden.fitting import BATCH, augmented
from golden.level_fitting import Batch, LevelFit, Progress, Source, Stage
from golden.levelled import Levelled, SmallLevelled, zero_share
from golden.levels import SETS, Levels, budgets
from golden.network import Network, first_maps, load, model_path
from golden.quantise import INPUT_SCALE
from golden.teacher import Pool, Recipe, pool

STAGES = {
    "lenet5-relu": Stage(epochs=8, rate=0.004),
    "vgg16-cifar10": Stage(epochs=8, rate=0.01),
}
WIDTH = 0.5  # of VGG-16
_CALIBRATION_IMAGES = 512


def parse(training: str) -> tuple[Levels, float]:
    """Levels and share of pruned weights that a training's name stands for.

    >>> parse("pot3_pruned80")[1]
    0.8
    """
    found = re.fullmatch(r"([a-z]+\d)(?:_pruned(\d\d))?", training)
    if not found or found[1] not in SETS:
        raise ModelError(f"'{training}' is not a set of levels: {', '.join(SETS)}, or _pruned80")
    return SETS[found[1]], int(found[2] or 0) / 100


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
        levels, zeros = parse(training)
        weights = [p for p in self.model.parameters() if p.dim() > 1]
        student = self.twin(self.model, levels, budgets(weights, zeros))
        convert_conv2d_weight_memory_format(student, torch.channels_last)
        fit = LevelFit(student, stage, self.source, progress, checkpoint)
        count = len(self.held[1])
        fit.run(lambda: f"{self.correct(student.export(self.name))} of {count} held-out images")
        network = student.export(self.name)
        return network, {
            "levels": repr(levels),
            "budgets": ", ".join(f"{share:.3f}" for share in student.budgets),
            "held_out_correct": f"{self.correct(network)} of {count}",
            "zero_weight_percent": f"{100 * zero_share(network):.2f}",
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
        "--training", required=True, help=f"{', '.join(SETS)}; also with _pruned80 or the like"
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
    stage = STAGES[name]
    stage = Stage(arguments.epochs or stage.epochs, arguments.rate or stage.rate)
    parse(training)
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
