# SPDX-License-Identifier: Apache-2.0
"""The report, opened in a real browser: its numbers, its links, its width, and what is missing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.figure import Figure as Canvas

from scripts.figure import Figure, read_figures
from scripts.labels import condition, number
from scripts.project import ROOT
from scripts.report import (
    accuracy_energy,
    data,
    layers,
    render,
    sentences,
    special,
    techniques,
    trend,
)
from scripts.report.__main__ import main
from scripts.report.canvas import TYPEFACES
from scripts.report.collect import collect
from scripts.report.status import Nightly, Status, nightly
from tests import browser, report_files

FULL_PAGES = ("index", "method", "block-riscv", "block-msb_skip", "block-sparse_stream",
              "block-soc", "block-pot", "block-regression", "network-lenet5-relu",
              "network-lenet5-tanh", "network-vgg16-cifar10")  # fmt: skip


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report of a project in which much was measured."""
    root = report_files.measured(tmp_path_factory.mktemp("full"))
    assert main([], root) == 0
    return root / "build/report"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report of a project in which nothing was measured."""
    root = report_files.bare(tmp_path_factory.mktemp("empty"))
    assert main([], root) == 0
    return root / "build/report"


@pytest.fixture(scope="module")
def chromium() -> Iterator[browser.Browser]:
    if browser.PROGRAM is None:
        pytest.skip("chromium is not installed (apt.txt)")
    with browser.Browser() as opened:
        yield opened


def pages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.html"))


def facts(folder: Path, page: str) -> Any:
    return json.loads((folder / f"{page}.json").read_text())


def text(chromium: browser.Browser, selector: str) -> str:
    """What stands in the elements that match, folded ones included, as one line."""
    found = chromium.evaluate(
        f"""[...document.querySelectorAll({json.dumps(selector)})].map(element => {{
            const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), words = [];
            while (walker.nextNode()) words.push(walker.currentNode.nodeValue);
            return words.join(' '); }}).join(' ')"""
    )
    return " ".join(found.split())


# ---- Numbers ----


def shown(value: float) -> str:
    return number(value).replace("-", "\N{MINUS SIGN}")


@pytest.mark.parametrize("block", ["msb_skip", "riscv", "sparse_stream", "pot"])
def test_every_figure_is_on_its_block_s_page_as_the_file_has_it(
    full: Path, chromium: browser.Browser, block: str
) -> None:
    chromium.open(full / f"block-{block}.html", 1600)
    cells = chromium.evaluate(
        """[...document.querySelectorAll('td[data-figure]')].map(td => [td.dataset.figure,
           +td.dataset.place, +td.querySelector('data').value, td.textContent.trim()])"""
    )
    path = full.parent / "bench" / f"{block}.json"
    path = path if path.exists() else full.parents[1] / "docs/bench" / path.name
    figures = read_figures(path)[1]
    assert sorted(place for _, place, _, _ in cells) == list(range(len(figures)))
    for name, place, value, told in cells:
        figure = figures[place]
        assert (name, value, told) == (figure.name, figure.value, shown(figure.value))
    assert [f["value"] for f in facts(full, f"block-{block}")["block"]["figures"]] == [
        figure.value for figure in figures
    ]


def test_the_overview_tells_each_block_s_night_coverage_and_mutants(
    full: Path, chromium: browser.Browser
) -> None:
    chromium.open(full / "index.html", 1600)
    rows = chromium.evaluate(
        """Object.fromEntries([...document.querySelectorAll('#blocks + table tbody tr')].map(
           tr => [tr.querySelector('th').textContent, tr.innerText.replace(/\\s+/g, ' ')]))"""
    )
    assert set(rows) == {"riscv", "msb_skip", "soc", "sparse_stream", "pot"}
    for told in ("fail 2 of 6 runs failed, 1 lost", "99.5 %", "97 %", "96.25 %", "99.66 %",
                 "28.036 kGE", "37.5"):  # fmt: skip
        assert told in rows["riscv"], told
    assert "pass 1 run" in rows["soc"]
    assert "90.851 %" in rows["msb_skip"]
    assert "1.5 x" in rows["pot"]
    assert "1.4" in rows["pot"]


def test_energy_and_accuracy_of_each_technique_follow_from_the_figures(
    full: Path, chromium: browser.Browser
) -> None:
    found = {point.technique: point for point in techniques.outcomes(collect(full.parents[1]))
             if (point.network, point.library) == ("lenet5-relu", "osu018")}  # fmt: skip
    block = collect(full.parents[1]).blocks["msb_skip"]
    saved = block.pick("energy_saved", "lenet5-relu", library="osu018", level="loop", multipliers=1,
                       baseline="exact", same_weights=False, ram_scale=1.0,
                       program="lenet5_branch")  # fmt: skip
    skip = found["MSB skip in software"]
    assert 100 * (1 - skip.ratio) == pytest.approx(saved[0].value, abs=0.01)
    lost = block.pick("images_lost_vs_plain", "lenet5-relu")[0]
    assert skip.lost == pytest.approx(lost.value / 100, abs=1e-3)
    assert found["powers of two"].ratio == pytest.approx(1 / 2.25)
    assert [one.ratio for one in found["powers of two"].opponents] == [1 / 2.25, 1 / 1.5]
    assert found["powers of two"].lost == pytest.approx(99.433 - 99.20, abs=1e-3)
    assert found["powers of two"].control == pytest.approx(0.05)
    assert found["sparse streaming"].lost == 0
    chromium.open(full / "index.html", 1600)
    table = text(chromium, "#techniques + table")
    for point in found.values():
        assert point.technique in table
        assert shown(round(100 * point.ratio, 1)) in table


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> data.Data:
    """Of a project in which nothing was measured but the figures in docs/bench."""
    root = report_files.bare(tmp_path_factory.mktemp("committed"))
    shutil.copytree(ROOT / "docs/bench", root / "docs/bench")
    return collect(root)


def test_strongest_is_the_opponent_against_which_least_is_saved(committed: data.Data) -> None:
    pot = committed.blocks["pot"]
    energies = pot.pick("energy_per_inference", "lenet5-relu", level="engine", library="osu018",
                        training="uniform4")  # fmt: skip
    least = min(figure.value for figure in energies)
    points = [point for point in techniques.outcomes(committed) if point.whole and point.default
              and (point.block, point.network) == ("pot", "lenet5-relu")]  # fmt: skip
    assert len({point.technique for point in points}) == 2
    for point in points:
        assert point.strongest.text.startswith("recoded twin")
        if point.technique == "powers of two, pruned":
            assert point.unit == "nJ"
            assert point.energy is not None
            assert point.strongest.ratio == pytest.approx(point.energy / least)


def test_a_network_s_sentence_says_against_what_and_of_which_training(
    committed: data.Data,
) -> None:
    points = [point for point in techniques.outcomes(committed)
              if point.default and point.network == "vgg16-cifar10"]  # fmt: skip
    told = sentences.network_sentence(committed, "vgg16-cifar10", points)
    assert "12 % of the energy saved against recoded twin" in told
    assert "2.178 times the operations per second and DSP of a dense twin (ordinary" in told
    assert "2.382 times the operations per second and DSP of a dense twin (trained for" in told


def test_a_sentence_says_no_more_than_the_files() -> None:
    partial = Nightly("pass", 88, 0, 0, ["mutants pot not done"])
    assert "All 88 runs of the last night passed, mutants pot not done" in _sentence(partial)
    assert "No simulation in the last night;" in _sentence(Nightly("pass", 0, 0, 0, []))
    coverage = SimpleNamespace(missed=[], failures=["RandomTraffic seed 1"])
    assert "a run for coverage failed" in _sentence(partial, coverage)
    assert "every coverage bar met" in _sentence(partial, SimpleNamespace(missed=[], failures=[]))


def _sentence(night: Nightly, coverage: Any = None) -> str:
    nothing = data.Missing("")
    block: Any = SimpleNamespace(bench=True)
    return sentences.block_sentence(
        Status(block, night, coverage or nothing, nothing, nothing, None)
    )


def test_headlines_of_another_name_are_no_part_of_the_trend() -> None:
    nights = [
        data.PastNight(f"2026-11-{day}", 1, {"pot": data.Past(1, 0, headline=headline)})
        for day, headline in (
            (19, {"name": "area_kge", "value": 28}),
            (20, {"name": "energy_ratio", "value": 2.0}),
            (21, {"name": "energy_ratio", "value": 3.0}),
        )
    ]
    assert [value for _, value in trend._points(trend.HEADLINE, "pot", nights)] == [100, 150]


def test_a_technique_is_one_entry(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = techniques.Technique(
        title="less area",
        block="pot",
        energy=techniques.Pick("pot", "area_ratio"),
        opponents=(techniques.Pick("pot", "area_ratio", text="itself"),),
    )
    monkeypatch.setattr(techniques, "TECHNIQUES", (*techniques.TECHNIQUES, new))
    assert techniques.outcomes(collect(full.parents[1]))[-1].opponents[0].ratio == 1


def test_a_network_s_layers_have_products_cycles_energy_and_mismatches(
    full: Path, chromium: browser.Browser
) -> None:
    chromium.open(full / "network-lenet5-relu.html", 1600)
    cells = chromium.evaluate(
        """[...document.querySelectorAll('data[data-layer]')].map(
           e => [e.dataset.block, +e.dataset.column, e.dataset.layer, +e.value])"""
    )
    columns = facts(full, "network-lenet5-relu")["layers"]
    expected = [
        [block, place, layer, value]
        for block, listed in columns.items()
        for place, column in enumerate(listed)
        for layer, value in column["values"].items()
    ]
    assert sorted(cells) == sorted(expected)
    named = {(c["group"], c["title"]): c["values"] for c in columns["msb_skip"]}
    figures = collect(full.parents[1]).blocks["msb_skip"]
    skipped = figures.pick("products_skipped", "lenet5-relu")[0].conditions
    assert named["products", "multiplied"] == skipped["kept_by_layer"]
    assert named["energy, nJ, osu018", "exact"] == {"c1": 2999.8, "c3": 2999.8}
    assert named["mismatches", "RTL vs golden"]["c3"] == 0
    fates = [skipped[f"{fate}_by_layer"] for fate in ("kept", "soft_skipped", "zero_skipped")]
    total = sum(sum(values.values()) for values in fates)
    assert total == pytest.approx(416_520, abs=2)
    assert "1 run compared every layer: no mismatch" in text(chromium, "main")


def test_energy_by_layer_is_told_in_one_library_for_the_form_and_its_twin(full: Path) -> None:
    columns = facts(full, "network-lenet5-relu")["layers"]["pot"]
    energies = {c["title"]: c["values"] for c in columns if c["group"] == "energy, nJ, osu018"}
    assert sorted(values["c3"] for values in energies.values()) == [10.5, 14.5]
    products = [(c["title"], c["values"]) for c in columns if c["group"].startswith("products")]
    made = ("weight not zero", {"c1": 30, "c3": 40})
    assert products == 2 * [made, ("weight zero", {"c1": 3, "c3": 4})]


def test_the_command_for_missing_energy_is_one_that_exists() -> None:
    from scripts.power.__main__ import BLOCKS

    assert layers.POWERED == BLOCKS


# ---- Failures, holes, survivors ----


def test_failures_stand_in_groups_with_the_line_that_repeats_them(
    full: Path, chromium: browser.Browser
) -> None:
    chromium.open(full / "block-riscv.html", 1600)
    assert text(chromium, "blockquote.message").startswith(report_files.MESSAGE)
    main_text = text(chromium, "main")
    assert "2 \N{MULTIPLICATION SIGN} RandomProgram" in main_text
    assert "make sim TEST=RandomProgram SEED=2" in main_text
    assert "1 \N{MULTIPLICATION SIGN} lockstep" in main_text
    assert main_text.count("Passed when it was made again.") == 1
    assert "2 of 6 runs of the last night failed" in text(chromium, ".answer")
    plan = text(chromium, "#testplan + table")
    assert "RandomProgram 2 failed, 1 passed" in plan
    assert "lockstep 1 lost, 1 passed" in plan
    assert "V1" in plan


def test_holes_come_before_the_coverage_table_and_survivors_are_listed(
    full: Path, chromium: browser.Browser
) -> None:
    chromium.open(full / "block-riscv.html", 1600)
    told = text(chromium, "main")
    found = [told.index(word) for word in ("1 empty bin", report_files.HOLE, "riscv.sv:77 line",
                                           "missing: 1 toggle or expression", "9,625")]  # fmt: skip
    assert found == sorted(found)
    assert "branch 97 97 100 98 " in told
    assert "expr no points 0 0" in told
    assert "rtl/riscv/riscv_alu.sv:61 const1 $procmux$1147.B[7]" in text(
        chromium, "#mutants ~ .scroll"
    )


def test_the_last_nights_are_listed_newest_first(full: Path, chromium: browser.Browser) -> None:
    chromium.open(full / "index.html", 1600)
    told = text(chromium, "#nights ~ .scroll")
    assert told.index("21 Nov 2026") < told.index("20 Nov 2026") < told.index("19 Nov 2026")
    assert "3 of 500 failed" in told
    assert text(chromium, "#studies + ul") == "digits"
    assert "not run" in told


# ---- What is missing ----


def test_what_was_not_measured_is_missing_with_its_command_and_never_zero(
    empty: Path, chromium: browser.Browser
) -> None:
    chromium.open(empty / "index.html", 1600)
    table = text(chromium, "#blocks + table tbody")
    for block in ("riscv", "msb_skip", "sparse_stream"):
        for command in (f"nightly BLOCKS={block}", *(f"{word} BLOCK={block}" for word in
                        ("coverage", "mutants", "bench"))):  # fmt: skip
            assert f"missing make {command}" in table
    for page in pages(empty):
        if page.stem == "method":
            continue
        chromium.open(page, 1600)
        assert not re.search(r"(?<![\d.])0(\.0+)? ?%", text(chromium, "main")), page.name
        assert not chromium.evaluate("document.querySelectorAll('main data').length")
    assert facts(empty, "block-riscv")["block"]["coverage"] == {
        "missing": "make coverage BLOCK=riscv"
    }


def test_a_block_without_coverage_among_others_that_have_it_is_missing(
    full: Path, chromium: browser.Browser
) -> None:
    chromium.open(full / "block-soc.html", 1600)
    assert "missing make coverage BLOCK=soc" in text(chromium, "#coverage ~ p")
    assert "missing make mutants BLOCK=soc" in text(chromium, "#mutants ~ p")
    assert facts(full, "index")["blocks"]["soc"]["coverage"] == {
        "missing": "make coverage BLOCK=soc"
    }


def _block(name: str, *figures: Figure) -> data.Block:
    nothing = data.Missing("")
    return data.Block(name, True, figures, "", {}, nothing, nothing, nothing)


def _data(block: data.Block, night: data.Night | data.Missing) -> data.Data:
    return data.Data({block.name: block}, night, [], [], data.Missing(""))


def test_coverage_that_is_not_there_or_only_rounds_to_its_bar_does_not_meet_it() -> None:
    figures = {"line": data.Ratio(199_999, 200_000), "toggle": data.Ratio(9, 10)}
    bars = {"line": 100.0, "toggle": 90.0, "branch": 98.0}
    measured = data.Coverage(1, True, bars, figures, {}, {}, [], [], [], [], [])
    assert measured.missed == ["line", "branch"]


def test_a_night_that_did_nothing_of_a_block_is_no_pass() -> None:
    campaign = data.Campaign("mutants pot", "pot", "mutants", "not done")
    known = _data(_block("pot"), data.Night("", 1, ["pot"], [], [], [campaign]))
    assert nightly(known.blocks["pot"], known) == data.Missing("make nightly BLOCKS=pot")
    assert "nothing was checked; mutants pot not done" in sentences.night_sentence(known)
    proven = data.Campaign("formal pot", "pot", "formal", "pass")
    known = _data(_block("pot"), data.Night("", 1, ["pot"], [], [], [campaign, proven]))
    found = nightly(known.blocks["pot"], known)
    assert isinstance(found, Nightly)
    assert (found.verdict, found.campaigns) == ("pass", ["mutants pot not done"])


def test_without_its_first_opponent_a_technique_has_no_point() -> None:
    def energy(value: float, **conditions: Any) -> Figure:
        where = {"library": "osu018", "level": "loop", "training": "plain", **conditions}
        return Figure("energy_per_inference", value, "nJ", "lenet5-relu", conditions=where)

    zero = energy(60, mode="zero", multipliers=1, program="lenet5_branch")
    rival = energy(80, mode="exact", unit="simd4")
    same = energy(100, mode="exact", unit="msb_skip", multipliers=1)
    nothing = energy(0, mode="exact", unit="msb_skip", multipliers=1, program="lenet5")
    for figures, ratios in (
        ((zero, same, rival), [[0.6, 0.75]]),
        ((zero, rival), []),
        ((zero, nothing, rival), []),
    ):
        known = _data(_block("msb_skip", *figures), data.Missing(""))
        points = techniques.outcomes(known)
        assert [[one.ratio for one in point.opponents] for point in points] == ratios


def test_a_condition_that_is_not_there_is_not_known() -> None:
    pick = techniques.Pick("msb_skip", "products_skipped", taken="correct_by_seed")
    for conditions in ({}, {"correct_by_seed": []}, {"correct_by_seed": ["many"]}):
        assert pick.value(Figure("products_skipped", 90, "%", conditions=conditions)) is None


def test_a_condition_that_is_a_list_can_be_told() -> None:
    assert condition("training", ["soft"]) == "training ['soft']"


def test_an_energy_that_is_not_in_the_library_of_its_column_says_so(tmp_path: Path) -> None:
    def point(title: str, library: str) -> techniques.Outcome:
        return techniques.Outcome(title, "", "pot", "lenet5-relu", library, True, 5.0, "nJ", None,
                                  0.0, None, [techniques.Opponent("the twin", 0.5)])  # fmt: skip

    macro = '{% import "macros.html.j2" as m with context %}{{ m.techniques(points) }}'
    template = render._environment(tmp_path).from_string(macro)
    told = template.render(points=[point("one", "nangate45"), point("other", "osu018")])
    assert [told.count(word) for word in ("the twin<", "the twin, osu018<", "5.0 nJ, osu018<")] == [
        1, 1, 1,
    ]  # fmt: skip


def test_a_technique_that_costs_energy_is_not_beyond_the_plot() -> None:
    worse = techniques.Outcome("worse", "", "pot", "lenet5-relu", "osu018", True, 5.0, "nJ", None,
                               0.0, None, [techniques.Opponent("the twin", 1.5)])  # fmt: skip
    panel = Canvas().subplots()
    accuracy_energy._finish(panel, [worse])
    assert panel.get_xlim()[1] > 150


def test_layers_that_only_one_inference_has_are_drawn() -> None:
    spent = [data.LayerEnergy(name, 1, 1, 0, 0, {"core": 1e3}) for name in ("c1", "c3")]
    priced = [
        data.Inference("soc", "lenet5-relu", mode, "plain", "1", "lenet5", "osu018", 1, 1, found)
        for mode, found in (("exact", spent), ("soft", spent[1:]))
    ]
    (drawn,) = layers._parts(_block("soc"), priced)
    for row in ("c1 exact", "c3 exact", "c3 skipping"):
        assert row in drawn.wide
    assert "c1 skipping" not in drawn.wide


def test_a_row_that_is_no_layer_has_no_mismatches() -> None:
    told = {"useful_by_layer": {"c1": 3}, "nj_by_layer": {"c1": 1.5, "transfers": 0.5}}
    checked = Figure("images_checked", 1, "images", "lenet5-relu", conditions=told)
    (found,) = layers.layers(_data(_block("toy", checked), data.Missing("")), "lenet5-relu")
    (mismatches,) = [column for column in found.columns if column.group == "mismatches"]
    assert (found.names, mismatches.values) == (["c1", "transfers"], {"c1": 0})


def test_what_is_no_number_is_not_told_by_layer() -> None:
    conditions = {"kept_by_layer": {"c1": "many"}, "nj_by_layer": {"c1": None}}
    figure = Figure("density", 0.5, "ratio", "lenet5-relu", conditions=conditions)
    assert layers.layers(_data(_block("pot", figure), data.Missing("")), "lenet5-relu") == []


def test_speed_ups_without_their_bound_have_no_plot() -> None:
    block = _block("sparse_stream", Figure("engine_speedup_at_density", 2.0, "x"))
    assert special.special(block, _data(block, data.Missing(""))) == {}


def test_a_trade_off_that_was_not_measured_is_missing(committed: data.Data) -> None:
    plots = special.special(committed.blocks["msb_skip"], committed)
    assert list(plots.values()) == [data.Missing(".venv/bin/python -m scripts.tradeoff")]
    macro = '{% import "macros.html.j2" as m with context %}{{ m.plot(it) }}'
    template = render._environment(Path()).from_string(macro)
    told = [template.render(it=plot) for plot in plots.values()]
    assert "<code>.venv/bin/python -m scripts.tradeoff</code>" in told[0]


def test_the_trade_off_draws_every_rule_that_is_measured(full: Path) -> None:
    from scripts.tradeoff import RULES, TRAINED

    kinds = [label for label, *_ in (*RULES.values(), *TRAINED.values())]
    assert set(special._RULES) == set(kinds)
    page = (full / "block-msb_skip.html").read_text()
    assert "What skipping costs" in page


# ---- Pages ----


def test_figures_of_nights_have_a_page_and_are_no_block(full: Path) -> None:
    assert "regression" not in facts(full, "index")["blocks"]
    page = (full / "block-regression.html").read_text()
    assert "BLOCK=regression" not in page
    assert "not in the last night" not in page


def test_the_pages_are_those_of_the_blocks_and_networks(full: Path) -> None:
    assert {page.stem for page in pages(full)} == set(FULL_PAGES)
    for page in pages(full):
        assert facts(full, page.stem) is not None


@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("report", ["full", "empty"])
def test_nothing_overflows(
    request: pytest.FixtureRequest, chromium: browser.Browser, report: str, width: int
) -> None:
    for page in pages(request.getfixturevalue(report)):
        chromium.open(page, width)
        for unfolded in (False, True):
            if unfolded:
                chromium.evaluate(
                    "document.querySelectorAll('details').forEach(d => d.open = true)"
                )
            assert chromium.evaluate("document.documentElement.scrollWidth") <= width, page.name
            assert chromium.evaluate(_OUTSIDE) == [], page.name


# Elements that reach beyond the page, unless a box that scrolls holds them; letters of a plot that
# reach beyond it.
_OUTSIDE = """[
  ...[...document.body.querySelectorAll('*')].filter(e => !e.closest('.scroll, pre, svg')
      && e.getBoundingClientRect().right > innerWidth + 1),
  ...[...document.querySelectorAll('svg text')].filter(e => {
      const box = e.closest('svg').getBoundingClientRect(), own = e.getBoundingClientRect();
      return own.width && (own.left < box.left - 2 || own.right > box.right + 2
                           || own.top < box.top - 2 || own.bottom > box.bottom + 2); })
].map(e => e.outerHTML.slice(0, 200))"""


def test_no_request_leaves_the_machine_and_nothing_goes_wrong(
    full: Path, chromium: browser.Browser
) -> None:
    for page in pages(full):
        for media in ("screen", "print"):
            chromium.open(page, 1600, media=media)
            inside = full.resolve().as_uri()
            assert page.resolve().as_uri() in chromium.requests
            assert [one for one in chromium.requests if not one.startswith(inside)] == []
            assert chromium.complaints == []


def test_every_link_leads_somewhere(full: Path, chromium: browser.Browser) -> None:
    targets: dict[Path, set[str]] = {}
    links: list[tuple[str, str]] = []
    for page in pages(full):
        chromium.open(page, 1600)
        found = "[...document.querySelectorAll('[href], [src]')].map(e => e.href || e.src)"
        links += [(page.name, link) for link in chromium.evaluate(found)]
        ids = chromium.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(set(ids)) == len(ids), page.name
        targets[page.resolve()] = set(ids)
    for page, link in links:
        if re.match(r"https://arxiv\.org/abs/\d{4}\.\d{5}$|data:", link):
            continue  # for the reader to follow; nothing is fetched
        assert link.startswith("file://"), (page, link)
        path, _, anchor = link.removeprefix("file://").partition("#")
        assert Path(path).is_file(), (page, link)
        assert not anchor or anchor in targets[Path(path).resolve()], (page, link)


def test_dark_and_print_have_colours_of_their_own(full: Path, chromium: browser.Browser) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for scheme, media in (("light", "screen"), ("dark", "screen"), ("dark", "print")):
        chromium.open(full / "index.html", 1600, scheme, media)
        seen.append(chromium.evaluate(colour))
    assert seen[0] == seen[2] == "rgb(255, 255, 255)"
    assert seen[1] != seen[0]
    assert chromium.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"


@pytest.mark.skipif(not TYPEFACES.is_dir(), reason="fonts-inter is not installed (apt.txt)")
def test_the_typeface_comes_along(full: Path, chromium: browser.Browser) -> None:
    chromium.open(full / "index.html", 1600)
    assert chromium.evaluate("document.fonts.check('16px Inter') && document.fonts.size") == 2


# ---- Malformed files ----


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (report_files.NIGHT, "{", ""),
        (report_files.NIGHT, '"jobs": [', '"no_jobs": ['),
        (report_files.NIGHT, '"seed": 4711', '"seed": "4711"'),
        (report_files.NIGHT, '"seconds": 7000', '"seconds": NaN'),
        (report_files.HISTORY, '"runs": 500', '"runs": null'),
        (report_files.HISTORY, "2026-11-20T", "last night "),
        (report_files.COVERAGE, '"hit": 199', '"hits": 199'),
        (report_files.COVERAGE, '"functional": [', '"functional": 3, "x": ['),
        (report_files.MUTANTS, '"percent": 99.66', '"percent": "99.66"'),
        (report_files.POWER, '"layers": [', '"layers": 1, "x": ['),
        (report_files.TRADEOFF, '"lost"', '"last"'),
        (report_files.NIGHT, '"seconds": 7000', '"seconds": 1e999'),
        (report_files.NIGHT, '"verdict": "pass"', '"verdict": "passed"'),
        (report_files.COVERAGE, '"reason": "Word', '"why": "Word'),
        (report_files.COVERAGE, '"bars": {', '"bars": {}, "x": {'),
        (report_files.COVERAGE, '"rtl/riscv/riscv.sv:77 line"', "77"),
        (report_files.MUTANTS, '"equivalent": 5\n', '"same": 5\n'),
        ("docs/bench/riscv.json", '"network": ""', '"network": null'),
        ("build/bench/pot.json", '"value": 2.25', '"value": null'),
        ("build/bench/pot.json", '"unit": "x"', '"unit": 4'),
        ("docs/bench/riscv.json", '"value"', '"vale"'),
        ("build/bench/pot.json", "2.25", "Infinity"),
        ("verif/riscv/testplan.hjson", "testpoints", "points"),
    ],
)
def test_a_malformed_file_is_named_and_the_last_report_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str
) -> None:
    report_files.measured(tmp_path)
    folder = tmp_path / "build/report"
    folder.mkdir()
    (folder / "index.html").write_text("the last one")
    path = tmp_path / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    assert main([], tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {path}")
    assert error.count("\n") == 1
    assert [each.name for each in folder.iterdir()] == ["index.html"]
    assert (folder / "index.html").read_text() == "the last one"


@pytest.mark.parametrize(
    "name", [report_files.NIGHT, "docs/bench/riscv.json", "verif/riscv/testplan.hjson"]
)
def test_a_file_that_is_no_text_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = report_files.measured(tmp_path) / name
    path.write_bytes(b"\xff\xfe")
    assert main([], tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {path} is malformed")
    assert error.count("\n") == 1


def test_an_interrupted_report_leaves_the_last_one_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_files.bare(tmp_path)
    assert main([], tmp_path) == 0
    before = sorted(path.name for path in (tmp_path / "build").rglob("*"))

    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scripts.report.render._write_typeface", interrupted)
    with pytest.raises(KeyboardInterrupt):
        main([], tmp_path)
    assert sorted(path.name for path in (tmp_path / "build").rglob("*")) == before


def test_the_last_report_stays_where_the_new_one_cannot_take_its_place(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.html").write_text("the last one")
    with pytest.raises(FileNotFoundError):
        render._swap(tmp_path / "new", tmp_path / "report")
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert (tmp_path / "report/index.html").read_text() == "the last one"


def test_a_second_report_takes_the_place_of_the_first(tmp_path: Path) -> None:
    report_files.bare(tmp_path)
    assert main([], tmp_path) == 0
    (tmp_path / "build/report/block-old.html").write_text("of a block that is no more")
    assert main([], tmp_path) == 0
    assert not (tmp_path / "build/report/block-old.html").exists()
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["report"]
