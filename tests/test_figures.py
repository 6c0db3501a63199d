# SPDX-License-Identifier: Apache-2.0
"""Figures: their file, `make bench`, and the table in README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts import bench, readme
from scripts.errors import UserError
from scripts.figure import Figure, read_figures, write_figures
from scripts.files import write_bytes, write_text


def figures() -> list[Figure]:
    return [
        Figure(
            "products_skipped",
            93.125,
            "%",
            network,
            against="published",
            reference=reference,
            source="arXiv 2603.10100",
            conditions={"mode": "soft", "seeds": [0, 1, 2]},
        )
        for network, reference in (("lenet5-relu", 88.42), ("lenet5-tanh", 74.87))
    ] + [
        Figure("cycles_per_inference", cycles, "cycles", "lenet5-relu", conditions={"mode": mode})
        for mode, cycles in (("exact", 812345), ("soft", 399000))
    ]


def test_figures_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "block.json"
    write_figures(path, "msb_skip", figures(), {"cores": 2})
    assert read_figures(path) == ("msb_skip", figures())
    table = json.loads(path.read_text())
    assert list(table) == ["block", "figures", "machine"]
    names = ["name", "network", "value", "unit", "against", "reference", "source", "conditions"]
    assert list(table["figures"][0]) == names


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Products Skipped"},
        {"value": float("nan")},
        {"value": "93"},
        {"value": None},
        {"value": False},
        {"reference": float("inf")},
        {"conditions": {"seeds": {0, 1}}},
        {"conditions": {"loss": float("nan")}},
        {"conditions": None},
        {"conditions": ["soft"]},
        {"network": None},
        {"unit": 5},
    ],
)
def test_a_figure_that_is_none_is_refused(fields: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match="figure"):
        Figure(**{"name": "a", "value": 1, "unit": "%", **fields})


def test_the_same_figure_twice_is_refused_and_nothing_written(tmp_path: Path) -> None:
    path = tmp_path / "block.json"
    for wrong in ([*figures(), figures()[0]], []):
        with pytest.raises(ValueError, match=r"twice|no figures"):
            write_figures(path, "msb_skip", wrong, {})
    assert not path.exists()


def test_a_file_that_holds_no_figures_is_named(tmp_path: Path) -> None:
    path = tmp_path / "block.json"
    for text in ("{", "{}", '{"figures": [{"name": "a"}]}'):
        path.write_text(text)
        with pytest.raises(UserError, match=r"block\.json is not a file of figures"):
            read_figures(path)


def test_bench_runs_its_providers_and_writes_their_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def provider(show: bench.Show) -> list[Figure]:
        show("measuring")
        return figures()

    monkeypatch.setattr(bench, "PROVIDERS", {"toy": ("module:function",)})
    monkeypatch.setattr(bench, "_provider", lambda name: provider)
    path = bench.bench("toy", tmp_path)
    assert read_figures(path) == ("toy", figures())
    assert json.loads(path.read_text())["machine"]["cores"] >= 1
    assert "measuring" in capsys.readouterr().out


def test_bench_of_an_unknown_block_lists_the_valid_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--block", "adder"]) == 2
    valid = "riscv, msb_skip, sparse_stream, pot, regression"
    assert capsys.readouterr().err == f"error: unknown BLOCK 'adder'; valid: {valid}\n"


README = f"# Title\n\nBefore\n\n{readme.BEGIN}\nold\n{readme.END}\n\nAfter\n"
SOURCE = "[arXiv 2603.10100](https://arxiv.org/abs/2603.10100)"
TABLE = f"""| toy | lenet5-relu | lenet5-tanh | unit | to beat | source |
|---|---|---|---|---|---|
| products skipped | 93.125 | 93.125 | % | 88.42 / 74.87 | {SOURCE} |
| cycles per inference, exact | 812,345 |  | cycles |  |  |
| cycles per inference, skipping | 399,000 |  | cycles |  |  |
"""


def test_the_table_in_the_readme_is_made_from_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    write_figures(tmp_path / "docs/bench/toy.json", "toy", figures(), {})
    assert readme.main(["--check"], root=tmp_path) == 1
    assert readme.main([], root=tmp_path) == 0
    assert readme.main(["--check"], root=tmp_path) == 0
    text = (tmp_path / "README.md").read_text()
    assert text == README.replace("old\n", TABLE)


def test_what_is_measured_on_no_network_has_a_table_of_its_own() -> None:
    area = Figure(name="area_kge", value=26.7, unit="kGE", reference=37.5)
    assert readme.tables("toy", [area, *figures()]) == [
        TABLE.rstrip("\n"),
        "| toy | value | unit | to beat | source |\n|---|---|---|---|---|\n"
        "| area | 26.7 | kGE | 37.5 |  |",
    ]


def test_of_a_block_with_headlines_the_readme_has_no_more_than_these() -> None:
    speed = Figure("replay_cycles_per_second", 3_000_000, "1/s", "lenet5-relu")
    text = "\n".join(readme.tables("msb_skip", [*figures(), speed]))
    assert "products skipped" in text
    assert "replay" not in text
    assert "cycles per inference" not in text


def test_a_block_with_many_figures_shows_those_that_have_something_to_beat() -> None:
    many = [Figure("latency", i, "ns", conditions={"case": f"case {i}"}) for i in range(20)]
    beaten = Figure("energy_ratio", 2.4, "x", reference=1.4, source="arXiv 2209.15257")
    text = "\n".join(readme.tables("toy", [*many, beaten]))
    assert "2.4" in text
    assert "latency" not in text


def test_figures_that_conditions_cannot_tell_apart_both_have_a_row() -> None:
    long = "a condition that is too long for the label of a row, and differs only at its end: "
    both = [Figure("latency", i, "ns", conditions={"case": f"{long}{i}"}) for i in (1, 2)]
    assert readme.tables("toy", both)[0].count("latency") == 2


def test_kinds_of_figures_that_are_called_alike_both_have_a_row() -> None:
    both = [Figure(name, 20, "images") for name in ("rtl_images_checked", "engine_images_checked")]
    assert readme.tables("toy", both)[0].count("images equal on RTL") == 2


def test_a_readme_without_markers_is_refused_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("# Title\n")
    assert readme.main([], root=tmp_path) == 1
    assert readme.BEGIN in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == "# Title\n"


def test_the_table_in_our_readme_is_up_to_date() -> None:
    assert readme.main(["--check"]) == 0


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(TypeError):
        write_bytes(path, "new")  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
