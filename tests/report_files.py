# SPDX-License-Identifier: Apache-2.0
"""Projects for test_report: one in which nothing was measured, one in which much was."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.figure import Figure, write_figures
from scripts.files import write_json
from scripts.project import ROOT

NIGHT = "build/nightly/summary.json"
COVERAGE = "build/coverage/riscv/coverage.json"
MUTANTS = "build/mutants/riscv.json"
POWER = "build/power/msb_skip/osu018/energy.json"
TRADEOFF = "build/bench/tradeoff.json"
HISTORY = "build/nightly/history/2026-11-20.json"
MESSAGE = "output # differs: <b>expected</b> 0x#, got 0x#"
HOLE = "riscv.trap load/misaligned/ready"


def bare(root: Path) -> Path:
    """A project in which nothing was measured: benches, testplans, method, and no figures."""
    for bench in ROOT.glob("verif/*/bench.toml"):
        folder = root / "verif" / bench.parent.name
        folder.mkdir(parents=True)
        shutil.copy(bench, folder)
        shutil.copy(bench.with_name("testplan.hjson"), folder)
    shutil.copytree(ROOT / "docs", root / "docs", ignore=shutil.ignore_patterns("bench"))
    return root


def measured(root: Path) -> Path:
    """A project in which much was measured, and something failed."""
    bare(root)
    shutil.copytree(ROOT / "docs/bench", root / "docs/bench", dirs_exist_ok=True)
    write_figures(root / "build/bench/pot.json", "pot", pot(), {"cores": 2})
    write_json(root / NIGHT, night())
    write_json(root / COVERAGE, coverage())
    write_json(root / MUTANTS, mutants())
    write_json(root / POWER, power())
    write_json(root / TRADEOFF, tradeoff())
    for day, toggle in ((19, 89.5), (20, 93.0), (21, 96.25)):
        path = root / f"build/nightly/history/2026-11-{day}.json"
        write_json(path, past(f"2026-11-{day}T01:00:00Z", toggle))
    for page in ("coverage/riscv/html/index.html", "study/digits/index.html"):
        (root / "build" / page).parent.mkdir(parents=True)
        (root / "build" / page).write_text("<!doctype html><title>page</title>")
    return root


def pot() -> list[Figure]:
    """Figures as a technique of its own brings them."""
    where = {"library": "osu018", "training": "pot3", "level": "engine"}
    trained = {"training": "pot3", "bits": 4}
    return [
        *(
            Figure(
                "energy_ratio", ratio, "x", "lenet5-relu", "a uniform twin", 1.4,
                "arXiv 2209.15257", {**where, "opponent": opponent},
            )
            for opponent, ratio in (("sign_magnitude", 1.5), ("twos_complement", 2.25))
        ),
        Figure(
            "correct", 9920, "images of 10,000", "lenet5-relu", reference=9925, conditions=trained
        ),
        Figure("area_ratio", 1.75, "x", conditions={"library": "osu018"}),
        *(
            Figure(
                "energy_per_inference", 2 * nj, "nJ", "lenet5-relu",
                conditions={
                    "library": library, "form": form, "level": "engine",
                    "training": "pot3" if form == "pot" else "uniform4",
                    "nj_by_layer": {"c1": nj, "c3": nj}, "cycles_by_layer": {"c1": 5, "c3": 7},
                    "useful_by_layer": {"c1": 30, "c3": 40},
                    "zero_weight_by_layer": {"c1": 3, "c3": 4},
                },
            )
            for library, form, nj in (
                ("osu018", "pot", 10.5), ("osu018", "booth", 14.5), ("osu018", "magnitude", 12.5),
                ("nangate45", "pot", 1.5),
            )
        ),
    ]  # fmt: skip


def _job(test: str, seed: int, verdict: str = "pass", **more: Any) -> dict[str, Any]:
    return {
        "block": "riscv", "test": test, "seed": seed, "simulator": "verilator", "parameters": {},
        "settings": {}, "verdict": verdict, "cycles": 20_000, "compared": 900, "seconds": 3.5,
        "overhead_seconds": 0.4, "reason": "", "replay": f"make sim TEST={test} SEED={seed}",
        **more,
    }  # fmt: skip


def night() -> dict[str, Any]:
    """Six runs of riscv, of which two fail alike and one is lost, and one of soc."""
    reason = MESSAGE.replace("#", "17")
    jobs = [
        _job("SelfCheck", 1),
        _job("RandomProgram", 2, "fail", reason=reason),
        _job("RandomProgram", 3, "fail", reason=reason),
        _job("RandomProgram", 4),
        _job("lockstep", 5, "lost"),
        _job("lockstep", 6),
        _job("Inference", 7, block="soc", settings={"network": "lenet5-relu", "images": 1}),
    ]
    same = {
        "block": "riscv", "message": MESSAGE, "count": 2, "jobs": [1, 2],
        "replay": jobs[1]["replay"], "waves": "build/runs/riscv/waves.fst", "repeats": True,
    }  # fmt: skip
    gone = {
        "block": "riscv", "message": "its worker was killed", "count": 1, "jobs": [4],
        "replay": jobs[4]["replay"], "waves": None, "repeats": False,
    }  # fmt: skip
    campaign = {"title": "formal riscv", "block": "riscv", "kind": "formal", "verdict": "pass",
                "seconds": 20.0, "reason": ""}  # fmt: skip
    return {
        "started": "2026-11-21T01:00:00Z", "seed": 4711, "blocks": ["riscv", "soc"], "hours": 2.0,
        "interrupted": False, "engine": "local", "seconds": 7000, "planned": 9, "finished": 6,
        "dropped": 2, "lost": 1, "retried": 1, "jobs": jobs, "buckets": [same, gone],
        "campaigns": [campaign],
    }  # fmt: skip


def tradeoff() -> dict[str, Any]:
    """What skipping costs by two rules, one of which was only tried on held-out images."""
    kinds = (("test", "absolute, untrained"), ("held-out", "trained, against plain"))
    return {"points": [
        {"network": "lenet5-relu", "images": images, "kind": kind, "label": f"T={skipped}",
         "skipped": skipped, "lost": skipped - 80.0}
        for images, kind in kinds for skipped in (75.5, 85.5)
    ]}  # fmt: skip


def past(started: str, toggle: float) -> dict[str, Any]:
    """An earlier night; soc had no coverage and no mutants in it."""
    share = {"functional": 100.0, "line": 99.5, "branch": 98.5, "toggle": toggle}
    headline = {"name": "area_kge", "value": 28 + toggle / 100, "unit": "kGE"}
    riscv = {
        "runs": 500, "failed": 3, "coverage": share, "mutants_noticed": 91.0, "headline": headline,
    }  # fmt: skip
    return {
        "started": started,
        "seed": 1,
        "blocks": {"riscv": riscv, "soc": {"runs": 40, "failed": 0}},
    }


def _ratios(**hit: tuple[int, int]) -> Mapping[str, Any]:
    return {name: {"hit": h, "total": n, "percent": 0} for name, (h, n) in hit.items()}


def coverage() -> dict[str, Any]:
    """Coverage with a hole of every kind; of expressions there are none."""
    ratios = _ratios(
        functional=(199, 200),
        line=(995, 1000),
        branch=(97, 100),
        toggle=(9625, 10_000),
        expr=(0, 0),
    )
    return {
        "block": "riscv", "seed": 1, "passed": False, "figures": ratios,
        "bars": {"functional": 100.0, "line": 98.0, "branch": 98.0, "toggle": 90.0},
        "files": {"rtl/riscv/riscv.sv": ratios},
        "groups": {"riscv.trap": {"hit": 199, "total": 200, "percent": 99.5, "excluded": {}}},
        "holes": {"functional": [HOLE], "code": [
            "rtl/riscv/riscv.sv:77 line", "rtl/riscv/riscv.sv:78 branch else",
            "rtl/riscv/riscv.sv:140 toggle target[0]:0->1",
        ]},
        "excluded": [{"point": "rtl/riscv/riscv.sv:35 toggle x:0->1", "reason": "Word addresses."}],
        "runs": ["lockstep seed 1"], "failures": [], "seconds": 100.0,
    }  # fmt: skip


def mutants() -> dict[str, Any]:
    """A campaign with one survivor."""
    survivor = {
        "number": 105, "module": "riscv_alu", "kind": "const1", "place": "$procmux$1147.B[7]",
        "source": "rtl/riscv/riscv_alu.sv:61", "instance": "riscv_alu$riscv.u_alu",
    }  # fmt: skip
    return {
        "block": "riscv", "seed": 1, "mutants": 300, "equivalent": 5, "noticed": 294,
        "percent": 99.66, "suite": ["SelfCheck seed 1"], "suite_seconds": 5.0, "seconds": 400,
        "kills": {"SelfCheck seed 1": 294}, "causes": {"test": 294},
        "modules": {"riscv_alu": {"mutants": 300, "noticed": 294, "equivalent": 5}},
        "survivors": [survivor],
    }  # fmt: skip


def power() -> dict[str, Any]:
    """Two inferences of two layers."""

    def inference(mode: str, scale: float) -> dict[str, Any]:
        layers = [
            {"layer": layer, "cycles": round(cycles * scale), "kept": round(1000 * scale),
             "zero_skipped": 200, "soft_skipped": 30, "nj_by_kind": {}, "accesses": {},
             "nj": {"core": 1200.25 * scale, "clock": 800.5 * scale, "RAM": 999.0 * scale}}
            for layer, cycles in (("c1", 50_000), ("c3", 70_000))
        ]  # fmt: skip
        total = sum(sum(layer["nj"].values()) for layer in layers)
        return {
            "network": "lenet5-relu", "mode": mode, "training": "plain", "unit": "1",
            "program": "lenet5", "library": "osu018_stdcells", "loop_nj": total, "unit_nj": 1.0,
            "layers": layers,
        }  # fmt: skip

    return {"inferences": [inference("exact", 1.0), inference("soft", 0.5)]}
