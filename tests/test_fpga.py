# SPDX-License-Identifier: Apache-2.0
"""Resources of an FPGA, and prices of the memories of a pipeline."""

from __future__ import annotations

import pytest

from scripts import fpga
from scripts.power.memory import macs_of_access
from scripts.power.pipeline import prices_fj


@pytest.mark.parametrize(("dense", "slots"), [(0, 1), (1, 1), (0, 2)])
def test_each_multiplier_is_a_dsp_and_the_requantiser_takes_four(dense: int, slots: int) -> None:
    parameters = {
        "Lanes": 4, "Columns": 2, "Slots": slots, "Dense": dense, "Multiplier": 1_518_500_249,
    }  # fmt: skip
    found = fpga.resources("sparse_stream", parameters)
    assert found.dsp == 2 * slots + 4
    assert found.lut > 100
    assert found.ff > 100


def test_a_sparse_layer_takes_more_luts_than_its_dense_twin() -> None:
    sparse, dense = (
        fpga.resources("sparse_stream", {"Lanes": 4, "Columns": 2, "Dense": zeros})
        for zeros in (0, 1)
    )
    assert sparse.lut > dense.lut


def test_unknown_blocks_and_settings_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert fpga.main(["--block", "adder"]) == 2
    assert capsys.readouterr().err.startswith("error: unknown RTL block 'adder'; valid: common")
    with pytest.raises(SystemExit, match="2"):
        fpga.main(["--block", "common", "-G", "Width"])


def test_memories_are_priced_by_width_and_root_of_capacity() -> None:
    """By hand: 16 words of 8 bits are 16 bytes, 1/512 of a bank of 8 KB."""
    pins = {f"read_data_o[{bit}]": bit for bit in range(8)}
    pins |= {f"read_addr_i[{bit}]": 8 + bit for bit in range(4)}
    expected = 1000 * 2.3 * 8 / 32 * (16 / 8192) ** 0.5
    assert prices_fj({"u_lines": pins}, 1000.0) == {"u_lines": pytest.approx(expected)}
    assert macs_of_access(32, 1 << 20) == 2.3
