# SPDX-License-Identifier: Apache-2.0
"""Figures of whole networks on sparse_stream: utilisation, operations per DSP, accuracy.

Pipelines of lenet5-relu are measured in RTL; a VGG layer by layer in RTL, its pipeline by the cycle
model. Each run compares every value of every layer with the golden model, and a run that differs
raises, so a figure exists only for results that are bit-exact.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from golden.examples import examples
from golden.inference import accuracy
from golden.network import load
from golden.sparse_stream import Run, program
from golden.sparse_stream_config import CONFIGURATIONS, Configuration, read
from golden.sparse_stream_cycles import pipeline
from scripts.figure import Figure
from scripts.files import write_text
from scripts.fpga import Resources, resources
from scripts.generate import top
from scripts.progress import cores
from scripts.project import ROOT
from scripts.simulate import Result, simulate
from verif.sparse_stream.shapes import parameters

BLOCK = "sparse_stream"
SOURCE = "arXiv 2307.07821"
PUBLISHED = 1.93  # the most of 1.41 to 1.93 times the GOP/s/DSP of rivals
LENET, VGG = "lenet5-relu", "vgg16-cifar10"
PIPELINE_IMAGES = 24
MODEL_IMAGES = 60
FIFO_RULES = {
    LENET: "the smallest that together lose at most 1 % of the pace",
    VGG: "one image, where that is at most 16 KB; deeper ones gain nothing",
}
# Requantisation in the count of resources: any that is not a power of two.
ANY_FACTOR = 1_518_500_249

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Twins:
    """A network's two pipelines and what the golden model says of images through them."""

    network: str
    training: str
    sparse: Configuration
    dense: Configuration
    run: Run
    dense_run: Run

    @property
    def title(self) -> str:
        """Name of the network and of its training."""
        return f"{self.network} {self.training}"


def sparse_stream_figures(progress: Progress) -> list[Figure]:
    """Run every simulation that the figures need, on all cores, and return the figures."""
    lenet = twins(LENET, "plain", PIPELINE_IMAGES)
    figures = [*_lenet(lenet, progress)]
    for training in ("plain", "sparse"):
        if (CONFIGURATIONS / f"{configuration_name(VGG, training, 'sparse')}.json").is_file():
            figures += _vgg(twins(VGG, training, MODEL_IMAGES), progress)
    return figures


def configuration_name(network: str, training: str, kind: str) -> str:
    """Name of a committed configuration; kind: "sparse" or "dense"."""
    middle = "" if training == "plain" else f"-{training}"
    return f"{network}{middle}-{kind}"


def twins(network: str, training: str, images: int) -> Twins:
    """Read the committed configurations and run test images through the golden model."""
    sparse, dense = (
        read(CONFIGURATIONS / f"{configuration_name(network, training, kind)}.json")
        for kind in ("sparse", "dense")
    )
    maps = examples(network, "test").images[:images]
    run, dense_run = program(sparse).run(maps), program(dense).run(maps)
    return Twins(network, training, sparse, dense, run, dense_run)


def generated(configuration: Configuration) -> Path:
    """Write the top module of a configuration, below build/."""
    path = ROOT / "build" / BLOCK / configuration.name / "sparse_stream_net.sv"
    write_text(path, top(configuration))
    return path


def _width(network: str, training: str) -> float:
    """Channels of the first layer as a share of VGG-16's 64; 1 for other networks."""
    return len(load(network, training).layers[0].weights) / 64 if network == VGG else 1.0


@functools.cache
def _resources(configuration: Configuration) -> Resources:
    """Of the generated pipeline; of a VGG, where that takes Yosys too long, of its layers alone."""
    if configuration.network != VGG:
        return resources(BLOCK, top="sparse_stream_net", extra=[generated(configuration)])
    own = [
        parameters(replace(layer, multiplier=ANY_FACTOR), dense=configuration.dense, out_values=1)
        for layer in configuration.layers
    ]
    with ThreadPoolExecutor(cores()) as pool:
        found = list(pool.map(lambda values: resources(BLOCK, values), own))
    return Resources(*(sum(getattr(one, kind) for one in found) for kind in ("dsp", "lut", "ff")))


def _conditions(pair: Twins, configuration: Configuration, source: str) -> dict[str, Any]:
    found = _resources(configuration)
    return {
        "training": pair.training,
        "width": _width(pair.network, pair.training),
        "images": len(pair.run.outputs[0]),
        "density": round(pair.run.density, 4),
        "multipliers": configuration.multipliers,
        "lanes": [layer.lanes * layer.pixels for layer in configuration.layers],
        "dsp": found.dsp,
        "lut": found.lut,
        "ff": found.ff,
        "source": source,
    }


# ---- A whole pipeline in RTL ----


def _lenet(pair: Twins, progress: Progress) -> Iterator[Figure]:
    runs = {
        kind: simulate(
            BLOCK, "Pipeline",
            settings={
                "configuration": configuration_name(LENET, "plain", kind),
                "images": PIPELINE_IMAGES,
            },
        )
        for kind in ("sparse", "dense")
    }  # fmt: skip
    progress(f"{LENET}: two pipelines in RTL")
    intervals = {}
    for kind, configuration in (("sparse", pair.sparse), ("dense", pair.dense)):
        counts = runs[kind].counts
        last = configuration.layers[-1].name
        intervals[kind] = counts[f"steady_cycles_{last}"] / counts["steady_images"]
        products = sum(counts[f"steady_products_{layer.name}"] for layer in configuration.layers)
        busy = products / (configuration.multipliers * counts[f"steady_cycles_{last}"])
        yield Figure(
            name="multiplier_utilisation",
            network=LENET,
            value=round(busy, 4),
            unit="ratio",
            conditions={
                "pipeline": kind,
                "by_layer": _by_layer(configuration, counts, last),
                **_conditions(pair, configuration, "rtl"),
            },
        )
    yield from _per_dsp(pair, intervals, "rtl")
    yield from _fifos(pair)
    yield _checked(LENET, pair.sparse, PIPELINE_IMAGES, "layers_checked", len(pair.sparse.layers))
    yield _checked(LENET, pair.sparse, PIPELINE_IMAGES, "images_checked", PIPELINE_IMAGES)
    yield from _alone(pair, progress)


def _by_layer(configuration: Configuration, counts: Mapping[str, int], last: str) -> dict[str, Any]:
    cycles = counts[f"steady_cycles_{last}"]
    return {
        layer.name: round(counts[f"steady_products_{layer.name}"] / layer.multipliers / cycles, 4)
        for layer in configuration.layers
    }


def _per_dsp(pair: Twins, interval: Mapping[str, float], source: str) -> Iterator[Figure]:
    """Dense operations per cycle and DSP over the dense twin's, and against 1 / density."""
    sparse, dense = _resources(pair.sparse), _resources(pair.dense)
    ratio = interval["dense"] / interval["sparse"] * dense.dsp / sparse.dsp
    conditions = {
        **_conditions(pair, pair.sparse, source),
        "cycles_per_image": round(interval["sparse"]),
        "dense_cycles_per_image": round(interval["dense"]),
        "dense_multipliers": pair.dense.multipliers,
        "dense_dsp": dense.dsp,
        "dense_lut": dense.lut,
        "dense_ff": dense.ff,
    }
    yield Figure(
        name="gops_per_dsp_vs_dense",
        network=pair.network,
        value=round(ratio, 3),
        unit="x",
        against="the dense twin, its own best schedule",
        reference=PUBLISHED,
        source=SOURCE,
        conditions=conditions,
    )
    yield Figure(
        name="share_of_bound",
        network=pair.network,
        value=round(ratio * pair.run.density, 4),
        unit="ratio",
        against="1 / density, weighted by products",
        conditions=conditions,
    )
    ideal = sum(int(c.dense.sum()) for c in pair.run.counts) / len(pair.run.outputs[0])
    yield Figure(
        name="share_of_ideal_dense",
        network=pair.network,
        value=round(ideal / pair.sparse.multipliers / interval["sparse"] * pair.run.density, 4),
        unit="ratio",
        against="a dense twin whose multipliers never rest, times 1 / density",
        conditions=conditions,
    )


def _fifos(pair: Twins) -> Iterator[Figure]:
    for layer in pair.sparse.layers:
        yield Figure(
            name="fifo_depth_for_1_percent_stall",
            network=pair.network,
            value=layer.fifo,
            unit="beats",
            conditions={
                "training": pair.training,
                "stage": layer.name,
                "beat": layer.beat,
                "chosen": FIFO_RULES[pair.network],
            },
        )


def _checked(
    network: str, configuration: Configuration, images: int, name: str, value: int
) -> Figure:
    return Figure(
        name=name,
        network=network,
        value=value,
        unit=name.partition("_")[0],
        conditions={"training": configuration.training, "images": images, "source": "rtl"},
    )


# ---- Layers on their own in RTL ----


def _alone(pair: Twins, progress: Progress) -> Iterator[Figure]:
    """How far the cycle model is from the RTL, layer by layer, on one real image."""
    names = [layer.name for layer in pair.sparse.layers]
    with ThreadPoolExecutor(cores()) as pool:
        runs = list(pool.map(lambda name: _layer(pair, name, progress), names))
    errors = {
        name: round(100 * abs(run.counts["cycles_layer"] / run.counts["predicted_layer"] - 1), 3)
        for name, run in zip(names, runs, strict=True)
    }
    yield Figure(
        name="cycle_model_error",
        network=pair.network,
        value=max(errors.values()),
        unit="%",
        against="the RTL, worst layer, each on its own",
        conditions={"training": pair.training, "by_layer": errors, "images": 1},
    )
    if pair.network == LENET:
        return
    busy = {
        name: round(
            run.counts["products_layer"] / layer.multipliers / run.counts["cycles_layer"], 4
        )
        for name, layer, run in zip(names, pair.sparse.layers, runs, strict=True)
    }
    yield Figure(
        name="multiplier_utilisation_of_layers",
        network=pair.network,
        value=min(busy.values()),
        unit="ratio",
        against="the least busy layer on its own, whole maps, fill and drain included",
        conditions={"by_layer": busy, **_conditions(pair, pair.sparse, "rtl"), "images": 1},
    )
    yield _checked(pair.network, pair.sparse, 1, "layers_checked", len(names))
    yield _checked(pair.network, pair.sparse, 1, "images_checked", 1)


def _layer(pair: Twins, name: str, progress: Progress) -> Result:
    settings = {"configuration": pair.sparse.name, "layer": name, "images": 1}
    result = simulate(BLOCK, "NetworkLayer", settings=settings)
    progress(f"{pair.title} {name}: {result.cycles:,} cycles")
    return result


# ---- A VGG: the pipeline by the cycle model ----


def _vgg(pair: Twins, progress: Progress) -> Iterator[Figure]:
    timing = {
        "sparse": pipeline(pair.sparse, pair.run),
        "dense": pipeline(pair.dense, pair.dense_run),
    }
    progress(f"{pair.title}: two pipelines by the cycle model")
    for kind, configuration in (("sparse", pair.sparse), ("dense", pair.dense)):
        yield Figure(
            name="multiplier_utilisation",
            network=pair.network,
            value=round(timing[kind].utilisation, 4),
            unit="ratio",
            conditions={"pipeline": kind, **_conditions(pair, configuration, "model")},
        )
    intervals = {kind: one.interval for kind, one in timing.items()}
    yield from _per_dsp(pair, intervals, "model")
    yield from _fifos(pair)
    if pair.training == "plain":
        yield from _alone(pair, progress)
    yield _accuracy(pair)


def _accuracy(pair: Twins) -> Figure:
    test = examples(pair.network, "test")
    network = load(pair.network, pair.training)
    correct = accuracy(network, test.images, test.labels)
    return Figure(
        name="accuracy",
        network=pair.network,
        value=round(100 * correct / len(test.labels), 2),
        unit="%",
        conditions={
            "training": pair.training,
            "images": len(test.labels),
            "width": _width(pair.network, pair.training),
            "arithmetic": "int8",
            "data": test.source,
        },
    )
