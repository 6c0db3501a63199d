# SPDX-License-Identifier: Apache-2.0
"""Configurations of sparse_stream: what each layer's hardware is built for, as JSON.

    configuration = read(Path("golden/configurations/lenet5-relu-sparse.json"))
    configuration.layers[1].multipliers, configuration.multipliers

Every layer is a convolution; a fully connected layer is one whose kernel covers its map. A feature
map is stored row by row, pixel by pixel, channel by channel. The order of the stored ("physical")
channels may be a permutation of the network's; the hardware does not know it.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden.sparse_stream_rules import POOLS, ConfigurationError, check_layer, check_pair

__all__ = [
    "CONFIGURATIONS",
    "POOLS",
    "Configuration",
    "ConfigurationError",
    "LayerConfiguration",
    "from_json",
    "read",
    "to_json",
]

CONFIGURATIONS = Path(__file__).resolve().parent / "configurations"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class LayerConfiguration:
    """One layer: its shape, its requantisation, and the hardware it gets.

    height, width, channels: of the input map. pool: None, "max" or "average", 2x2 with stride 2.
    logits: the outputs are raw int32 sums. multiplier, shift: of golden.arithmetic.requantise.
    streams, lanes, pixels: a vector of one stream holds `lanes` channels of each of `pixels`
    adjacent pixels. slots: activations picked from a vector per cycle. columns: filters that are
    multiplied at a time. queue: entries per stream. banks: windows that may be accumulated at a
    time. fifo: beats in front of the layer. order: physical channel j of the input is channel
    order[j] of the network.
    """

    name: str
    height: int
    width: int
    channels: int
    filters: int
    kernel: int
    stride: int
    padding: int
    pool: str | None
    logits: bool
    multiplier: int
    shift: int
    streams: int
    lanes: int
    pixels: int
    slots: int
    columns: int
    queue: int
    banks: int
    fifo: int
    order: tuple[int, ...]

    @property
    def multipliers(self) -> int:
        """Multipliers of the layer."""
        return self.streams * self.slots * self.columns

    @property
    def groups(self) -> int:
        """Cycles for which the multipliers hold an activation: filters by columns."""
        return self.filters // self.columns

    @property
    def stream_channels(self) -> int:
        """Channels of one stream."""
        return self.channels // self.streams

    @property
    def rows(self) -> int:
        """Weight rows of one stream: taps by channels; each has `groups` words."""
        return self.kernel * self.kernel * self.stream_channels

    @property
    def beat(self) -> int:
        """Values of one input beat."""
        return self.pixels * self.streams * self.lanes

    @property
    def sums_shape(self) -> tuple[int, int]:
        """Rows and columns of the map of sums, before the pool."""
        height = (self.height + 2 * self.padding - self.kernel) // self.stride + 1
        width = (self.width + 2 * self.padding - self.kernel) // self.stride + 1
        return height, width

    @property
    def output_shape(self) -> tuple[int, int]:
        """Rows and columns of the output map."""
        height, width = self.sums_shape
        return (height // 2, width // 2) if self.pool else (height, width)

    def check(self) -> None:
        """Raise ConfigurationError if the layer cannot be built."""
        check_layer(self)


@dataclass(frozen=True)
class Configuration:
    """A network in hardware: all layers, chained. dense: zeros are multiplied like all values.

    network, training, seed: the model whose weights it holds.
    """

    name: str
    network: str
    training: str
    seed: int
    dense: bool
    layers: tuple[LayerConfiguration, ...]

    @property
    def multipliers(self) -> int:
        """Multipliers of all layers."""
        return sum(layer.multipliers for layer in self.layers)

    def filter_order(self, index: int) -> tuple[int, ...]:
        """Network filter of each physical filter of a layer: the channel order of the next."""
        if index + 1 < len(self.layers):
            return self.layers[index + 1].order
        return tuple(range(self.layers[index].filters))

    def output_values(self, index: int) -> int:
        """Values of a layer's output beat: the next layer's input beat; of the last layer one."""
        return self.layers[index + 1].beat if index + 1 < len(self.layers) else 1

    def check(self) -> None:
        """Raise ConfigurationError if a layer cannot be built or two do not fit each other."""
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"name '{self.name}' cannot be a folder's; use letters, digits, '-', '_' and '.'"
            )
        if not self.layers:
            raise ConfigurationError(f"{self.name} has no layers; give at least one")
        for layer in self.layers:
            layer.check()
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise ConfigurationError(f"layer {name}: there are two of that name; rename one")
        for one, two in zip(self.layers, self.layers[1:], strict=False):
            check_pair(one, two)
        if not self.layers[-1].logits:
            raise ConfigurationError(
                f"layer {names[-1]}: logits is false in the last layer; set it to true"
            )


def read(path: Path) -> Configuration:
    """Read and check a configuration.

    Raises:
        ConfigurationError: if the file cannot be read, is not JSON, has unknown or missing entries,
            or describes what cannot be built.
    """
    try:
        return from_json(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}; give a configuration file") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def from_json(text: str) -> Configuration:
    """Parse and check a configuration; raises ConfigurationError."""
    try:
        values = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConfigurationError(f"not JSON: {error}; write it anew") from error
    entries = _entries(values, Configuration, "the configuration")
    for key, kind in (("name", str), ("network", str), ("training", str), ("seed", int),
                      ("dense", bool), ("layers", list)):  # fmt: skip
        if type(entries[key]) is not kind:
            raise ConfigurationError(f"{key} is {entries[key]!r}; use a {_KINDS[kind]}")
    layers = []
    for number, layer in enumerate(entries.pop("layers")):
        fields = _entries(layer, LayerConfiguration, f"layer {number}")
        if not isinstance(fields["order"], list):
            raise ConfigurationError(f"layer {fields['name']}: order is not a list; use a list")
        layers.append(LayerConfiguration(**{**fields, "order": tuple(fields["order"])}))
    configuration = Configuration(**entries, layers=tuple(layers))
    configuration.check()
    return configuration


_KINDS = {str: "text", int: "whole number", bool: "true or false", list: "list"}


def _entries(values: Any, kind: type, place: str) -> dict[str, Any]:
    """The entries of a JSON object, which must be exactly the fields of `kind`."""
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"{place} is not an object; use {{...}}")
    names = [field.name for field in dataclasses.fields(kind)]
    place = f"layer {values['name']}" if place.startswith("layer") and "name" in values else place
    for name in names:
        if name not in values:
            raise ConfigurationError(f"{place}: '{name}' is missing; add it")
    for name in values:
        if name not in names:
            raise ConfigurationError(
                f"{place}: '{name}' is unknown; remove it or use one of: {', '.join(names)}"
            )
    return dict(values)


def to_json(configuration: Configuration) -> str:
    """The text of a configuration's file: one line per layer."""
    entries = dataclasses.asdict(configuration)
    layers = entries.pop("layers")
    head = json.dumps(entries, indent=1)[:-2]
    lines = ",\n".join("  " + json.dumps(layer) for layer in layers)
    return f'{head},\n "layers": [\n{lines}\n ]\n}}\n'
