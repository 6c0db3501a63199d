# SPDX-License-Identifier: Apache-2.0
"""Density: the share of a network's products whose activation is not zero, layer by layer.

It bounds what leaving out zeros can gain: 1 / density. Products on the padding are not counted.
"""

from __future__ import annotations

from collections.abc import Callable

from golden.downloads import DataError
from golden.examples import examples
from golden.inference import Density, densities
from golden.network import load
from scripts.figure import Figure

# Those that sparse_stream has pipelines for.
NETWORKS = (("lenet5-relu", "plain"), ("vgg16-cifar10", "plain"), ("vgg16-cifar10", "sparse"))

Progress = Callable[[str], None]


def density_figures(progress: Progress) -> list[Figure]:
    """Run all test images of each network in the integer model; none where they cannot be had."""
    figures = []
    for network, training in NETWORKS:
        try:
            test = examples(network, "test")
        except DataError as error:
            progress(f"density of {network}: not measured ({error})")
            continue
        if not test.full:
            progress(f"density of {network}: not measured ({test.source})")
            continue
        progress(f"density: {network} {training}")
        found = densities(load(network, training), test.images)
        figures.append(_figure(network, training, found, test.source))
    return figures


def _figure(network: str, training: str, found: dict[str, Density], source: str) -> Figure:
    images = len(next(iter(found.values())).active)
    active = {name: int(density.active.sum()) / images for name, density in found.items()}
    total = sum(density.total for density in found.values())
    return Figure(
        name="density",
        network=network,
        value=round(sum(active.values()) / total, 4),
        unit="ratio",
        conditions={
            "training": training,
            "images": images,
            "data": source,
            "products": total,
            "kept_by_layer": {name: round(value, 1) for name, value in active.items()},
            "zero_skipped_by_layer": {
                name: round(density.total - active[name], 1) for name, density in found.items()
            },
        },
    )
