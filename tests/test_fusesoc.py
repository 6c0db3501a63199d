# SPDX-License-Identifier: Apache-2.0
"""The RTL as FuseSoC cores: what block.toml says is what others get, lint clean, and it builds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyosys import libyosys

from scripts import fusesoc
from scripts.project import ROOT, Block, Project
from scripts.simulators import Verilator, verilator, verilator_environment

PROJECT = Project()
BLOCKS = [PROJECT.block(name) for name in PROJECT.blocks()]
LINTS = [
    pytest.param(block, fusesoc.lint_target(block, top), top, id=f"{block.name}-{top}")
    for block in BLOCKS
    for top in fusesoc.tops(block)
]

CONSUMER = """\
CAPI=2:
name: elsewhere:chips:counter:1.0.0
filesets:
  bench:
    file_type: systemVerilogSource
    files: [counter.sv]
    depend: ["lacuna:riscv:riscv"]
targets:
  default:
    filesets: [bench]
  sim:
    filesets: [bench]
    flow: sim
    flow_options: {tool: verilator, mode: binary, verilator_options: [--timing, -Wno-fatal]}
    toplevel: counter
"""

# Counts in x1, and stores the count: addi x1, x1, 1; sw x1, 0(x0); j -8, from any address.
BENCH = """\
module counter;
  bit clk, rst_n;
  always #1 clk = !clk;
  initial #4 rst_n = 1'b1;

  logic [31:0] address, instruction, store;
  logic request, write, fetched_q, stored_q;
  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) {fetched_q, stored_q} <= '0;
    else begin
      fetched_q <= request;
      stored_q <= write;
      case (address[3:0])
        4'h0: instruction <= 32'h0010_8093;
        4'h4: instruction <= 32'h0010_2023;
        default: instruction <= 32'hff9f_f06f;
      endcase
      if (write && store == 5) begin
        $display("counted to five");
        $finish;
      end
    end
  end

  riscv core (
    .clk_i(clk), .rst_ni(rst_n),
    .irq_software_i(1'b0), .irq_timer_i(1'b0), .irq_external_i(1'b0),
    .instr_req_o(request), .instr_gnt_i(1'b1), .instr_addr_o(address),
    .instr_rvalid_i(fetched_q), .instr_rdata_i(instruction), .instr_err_i(1'b0),
    .data_req_o(write), .data_gnt_i(1'b1), .data_wdata_o(store),
    .data_rvalid_i(stored_q), .data_rdata_i(32'd0), .data_err_i(1'b0),
    .xif_issue_ready_i(1'b1), .xif_issue_accept_i(1'b0), .xif_register_ready_i(1'b1)
  );
endmodule
"""


def run_fusesoc(folder: Path, *arguments: str, libraries: tuple[Path, ...] = ()) -> str:
    """Run the fusesoc command on our cores and those in `libraries`; return what it says."""
    roots = [f"--cores-root={path}" for path in (ROOT / "rtl", *libraries)]
    path = os.pathsep.join([str(verilator().parent), os.environ["PATH"]])
    make = [word for word in Verilator.make_variables if not word.startswith("OPT_")]
    make += [f"OPT_{kind}=-O0" for kind in ("FAST", "SLOW", "GLOBAL")]
    make += ["CFG_CXXFLAGS_STD=-std=gnu++20", "CFG_CXXFLAGS_COROUTINES=-fcoroutines"]
    environment = {
        **os.environ, **verilator_environment(), "PATH": path,
        "MAKEFLAGS": " ".join(make),
        "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder), "XDG_DATA_HOME": str(folder),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "fusesoc.main", *roots, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


YOSYS_IN_TCL = """
proc yosys {args} { if {$args ne "-import"} { puts [join $args] } }
proc unknown {args} { yosys {*}$args }
source synth.tcl
"""


def test_core_files_are_what_block_toml_says() -> None:
    assert fusesoc.stale(PROJECT) == []


def test_fusesoc_knows_every_block(tmp_path: Path) -> None:
    listed = run_fusesoc(tmp_path, "core", "list")
    for block in BLOCKS:
        assert fusesoc.vlnv(block) in listed
    assert "Parse error" not in listed


@pytest.mark.parametrize(("block", "target", "top"), LINTS)
def test_lint_target_is_clean(block, target: str, top: str, tmp_path: Path) -> None:
    said = run_fusesoc(
        tmp_path, "run", f"--target={target}", f"--work-root={tmp_path}", fusesoc.vlnv(block)
    )
    assert "%Warning" not in said
    assert f"--top-module {top}" in next(tmp_path.glob("*.vc")).read_text()


def test_lint_target_notices_what_is_wrong(tmp_path: Path) -> None:
    copy = tmp_path / "rtl"
    shutil.copytree(ROOT / "rtl" / "common", copy / "common")
    shutil.copy(ROOT / "rtl" / "synth.tcl", copy)
    text = (ROOT / "rtl" / "common.core").read_text()
    (copy / "common.core").write_text(text.replace("lacuna:", "other:"))
    with (copy / "common" / "mac.sv").open("a") as file:
        file.write("module stray; endmodule\n")
    arguments = ("run", "--target=lint_mac", f"--work-root={tmp_path / 'work'}")
    with pytest.raises(AssertionError, match="DECLFILENAME"):
        run_fusesoc(tmp_path, *arguments, "other:common:common", libraries=(copy,))


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.top], ids=lambda block: block.name)
def test_synth_target_hands_over_all_that_synthesis_needs(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tcl runs the script, and pyosys, which has slang but no Tcl, what it says to Yosys.

    One block is synthesised to the end; of the others the memories would take minutes.
    """
    name = fusesoc.vlnv(block)
    run_fusesoc(tmp_path, "run", "--target=synth", "--setup", f"--work-root={tmp_path}", name)
    monkeypatch.chdir(tmp_path)
    told = subprocess.run(["tclsh"], input=YOSYS_IN_TCL, capture_output=True, text=True, check=True)
    plugin, read, synth, write = told.stdout.splitlines()
    assert plugin == "plugin -i slang"
    assert read.count(".sv") == sum(len(one.sources) for one in PROJECT.closure(block.name))
    design = libyosys.Design()
    libyosys.run_pass(read, design)
    libyosys.run_pass(synth if block.name == "msb_skip" else "hierarchy -check", design)
    libyosys.run_pass(write, design)
    (result,) = tmp_path.glob("*.json")
    assert block.top in json.loads(result.read_text())["modules"]


def test_another_library_builds_and_runs_the_core(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "counter.core").write_text(CONSUMER)
    (elsewhere / "counter.sv").write_text(BENCH)
    arguments = ("run", "--target=sim", f"--work-root={tmp_path / 'work'}")
    said = run_fusesoc(tmp_path, *arguments, "elsewhere:chips:counter", libraries=(elsewhere,))
    assert "counted to five" in said


def test_stale_core_files_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "rtl" / "gate"
    folder.mkdir(parents=True)
    (folder / "gate.sv").write_text("module gate; endmodule\n")
    (folder / "block.toml").write_text('top = "gate"\nsources = ["gate.sv"]\n')
    project = Project(tmp_path)
    assert "is missing" in fusesoc.stale(project)[0]
    text = fusesoc.core(project, project.block("gate"))
    (folder.parent / "gate.core").write_text(text)
    assert fusesoc.stale(project) == []
    (folder.parent / "gate.core").write_text(text.replace("gate.sv", "door.sv"))
    (folder.parent / "left.core").write_text(text)
    assert [line.rpartition(";")[2] for line in fusesoc.stale(project)] == [
        " remove it",
        " run: python -m scripts.fusesoc",
    ]
