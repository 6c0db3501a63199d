# SPDX-License-Identifier: Apache-2.0
"""Lock-step with Spike: it agrees with the core, and notices what the self-check does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.figures_trust import TESTED, LockstepRun
from scripts.formal import Proof, proofs, prove
from scripts.shrink import minimised, shrink
from scripts.simulate import Edit, SimulationFailed, simulate
from verif.riscv.prepare import random_stimulus
from verif.riscv.program.random_program import RandomProgram, build, draw

RTL = "rtl/riscv/"
RVFI = "riscv_rvfi.sv"
# Name: file, old, new, what differs. The self-check passes with each of them.
UNNOTICED = {
    "reports a half word as a byte": (
        RVFI,
        "{size_i[1], size_i[1], |size_i, 1'b1}",
        "{size_i[1], size_i[1], size_i[1], 1'b1}",
        {"bytes stored", "bytes loaded"},
    ),
    "forgets the error of a word that waits": (
        "riscv_fetch.sv",
        "if (push && left != '0)  queue_q[1] <= {instr_err_i, instr_rdata_i};",
        "if (push && left != '0)  queue_q[1] <= {1'b0, instr_rdata_i};",
        {"trap", "fetch error", "next pc"},
    ),
}


@pytest.mark.parametrize("run", TESTED, ids=str)
def test_the_reference_agrees(run: LockstepRun) -> None:
    result = run.simulate()
    least = 300 if run.settings.get("program") == "timing" else 10_000
    assert result.counts["compared"] > least


def test_two_hundred_thousand_instructions_are_compared() -> None:
    network = next(run for run in TESTED if run.block == "soc")
    assert network.simulate().counts["compared"] > 150_000
    selfcheck = next(run for run in TESTED if run.settings.get("program") == "selfcheck")
    assert selfcheck.simulate().counts["compared"] > 300_000


SLOWER = {
    "predicts no branch": ("((is_branch || is_c_branch) && backward)", "1'b0"),
    "predicts forward branches": ("&& backward)", "&& !backward)"),
    "predicts C.JAL, not C.J": ("funct3[1:0] == 2'b01;", "funct3 == 3'b001;"),
}


@pytest.mark.parametrize("bug", SLOWER)
def test_a_core_that_is_only_slower_is_noticed(bug: str) -> None:
    edit = Edit(RTL + "riscv_predict.sv", *SLOWER[bug])
    simulate("riscv", "RandomProgram", settings={"passes": 3}, edits=[edit])
    with pytest.raises(SimulationFailed, match="the program ended with code"):
        simulate("riscv", "lockstep", settings={"program": "timing"}, edits=[edit])


@pytest.mark.parametrize("bug", UNNOTICED)
def test_what_the_self_check_misses_is_noticed(bug: str) -> None:
    file, old, new, what = UNNOTICED[bug]
    edit = Edit(RTL + file, old, new)
    simulate("riscv", "SelfCheck", edits=[edit])
    with pytest.raises(SimulationFailed) as failure:
        simulate("riscv", "RandomProgram", seed=11, edits=[edit])
    mismatch = failure.value.result.first_mismatch
    assert mismatch is not None
    assert mismatch["layer"] in what
    log = (Path(failure.value.result.directory) / "sim.log").read_text()
    report = log[log.index("lock-step: instruction") :].splitlines()
    assert "in the reference" in report[0]
    assert len([line for line in report[1:12] if line.startswith("  8")]) == 11  # ten before it


def test_a_wrong_result_of_the_unit_is_noticed_in_lenet() -> None:
    file, kept = "rtl/msb_skip/msb_skip_keep.sv", "{1'b0, distance} >= {1'b0, maximum[i]}"
    edit = Edit(file, kept, kept.replace(">=", ">"))
    settings = {"network": "lenet5-relu", "images": 1}
    with pytest.raises(SimulationFailed, match=r"lock-step: .*x\d+ differs"):
        simulate("soc", "lockstep", settings=settings, edits=[edit])


def test_a_failing_program_is_shrunk_to_a_few_lines() -> None:
    wrong = Edit(
        RTL + "riscv.sv", "(m_load_q || m_xif_q) && !takes_answer", "m_load_q && !takes_answer"
    )
    result, program = shrink(5, {"passes": 4}, edits=[wrong])
    assert result is not None
    assert sum(map(len, program.blocks)) <= 4
    assert "ELF=" in result.replay


def test_shrinking_keeps_exactly_what_matters() -> None:
    pieces = [(i // 10, f"piece {i}") for i in range(57)]
    needed = {pieces[3], pieces[31], pieces[32]}
    assert set(minimised(pieces, lambda some: needed <= set(some))) == needed


def test_one_seed_gives_one_program(tmp_path: Path) -> None:
    assert draw(3).text == draw(3).text
    assert draw(3).text != draw(4).text
    assert random_stimulus(3) == random_stimulus(3)
    elf = build(draw(3), tmp_path)
    assert elf.read_bytes()[:4] == b"\x7fELF"


@pytest.mark.parametrize("seed", [957199467, 27])
def test_a_checkpoint_that_fails_does_not_keep_a_program_from_its_end(seed: int) -> None:
    """What a checkpoint returns to must not rest on what was changed behind it.

    With the first seed the operand of a far branch was, with the second the interrupts that end a
    WFI: both runs did not end before each had a checkpoint in between.
    """
    settings = {"program": "systematic", "bus_errors": 80, "interrupts": 60, "cycles": 3_000_000}
    result = simulate("riscv", "lockstep", seed=seed, settings=settings)
    assert result.counts["compared"] > 300_000


def test_a_return_that_was_interrupted_does_not_lead_to_itself(simulate, tmp_path: Path) -> None:
    """An interrupt between the write to mepc and MRET does not keep a random program from its end.

    It counts no instructions, so that the handler does not trap on purpose, which would help.
    """
    piece = (
        "csrwi mcountinhibit, 4",
        "li x24, 0x90000000\ncsrsi mstatus, 8\ncsrw mepc, x24\nmret",
    )
    elf = build(RandomProgram((piece,) * 24, passes=30, vectored=False), tmp_path)
    result = simulate("riscv", "lockstep", settings={"elf": str(elf), "interrupts": 20}, limit_s=30)
    assert result.counts["compared"] > 10_000


def test_random_programs_hold_every_kind_of_instruction(tmp_path: Path) -> None:
    found: set[str] = set()
    for seed in range(1, 7):
        elf = build(draw(seed), tmp_path)
        dump = ["riscv64-unknown-elf-objdump", "-d", "-M", "no-aliases", str(elf)]
        text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
        found |= {words[2] for line in text.splitlines() if len(words := line.split("\t")) > 2}
    base = "add sub sll slt sltu xor srl sra or and addi slti sltiu xori ori andi slli srli srai"
    memory = "lb lh lw lbu lhu sb sh sw lui auipc jal jalr beq bne blt bge bltu bgeu fence fence.i"
    multiply = "mul mulh mulhsu mulhu div divu rem remu ecall ebreak wfi mret"
    csrs = "csrrw csrrs csrrc csrrwi csrrsi csrrci"
    short = (
        "c.addi4spn c.lw c.sw c.addi c.jal c.li c.addi16sp c.lui c.srli c.srai c.andi c.sub"
        " c.xor c.or c.and c.j c.beqz c.bnez c.slli c.lwsp c.jr c.mv c.ebreak c.jalr c.add c.swsp"
    )
    assert set(f"{base} {memory} {multiply} {csrs} {short}".split()) - found == set()


def test_a_missing_program_is_asked_for() -> None:
    with pytest.raises(UserError, match="test lockstep needs a program: give ELF=PATH"):
        simulate("riscv", "lockstep")


@pytest.mark.parametrize("value", ["8", "-1", "many"])
def test_a_setting_out_of_range_is_refused(value: str) -> None:
    with pytest.raises(UserError, match="setting wait_states="):
        simulate("riscv", "RandomProgram", settings={"wait_states": value})


QUICK = [proof for block in ("riscv", "msb_skip", "soc") for proof in proofs(block) if proof.quick]


@pytest.mark.parametrize("proof", QUICK, ids=lambda proof: proof.name)
def test_a_quick_proof_holds_and_its_control_fails(proof: Proof) -> None:
    assert prove(proof).holds


def test_an_unknown_proof_lists_the_valid_ones() -> None:
    command = [sys.executable, "-m", "scripts.formal", "--block", "riscv", "--proof", "all"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.startswith("error: unknown PROOF 'all'; valid: decoder, integer")
