# SPDX-License-Identifier: Apache-2.0
"""What hardware is measured against: arithmetic alone, with all products and without the zeros.

No block: nothing fetches, decides or controls here, so there are no cycles. `zero skipped` is the
least that any hardware can spend on arithmetic that leaves out products with a zero operand.
"""

from __future__ import annotations

from golden.network import Trace
from scripts.study.outcome import LayerCost, Outcome
from scripts.study.subject import Subject

HOW = "Multiply-accumulates of rtl/common/mac.sv and nothing else, measured in this library"


def outcomes(subject: Subject) -> list[Outcome]:
    """Every product, and the products without a zero operand (the bound of zero skipping)."""
    return [
        _outcome(subject, "every product", subject.exact),
        _outcome(subject, "zero skipped", subject.zero),
    ]


def _outcome(subject: Subject, variant: str, trace: Trace) -> Outcome:
    layers = []
    for name, counts in trace.counts.items():
        made = float(counts.kept.double().mean())
        energy = subject.prices.mac_nj(made)
        layers.append(LayerCost(name, subject.products(name), made, energy_nj=energy))
    return Outcome("arithmetic", variant, None, subject.correct, tuple(layers), how=HOW)
