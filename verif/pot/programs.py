# SPDX-License-Identifier: Apache-2.0
"""Programs of random commands, and of whole networks on real images."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from golden.network import Network, load
from golden.pot import EXPONENT_MAXIMUM, Form, form_named
from golden.pot_engine import Command, Engine, Machine
from golden.pot_nearest import nearest
from golden.pot_program import Program, Step, compile_network
from golden.pot_sample import sample_network
from verif.pot.facts import Facts, of_layer
from verif.pot.layers import Drawer, Limits

# By the first word of a network's name: module and function that load its images.
DATA_SETS = {"lenet5": ("golden.datasets", "mnist"), "vgg16": ("golden.cifar", "cifar10")}
# What networks are trained for, by form; uniform4 for all others.
TRAININGS = {Form.POT: "pot3", Form.EIGHT: "plain"}
WHOLE = "memory"  # name of the steps that move all of it


class RandomProgram:
    """Commands one after the other, with what the machine makes of them.

    facts: of the layers (verif/pot/facts.py), by the number of the step.
    """

    def __init__(self, engine: Engine, random: np.random.Generator, limits: Limits) -> None:
        self.steps: list[Step] = []
        self.facts: dict[int, Facts] = {}
        self._engine = engine
        self._random = random
        self._machine = Machine(engine)
        self._drawer = Drawer(engine, random, limits)

    def make(self, layers: int) -> None:
        """Load all of the memory, run layers, store all of the memory."""
        self._load(0, self._engine.map_bytes)
        for _ in range(layers):
            while self._random.random() < 0.3:
                self._load(*self._part())
            command = self._layer()
            if self._random.random() < 0.7:
                self._store(*self._around(command.out_base, command.out_bytes()))
            if self._random.random() < 0.2:
                self._again()
        self._store(0, self._engine.map_bytes)

    def _layer(self) -> Command:
        drawn = self._drawer.layer(self._machine)
        self.facts[len(self.steps)] = of_layer(self._machine, drawn)
        self._machine.layer(drawn.command, drawn.weights)
        name = f"layer {len(self.facts)}"
        self.steps.append(Step(name, drawn.command, (0, 1), weights=drawn.weights))
        return drawn.command

    def _load(self, base: int, size: int) -> None:
        command = Command.load(base, size // self._engine.lanes)
        maps = self._drawer.memory(size).reshape(-1, self._engine.lanes)
        self._machine.load(command, maps)
        self.steps.append(Step(self._name(size), command, (0, 1), maps=maps))

    def _store(self, base: int, size: int) -> None:
        command = Command.store(base, size // self._engine.lanes)
        expected = self._machine.store(command)
        known = np.ones(expected.shape, bool)
        step = Step(self._name(size), command, (0, 1), expected=expected, known=known)
        self.steps.append(step)

    def _name(self, size: int) -> str:
        return WHOLE if size == self._engine.map_bytes else "part"

    def _again(self) -> None:
        """Store a few beats, load others in their place, store them: nothing old may be shown."""
        part = self._part(3)
        self._store(*part)
        self._load(*part)
        self._store(*part)

    def _part(self, most: int = 20) -> tuple[int, int]:
        """Address and size of some beats."""
        lanes = self._engine.lanes
        words = int(self._random.integers(1, most + 1))
        first = int(self._random.integers(self._engine.map_bytes // lanes - words + 1))
        return first * lanes, words * lanes

    def _around(self, base: int, size: int) -> tuple[int, int]:
        """Whole beats with these bytes."""
        lanes = self._engine.lanes
        start = base // lanes * lanes
        return start, -(-(base + size) // lanes) * lanes - start


def engine_for(settings: Mapping[str, Any]) -> Engine:
    """Return the engine of a whole network: as large as it is built, in the form that is asked.

    Raises ModelError.
    """
    form = form_named(str(settings.get("form", "pot")))
    return Engine(form, int(settings.get("exponents", EXPONENT_MAXIMUM)))


def network_for(settings: Mapping[str, Any], engine: Engine) -> Network:
    """Return the network that the settings name; rounded to the form with nearest = true.

    Raises ModelError.
    """
    name = str(settings.get("network", "lenet5-relu"))
    training = str(settings.get("training", TRAININGS.get(engine.form, "uniform4")))
    network = load(name, training, int(settings.get("seed", 0)))
    rounded = settings.get("nearest", training == "plain")
    return nearest(network, engine) if rounded else network


def network_program(settings: Mapping[str, Any], engine: Engine) -> tuple[Program, str]:
    """Return the program of a network on test images, and the images' source.

    Raises ModelError, DataError.
    """
    network = network_for(settings, engine)
    first, count = int(settings.get("first", 0)), int(settings.get("images", 1))
    module, function = DATA_SETS[network.name.partition("-")[0]]
    images = getattr(importlib.import_module(module), function)("test")
    chosen = images.images[first : first + count]
    if groups := int(settings.get("sample", 0)):
        return sample_network(network, chosen, engine, groups), str(images.source)
    every_map = bool(settings.get("every_map", True))
    program = compile_network(network, chosen, engine, every_map=every_map)
    return program, str(images.source)
