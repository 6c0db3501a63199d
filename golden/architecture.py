# SPDX-License-Identifier: Apache-2.0
"""Shapes of networks: LeNet-5, VGG-16, and how the integer arithmetic sees a Sequential."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn


class ModelError(Exception):
    """A model file or a torch network cannot be used; the message names what, and the remedy."""


@dataclass(frozen=True)
class Description:
    """Shape of one layer, without its numbers.

    kind is "conv" (stride 1, weights [O, I, kh, kw]) or "linear" (weights [O, I]); activation
    "relu", "tanh" or None (last layer); pool "max", "average" (both 2x2, stride 2) or None.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    padding: int = 0
    activation: str | None = None
    pool: str | None = None


def lenet5(activation: str) -> nn.Sequential:
    """LeNet-5 in floating point: "relu" with max pooling or "tanh" with average pooling."""
    relu = activation == "relu"
    act, pool = (nn.ReLU, nn.MaxPool2d) if relu else (nn.Tanh, nn.AvgPool2d)
    return nn.Sequential(
        OrderedDict(
            c1=nn.Conv2d(1, 6, 5, padding=2), a1=act(), s2=pool(2),
            c3=nn.Conv2d(6, 16, 5), a3=act(), s4=pool(2), flatten=nn.Flatten(),
            c5=nn.Linear(400, 120), a5=act(),
            f6=nn.Linear(120, 84), a6=act(),
            out=nn.Linear(84, 10),
        )
    )  # fmt: skip


VGG16_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Maps and convolutions of each block at width 1; a 2x2 maximum follows each block."""


def vgg16(width: float) -> nn.Sequential:
    """VGG-16 for images of 3 x 32 x 32 in floating point, without normalisation.

    The 13 convolutions are those of the ImageNet network, conv1_1 to conv5_3, 3x3 with padding 1.
    Its three fully connected layers are replaced by one, as is usual for images of this size: five
    pools leave one pixel, and the layer "out" maps its channels to ten classes.

    Args:
        width: factor on the maps of every layer, such as 1, 1/2 or 1/4.

    Raises:
        ModelError: if the width does not give whole numbers of maps.
    """
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 3
    for block, (maps, depth) in enumerate(VGG16_BLOCKS, start=1):
        wanted = maps * width
        if wanted < 1 or wanted != int(wanted):
            raise ModelError(f"width {width:g} gives {wanted:g} maps; use a multiple of 1/64")
        for place in range(1, depth + 1):
            modules[f"conv{block}_{place}"] = nn.Conv2d(channels, int(wanted), 3, padding=1)
            modules[f"relu{block}_{place}"] = nn.ReLU()
            channels = int(wanted)
        modules[f"pool{block}"] = nn.MaxPool2d(2)
    modules["flatten"] = nn.Flatten()
    modules["out"] = nn.Linear(channels, 10)
    return nn.Sequential(modules)


def describe(model: nn.Sequential) -> tuple[Description, ...]:
    """Read the layers off a Sequential of convolutions, Linear, ReLU, Tanh, pools and Flatten.

    Raises:
        ModelError: naming the first layer that the integer arithmetic does not cover.
    """
    found: list[dict] = []
    for name, module in model.named_children():
        reason = _absorb(found, name, module)
        if reason:
            raise ModelError(f"layer '{name}' ({type(module).__name__}) is not supported: {reason}")
    for layer in found[:-1]:
        if layer["activation"] is None:
            raise ModelError(
                f"layer '{layer['name']}' is not supported: it needs ReLU or Tanh behind it"
            )
    return tuple(Description(**layer) for layer in found)


_ACTIVATIONS: dict[type, str] = {nn.ReLU: "relu", nn.Tanh: "tanh"}
_POOLS: dict[type, str] = {nn.MaxPool2d: "max", nn.AvgPool2d: "average"}


def _absorb(found: list[dict], name: str, module: nn.Module) -> str | None:
    """Add a module to the layers found so far; returns why it cannot be."""
    kind = type(module)
    if isinstance(module, nn.Conv2d | nn.Linear):
        padding, reason = _padding(module)
        shape = tuple(module.weight.shape)
        found.append(
            {"name": name, "kind": "linear" if len(shape) == 2 else "conv", "shape": shape,
             "padding": padding, "activation": None, "pool": None}
        )  # fmt: skip
        return reason
    if kind is nn.Flatten:
        return None
    if kind not in _ACTIVATIONS and kind not in _POOLS:
        return "use Conv2d, Linear, ReLU, Tanh, MaxPool2d, AvgPool2d or Flatten"
    if not found or found[-1]["pool"] or (kind in _ACTIVATIONS) == bool(found[-1]["activation"]):
        return "the order must be Conv2d or Linear, activation, pool"
    if kind in _ACTIVATIONS:
        found[-1]["activation"] = _ACTIVATIONS[kind]
        return None
    found[-1]["pool"] = _POOLS[kind]
    options = (module.kernel_size, module.stride, module.padding, module.ceil_mode)
    return None if options == (2, 2, 0, False) else "pooling must be 2x2 with stride 2"


def _padding(module: nn.Conv2d | nn.Linear) -> tuple[int, str | None]:
    if module.bias is None:
        return 0, "it needs a bias"
    if isinstance(module, nn.Linear):
        return 0, None
    plain = (module.stride, module.dilation, module.groups) == ((1, 1), (1, 1), 1)
    square = isinstance(module.padding, tuple) and module.padding[0] == module.padding[1]
    if not plain or not square or module.padding_mode != "zeros":
        return 0, "convolutions need stride 1, one group, no dilation and equal zero padding"
    return int(module.padding[0]), None
