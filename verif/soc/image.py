# SPDX-License-Identifier: Apache-2.0
"""Puts a network and images into the data RAM, where the LeNet-5 programs expect them.

The structures are those of verif/firmware/lenet5 (network.h: settings; msb_skip.c and scalar.c:
model). Their fields are all 32-bit words or bytes in multiples of four, so a structure is its
fields one after the other; that its size is the one the compiler gave it is checked against the
ELF.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from golden.arithmetic import TANH_TABLE
from golden.branching import layers_by_words
from golden.msb_skip import Mode
from golden.network import Layer, Network
from golden.packing import lenet5_orders, pack_weights
from scripts.errors import UserError
from scripts.firmware import symbols

# Outputs that the firmware computes at a time: channels of a pooling window, or outputs of a linear
# layer.
BLOCKS = {"c1": 2, "c3": 2, "c5": 8, "f6": 7, "out": 5}
BLOCKS_OF_BRANCHES = {**BLOCKS, "c3": 8}  # where c3 branches over single words


def parts(
    elf: Path, network: Network, mode: Mode, threshold: int | None, images: Tensor
) -> list[tuple[int, bytes]]:
    """(address, bytes) of everything the program reads: settings, weights, images.

    `threshold` replaces that of every layer. `images` is uint8 [N, 28, 28]. Raises UserError when
    the program's structures are not those described here.
    """
    layers = {layer.name: layer for layer in network.layers}
    branches = "branch" in elf.name and "c3" in layers_by_words(network, mode)
    blocks = BLOCKS_OF_BRANCHES if branches else BLOCKS
    contents = {
        "settings": settings(network, mode, threshold),
        "model": scalar_model(layers) if "scalar" in elf.name else packed_model(layers, blocks),
        "image_count": _words([len(images)]),
        "images": images.numpy().tobytes(),
    }
    table = symbols(elf)
    for name in ("settings", "model", "image_count"):
        if table[name][1] != len(contents[name]):
            raise UserError(
                f"{elf.name}: '{name}' has {table[name][1]} bytes, "
                f"verif/soc/image.py makes {len(contents[name])}"
            )
    return [(table[name][0], data) for name, data in contents.items()]


def settings(network: Network, mode: Mode, threshold: int | None) -> bytes:
    """struct settings of network.h."""
    layers = network.layers
    thresholds = [layer.threshold if threshold is None else threshold for layer in layers]
    scales: list[int] = []
    for layer in layers:
        if layer.activation is not None and layer.shift < 33:
            raise UserError(
                f"{network.name}: shift {layer.shift} of layer {layer.name} is below 33, where the "
                "low word of the product, which the firmware leaves out, matters; "
                "quantise with a smaller weight scale"
            )
        scales += [layer.multiplier, layer.shift - 32] if layer.activation is not None else [0, 1]
    activation = int(layers[0].activation == "tanh")
    table = TANH_TABLE.numpy().astype(np.uint8).tobytes()
    return _words([int(mode), activation, *thresholds, *scales]) + table


def packed_model(layers: Mapping[str, Layer], outputs: Mapping[str, int]) -> bytes:
    """struct model of msb_skip.c: words of four lanes, word by word in each block of `outputs`."""
    orders = lenet5_orders()
    data = b""
    for name, layer in layers.items():
        words = pack_weights(layer.weights.flatten(1), orders[name])
        blocks = words.unflatten(0, (-1, outputs[name])).transpose(1, 2)
        data += _words(blocks.flatten().tolist()) + _words(layer.bias.tolist())
    return data


def scalar_model(layers: Mapping[str, Layer]) -> bytes:
    """struct model of scalar.c: PyTorch's order, all weights first."""
    weights = b"".join(layer.weights.numpy().tobytes() for layer in layers.values())
    padding = bytes(-len(weights) % 4)
    return weights + padding + b"".join(_words(layer.bias.tolist()) for layer in layers.values())


def output_layout(name: str, output: Tensor, program: str) -> NDArray[np.int32]:
    """A layer's output [N, ...] as integers [N, M] in the order the program stores them."""
    maps = output.dim() == 4 and program != "lenet5_scalar"
    ordered = output.permute(0, 2, 3, 1) if maps else output
    return ordered.flatten(1).numpy().astype(np.int32)


def _words(values: list[int]) -> bytes:
    return np.array(values, dtype=np.int64).astype(np.uint32).tobytes()
