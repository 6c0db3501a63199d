# SPDX-License-Identifier: Apache-2.0
"""What stands on each page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.labels import series
from scripts.report.accuracy_energy import accuracy_energy
from scripts.report.canvas import Plot
from scripts.report.data import Block, Data, Job, Missing
from scripts.report.groups import Topic, shared_conditions, topics
from scripts.report.layers import layers
from scripts.report.method import Method, method
from scripts.report.plots import dots, versus
from scripts.report.render import Link, Page
from scripts.report.sentences import (
    best_points,
    block_sentence,
    energy_sentence,
    network_sentence,
    night_sentence,
)
from scripts.report.special import special
from scripts.report.status import beats, contests, status, statuses, tests
from scripts.report.techniques import outcomes
from scripts.report.trend import trend

_NIGHTS = 14  # in the table of the last nights


def site(data: Data, root: Path, folder: Path) -> tuple[list[Page], list[Link]]:
    """Return all pages and the navigation."""
    names = {figure.name for block in data.blocks.values() for figure in block.figures or ()}
    about = method(root / "docs" / "method.md", folder, sorted(names))
    anchors = about.figures if about else {}
    pages = [_overview(data)]
    pages += [_block(block, data, anchors) for block in data.blocks.values()]
    pages += [_network(name, data) for name in data.networks()]
    if about:
        pages.append(_method(about))
    return pages, list(_links(pages))


def _links(pages: Sequence[Page]) -> Iterator[Link]:
    groups = {"block": "Blocks", "network": "Networks"}
    for page in pages:
        kind, dash, _ = page.name.partition("-")
        yield Link(page.name, page.title, groups[kind] if dash else "")


def block_page(name: str) -> str:
    """Name of a block's page."""
    return f"block-{name}"


def network_page(name: str) -> str:
    """Name of a network's page."""
    return f"network-{name}"


def _overview(data: Data) -> Page:
    points = outcomes(data)
    rows = statuses(data)
    context = {
        "answer": energy_sentence(points),
        "night_answer": night_sentence(data),
        "plot": accuracy_energy(points),
        "points": points,
        "best": best_points(points),
        "rows": rows,
        "night": data.night,
        "nights": list(reversed(data.past))[:_NIGHTS],
        "trend": trend(data.past),
        "studies": data.studies,
    }
    facts = {
        "answer": context["answer"],
        "night": context["night_answer"],
        "blocks": {
            row.block.name: {
                "night": row.night,
                "coverage": row.coverage and row.coverage.figures,
                "mutants": row.mutants and row.mutants.percent,
                "headline": row.main,
                "energy": row.energy,
            }
            for row in rows
        },
        "techniques": points,
        "nights": data.past,
    }
    return Page("index", "Overview", "index.html.j2", context, facts)


def _block(block: Block, data: Data, anchors: Mapping[str, str]) -> Page:
    every = outcomes(data)
    points = [point for point in every if point.block == block.name]
    standing = status(block, data, every)
    found = topics(block.figures or ())
    jobs = data.night.of(block.name) if data.night else []
    context = {
        "answer": block_sentence(standing),
        "row": standing,
        "block": block,
        "topics": found,
        "lead": versus(contests(block)),
        "plots": _plots(found, special(block, data)),
        "shared": {
            group.name: shared_conditions([f for row in group.rows for f in row.cells.values()])
            for topic in found
            for group in topic.others
        },
        "anchors": anchors,
        "beats": beats,
        "series": series,
        "points": points,
        "plan": [(point, tests(point, jobs)) for point in block.testplan or ()],
        "jobs": jobs,
        "buckets": _buckets(block, data),
        "night": data.night,
    }
    facts = {"answer": context["answer"], "block": block, "night": standing.night, "jobs": jobs}
    return Page(block_page(block.name), block.name, "block.html.j2", context, facts)


def _plots(
    found: Sequence[Topic], special_plots: Mapping[str, Plot | Missing]
) -> dict[str, Plot | Missing]:
    """Plots by the title of a topic or the name of a group."""
    plots = {
        group.name: plot
        for topic in found
        for group in topic.others
        if group.name not in special_plots and (plot := dots(group))
    }
    return {**plots, **special_plots}


def _buckets(block: Block, data: Data) -> list[dict[str, Any]]:
    """Failures of this block in groups, those with most runs first."""
    if not data.night:
        return []
    jobs = data.night.jobs
    found = []
    for bucket in data.night.buckets:
        mine = [jobs[i] for i in bucket.jobs if i < len(jobs) and jobs[i].block == block.name]
        if mine:
            found.append({"bucket": bucket, "jobs": mine})
    return sorted(found, key=lambda entry: -len(entry["jobs"]))


def _network(name: str, data: Data) -> Page:
    points = [point for point in outcomes(data) if point.network == name]
    found = layers(data, name)
    figures = [
        (block, figure)
        for block in data.blocks.values()
        for figure in block.figures or ()
        if figure.network == name
    ]
    context = {
        "answer": network_sentence(data, name, [p for p in points if p.default]),
        "network": name,
        "layers": found,
        "points": points,
        "plot": accuracy_energy(points) if len(points) > 1 else None,
        "runs": _runs_of(name, data),
        "night": data.night,
        "blocks": list(dict.fromkeys(block.name for block, _ in figures)),
    }
    facts = {
        "answer": context["answer"],
        "techniques": points,
        "layers": {each.block: each.columns for each in found},
        "missing": {each.block: dict(each.missing) for each in found},
    }
    return Page(network_page(name), name, "network.html.j2", context, facts)


def _runs_of(network: str, data: Data) -> list[Job]:
    """Runs of the last night in which a network was compared, layer by layer."""
    jobs = data.night.jobs if data.night else ()
    return [job for job in jobs if job.settings.get("network") == network]


def _method(about: Method) -> Page:
    facts = {"headings": about.headings, "figures": about.figures}
    return Page("method", "Method", "method.html.j2", {"about": about}, facts)
