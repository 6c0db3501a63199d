# SPDX-License-Identifier: Apache-2.0
"""What sparse_stream's hardware can be built for; each problem in one line, with the remedy.

The same limits are checked when the RTL is elaborated, which is later and says less.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from golden.arithmetic import MULTIPLIER_RANGE, SHIFT_RANGE

if TYPE_CHECKING:
    from golden.sparse_stream_config import LayerConfiguration

POOLS = (None, "max", "average")
LARGEST_KERNEL = 7
STRIDES = (1, 2)
FEWEST_BANKS = 2
MOST_MULTIPLIERS = 65_535
_LAYER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # part of identifiers in the generated top


class ConfigurationError(Exception):
    """A configuration that cannot be built; one line that names layer, value and remedy."""


def check_layer(layer: LayerConfiguration) -> None:
    """Raise ConfigurationError if the layer cannot be built."""
    _check_types(layer)
    for ok, problem in (*_shape_rules(layer), *_hardware_rules(layer)):
        if not ok:
            raise ConfigurationError(f"layer {layer.name}: {problem}")


def check_pair(one: LayerConfiguration, two: LayerConfiguration) -> None:
    """Raise ConfigurationError if the second layer cannot follow the first."""
    if one.logits:
        raise ConfigurationError(
            f"layer {one.name}: logits is true before the last layer; set it to false"
        )
    made, taken = (*one.output_shape, one.filters), (two.height, two.width, two.channels)
    if made != taken:
        raise ConfigurationError(
            f"layer {two.name}: takes a map of {_size(taken)}, "
            f"but {one.name} makes {_size(made)}; make them equal"
        )


Rule = tuple[bool, str]


def _shape_rules(layer: LayerConfiguration) -> tuple[Rule, ...]:
    kernel, padding, pool = layer.kernel, layer.padding, layer.pool
    sides = (layer.height + 2 * padding, layer.width + 2 * padding)
    sums = layer.sums_shape if layer.stride in STRIDES else (0, 0)
    return (
        (
            kernel <= LARGEST_KERNEL or (kernel == layer.height == layer.width and not padding),
            f"kernel {kernel}; use 1..{LARGEST_KERNEL}, or a square map's side without padding",
        ),
        (layer.stride in STRIDES, f"stride {layer.stride}; use 1 or 2"),
        (
            0 <= padding <= kernel // 2,
            f"padding {padding} with kernel {kernel}; use 0..{kernel // 2}",
        ),
        (
            kernel <= min(sides),
            f"kernel {kernel} does not fit the padded map of {sides[0]} x {sides[1]}; "
            "lower it or raise padding",
        ),
        (pool in POOLS, f"pool {pool!r}; use null, 'max' or 'average'"),
        (
            pool is None or not (sums[0] % 2 or sums[1] % 2),
            f"pool of a map of {sums[0]} x {sums[1]}, which must be even; use null",
        ),
        (not (layer.logits and pool), f"pool '{pool}' with logits; use null"),
        (
            MULTIPLIER_RANGE[0] <= layer.multiplier <= MULTIPLIER_RANGE[1],
            f"multiplier {layer.multiplier}; use {MULTIPLIER_RANGE[0]}..{MULTIPLIER_RANGE[1]}",
        ),
        (
            SHIFT_RANGE[0] <= layer.shift <= SHIFT_RANGE[1],
            f"shift {layer.shift}; use {SHIFT_RANGE[0]}..{SHIFT_RANGE[1]}",
        ),
        (
            sorted(layer.order) == list(range(layer.channels)),
            f"order is not a permutation of the {layer.channels} channels; "
            f"give 0..{layer.channels - 1}, each once",
        ),
    )


def _hardware_rules(layer: LayerConfiguration) -> tuple[Rule, ...]:
    streams, lanes, pixels, channels = layer.streams, layer.lanes, layer.pixels, layer.channels
    vector, together = lanes * pixels, streams * lanes
    return (
        (
            channels % together == 0,
            f"streams {streams} x lanes {lanes} = {together} does not divide the "
            f"{channels} channels; use factors of {channels}",
        ),
        (
            pixels == 1 or together == channels,
            f"pixels {pixels} needs streams x lanes = {channels} channels, found {together}; "
            "set pixels to 1 or raise lanes",
        ),
        (
            layer.width % pixels == 0,
            f"pixels {pixels} does not divide the width {layer.width}; use a factor of it",
        ),
        (
            layer.slots <= vector,
            f"slots {layer.slots} is more than the {vector} lanes of a vector; "
            f"use 1..{vector} or raise lanes",
        ),
        (
            layer.filters % layer.columns == 0,
            f"columns {layer.columns} does not divide the {layer.filters} filters; "
            f"use a factor of {layer.filters}",
        ),
        (
            layer.banks >= FEWEST_BANKS,
            f"banks {layer.banks} would stop the multipliers during every drain; "
            f"use {FEWEST_BANKS} or more",
        ),
        (
            layer.multipliers <= MOST_MULTIPLIERS,
            f"{layer.multipliers} multipliers cannot be counted; use {MOST_MULTIPLIERS} at most",
        ),
    )


_LEAST = {"padding": 0, "multiplier": 0, "shift": 0}  # of integer fields; all others: 1
_DEADLOCK = ("queue", "fifo")


def _check_types(layer: LayerConfiguration) -> None:
    """Types and signs, before anything divides by them."""
    if not isinstance(layer.name, str) or not _LAYER_NAME.fullmatch(layer.name):
        raise ConfigurationError(f"layer {layer.name!r}: not a name; use letters, digits and '_'")
    place = f"layer {layer.name}: "
    for field in dataclasses.fields(layer):
        value = getattr(layer, field.name)
        if field.type == "int":
            if type(value) is not int:
                raise ConfigurationError(f"{place}{field.name} is {value!r}; use a whole number")
            least = _LEAST.get(field.name, 1)
            if value < least:
                reason = ": nothing could ever pass" if field.name in _DEADLOCK else ""
                raise ConfigurationError(
                    f"{place}{field.name} {value}{reason}; use {least} or more"
                )
    if type(layer.logits) is not bool:
        raise ConfigurationError(f"{place}logits is {layer.logits!r}; use true or false")
    if any(type(channel) is not int for channel in layer.order):
        raise ConfigurationError(f"{place}order holds something else; use whole numbers")


def _size(shape: tuple[int, int, int]) -> str:
    return f"{shape[0]} x {shape[1]} x {shape[2]}"
