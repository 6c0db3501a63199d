# SPDX-License-Identifier: Apache-2.0
"""Digits are found, downloaded and checked; altered files are refused by name."""

import gzip
import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from golden import datasets
from golden.datasets import CHECKSUMS, DataError, mnist


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test locates the data anew, with a clean environment."""
    monkeypatch.delenv("LACUNA_DATA", raising=False)
    monkeypatch.delenv("LACUNA_MIRROR", raising=False)
    datasets._locate.cache_clear()
    yield
    datasets._locate.cache_clear()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any MNIST: an empty project whose download cache is returned."""
    monkeypatch.setattr(datasets, "ROOT", tmp_path / "project")
    monkeypatch.setattr(datasets, "CACHE", tmp_path / "project" / "build" / "data" / "mnist")
    return datasets.CACHE


class Mirror(SimpleHTTPRequestHandler):
    """A file server that keeps quiet."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server on loopback: its address and the folder it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Mirror, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def _idx(shape: tuple[int, ...], content: bytes) -> bytes:
    header = bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape)
    return gzip.compress(header + content)


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Four files in MNIST's format, three images each; their checksums pass for the true ones."""
    pixels = bytes(i % 251 for i in range(3 * 28 * 28))
    files = {
        name: _idx((3, 28, 28), pixels) if "images" in name else _idx((3,), bytes([7, 0, 9]))
        for name in CHECKSUMS
    }
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(datasets, "CHECKSUMS", sums)
    return files


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_files_are_read_from_lacuna_data(
    tmp_path: Path, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "mnist", small_mnist)
    monkeypatch.setenv("LACUNA_DATA", str(tmp_path))
    digits = mnist("train")
    assert digits.labels.tolist() == [7, 0, 9]
    assert digits.images.flatten().tolist() == [i % 251 for i in range(3 * 28 * 28)]
    assert digits.full
    assert "LACUNA_DATA" in digits.source


def test_download_fills_the_cache_and_is_not_repeated(
    alone: Path,
    mirror: tuple[str, Path],
    small_mnist: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, folder = mirror
    _write(folder, small_mnist)
    monkeypatch.setenv("LACUNA_MIRROR", address)
    assert mnist("test").full
    assert sorted(path.name for path in alone.iterdir()) == sorted(CHECKSUMS)
    for path in folder.iterdir():
        path.unlink()
    datasets._locate.cache_clear()
    assert mnist("train").source == "MNIST (downloaded)"


def test_altered_download_is_refused_and_not_kept(
    alone: Path,
    mirror: tuple[str, Path],
    small_mnist: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, folder = mirror
    name = "t10k-labels-idx1-ubyte.gz"
    _write(folder, small_mnist | {name: small_mnist[name] + b"x"})
    monkeypatch.setenv("LACUNA_MIRROR", address)
    with pytest.raises(DataError, match=name) as error:
        mnist("test")
    assert datasets.CHECKSUMS[name] in str(error.value)
    assert not (alone / name).exists()


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered"])
def test_damaged_file_is_named_with_its_checksum(
    damage: str, tmp_path: Path, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "train-images-idx3-ubyte.gz"
    content = small_mnist[name]
    _write(tmp_path / "mnist", small_mnist)
    path = tmp_path / "mnist" / name
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if damage == "truncated" else content[:-1] + b"!")
    monkeypatch.setenv("LACUNA_DATA", str(tmp_path))
    with pytest.raises(DataError) as error:
        mnist("train")
    assert str(path) in str(error.value)
    assert datasets.CHECKSUMS[name] in str(error.value)


def test_without_mnist_bundled_digits_stand_in(
    alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LACUNA_MIRROR", "http://127.0.0.1:9")  # nothing listens on the discard port
    train, test = mnist("train"), mnist("test")
    assert "not available" in capsys.readouterr().err
    assert not train.full
    assert "scikit-learn" in test.source
    assert (len(train.labels), len(test.labels)) == (1297, 500)
    assert train.images.shape == (1297, 28, 28)
    assert train.images.dtype == torch.uint8
    assert set(test.labels.tolist()) == set(range(10))


def test_failed_download_is_not_tried_again_at_once(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def unreachable(address: str, path: Path) -> None:
        calls.append(address)
        raise OSError("no network")

    monkeypatch.setattr(datasets, "_fetch", unreachable)
    assert not datasets.download(alone)
    assert len(calls) == len(datasets.MIRRORS)
    assert not datasets.download(alone)
    assert len(calls) == len(datasets.MIRRORS)


def test_unknown_split_lists_the_valid_ones() -> None:
    with pytest.raises(ValueError, match="train, test"):
        mnist("validation")
