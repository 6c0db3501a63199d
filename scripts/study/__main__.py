# SPDX-License-Identifier: Apache-2.0
"""What each block would do for a network of your own, layer by layer.

    python -m scripts.study --network my_net.py --data my_data.npz
    python -m scripts.study --network my_net.py --weights my_net.safetensors --data my_data.npz \\
        --liberty my_cells.lib --budget 0.5 --multipliers 32 --output build/study/mine

my_net.py defines network(), which returns a torch.nn.Sequential; my_data.npz holds
calibration_images, calibration_labels, test_images and test_labels. Writes index.html and
study.json. Products and accuracy are counted, cycles and energy are modelled; docs/study.md says
how, with a worked example.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from golden.architecture import ModelError
from golden.compiled import CompilerError
from golden.network import Layer
from scripts.errors import UserError
from scripts.files import write_json, write_text
from scripts.power import libraries
from scripts.project import ROOT
from scripts.study.blocks import blocks
from scripts.study.inputs import check_fit, read_data, read_network
from scripts.study.outcome import Outcome
from scripts.study.page import page
from scripts.study.prices import prices
from scripts.study.subject import Effort, Subject, quantised, real_correct

Say = Callable[[str], None]
GUESSING = 1.5  # times as good as chance: not trained
LARGE_LOSS = 2.0  # percentage points that quantisation alone should not cost


def study(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Run the whole study; the contents of study.json.

    Raises UserError and ModelError for input that cannot be used.
    """
    effort = Effort(options.budget, options.multipliers)
    model, data = read_network(options.network, options.weights), read_data(options.data)
    classes = check_fit(model, data, options.data)
    network = quantised(options.network.stem, model, data)
    _check(effort, len(network.layers))
    say(f"{network.name}: {len(network.layers)} layers, {len(data.test.labels)} test images")
    priced = prices(options.liberty)
    say(f"{priced.library}: {priced.mac_fj:,.0f} fJ for a multiply-accumulate")
    subject = Subject(network, data, priced, effort, say)
    real = real_correct(model, data)
    warned = list(warnings(subject, real, classes))
    for warning in warned:
        say(f"warning: {warning}")
    found: list[Outcome] = []
    for name, outcomes in blocks():
        say(name)
        found += outcomes(subject)
    files = (options.network, options.weights, options.data)
    return {
        "network": network.name,
        "inputs": {path.name: _digest(path) for path in files if path},
        "layers": [_layer(subject, layer) for layer in network.layers],
        "classes": classes,
        "images": {"calibration": len(data.calibration.labels), "test": len(data.test.labels)},
        "correct": {"real": real, "integer": subject.correct},
        "warnings": warned,
        "budget": effort.budget,
        "choosing_images": min(effort.choosing, len(data.calibration.labels)),
        "library": priced.library,
        "mac_fj": round(priced.mac_fj, 1),
        "outcomes": [outcome.record() for outcome in found],
    }


def warnings(subject: Subject, real: int, classes: int) -> Iterator[str]:
    """What makes the numbers worth little. real: test images right in floating point."""
    images = len(subject.data.test.labels)
    if real < GUESSING * images / classes:
        yield (
            f"the network is right for {real} of {images} images, which is hardly more than "
            f"guessing among {classes}: its accuracy and thresholds mean nothing; train it"
        )
    if 100 * (real - subject.correct) > LARGE_LOSS * images:
        yield (
            f"int8 is right for {subject.correct} images, floating point for {real}: the network "
            "may have been trained with other inputs than (pixel >> 1) / 127"
        )


def _check(effort: Effort, layers: int) -> None:
    if not 0 <= effort.budget <= 100:
        raise UserError(f"--budget {effort.budget:g} is not a percentage; use 0..100")
    if effort.multipliers is not None and effort.multipliers < layers:
        raise UserError(
            f"--multipliers {effort.multipliers} is too few for {layers} layers; "
            f"use {layers} or more"
        )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _layer(subject: Subject, layer: Layer) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "weights": list(layer.weights.shape),
        "activation": layer.activation,
        "pool": layer.pool,
        "products": subject.products(layer.name),
    }


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.study",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--network", type=Path, required=True, help="Python file with network()")
    parser.add_argument("--weights", type=Path, help="safetensors file of its state_dict")
    parser.add_argument("--data", type=Path, required=True, help="npz file of images and labels")
    parser.add_argument("--liberty", default="osu018", help=libraries.HELP)
    parser.add_argument(
        "--budget", type=float, default=Effort.budget,
        help="percentage points of accuracy that soft skipping may cost (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--multipliers", type=int, help="of sparse_stream's pipeline; default: searched"
    )
    parser.add_argument("--output", type=Path, help="folder; default: build/study/<network>")
    return parser.parse_args(arguments)


def _check_output(folder: Path) -> None:
    """Refuse a folder that cannot be written to before the study, which takes minutes."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise UserError(f"{nearest} is not a folder; give another --output")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UserError(f"{nearest} is not writable; give another --output")


def _write(folder: Path, found: dict[str, Any]) -> None:
    text = page(found)
    try:
        write_json(folder / "study.json", found)
        write_text(folder / "index.html", text)
    except OSError as error:
        raise UserError(f"{error}; give another --output") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 2 when the input cannot be used; then nothing was written."""
    options = _arguments(arguments)
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.1f} s] {text}", flush=True)

    try:
        folder = options.output or ROOT / "build" / "study" / options.network.stem
        _check_output(folder)
        found = study(options, say)
        _write(folder, found)
    except (UserError, ModelError, CompilerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}; make it readable, and build/ writable", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    say(f"wrote {folder / 'index.html'} and study.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
