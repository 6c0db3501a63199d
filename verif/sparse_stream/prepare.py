# SPDX-License-Identifier: Apache-2.0
"""Before a simulation: contents of the memories, input maps, and what the golden model expects.

Settings of the tests (all optional):
    images         how many maps or images (default 6; 8 of a network), from number `first`
    density        percent of values that are not zero in random maps (default: a mixture)
    configuration  of a network: a name in golden/configurations
    network        of NetworkLayer, instead of a configuration: any network of golden.network;
                   the layer's hardware is then given by streams, lanes, pixels, slots, columns,
                   queue, banks and dense
    layer, rows    of the test NetworkLayer: which layer, and how many rows of its map (default all)
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from golden.datasets import DataError
from golden.sparse_stream import LayerProgram, Run
from golden.sparse_stream_config import ConfigurationError, LayerConfiguration
from golden.sparse_stream_cycles import EDGE_IMAGES, pipeline, time_layer
from golden.sparse_stream_memory import bias_hex, weight_hex, weight_words
from scripts.errors import UserError
from scripts.files import write_json
from verif.sparse_stream import networks
from verif.sparse_stream.shapes import layer_of, random_map, random_program

MIXTURE = (0.3, 0.0, 1.0, 0.05, 0.6, 0.15)  # densities of random maps, in turn


def prepare(test: str, settings: dict[str, Any], directory: Path) -> list[str]:
    """Write hex files, layers.json and maps.npz into the run's folder; no plusargs."""
    torch.set_num_threads(1)
    if test == "Refusal":
        return ["+empty"]
    made = json.loads((directory / "run.json").read_text())
    try:
        if test == "Pipeline":
            _pipeline(settings, directory)
        elif test == "NetworkLayer":
            program, maps, source = networks.layer_and_maps(settings)
            (directory / "images.txt").write_text(source)
            _layer(program, maps, made["parameters"], directory)
        else:
            _random(made["parameters"], settings, int(made["seed"]), directory)
    except (ConfigurationError, DataError) as problem:
        raise UserError(str(problem)) from problem
    return []


def _random(
    parameters: Mapping[str, Any], settings: Mapping[str, Any], seed: int, directory: Path
) -> None:
    """Random weights, and maps of all densities, for a layer of the bench's parameters."""
    random = np.random.default_rng(seed)
    shape = layer_of(parameters)
    shape.check()
    densities = [settings["density"] / 100] if "density" in settings else list(MIXTURE)
    images = int(settings.get("images", 6))
    maps = [random_map(shape, random, densities[i % len(densities)]) for i in range(images)]
    program = random_program(shape, random)
    _layer(program, torch.from_numpy(np.stack(maps)), parameters, directory)


def _layer(
    program: LayerProgram, maps: Tensor, parameters: Mapping[str, Any], directory: Path
) -> None:
    _write_memories(program, directory, "")
    named = dataclasses.replace(program, shape=dataclasses.replace(program.shape, name="layer"))
    dense = bool(parameters["Dense"])
    _write_expected([named], maps, dense, directory, parameters["OutValues"])


def _pipeline(settings: Mapping[str, Any], directory: Path) -> None:
    program, inputs, source = networks.program_and_inputs(settings)
    (directory / "images.txt").write_text(source)
    configuration = program.configuration
    for layer in program.layers:
        _write_memories(layer, directory, f"{layer.shape.name}_")
    maps = _write_expected(program.layers, inputs, configuration.dense, directory)
    if len(inputs) > 2 * EDGE_IMAGES:
        timing = pipeline(configuration, maps)
        write_json(directory / "interval.json", {"edge": EDGE_IMAGES, "cycles": timing.interval})


def _write_memories(program: LayerProgram, directory: Path, prefix: str) -> None:
    for stream, words in enumerate(weight_words(program)):
        (directory / f"{prefix}weights_{stream}.hex").write_text(weight_hex(words))
    (directory / f"{prefix}bias.hex").write_text(bias_hex(program.bias))


def _write_expected(
    layers: Sequence[LayerProgram], maps: Tensor, dense: bool, directory: Path, out_values: int = 1
) -> Run:
    """Write input and outputs of all layers (maps.npz), and their shapes and counts."""
    run = Run((), (), ())
    arrays = {"input": maps.numpy()}
    described = []
    for layer in layers:
        counts = layer.counts(maps)
        timing = time_layer(layer.shape, maps, dense=dense, out_values=out_values)
        described.append(
            {
                "name": layer.shape.name,
                "bits": 32 if layer.shape.logits else 8,
                "multipliers": layer.shape.multipliers,
                "products": (counts.dense if dense else counts.made).tolist(),
                "windows": _window_kinds(layer.shape, maps),
                "cycles": timing.ends[-1] - timing.starts[0] + 1,
            }
        )
        outputs = layer.outputs(maps)
        arrays[layer.shape.name] = outputs.numpy()
        run = Run((*run.inputs, maps), (*run.outputs, outputs), (*run.counts, counts))
        maps = outputs
    np.savez(directory / "maps.npz", allow_pickle=False, **arrays)
    write_json(directory / "layers.json", described)
    return run


def _window_kinds(shape: LayerConfiguration, maps: Tensor) -> dict[str, int]:
    """Count windows by what is in them: nothing, one value, no zero, or anything else."""
    live = networks.values_in_windows(maps, shape, dense=False)
    inside = networks.values_in_windows(maps, shape, dense=True)
    kinds = {"empty": live == 0, "one": live == 1, "full": (live == inside) & (live > 1)}
    counts = {kind: int(found.sum()) for kind, found in kinds.items()}
    return {**counts, "mixed": live.numel() - sum(counts.values())}
