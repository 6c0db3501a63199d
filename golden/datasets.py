# SPDX-License-Identifier: Apache-2.0
"""Handwritten digits: MNIST where it can be had, otherwise scikit-learn's bundled digits.

    python -m golden.datasets        # fetch what is missing and say which data is used

MNIST is looked for in $LACUNA_DATA/mnist, in ../shared/data/mnist beside the project, and in the
download cache build/data/mnist, which is filled from the public mirrors (or from $LACUNA_MIRROR, a
base address). Every file is checked against its SHA-256: an altered file is an error, never a
reason to fall back silently.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from golden import downloads
from golden.downloads import DataError

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "data" / "mnist"
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
)

# In the format of sha256sum.
_SUMS = """\
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609  train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c  train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6  t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6  t10k-labels-idx1-ubyte.gz
"""
CHECKSUMS = {name: digest for digest, name in (line.split() for line in _SUMS.splitlines())}
_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}


@dataclass(frozen=True)
class Labelled:
    """Labelled images of ten classes.

    images: uint8, digits [N, 28, 28], 0 = background, or colour images [N, 3, 32, 32].
    labels: int64 [N], 0..9. source: where they come from, for reports.
    full: True only for a complete split of MNIST or CIFAR-10; accuracy may be claimed only then.
    """

    images: Tensor
    labels: Tensor
    source: str
    full: bool


def mnist(split: str) -> Labelled:
    """Load the "train" (60,000) or "test" (10,000) digits, or a stand-in with full=False.

    Raises:
        ValueError: if split is neither.
        DataError: if a file is missing from $LACUNA_DATA or a file found anywhere is altered.
    """
    if split not in _FILES:
        raise ValueError(f"split '{split}' is not one of: {', '.join(_FILES)}")
    folder, source = _locate(os.environ.get("LACUNA_DATA"), os.environ.get("LACUNA_MIRROR"))
    if folder is None:
        return _bundled(split)
    images, labels = (_read(folder / name) for name in _FILES[split])
    return Labelled(images, labels.long(), source, full=True)


@functools.cache
def _locate(data: str | None, mirror: str | None) -> tuple[Path | None, str]:
    """Folder that holds the four files and its description; None if MNIST cannot be had."""
    if data is not None:
        return Path(data) / "mnist", "MNIST ($LACUNA_DATA)"
    shared = ROOT.parent / "shared" / "data" / "mnist"
    if shared.is_dir():
        return shared, "MNIST (../shared/data)"
    if all((CACHE / name).exists() for name in CHECKSUMS) or download(CACHE, mirror):
        return CACHE, "MNIST (downloaded)"
    return None, ""


def download(folder: Path, mirror: str | None = None) -> bool:
    """Fetch the missing files into folder; False, with a message on stderr, if no mirror answers.

    Raises:
        DataError: if a mirror delivers a file with a wrong checksum.
    """

    def fetch_from(base: str) -> None:
        for name in CHECKSUMS:
            _fetch(f"{base}/{name}", folder / name)

    bases = MIRRORS if mirror is None else (mirror,)
    return downloads.from_first("MNIST", folder, bases, fetch_from, again=mirror is not None)


def _fetch(address: str, path: Path) -> None:
    def check(content: bytes) -> None:
        _verify(content, path.name, address, "use another LACUNA_MIRROR")

    downloads.fetch(address, path, check)


def _verify(content: bytes, name: str, place: str, remedy: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != CHECKSUMS[name]:
        raise DataError(
            f"{place} is truncated or altered: expected SHA-256 {CHECKSUMS[name]}, "
            f"found {found}; {remedy}"
        )


def _read(path: Path) -> Tensor:
    """Read a checked IDX file of unsigned bytes; uint8 tensor of the shape in its header."""
    if not path.is_file():
        raise DataError(
            f"{path} is missing (expected SHA-256 {CHECKSUMS[path.name]}); "
            "put it there or unset LACUNA_DATA to download it"
        )
    content = path.read_bytes()
    _verify(content, path.name, str(path), "replace it or delete it to download it again")
    raw = gzip.decompress(content)
    dimensions = raw[3]
    shape = np.frombuffer(raw, dtype=">u4", count=dimensions, offset=4).astype(int)
    pixels = np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * dimensions)
    return torch.from_numpy(pixels.reshape(shape).copy())


def _bundled(split: str) -> Labelled:
    """scikit-learn's 1,797 digits, 8x8 scaled to 20x20 in a 28x28 frame; the last 500: test."""
    from sklearn.datasets import load_digits  # slow to import, needed only without MNIST

    digits = load_digits()
    small = torch.from_numpy(digits.images).float()[:, None] * (255 / 16)
    scaled = torch.nn.functional.interpolate(small, size=(20, 20), mode="bilinear")
    images = torch.nn.functional.pad(scaled, (4, 4, 4, 4))[:, 0].round().to(torch.uint8)
    part = slice(None, -500) if split == "train" else slice(-500, None)
    labels = torch.from_numpy(digits.target).long()
    return Labelled(images[part], labels[part], "scikit-learn digits, scaled up", full=False)


if __name__ == "__main__":
    try:
        found = mnist("test")
    except DataError as error:
        sys.exit(f"error: {error}")
    print(f"{len(found.labels)} test images from {found.source}")
