# SPDX-License-Identifier: Apache-2.0
"""Colour images are found in either form, in one order; damaged files are refused by name."""

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from golden import cifar
from golden.cifar import ARCHIVE, cifar10
from golden.datasets import Labelled
from golden.downloads import DataError

TILES = 1000


def write_sheets(folder: Path, pixels: np.ndarray) -> None:
    """One sheet for each split, of tiles [1000, 32, 32, 3] whose labels cycle."""
    folder.mkdir(parents=True, exist_ok=True)
    sheet = pixels.reshape(25, 40, 32, 32, 3).transpose(0, 2, 1, 3, 4).reshape(800, 1280, 3)
    for split in ("train", "test"):
        Image.fromarray(sheet).save(folder / f"{split}-00.webp", lossless=True, quality=0)


def write_archive(path: Path, pixels: np.ndarray) -> None:
    """The binary version with the same images and labels, in the opposite order, as one batch."""
    planes = pixels.transpose(0, 3, 1, 2).reshape(TILES, -1)
    labels = (np.arange(TILES)[:, None] % 10).astype(np.uint8)
    content = np.concatenate([labels, planes], axis=1)[::-1].tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name in ("data_batch_1.bin", "test_batch.bin", "readme.html"):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def pixels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> np.ndarray:
    """A small CIFAR-10, [1000, 32, 32, 3] for each split; the checksums pass for the true ones."""
    monkeypatch.delenv("LACUNA_DATA", raising=False)
    monkeypatch.delenv("LACUNA_MIRROR", raising=False)
    monkeypatch.setattr(cifar, "ROOT", tmp_path / "project")
    monkeypatch.setattr(cifar, "CACHE", tmp_path / "project" / "build" / "data" / "cifar10")
    monkeypatch.setattr(cifar, "_SHEETS", {"train": 1, "test": 1})
    batches = {"train": ("data_batch_1.bin",), "test": ("test_batch.bin",)}
    monkeypatch.setattr(cifar, "_BATCHES", batches)
    random = np.random.default_rng(0)
    # Four grey levels in blocks of 8 x 8, which compress quickly.
    blocks = random.integers(0, 256, (TILES, 4, 4, 3), dtype=np.uint8)
    tiles: np.ndarray = blocks.repeat(8, axis=1).repeat(8, axis=2)
    order = sorted(range(TILES), key=lambda i: hashlib.sha256(tiles[i].tobytes()).digest())
    content = tiles[order].transpose(0, 3, 1, 2).tobytes() + bytes(i % 10 for i in order)
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(cifar, "CHECKSUMS", {"train": digest, "test": digest})
    return tiles


def test_sheets_and_archive_give_the_same_images_in_the_same_order(
    pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Labelled] = []
    for form, write in (
        ("sheets", lambda folder: write_sheets(folder, pixels)),
        ("archive", lambda folder: write_archive(folder / ARCHIVE, pixels)),
    ):
        write(tmp_path / form / "cifar10")
        monkeypatch.setenv("LACUNA_DATA", str(tmp_path / form))
        found.append(cifar10("train"))
    sheets, archive = found
    assert torch.equal(sheets.images, archive.images)
    assert torch.equal(sheets.labels, archive.labels)
    assert sheets.images.shape == (TILES, 3, 32, 32)
    assert sheets.images.dtype == torch.uint8
    assert sheets.full
    assert "LACUNA_DATA" in sheets.source
    where = {image.tobytes(): i for i, image in enumerate(pixels)}
    image = sheets.images[7].permute(1, 2, 0).contiguous().numpy()
    assert where[image.tobytes()] % 10 == int(sheets.labels[7])


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _repaint(path: Path) -> None:
    changed = np.asarray(Image.open(path)).copy()
    changed[0, 0, 0] ^= 1
    Image.fromarray(changed).save(path, lossless=True, quality=0)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (Path.unlink, "test-00.webp is missing"),
        (_truncate, "test-00.webp is truncated or altered"),
        (_repaint, "the test images are altered: expected SHA-256"),
    ],
)
def test_damaged_sheet_is_one_clear_line(
    damage: Callable[[Path], None],
    said: str,
    pixels: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_sheets(tmp_path / "cifar10", pixels)
    damage(tmp_path / "cifar10" / "test-00.webp")
    monkeypatch.setenv("LACUNA_DATA", str(tmp_path))
    with pytest.raises(DataError, match=said) as error:
        cifar10("test")
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


def test_archive_is_downloaded_once(
    pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = tmp_path / "served" / ARCHIVE
    write_archive(served, pixels)
    monkeypatch.setenv("LACUNA_MIRROR", served.parent.as_uri())
    digest = hashlib.md5(served.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(cifar, "ARCHIVE_MD5", digest)
    assert cifar10("test").source == "CIFAR-10 (downloaded)"
    served.unlink()
    assert cifar10("test").full


def test_altered_download_is_refused_and_not_kept(
    pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = tmp_path / "served" / ARCHIVE
    write_archive(served, pixels)
    monkeypatch.setenv("LACUNA_MIRROR", served.parent.as_uri())
    with pytest.raises(DataError, match=cifar.ARCHIVE_MD5):
        cifar10("test")
    assert not (cifar.CACHE / ARCHIVE).exists()


def test_truncated_archive_says_how_to_get_it_anew(
    pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cifar10" / ARCHIVE
    write_archive(path, pixels)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    monkeypatch.setenv("LACUNA_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"is truncated or altered .* delete it to download"):
        cifar10("train")


def test_without_cifar10_bundled_photographs_stand_in(
    pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LACUNA_MIRROR", "http://127.0.0.1:9")  # nothing listens on the discard port
    train, test = cifar10("train"), cifar10("test")
    assert "CIFAR-10 is not available" in capsys.readouterr().err
    assert not train.full
    assert "photographs" in test.source
    assert (len(train.labels), len(test.labels)) == (390, 130)
    assert test.images.shape == (130, 3, 32, 32)
    assert set(train.labels.tolist()) == set(test.labels.tolist()) == set(range(10))


def test_unknown_split_lists_the_valid_ones() -> None:
    with pytest.raises(ValueError, match="train, test"):
        cifar10("validation")
