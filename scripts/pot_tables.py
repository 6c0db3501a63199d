# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of docs/pot.md from docs/bench/pot.json: ``python -m scripts.pot_tables``.

Each stands between <!-- name:begin --> and <!-- name:end -->. ``--check`` changes nothing and fails
if one is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.figure import Figure, read_figures
from scripts.files import write_text
from scripts.project import ROOT
from scripts.readme import SNAPSHOTS

PAGE = Path("docs") / "pot.md"
LIBRARIES = {"osu018": "OSU 180", "sky130hd": "sky130hd", "nangate45": "Nangate 45"}
SIZE = {"lanes": 16, "columns": 8}  # of the table of forms
FORMS = {
    "pot": "FormPot", "recoded": "FormRecoded", "magnitude": "FormMagnitude", "booth": "FormBooth",
    "twos": "FormTwos", "eight": "FormEight",
}  # fmt: skip
OPPONENTS = {
    "twos_complement": "two's complement (Booth)", "sign_magnitude": "sign and magnitude",
    "recoded": "recoded digits", "eight_bit": "8 bits",
}  # fmt: skip
OTHER_PARTS = (  # of the engine, beside the array; "maps" is without the memories
    "partial sums", "maps", "output", "requantisers", "order of work", "rest", "memories",
)  # fmt: skip
STEPS = (  # each form over the next one
    ("twos", "booth", "two rows of an adder instead of four"),
    ("booth", "recoded", "signs as complements: nothing negative, digits decoded when loaded"),
    ("recoded", "pot 0..3", "one row: no adder in the lane"),
    ("pot 0..3", "pot 0..0", "no shift"),
)
Rows = Iterable[Sequence[str]]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Update or check docs/pot.md; 1 if the check fails, 2 if the files are not right."""
    parser = argparse.ArgumentParser(prog="python -m scripts.pot_tables", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if docs/pot.md is out of date")
    options = parser.parse_args(arguments)
    try:
        text, made = (root / PAGE).read_text(), rendered(root)
        if not options.check:
            write_text(root / PAGE, made)
            return 0
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if text != made:
        print(f"error: {PAGE} is out of date; run: python -m scripts.pot_tables", file=sys.stderr)
        return 1
    return 0


def rendered(root: Path) -> str:
    """Return docs/pot.md as it should be. Raises UserError where a table has no place."""
    text = (root / PAGE).read_text()
    _, figures = read_figures(root / SNAPSHOTS / "pot.json")
    for name, make in TABLES.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise UserError(f"{PAGE}: the place of table {name} is not marked by {begin} and {end}")
        text = f"{before}{begin}\n{make(figures)}\n{end}{after}"
    return text


def _table(heads: Sequence[str], rows: Rows) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _where(figures: Iterable[Figure], name: str, **conditions: Any) -> list[Figure]:
    """Figures of a name whose network and conditions are these; those without one pass not."""
    return [
        figure
        for figure in figures
        if figure.name == name
        and all({"network": figure.network, **figure.conditions}.get(k) == v
                for k, v in conditions.items())
    ]  # fmt: skip


def _only(figures: Iterable[Figure], name: str, **conditions: Any) -> Figure | None:
    found = _where(figures, name, **conditions)
    return found[0] if found else None


def _cell(figure: Figure | None, digits: int) -> str:
    return "" if figure is None else f"{figure.value:.{digits}f}"


# ---- Forms ----


def _variant(figure: Figure) -> str:
    """Form, with the exponents of FormPot."""
    form, exponents = figure.conditions["form"], figure.conditions["exponents"]
    return f"{form} {exponents}" if exponents != "none" else str(form)


def _form(figures: Sequence[Figure], variant: str, library: str, **size: int) -> Figure | None:
    mine = _where(figures, "form_energy", library=library, **(size or SIZE))
    return next((figure for figure in mine if _variant(figure) == variant), None)


def forms(figures: Sequence[Figure]) -> str:
    """Energy of a useful product and area of each form, in each library."""
    variants = sorted(
        {_variant(figure) for figure in _where(figures, "form_energy", **SIZE)},
        key=lambda variant: (list(FORMS).index(variant.split()[0]), variant),
    )
    heads = [
        "form", "exponents", "OSU 180, pJ", "of it clock / glitches", "sky130hd, pJ",
        "Nangate 45, fJ", "area OSU 180", "sky130hd", "Nangate 45",
    ]  # fmt: skip
    return _table(heads, (_form_row(figures, variant) for variant in variants))


def _form_row(figures: Sequence[Figure], variant: str) -> list[str]:
    form, _, exponents = variant.partition(" ")
    osu, sky, nangate = (_form(figures, variant, library) for library in LIBRARIES)
    kinds = osu.conditions["pj_by_kind"] if osu else {}
    areas = [f"{each.conditions['area_kge']:.1f}" if each else "" for each in (osu, sky, nangate)]
    return [
        FORMS[form], exponents, _cell(osu, 2),
        f"{kinds['clock']:.2f} / {kinds['glitches']:.2f}" if kinds else "",
        _cell(sky, 3), f"{1000 * nangate.value:.0f}" if nangate else "", *areas,
    ]  # fmt: skip


def sizes(figures: Sequence[Figure]) -> str:
    """Energy of a useful product by lanes and columns."""
    shapes = sorted(
        {
            (figure.conditions["lanes"], figure.conditions["columns"])
            for figure in _where(figures, "form_energy", library="osu018", form="booth")
        }
    )
    variants = {"FormPot 0..3": "pot 0..3", "FormMagnitude": "magnitude", "FormBooth": "booth"}
    measured = {
        name: [_form(figures, variant, "osu018", lanes=m, columns=n) for m, n in shapes]
        for name, variant in variants.items()
    }
    rows = [[name, *(_cell(each, 2) for each in row)] for name, row in measured.items()]
    ours = measured["FormPot 0..3"]
    for name in ("FormBooth", "FormMagnitude"):
        pairs = zip(measured[name], ours, strict=True)
        ratios = [f"{a.value / b.value:.2f}" if a and b else "" for a, b in pairs]
        rows.append([f"{name} / FormPot", *ratios])
    return _table(["lanes x columns", *(f"{m} x {n}" for m, n in shapes)], rows)


def steps(figures: Sequence[Figure]) -> str:
    """What each step from the plainest form to none at all gains."""
    rows = []
    for first, second, what in STEPS:
        pairs = [
            (_form(figures, first, library), _form(figures, second, library))
            for library in LIBRARIES
        ]
        gains = " / ".join(f"{a.value / b.value:.2f}" if a and b else "-" for a, b in pairs)
        names = [" ".join([FORMS[v.split()[0]], *v.split()[1:]]) for v in (first, second)]
        rows.append([*names, what, gains])
    return _table(["from", "to", "what changes", " / ".join(LIBRARIES.values())], rows)


# ---- Networks ----


def accuracy(figures: Sequence[Figure]) -> str:
    """Images of LeNet-5 that each training gets right."""
    heads = [
        "lenet5-relu, test images right of 10,000, mean of three seeds", "exponents or levels",
        "zero weights, %", "",
    ]  # fmt: skip
    mine = [figure for figure in figures if figure.name in ("correct", "correct_pruned")]
    return _table(
        heads,
        (
            [
                (c := figure.conditions)["training"],
                c["exponents"] if c["exponents"] != "none" else f"+-{c['largest_level']}",
                str(c["zero_weight_percent"]),
                f"{figure.value:,.1f}",
            ]
            for figure in mine
        ),
    )


def vgg(figures: Sequence[Figure]) -> str:
    """Images of VGG-16 that each training gets right, in percent."""
    heads = ["vgg16-cifar10, test images, one seed", "%", "points below the floating-point network"]
    return _table(
        heads,
        (
            [
                each.conditions["training"],
                f"{each.value:.2f}",
                str(each.conditions.get("points_below_float", "")),
            ]
            for each in figures
            if each.name == "accuracy"
        ),
    )


# ---- Energy ----


def ratios(figures: Sequence[Figure]) -> str:
    """What the opponents need over what powers of two need."""
    heads = [
        "ratio, uniform / powers of two 0..3", "level", "network", *LIBRARIES.values(),
        "right, zero weights: powers of two", "uniform",
    ]  # fmt: skip
    return _table(heads, [*_ratios(figures), *_pruned(figures), *_areas(figures)])


def _ratios(figures: Sequence[Figure]) -> Iterator[list[str]]:
    for opponent, words in OPPONENTS.items():
        for level in ("array", "engine"):
            for network in ("lenet5-relu", "vgg16-cifar10"):
                which = {"opponent": opponent, "level": level, "network": network}
                yield from _row(figures, "energy_ratio", words, exponents="0..3", **which)


def _pruned(figures: Sequence[Figure]) -> Iterator[list[str]]:
    trainings = [f.conditions["training"] for f in figures if f.name == "energy_ratio_pruned"]
    for training in dict.fromkeys(trainings):
        words = f"two's complement, not pruned / {training}"
        for level in ("array", "engine"):
            yield from _row(figures, "energy_ratio_pruned", words, level=level, training=training)


def _areas(figures: Sequence[Figure]) -> Iterator[list[str]]:
    for opponent, words in OPPONENTS.items():
        which = {"opponent": opponent, "level": "array", "exponents": "0..3"}
        yield from _row(figures, "area_ratio", f"area, {words}", **which)


def _row(
    figures: Sequence[Figure], name: str, words: str, **conditions: Any
) -> Iterator[list[str]]:
    """One row, if there is anything to stand in it."""
    found = [_only(figures, name, library=library, **conditions) for library in LIBRARIES]
    if any(found):
        first = next(figure for figure in found if figure)
        sides = [_quality(first, prefix) for prefix in ("", "opponent_")]
        cells = [_cell(figure, 2) for figure in found]
        yield [words, conditions["level"], first.network, *cells, *sides]


def _quality(figure: Figure, prefix: str) -> str:
    """What one side of a ratio gets right, and how many of its weights are zero."""
    conditions = figure.conditions
    if f"{prefix}zero_weight_percent" not in conditions:  # areas
        return ""
    right = conditions.get(f"{prefix}correct")
    text = f"{right:,}" if right else f"{conditions[f'{prefix}accuracy']} %"
    return f"{text}, {conditions[f'{prefix}zero_weight_percent']} %"


def energy(figures: Sequence[Figure]) -> str:
    """Where the energy of an image goes."""
    heads = [
        "nJ of an image", "library", "array", "of it clock", "glitches", *OTHER_PARTS, "engine",
    ]  # fmt: skip
    whole = sorted(
        _where(figures, "energy_per_inference", level="engine"),
        key=lambda figure: (
            figure.network,
            "_" in figure.conditions["training"],
            list(FORMS).index(figure.conditions["form"]),
            figure.conditions["training"],
            list(LIBRARIES).index(figure.conditions["library"]),
        ),
    )
    return _table(heads, (_energy_row(figures, figure) for figure in whole))


def _energy_row(figures: Sequence[Figure], whole: Figure) -> list[str]:
    conditions = whole.conditions
    same = {name: conditions[name] for name in ("library", "form", "training")}
    array = _only(figures, "energy_per_inference", level="array", network=whole.network, **same)
    kinds = array.conditions["nj_by_kind"] if array else {}
    parts = conditions["nj_by_part"]
    numbers = [
        parts["array"], kinds["clock"], kinds["glitches"], *(parts[name] for name in OTHER_PARTS),
        whole.value,
    ]  # fmt: skip
    digits = 1 if whole.value < 1000 else 0
    title = f"{whole.network}, {FORMS[conditions['form']]} ({conditions['training']})"
    library = LIBRARIES[conditions["library"]]
    return [title, library, *(f"{number:,.{digits}f}" for number in numbers)]


TABLES = {
    "forms": forms, "sizes": sizes, "accuracy": accuracy, "vgg": vgg, "ratios": ratios,
    "energy": energy, "steps": steps,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
