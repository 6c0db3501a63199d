# SPDX-License-Identifier: Apache-2.0
"""What the settings make of the build: the engine of a whole network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from golden.architecture import ModelError
from scripts.build import Generated
from scripts.errors import UserError
from verif.pot.programs import engine_for


def generate(test: str, settings: Mapping[str, Any]) -> Generated:
    """Return the parameters of Inference's engine."""
    del test  # only one is generated
    try:
        return Generated(engine_for(settings).parameters())
    except ModelError as problem:
        raise UserError(str(problem)) from problem
