# SPDX-License-Identifier: Apache-2.0
"""Coverage: the reader of coverage.dat, exclusions, crosses, the core's model on made-up traces."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from scripts import coverage
from scripts.coverage_code import Point, Selection, exclude, line_hits, ratios, read_points
from scripts.coverage_code import write_lcov as write_tracefile
from scripts.coverage_plan import planned_groups, read_plan
from scripts.coverage_report import Report, write_report
from scripts.errors import UserError
from scripts.project import ROOT, Project
from scripts.simulators import Killed
from verif.common.covergroup import Group, merge
from verif.common.cross import Cross
from verif.riscv.coverage import measure, model
from verif.riscv.isa import IMMEDIATES, INSTRUCTIONS, NAMES, UNKNOWN, identify
from verif.riscv.trace import RECORD, Trace, read_trace

SOURCE = """module toy (input logic a, output logic b);
  always_comb begin
    if (a) b = 1'b1;
    else   b = 1'b0;
  end
  wire unused = a;
endmodule
"""


def record(root: Path, kind: str, line: int, text: str, hits: int, block: str = "") -> str:
    """A line of coverage.dat."""
    fields = {"f": root / "rtl/toy/toy.sv", "l": line, "n": 5, "t": kind, "page": f"v_{kind}/toy"}
    pairs = {**fields, "o": text, "S": block, "h": "bench.u_toy"}
    return "C '" + "".join(f"\x01{k}\x02{v}" for k, v in pairs.items()) + f"' {hits}\n"


@pytest.fixture
def toy_hits(tmp_path: Path) -> dict[Point, int]:
    """Points of a small module, from two runs."""
    source = tmp_path / "rtl/toy/toy.sv"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE)
    runs = []
    for run, taken in enumerate((0, 3)):
        path = tmp_path / f"{run}.dat"
        path.write_text(
            "# SystemC::Coverage-3\n"
            + record(tmp_path, "line", 2, "block", 4, "2-3")
            + record(tmp_path, "branch", 3, "if", taken, "3")
            + record(tmp_path, "branch", 3, "else", 0, "4")
            + record(tmp_path, "toggle", 6, "unused:0->1", 0)
            + record(tmp_path, "toggle", 6, "unused:1->0", taken)
            + record(Path("/elsewhere"), "line", 1, "block", 9, "1")
        )
        runs.append(path)
    return read_points(runs, tmp_path)


def test_points_of_several_runs_are_added_up(toy_hits: dict[Point, int]) -> None:
    counts = {(point.kind, point.text): count for point, count in toy_hits.items()}
    assert counts == {
        ("line", "block"): 8,
        ("branch", "if"): 3,
        ("branch", "else"): 0,
        ("toggle", "unused:0->1"): 0,
        ("toggle", "unused:1->0"): 3,
    }
    assert line_hits(toy_hits) == {
        ("rtl/toy/toy.sv", 2): 8,
        ("rtl/toy/toy.sv", 3): 8,
        ("rtl/toy/toy.sv", 4): 0,
    }
    found = {kind: (ratio.hit, ratio.total) for kind, ratio in ratios(toy_hits).items()}
    assert found == {"line": (2, 3), "branch": (1, 2), "toggle": (1, 2), "expr": (0, 0)}


def test_tracefile_has_lines_and_branches(toy_hits: dict[Point, int], tmp_path: Path) -> None:
    write_tracefile(tmp_path / "out.info", toy_hits, "branch", tmp_path)
    lines = (tmp_path / "out.info").read_text().splitlines()
    assert lines[1] == f"SF:{tmp_path}/rtl/toy/toy.sv"
    assert {"BRDA:3,0,0,0", "BRDA:3,0,1,3", "BRF:2", "BRH:1"} <= set(lines)
    assert {"DA:2,8", "DA:3,8", "DA:4,0", "LF:3", "LH:2"} <= set(lines)


TOY = "rtl/toy/toy.sv"


def test_exclusion_takes_its_points_out(toy_hits: dict[Point, int], tmp_path: Path) -> None:
    selection = Selection(TOY, "never", line="wire  unused = a;", points=":0->1")
    excluded = exclude(toy_hits, [selection], tmp_path)
    assert [str(point) for point in excluded] == [f"{TOY}:6 toggle unused:0->1"]


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(TOY, "r", line="wire unused = a;"), "was covered 3 times .1 of 2"),
        (Selection(TOY, "r", line="wire used = a;"), "in 0 lines"),
        (Selection(TOY, "r", line="b = 1'b"), "in 2 lines"),
        (Selection(TOY, "r", line="endmodule"), "no coverage point matches"),
        (Selection(TOY, "r", kinds=("expr",)), "no coverage point matches"),
        (Selection("rtl/toy/gone.sv", "r"), "no such file"),
    ],
    ids=str,
)
def test_exclusion_without_need_is_an_error(
    toy_hits: dict[Point, int], tmp_path: Path, selection: Selection, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        exclude(toy_hits, [selection], tmp_path)


def test_report_names_holes_and_missed_bars(toy_hits: dict[Point, int], tmp_path: Path) -> None:
    groups = {"toy.group": Group("toy.group", {"full": 2, "empty": 0})}
    report = Report("toy", toy_hits, {}, {}, {}, groups, ["run 1"], [], [])
    table = write_report(tmp_path, report)
    assert report.missed == ["functional", "line", "branch", "toggle"]
    assert table.index("toy.group: empty") < table.index("functional")
    for page in ("index.html", "functional.html", "branch/index.html", "toggle/index.html"):
        assert (tmp_path / "build/coverage/toy/html" / page).is_file()


def test_plan_with_an_unknown_key_is_refused(toy: Path) -> None:
    plan = toy / "verif/counter/coverage.toml"
    plan.write_text('[[run]]\ntest = "Counts"\nseed = 3\n')
    with pytest.raises(UserError, match="unknown key 'seed'"):
        read_plan(Project(toy).bench("counter"))


@pytest.mark.parametrize("text", [None, "covergroups: [", 'covergroups: [ { desc: "d" } ]'])
def test_a_testplan_that_cannot_be_read_is_named(toy: Path, text: str | None) -> None:
    if text is not None:
        (toy / "verif/counter/testplan.hjson").write_text(text)
    with pytest.raises(UserError, match=r"testplan\.hjson cannot be read; see make lint"):
        planned_groups(Project(toy).bench("counter"))


def test_unknown_block_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert coverage.main(["--block", "nothing"]) == 2
    assert capsys.readouterr().err.startswith("error: unknown BLOCK 'nothing'; valid: msb_skip")


def test_a_compiler_that_is_killed_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def killed(*_: object) -> bool:
        raise Killed("make: killed by signal 9")

    monkeypatch.setattr(coverage, "measure_block", killed)
    assert coverage.main(["--block", "riscv"]) == 2
    assert capsys.readouterr().err == "error: make: killed by signal 9\n"


# Crosses and cover groups


def test_cross_leaves_out_what_cannot_happen() -> None:
    rules = {"no b with y": lambda first, second: (first, second) == ("b", "y")}
    cross = Cross("c", {"first": "ab", "second": "xy"}, rules)
    first, second = np.array([0, 1, 1, -1]), np.array([1, 0, 0, 0])
    group = cross.group(cross.count(first, second))
    assert group.hits == {"a/x": 0, "a/y": 1, "b/x": 2}
    assert group.excluded == {"no b with y": 1}
    with pytest.raises(UserError, match="b/y was hit 1 times"):
        cross.group(cross.count(np.array([1]), np.array([1])))


def test_groups_of_different_models_are_not_added_up() -> None:
    assert merge([[Group("g", {"a": 1})], [Group("g", {"a": 2})]])["g"].hits == {"a": 3}
    with pytest.raises(ValueError, match="other bins"):
        merge([[Group("g", {"a": 1})], [Group("g", {"b": 2})]])


BINS = ("zero", "one", "many")


def groups_of(counts: list[int]) -> list[Group]:
    """What a run has hit."""
    return [Group("g", dict(zip(BINS, counts, strict=True)), {"why": 1})]


def plain(merged: dict[str, Group]) -> dict[str, dict[str, int]]:
    return {name: group.hits for name, group in merged.items()}


def drawn_runs(random: Random) -> list[list[int]]:
    """Hits of the bins in two to six runs."""
    return [[random.randrange(4) for _ in BINS] for _ in range(random.randint(2, 6))]


@pytest.mark.parametrize("seed", range(10))
def test_bins_add_up_in_any_order_and_in_any_parts(seed: int) -> None:
    random = Random(seed)
    runs = drawn_runs(random)
    together = plain(merge(map(groups_of, runs)))
    shuffled = random.sample(runs, len(runs))
    assert plain(merge(map(groups_of, shuffled))) == together
    cut = random.randrange(1, len(runs))
    parts = (merge(map(groups_of, part)) for part in (shuffled[:cut], shuffled[cut:]))
    assert plain(merge(part.values() for part in parts)) == together


@pytest.mark.parametrize("seed", range(10))
def test_points_of_code_add_up_in_any_order_and_in_any_parts(tmp_path: Path, seed: int) -> None:
    random, paths = Random(seed), []
    for number, counts in enumerate(drawn_runs(random)):
        path = tmp_path / f"{number}.dat"
        lines = [
            record(tmp_path, "branch", 3, name, n, "3")
            for name, n in zip(BINS, counts, strict=True)
        ]
        path.write_text("".join(random.sample(lines, len(lines))))
        paths.append(path)
    together = read_points(paths, tmp_path)
    shuffled = random.sample(paths, len(paths))
    cut = random.randrange(1, len(paths))
    measured = coverage.Measured()
    for part in (shuffled[:cut], shuffled[cut:]):
        measured.add("part", read_points(part, tmp_path), [])
    assert read_points(shuffled, tmp_path) == together == measured.code


@pytest.mark.parametrize("block", ["msb_skip", "pot", "riscv", "soc", "sparse_stream"])
def test_testplan_lists_exactly_the_cover_groups(block: str) -> None:
    bench = Project(ROOT).bench(block)
    coverage.check_testplan(bench)
    assert read_plan(bench).runs


# The core's model


def test_encodings_do_not_overlap_and_read_back() -> None:
    words = np.array([i.match for i in INSTRUCTIONS], np.int64)
    short = {  # with a register or immediate where zero means another instruction
        "c.addi4spn": 0x0040,
        "c.addi": 0x0085,
        "c.addi16sp": 0x6141,
        "c.lui": 0x6085,
        "c.lwsp": 0x4082,
        "c.jr": 0x8082,
        "c.jalr": 0x9082,
        "c.mv": 0x808A,
        "c.add": 0x908A,
    }
    for name, word in short.items():
        words[NAMES.index(name)] = word
    assert [NAMES[index] for index in identify(words)] == list(NAMES)
    reserved = np.array([0x0000, 0x6101, 0x4002, 0x8002, 0x9C01, 0xFFFFFFFF], np.int64)
    assert (identify(reserved) == UNKNOWN).all()


@pytest.mark.parametrize(
    ("form", "word", "value"),
    [
        ("i", 0xFFF50513, -1),  # addi a0, a0, -1
        ("s", 0xFEA12E23, -4),  # sw a0, -4(sp)
        ("b", 0xFE000CE3, -8),  # beq x0, x0, .-8
        ("u", 0x800000B7, -(1 << 19)),  # lui ra, 0x80000
        ("j", 0x8000006F, -(1 << 20)),  # jal x0, .-1048576
        ("ci", 0x157D, -1),  # c.addi a0, -1
        ("ci16", 0x7139, -64),  # c.addi16sp sp, -64
        ("ciw", 0x1FE8, 1020),  # c.addi4spn a0, sp, 1020
        ("cl", 0x5D6C, 124),  # c.lw a1, 124(a0)
        ("clsp", 0x50FE, 252),  # c.lwsp ra, 252(sp)
        ("cssp", 0xDFAA, 252),  # c.swsp a0, 252(sp)
        ("cb", 0xD97D, -10),  # c.beqz a0, .-10
        ("cj", 0xB001, -2048),  # c.j .-2048
    ],
)
def test_immediates_are_those_of_the_assembler(form: str, word: int, value: int) -> None:
    assert IMMEDIATES[form].read(np.array([word], np.int64)).tolist() == [value]


ADDI, ADD, LW, ECALL, MRET = 0x00500513, 0x00A50533, 0x00052583, 0x73, 0x30200073


def trace_of(rows: Iterable[dict[str, int]]) -> Trace:
    """A trace with one cycle per instruction, in sequence, where `rows` do not say otherwise."""
    rows = list(rows)
    records = np.zeros(len(rows), RECORD)
    for number, row in enumerate(rows):
        defaults = {"cycle": number + 1, "pc": 0x80000000 + 4 * number}
        defaults["pc_next"] = row.get("pc", defaults["pc"]) + 4
        for name, value in {**defaults, **row}.items():
            records[name][number] = value
    return Trace(records)


def hits(trace: Trace, group: str) -> dict[str, int]:
    """Bins of one cover group that were hit."""
    found = next(g for g in measure(trace) if g.name == group)
    return {name: count for name, count in found.hits.items() if count}


def test_operand_bins_tell_value_distance_and_stall() -> None:
    trace = trace_of(
        [
            {"insn": ADDI, "rd": 10},
            {"insn": 0x13},
            {"insn": ADD, "rs1": 10, "rs2": 10, "rd": 10, "rs1_value": 0x80000000},
            {"insn": ADD, "rs1": 10, "rs2": 1, "rs1_value": 0xFFFFFFFF, "cycle": 9, "busy": 2},
        ]
    )
    assert hits(trace, "riscv.operand.rs1") == {
        "addi/zero/none/none": 2,
        "add/least/2/none": 1,
        "add/minus_one/1/fetch": 1,
    }
    assert hits(trace, "riscv.operand.rs2") == {"add/zero/2/none": 1, "add/zero/none/fetch": 1}


def test_a_class_that_never_occurs_is_a_hole() -> None:
    rows = [{"insn": LW, "mem_addr": 0x80000100 + offset, "mem_mask": 15} for offset in range(3)]
    group = next(g for g in measure(trace_of(rows)) if g.name == "riscv.access.offset")
    present = {f"lw/{offset}/none" for offset in range(3)}
    assert present.isdisjoint(group.holes)
    assert "lw/3/none" in group.holes
    assert len(group.holes) == len(group.hits) - 3


def test_traps_are_told_by_cause_and_by_what_came_before() -> None:
    handler = {"pc": 0x80000400, "pc_next": 0x80000404, "insn": 0x13, "flags": 2}
    trace = trace_of(
        [
            {"insn": LW, "mem_addr": 0x80000100, "mem_mask": 15},
            {"insn": ECALL, "flags": 1, "cause": 11, "pc_next": 0x80000400},
            {**handler, "cause": 11},
            {"insn": MRET, "pc_next": 0x80000008},
            {"insn": LW, "flags": 1, "cause": 5, "mem_addr": 0x13E, "mtval": 0x140, "busy": 3},
            {**handler, "cause": 5},
            {**handler, "cause": 0x87, "mip": 0x80},
        ]
    )
    assert hits(trace, "riscv.trap") == {
        "ecall/load/ready": 1,
        "load.second/mret/waiting": 1,
        "timer/alu/ready": 1,
    }
    assert hits(trace, "riscv.trap.access") == {"lw/second": 1}
    assert hits(trace, "riscv.interrupt.pending") == {"timer/timer": 1}


def test_trace_that_is_missing_or_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="trace=1"):
        read_trace(tmp_path / "trace.bin")
    (tmp_path / "trace.bin").write_bytes(bytes(65))
    with pytest.raises(UserError, match="64-byte records"):
        read_trace(tmp_path / "trace.bin")


def test_model_has_every_instruction_and_a_reason_for_each_impossible_bin() -> None:
    groups = {group.name: group for group in model()}
    assert set(groups["riscv.instruction"].hits) >= {f"{name}/none" for name in NAMES}
    assert sum(len(group.hits) for group in groups.values()) > 16_000
    assert all(reason for group in groups.values() for reason in group.excluded)
