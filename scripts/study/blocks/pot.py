# SPDX-License-Identifier: Apache-2.0
"""pot on a network: weights rounded to powers of two, and to the levels of its uniform twin.

Rounding is all that happens here; a network that is trained for its levels loses far less.
"""

from __future__ import annotations

from golden.architecture import ModelError
from golden.msb_skip import Mode
from golden.pot import Form
from golden.pot_cycles import cycles
from golden.pot_engine import Engine, Operation
from golden.pot_nearest import nearest
from golden.pot_program import Program, compile_network
from scripts.study.outcome import LayerCost, Outcome
from scripts.study.subject import Subject

BLOCK = "pot"
FORMS = {  # engine, and what its products are called in scripts/study/prices.json
    "powers of two": (Engine(Form.POT, 3), "shifted"),
    "uniform, 4 bits": (Engine(Form.MAGNITUDE), "multiplied"),
}


def outcomes(subject: Subject) -> list[Outcome]:
    """Both forms, on the same engine."""
    return [_outcome(subject, variant, *form) for variant, form in FORMS.items()]


def _outcome(subject: Subject, variant: str, engine: Engine, product: str) -> Outcome:
    images = subject.data.test.images[: subject.effort.sample]
    try:
        network = nearest(subject.network, engine)
        program = compile_network(network, images, engine)
    except (ModelError, ValueError) as error:
        return Outcome(BLOCK, variant, refused=str(error))
    trace = network.run(subject.data.test.images, Mode.EXACT)
    layers, total = _layers(subject, program, product, len(images))
    subject.say(f"pot: {variant}")
    how = (
        f"Weights rounded, not trained. Cycles by golden/pot_cycles.py, {len(images)} test images "
        "in a row, loading and storing included; multiplied are the products whose weight is not "
        f"zero, of which powers of two take a shift each; energy {subject.prices.error(BLOCK)}"
    )
    return Outcome(
        BLOCK, variant, engine.lanes * engine.columns, trace.correct(subject.data.test.labels),
        layers, total / len(images), subject.prices.worst_percent(BLOCK), how,
    )  # fmt: skip


def _layers(
    subject: Subject, program: Program, product: str, images: int
) -> tuple[tuple[LayerCost, ...], int]:
    """Costs of the layers, and the cycles of everything."""
    taken = cycles([step.command for step in program.steps], program.engine)
    layers = []
    for name, count in program.counts().items():
        own = sum(
            spent
            for step, spent in zip(program.steps, taken, strict=True)
            if step.name == name and step.command.operation is Operation.LAYER
        )
        made = count.useful / images
        energy = subject.prices.nj(BLOCK, **{product: made}, cycle=own / images)
        layers.append(LayerCost(name, subject.products(name), made, own / images, energy))
    return tuple(layers), sum(taken)
