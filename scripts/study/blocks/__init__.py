# SPDX-License-Identifier: Apache-2.0
"""One module for each block: ``outcomes(subject)`` says what the block makes of a network.

A module that is put here is found by its being here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

from scripts.study.outcome import Outcome
from scripts.study.subject import Subject


def blocks() -> Iterator[tuple[str, Callable[[Subject], list[Outcome]]]]:
    """Names of the blocks, and the functions that study a network on them."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    for name in names:
        yield name, importlib.import_module(f"{__name__}.{name}").outcomes
