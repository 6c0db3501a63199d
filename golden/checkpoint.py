# SPDX-License-Identifier: Apache-2.0
"""State of a training in a file, so that a killed run goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Checkpoint:
    """The file of a training.

    path: None for a training that keeps nothing. recipe: all that decides what the training does;
    the state of another recipe is not taken over. progress: is told what became of the file.
    """

    path: Path | None
    recipe: str
    progress: Callable[[str], None]

    def save(self, epoch: int, **state: Any) -> None:
        """Write the state after so many epochs; the file is whole at any moment."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        torch.save({"recipe": self.recipe, "epoch": epoch, **state}, partial)
        partial.replace(self.path)

    def restore(self, device: torch.device | None = None) -> dict[str, Any] | None:
        """Read what `save` was given, and "epoch"; None if there is nothing of this recipe."""
        if self.path is None or not self.path.exists():
            return None
        state: dict[str, Any] = torch.load(self.path, weights_only=True, map_location=device)
        if state["recipe"] != self.recipe:
            self.progress(f"{self.path.name} is from another recipe; starting anew")
            return None
        self.progress(f"resuming {self.path.name} after epoch {state['epoch']}")
        return state
