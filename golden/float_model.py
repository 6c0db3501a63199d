# SPDX-License-Identifier: Apache-2.0
"""The floating-point VGG-16 that integer ones are compared with, in half precision.

    python -m golden.float_model --seed 0

It is the network with batch normalisation of golden/train_vgg.py ("plain", which is trained if it
is not there), the normalisation folded into the weights.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from golden import train_vgg
from golden.architecture import VGG16_BLOCKS, ModelError, vgg16
from golden.arithmetic import ACTIVATION_MAXIMUM
from golden.batchnorm import fold
from golden.cifar import cifar10
from golden.downloads import DataError
from golden.network import VGGS, first_maps, model_path

WIDTH = 0.5
_CHUNK_IMAGES = 250


def save(model: nn.Sequential, path: Path, made: dict[str, str]) -> None:
    """Write the parameters in half precision; made: how, for the metadata."""
    tensors = {name: value.detach().half().contiguous() for name, value in model.named_parameters()}
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, {"made": json.dumps(made, sort_keys=True)})
    partial.replace(path)


def load(seed: int = 0, path: Path | None = None) -> nn.Sequential:
    """The network in single precision.

    Raises:
        ModelError: for a file that is missing or does not hold the tensors of a VGG-16.
    """
    path = path or model_path(VGGS[0], "float", seed)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
        model = vgg16(len(tensors["conv1_1.bias"]) / VGG16_BLOCKS[0][0])
        model.load_state_dict(tensors)
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        remedy = f"make it with: python -m golden.float_model --seed {seed}"
        raise ModelError(f"{path}: {error}; {remedy}") from error
    return model.eval()


@torch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> int:
    """Images that the network gets right; it sees the seven bits that integer networks see."""
    correct = 0
    for part, wanted in zip(images.split(_CHUNK_IMAGES), labels.split(_CHUNK_IMAGES), strict=True):
        maps = first_maps(part).float() / ACTIVATION_MAXIMUM
        correct += int((model(maps).argmax(dim=1) == wanted).sum())
    return correct


def main() -> None:
    """Fold the trained network, write it and report what the written one gets right."""
    parser = argparse.ArgumentParser(
        prog="python -m golden.float_model",
        description="Write the floating-point VGG-16 on CIFAR-10 in half precision.",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="file to write (default: golden/models/...)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = cifar10("train")
    if not data.full:
        sys.exit(f"error: training needs CIFAR-10, found only {data.source}")
    split = train_vgg.split(data.images, data.labels)
    run = train_vgg.Run(WIDTH, arguments.seed, split, train_vgg.CACHE, print)
    trained, _ = run.real("plain", train_vgg.RECIPES)
    model = vgg16(WIDTH)
    fold(trained, model)
    path = arguments.output or model_path(VGGS[0], "float", arguments.seed)
    command = "python -m golden.float_model " + shlex.join(sys.argv[1:])
    save(model, path, {"command": command, "recipe": repr(train_vgg.RECIPES["plain"].real)})
    correct = accuracy(load(arguments.seed, path), split.held_images, split.held_labels)
    print(f"wrote {path}: {correct} of {len(split.held_labels)} held-out images")


if __name__ == "__main__":
    try:
        main()
    except (DataError, ModelError) as error:
        sys.exit(f"error: {error}")
