# SPDX-License-Identifier: Apache-2.0
"""LeNet-5 on the whole system, against the golden model."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.simulate import Edit, SimulationFailed, simulate
from verif.soc import coverage

CHECKS = 248  # of verif/firmware/soc_bus
IMAGE_VALUES = 1176 + 400 + 120 + 84 + 10 + 5 * 3


@pytest.mark.parametrize("network", ["lenet5-relu", "lenet5-tanh"])
def test_skipping_network_equals_golden_layer_by_layer(network: str) -> None:
    result = simulate("soc", "Inference", settings={"network": network, "images": 3})
    assert result.counts["images"] == 3
    assert result.counts["values_compared"] == 3 * IMAGE_VALUES
    groups = coverage.collect(Path(result.directory))
    hit = {name for group in groups for name, hits in group.hits.items() if hits}
    assert {f"{network}_soft", f"{network}_lenet5", "Multipliers=1"} <= hit


@pytest.mark.parametrize("mode", ["exact", "zero", "running-maximum"])
def test_other_modes_equal_golden(mode: str) -> None:
    settings = {"mode": mode, "images": 1, "first": 7}
    if mode == "running-maximum":
        settings["threshold"] = 3
    result = simulate("soc", "Inference", settings=settings)
    assert result.counts["values_compared"] == IMAGE_VALUES


def test_four_multipliers_give_the_same_results_in_fewer_cycles() -> None:
    settings = {"mode": "exact", "images": 1}
    one = simulate("soc", "Inference", settings=settings, parameters={"Multipliers": 1})
    four = simulate("soc", "Inference", settings=settings, parameters={"Multipliers": 4})
    assert four.counts["values_compared"] == one.counts["values_compared"]
    assert four.cycles < one.cycles


@pytest.mark.parametrize("network", ["lenet5-relu", "lenet5-tanh"])
def test_a_unit_that_always_multiplies_takes_the_place_of_the_other(network: str) -> None:
    settings = {"network": network, "mode": "exact", "images": 1}
    result = simulate("soc", "Inference", settings=settings, parameters={"Simd4": 1})
    assert result.counts["values_compared"] == IMAGE_VALUES


def test_a_unit_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(SimulationFailed, match="Simd4 = 2 must be 0 or 1"):
        simulate("soc", "Bus", parameters={"Simd4": 2}, simulator="icarus")


@pytest.mark.parametrize("network", ["lenet5-relu", "lenet5-tanh"])
def test_plain_program_equals_golden(network: str) -> None:
    settings = {"network": network, "program": "lenet5_scalar", "mode": "exact", "images": 1}
    assert simulate("soc", "Inference", settings=settings).counts["images"] == 1


@pytest.mark.parametrize("network", ["lenet5-relu", "lenet5-tanh"])
def test_branches_save_cycles_and_instructions_and_change_no_result(network: str) -> None:
    settings = {"network": network, "images": 1}
    plain = simulate("soc", "Inference", settings=settings)
    branch = simulate("soc", "Inference", settings={**settings, "program": "lenet5_branch"})
    assert branch.counts["values_compared"] == plain.counts["values_compared"]
    for figure in ("cycles_per_inference", "instructions_per_inference"):
        assert branch.counts[figure] < 0.9 * plain.counts[figure]


@pytest.mark.parametrize(
    ("mode", "threshold"),
    [
        ("exact", None),
        ("zero", None),
        ("running-maximum", 3),
        ("soft", 0),  # no threshold below 6 frees anything but zeros
        ("soft", 7),
        ("soft", 13),  # keeps nothing
    ],
)
def test_branches_follow_the_mode_and_the_threshold(mode: str, threshold: int | None) -> None:
    settings = {"mode": mode, "images": 1, "program": "lenet5_branch"}
    if threshold is not None:
        settings["threshold"] = threshold
    result = simulate("soc", "Inference", settings=settings)
    assert result.counts["values_compared"] == IMAGE_VALUES


def test_first_layer_runs_on_a_four_state_simulator() -> None:
    settings = {"images": 1, "last_layer": "c1"}
    simulate("soc", "OneLayer", settings=settings, simulator="icarus")


def test_bus_does_what_networks_do_not_ask_for() -> None:
    assert simulate("soc", "Bus").counts["compared"] == CHECKS
    assert simulate("soc", "Bus", simulator="icarus").counts["compared"] == CHECKS


def test_bus_reaches_every_bin_of_the_buses_and_the_device() -> None:
    result = simulate("soc", "Bus")
    groups = {group.name: group for group in coverage.collect(Path(result.directory))}
    for name in coverage.EVENTS:
        assert groups[f"soc.{name}"].holes == []


def bus_bug(old: str, new: str, module: str = "soc_bus") -> tuple[str, Edit]:
    return "Bus", Edit(f"rtl/soc/{module}.sv", old, new)


PLANTED_BUGS = {
    "byte enables of the RAM are ignored": (
        "OneLayer",
        Edit("rtl/common/ram.sv", "if (be_i[b]) mem", "if (be_i[0] || be_i[b]) mem"),
    ),
    "the unit gets its operands the wrong way round": (
        "OneLayer",
        Edit(
            "rtl/soc/soc.sv",
            ".xif_register_rs_o        (xif_register_rs)",
            ".xif_register_rs_o        ({xif_register_rs[0], xif_register_rs[1]})",
        ),
    ),
    "reads of the instruction RAM return the data RAM": bus_bug(
        "data_from_instr_ram_q ? instr_ram_rdata_i : data_ram_rdata_i", "data_ram_rdata_i"
    ),
    "fetches are granted during a data access": bus_bug(
        "instr_req_i && !(fetch_hit && instr_ram_by_data)", "instr_req_i"
    ),
    "the device can be read": bus_bug("DeviceBase && data_we_i", "DeviceBase"),
    "fetches outside the instruction RAM succeed": bus_bug("instr_gnt_o && !fetch_hit", "1'b0"),
    "the data RAM is half as large": bus_bug(
        "data_addr_i[2 +: DataWidth];", "{1'b0, data_addr_i[2 +: DataWidth-1]};"
    ),
    "an interrupt line goes astray": bus_bug(
        ".irq_timer_i,\n    .irq_external_i,\n    .instr_req_o",
        ".irq_timer_i (irq_external_i),\n    .irq_external_i,\n    .instr_req_o",
        "soc",
    ),
    "a marker is printed, too": bus_bug(
        "register_i == DeviceConsole", "register_i != DeviceExit", "soc_device"
    ),
    "the console loses a bit": bus_bug("value_q[7:0]", "{1'b0, value_q[6:0]}", "soc_device"),
}


@pytest.mark.parametrize("bug", PLANTED_BUGS)
def test_planted_bug_is_caught(bug: str) -> None:
    test, edit = PLANTED_BUGS[bug]
    settings = {"images": 1, "last_layer": "c1"} if test == "OneLayer" else {}
    with pytest.raises(SimulationFailed):
        simulate("soc", test, settings=settings, edits=[edit])


def test_a_program_that_never_ends_is_given_up_whatever_it_sends() -> None:
    """Markers in every cycle do not put the limit off."""
    edits = [
        bus_bug("marker_valid_q  <= write_i", "marker_valid_q  <= 1'b1 || write_i", "soc_device"),
        bus_bug("exit_valid_q    <= write_i", "exit_valid_q    <= 1'b0 && write_i", "soc_device"),
    ]
    with pytest.raises(SimulationFailed, match="did not end within 100000 cycles"):
        simulate("soc", "Bus", edits=[edit for _, edit in edits], limit_s=120)


def test_more_images_than_fit_are_refused() -> None:
    with pytest.raises(UserError, match="data RAM has 131072 bytes"):
        simulate("soc", "Inference", settings={"images": 500})


def test_images_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UserError, match="do not exist"):
        simulate("soc", "Inference", settings={"first": 10**6})
