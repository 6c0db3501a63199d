# SPDX-License-Identifier: Apache-2.0
"""What a study finds out: costs of a layer, and of a network on one form of a block."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class LayerCost:
    """One layer, per image. products: of the network; made: those that are multiplied.

    cycles, energy_nj: modelled; None where there is no model. notes: more, by its name.
    """

    layer: str
    products: int
    made: float
    cycles: float | None = None
    energy_nj: float | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """A network on one form of a block, per image; or the reason why it cannot be there.

    variant: form of the block. multipliers: in all. correct: test images that it classifies well.
    cycles: of the whole network, where it is not the sum over the layers. energy_error_percent: how
    far off the prices have been; None where nobody knows. how: in words, where the numbers come
    from. refused: why the block does not take the network.
    """

    block: str
    variant: str
    multipliers: int | None = None
    correct: int | None = None
    layers: tuple[LayerCost, ...] = ()
    cycles: float | None = None
    energy_error_percent: int | None = None
    how: str = ""
    refused: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def products(self) -> int:
        """Products of the network."""
        return sum(layer.products for layer in self.layers)

    @property
    def made(self) -> float:
        """Products that are multiplied."""
        return sum(layer.made for layer in self.layers)

    @property
    def skipped_percent(self) -> float | None:
        """Share of the products that is left out."""
        return 100 * (1 - self.made / self.products) if self.products else None

    @property
    def energy_nj(self) -> float | None:
        """Of all layers; None if one of them has no model."""
        energies = [layer.energy_nj for layer in self.layers]
        known = [energy for energy in energies if energy is not None]
        return sum(known) if known and len(known) == len(energies) else None

    def record(self) -> dict[str, Any]:
        """As JSON has it: means with a decimal, modelled energies with two digits."""
        table = asdict(self)
        for layer in table["layers"]:
            layer["made"] = round(layer["made"], 1)
            layer["cycles"] = tenths(layer["cycles"])
            layer["energy_nj"] = two_digits(layer["energy_nj"])
        table["layers"] = list(table["layers"])
        table["cycles"] = tenths(self.cycles)
        table["energy_nj"] = two_digits(self.energy_nj)
        percent = self.skipped_percent
        table["products_skipped_percent"] = None if percent is None else round(percent, 2)
        return table


def tenths(value: float | None) -> float | None:
    """Round to one decimal."""
    return None if value is None else round(value, 1)


def two_digits(value: float | None) -> float | None:
    """Round to two significant digits, which is all that a modelled energy has.

    >>> two_digits(1234.5), two_digits(0.0678), two_digits(0)
    (1200.0, 0.068, 0.0)
    """
    if value is None or value == 0:
        return value if value is None else 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))
