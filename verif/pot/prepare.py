# SPDX-License-Identifier: Apache-2.0
"""Before a simulation: the beats of all streams, and what the golden model expects.

Settings of the tests (all optional):
    layers    of random programs: how many (default 10)
    pixels, tiles, groups  of random layers: at most so many (verif/pot/layers.py)
    network, training, seed  of Inference: any network of golden.network; trained for the form
    form, exponents  of Inference: pot (with 0..exponents), twos, booth, magnitude, recoded, eight
    nearest   of Inference: round the network to what the form holds (default: training is plain)
    images    of Inference: how many, from number `first`
    every_map of Inference: store the map behind each layer (default true), or only the logits
    sample    of Inference: of each layer so many groups of channels only (golden/pot_sample.py)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from golden.architecture import ModelError
from golden.datasets import DataError
from golden.pot_cycles import cycles
from golden.pot_engine import COMMAND_BITS, Engine
from golden.pot_program import Step
from scripts.errors import UserError
from scripts.files import write_json
from verif.pot.facts import Facts
from verif.pot.layers import Limits, engine_of
from verif.pot.programs import RandomProgram, network_program

LIMITS = ("pixels", "tiles", "groups")


def prepare(test: str, settings: dict[str, Any], directory: Path) -> list[str]:
    """Write program.npz and steps.json into the run's folder; no plusargs."""
    torch.set_num_threads(1)
    if test == "Refusal":
        return []
    made = json.loads((directory / "run.json").read_text())
    engine = engine_of(made["parameters"])
    facts: Mapping[int, Facts] = {}
    try:
        if test == "Inference":
            program, source = network_program(settings, engine)
            (directory / "images.txt").write_text(source)
            steps: Sequence[Step] = program.steps
        else:
            steps, facts = _random(settings, engine, int(made["seed"]))
    except (ModelError, DataError) as problem:
        raise UserError(str(problem)) from problem
    _write(steps, facts, engine, directory)
    return []


def _random(
    settings: Mapping[str, Any], engine: Engine, seed: int
) -> tuple[Sequence[Step], Mapping[int, Facts]]:
    asked = {name: int(settings[name]) for name in LIMITS if name in settings}
    program = RandomProgram(engine, np.random.default_rng(seed), Limits(**asked))
    program.make(int(settings.get("layers", 10)))
    return program.steps, program.facts


def _write(
    steps: Sequence[Step], facts: Mapping[int, Facts], engine: Engine, directory: Path
) -> None:
    """Write all beats, stream by stream, and a description of each step."""
    size = (COMMAND_BITS + 7) // 8
    commands = b"".join(step.command.pack().to_bytes(size, "little") for step in steps)
    np.savez(
        directory / "program.npz",
        allow_pickle=False,
        commands=np.frombuffer(commands, np.uint8).reshape(-1, size),
        weights=_joined(steps, "weights", engine.weight_beat),
        maps=_joined(steps, "maps", engine.lanes),
        expected=_joined(steps, "expected", engine.lanes),
        known=_joined(steps, "known", engine.lanes),
    )
    taken = cycles([step.command for step in steps], engine)
    described = [
        {
            "name": step.name,
            "operation": step.command.operation.name.lower(),
            "images": step.images,
            "beats": [
                0 if part is None else len(part)
                for part in (step.weights, step.maps, step.expected)
            ],
            "facts": facts.get(number, {}),
            "cycles": taken[number],
        }
        for number, step in enumerate(steps)
    ]
    write_json(directory / "steps.json", described)


def _joined(steps: Sequence[Step], name: str, width: int) -> np.ndarray[Any, Any]:
    """All beats of one stream."""
    parts = [part for step in steps if (part := getattr(step, name)) is not None]
    return np.concatenate([*parts, np.zeros((0, width), np.uint8)]).astype(np.uint8)
