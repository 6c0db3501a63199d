# SPDX-License-Identifier: Apache-2.0
"""CIFAR-10 where it can be had, otherwise tiles of scikit-learn's two bundled photographs.

    python -m golden.cifar           # fetch what is missing and say which data is used

It is looked for in $LACUNA_DATA/cifar10, in ../shared/data/cifar10 beside the project, and in the
download cache build/data/cifar10, which is filled from the public address (or from $LACUNA_MIRROR).
A folder holds either the official archive of the binary version or lossless WebP sheets.

The two forms have the same images in different orders. Here their order is that of the SHA-256 of
their pixels: it does not depend on the form, and no class is preferred anywhere. One checksum over
all pixels and labels in this order covers both forms; altered data is an error, never a reason to
fall back silently.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from golden import downloads
from golden.datasets import ROOT, Labelled
from golden.downloads import DataError

CACHE = ROOT / "build" / "data" / "cifar10"
MIRRORS = ("https://www.cs.toronto.edu/~kriz",)
ARCHIVE = "cifar-10-binary.tar.gz"
ARCHIVE_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"  # published beside the archive

# Of all images, uint8 [N, 3, 32, 32], followed by all labels, uint8 [N], in the order above.
CHECKSUMS = {
    "train": "13efb094ff90b1858ae7e4fb75104432e410ef534f4477f4f3546c4f39e4ad18",
    "test": "7c02b6264e7ca158e463ca621157b6de7067e04f806aa8b0b36a47efec7040b5",
}
_BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
_SHEETS = {"train": 50, "test": 10}
_SHEET_ROWS, _SHEET_COLUMNS = 25, 40  # tiles
_SIDE = 32
_RECORD = 1 + 3 * _SIDE * _SIDE  # bytes: label, then the red, green and blue maps

Arrays = tuple[np.ndarray, np.ndarray]
"""Pixels uint8 [N, 32, 32, 3] and labels uint8 [N]."""


def cifar10(split: str) -> Labelled:
    """Load the "train" (50,000) or "test" (10,000) images, or a stand-in with full=False.

    Images are uint8 [N, 3, 32, 32]; labels are 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer,
    5 dog, 6 frog, 7 horse, 8 ship, 9 truck.

    Raises:
        ValueError: if split is neither.
        DataError: if data that was found is incomplete or altered.
    """
    if split not in CHECKSUMS:
        raise ValueError(f"split '{split}' is not one of: {', '.join(CHECKSUMS)}")
    folder, source = _locate(os.environ.get("LACUNA_DATA"), os.environ.get("LACUNA_MIRROR"))
    if folder is None:
        return _bundled(split)
    found = _archived(folder, split) if (folder / ARCHIVE).exists() else _sheets(folder, split)
    result = _labelled(*_ordered(*found), source, full=True)
    content = result.images.numpy().tobytes() + result.labels.byte().numpy().tobytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != CHECKSUMS[split]:
        raise DataError(
            f"{folder}: the {split} images are altered: expected SHA-256 {CHECKSUMS[split]} of the "
            f"sorted pixels and labels, found {digest}; replace the files"
        )
    return result


def _labelled(pixels: np.ndarray, labels: np.ndarray, source: str, full: bool) -> Labelled:
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    return Labelled(images, torch.from_numpy(labels).long(), source, full)


def _locate(data: str | None, mirror: str | None) -> tuple[Path | None, str]:
    """Folder that holds the images and its description; None if CIFAR-10 cannot be had."""
    if data is not None and (Path(data) / "cifar10").is_dir():
        return Path(data) / "cifar10", "CIFAR-10 ($LACUNA_DATA)"
    shared = ROOT.parent / "shared" / "data" / "cifar10"
    if shared.is_dir():
        return shared, "CIFAR-10 (../shared/data)"
    if (CACHE / ARCHIVE).exists() or download(CACHE, mirror):
        return CACHE, "CIFAR-10 (downloaded)"
    return None, ""


def download(folder: Path, mirror: str | None = None) -> bool:
    """Fetch the archive (170 MB); False, with a message on stderr, if no address answers.

    Raises:
        DataError: if the archive has a wrong checksum.
    """

    def check(content: bytes) -> None:
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != ARCHIVE_MD5:
            raise DataError(
                f"{ARCHIVE} is truncated or altered: expected MD5 {ARCHIVE_MD5}, found {found}; "
                "try again or use another LACUNA_MIRROR"
            )

    def fetch_from(base: str) -> None:
        downloads.fetch(f"{base}/{ARCHIVE}", folder / ARCHIVE, check)

    bases = MIRRORS if mirror is None else (mirror,)
    return downloads.from_first("CIFAR-10", folder, bases, fetch_from, again=mirror is not None)


def _archived(folder: Path, split: str) -> Arrays:
    """Read the batches of a split out of the archive."""
    path = folder / ARCHIVE
    wanted = {f"cifar-10-batches-bin/{name}": name for name in _BATCHES[split]}
    found = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.name in wanted else None
                if content is not None:
                    found[wanted[member.name]] = content.read()
        raw = np.frombuffer(b"".join(found[name] for name in _BATCHES[split]), np.uint8)
        records = raw.reshape(-1, _RECORD)
    except (tarfile.TarError, EOFError, OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{path} is truncated or altered ({error}); delete it to download it again"
        ) from error
    return records[:, 1:].reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1), records[:, 0]


def _sheets(folder: Path, split: str) -> Arrays:
    """Read the sheets of a split: 1,000 tiles each, whose classes cycle from 0 to 9."""
    pixels = [_sheet(folder / f"{split}-{number:02}.webp") for number in range(_SHEETS[split])]
    tiles = np.concatenate(pixels)
    return tiles, (np.arange(len(tiles)) % 10).astype(np.uint8)


def _sheet(path: Path) -> np.ndarray:
    """Tiles of one sheet, row by row; uint8 [1000, 32, 32, 3]."""
    if not path.is_file():
        raise DataError(f"{path} is missing; put all sheets there, or {ARCHIVE}")
    try:
        picture = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))
        tiles = picture.reshape(_SHEET_ROWS, _SIDE, _SHEET_COLUMNS, _SIDE, 3)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is truncated or altered ({error}); replace it") from error
    return tiles.transpose(0, 2, 1, 3, 4).reshape(-1, _SIDE, _SIDE, 3)


def _ordered(pixels: np.ndarray, labels: np.ndarray) -> Arrays:
    """Sort by the SHA-256 of the pixels; no two images of CIFAR-10 are equal."""
    keys = [hashlib.sha256(image.tobytes()).digest() for image in pixels]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return pixels[order], labels[order]


def _bundled(split: str) -> Labelled:
    """520 tiles of two photographs, every fourth for the test; the label tells where from."""
    from sklearn.datasets import load_sample_images  # slow to import, needed only without CIFAR-10

    tiles, labels = [], []
    for number, picture in enumerate(load_sample_images().images):
        rows, columns = picture.shape[0] // _SIDE, picture.shape[1] // _SIDE
        cut = picture[: rows * _SIDE, : columns * _SIDE].reshape(rows, _SIDE, columns, _SIDE, 3)
        tiles.append(cut.transpose(0, 2, 1, 3, 4).reshape(-1, _SIDE, _SIDE, 3))
        labels.append(5 * number + np.arange(rows * columns) // columns * 5 // rows)
    pixels, classes = np.concatenate(tiles), np.concatenate(labels)
    chosen = (np.arange(len(pixels)) % 4 == 3) == (split == "test")
    return _labelled(pixels[chosen], classes[chosen], "tiles of two photographs", full=False)


if __name__ == "__main__":
    try:
        found = cifar10("test")
    except DataError as error:
        sys.exit(f"error: {error}")
    print(f"{len(found.labels)} test images from {found.source}")
