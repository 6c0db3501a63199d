# SPDX-License-Identifier: Apache-2.0
"""Tuning of a `Levelled` network: distillation, schedules, resumption."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from golden.checkpoint import Checkpoint
from golden.levelled import Levelled

_WARM = 0.1  # of the training, while the rate rises
_SETTLINGS = 60
_SETTLED_SHARE = 0.5  # of the training; then scales and pruned weights stay
_TEMPERATURE = 2.0
_DISTILLED = 0.7  # share of the teacher in the loss

Progress = Callable[[str], None]
Batch = tuple[Tensor, Tensor, Tensor]
"""Images uint8, labels int64 [N], logits of the teacher [N, 10]."""


@dataclass(frozen=True)
class Stage:
    """How long and how fast to tune.

    rate: largest step of Adam in units of the root mean square of a layer's weights; it rises in
    the first tenth and falls to 0 along a cosine.
    """

    epochs: int
    rate: float

    def rate_at(self, progress: float) -> float:
        """Rate when `progress` (0..1) of the steps are done."""
        if progress < _WARM:
            return self.rate * progress / _WARM
        return self.rate * (1 + math.cos(math.pi * (progress - _WARM) / (1 - _WARM))) / 2


@dataclass(frozen=True)
class Source:
    """What to learn from.

    epoch: batches of an epoch, by its number; the same ones each time it is asked.
    batches: how many. calibration: uint8 images for the scales. narrow: sums in bfloat16.
    """

    epoch: Callable[[int], Iterator[Batch]]
    batches: int
    calibration: Tensor
    narrow: bool = False


def pruned_share(progress: float) -> float:
    """Share of the budgets that is pruned after `progress` (0..1): a cubic ramp.

    Fast while there is much to prune, then slower (Zhu and Gupta, arXiv 1710.01878).
    """
    return 1 - (1 - min(1.0, progress / _SETTLED_SHARE)) ** 3


class LevelFit:
    """A tuning in progress."""

    def __init__(
        self,
        student: Levelled,
        stage: Stage,
        source: Source,
        progress: Progress,
        checkpoint: Path | None = None,
    ) -> None:
        """checkpoint: file for the state after each epoch, so that a killed run resumes."""
        self.student, self.stage, self.source = student, stage, source
        recipe = repr((stage, student.levels, student.budgets, student.rows))
        self.progress, self.checkpoint = progress, Checkpoint(checkpoint, recipe, progress)
        self.optimiser = torch.optim.Adam(_groups(student), lr=0.0, fused=True)

    def run(self, evaluate: Callable[[], str]) -> None:
        """Tune to the end, from the checkpoint if there is one of this very recipe.

        evaluate: its words end the line that is shown after each epoch.
        """
        first, begin = self._resume(), time.monotonic()
        for epoch in range(first, self.stage.epochs):
            loss = self._epoch(epoch)
            self._save(epoch + 1)
            seconds = (time.monotonic() - begin) / (epoch + 1 - first)
            rest = seconds * (self.stage.epochs - epoch - 1)
            self.progress(
                f"epoch {epoch + 1}/{self.stage.epochs}: loss {loss:.4f}, {evaluate()}; "
                f"{seconds:.0f} s per epoch, {rest / 60:.0f} min to go"
            )

    def _epoch(self, epoch: int) -> float:
        steps, total = self.stage.epochs * self.source.batches, 0.0
        interval = max(1, int(_SETTLED_SHARE * steps) // _SETTLINGS)
        self.student.train()
        for number, batch in enumerate(self.source.epoch(epoch)):
            step = epoch * self.source.batches + number
            if step % interval == 0 and step <= _SETTLED_SHARE * steps + interval:
                self.student.settle(self.source.calibration, pruned_share(step / steps))
            for group in self.optimiser.param_groups:
                group["lr"] = group["size"] * self.stage.rate_at(step / steps)
            total += self._step(*batch)
        return total / self.source.batches

    def _step(self, images: Tensor, labels: Tensor, taught: Tensor) -> float:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.source.narrow):
            logits = self.student(images)
        loss = distilled(logits, labels, taught)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def _save(self, epoch: int) -> None:
        self.checkpoint.save(
            epoch, student=self.student.state_dict(), optimiser=self.optimiser.state_dict()
        )

    def _resume(self) -> int:
        """Take over the checkpoint; the first epoch to do, 0 without one."""
        state = self.checkpoint.restore()
        if state is None:
            return 0
        self.student.load_state_dict(state["student"])
        self.optimiser.load_state_dict(state["optimiser"])
        return int(state["epoch"])


def _groups(student: Levelled) -> list[dict]:
    """Parameters of each layer with the size of its weights, which the rate multiplies."""
    groups = []
    for description in student.descriptions:
        module = student.model.get_submodule(description.name)
        size = float(module.get_parameter("weight").detach().square().mean().sqrt())
        groups.append({"params": list(module.parameters()), "size": size})
    return groups


def distilled(logits: Tensor, labels: Tensor, taught: Tensor) -> Tensor:
    """Cross-entropy with the labels and, softened, with the teacher (Hinton, arXiv 1503.02531)."""
    entropy = functional.cross_entropy(logits, labels)
    distance = functional.kl_div(
        functional.log_softmax(logits / _TEMPERATURE, dim=1),
        functional.softmax(taught / _TEMPERATURE, dim=1),
        reduction="batchmean",
    )
    return (1 - _DISTILLED) * entropy + _DISTILLED * _TEMPERATURE**2 * distance
