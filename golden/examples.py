# SPDX-License-Identifier: Apache-2.0
"""The data set that a network is for."""

from __future__ import annotations

from golden.cifar import cifar10
from golden.datasets import Labelled, mnist
from golden.network import VGGS


def examples(network: str, split: str) -> Labelled:
    """Load the "train" or "test" images of a network: CIFAR-10 for a VGG, else MNIST.

    Raises what golden.datasets.mnist and golden.cifar.cifar10 raise.
    """
    return (cifar10 if network in VGGS else mnist)(split)
