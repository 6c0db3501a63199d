# SPDX-License-Identifier: Apache-2.0
"""Integer networks: what the firmware computes, layer by layer, with the counts of every product.

    network = load("lenet5-relu", training="soft", seed=0)
    trace = network.run(mnist("test").images, Mode.ABSOLUTE)
    trace.correct(labels), trace.outputs["c3"], trace.counts["c3"].kept

A layer is a convolution or a matrix product followed by requantisation, activation and pooling; the
last layer's int32 accumulators are the logits. The shapes are those of golden/architecture.py; they
say which tensors a model file must hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from golden import arithmetic
from golden.architecture import VGG16_BLOCKS, Description, ModelError, describe, lenet5, vgg16
from golden.msb_skip import Counts, Mode, products

MODELS = Path(__file__).resolve().parent / "models"
LENETS = ("lenet5-relu", "lenet5-tanh")
"""Networks for 28x28 digits, which the firmware runs."""
LENET_TRAININGS = ("plain", "same", "soft")
VGGS = ("vgg16-cifar10",)
VGG_TRAININGS = ("plain", "sparse")
_PRUNED_TRAININGS = (
    "pot3_pruned70",
    "pot3_pruned80",
    "pot3_pruned90",
    "pot3_products50",
    "pot3_rows2_products50",
    "pot3_rows3_products50",
    "pot3_rows3_products60",
    "uniform4_pruned70",
    "uniform4_pruned80",
    "uniform4_pruned90",
    "uniform4_rows3_products50",
)
LEVEL_TRAININGS = {
    "lenet5-relu": ("pot6", "pot3", "uniform8", "uniform4", "uniform3", *_PRUNED_TRAININGS),
    "vgg16-cifar10": ("pot3", "uniform4"),
}
"""Weights on few levels, made by golden/train_pot.py, on top of the others of a network."""
TRAININGS = {
    name: own + LEVEL_TRAININGS.get(name, ())
    for names, own in ((LENETS, LENET_TRAININGS), (VGGS, VGG_TRAININGS))
    for name in names
}
NETWORKS = tuple(TRAININGS)
_MADE = "made"  # metadata entry: how the model was made, as JSON
_CHUNK_IMAGES = 250  # keeps the windows of a chunk within tens of megabytes


def first_maps(images: Tensor) -> Tensor:
    """What the first layer sees: pixel >> 1, 0..127.

    uint8 [N, H, W] (one channel) or [N, C, H, W] -> int8 [N, C, H, W].
    """
    maps = images[:, None] if images.dim() == 3 else images
    return (maps >> 1).to(torch.int8)


@dataclass(frozen=True)
class Layer:
    """One integer layer: int8 weights, int32 bias [O], requantisation, threshold T."""

    description: Description
    weights: Tensor
    bias: Tensor
    multiplier: int
    shift: int
    threshold: int = 0

    @property
    def name(self) -> str:
        """Name of the layer in its network."""
        return self.description.name

    @property
    def kind(self) -> str:
        """ "conv" or "linear"."""
        return self.description.kind

    @property
    def padding(self) -> int:
        """Zeros around the input map, in pixels."""
        return self.description.padding

    @property
    def activation(self) -> str | None:
        """ "relu", "tanh" or None."""
        return self.description.activation

    @property
    def pool(self) -> str | None:
        """ "max", "average" or None."""
        return self.description.pool

    def windows(self, inputs: Tensor) -> Tensor:
        """Operands of every output position, int8 [N, P, K] with K in PyTorch's weight order."""
        if self.kind == "linear":
            return inputs.reshape(len(inputs), 1, -1)
        kernel = self.weights.shape[2:]
        padded = nn.functional.pad(inputs, (self.padding,) * 4)
        taps = padded.unfold(2, kernel[0], 1).unfold(3, kernel[1], 1)  # [N, I, H, W, kh, kw]
        return taps.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)

    def accumulate(
        self, inputs: Tensor, mode: Mode, order: Tensor | None = None
    ) -> tuple[Tensor, Counts]:
        """int8 inputs -> int32 accumulators with bias, [N, O, H, W] or [N, O], and the counts."""
        sums, counts = products(
            self.windows(inputs), self.weights.flatten(1), mode, self.threshold, order
        )
        sums = (sums + self.bias).transpose(1, 2)
        if self.kind == "linear":
            return sums[..., 0], counts
        columns = inputs.shape[3] + 2 * self.padding - self.weights.shape[3] + 1
        return sums.unflatten(2, (-1, columns)), counts

    def finish(self, accumulators: Tensor) -> Tensor:
        """Requantise, activate and pool: int32 -> int8; the last layer's sums stay as they are."""
        if self.activation is None:
            return accumulators
        scaled = arithmetic.requantise(accumulators, self.multiplier, self.shift)
        outputs = arithmetic.relu(scaled) if self.activation == "relu" else arithmetic.tanh(scaled)
        if self.pool is None:
            return outputs
        pooling = arithmetic.max_pool if self.pool == "max" else arithmetic.average_pool
        return pooling(outputs)


@dataclass(frozen=True)
class Trace:
    """Everything a run produced; outputs after activation and pool, int8 (last layer: int32)."""

    outputs: dict[str, Tensor]
    counts: dict[str, Counts]
    logits: Tensor

    def correct(self, labels: Tensor) -> int:
        """Images whose largest logit (the first of equals) is the label."""
        return int((self.logits.argmax(dim=1) == labels).sum())

    def share(self, kind: str, layers: tuple[str, ...] | None = None) -> float:
        """Percentage of products that are `kind`: "kept", "zero_skipped" or "soft_skipped"."""
        chosen = [self.counts[name] for name in layers or tuple(self.counts)]
        part = sum(int(getattr(counts, kind).sum()) for counts in chosen)
        return 100 * part / sum(int(counts.total.sum()) for counts in chosen)


@dataclass(frozen=True)
class Network:
    """Integer layers in order, with the metadata of the model file they come from."""

    name: str
    layers: tuple[Layer, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)

    def run(self, images: Tensor, mode: Mode, orders: Mapping[str, Tensor] | None = None) -> Trace:
        """Classify images.

        Args:
            images: uint8 [N, H, W] or [N, C, H, W]; see `first_maps`.
            mode: rule applied in every layer, each with its own threshold.
            orders: per layer name the order of its products (see `msb_skip.products`); natural
                where absent.
        """
        chunks = [self._run(part, mode, orders or {}) for part in images.split(_CHUNK_IMAGES)]
        outputs = {
            layer.name: torch.cat([chunk[0][layer.name] for chunk in chunks])
            for layer in self.layers
        }
        counts = {
            layer.name: _join([chunk[1][layer.name] for chunk in chunks]) for layer in self.layers
        }
        return Trace(outputs, counts, outputs[self.layers[-1].name])

    def _run(
        self, images: Tensor, mode: Mode, orders: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Counts]]:
        values = first_maps(images)
        outputs, counts = {}, {}
        for layer in self.layers:
            sums, counts[layer.name] = layer.accumulate(values, mode, orders.get(layer.name))
            outputs[layer.name] = values = layer.finish(sums)
        return outputs, counts

    def save(self, path: Path, metadata: Mapping[str, str]) -> None:
        """Write the model file (safetensors) with the thresholds and the given metadata."""
        tensors = {}
        for layer in self.layers:
            tensors[f"{layer.name}.weight"] = layer.weights.contiguous()
            tensors[f"{layer.name}.bias"] = layer.bias
            tensors[f"{layer.name}.requantise"] = torch.tensor([layer.multiplier, layer.shift])
            tensors[f"{layer.name}.threshold"] = torch.tensor([layer.threshold])
        partial = path.with_suffix(".partial")
        # One entry, because safetensors writes several in an order that changes from run to run.
        save_file(tensors, partial, {_MADE: json.dumps(dict(metadata), sort_keys=True)})
        partial.replace(path)


def _join(parts: list[Counts]) -> Counts:
    return Counts(
        *(
            torch.cat([getattr(part, kind) for part in parts])
            for kind in Counts.__dataclass_fields__
        )
    )


def model_path(name: str, training: str, seed: int) -> Path:
    """Path of a committed model, golden/models/<network>-<training>-<seed>.safetensors."""
    return MODELS / f"{name}-{training}-{seed}.safetensors"


def load(name: str, training: str = "soft", seed: int = 0, path: Path | None = None) -> Network:
    """Read and check a model.

    Raises:
        ModelError: for an unknown network or training, a missing file, or a tensor with a wrong
            name, shape, dtype or range.
    """
    for value, valid in ((name, NETWORKS), (training, TRAININGS.get(name, ()))):
        if value not in valid:
            raise ModelError(f"'{value}' is not one of: {', '.join(valid)}")
    path = path or model_path(name, training, seed)
    remedy = f"make it with: {_command(name, training)} --training {training} --seed {seed}"
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 not a dict
            metadata = json.loads((file.metadata() or {}).get(_MADE, "{}"))
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise ModelError(f"{path}: {error}; {remedy}") from error
    try:
        layers = _layers(_expected(name, tensors, metadata), tensors)
    except ModelError as error:
        raise ModelError(f"{path}: {error}; {remedy}") from error
    return Network(name, layers, metadata)


def _command(name: str, training: str) -> str:
    """What makes a model file, without training and seed."""
    if training in LEVEL_TRAININGS.get(name, ()):
        return f"python -m golden.train_pot --network {name}"
    return "python -m " + ("golden.train_vgg" if name in VGGS else f"golden.train --network {name}")


def _expected(
    name: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> tuple[Description, ...]:
    """Layers that a model file of this network must hold; VGG-16 in the width of its tensors."""
    # Only the shapes matter: without numbers, and without touching the random generator.
    with torch.device("meta"):
        if name in LENETS:
            return describe(lenet5(name.removeprefix("lenet5-")))
        first = tensors.get("conv1_1.weight")
        if first is None or first.dim() == 0:
            raise ModelError("tensor conv1_1.weight is missing")
        width = len(first) / VGG16_BLOCKS[0][0]
        if metadata.get("width", f"{width:g}") != f"{width:g}":
            raise ModelError(
                f"width {metadata['width']} stated, {width:g} by tensor conv1_1.weight"
            )
        return describe(vgg16(width))


def _layers(descriptions: tuple[Description, ...], tensors: dict[str, Tensor]) -> tuple[Layer, ...]:
    unchecked = dict(tensors)
    layers = []
    for description in descriptions:
        name, shape = description.name, description.shape
        weights = _take(unchecked, f"{name}.weight", torch.int8, shape, (-127, 127))
        bias = _take(unchecked, f"{name}.bias", torch.int32, shape[:1])
        scale = _take(unchecked, f"{name}.requantise", torch.int64, (2,))
        threshold = _take(unchecked, f"{name}.threshold", torch.int64, (1,), (0, 15))
        _in_range(f"{name}.requantise", scale[0], arithmetic.MULTIPLIER_RANGE)
        _in_range(f"{name}.requantise", scale[1], arithmetic.SHIFT_RANGE)
        layers.append(
            Layer(description, weights, bias, int(scale[0]), int(scale[1]), int(threshold))
        )
    if unchecked:
        raise ModelError(f"unexpected tensor {next(iter(unchecked))}")
    return tuple(layers)


def _take(
    tensors: dict[str, Tensor],
    name: str,
    dtype: torch.dtype,
    shape: tuple[int, ...],
    limits: tuple[int, int] | None = None,
) -> Tensor:
    """Remove a tensor from the dictionary after checking it."""
    if name not in tensors:
        raise ModelError(f"tensor {name} is missing")
    tensor = tensors.pop(name)
    if (tensor.dtype, tuple(tensor.shape)) != (dtype, tuple(shape)):
        raise ModelError(
            f"tensor {name}: expected {dtype} {list(shape)}, "
            f"found {tensor.dtype} {list(tensor.shape)}"
        )
    if limits:
        _in_range(name, tensor, limits)
    return tensor


def _in_range(name: str, values: Tensor, limits: tuple[int, int]) -> None:
    found = (int(values.min()), int(values.max()))
    if found[0] < limits[0] or found[1] > limits[1]:
        raise ModelError(
            f"tensor {name}: expected values in {limits[0]}..{limits[1]}, "
            f"found {found[0]}..{found[1]}"
        )
