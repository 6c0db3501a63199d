# SPDX-License-Identifier: Apache-2.0
"""msb_skip on a network: exact, zero and soft, and the unit that always multiplies four lanes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from golden.msb_skip import Mode
from golden.msb_skip_cycles import LANES, layer_cycles, layer_order
from golden.network import Layer, Network, Trace
from golden.packing import EMPTY
from scripts.study.inputs import Split
from scripts.study.outcome import LayerCost, Outcome
from scripts.study.subject import Subject
from scripts.study.thresholds import choose

BLOCK = "msb_skip"


@dataclass(frozen=True)
class Form:
    """One row of the table. prices: whose, see scripts/study/prices.py. unit: in words."""

    variant: str
    mode: Mode
    multipliers: int
    prices: str = BLOCK
    unit: str = "The unit"


SIMD4 = Form("simd4", Mode.EXACT, LANES, "simd4", "msb_skip_simd4, which always multiplies,")
EXACT = Form("exact", Mode.EXACT, 1)
ZERO = Form("zero", Mode.ZERO, 1)
SOFT = Form("soft", Mode.ABSOLUTE, 1)


def outcomes(subject: Subject) -> list[Outcome]:
    """The unit's opponent, its modes, and soft skipping within the accuracy budget."""
    found = [_outcome(subject, form, subject.network, subject.exact) for form in (SIMD4, EXACT)]
    found.append(_outcome(subject, ZERO, subject.network, subject.zero))
    effort, given = subject.effort, subject.data.calibration
    examples = Split(given.images[: effort.choosing], given.labels[: effort.choosing])
    soft = choose(subject.network, examples, effort.budget, subject.say)
    if soft is None:
        reason = f"even a threshold of 0 costs more than {effort.budget:g} points of accuracy"
        return [*found, Outcome(BLOCK, SOFT.variant, SOFT.multipliers, refused=reason)]
    return [*found, _outcome(subject, SOFT, soft, _run(subject, soft))]


def _run(subject: Subject, soft: Network) -> Trace:
    return soft.run(subject.data.test.images, Mode.ABSOLUTE)


def _outcome(subject: Subject, form: Form, network: Network, trace: Trace) -> Outcome:
    inputs = subject.inputs(trace)
    layers = tuple(
        _layer(subject, form, layer, inputs[layer.name], trace) for layer in network.layers
    )
    subject.say(f"msb_skip: {form.variant}")
    correct = trace.correct(subject.data.test.labels)
    cycles = sum(layer.cycles or 0.0 for layer in layers)
    how = (
        f"{form.unit} alone: cycles of its dot4 instructions (golden/msb_skip_cycles.py) on "
        f"{len(next(iter(inputs.values())))} test images, lanes packed as the firmware packs c3; "
        f"energy {subject.prices.error(form.prices)}"
    )
    error = subject.prices.worst_percent(form.prices)
    return Outcome(BLOCK, form.variant, form.multipliers, correct, layers, cycles, error, how)


def _layer(subject: Subject, form: Form, layer: Layer, inputs: Tensor, trace: Trace) -> LayerCost:
    order = layer_order(layer, tuple(inputs.shape[1:]))
    cycles = layer_cycles(layer, inputs, form.mode, order, form.multipliers)
    total = subject.products(layer.name)
    empty = int((order == EMPTY).sum()) * (total // layer.weights[0].numel())
    counts = trace.counts[layer.name]
    pairs = float(subject.zero.counts[layer.name].kept.double().mean())
    kept = float(counts.kept.double().mean())
    if form.mode == Mode.EXACT:
        energy = subject.prices.nj(form.prices, pair=pairs, zero=total - pairs + empty)
    else:
        energy = subject.prices.nj(form.prices, pair=kept, skipped=total - kept + empty)
    notes = {"threshold": layer.threshold} if form.mode == Mode.ABSOLUTE else {}
    return LayerCost(layer.name, total, kept, float(cycles.double().mean()), energy, notes)
