# SPDX-License-Identifier: Apache-2.0
"""What skipping costs: products skipped against images lost, as a plot for docs/msb_skip.md.

    python -m scripts.tradeoff     # docs/msb_skip_tradeoff.svg and build/bench/tradeoff.json

Curves: the rules applied without training to the plain network of seed 0, one threshold for all
layers; test images. Points: networks trained with the skip in the loop, against the plain network
and against the one of the same recipe; test images and, beside them, the held-out training images,
because only the latter were used to choose.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from golden.architecture import ModelError
from golden.datasets import DataError, mnist
from golden.msb_skip import Mode
from golden.network import LENETS, MODELS, Network, load
from golden.packing import lenet5_orders
from golden.train import HELD_OUT
from scripts.files import write_bytes, write_json
from scripts.project import ROOT
from scripts.report.data import Point

SEEDS = (0, 1, 2)
RULES = {
    Mode.ABSOLUTE: ("absolute, untrained", range(6, 11), "#b8860b"),
    Mode.RUNNING_MAXIMUM: ("running maximum, untrained", range(1, 5), "#1f77b4"),
    Mode.WINDOW_MAXIMUM: ("window maximum (two passes), untrained", range(1, 5), "#2ca02c"),
}
TRAINED = {
    "plain": ("trained, against plain", "o", "#c0392b"),
    "same": ("trained, against the same recipe", "s", "#6c3483"),
}
LOSS_LIMITS = (-25, 75)  # images of 10,000 that the plot shows
PLOT = ROOT / "docs" / "msb_skip_tradeoff.svg"
TABLE = ROOT / "build" / "bench" / "tradeoff.json"


@dataclass(frozen=True)
class Judge:
    """A set of images on which networks are compared."""

    name: str
    images: Tensor
    labels: Tensor

    def run(self, network: Network, mode: Mode) -> tuple[float, float]:
        """Products skipped in percent, and correct images scaled to 10,000."""
        trace = network.run(self.images, mode, lenet5_orders())
        correct = trace.correct(self.labels) * 10_000 / len(self.labels)
        return 100 - trace.share("kept"), correct


def judges() -> tuple[Judge, Judge]:
    """The test images and the held-out training images."""
    train, test = mnist("train"), mnist("test")
    if not (train.full and test.full):
        raise DataError(f"the trade-off needs MNIST, found only {test.source}")
    return (
        Judge("test", test.images, test.labels),
        Judge("held-out", train.images[HELD_OUT:], train.labels[HELD_OUT:]),
    )


def untrained(name: str, judge: Judge, progress: Callable[[str], None]) -> Iterator[Point]:
    """The rules on the plain network, one threshold for all layers."""
    network = load(name, "plain", SEEDS[0])
    _, exact = judge.run(network, Mode.EXACT)
    for mode, (label, thresholds, _) in RULES.items():
        for threshold in thresholds:
            layers = tuple(replace(layer, threshold=threshold) for layer in network.layers)
            skipped, correct = judge.run(replace(network, layers=layers), mode)
            progress(f"{name} {judge.name} {label} T={threshold}: {skipped:.1f} % skipped")
            yield Point(name, judge.name, label, f"T={threshold}", skipped, exact - correct)


def trained(name: str, judge: Judge, progress: Callable[[str], None]) -> Iterator[Point]:
    """Networks trained with the skip: the three seeds, and further operating points of seed 0."""
    exact = {
        (training, seed): judge.run(load(name, training, seed), Mode.EXACT)[1]
        for training in TRAINED
        for seed in SEEDS
    }
    models = [(load(name, "soft", seed), seed) for seed in SEEDS]
    others = sorted((MODELS / "tradeoff").glob(f"{name}-*.safetensors"))
    models += [(load(name, "soft", path=path), SEEDS[0]) for path in others]
    for network, seed in models:
        skipped, correct = judge.run(network, Mode.ABSOLUTE)
        thresholds = ",".join(str(layer.threshold) for layer in network.layers)
        progress(f"{name} {judge.name} trained T={thresholds}: {skipped:.1f} % skipped")
        for training, (label, _, _) in TRAINED.items():
            lost = exact[training, seed] - correct
            point = f"T={thresholds} seed {seed}"
            yield Point(name, judge.name, label, point, skipped, lost)


def draw(points: list[Point]) -> None:
    """One panel per network and set of images."""
    figure = Figure(figsize=(10, 7.5))
    panels = figure.subplots(2, 2, sharex="row", sharey=True, squeeze=False)
    for row, name in enumerate(LENETS):
        for column, images in enumerate(("test", "held-out")):
            panel = panels[row][column]
            _draw_panel(panel, [p for p in points if (p.network, p.images) == (name, images)])
            panel.set_title(f"{name}, {images} images", fontsize=10)
    for panel in panels[:, 0]:
        panel.set_ylabel("images lost of 10,000")
    for panel in panels[-1]:
        panel.set_xlabel("products skipped, % (zero operands included)")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    mpl.rcParams["svg.hashsalt"] = "lacuna"  # the same points give the same file
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    write_bytes(PLOT, file.getvalue())


def _draw_panel(panel: Axes, points: list[Point]) -> None:
    panel.axhline(0, color="#555555", linewidth=0.8)
    panel.grid(alpha=0.25)
    for label, _, color in RULES.values():
        curve = sorted((p.skipped, p.lost) for p in points if p.kind == label)
        skipped, lost = [x for x, _ in curve], [y for _, y in curve]
        panel.plot(skipped, lost, ".-", color=color, label=label, linewidth=1.2)
    for label, marker, color in TRAINED.values():
        cloud = [p for p in points if p.kind == label]
        skipped, lost = [p.skipped for p in cloud], [p.lost for p in cloud]
        panel.scatter(skipped, lost, s=26, marker=marker, color=color, label=label)
    panel.set_ylim(*LOSS_LIMITS)


def main() -> None:
    """Measure every point, write the table and the plot."""
    argparse.ArgumentParser(
        prog="python -m scripts.tradeoff",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()

    def progress(line: str) -> None:
        print(line, flush=True)

    points: list[Point] = []
    for judge in judges():
        for name in LENETS:
            points += trained(name, judge, progress)
            if judge.name == "test":
                points += untrained(name, judge, progress)
    write_json(TABLE, {"points": [asdict(point) for point in points]})
    draw(points)
    progress(f"wrote {TABLE.relative_to(ROOT)} and {PLOT.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except (DataError, ModelError) as error:
        sys.exit(f"error: {error}")
