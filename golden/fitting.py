# SPDX-License-Identifier: Apache-2.0
"""One stage of a training on colour images: loop, schedule, augmentation, resumption."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from golden import sparsity
from golden.checkpoint import Checkpoint

BATCH = 128

_SMOOTHING = 0.1  # of the labels
_SHIFT = 4  # pixels
_MEASURE_STEPS = 10
_EVALUATED_EPOCHS = 5
_EVALUATION_BATCH = 500

Forward = Callable[[Tensor], tuple[Tensor, list[Tensor]]]
"""Images uint8 [N, 3, 32, 32] -> logits [N, 10] and the inputs of the penalised layers."""


@dataclass(frozen=True)
class Stage:
    """How long and how fast to train.

    epochs; rate: largest learning rate, reached after `warm` of the steps and lowered to 0 by a
    cosine; decay: weight decay; adam: instead of SGD with Nesterov momentum 0.9.
    density: wanted share of products with a non-zero activation, None for no penalty; price: of
    the penalty at the start.
    """

    epochs: int
    rate: float
    warm: float = 0.2
    decay: float = 5e-4
    adam: bool = False
    density: float | None = None
    price: float = 0.0

    def rate_at(self, progress: float) -> float:
        """Learning rate when `progress` (0..1) of the steps are done."""
        if progress < self.warm:
            return self.rate * progress / self.warm
        return self.rate * (1 + math.cos(math.pi * (progress - self.warm) / (1 - self.warm))) / 2


@dataclass(frozen=True)
class Examples:
    """Training and held-out images, uint8 [N, 3, 32, 32], and labels, int64 [N]."""

    images: Tensor
    labels: Tensor
    held_images: Tensor
    held_labels: Tensor


def augmented(images: Tensor, generator: torch.Generator) -> Tensor:
    """Shift each image by up to 4 pixels, zeros moving in, and mirror half of them; uint8."""
    count, channels, side, _ = images.shape
    padded = functional.pad(images, (_SHIFT,) * 4)
    shifts = torch.randint(2 * _SHIFT + 1, (2, count, 1), generator=generator)
    mirrored = torch.randint(2, (count, 1), generator=generator).bool()
    places = torch.arange(side)
    rows = shifts[0] + places
    columns = shifts[1] + torch.where(mirrored, side - 1 - places, places)
    image = torch.arange(count)[:, None, None, None]
    channel = torch.arange(channels)[:, None, None]
    return padded[image, channel, rows[:, None, :, None], columns[:, None, None, :]]


class Fit:
    """A stage in progress."""

    def __init__(
        self,
        model: nn.Module,
        forward: Forward,
        stage: Stage,
        seed: int,
        checkpoint: Path,
        progress: Callable[[str], None],
    ) -> None:
        """checkpoint: file that holds the state after each epoch, so that a killed run resumes."""
        self.model, self.forward, self.stage, self.seed = model, forward, stage, seed
        self.checkpoint, self.progress = Checkpoint(checkpoint, repr(stage), progress), progress
        self.device = next(model.parameters()).device
        parameters = list(model.parameters())
        if stage.adam:
            self.optimiser: torch.optim.Optimizer = torch.optim.Adam(parameters, fused=True)
        else:
            self.optimiser = torch.optim.SGD(
                parameters, momentum=0.9, nesterov=True, weight_decay=stage.decay, fused=True
            )
        self.price = sparsity.Price(stage.density or 1.0, stage.price)
        self.shares: list[float] = []

    def run(self, examples: Examples) -> None:
        """Train to the end, from the checkpoint if there is one of this very stage."""
        first, begin = self._resume(), time.monotonic()
        for epoch in range(first, self.stage.epochs):
            loss = self._epoch(epoch, examples)
            self._save(epoch + 1)
            seconds = (time.monotonic() - begin) / (epoch + 1 - first)
            rest = seconds * (self.stage.epochs - epoch - 1)
            line = f"epoch {epoch + 1}/{self.stage.epochs}: loss {loss:.4f}{self._status()}"
            if (epoch + 1) % _EVALUATED_EPOCHS == 0 or epoch + 1 == self.stage.epochs:
                held = self.accuracy(examples.held_images, examples.held_labels)
                line += f", {100 * held:.2f} % of the held-out images"
            self.progress(f"{line}; {seconds:.0f} s per epoch, {rest / 60:.0f} min to go")
        self.model.eval()

    def _epoch(self, epoch: int, examples: Examples) -> float:
        # A generator of its own, so that a resumed run sees what an uninterrupted one sees.
        generator = torch.Generator().manual_seed(1000 * self.seed + epoch)
        chosen = torch.randperm(len(examples.labels), generator=generator)
        batches = len(chosen) // BATCH
        total = 0.0
        self.model.train()
        for step, rows in enumerate(chosen.split(BATCH)[:batches]):
            rate = self.stage.rate_at((epoch + step / batches) / self.stage.epochs)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            images = augmented(examples.images[rows], generator).to(self.device)
            images = images.contiguous(memory_format=torch.channels_last)
            total += self._step(images, examples.labels[rows].to(self.device), step)
        return total / batches

    def _step(self, images: Tensor, labels: Tensor, step: int) -> float:
        with torch.autocast(self.device.type, torch.bfloat16):
            logits, inputs = self.forward(images)
        loss = functional.cross_entropy(logits.float(), labels, label_smoothing=_SMOOTHING)
        self.optimiser.zero_grad()
        if self.stage.density is None:
            loss.backward()
        else:
            self.shares = self.shares or sparsity.shares(self.model, inputs)
            (loss + self.price.value * sparsity.penalty(inputs, self.shares)).backward()
            if step % _MEASURE_STEPS == 0:
                self.price.observe(sparsity.density(inputs, self.shares))
        self.optimiser.step()
        return loss.item()

    def _status(self) -> str:
        if self.stage.density is None:
            return ""
        return f", density {self.price.measured:.3f}, price {self.price.value:.3f}"

    def accuracy(self, images: Tensor, labels: Tensor) -> float:
        """Share of correctly classified images, 0..1, by the network in evaluation mode."""
        self.model.eval()
        correct = 0
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16):
            for part, wanted in zip(
                images.split(_EVALUATION_BATCH), labels.split(_EVALUATION_BATCH), strict=True
            ):
                moved = part.to(self.device).contiguous(memory_format=torch.channels_last)
                correct += int((self.forward(moved)[0].argmax(dim=1).cpu() == wanted).sum())
        return correct / len(labels)

    def _save(self, epoch: int) -> None:
        self.checkpoint.save(
            epoch,
            price=self.price.value,
            model=self.model.state_dict(),
            optimiser=self.optimiser.state_dict(),
        )

    def _resume(self) -> int:
        """Take over the checkpoint; the first epoch to train, 0 without one."""
        state = self.checkpoint.restore(self.device)
        if state is None:
            return 0
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.price.value = state["price"]
        return int(state["epoch"])
