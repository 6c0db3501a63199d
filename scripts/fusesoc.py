# SPDX-License-Identifier: Apache-2.0
"""FuseSoC core files, so that others can use the RTL: ``python -m scripts.fusesoc`` writes them.

Every block has rtl/<block>.core, made from rtl/<block>/block.toml, which stays the only place that
lists files. `make lint` fails when one is not what this script would write.

    fusesoc --cores-root rtl run --target lint lacuna:riscv:riscv

Targets: default (files only), lint, sim (a C++ model by Verilator), synth (Yosys with its slang
plugin); modules that may stand in the place of the top have a lint target of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.errors import UserError
from scripts.files import write_text
from scripts.project import ROOT, Block, Project

VERSION = "0.1.0"
HEADER = """\
CAPI=2:
# SPDX-License-Identifier: Apache-2.0
# Written by `python -m scripts.fusesoc` from the block's block.toml; change that.
"""
COMMON = "common"  # the block that all depend on; it brings Yosys' script
SYNTHESIS = "synth.tcl"


def vlnv(block: Block) -> str:
    """Name of a block's core: vendor, library, name, version.

    >>> vlnv(Project().block("sparse_stream"))
    'lacuna:sparse_stream:sparse_stream_layer:0.1.0'
    """
    return f"lacuna:{block.name}:{block.top or block.name}:{VERSION}"


def core(project: Project, block: Block) -> str:
    """Text of a block's core file."""
    defines = sorted({macro for variant in project.variants(block.name) for macro in variant})
    parts = [
        HEADER.rstrip(),
        f"name: {vlnv(block)}",
        f"description: {_description(block)}",
        "",
        *_filesets(project, block),
        "",
        *_targets(block, defines),
        *_parameters(defines),
    ]
    return "\n".join(parts) + "\n"


def tops(block: Block) -> tuple[str, ...]:
    """Modules that are linted as a top: the block's own, or all modules if it has none."""
    return block.tops or tuple(source.stem for source in block.sources)


def lint_target(block: Block, top: str) -> str:
    """Name of the target that lints a module."""
    return "lint" if top == tops(block)[0] else f"lint_{top}"


def _description(block: Block) -> str:
    return f"Lacuna, {f'module {block.top}' if block.top else 'modules that all blocks share'}"


def _filesets(project: Project, block: Block) -> list[str]:
    lines = ["filesets:", "  rtl:", "    file_type: systemVerilogSource", "    files:"]
    headers = sorted(path.name for path in block.folder.glob("*.svh"))
    lines += [f"      - {block.name}/{name}: {{is_include_file: true}}" for name in headers]
    lines += [f"      - {block.name}/{source.name}" for source in block.sources]
    if block.depends:
        lines.append("    depend:")
        lines += [f'      - "{vlnv(project.block(name))}"' for name in block.depends]
    if block.name == COMMON:
        lines += ["  synth:", "    files:"]
        lines.append(f"      - {SYNTHESIS}: {{file_type: user, copyto: {SYNTHESIS}}}")
    return lines


def _targets(block: Block, defines: Iterable[str]) -> list[str]:
    own = "[rtl, synth]" if block.name == COMMON else "[rtl]"
    macros = [f"    parameters: [{', '.join(defines)}]"] if defines else []
    lines = ["targets:", "  default: &default", f"    filesets: {own}", *macros]
    for top in tops(block):
        # Packages have what the block's own top needs.
        unused = ", -Wno-UNUSEDPARAM" if block.top and top != block.top else ""
        options = f"tool: verilator, verilator_options: [-Wall{unused}]"
        lines += _target(lint_target(block, top), "lint", options, top)
    if block.top is None:
        return lines
    options = "tool: verilator, exe: false, verilator_options: [--assert]"
    lines += _target("sim", "sim", options, block.top)
    options = f"tool: yosys, arch: xilinx, output_format: json, yosys_template: {SYNTHESIS}"
    return lines + _target("synth", "generic", options, block.top)


def _target(name: str, flow: str, options: str, top: str) -> list[str]:
    return [
        f"  {name}:",
        "    <<: *default",
        f"    flow: {flow}",
        f"    flow_options: {{{options}}}",
        f"    toplevel: {top}",
    ]


def _parameters(defines: Iterable[str]) -> list[str]:
    """Macros of the block; without a default, because 0 would define them too."""
    lines = [
        line for name in defines for line in (f"  {name}:", "    datatype: bool",
                                              "    paramtype: vlogdefine")
    ]  # fmt: skip
    return ["", "parameters:", *lines] if lines else []


def _path(project: Project, block: str) -> Path:
    return project.root / "rtl" / f"{block}.core"


def stale(project: Project) -> list[str]:
    """Core files that are missing, differ from what would be written, or have no block."""
    remedy = "run: python -m scripts.fusesoc"
    blocks = [project.block(name) for name in project.blocks()]
    wanted = {_path(project, block.name): core(project, block) for block in blocks}
    found = sorted(project.root.glob("rtl/*.core"))
    return [
        *(
            f"{path}: no block has this core file; remove it"
            for path in found
            if path not in wanted
        ),
        *(
            f"{path}: {'differs from block.toml' if path in found else 'is missing'}; {remedy}"
            for path, text in wanted.items()
            if path not in found or path.read_text() != text
        ),
    ]


def main() -> int:
    """Write the core files of all blocks."""
    project = Project()
    try:
        for name in project.blocks():
            path = _path(project, name)
            write_text(path, core(project, project.block(name)))
            print(f"wrote {path.relative_to(ROOT)}")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
