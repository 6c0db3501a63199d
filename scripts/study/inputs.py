# SPDX-License-Identifier: Apache-2.0
"""Reads what a study is about: a Python file with a network, its weights, and an npz with images.

Whatever is wrong with them ends in one UserError that names the thing and the remedy.
"""

from __future__ import annotations

import importlib.util
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from scripts.errors import UserError
from scripts.study.simplify import simplified

FEWEST_IMAGES = 6  # of either kind: with fewer a pipeline has no steady state to time
_SPLITS = ("calibration", "test")
# What numpy and zipfile raise for files that are none, cut off or altered.
_DAMAGED = (
    OSError, ValueError, EOFError, TypeError, RuntimeError, MemoryError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Images, uint8 [N, H, W] or [N, C, H, W], and labels, int64 [N]."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Data:
    """calibration: to quantise by and to choose hardware and thresholds; test: to report on."""

    calibration: Split
    test: Split


def read_network(path: Path, weights: Path | None) -> nn.Sequential:
    """Return the Sequential that a Python file calls `network`, with weights from a safetensors.

    `network` is a Sequential or a function without arguments that returns one.
    """
    if not path.is_file():
        raise UserError(f"no file {path}: give the Python file that defines `network`")
    spec = importlib.util.spec_from_file_location("study_network", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by its name
    try:
        spec.loader.exec_module(module)
        found = getattr(module, "network", None)
        made = found if isinstance(found, nn.Module) or not callable(found) else found()
    except (Exception, SystemExit) as error:  # the user's own code: anything can come out of it
        raise UserError(f"{path}: {_first_line(error)}; make it importable") from error
    if not isinstance(made, nn.Sequential):
        what = "nothing called `network`" if found is None else f"`network` gives {_kind(made)}"
        raise UserError(f"{path}: {what}; define network() that returns a torch.nn.Sequential")
    try:
        _check_modules(made, path)
        if weights is not None:
            _load_weights(made, weights)
        for name, values in made.state_dict().items():
            if not torch.isfinite(values).all():
                raise UserError(
                    f"{weights or path}: {name} has a value that is not a number; train it"
                )
        return simplified(made)
    except (AssertionError, RuntimeError, ValueError) as error:  # no weights yet, or none that fit
        raise UserError(f"{path}: {_first_line(error)}; make it run on an image") from error


def _check_modules(model: nn.Sequential, path: Path) -> None:
    """Refuse modules that do more than their class says: it would be left out without a word."""
    for name, module in model.named_modules():
        for kind in (nn.Sequential, nn.Conv2d, nn.Linear):
            if isinstance(module, kind) and type(module).forward is not kind.forward:
                raise UserError(
                    f"{path}: {name or 'network'} is {_kind(module)} with a forward of its own; "
                    f"use {kind.__name__} as it is"
                )
        if not isinstance(getattr(module, "weight", None), nn.Parameter | None):
            raise UserError(
                f"{path}: {name}.weight is computed from other tensors; make it a parameter by "
                "prune.remove or remove_parametrizations"
            )


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _load_weights(model: nn.Sequential, path: Path) -> None:
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: {_first_line(error)}; give a safetensors file") from error
    wanted = model.state_dict()
    for name, values in wanted.items():
        if name not in tensors:
            raise UserError(
                f"{path}: tensor {name} is missing; save the network's state_dict as it is"
            )
        if tensors[name].shape != values.shape:
            raise UserError(
                f"{path}: tensor {name} is {list(tensors[name].shape)}, the network's is "
                f"{list(values.shape)}; give the weights of this network"
            )
    if unknown := sorted(set(tensors) - set(wanted)):
        raise UserError(
            f"{path}: the network has no {unknown[0]}; give the weights of this network"
        )
    model.load_state_dict(tensors)


def read_data(path: Path) -> Data:
    """Read images and labels for calibration and test from an npz file."""
    keys = [f"{split}_{kind}" for split in _SPLITS for kind in ("images", "labels")]
    try:
        with np.load(path, allow_pickle=False) as file:
            if missing := [key for key in keys if key not in file.files]:
                raise UserError(
                    f"{path}: {missing[0]} is missing, found {', '.join(file.files) or 'nothing'}; "
                    f"store {', '.join(keys)}"
                )
            arrays = {key: np.asarray(file[key]) for key in keys}  # what is no npy comes as bytes
    except _DAMAGED as error:
        raise UserError(f"{path}: {_first_line(error)}; give a file of numpy.savez") from error
    calibration, test = (_split(path, split, arrays) for split in _SPLITS)
    sizes = _size(calibration.images), _size(test.images)
    if sizes[0] != sizes[1]:
        raise UserError(
            f"{path}: calibration images are {sizes[0]}, test images {sizes[1]}; make them alike"
        )
    return Data(calibration, test)


def _size(images: Tensor) -> str:
    return " x ".join(map(str, images.shape[1:]))


def _split(path: Path, split: str, arrays: Mapping[str, NDArray[Any]]) -> Split:
    images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise UserError(
            f"{path}: {split}_images is {images.dtype} {list(images.shape)}; "
            "store uint8 [N, H, W] or [N, C, H, W], 0..255"
        )
    if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(
            f"{path}: {split}_labels is {labels.dtype} {list(labels.shape)}; "
            f"store one whole number for each of the {len(images)} images"
        )
    if len(images) < FEWEST_IMAGES or 0 in images.shape:
        raise UserError(
            f"{path}: {split}_images has the shape {list(images.shape)}; "
            f"store {FEWEST_IMAGES} or more images"
        )
    if images.max() < 2:  # the lowest bit of a pixel is dropped
        raise UserError(f"{path}: {split}_images has no pixel above 1, all is black; use 0..255")
    return Split(torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)))


def check_fit(model: nn.Sequential, data: Data, path: Path) -> int:
    """Return the number of classes; raise UserError if network and data do not belong together."""
    maps = data.test.images[:2]  # two, so that a Flatten of the wrong dimensions shows
    values = (maps[:, None] if maps.dim() == 3 else maps).float()
    try:
        with torch.no_grad():
            logits = model(values)
    except RuntimeError as error:
        raise UserError(
            f"the network does not take images of {_size(values)} ({_first_line(error)}); "
            f"change its first layers or the images of {path}"
        ) from error
    if logits.dim() != 2 or len(logits) != len(maps):
        raise UserError(
            f"the network's output is {list(logits.shape)} for {len(maps)} images; "
            "end it with a Linear behind a Flatten"
        )
    classes = int(logits.shape[1])
    for split, name in ((data.calibration, "calibration"), (data.test, "test")):
        for label in (int(split.labels.min()), int(split.labels.max())):
            if not 0 <= label < classes:
                raise UserError(
                    f"{path}: label {label} in {name}_labels, but the network has {classes} "
                    f"outputs; use labels 0..{classes - 1}"
                )
    return classes
