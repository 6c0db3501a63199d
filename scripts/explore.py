# SPDX-License-Identifier: Apache-2.0
"""Finds the best sparse_stream hardware for a network and a number of multipliers.

    python -m scripts.explore --network lenet5-relu --multipliers 25
    python -m scripts.explore --network lenet5-relu --multipliers 25 --dense --out dense.json
    python -m scripts.explore --network lenet5-relu --multipliers 32 --plot front.svg

Hardware is chosen on training images by the cycle model, layer by layer; FIFOs are then made as
shallow as the pipeline allows. What is printed about it was measured on test images. It is compared
with the same search for the dense twin (--dense: the other way round), with equal shares of the
multipliers for all layers, and with the shares of the dense twin.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from golden.architecture import ModelError
from golden.cifar import cifar10
from golden.compiled import CompilerError
from golden.datasets import DataError, mnist
from golden.network import Network, load
from golden.sparse_stream import Run, bind, describe
from golden.sparse_stream_config import Configuration, ConfigurationError, to_json
from golden.sparse_stream_cycles import EDGE_IMAGES, PipelineTiming, alone, pipeline
from golden.sparse_stream_fifos import smallest
from golden.sparse_stream_search import MOST_SLOTS, Space
from scripts.errors import UserError
from scripts.explore_plot import Front, Point, draw
from scripts.files import write_bytes, write_text

# By the first word of a network's name: its images, and how many are usually enough.
DATA_SETS: dict[str, tuple[Callable[[str], Any], int]] = {
    "lenet5": (mnist, 100),
    "vgg16": (cifar10, 8),
}
FRONT_POINTS = 14
FRONT_REACH = 2  # the plot goes to so many times the multipliers asked for
FIFO_LOSS = 0.01


@dataclass(frozen=True)
class Images:
    """uint8 images: to choose by, and to report on."""

    train: Tensor
    test: Tensor


@dataclass(frozen=True)
class Explorer:
    """A network, its images, and all hardware for it."""

    network: Network
    images: Images
    base: Configuration
    sparse: Space
    dense: Space

    def space(self, dense: bool) -> Space:
        """Hardware that multiplies zeros, or hardware that does not."""
        return self.dense if dense else self.sparse

    def run(self, configuration: Configuration, images: Tensor) -> Run:
        """Feature maps in the channel orders of the configuration."""
        return bind(configuration, self.network).run(images)

    def best(self, multipliers: int, *, dense: bool) -> Configuration:
        """The search's choice, with FIFOs; raises UserError if there are too few multipliers."""
        found = self.space(dense).fastest(multipliers)
        if found is None:
            count = len(self.base.layers)
            raise UserError(
                f"{multipliers} multipliers are too few for {count} layers; use {count} or more"
            )
        return self.with_fifos(found)

    def with_fifos(self, configuration: Configuration) -> Configuration:
        """Choose the depths of the FIFOs on the training images."""
        return smallest(configuration, self.run(configuration, self.images.train), FIFO_LOSS)

    def measured(self, configuration: Configuration) -> PipelineTiming:
        """The pipeline on the test images."""
        return pipeline(configuration, self.run(configuration, self.images.test))


def explorer(
    name: str, training: str, seed: int, count: int | None, slots: int = MOST_SLOTS
) -> Explorer:
    """Load a network and `count` images of either kind; run the training images."""
    if count is not None and count < 2:
        raise UserError(f"{count} images have no interval between them; use --images 2 or more")
    if slots < 1:
        raise UserError(f"--slots {slots} leaves no hardware; use 1 or more")
    network, images = load(name, training, seed), images_of(name, count)
    side = images.train.shape[-1]
    base = describe(network, side, name, training=training, seed=seed)
    run = bind(base, network).run(images.train)
    sparse, dense = (Space(base, run, dense=zeros, slots=slots) for zeros in (False, True))
    return Explorer(network, images, base, sparse, dense)


def images_of(network: str, count: int | None) -> Images:
    """The first images of a network's data set, and those that keep a pipeline full."""
    for prefix, (data_set, usual) in DATA_SETS.items():
        if network.startswith(prefix):
            train, test = data_set("train"), data_set("test")
            if not (train.full and test.full):
                raise UserError(f"{network} needs its data set, found only {test.source}")
            more = (usual if count is None else count) + 2 * EDGE_IMAGES
            return Images(train.images[:more], test.images[:more])
    raise UserError(f"no data set for '{network}'; use a network of: {', '.join(DATA_SETS)}")


def report(explorer: Explorer, chosen: Configuration, say: Callable[[str], None]) -> None:
    """Print the chosen hardware, layer by layer, and what the pipeline does on test images."""
    run = explorer.run(chosen, explorer.images.test)
    timing, layers = pipeline(chosen, run), alone(chosen, run)
    say(f"{chosen.name}: {_summary(chosen, timing)} ({timing.images} test images)")
    say("layer       streams lanes pixels slots columns queue banks fifo   alone  density  stalled")
    for shape, one, counts in zip(chosen.layers, layers, run.counts, strict=True):
        interval = (one.ends[-1] - one.ends[0]) / (len(one.ends) - 1)
        # What the layer would do with full queues and free banks is the rest.
        stalled = 1 - one.working / (one.streams * one.cycles)
        say(
            f"{shape.name:<12}{shape.streams:6}{shape.lanes:6}{shape.pixels:7}{shape.slots:6}"
            f"{shape.columns:8}{shape.queue:6}{shape.banks:6}{shape.fifo:5}{interval:8,.0f}"
            f"{counts.density:9.3f}{stalled:8.1%}"
        )


def compare(explorer: Explorer, chosen: Configuration, say: Callable[[str], None]) -> None:
    """Print the chosen hardware's gain over others of no more multipliers, on test images."""
    budget, count = chosen.multipliers, len(chosen.layers)
    own = explorer.measured(chosen)
    twin = explorer.best(budget, dense=not chosen.dense)
    others = {"equal shares": explorer.space(chosen.dense).shared([budget // count] * count)}
    if not chosen.dense:
        shares = [layer.multipliers for layer in twin.layers]
        others["shares of the dense twin"] = explorer.sparse.shared(shares)
    for name, other in others.items():
        fitted = explorer.with_fifos(other)
        timing = explorer.measured(fitted)
        gain = timing.interval / own.interval
        say(f"{name}: {_summary(fitted, timing)}; the search is {gain:.2f} times as fast")
    twins = explorer.measured(twin)
    say(f"{'sparse' if chosen.dense else 'dense'} twin: {_summary(twin, twins)}")
    sparse, dense = (twins, own) if chosen.dense else (own, twins)
    speed_up = dense.interval / sparse.interval
    density = explorer.run(explorer.base, explorer.images.test).density
    say(f"sparse over dense: {speed_up:.2f} times")
    say(f"density {density:.4f} allows {1 / density:.2f} at equal utilisation, of which this is "
        f"{speed_up * density:.3f}")  # fmt: skip
    ideal = explorer.dense.work / budget
    say(f"a dense twin that is never idle: {ideal / sparse.interval:.2f} times, "
        f"{ideal / sparse.interval * density:.3f}")  # fmt: skip


def _summary(configuration: Configuration, timing: PipelineTiming) -> str:
    return (
        f"{configuration.multipliers} multipliers, {timing.interval:,.0f} cycles per image, "
        f"utilisation {timing.utilisation:.3f}"
    )


def fronts(explorer: Explorer, most: int, say: Callable[[str], None]) -> list[Front]:
    """Intervals of the search, of equal shares and of the dense twin; each layer on its own."""
    least = len(explorer.base.layers)
    ratio = (most / least) ** (1 / (FRONT_POINTS - 1))
    budgets = sorted({round(least * ratio**step) for step in range(FRONT_POINTS)})
    labels = ("sparse, searched", "sparse, equal shares", "dense, searched", "dense, equal shares")
    found: dict[str, list[Point]] = {label: [] for label in labels}
    for budget in budgets:
        for label in labels:
            space = explorer.space(label.startswith("dense"))
            equal = [budget // least] * least
            one = space.shared(equal) if label.endswith("shares") else space.fastest(budget)
            if one is not None:
                used, interval = one.multipliers, space.interval(one)
                point = Point(used, interval, space.work / (used * interval))
                found[label].append(point)
                say(f"{label}, at most {budget}: {used} multipliers, {interval:,.0f} cycles, "
                    f"utilisation {point.utilisation:.3f}")  # fmt: skip
    return [Front(label, tuple(points)) for label, points in found.items()]


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.explore",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--network", default="lenet5-relu", help="model that golden.network loads")
    parser.add_argument("--training", default="plain", help="how the model was trained")
    parser.add_argument("--seed", type=int, default=0, help="of the model's training")
    parser.add_argument("--multipliers", type=int, required=True, help="most that may be used")
    parser.add_argument("--slots", type=int, default=MOST_SLOTS, help="most slots of a layer")
    parser.add_argument("--dense", action="store_true", help="search for the dense twin")
    parser.add_argument("--images", type=int, help="to choose by, and to report on")
    parser.add_argument("--plot", type=Path, help="SVG file for the front")
    parser.add_argument("--out", type=Path, help="JSON file for the configuration")
    return parser.parse_args()


def main() -> int:
    """Search, report, compare, plot, write."""
    options = arguments()

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        found = explorer(
            options.network, options.training, options.seed, options.images, options.slots
        )
        chosen = found.best(options.multipliers, dense=options.dense)
        kind = "dense" if options.dense else "sparse"
        chosen = replace(chosen, name=f"{options.network}-{kind}")
        report(found, chosen, say)
        compare(found, chosen, say)
        if options.out:
            write_text(options.out, to_json(chosen))
            say(f"wrote {options.out}")
        if options.plot:
            curves = fronts(found, FRONT_REACH * options.multipliers, say)
            write_bytes(options.plot, draw(options.network, curves))
            say(f"wrote {options.plot}")
    except (UserError, ConfigurationError, ModelError, DataError, CompilerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}; give another --out or --plot", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
