# SPDX-License-Identifier: Apache-2.0
"""Teachers for distillation: an ensemble of wide networks, and a pool of distorted images.

The students never run the teachers: every image of the pool is labelled once with the mean logits
of the ensemble. Results are kept under build/training, named after a hash of the recipe and the
data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from golden.datasets import ROOT

CACHE = ROOT / "build" / "training"
_BATCH = 128


@dataclass(frozen=True)
class Distortion:
    """Largest random rotation (radians), relative scaling and shear, and shift (pixels)."""

    rotation: float
    scaling: float
    shift: float


@dataclass(frozen=True)
class Recipe:
    """How the teachers and the pool are made."""

    teachers: int = 3
    epochs: int = 12
    rate: float = 5e-3
    distortion: Distortion = Distortion(0.2, 0.12, 2.0)
    last_shift: float = 1.2  # the last two epochs see images closer to the real ones
    copies: int = 10
    pool_distortion: Distortion = Distortion(0.12, 0.07, 1.2)


@dataclass(frozen=True)
class Pool:
    """Images uint8 [C, N, 28, 28] and the teachers' logits for them, float16 [C, N, 10]."""

    images: Tensor
    logits: Tensor


def distort(images: Tensor, amount: Distortion, generator: torch.Generator) -> Tensor:
    """Rotate, scale, shear and shift each image at random; uint8 [N, 28, 28] in and out."""

    def uniform(limit: float, *shape: int) -> Tensor:
        return (torch.rand(len(images), *shape, generator=generator) * 2 - 1) * limit

    angle, shear = uniform(amount.rotation), uniform(amount.scaling)
    rows = 1 + uniform(amount.scaling)
    columns = rows * (1 + uniform(amount.scaling / 2))
    matrix = torch.stack(
        [
            torch.stack([angle.cos() * rows, (shear - angle.sin()) * rows], dim=1),
            torch.stack([angle.sin() * columns, angle.cos() * columns], dim=1),
        ],
        dim=1,
    )
    shift = uniform(amount.shift / 14, 2)  # the grid spans 28 pixels with -1..1
    maps = images[:, None].float()
    grid = functional.affine_grid(
        torch.cat([matrix, shift[..., None]], dim=2), list(maps.shape), align_corners=False
    )
    sampled = functional.grid_sample(maps, grid, align_corners=False)
    return sampled[:, 0].round().to(torch.uint8)


def _wide() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 48, 5, bias=False), nn.BatchNorm2d(48), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3),
        nn.Linear(1200, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(256, 10),
    )  # fmt: skip


def _inputs(images: Tensor) -> Tensor:
    return images[:, None].float() / 255


def train_teacher(
    images: Tensor, labels: Tensor, recipe: Recipe, seed: int, progress: Callable[[str], None]
) -> nn.Sequential:
    """Train one teacher on freshly distorted images; returns it in evaluation mode."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model, steps = _wide(), len(labels) // _BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=recipe.epochs * steps, pct_start=0.2
    )
    for epoch in range(recipe.epochs):
        amount = recipe.distortion
        if epoch >= recipe.epochs - 2:
            amount = Distortion(amount.rotation, amount.scaling, recipe.last_shift)
        total = 0.0
        for chosen in torch.randperm(len(labels), generator=generator).split(_BATCH)[:steps]:
            logits = model(_inputs(distort(images[chosen], amount, generator)))
            loss = functional.cross_entropy(logits, labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        progress(f"teacher {seed}: epoch {epoch + 1}/{recipe.epochs}, loss {total / steps:.4f}")
    return model.eval()


def _cached(
    kind: str, recipe: Recipe, images: Tensor, make: Callable[[], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """Tensors from the cache, made and stored if absent."""
    key = hashlib.sha256(repr((kind, recipe)).encode() + images.numpy().tobytes()).hexdigest()[:16]
    path = CACHE / f"{kind}-{key}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".partial")
        save_file(make(), unfinished)
        unfinished.replace(path)
    return load_file(path)


def _state(
    images: Tensor, labels: Tensor, recipe: Recipe, seed: int, progress: Callable[[str], None]
) -> dict[str, Tensor]:
    return train_teacher(images, labels, recipe, seed, progress).state_dict()


def teachers(
    images: Tensor, labels: Tensor, recipe: Recipe, progress: Callable[[str], None]
) -> list[nn.Sequential]:
    """The ensemble, seeds 0, 1, ...; trained on first use."""
    ensemble = []
    for seed in range(recipe.teachers):
        state = _cached(
            f"teacher-{seed}",
            recipe,
            images,
            partial(_state, images, labels, recipe, seed, progress),
        )
        model = _wide().eval()
        model.load_state_dict(state)
        ensemble.append(model)
    return ensemble


def pool(images: Tensor, labels: Tensor, recipe: Recipe, progress: Callable[[str], None]) -> Pool:
    """Distorted copies of the training images with the ensemble's logits; made on first use.

    Args:
        images: uint8 [N, 28, 28]; labels: int64 [N].
    """

    def make() -> dict[str, Tensor]:
        ensemble = teachers(images, labels, recipe, progress)
        generator = torch.Generator().manual_seed(0)
        copies, logits = [], []
        for copy in range(recipe.copies):
            copies.append(distort(images, recipe.pool_distortion, generator))
            logits.append(_label(ensemble, copies[-1]))
            progress(f"pool: copy {copy + 1}/{recipe.copies}")
        return {"images": torch.stack(copies), "logits": torch.stack(logits)}

    made = _cached("pool", recipe, images, make)
    return Pool(made["images"], made["logits"])


@torch.no_grad()
def _label(ensemble: list[nn.Sequential], images: Tensor) -> Tensor:
    """Mean logits of the ensemble, float16 [N, 10]."""
    parts = [
        torch.stack([model(_inputs(part)) for model in ensemble]).mean(dim=0)
        for part in images.split(500)
    ]
    return torch.cat(parts).half()
