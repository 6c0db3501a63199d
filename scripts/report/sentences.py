# SPDX-License-Identifier: Apache-2.0
"""The answers at the top of the pages, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scripts.figure import Figure
from scripts.labels import condition, number
from scripts.report.data import Coverage, Data, Missing
from scripts.report.status import Main, Nightly, Status
from scripts.report.techniques import Outcome

MINUS = "\N{MINUS SIGN}"  # as wide as the digits


def best_points(points: Sequence[Outcome]) -> list[Outcome]:
    """Return each technique's best point, all hardware counted, the best one first.

    Best is what saves most against its strongest opponent.
    """
    whole = [point for point in points if point.whole and point.default]
    names = dict.fromkeys(point.technique for point in whole)
    best = [min((p for p in whole if p.technique == name), key=_hardest) for name in names]
    return sorted(best, key=_hardest)


def _hardest(point: Outcome) -> float:
    return point.strongest.ratio


def energy_sentence(points: Sequence[Outcome]) -> str:
    """Say what saves most energy, and what saves most without any change of the results."""
    best = best_points(points)
    if not best:
        return "No energy has been measured yet: make bench."
    first, equal = best[0], [point for point in best if point.equal]
    text = f"Most energy is saved by {first.technique}: {_saved(first)}, {_cost(first)}."
    if equal and equal[0] is not first:
        text += f" Without any change of the results: {equal[0].technique}, {_saved(equal[0])}."
    return text


def _saved(point: Outcome) -> str:
    percent, rival = 100 * (1 - point.strongest.ratio), point.strongest.text
    return f"{percent:.0f} % on {point.network} against {rival}"


def _cost(point: Outcome) -> str:
    if point.equal:
        return "results unchanged"
    if point.lost is None:
        return "accuracy not measured"
    text = f"accuracy {_signed(-point.lost)} points"
    if point.control is None:
        return text
    return f"{text} ({_signed(-point.control)} against equal training)"


def _signed(change: float) -> str:
    return f"{'+' if change >= 0 else MINUS}{abs(change):.2f}"


def night_sentence(data: Data) -> str:
    """Say how the last night went."""
    night = data.night
    if isinstance(night, Missing):
        return f"No night has been run: {night.command}."
    counted = Counter(job.verdict for job in night.jobs)
    words = {"failed": counted["fail"], "lost": counted["lost"]}
    bad = [f"{count:,} {word}" for word, count in words.items() if count]
    went = " and ".join(bad) or ("all passed" if night.jobs else "nothing was checked")
    broken = [each.title for each in night.campaigns if each.verdict == "fail"]
    undone = [each.title for each in night.campaigns if each.verdict not in ("pass", "fail")]
    more = f"; {', '.join(broken)} failed" if broken else ""
    more += f"; {', '.join(undone)} not done" if undone else ""
    blocks = f"{len(night.blocks)} block{'' if len(night.blocks) == 1 else 's'}"
    more += "; it was interrupted" if night.interrupted else ""
    return f"The last night ran {len(night.jobs):,} simulations of {blocks}: {went}{more}."


def block_sentence(each: Status) -> str:
    """Say how a block stands, in one sentence for each of figure, night, coverage and mutants."""
    parts = [_main_words(each.main)]
    if each.block.bench:
        parts += [_night_words(each.night), _coverage_words(each.coverage), _mutant_words(each)]
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}."


def _mutant_words(each: Status) -> str:
    if isinstance(each.mutants, Missing):
        return "mutants not tried"
    return f"{number(each.mutants.percent)} % of the mutants noticed"


def _main_words(found: Main | Missing) -> str:
    if isinstance(found, Missing):
        return ""
    figure = found.figure
    where = f" on {figure.network}" if figure.network else ""
    beat = f", to beat {number(figure.reference)}" if figure.reference is not None else ""
    return f"{found.text}{where}: {number(figure.value)} {figure.unit}{beat}"


def _night_words(found: Nightly | Missing) -> str:
    if isinstance(found, Missing):
        return "not in the last night"
    campaigns = f", {', '.join(found.campaigns)}" if found.campaigns else ""
    if not found.runs:
        return f"no simulation in the last night{campaigns}"
    if found.verdict == "pass":
        runs = f"all {found.runs:,} runs" if found.runs != 1 else "the one run"
        return f"{runs} of the last night passed{campaigns}"
    failed = f"{found.failed} of {found.runs} runs of the last night failed"
    lost = f", {found.lost} lost" if found.lost else ""
    return f"{failed}{lost}{campaigns}"


def _coverage_words(found: Coverage | Missing) -> str:
    if isinstance(found, Missing):
        return "coverage not measured"
    if found.failures:
        return "a run for coverage failed"
    if found.missed:
        return f"coverage below its bar: {', '.join(found.missed)}"
    return "every coverage bar met"


def network_sentence(data: Data, network: str, points: Sequence[Outcome]) -> str:
    """Say, block by block, what is skipped, what is saved, and what was compared."""
    sentences = []
    for block in data.blocks.values():
        figures = [figure for figure in block.figures or () if figure.network == network]
        words = [text for figure in figures if (text := _words(figure))]
        saved = [p for p in points if p.block == block.name and p.whole]
        if saved:
            best = min(saved, key=_hardest).strongest
            percent = 100 * (1 - best.ratio)
            words.insert(1, f"{percent:.0f} % of the energy saved against {best.text}")
        if words:
            sentences.append(f"{block.name}: {', '.join(dict.fromkeys(words))}.")
    return " ".join(sentences) or "Nothing has been measured by layer."


def _words(figure: Figure) -> str:
    if figure.name == "products_skipped":
        return f"{figure.value:.1f} % of the products skipped"
    if figure.name == "gops_per_dsp_vs_dense":
        text = f"{number(figure.value)} times the operations per second and DSP of a dense twin"
        training = condition("training", figure.conditions.get("training", ""))
        return f"{text} ({training})" if training else text
    if figure.name in ("rtl_images_checked", "images_checked", "engine_images_checked"):
        compared = figure.conditions.get("values_compared")
        values = f" ({number(compared)} values)" if isinstance(compared, int) else ""
        images = "image" if figure.value == 1 else "images"
        return f"{number(figure.value)} {images}{values} on RTL without a mismatch"
    return ""
