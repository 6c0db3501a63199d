# SPDX-License-Identifier: Apache-2.0
"""What a night leaves: build/nightly/summary.json, and an entry of its history for the trends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts.files import write_json
from scripts.regress_job import Outcome

Summary = dict[str, Any]


@dataclass
class Bucket:
    """Failures of one block with the same message but for its numbers."""

    block: str
    message: str
    jobs: list[int] = field(default_factory=list)
    again: Outcome | None = None  # of the first one, made again with waves


def normalised(reason: str) -> str:
    """Return a message without its numbers, so that the same failure reads the same.

    >>> normalised("pc 0xabc differs in -3 words")
    'pc # differs in # words'
    """
    return re.sub(r"0x[0-9a-f]+|-?[0-9a-f]*\d[0-9a-f]*", "#", reason, flags=re.IGNORECASE)


def buckets(outcomes: Sequence[Outcome]) -> list[Bucket]:
    """Group what did not pass, the largest group first; in each the shortest run first."""
    found: dict[tuple[str, str], Bucket] = {}
    for index, outcome in enumerate(outcomes):
        if outcome.verdict != "pass":
            key = outcome.block, normalised(outcome.reason)
            found.setdefault(key, Bucket(*key)).jobs.append(index)
    for bucket in found.values():
        bucket.jobs.sort(key=lambda index: outcomes[index].cycles)
    return sorted(found.values(), key=lambda bucket: -len(bucket.jobs))


def run_rows(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The outcomes as JSON has them."""
    return [asdict(outcome) for outcome in outcomes]


def bucket_rows(found: Iterable[Bucket], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The groups as JSON has them; the first job of each is the one to look at."""
    return [
        {
            "block": bucket.block,
            "message": bucket.message,
            "count": len(bucket.jobs),
            "jobs": bucket.jobs,
            "replay": outcomes[bucket.jobs[0]].replay,
            "waves": bucket.again.waves if bucket.again else None,
            "repeats": bucket.again.verdict != "pass" if bucket.again else None,
        }
        for bucket in found
    ]


def failed(summary: Mapping[str, Any]) -> bool:
    """Whether anything was not as it should be; a campaign that was out of time is no failure."""
    return bool(summary["buckets"]) or any(
        campaign["verdict"] == "fail" for campaign in summary["campaigns"]
    )


def report(summary: Mapping[str, Any]) -> str:
    """What is printed at the end: failures by message, then the counts."""
    lines = []
    for bucket in summary["buckets"]:
        lines.append(f"{bucket['count']:4} x {bucket['block']}: {bucket['message']}")
        lines += [f"       waves:  {bucket['waves']}"] if bucket["waves"] else []
        lines += ["       passed when it was made again"] if bucket["repeats"] is False else []
        lines.append(f"       replay: {bucket['replay']}")
    for campaign in summary["campaigns"]:
        if campaign["verdict"] != "pass":
            lines.append(f"{campaign['verdict']:<8} {campaign['title']}: {campaign['reason']}")
    runs = [job for job in summary["jobs"] if job["verdict"] != "lost"]
    wrong = sum(job["verdict"] == "fail" for job in runs)
    lines.append(
        f"{summary['finished']} of {summary['planned']} runs in {summary['seconds']} s:"
        f" {wrong} failed, {summary['lost']} lost, {summary['retried']} made twice,"
        f" {summary['dropped']} seeds dropped"
    )
    return "\n".join(lines)


def write_history(root: Path, summary: Mapping[str, Any], since: float) -> Path:
    """Add the night to build/nightly/history: for each block what is compared over the nights.

    Coverage and mutants are those measured after time.time() == `since`; what was not is absent.
    """
    entry = {
        "started": summary["started"],
        "seed": summary["seed"],
        "blocks": {block: _block(root, summary, block, since) for block in summary["blocks"]},
    }
    name = summary["started"].replace(":", "")
    path = root / "build" / "nightly" / "history" / f"{name}.json"
    write_json(path, entry)
    return path


def _block(root: Path, summary: Mapping[str, Any], block: str, since: float) -> dict[str, Any]:
    jobs = [job for job in summary["jobs"] if job["block"] == block]
    entry: dict[str, Any] = {
        "runs": len(jobs),
        "failed": sum(job["verdict"] != "pass" for job in jobs),
    }
    built = root / "build"
    if coverage := _new(built / "coverage" / block / "coverage.json", since):
        kinds = ("functional", "line", "branch", "toggle")
        entry["coverage"] = {kind: coverage["figures"][kind]["percent"] for kind in kinds}
    if mutants := _new(built / "mutants" / f"{block}.json", since):
        entry["mutants_noticed"] = mutants["percent"]
    if bench := _new(built / "bench" / f"{block}.json", 0.0):
        measured = [f for f in bench["figures"] if f["reference"] is not None]
        if measured:
            entry["headline"] = {name: measured[0][name] for name in ("name", "value", "unit")}
    return entry


def _new(path: Path, since: float) -> Any:
    """Read a JSON file that was written after `since`; None if there is none."""
    try:
        return json.loads(path.read_text()) if path.stat().st_mtime >= since else None
    except (OSError, ValueError):
        return None
