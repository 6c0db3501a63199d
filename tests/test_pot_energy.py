# SPDX-License-Identifier: Apache-2.0
"""Energy of pot: what the array does with tiles, shares of a sample, prices of masked writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from golden.network import load
from golden.pot import Form, product, values
from golden.pot_engine import Engine
from golden.pot_nearest import nearest
from scripts import figures_pot_energy as figures
from scripts import pot_sides
from scripts.figures_pot_forms import weights
from scripts.power import libraries, pot, pot_array
from scripts.power.energy import Energy
from scripts.power.estimate import _accesses
from scripts.power.replay import Toggles

FORMS = tuple(Form)


def engine(form: Form, **sizes: int) -> Engine:
    return Engine(form, 3 if form is Form.POT else 6, **{"lanes": 4, "columns": 2, **sizes})


def tiles(made: Engine, count: int = 3, positions: int = 5) -> list[pot_array.Tile]:
    random = np.random.default_rng(1)
    found = []
    for _ in range(count):
        codes = random.integers(0, len(made.form.codes), (made.columns, made.lanes))
        codes[:, 1] = 0  # a lane without work
        acts = random.integers(0, 128, (positions, made.lanes))
        psums = random.integers(-1000, 1000, (positions, made.columns))
        found.append(pot_array.Tile(codes, acts, psums, made.columns))
    return found


def number(recording: Any, name: str, cycle: int, bits: int) -> int:
    rows = [recording.names[f"{name}[{bit}]"] for bit in range(bits)]
    return sum(
        (int(recording.rows[row][cycle // 64]) >> (cycle % 64) & 1) << bit
        for bit, row in enumerate(rows)
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_array_adds_the_lanes_products_to_the_partial_sum(form: Form) -> None:
    made = engine(form)
    tile = tiles(made, 1)[0]
    found = pot_array.record(made, [tile])
    for position, (acts, psums) in enumerate(zip(tile.acts, tile.psums, strict=True)):
        cycle = made.columns + position + 2  # the sum is in its register
        for column in range(made.columns):
            terms = zip(acts.tolist(), tile.codes[column].tolist(), strict=True)
            expected = int(psums[column]) + sum(product(form, a, c, 3) for a, c in terms)
            if form is not Form.POT:
                terms = zip(acts.tolist(), tile.codes[column].tolist(), strict=True)
                expected = int(psums[column]) + sum(product(form, a, c) for a, c in terms)
            got = number(found, f"g_column[{column}].u_column.sum_q", cycle, made.accumulator_bits)
            assert got == expected % (1 << made.accumulator_bits)


@pytest.mark.parametrize("form", [Form.POT, Form.BOOTH, Form.RECODED])
def test_gates_do_what_is_computed(form: Form) -> None:
    """Every register and output in every cycle, or there would be no estimate."""
    made = engine(form, lanes=8)
    found = pot_array.measure(Path(libraries.liberty("osu018")), made, tiles(made))
    assert found.annotated_percent == 100
    assert found.pj_per_mac > 0
    assert all(found.by_kind[kind] > 0 for kind in ("clock", "switching", "internal", "glitches"))


def test_a_lane_without_work_keeps_its_activation() -> None:
    made = engine(Form.POT)
    found = pot_array.record(made, tiles(made))
    lane = [found.rows[found.names[f"act_q[{8 + bit}]"]] for bit in range(8)]
    first = np.unpackbits(np.array(lane).view(np.uint8), bitorder="little").reshape(8, -1)
    first = first[:, : found.cycles]
    changes = np.flatnonzero(np.any(first[:, 1:] != first[:, :-1], axis=0))
    assert len(changes) == 1  # only the very first activations fill all lanes


def test_registers_keep_what_was_written_last() -> None:
    data = np.array([[5], [6], [7], [8]])
    write = np.array([[0], [1], [0], [1]])
    assert pot_array.kept(data, write).ravel().tolist() == [0, 0, 6, 6]


@pytest.mark.parametrize("form", FORMS)
def test_tiles_of_a_layer_make_its_sums(form: Form) -> None:
    """The partial sums behind the last tile are those of the convolution, but for corrections."""
    made = engine(form, lanes=16, columns=8, pixels=8)
    network = nearest(load("lenet5-relu", "plain"), made)
    weights = network.layers[1].weights.clone()
    weights[:, :, 3] = 0
    bias = torch.zeros(16, dtype=torch.int32)
    layer = dataclasses.replace(network.layers[1], weights=weights, bias=bias)
    maps = np.random.default_rng(2).integers(0, 128, (1, 6, 14, 14))
    found = pot_array.tiles_of(made, layer, maps, 1, [0])
    assert len(found) == 4 * 2  # kernel rows with weights, chunks of a row of 30 taps
    last = found[-1]
    sums = last.psums + pot_array._totals(made, last.codes[None], last.acts)
    exact = torch.nn.functional.conv2d(
        torch.from_numpy(maps).double(), layer.weights.double()
    ).numpy()[0, 8:]
    places = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)]  # pooling order
    offset = sums[0] - exact[:, 0, 0]
    for (row, column), got in zip(places, sums, strict=True):
        assert np.array_equal(got - offset, exact[:, row, column])


def test_weights_of_fewer_exponents_have_the_same_zeros() -> None:
    three, none = (weights(Engine(Form.POT, limit)).weights for limit in (3, 0))
    assert torch.equal(three == 0, none == 0)
    assert set(none.unique().tolist()) <= set(values(Form.POT, 0).tolist())


# ---- Products, prices and sums ----


@pytest.mark.parametrize(
    ("form", "training"),
    [(Form.POT, "pot3"), (Form.POT, "pot3_rows3_products50"), (Form.BOOTH, "uniform4_pruned80")],
)
def test_products_of_layers_are_those_of_the_network(form: Form, training: str) -> None:
    """As docs/soc.md counts them; kernel rows that the engine leaves out are idle, too."""
    made = Engine(form, 3 if form is Form.POT else 6, **pot_sides.SIZES)
    found = pot.products(pot.Workload("lenet5-relu", training, made, 1))
    assert {name: sum(both) for name, both in found.items()} == {
        "c1": 117_600, "c3": 240_000, "c5": 48_000, "f6": 10_080, "out": 840,
    }  # fmt: skip
    for layer in load("lenet5-relu", training).layers:
        zeros = int((layer.weights == 0).sum())
        assert found[layer.name][1] == sum(found[layer.name]) * zeros // layer.weights.numel()
        assert zeros


def test_a_write_of_some_bytes_counts_as_their_share() -> None:
    pins = {"read_i": 2, "write_i": 3, **{f"write_mask_i[{bit}]": 4 + bit for bit in range(4)}}
    high = np.array([0, 0, 10, 6, 6, 6, 0, 0], np.uint64)  # six writes of two of four bytes
    counts = Toggles(100, high, high)
    assert _accesses(pins, counts) == 10 + 6 / 2
    assert _accesses({"read_i": 2, "write_i": 3}, counts) == 16


def measured(form: Form, training: str, array: float, memories: float) -> pot.Measured:
    """Something measured, in fJ; its logic has as much beside the array as in it."""
    parts = {("array", "switching"): array, ("", "clock"): array}
    layer = pot.Layer("c1", 100.0, 1000, 24, Energy(parts), {"u_maps": memories}, 0.0)
    made = Engine(form, 3 if form is Form.POT else 6, **pot_sides.SIZES)
    workload = pot.Workload("lenet5-relu", training, made, 1)
    technology = type("Technology", (), {"period_ns": 30.0})()
    area = {"array": array, "": 10.0}
    gates = type("Gates", (), {
        "digest": training, "technology": technology, "area": area,
        "total_area": sum(area.values()),
    })()  # fmt: skip
    return pot.Measured(workload, "osu018", gates, [layer], 100.0, 1, 1)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[pot.Measured]:
    right: Mapping[str, int] = {"uniform4": 9925, "pot3": 9920, "pot3_pruned90": 9895,
                                "pot3_pruned80": 9909, "pot3_products50": 9910,
                                "pot3_rows2_products50": 9915,
                                "pot3_rows3_products50": 9916,
                                "pot3_rows3_products60": 9920}  # fmt: skip
    monkeypatch.setattr(
        pot_sides, "correct", lambda _, training, seed=0: (right[training] + seed, 10_000)
    )
    monkeypatch.setattr(pot_sides, "zeros", lambda network, training: 12.5)
    return [
        measured(Form.POT, "pot3", 1e6, 2e6),
        measured(Form.BOOTH, "uniform4", 3e6, 2e6),
        measured(Form.POT, "pot3_pruned90", 0.25e6, 2e6),
        measured(Form.POT, "pot3_pruned80", 0.5e6, 2e6),
        *(measured(Form.POT, name, 0.75e6, 2e6) for name in pot_sides.PRUNED[2:]),
    ]


def test_ratios_of_array_and_engine(found: list[pot.Measured]) -> None:
    ratios = {figure.conditions["level"]: figure for figure in figures._ratios(found)}
    assert ratios["array"].value == 3.0
    assert ratios["engine"].value == (3 + 3 + 2) / (1 + 1 + 2)
    conditions = ratios["array"].conditions
    assert (conditions["correct"], conditions["opponent_correct"]) == (9920, 9925)
    assert conditions["opponent"] == "twos_complement"
    assert conditions["exponents"] == "0..3"


def test_pruned_networks_say_what_they_lose(found: list[pot.Measured]) -> None:
    taken = {
        figure.conditions["training"]: figure
        for figure in figures._pruned(found)
        if figure.conditions["level"] == "engine"
    }
    assert {name: figure.conditions["within"] for name, figure in taken.items()} == {
        "pot3_pruned80": False, "pot3_pruned90": False, "pot3_products50": True,
        "pot3_rows2_products50": True, "pot3_rows3_products50": True,
        "pot3_rows3_products60": True,
    }  # fmt: skip
    conditions = taken["pot3_pruned80"].conditions
    assert conditions["accuracy_loss_percent"] == 0.11
    assert conditions["opponent_accuracy_loss_percent"] == 0.16
    assert taken["pot3_pruned80"].value == round(8 / 3, 3)


def test_areas_of_arrays(found: list[pot.Measured]) -> None:
    areas = {figure.conditions["level"]: figure.value for figure in figures._areas(found)}
    assert areas == {"array": 3.0, "engine": round((3e6 + 10) / (1e6 + 10), 3)}


def test_figures_of_an_inference_add_up(found: list[pot.Measured]) -> None:
    made = {
        (figure.name, figure.conditions["level"]): figure
        for figure in figures._per_inference(found[:1])
    }
    whole = made["energy_per_inference", "engine"]
    assert whole.value == pytest.approx(sum(whole.conditions["nj_by_part"].values()))
    assert whole.value == pytest.approx(sum(whole.conditions["nj_by_layer"].values()))
    assert made["energy_per_mac", "array"].value == pytest.approx(1e3 * 1.0 / 1000)
