# SPDX-License-Identifier: Apache-2.0
"""A network for 8x8 digits, to be studied: ``python docs/examples/digits.py FOLDER``.

Trains it on the 1,797 digits that come with scikit-learn, without a network connection, and writes
digits.npz and digits.safetensors into the folder. docs/study.md goes on from there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from torch import Tensor, nn

CALIBRATION_IMAGES, TEST_IMAGES = 300, 500  # the rest is for training
EPOCHS = 40
BATCH = 64


def network() -> nn.Sequential:
    """Two convolutions and two fully connected layers: 66,368 products an image."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
        nn.Conv2d(8, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(192, 32), nn.ReLU(),
        nn.Linear(32, 10),
    )  # fmt: skip


def data() -> dict[str, np.ndarray]:
    """Images as bytes, 0 .. 255, and labels: for training, calibration and test."""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    images = np.clip(np.rint(digits.images * (255 / 16)), 0, 255).astype(np.uint8)[order]
    labels = digits.target.astype(np.int64)[order]
    ends = [-CALIBRATION_IMAGES - TEST_IMAGES, -TEST_IMAGES]
    names = ("training", "calibration", "test")
    return {
        f"{name}_{kind}": part
        for kind, values in (("images", images), ("labels", labels))
        for name, part in zip(names, np.split(values, ends), strict=True)
    }


def train(images: Tensor, labels: Tensor) -> nn.Sequential:
    """Train with what the integer network will see: (pixel >> 1) / 127."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = network()
    inputs = (images >> 1).float()[:, None] / 127
    optimiser = torch.optim.Adam(model.parameters(), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 5e-3, total_steps=EPOCHS)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(labels)).split(BATCH):
            loss = nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    return model


def main(folder: Path) -> None:
    """Write both files."""
    arrays = data()
    folder.mkdir(parents=True, exist_ok=True)
    model = train(*(torch.from_numpy(arrays[f"training_{kind}"]) for kind in ("images", "labels")))
    np.savez(folder / "digits.npz", **arrays)
    save_file(model.state_dict(), folder / "digits.safetensors")
    print(f"wrote {folder / 'digits.npz'} and digits.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/digits"))
