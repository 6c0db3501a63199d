# SPDX-License-Identifier: Apache-2.0
"""Exact inference at the speed of floating-point convolutions, and the density of its products.

    python -m golden.inference --training sparse    # on the 10,000 test images

    network = load("vgg16-cifar10", training="plain")
    correct = accuracy(network, pictures.images, pictures.labels)
    maps = layer_inputs(network, pictures.images[:2])["conv3_1"]
    overall(densities(network, pictures.images))

The results are those of `Network.run` in exact mode, bit for bit: sums of integers are exact in
floating point as long as no partial sum can leave the range in which every integer has a value,
and the bound is computed from the actual weights.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from golden.architecture import ModelError
from golden.cifar import cifar10
from golden.downloads import DataError
from golden.network import TRAININGS, VGGS, Layer, Network, first_maps, load

_CHUNK_IMAGES = 100
_FLOAT32_INTEGERS = 1 << 24
_LARGEST_ACTIVATION = 128


@dataclass(frozen=True)
class Density:
    """Products of one layer, without those on the padding, for N images.

    total: products per image; active: those whose activation is not zero, int64 [N].
    """

    total: int
    active: Tensor

    @property
    def share(self) -> float:
        """Share of the products whose activation is not zero, 0..1, over all images."""
        return int(self.active.sum()) / (self.total * len(self.active))


def sums(layer: Layer, inputs: Tensor) -> Tensor:
    """int8 inputs -> int32 accumulators with bias, [N, O, H, W] or [N, O]."""
    largest = int(layer.weights.flatten(1).long().abs().sum(dim=1).max()) * _LARGEST_ACTIVATION
    dtype = torch.float32 if largest < _FLOAT32_INTEGERS else torch.float64
    weights = layer.weights.to(dtype)
    if layer.kind == "linear":
        return (inputs.flatten(1).to(dtype) @ weights.t()).to(torch.int32) + layer.bias
    values = inputs.to(dtype).contiguous(memory_format=torch.channels_last)
    products = functional.conv2d(values, weights, padding=layer.padding)
    return products.to(torch.int32) + layer.bias[:, None, None]


def _passes(network: Network, images: Tensor) -> Iterator[tuple[Layer, Tensor, Tensor]]:
    """Layer, its inputs and its outputs, layer by layer."""
    values = first_maps(images)
    for layer in network.layers:
        outputs = layer.finish(sums(layer, values))
        yield layer, values, outputs
        values = outputs


def classify(network: Network, images: Tensor) -> Tensor:
    """Logits, int32 [N, 10], of images as `first_maps` takes them."""
    parts = []
    for chunk in images.split(_CHUNK_IMAGES):
        *_, (_, _, logits) = _passes(network, chunk)
        parts.append(logits)
    return torch.cat(parts)


def accuracy(network: Network, images: Tensor, labels: Tensor) -> int:
    """Images whose largest logit (the first of equals) is the label."""
    return int((classify(network, images).argmax(dim=1) == labels).sum())


def layer_inputs(network: Network, images: Tensor) -> dict[str, Tensor]:
    """Activations that enter each layer, int8 [N, C, H, W], or [N, K] if it is linear."""
    return {
        layer.name: inputs.flatten(1) if layer.kind == "linear" else inputs
        for layer, inputs, _ in _passes(network, images)
    }


def uses(layer: Layer, rows: int, columns: int) -> Tensor:
    """How many taps of one output channel read each input pixel, int64 [rows, columns].

    The padding holds no input pixels, so that products on it are nowhere counted. A linear layer
    reads each of its inputs once.
    """
    if layer.kind == "linear":
        return torch.ones(rows, columns, dtype=torch.int64)

    def along(length: int, kernel: int) -> Tensor:
        outputs = length + 2 * layer.padding - kernel + 1
        places = torch.arange(outputs)[:, None] + torch.arange(kernel) - layer.padding
        inside = places[(places >= 0) & (places < length)]
        return torch.bincount(inside, minlength=length)

    height, width = layer.weights.shape[2:]
    return along(rows, height)[:, None] * along(columns, width)


def densities(network: Network, images: Tensor) -> dict[str, Density]:
    """Products of every layer and those whose activation is not zero."""
    totals: dict[str, int] = {}
    active: dict[str, list[Tensor]] = {layer.name: [] for layer in network.layers}
    for chunk in images.split(_CHUNK_IMAGES):
        for layer, inputs, _ in _passes(network, chunk):
            maps = inputs if inputs.dim() == 4 else inputs[..., None, None]
            reads = uses(layer, *maps.shape[2:]) * len(layer.weights)
            totals[layer.name] = int(reads.sum()) * maps.shape[1]
            active[layer.name].append(((maps != 0).sum(dim=1) * reads).sum(dim=(1, 2)))
    return {name: Density(totals[name], torch.cat(active[name])) for name in totals}


def overall(found: Mapping[str, Density]) -> float:
    """Share of products with a non-zero activation over all convolutions but the first.

    found: as from `densities` of a network whose first layer is a convolution and whose last is
    the only one that is not; both are left out, the first because pixels are hardly ever zero.
    """
    inner = list(found.values())[1:-1]
    active = sum(int(density.active.sum()) for density in inner)
    return active / sum(density.total * len(density.active) for density in inner)


def main() -> None:
    """Print what a VGG-16 gets right, and the density of each layer, on the test images."""
    parser = argparse.ArgumentParser(
        prog="python -m golden.inference",
        description="Accuracy and density of a committed VGG-16 on the CIFAR-10 test images.",
    )
    parser.add_argument("--training", default="plain", choices=TRAININGS[VGGS[0]])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    network = load(VGGS[0], arguments.training, arguments.seed)
    pictures = cifar10("test")
    correct = accuracy(network, pictures.images, pictures.labels)
    print(f"{correct} of {len(pictures.labels)} images correct, {pictures.source}")
    found = densities(network, pictures.images)
    for name, density in found.items():
        print(f"{name:8} {density.total:11,} products, {density.share:.3f} with an activation")
    print(f"overall, without the first and the last layer: {overall(found):.4f}")


if __name__ == "__main__":
    try:
        main()
    except (DataError, ModelError) as error:
        sys.exit(f"error: {error}")
