# SPDX-License-Identifier: Apache-2.0
"""What each technique costs in accuracy and saves in energy, side by side.

A technique is an entry of TECHNIQUES: which figures are its energy and its accuracy, and which the
energy of the same work without it. They belong together where network, library and the other
conditions in `same` agree; a pick that finds no figure gives no point. Energies are only ever
compared within one library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from scripts.figure import Figure
from scripts.labels import condition, distinction
from scripts.report.data import Data

DEFAULT_LIBRARY = "osu018"


@dataclass(frozen=True)
class Pick:
    """Figures of `block` called `name` whose conditions include `where`.

    taken: what is taken of them, "value", "reference", or a condition, of a list its mean. scale:
    to nJ, or to percent. text: what an opponent is called.
    """

    block: str
    name: str
    where: Mapping[str, Any] = field(default_factory=dict)
    taken: str = "value"
    scale: float = 1.0
    text: str = ""

    def of(self, data: Data, network: str | None = None) -> list[Figure]:
        """The figures it picks."""
        block = data.blocks.get(self.block)
        return block.pick(self.name, network, **self.where) if block else []

    def value(self, figure: Figure) -> float | None:
        """What it takes of a figure that it picked."""
        if self.taken == "value":
            return figure.value * self.scale
        if self.taken == "reference":
            return None if figure.reference is None else figure.reference * self.scale
        found = figure.conditions.get(self.taken)
        numbers = found if isinstance(found, list) else [found]
        if not numbers or not all(isinstance(each, (int, float)) for each in numbers):
            return None
        return float(mean(numbers)) * self.scale


@dataclass(frozen=True)
class Technique:
    """One way of leaving out arithmetic.

    energy: of an inference, or of a product. opponents: the same without it; the first is the same
    hardware, others are stronger. If the figure is itself energy without / energy with it, `rivals`
    names the values of its condition `opponent`, likewise. accuracy: percent correct with it, the
    first pick that finds any; none: results are equal. exact, control: of the network that one
    would otherwise use, and of one trained the same way without it. whole: the energy is that of
    all the hardware a user would have, not of the arithmetic alone.
    """

    title: str
    block: str
    energy: Pick
    opponents: Sequence[Pick] = ()
    rivals: Sequence[str] = ()
    accuracy: Sequence[Pick] = ()
    exact: Sequence[Pick] = ()
    control: Sequence[Pick] = ()
    same: Sequence[str] = ("library",)
    whole: bool = True


@dataclass(frozen=True)
class Opponent:
    """What a point is compared with. ratio: energy with the technique / energy without it."""

    text: str
    ratio: float


@dataclass(frozen=True)
class Outcome:
    """One technique on one network in one library.

    energy: None where only its ratio is known. lost: percentage points of accuracy against the
    ordinary network; control: against the same training without the technique. None: not known.
    """

    technique: str
    label: str
    block: str
    network: str
    library: str
    whole: bool
    energy: float | None
    unit: str
    accuracy: float | None
    lost: float | None
    control: float | None
    opponents: Sequence[Opponent]

    @property
    def default(self) -> bool:
        """It is in the library that sentences speak of, or in none."""
        return self.library in ("", DEFAULT_LIBRARY)

    @property
    def equal(self) -> bool:
        """The results are the same with and without it."""
        return self.accuracy is None and self.lost == 0

    @property
    def ratio(self) -> float:
        """Energy against the same hardware without the technique."""
        return self.opponents[0].ratio

    @property
    def strongest(self) -> Opponent:
        """The opponent against which it saves least."""
        return max(self.opponents, key=lambda opponent: opponent.ratio)


def library(figure: Figure) -> str:
    """Cell library of a figure, "" if it does not depend on one."""
    return str(figure.conditions.get("library", "")).removesuffix("_stdcells.lib")


# ---- The techniques ----


def _msb(text: str = "", level: str = "loop", **where: Any) -> Pick:
    return Pick("msb_skip", "energy_per_inference", {"level": level, **where}, text=text)


def _msb_opponents(level: str) -> tuple[Pick, Pick]:
    exact: dict[str, Any] = {"level": level, "mode": "exact", "training": "plain"}
    return (
        _msb("the same hardware, nothing skipped", unit="msb_skip", multipliers=1, **exact),
        _msb("four plain multipliers", unit="simd4", **exact),
    )


def _msb_skip(title: str, level: str, whole: bool) -> Technique:
    return Technique(
        title=title,
        block="msb_skip",
        energy=_msb(level=level, mode="soft", training="soft", **_BRANCH),
        opponents=_msb_opponents(level),
        accuracy=(Pick("msb_skip", "products_skipped", taken="correct_by_seed", scale=0.01),),
        exact=_ORDINARY,
        control=(Pick("msb_skip", "correct_exact", {"training": "same"}, scale=0.01),),
        whole=whole,
    )


def _pot(title: str, level: str) -> Technique:
    """The figures are ratios: energy of a uniform twin / energy with powers of two."""
    return Technique(
        title=title,
        block="pot",
        energy=Pick("pot", "energy_ratio", {"level": level}),
        rivals=("twos_complement", "sign_magnitude", "recoded", "eight_bit"),
        accuracy=(Pick("pot", "correct", scale=0.01), Pick("pot", "accuracy")),
        exact=(*_ORDINARY, Pick("pot", "accuracy", {"training": "float"})),
        control=(Pick("pot", "correct", taken="reference", scale=0.01),),
        same=("network", "library", "training", "exponents"),
        whole=level == "engine",
    )


def _unpruned(form: str, text: str) -> Pick:
    """A uniform twin as it is: ratios of pruned networks exist against the first one only."""
    where = {"level": "engine", "form": form, "training": "uniform4", "exponents": "none"}
    return Pick("pot", "energy_per_inference", where, text=f"{text} twin, unpruned")


_BRANCH: dict[str, Any] = {"multipliers": 1, "program": "lenet5_branch"}
_ORDINARY = (Pick("msb_skip", "correct_exact", {"training": "plain"}, scale=0.01),)
_STREAM = ("sparse_stream", "energy_per_inference")

TECHNIQUES: tuple[Technique, ...] = (
    Technique(
        title="zero skipping in software",
        block="msb_skip",
        energy=_msb(mode="zero", training="plain", **_BRANCH),
        opponents=_msb_opponents("loop"),
    ),
    _msb_skip("MSB skip in software", "loop", whole=True),
    _msb_skip("MSB skip, the unit alone", "unit", whole=False),
    Technique(
        title="sparse streaming",
        block="sparse_stream",
        energy=Pick(*_STREAM, {"pipeline": "sparse"}),
        opponents=(Pick(*_STREAM, {"pipeline": "dense"}, text="the dense twin"),),
    ),
    _pot("powers of two", "engine"),
    Technique(
        title="powers of two, pruned",
        block="pot",
        energy=Pick("pot", "energy_ratio_pruned", {"level": "engine"}, taken="nj"),
        opponents=(
            _unpruned("booth", "two's-complement"),
            _unpruned("magnitude", "sign-magnitude"),
            _unpruned("recoded", "recoded"),
        ),
        accuracy=(Pick("pot", "correct_pruned", scale=0.01),),
        exact=_ORDINARY,
        control=(Pick("pot", "correct_pruned", taken="reference", scale=0.01),),
        same=("library", "training"),
    ),
    _pot("powers of two, the array alone", "array"),
)


# ---- Their points ----


def outcomes(data: Data) -> list[Outcome]:
    """Every point that the figures give, in the order of TECHNIQUES."""
    return [point for technique in TECHNIQUES for point in _points(technique, data)]


def by_technique(
    points: Sequence[Outcome],
) -> list[tuple[tuple[str, str, str], dict[str, Outcome]]]:
    """Return the points of each technique, label and network by library, the default one first."""
    found: dict[tuple[str, str, str], dict[str, Outcome]] = {}
    for point in sorted(points, key=lambda one: one.library != DEFAULT_LIBRARY):
        key = (point.technique, point.label, point.network)
        found.setdefault(key, {})[point.library] = point
    return list(found.items())


def _points(technique: Technique, data: Data) -> Iterator[Outcome]:
    found = technique.energy.of(data)
    if technique.rivals:  # the figures of one point differ in the opponent; the first stands for it
        first = technique.rivals[0]
        found = [f for f in found if f.conditions.get("opponent") == first and f.value > 0]
    for figure in found:
        rivals = list(_opponents(technique, figure, data))
        if not rivals:
            continue
        accuracy, exact, control = (
            _first(picks, technique, figure, data)
            for picks in (technique.accuracy, technique.exact, technique.control)
        )
        yield Outcome(
            technique=technique.title,
            label=distinction(figure, found, without="library"),
            block=technique.block,
            network=figure.network or str(figure.conditions.get("network", "")),
            library=library(figure),
            whole=technique.whole,
            energy=None if technique.rivals else technique.energy.value(figure),
            unit=figure.unit if technique.energy.taken == "value" else "nJ",
            accuracy=accuracy,
            lost=_difference(exact, accuracy) if technique.accuracy else 0.0,
            control=_difference(control, accuracy),
            opponents=rivals,
        )


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _opponents(technique: Technique, figure: Figure, data: Data) -> Iterator[Opponent]:
    if technique.rivals:
        mine = {name: v for name, v in figure.conditions.items() if name in technique.same}
        for rival in technique.rivals:
            for other in technique.energy.of(data, figure.network):
                same = all(other.conditions.get(name) == value for name, value in mine.items())
                if same and other.conditions.get("opponent") == rival and other.value > 0:
                    yield Opponent(condition("opponent", rival), 1 / other.value)
        return
    energy = technique.energy.value(figure)
    for pick in technique.opponents:
        theirs = _matching(pick, technique, figure, data)
        if energy is not None and theirs and min(theirs) > 0:
            yield Opponent(pick.text, energy / min(theirs))  # the opponent in its best form
        elif pick is technique.opponents[0]:
            return  # percentages are of the first one; another must not stand in its place


def _first(picks: Sequence[Pick], technique: Technique, figure: Figure, data: Data) -> float | None:
    """Mean of what the first pick finds that finds anything."""
    for pick in picks:
        if found := _matching(pick, technique, figure, data):
            return mean(found)
    return None


def _matching(pick: Pick, technique: Technique, figure: Figure, data: Data) -> list[float]:
    """Values that `pick` finds for the network of `figure` and its conditions in `same`.

    Conditions that the pick itself asks for, and those that figures do not have, are not compared.
    """
    compared = [name for name in technique.same if name not in pick.where]
    network = figure.network or str(figure.conditions.get("network", ""))
    values = [
        pick.value(other)
        for other in pick.of(data, network)
        if all(
            other.conditions[name] == figure.conditions[name]
            for name in compared
            if name in other.conditions and name in figure.conditions
        )
    ]
    return [value for value in values if value is not None]
