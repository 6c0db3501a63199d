# SPDX-License-Identifier: Apache-2.0
"""What figures are called, where they belong, and which of them stand for their block.

README.md's tables and the report group and label figures by this module and scripts/kinds.py alone.
A figure whose name is not listed is shown too: under its own name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.figure import Figure
from scripts.kinds import kind


@dataclass(frozen=True)
class Headline:
    """Figures that stand for their block: those called `name` in whose conditions `where` holds.

    where: allowed values; a figure without the condition passes. text: in place of the kind's.
    """

    name: str
    where: Mapping[str, Collection[Any]] = field(default_factory=dict)
    text: str = ""

    def holds(self, figure: Figure) -> bool:
        """Whether `figure` is one of them."""
        return figure.name == self.name and all(
            figure.conditions[name] in values
            for name, values in self.where.items()
            if name in figure.conditions
        )


_SYSTEM = {
    "library": ("osu018",),
    "level": ("loop",),
    "multipliers": (1,),
    "program": ("lenet5_branch",),
    "same_weights": (False,),
    "ram_scale": (1.0,),
}
_POT = {
    "library": ("osu018",),
    "exponents": ("0..3",),
    "opponent": ("twos_complement", "sign_magnitude"),
}
# The first of a block's headlines that has something to beat is its one figure in the overview.
HEADLINES: Mapping[str, Sequence[Headline]] = {
    "riscv": (
        Headline("area_kge"),
        Headline("conv5x5_cycles_per_mac"),
        Headline(
            "lockstep_instructions", {"run": ("nightly",)}, "in step with Spike, in one night"
        ),
        Headline("mutants_noticed", {"block": ("riscv",)}),
        Headline("proofs"),
    ),
    "msb_skip": (
        Headline("products_skipped"),
        Headline("images_lost_vs_plain"),
        Headline("images_lost_vs_same"),
        Headline("multiplications_vs_zero_skip"),
        Headline(
            "energy_saved",
            {**_SYSTEM, "baseline": ("exact",)},
            "energy saved, whole system, vs the same hardware unskipped",
        ),
        Headline(
            "energy_saved",
            {**_SYSTEM, "baseline": ("simd4",)},
            "energy saved, whole system, vs four plain multipliers",
        ),
        Headline("speedup_over_scalar"),
        Headline("rtl_images_checked"),
    ),
    "sparse_stream": (
        Headline("gops_per_dsp_vs_dense"),
        Headline("share_of_bound"),
        Headline("accuracy"),
        Headline("energy_per_inference"),
        Headline("engine_speedup_at_density", {"density": (0.1,)}, "speed-up at density 0.1"),
        Headline("layers_checked"),
    ),
    "regression": (
        Headline("nightly_runs"),
        Headline("runs_long_enough"),
        Headline("runs_lost", {"workers_killed": ()}),
        Headline("slurm_jobs_ok"),
        Headline("overhead_seconds"),
    ),
    "pot": (
        Headline("energy_ratio", {**_POT, "level": ("engine",)}, "times less energy, engine"),
        Headline("energy_ratio", {**_POT, "level": ("array",)}, "times less energy, array"),
        Headline("energy_ratio_pruned", {"level": ("engine",), "within": (True,)}),
        Headline("area_ratio", {**_POT, "level": ("array",)}),
        Headline("correct", {"training": ("pot3", "uniform4")}),
        Headline("correct_pruned", {"training": ("pot3_pruned80", "pot3_pruned90")}),
        Headline("accuracy", {"training": ("pot3", "uniform4")}),
        Headline("engine_images_checked"),
    ),
}
COVERED = ("functional", "line", "branch", "toggle")
_ALL_SHOWN = 12  # of a block without headlines, so many figures are all shown

# The conditions that tell figures of a name apart; of other names, all short ones that differ.
LABELS: Mapping[str, Sequence[str]] = {
    "energy_saved": (
        "level", "baseline", "same_weights", "multipliers", "program", "ram_scale", "library"
    ),
    "energy_per_inference": (
        "pipeline", "form", "level", "mode", "training", "unit", "multipliers", "program", "library"
    ),
    "cycles_per_inference": ("mode", "multipliers"),
    "conv5x5_cycles_per_mac": ("form",),
    "kernel_cycles": ("kernel", "flags"),
    "lockstep_instructions": ("run",),
    "runs_lost": ("workers_killed",),
    **dict.fromkeys(("mutants_noticed", "runs_of_block"), ("block",)),
    **dict.fromkeys((f"coverage_{name}" for name in COVERED), ("block",)),
    "multiplier_utilisation": ("pipeline", "training"),
    "fifo_depth_for_1_percent_stall": ("stage", "training"),
    **dict.fromkeys(
        ("gops_per_dsp_vs_dense", "share_of_bound", "share_of_ideal_dense", "density", "accuracy"),
        ("training",),
    ),
    "engine_speedup_at_density": ("density",),
    "area_kge": ("unit", "multipliers", "library"),
    **dict.fromkeys(
        ("energy_ratio", "energy_ratio_pruned"),
        ("level", "opponent", "training", "library"),
    ),
    "area_ratio": ("level", "opponent", "exponents", "library"),
    **dict.fromkeys(("correct", "correct_pruned"), ("training",)),
    "form_energy": ("form", "exponents", "lanes", "columns", "library"),
    "energy_per_mac": ("form", "level", "training", "library"),
}  # fmt: skip
# What a plot shows of figures that exist in many conditions; tables have the others, too.
FEATURED: Mapping[str, Mapping[str, Collection[Any]]] = {
    "energy_saved": {
        "multipliers": (1,), "program": ("lenet5_branch",), "same_weights": (False,),
        "ram_scale": (1.0,),
    },
    "energy_per_inference": {
        "level": ("loop", "engine"), "multipliers": (1,), "library": ("osu018",),
    },
    "energy_per_mac": {"level": ("array",), "library": ("osu018",)},
    "energy_ratio": {"training": ("pot3",), "opponent": _POT["opponent"]},
    "form_energy": {"lanes": (16,), "columns": (8,), "library": ("osu018",)},
}  # fmt: skip
# The condition whose values are the colours of a plot, and columns beside the networks in tables.
SERIES: Mapping[str, str] = {
    "cycles_per_inference": "multipliers",
    "fifo_depth_for_1_percent_stall": "training",
    "kernel_cycles": "flags",
    **dict.fromkeys(
        ("gops_per_dsp_vs_dense", "share_of_bound", "share_of_ideal_dense", "density", "accuracy"),
        "training",
    ),
}
_LABEL_LENGTH = 40  # longer conditions are for the file, not for a row's label
_WORDS: Mapping[tuple[str, Any], str] = {
    ("level", "loop"): "whole system",
    ("level", "unit"): "unit alone",
    ("same_weights", True): "same weights",
    ("same_weights", False): "ordinary weights",
    ("mode", "soft"): "skipping",
    ("mode", "zero"): "zero skipping",
    ("mode", "exact"): "exact",
    ("program", "lenet5"): "",
    ("program", "lenet5_branch"): "branching",
    ("training", "plain"): "ordinary training",
    ("training", "same"): "same recipe, unskipped",
    ("training", "soft"): "trained to skip",
    ("training", "sparse"): "trained for zeros",
    ("unit", "msb_skip"): "",
    ("unit", "simd4"): "plain multipliers",
    ("baseline", "exact"): "vs the same, exact",
    ("baseline", "zero"): "vs zero skipping",
    ("baseline", "simd4"): "vs four plain multipliers",
    ("opponent", "twos_complement"): "two's-complement twin",
    ("opponent", "sign_magnitude"): "sign-magnitude twin",
    ("opponent", "recoded"): "recoded twin",
    ("opponent", "eight_bit"): "8-bit twin",
    ("level", "engine"): "engine with memories",
    ("level", "array"): "array alone",
    ("training", "pot3"): "exponents 0..3",
    ("training", "pot6"): "exponents 0..6",
    ("training", "float"): "floating point",
    **{("training", f"uniform{n}"): f"uniform, {n} bits" for n in (3, 4, 8)},
    ("pipeline", "sparse"): "sparse pipeline",
    ("pipeline", "dense"): "dense twin",
}


def headlines(block: str, figures: Sequence[Figure]) -> list[tuple[Headline, list[Figure]]]:
    """Return the headlines of `block` that have figures; all figures if it has none and few."""
    listed = HEADLINES.get(block)
    if listed is None:
        few = len(figures) <= _ALL_SHOWN
        chosen = [figure for figure in figures if few or figure.reference is not None]
        listed = [Headline(name) for name in dict.fromkeys(figure.name for figure in chosen)]
    found = [(line, [figure for figure in figures if line.holds(figure)]) for line in listed]
    return [(line, matching) for line, matching in found if matching]


def series(name: str) -> str:
    """Return the condition that figures called `name` are told apart by in colour, or column."""
    return SERIES.get(name, "library")


def distinction(figure: Figure, figures: Sequence[Figure], without: str = "") -> str:
    """Return the conditions, but for `without`, in which `figure` differs from others of its name.

    Unless LABELS says which ones matter, only from others of its network: networks differ in much.
    """
    listed = LABELS.get(figure.name)
    others = [
        other.conditions
        for other in figures
        if other.name == figure.name and (listed or other.network == figure.network)
    ]
    words = []
    for name in listed or tuple(figure.conditions):
        value = figure.conditions.get(name)
        if (
            name != without
            and _is_short(value)
            and any(other.get(name) != value for other in others)
        ):
            words.append(condition(name, value))
    return ", ".join(word for word in words if word)


def _is_short(value: Any) -> bool:
    return isinstance(value, (int, float)) or (
        isinstance(value, str) and len(value) <= _LABEL_LENGTH
    )


def condition(name: str, value: Any) -> str:
    """Return a condition as a word or two: "soft", "1 multiplier", "density 0.1".

    >>> condition("multipliers", 1), condition("multipliers", 4), condition("density", 0.1)
    ('1 multiplier', '4 multipliers', 'density 0.1')
    >>> condition("training", "pot3_pruned80")
    'exponents 0..3, 80 % pruned'
    """
    noun = name.replace("_", " ")
    if not isinstance(value, (str, int, float)):
        return f"{noun} {value}"
    if (name, value) in _WORDS:
        return _WORDS[name, value]
    if isinstance(value, str):
        return _pruned(value) if name == "training" and "_" in value else value
    if isinstance(value, int) and noun.endswith("s"):
        return f"{value} {noun.removesuffix('s') if value == 1 else noun}"
    return f"{noun} {value}"


_PRUNINGS = {"pruned": "% pruned", "products": "% of products pruned", "rows": "rows dropped"}


def _pruned(training: str) -> str:
    """Return a training with prunings behind it (golden/train_pot.py) in words."""
    base, *prunings = training.split("_")
    words = [_WORDS.get(("training", base), base)]
    for pruning in prunings:
        what, amount = pruning.rstrip("0123456789"), pruning.lstrip("abcdefghijklmnopqrstuvwxyz")
        words.append(f"{amount} {_PRUNINGS.get(what, what)}".strip())
    return ", ".join(words)


Column = tuple[str, str]
"""A network, and the value of the condition that makes columns beside it; either may be ""."""


def rows(figures: Sequence[Figure], apart: str = "") -> dict[str, dict[Column, Figure]]:
    """Return figures of one name in rows, by what tells rows apart, and in columns.

    apart: a condition with a column for each of its values. Where what tells two figures apart is
    too long to be shown, they still have a row each.
    """
    several = len({str(figure.conditions.get(apart, "")) for figure in figures}) > 1
    found: dict[str, dict[Column, Figure]] = {}
    for figure in figures:
        value = figure.conditions.get(apart)
        column = figure.network, condition(apart, value) if several and value is not None else ""
        told = name = distinction(figure, figures, without=apart)
        while column in found.setdefault(name, {}):
            name = f"{told} ({len(found) + 1})".strip()
        found[name][column] = figure
    return found


def label(figure: Figure, figures: Sequence[Figure], text: str = "") -> str:
    """Return what a row with `figure` among `figures` is called."""
    return titled(text or kind(figure.name).text, distinction(figure, figures))


def titled(text: str, told: str) -> str:
    """Return a row's name: what it is, and what tells it apart, if anything."""
    return f"{text}, {told}" if told else text


def number(value: float) -> str:
    """Return `value` for reading: thousands separated, at most three decimals.

    >>> number(412345), number(88.4200), number(0.83), number(0.000412)
    ('412,345', '88.42', '0.83', '0.000412')
    """
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) < 0.01:
        return f"{value:.3g}"
    return f"{value:,.3f}".rstrip("0").rstrip(".")
