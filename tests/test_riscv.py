# SPDX-License-Identifier: Apache-2.0
"""The core: its self-check passes whatever the bus does, and notices planted bugs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.firmware import COMPILER
from scripts.simulate import Edit, SimulationFailed, simulate

# What the whole self-check counts, so that none of its parts can fall silent.
CHECKS = 8780


def test_self_check_passes_with_ideal_memory() -> None:
    result = simulate("riscv", "SelfCheck")
    assert result.counts["compared"] == CHECKS


@pytest.mark.parametrize(("wait_states", "seed"), [(1, 1), (3, 2), (3, 3), (6, 4)])
def test_self_check_passes_with_random_waits(wait_states: int, seed: int) -> None:
    result = simulate("riscv", "SelfCheck", seed=seed, settings={"wait_states": wait_states})
    assert result.counts["compared"] == CHECKS


def test_four_state_simulation_takes_the_same_cycles() -> None:
    quick = {"quick": 1}
    icarus = simulate("riscv", "SelfCheck", simulator="icarus", settings=quick)
    verilator = simulate("riscv", "SelfCheck", settings=quick)
    assert icarus.counts == verilator.counts


def bug(file: str, old: str, new: str) -> Edit:
    return Edit(f"rtl/riscv/{file}.sv", old, new)


BUGS = {
    "no forwarding to rs2": bug("riscv", "rs2_in_m ? m_wdata : rs2_file", "rs2_file"),
    "no load-use stall": bug("riscv", "uses_m && (m_load_q || m_xif_q)", "uses_m && m_xif_q"),
    "mepc of an access fault": bug("riscv", "fault_q ? m_pc_q : x_pc_q;", "x_pc_q;"),
    "mtval of a straddling fetch": bug("riscv", "x_err_upper_q ? next_pc : x_pc;", "x_pc;"),
    "vectored exceptions": bug("riscv", "x_irq && tvec_vectored ?", "tvec_vectored ?"),
    "fence.i does not refetch": bug("riscv", "is_mret || op == OpFenceI", "is_mret"),
    "wfi wakes only if MIE": bug("riscv", "asleep_q && !wake;", "asleep_q && !irq;"),
    "what is behind wfi does not wait": bug("riscv", "asleep_q && !wake;", "1'b0;"),
    "blt compares unsigned": bug("riscv_compare", "= !funct3_i[1];", "= 1'b0;"),
    "lh extends bit 7": bug("riscv_lsu", "m_funct3_i[0] ? aligned[15] : aligned[7]", "aligned[7]"),
    "split load mixes parts": bug("riscv_lsu", "3'(m_offset_i) < 3'd4", "3'(m_offset_i) < 3'd3"),
    "store behind a fault": bug("riscv_lsu", "data_rvalid_i && !data_err_i", "data_rvalid_i"),
    "csrrc toggles": bug("riscv_csr", "rdata_o & ~operand_i", "rdata_o ^ operand_i"),
    "mret forgets MPIE": bug("riscv_csr", "mpie_q <= 1'b1;", "mpie_q <= mpie_q;"),
    "written minstret counts": bug(
        "riscv_csr",
        "counted_write_o = write_minstret || write_minstreth",
        "counted_write_o = write_minstreth",
    ),
    "remainder by zero": bug("riscv_muldiv", "is_rem ? a_negative :", "is_rem ? b_negative :"),
    "mulhsu takes b signed": bug("riscv_muldiv", "funct3_i[1:0] == 2'b01;", "!funct3_i[0];"),
    "c.addi16sp swaps bits": bug(
        "riscv_decompress", "instr_i[4:3], instr_i[5], instr_i[2]", "instr_i[5:3], instr_i[2]"
    ),
    "c.jr x0 is legal": bug("riscv_decompress", "illegal_o = !instr_i[12];", "illegal_o = 1'b0;"),
    "late words are not dropped": bug(
        "riscv_fetch", "drop_q <= pending_q - 2'(instr_rvalid_i);", "drop_q <= '0;"
    ),
    "killed offers go on": bug("riscv_xif", "kill  = flush_i && issued_q;", "kill  = 1'b0;"),
}


@pytest.mark.parametrize("name", BUGS)
def test_self_check_notices(name: str) -> None:
    with pytest.raises(SimulationFailed):
        simulate("riscv", "SelfCheck", settings={"wait_states": 1}, edits=[BUGS[name]])


def compile_program(folder: Path, code: str) -> Path:
    source, elf = folder / "program.S", folder / "program.elf"
    source.write_text(code)
    flags = ["-march=rv32imc_zicsr_zifencei", "-mabi=ilp32", "-nostdlib", "-Ttext=0x80000000"]
    compiler = shutil.which(COMPILER)
    assert compiler
    subprocess.run([compiler, *flags, str(source), "-o", str(elf)], check=True)
    return elf


PROGRAM = ".globl _start, tohost\n_start: li a0, {code}\nla a1, tohost\nsw a0, 0(a1)\n1: j 1b\n"
DATA = ".data\n.balign 8\ntohost: .word 0\n"


def test_any_program_ends_by_storing_to_tohost(tmp_path: Path) -> None:
    elf = compile_program(tmp_path, PROGRAM.format(code=1) + DATA)
    assert simulate("riscv", "Program", settings={"elf": str(elf)}).counts["retired"] > 0


def test_exit_code_of_a_program_is_reported(tmp_path: Path) -> None:
    elf = compile_program(tmp_path, PROGRAM.format(code=7) + DATA)
    with pytest.raises(SimulationFailed, match="code 0x7"):
        simulate("riscv", "Program", settings={"elf": str(elf)})


def test_program_without_tohost_is_refused(tmp_path: Path) -> None:
    elf = compile_program(tmp_path, ".globl _start\n_start: j _start\n")
    with pytest.raises(UserError, match="tohost"):
        simulate("riscv", "Program", settings={"elf": str(elf)})


def test_unaligned_tohost_is_refused(tmp_path: Path) -> None:
    elf = compile_program(tmp_path, PROGRAM.format(code=1) + ".data\n.byte 0\ntohost: .word 0\n")
    with pytest.raises(UserError, match="word"):
        simulate("riscv", "Program", settings={"elf": str(elf)})


def test_program_that_never_ends_is_stopped(tmp_path: Path) -> None:
    code = PROGRAM.format(code=1).replace("sw a0", "lw a0")
    elf = compile_program(tmp_path, code + DATA)
    with pytest.raises(SimulationFailed, match="did not end within 10000 cycles"):
        simulate("riscv", "Program", settings={"elf": str(elf), "cycles": 10_000})


def test_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing\.elf"):
        simulate("riscv", "Program", settings={"elf": str(tmp_path / "nothing.elf")})
