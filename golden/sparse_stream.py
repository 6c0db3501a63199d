# SPDX-License-Identifier: Apache-2.0
"""sparse_stream, bit exact: what every layer's stream carries, and the products that are made.

    program = bind(configuration, load("lenet5-relu", "plain"))
    run = program.run(images)
    run.outputs[1].flatten(1)            # [N, values]: what layer 1 sends, in stream order
    run.counts[1].made.sum(), run.density

Maps are [N, height, width, channel] with the channels in their physical order, so that a flattened
map is a stream. Written from the contract of the block (docs/sparse_stream.md), not from its RTL.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from golden import arithmetic
from golden.architecture import ModelError
from golden.network import Layer, Network, load
from golden.sparse_stream_config import Configuration, ConfigurationError, LayerConfiguration

DEFAULT_QUEUE, DEFAULT_BANKS, DEFAULT_FIFO = 8, 2, 2
# float32 adds integers exactly while every partial sum is below 2^24; float64 below 2^53.
_FLOAT32_TERMS = (1 << 24) // (128 * 128)


@dataclass(frozen=True)
class LayerProgram:
    """A layer's hardware and the numbers in its memories.

    weights: int8 [F, K, K, C], physical filters and channels. bias: int32 [F], physical filters.
    """

    shape: LayerConfiguration
    weights: Tensor
    bias: Tensor

    def outputs(self, maps: Tensor) -> Tensor:
        """int8 [N, H, W, C] -> int8 [N, H', W', F]; int32 if the layer makes logits."""
        sums = _convolve(maps, self.weights, self.shape) + self.bias
        if self.shape.logits:
            return sums
        scaled = arithmetic.requantise(sums, self.shape.multiplier, self.shape.shift)
        outputs = arithmetic.relu(scaled)
        if self.shape.pool is None:
            return outputs
        pool = arithmetic.max_pool if self.shape.pool == "max" else arithmetic.average_pool
        return pool(outputs.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).contiguous()

    def counts(self, maps: Tensor) -> Counts:
        """Count the products that these input maps [N, H, W, C] cause."""
        live = window_values(maps, self.shape, dense=False)
        inside = window_values(maps[:1], self.shape, dense=True)
        filters = self.shape.filters
        return Counts(
            made=live.sum(dim=(1, 2)) * filters,
            dense=(inside.sum() * filters).expand(len(maps)),
            windows=live.shape[1] * live.shape[2],
            empty_windows=(live == 0).sum(dim=(1, 2)),
        )


@dataclass(frozen=True)
class Counts:
    """Products and windows of one layer; tensors are int64 [N], one number per image.

    made: products of activations that are not zero. dense: of all activations. Products on the
    padding are in neither. windows: per image. empty_windows: those without a product.
    """

    made: Tensor
    dense: Tensor
    windows: int
    empty_windows: Tensor

    @property
    def density(self) -> float:
        """Share of the dense products that is made, over all images."""
        return int(self.made.sum()) / int(self.dense.sum())


@dataclass(frozen=True)
class Run:
    """What images cause, layer by layer.

    inputs: int8 [N, H, W, C] of each layer. outputs: int8 [N, H', W', F] of each layer, the last
    layer's int32. counts: of each layer.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    counts: tuple[Counts, ...]

    @property
    def made(self) -> int:
        """Products made in all layers for all images."""
        return sum(int(counts.made.sum()) for counts in self.counts)

    @property
    def dense(self) -> int:
        """Products that a dense machine makes for the same images."""
        return sum(int(counts.dense.sum()) for counts in self.counts)

    @property
    def density(self) -> float:
        """Share of the network's products that is made; layers count by their products."""
        return self.made / self.dense


@dataclass(frozen=True)
class Program:
    """A configuration with the numbers in its memories."""

    configuration: Configuration
    layers: tuple[LayerProgram, ...]

    def inputs(self, images: Tensor) -> Tensor:
        """What enters the first layer.

        Args:
            images: uint8 [N, H, W] or [N, C, H, W]; the hardware sees pixel >> 1, 0..127.

        Returns:
            int8 [N, H, W, C], physical channel order; flattened, the input stream.

        Raises:
            ConfigurationError: if the images are not what the first layer takes.
        """
        shape = self.configuration.layers[0]
        maps = images[:, None] if images.dim() == 3 else images
        wanted = [shape.channels, shape.height, shape.width]
        if list(maps.shape[1:]) != wanted:
            raise ConfigurationError(
                f"layer {shape.name}: takes images {wanted}, found {list(maps.shape[1:])}; "
                "give images of the network's data set"
            )
        return (maps[:, list(shape.order)] >> 1).to(torch.int8).permute(0, 2, 3, 1).contiguous()

    def run(self, images: Tensor) -> Run:
        """Run uint8 images (see `inputs`) through all layers."""
        maps = self.inputs(images)
        inputs, outputs, counts = [], [], []
        for layer in self.layers:
            inputs.append(maps)
            counts.append(layer.counts(maps))
            maps = layer.outputs(maps)
            outputs.append(maps)
        return Run(tuple(inputs), tuple(outputs), tuple(counts))


def window_values(maps: Tensor, shape: LayerConfiguration, *, dense: bool) -> Tensor:
    """Activations of each window that are not zero (`dense`: all of them), the padding left out.

    int8 [N, H, W, C] -> int64 [N, rows, columns] over the map of sums.
    """
    live = torch.full_like(maps, 1) if dense else maps != 0
    pixels = live.sum(dim=3, dtype=torch.float64)[:, None]
    ones = torch.ones(1, 1, shape.kernel, shape.kernel, dtype=torch.float64)
    counted = nn.functional.conv2d(pixels, ones, stride=shape.stride, padding=shape.padding)
    return counted[:, 0].round().to(torch.int64)


def _convolve(maps: Tensor, weights: Tensor, shape: LayerConfiguration) -> Tensor:
    """Exact integer sums in floating point: int8 [N, H, W, C] -> int32 [N, H', W', F]."""
    exact = torch.float32 if weights[0].numel() < _FLOAT32_TERMS else torch.float64
    sums = nn.functional.conv2d(
        maps.permute(0, 3, 1, 2).to(exact),
        weights.permute(0, 3, 1, 2).to(exact),
        stride=shape.stride,
        padding=shape.padding,
    )
    return sums.permute(0, 2, 3, 1).to(torch.int32).contiguous()


def describe(
    network: Network,
    side: int,
    name: str,
    *,
    dense: bool = False,
    training: str = "",
    seed: int = 0,
) -> Configuration:
    """The smallest configuration of a network: one multiplier and one lane per layer.

    A fully connected layer becomes a convolution whose kernel covers its input map.

    Args:
        network: ReLU layers of golden.network; the last one makes the logits.
        side: height and width of the images.
        name: of the configuration.
        dense: whether zeros are multiplied.
        training, seed: under which golden.network.load finds the network.

    Raises:
        ConfigurationError: naming the first layer that the hardware does not cover.
    """
    layers = []
    for place, layer in enumerate(network.layers):
        shape = _layer(layer, side, last=place + 1 == len(network.layers))
        shape.check()
        layers.append(shape)
        side = shape.output_shape[0]
    found = Configuration(name, network.name, training, seed, dense, tuple(layers))
    found.check()
    return found


def _layer(layer: Layer, side: int, *, last: bool) -> LayerConfiguration:
    filters, inputs = layer.weights.shape[:2]
    if layer.activation not in ("relu", None):
        raise ConfigurationError(
            f"layer {layer.name}: activation {layer.activation} makes negative values, which the "
            "hardware has not; use a network with ReLU"
        )
    if last and layer.activation is not None:
        raise ConfigurationError(
            f"layer {layer.name}: the hardware's last layer has no activation; leave it out"
        )
    linear = layer.kind == "linear"
    kernel = layer.weights.shape[2:]
    if not linear and kernel[0] != kernel[1]:
        raise ConfigurationError(
            f"layer {layer.name}: a kernel of {kernel[0]} x {kernel[1]}; the hardware takes square "
            "ones"
        )
    channels = inputs // (side * side) if linear else inputs
    return LayerConfiguration(
        name=layer.name, height=side, width=side, channels=channels, filters=filters,
        kernel=side if linear else kernel[0], stride=1, padding=layer.padding,
        pool=layer.pool, logits=last, multiplier=layer.multiplier, shift=layer.shift,
        streams=1, lanes=1, pixels=1, slots=1, columns=1,
        queue=DEFAULT_QUEUE, banks=DEFAULT_BANKS, fifo=DEFAULT_FIFO, order=tuple(range(channels)),
    )  # fmt: skip


def with_hardware(
    configuration: Configuration, choices: Mapping[str, Mapping[str, object]]
) -> Configuration:
    """Replace entries of layers, by the layers' names: {"c1": {"columns": 6}}.

    Raises:
        ConfigurationError: for an unknown layer or entry, or a result that cannot be built.
    """
    names = [layer.name for layer in configuration.layers]
    for name in choices:
        if name not in names:
            raise ConfigurationError(f"layer {name}: unknown; use one of: {', '.join(names)}")
    try:
        layers = tuple(
            dataclasses.replace(layer, **choices.get(layer.name, {}))  # type: ignore[arg-type]
            for layer in configuration.layers
        )
    except TypeError as error:
        raise ConfigurationError(f"{error}; use the entries of a layer") from error
    changed = dataclasses.replace(configuration, layers=layers)
    changed.check()
    return changed


def bind(configuration: Configuration, network: Network) -> Program:
    """Put a network's numbers into a configuration's memories.

    Raises:
        ConfigurationError: if the network's layers are not those of the configuration.
    """
    configuration.check()
    names = [layer.name for layer in network.layers]
    wanted = [layer.name for layer in configuration.layers]
    if names != wanted:
        raise ConfigurationError(
            f"{configuration.name} has the layers {', '.join(wanted)}, "
            f"{network.name} has {', '.join(names)}; use the network it was made for"
        )
    return Program(
        configuration,
        tuple(
            _bind_layer(shape, layer, configuration.filter_order(place))
            for place, (shape, layer) in enumerate(
                zip(configuration.layers, network.layers, strict=True)
            )
        ),
    )


def _bind_layer(shape: LayerConfiguration, layer: Layer, filters: Sequence[int]) -> LayerProgram:
    found = (layer.multiplier, layer.shift)
    if layer.activation is not None and found != (shape.multiplier, shape.shift):
        raise ConfigurationError(
            f"layer {shape.name}: multiplier {shape.multiplier} and shift {shape.shift} are not "
            f"the network's {found[0]} and {found[1]}; use the network's"
        )
    size = (shape.filters, shape.channels, shape.kernel, shape.kernel)
    if layer.weights.numel() != torch.Size(size).numel() or layer.pool != shape.pool:
        raise ConfigurationError(
            f"layer {shape.name}: the network's weights {list(layer.weights.shape)} or its pool "
            f"do not fit weights {list(size)}, pool {shape.pool}; use the network's"
        )
    weights = layer.weights.reshape(size)[list(filters)][:, list(shape.order)]
    return LayerProgram(shape, weights.permute(0, 2, 3, 1).contiguous(), layer.bias[list(filters)])


def program(configuration: Configuration) -> Program:
    """Bind a configuration to the committed model that it names; raises ConfigurationError."""
    try:
        network = load(configuration.network, configuration.training, configuration.seed)
    except ModelError as error:
        raise ConfigurationError(f"{configuration.name}: network {error}") from error
    return bind(configuration, network)
