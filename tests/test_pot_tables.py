# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/pot.md are those of docs/bench/pot.json."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts import pot_tables
from scripts.project import ROOT

FIGURES = "docs/bench/pot.json"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the page and its figures."""
    (tmp_path / "docs/bench").mkdir(parents=True)
    for name in ("docs/pot.md", FIGURES):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_our_page_is_up_to_date() -> None:
    assert pot_tables.main(["--check"]) == 0


def test_another_figure_is_another_page(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = json.loads((copy / FIGURES).read_text())
    ratio = next(f for f in table["figures"] if f["name"] == "energy_ratio")
    ratio["value"] = 123.456
    (copy / FIGURES).write_text(json.dumps(table))
    assert pot_tables.main(["--check"], copy) == 1
    assert "run: python -m scripts.pot_tables" in capsys.readouterr().err
    assert pot_tables.main([], copy) == 0
    assert "| 123.46 |" in (copy / "docs/pot.md").read_text()
    assert pot_tables.main(["--check"], copy) == 0


def test_a_place_that_is_gone_is_told(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = copy / "docs/pot.md"
    page.write_text(page.read_text().replace("<!-- sizes:end -->", ""))
    assert pot_tables.main([], copy) == 2
    assert "the place of table sizes is not marked" in capsys.readouterr().err


def test_what_was_not_measured_has_an_empty_cell(copy: Path) -> None:
    table = json.loads((copy / FIGURES).read_text())
    table["figures"] = [
        f for f in table["figures"] if f["conditions"].get("library") != "nangate45"
    ]
    (copy / FIGURES).write_text(json.dumps(table))
    assert pot_tables.main([], copy) == 0
    row = next(
        line
        for line in (copy / "docs/pot.md").read_text().splitlines()
        if line.startswith("| FormBooth |")
    )
    assert row.split("|")[6].strip() == row.split("|")[9].strip() == ""
