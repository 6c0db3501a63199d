# SPDX-License-Identifier: Apache-2.0
"""Fixtures for all tests. Simulations of one build share it through a lock, so xdist is welcome."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: xdist has a worker on every core

from scripts import simulate as runner
from scripts.project import ROOT


@pytest.fixture
def simulate() -> Callable[..., runner.Result]:
    """Return scripts.simulate.simulate; a run that does not pass raises SimulationFailed."""
    return runner.simulate


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Return the root of a fresh one-block project, with the real verif/common."""
    root = tmp_path / "toy"
    shutil.copytree(Path(__file__).parent / "toy", root)
    for name in ("__init__.py", "common"):
        (root / "verif" / name).symlink_to(ROOT / "verif" / name)
    return root
