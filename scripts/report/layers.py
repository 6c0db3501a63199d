# SPDX-License-Identifier: Apache-2.0
"""What is known of a network layer by layer: products, cycles, energy, mismatches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.figure import Figure
from scripts.kinds import kind
from scripts.labels import Headline, condition, distinction
from scripts.report.canvas import Plot
from scripts.report.data import Block, Data, Inference
from scripts.report.plots import Stack, stacks
from scripts.report.techniques import DEFAULT_LIBRARY

# What becomes of products: its colour, its words. Two sets, for what looks at activations and what
# looks at weights.
FATES = {
    "kept": "s1", "soft_skipped": "s2", "zero_skipped": "s7", "useful": "s1", "zero_weight": "s7",
}  # fmt: skip
_FATE_WORDS = {
    "kept": "multiplied", "soft_skipped": "too small", "zero_skipped": "zero operand",
    "useful": "weight not zero", "zero_weight": "weight zero",
}  # fmt: skip
PARTS = {
    "core": "s6", "unit": "s1", "multipliers": "s4", "leading-one detectors": "s5",
    "bus, device": "s7", "clock": "s2", "RAM": "s3",
}  # fmt: skip
# Of figures that are told by layer in many conditions, the columns shown.
_SHOWN = {
    "cycles_per_inference": Headline("cycles_per_inference", {"multipliers": (1,)}),
    "energy_per_inference": Headline(
        "energy_per_inference",
        {
            "library": (DEFAULT_LIBRARY,),
            "level": ("engine",),
            "form": ("pot", "booth"),
            "training": ("pot3", "uniform4"),
        },
    ),
}
_SUMS = {"nj": f"energy, nJ, {DEFAULT_LIBRARY}", "cycles": "cycles"}  # over layers
_TINTS = ("s7", "s1", "s2", "s3")
_MEAN = ", mean over the test images"
POWERED = ("msb_skip",)  # blocks that `make power` takes
_CHECKED = ("rtl_images_checked", "layers_checked", "images_checked", "engine_images_checked")


@dataclass(frozen=True)
class LayerColumn:
    """Values of one quantity. group: what stands above it; title: its own name.

    adds: the sum over the layers means something.
    """

    group: str
    title: str
    values: Mapping[str, float]
    adds: bool = False


@dataclass(frozen=True)
class Layers:
    """All that one block has measured of a network's layers."""

    block: str
    names: Sequence[str]
    columns: Sequence[LayerColumn]
    plots: Sequence[Plot]
    missing: Sequence[tuple[str, str]]


def layers(data: Data, network: str) -> list[Layers]:
    """Return the layers of a network as each block sees them; blocks that do not are left out."""
    found = []
    for block in data.blocks.values():
        figures = [
            figure
            for figure in block.figures or ()
            if figure.network == network
            and (figure.name not in _SHOWN or _SHOWN[figure.name].holds(figure))
        ]
        mine = [each for each in data.inferences if each.block == block.name]
        priced = _priced([each for each in mine if each.network == network])
        columns = [*_columns(figures), *_energy_columns(priced)]
        columns += _mismatches(figures, columns)
        if not columns:
            continue
        names = list(dict.fromkeys(name for column in columns for name in column.values))
        spent = _parts(block, priced) if priced else _energies(block, columns)
        plots = [*_fates(block, figures), *spent]
        found.append(Layers(block.name, names, columns, plots, _missing(block, columns)))
    return found


def _columns(figures: Sequence[Figure]) -> Iterator[LayerColumn]:
    """Every condition that is told by layer, products first."""
    for figure in figures:
        for fate, values in _by_layer(figure).items():
            if fate in FATES:
                training = condition("training", figure.conditions.get("training", ""))
                group = f"products, {training}" if len(_fate_figures(figures)) > 1 else "products"
                yield LayerColumn(group, _FATE_WORDS[fate], values, adds=True)
    for quantity in dict.fromkeys(name for figure in figures for name in _by_layer(figure)):
        if quantity not in FATES:
            yield from _quantity(quantity, figures)


def _quantity(quantity: str, figures: Sequence[Figure]) -> Iterator[LayerColumn]:
    """One quantity, as all figures tell it."""
    for figure in figures:
        if (values := _by_layer(figure).get(quantity)) is not None:
            group = _SUMS.get(quantity, f"{kind(figure.name).text}, {figure.unit}")
            yield LayerColumn(group, distinction(figure, figures), values, quantity in _SUMS)


def _by_layer(figure: Figure) -> dict[str, Mapping[str, float]]:
    """Its conditions that are told by layer, by what they tell; not those that are no numbers."""
    return {
        name.removesuffix("by_layer").rstrip("_"): values
        for name, values in figure.conditions.items()
        if name.endswith("by_layer")
        and isinstance(values, dict)
        and all(isinstance(value, (int, float)) for value in values.values())
    }


def _fate_figures(figures: Sequence[Figure]) -> list[Figure]:
    return [figure for figure in figures if _by_layer(figure).keys() & FATES]


def _priced(inferences: Sequence[Inference]) -> list[Inference]:
    """The baseline and the cheapest inference in one library: what the energy columns compare."""
    if not inferences:
        return []
    default = [each for each in inferences if each.library.startswith(DEFAULT_LIBRARY)]
    library = (default or inferences)[0].library
    mine = [each for each in inferences if each.library == library]
    exact = [each for each in mine if each.mode == "exact" and each.unit != "simd4"]
    best = min(mine, key=lambda each: each.loop_nj)
    return [*exact[:1], best] if exact and best is not exact[0] else [best]


def _energy_columns(priced: Sequence[Inference]) -> Iterator[LayerColumn]:
    for each in priced:
        values = {layer.layer: sum(layer.nj.values()) for layer in each.layers}
        rounded = {name: round(value, 1) for name, value in values.items()}
        group = f"energy, nJ, {each.library.removesuffix('_stdcells')}"
        yield LayerColumn(group, _mode(each), rounded, adds=True)


def _mode(each: Inference) -> str:
    return condition("mode", each.mode)


def _mismatches(figures: Sequence[Figure], columns: Sequence[LayerColumn]) -> list[LayerColumn]:
    """A figure of checked images exists only if each value of every layer was equal.

    Rows without products, as of transfers, are no layers: nothing was compared there.
    """
    if not any(figure.name in _CHECKED for figure in figures):
        return []
    made = [column for column in columns if column.group.startswith("products")] or columns
    names = list(dict.fromkeys(name for column in made for name in column.values))
    return [LayerColumn("mismatches", "RTL vs golden", dict.fromkeys(names, 0), adds=True)]


def _missing(block: Block, columns: Sequence[LayerColumn]) -> list[tuple[str, str]]:
    """What the table should have and has not, with the command that makes it, if there is one."""
    groups = " ".join(column.group for column in columns)
    bench = f"make bench BLOCK={block.name}"
    power = f"make power BLOCK={block.name}" if block.name in POWERED else ""
    wanted = {"products": bench, "energy": power, "mismatches": bench}
    return [(word, command) for word, command in wanted.items() if word not in groups]


def _fates(block: Block, figures: Sequence[Figure]) -> Iterator[Plot]:
    for figure in _fate_figures(figures):
        fates = {fate: v for fate, v in _by_layer(figure).items() if fate in FATES}
        names = dict.fromkeys(name for values in fates.values() for name in values)
        bars = [
            Stack(name, {_FATE_WORDS[fate]: v.get(name, 0.0) for fate, v in fates.items()})
            for name in names
        ]
        training = condition("training", figure.conditions.get("training", ""))
        which = f", weights {training}" if training else ""
        caption = f"Products of one image{_MEAN if 'kept' in fates else ''}{which}."
        tints = {_FATE_WORDS[fate]: FATES[fate] for fate in fates}
        yield stacks(f"fates-{block.name}-{training}", bars, tints, "products", caption)


def _energies(block: Block, columns: Sequence[LayerColumn]) -> Iterator[Plot]:
    """Layer by layer, one bar for each energy that figures tell."""
    told = [column for column in columns if column.group == _SUMS["nj"]]
    if not told:
        return
    bars = [
        Stack("" if number else name, {column.title: column.values[name] / 1e3})
        for name in told[0].values
        for number, column in enumerate(told)
        if name in column.values
    ]
    tints = {column.title: tint for column, tint in zip(told, _TINTS, strict=False)}
    caption = f"Energy of one inference by layer, µJ, {DEFAULT_LIBRARY}."
    yield stacks(f"energies-{block.name}", bars, tints, "µJ", caption)


def _parts(block: Block, priced: Sequence[Inference]) -> Iterator[Plot]:
    names = dict.fromkeys(layer.layer for each in priced for layer in each.layers)
    bars = [
        Stack(f"{name} {_mode(each)}", {part: nj / 1e3 for part, nj in layer.nj.items()})
        for name in names
        for each in priced
        for layer in each.layers
        if layer.layer == name
    ]
    others = {part: "muted" for bar in bars for part in bar.parts if part not in PARTS}
    library = priced[0].library.removesuffix("_stdcells")
    caption = f"Energy of one inference by layer and part, µJ, {library}."
    yield stacks(f"parts-{block.name}", bars, {**PARTS, **others}, "µJ", caption)
