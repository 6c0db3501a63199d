# SPDX-License-Identifier: Apache-2.0
"""Cover points of cocotb-coverage as cover groups: what a run leaves in its folder, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_db

from verif.common import run
from verif.common.covergroup import Group

_FILE = "coverage.yml"

Excluded = Mapping[str, Mapping[str, int]]
"""Bins that each rule leaves out, by the name of the group and the rule's reason."""


def export() -> None:
    """Leave what was covered in the run's folder."""
    coverage_db.export_to_yaml(filename=str(run.directory() / _FILE))


def model(block: str, excluded: Excluded | None = None) -> list[Group]:
    """Return all cover groups of a block with no bin hit. Other blocks may be in the process."""
    return [
        _group(name, dict.fromkeys(point.detailed_coverage, 0), excluded)
        for name, point in coverage_db.items()
        if name.startswith(f"{block}.") and isinstance(point, (CoverPoint, CoverCross))
    ]


def collect(directory: Path, block: str, excluded: Excluded | None = None) -> list[Group]:
    """Return the cover groups of a block of the run in `directory`."""
    report = yaml.load((directory / _FILE).read_text(), yaml.CSafeLoader)
    groups = ((name, entry.get("bins:_hits")) for name, entry in report.items())
    return [
        _group(name, hits, excluded)
        for name, hits in groups
        if hits and name.startswith(f"{block}.")
    ]


def _group(name: str, hits: Mapping[Any, int], excluded: Excluded | None) -> Group:
    """Bins are named as YAML gives them back."""
    return Group(name, {str(k): v for k, v in hits.items()}, dict((excluded or {}).get(name, {})))
