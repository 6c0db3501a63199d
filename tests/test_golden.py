# SPDX-License-Identifier: Apache-2.0
"""The golden model against torch and against a literal reading of docs/msb_skip.md; training."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from golden import arithmetic, compiled, kernels, train
from golden.architecture import ModelError, describe, lenet5
from golden.compiled import CompilerError
from golden.datasets import Labelled
from golden.kernels import BATCH, Finish, Products, geometry, keep_thresholds
from golden.msb_skip import Mode, Unit, products
from golden.network import LENETS, Network, load, model_path
from golden.quantise import quantise
from golden.student import Student
from golden.teacher import Pool
from scripts import figures_golden
from scripts.figure import Figure

PRODUCTS_BY_LAYER = {"c1": 117_600, "c3": 240_000, "c5": 48_000, "f6": 10_080, "out": 840}
HARDWARE_MODES = (Mode.EXACT, Mode.ZERO, Mode.ABSOLUTE, Mode.RUNNING_MAXIMUM)


def random_images(count: int, seed: int = 0) -> Tensor:
    """uint8 [count, 28, 28], half of it background like MNIST."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randint(0, 256, (count, 28, 28), generator=generator)
    return (noise * (torch.rand(noise.shape, generator=generator) < 0.5)).to(torch.uint8)


def operands(*shape: int, seed: int) -> Tensor:
    """Random int8 with every magnitude class, -128, -1 and 0 well represented."""
    generator = torch.Generator().manual_seed(seed)
    full = torch.randint(-128, 128, shape, generator=generator)
    shrink = torch.randint(0, 8, shape, generator=generator)
    return (full >> shrink).to(torch.int8)


# Arithmetic


@given(
    st.integers(-(2**31), 2**31 - 1),
    st.integers(2**30, 2**31 - 1),
    st.integers(32, 62),
)
def test_requantise_equals_unbounded_integers(
    accumulator: int, multiplier: int, shift: int
) -> None:
    exact = (accumulator * multiplier + 2 ** (shift - 1)) // 2**shift
    assert int(arithmetic.requantise(torch.tensor(accumulator), multiplier, shift)) == exact


@pytest.mark.parametrize(
    ("multiplier", "shift"), [(2**30 - 1, 40), (2**31, 40), (2**30, 31), (2**30, 63)]
)
def test_requantise_refuses_what_could_overflow(multiplier: int, shift: int) -> None:
    with pytest.raises(ValueError, match="is not in"):
        arithmetic.requantise(torch.tensor(1), multiplier, shift)


@given(st.floats(2.0**-31, 0.499))
def test_multiplier_and_shift_express_the_scale(scale: float) -> None:
    multiplier, shift = arithmetic.multiplier_and_shift(scale)
    assert 2**30 <= multiplier < 2**31
    assert math.isclose(multiplier / 2**shift, scale, rel_tol=2**-30)


@pytest.mark.parametrize("scale", [0.4, 0.1, 0.00321, 0.249999])
def test_a_coarse_multiplier_is_the_nearest_of_eight_bits(scale: float) -> None:
    multiplier, shift = arithmetic.coarse_multiplier_and_shift(scale)
    assert abs(multiplier / 2**shift / scale - 1) <= 1 / 256
    assert 128 <= multiplier / arithmetic.COARSE_STEP <= 255
    assert multiplier % arithmetic.COARSE_STEP == 0


def test_tanh_is_odd_monotonic_and_within_one_step_of_the_real_one() -> None:
    arguments = torch.arange(-700, 701)
    values = arithmetic.tanh(arguments)
    real = 127 * torch.tanh(arguments.clamp(-511, 511) / 128)
    assert ((values - real).abs() <= 0.5).all()
    assert torch.equal(values, -values.flip(0))
    assert (values.diff() >= 0).all()


def test_pools_equal_torch() -> None:
    maps = operands(3, 4, 6, 8, seed=1)
    assert torch.equal(arithmetic.max_pool(maps).double(), functional.max_pool2d(maps.double(), 2))
    mean = functional.avg_pool2d(maps.double(), 2)
    assert torch.equal(arithmetic.average_pool(maps).double(), torch.floor(mean + 0.5))
    with pytest.raises(ValueError, match="even"):
        arithmetic.max_pool(maps[:, :, :5])


def test_leading_ones_follow_the_definition() -> None:
    for x in range(-128, 128):
        size = x if x >= 0 else -x - 1
        expected = math.floor(math.log2(size)) if size else -1
        assert arithmetic.msb(x) == expected
        assert int(arithmetic.leading_ones(torch.tensor(x, dtype=torch.int8))) == expected


# Rules


def literal(
    activations: list[int], weights: list[int], mode: Mode, threshold: int
) -> tuple[int, list[int]]:
    """docs/msb_skip.md word by word for one accumulator: the sum and [kept, zero, soft]."""

    def magnitude(x: int) -> int:
        return x if x >= 0 else -x - 1

    pairs = list(zip(activations, weights, strict=True))
    sizes = [
        math.floor(math.log2(magnitude(a))) + math.floor(math.log2(magnitude(w)))
        if magnitude(a) and magnitude(w)
        else None
        for a, w in pairs
    ]
    largest = 0
    if mode == Mode.WINDOW_MAXIMUM:
        largest = max([s for s in sizes if s is not None], default=0)
    total, counts = 0, [0, 0, 0]
    for (a, w), s in zip(pairs, sizes, strict=True):
        if s is not None:
            largest = max(largest, s)
        keep = {
            Mode.EXACT: True,
            Mode.ZERO: a != 0 and w != 0,
            Mode.ABSOLUTE: s is not None and s >= threshold,
            Mode.RUNNING_MAXIMUM: s is not None and s >= largest - threshold,
            Mode.WINDOW_MAXIMUM: s is not None and s >= largest - threshold,
        }[mode]
        total += a * w if keep else 0
        counts[0 if keep else 1 if a == 0 or w == 0 else 2] += 1
    return total, counts


@pytest.mark.parametrize("threshold", [0, 1, 5, 9, 12, 15])
@pytest.mark.parametrize("mode", list(Mode))
def test_layer_equals_the_literal_rules(mode: Mode, threshold: int) -> None:
    activations, weights = operands(2, 3, 26, seed=threshold), operands(5, 26, seed=99)
    order = torch.tensor([*range(26), -1, -1])[torch.randperm(28)]
    sums, counts = products(activations, weights, mode, threshold, order)
    lanes = [k for k in order.tolist() if k >= 0]
    for image in range(2):
        expected = [0, 0, 0]
        for window in range(3):
            for output in range(5):
                total, part = literal(
                    activations[image, window, lanes].tolist(),
                    weights[output, lanes].tolist(),
                    mode,
                    threshold,
                )
                assert int(sums[image, window, output]) == total
                expected = [e + p for e, p in zip(expected, part, strict=True)]
        found = [counts.kept[image], counts.zero_skipped[image], counts.soft_skipped[image]]
        assert [int(n) for n in found] == expected


def test_sequential_rules_do_not_depend_on_how_windows_are_blocked() -> None:
    activations, weights = operands(2, 900, 12, seed=3), operands(40, 12, seed=4)
    whole, counts = products(activations, weights, Mode.RUNNING_MAXIMUM, 2)
    parts = [products(part, weights, Mode.RUNNING_MAXIMUM, 2) for part in activations.split(37, 1)]
    assert torch.equal(whole, torch.cat([sums for sums, _ in parts], dim=1))
    assert torch.equal(counts.kept, sum(part.kept for _, part in parts))


def test_running_maximum_depends_on_the_order_and_window_maximum_does_not() -> None:
    activations, weights = operands(4, 8, 64, seed=5), operands(6, 64, seed=6)
    backwards = torch.arange(63, -1, -1)
    for mode, same in ((Mode.RUNNING_MAXIMUM, False), (Mode.WINDOW_MAXIMUM, True)):
        there, _ = products(activations, weights, mode, 1)
        back, _ = products(activations, weights, mode, 1, backwards)
        assert torch.equal(there, back) == same


@pytest.mark.parametrize("order", [[0, 1, 1], [0, 1], [0, 1, 3], [0, 1, 2, 2]])
def test_order_must_take_every_product_once(order: list[int]) -> None:
    with pytest.raises(ValueError, match="exactly once"):
        products(
            operands(1, 1, 3, seed=0), operands(1, 3, seed=0), Mode.ZERO, 0, torch.tensor(order)
        )


@pytest.mark.parametrize("threshold", [-1, 16])
def test_threshold_must_fit_its_field(threshold: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.15"):
        products(operands(1, 1, 3, seed=0), operands(1, 3, seed=0), Mode.ABSOLUTE, threshold)


# Instruction-level model


def cfg(mode: int = 0, threshold: int = 0, clear: int = 0) -> int:
    return threshold | mode << 4 | clear << 8


def instruction(funct3: int, funct7: int, rs1: int = 1, rs2: int = 0, rd: int = 0) -> int:
    return 0x0B | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25


CFG, ACCUMULATE = instruction(0, 0), 1


def dot4(accumulator: int) -> int:
    return instruction(ACCUMULATE, accumulator, rs1=10, rs2=11)


def read(index: int, special: int = 0, clear: int = 0) -> int:
    return instruction(2, special << 5 | clear << 4 | index, rs1=0, rd=12)


def word(lanes: list[int]) -> int:
    return sum((lane & 0xFF) << 8 * i for i, lane in enumerate(lanes))


@pytest.mark.parametrize("mode", HARDWARE_MODES)
def test_unit_equals_the_layer_model(mode: Mode) -> None:
    unit, threshold, terms = Unit(), 2 if mode == Mode.RUNNING_MAXIMUM else 8, 24
    activations, weights = operands(1, 8, terms, seed=7), operands(1, terms, seed=8)
    assert unit.execute(CFG, cfg(mode, threshold, clear=3), 0).accept
    for index in range(8):
        for k in range(0, terms, 4):
            lanes = activations[0, index, k : k + 4].tolist(), weights[0, k : k + 4].tolist()
            unit.execute(dot4(index), word(lanes[0]), word(lanes[1]))
    sums, counts = products(activations, weights, mode, threshold)
    for index in range(8):
        assert unit.execute(read(index), 0, 0).data == int(sums[0, index, 0]) & 0xFFFFFFFF
    found = [unit.execute(read(i, special=1), 0, 0).data for i in range(3)]
    assert found == [int(n) for n in (counts.kept, counts.zero_skipped, counts.soft_skipped)]


def test_unit_reads_clear_only_what_they_name() -> None:
    unit = Unit()
    unit.execute(CFG, cfg(Mode.RUNNING_MAXIMUM, 1), 0)
    for index in (0, 1):
        unit.execute(dot4(index), word([64, 0, 0, 1]), word([64, 3, 0, 1]))
    assert unit.maxima[:2] == [12, 12]
    assert unit.counters == [2, 4, 2]
    assert unit.execute(read(0, clear=1), 0, 0).data == 64 * 64
    assert (unit.accumulators[:2], unit.maxima[:2]) == ([0, 4096], [0, 12])
    assert unit.execute(read(1, special=1, clear=1), 0, 0).data == 4
    assert unit.counters == [2, 0, 2]
    assert unit.execute(read(3, special=1), 0, 0).data == cfg(Mode.RUNNING_MAXIMUM, 1)


def test_unit_accumulators_and_counters_wrap() -> None:
    unit = Unit()
    unit.accumulators[0], unit.counters[0] = 0x7FFFFFFF, 0xFFFFFFFF
    unit.execute(dot4(0), word([1, 0, 0, 0]), word([1, 0, 0, 0]))
    assert (unit.accumulators[0], unit.counters[0]) == (0x80000000, 3)


@pytest.mark.parametrize(
    "instr",
    [
        CFG & ~0x7F | 0x2B,
        instruction(3, 0),
        instruction(0, 1),
        instruction(0, 0, rs2=1),
        instruction(0, 0, rd=1),
        instruction(1, 8),
        instruction(1, 0, rd=1),
        instruction(2, 0, rs1=1, rd=1),
        instruction(2, 0, rs1=0, rs2=1, rd=1),
        read(0) | 1 << 28,
        read(0) | 1 << 31,
        read(3, special=1, clear=1),
        read(4, special=1),
    ],
)
def test_unit_refuses_every_other_pattern_without_a_trace(instr: int) -> None:
    unit = Unit()
    unit.execute(CFG, cfg(2, 9), 0)
    before = vars(unit) | {}
    response = unit.execute(instr, 0x01020304, 0x01020304)
    assert (response.accept, response.writeback, response.data) == (False, False, None)
    assert vars(unit) == before


def test_unit_with_four_accumulators_refuses_the_fifth() -> None:
    unit = Unit(accumulators=4)
    assert unit.execute(dot4(3), 0, 0).accept
    assert not unit.execute(dot4(4), 0, 0).accept
    assert not unit.execute(read(4), 0, 0).accept


# Networks


def torch_reference(network: Network, images: Tensor) -> dict[str, Tensor]:
    """The exact network by torch.nn.functional in float64, rounded with shifts of integers."""
    values, outputs = (images[:, None] >> 1).double(), {}
    for layer in network.layers:
        if layer.kind == "conv":
            sums = functional.conv2d(
                values, layer.weights.double(), layer.bias.double(), padding=layer.padding
            )
        else:
            sums = functional.linear(values.flatten(1), layer.weights.double(), layer.bias.double())
        if layer.activation:
            half = 1 << (layer.shift - 1)
            scaled = sums.long() * layer.multiplier + half >> layer.shift
            if layer.activation == "relu":
                values = scaled.clamp(0, 127).double()
            else:
                argument = scaled.clamp(-511, 511)
                table = torch.tensor([round(127 * math.tanh(i / 128)) for i in range(512)])
                values = (table[argument.abs()] * argument.sign()).double()
        if layer.pool == "max":
            values = functional.max_pool2d(values, 2)
        elif layer.pool == "average":
            values = torch.floor(functional.avg_pool2d(values, 2) + 0.5)
        outputs[layer.name] = values if layer.activation else sums
    return outputs


@pytest.mark.parametrize("name", LENETS)
def test_exact_network_equals_torch_layer_by_layer(name: str) -> None:
    network, images = load(name, "plain"), random_images(40)
    trace = network.run(images, Mode.EXACT)
    for layer, expected in torch_reference(network, images).items():
        assert torch.equal(trace.outputs[layer].double(), expected), layer


@pytest.mark.parametrize("name", LENETS)
@pytest.mark.parametrize("mode", list(Mode))
def test_counts_of_every_layer_add_up(name: str, mode: Mode) -> None:
    trace = load(name).run(random_images(3), mode)
    totals = {layer: counts.total.unique().tolist() for layer, counts in trace.counts.items()}
    assert totals == {layer: [count] for layer, count in PRODUCTS_BY_LAYER.items()}


@pytest.mark.parametrize("name", LENETS)
def test_zero_skipping_equals_exact(name: str) -> None:
    network, images = load(name), random_images(20)
    exact, zero = network.run(images, Mode.EXACT), network.run(images, Mode.ZERO)
    assert torch.equal(exact.logits, zero.logits)
    assert int(zero.counts["c1"].kept.sum()) < int(exact.counts["c1"].kept.sum())


def test_results_do_not_depend_on_the_number_of_images_at_once() -> None:
    network, images = load("lenet5-tanh"), random_images(260)
    together = network.run(images, Mode.ABSOLUTE)
    alone = network.run(images[255:256], Mode.ABSOLUTE)
    assert torch.equal(together.logits[255:256], alone.logits)
    assert int(together.counts["c3"].kept[255]) == int(alone.counts["c3"].kept)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_quantised_network_follows_the_real_one(activation: str) -> None:
    torch.manual_seed(3)
    model, images = lenet5(activation), random_images(64)
    logits = quantise("float", model, images).run(images, Mode.EXACT).logits.double()
    with torch.no_grad():
        real = model((images[:, None] >> 1).float() / 127).double()
    correlation = torch.corrcoef(torch.stack([logits.flatten(), real.flatten()]))[0, 1]
    assert correlation > 0.99


def test_any_sequential_of_known_layers_converts_and_runs() -> None:
    torch.manual_seed(4)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(2 * 13 * 13, 4),
    )  # fmt: skip
    network, images = quantise("small", model, random_images(8)), random_images(8, seed=1)
    trace = network.run(images, Mode.EXACT)
    for layer, expected in torch_reference(network, images).items():
        assert torch.equal(trace.outputs[layer].double(), expected), layer


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ([nn.Conv2d(1, 2, 3), nn.Sigmoid()], "'1' (Sigmoid)"),
        ([nn.Conv2d(1, 2, 3, stride=2)], "'0' (Conv2d)"),
        ([nn.Conv2d(1, 2, 3, bias=False)], "'0' (Conv2d)"),
        ([nn.Conv2d(2, 2, 3, groups=2)], "'0' (Conv2d)"),
        ([nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(3)], "'2' (MaxPool2d)"),
        ([nn.Conv2d(1, 2, 3), nn.MaxPool2d(2)], "'1' (MaxPool2d)"),
        ([nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Tanh()], "'2' (Tanh)"),
        ([nn.Linear(4, 4), nn.Linear(4, 2)], "'0'"),
        ([nn.ReLU()], "'0' (ReLU)"),
    ],
)
def test_unsupported_layer_is_named(layers: list[nn.Module], name: str) -> None:
    with pytest.raises(ModelError) as error:
        describe(nn.Sequential(*layers))
    assert name in str(error.value)


# Model files


@pytest.mark.parametrize(
    ("tensor", "replacement", "found"),
    [
        ("c3.weight", torch.zeros(16, 6, 5, 4, dtype=torch.int8), "[16, 6, 5, 4]"),
        ("c3.weight", torch.zeros(16, 6, 5, 5, dtype=torch.int16), "torch.int16"),
        ("c3.weight", torch.full((16, 6, 5, 5), -128, dtype=torch.int8), "-128..-128"),
        ("f6.bias", torch.zeros(84), "torch.float32"),
        ("f6.requantise", torch.tensor([1, 40]), "1..1"),
        ("f6.requantise", torch.tensor([1 << 30, 63]), "63..63"),
        ("out.threshold", torch.tensor([16]), "16..16"),
        ("c1.bias", None, "missing"),
        ("extra", torch.zeros(1), "unexpected"),
    ],
)
def test_damaged_model_is_refused_in_one_line(
    tensor: str, replacement: Tensor | None, found: str, tmp_path: Path
) -> None:
    tensors = load_file(model_path("lenet5-relu", "soft", 0))
    tensors.pop(tensor, None)
    if replacement is not None:
        tensors[tensor] = replacement
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    with pytest.raises(ModelError) as error:
        load("lenet5-relu", path=path)
    message = str(error.value)
    assert str(path) in message
    assert tensor in message
    assert found in message
    assert "python -m golden.train" in message
    assert "\n" not in message


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_unreadable_model_is_refused_by_name(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=str(path)):
        load("lenet5-relu", path=path)


@pytest.mark.parametrize("names", [("lenet", "soft"), ("lenet5-relu", "hard")])
def test_unknown_network_or_training_lists_the_valid_ones(names: tuple[str, str]) -> None:
    with pytest.raises(ModelError, match=r"is not one of: (lenet5-relu|plain)"):
        load(*names)


def test_saved_model_is_the_loaded_one(tmp_path: Path) -> None:
    network, path = load("lenet5-tanh"), tmp_path / "copy.safetensors"
    network.save(path, network.metadata)
    again = load("lenet5-tanh", path=path)
    assert again.metadata == network.metadata
    images = random_images(5)
    assert torch.equal(
        again.run(images, Mode.ABSOLUTE).logits, network.run(images, Mode.ABSOLUTE).logits
    )


def test_every_committed_model_loads_is_small_and_says_how_it_was_made() -> None:
    for name in LENETS:
        for training in ("plain", "same", "soft"):
            for seed in (0, 1, 2):
                path = model_path(name, training, seed)
                assert path.stat().st_size < 1 << 20
                metadata = load(name, training, seed).metadata
                options = f"--network {name} --training {training} --seed {seed}"
                assert metadata["command"] == f"python -m golden.train {options}"
                assert metadata["seed"] == str(seed)


# Figures


def figures_on(digits: Labelled, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Figure], list[str]]:
    """The golden figures measured on the given digits, and the lines of progress."""
    lines: list[str] = []
    monkeypatch.setattr(figures_golden, "mnist", lambda _split: digits)
    return figures_golden.golden_figures(lines.append), lines


def test_figures_say_what_they_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = Labelled(random_images(4), torch.arange(4), "random", full=True)
    figures, _ = figures_on(digits, monkeypatch)
    names = {
        "correct_exact", "products_skipped", "products_skipped_conv",
        "images_lost_vs_plain", "images_lost_vs_same",
        "multiplications_vs_zero_skip", "multiplications_vs_zero_skip_same_weights",
    }  # fmt: skip
    assert {(figure.name, figure.network) for figure in figures} == {
        (name, network) for name in names for network in LENETS
    }
    keys = {"level", "mode", "multipliers", "rule", "thresholds", "zero_skip_percent", "seeds"}
    losses = {"images", "images_lost_vs_plain", "images_lost_vs_same", "by_seed"}
    for figure in figures:
        if figure.name != "correct_exact":
            assert set(figure.conditions) >= keys | losses
    trainings = [f.conditions["training"] for f in figures if f.name == "correct_exact"]
    assert sorted(trainings) == ["plain", "plain", "same", "same"]


def test_without_mnist_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = Labelled(random_images(4), torch.arange(4), "a stand-in", full=False)
    figures, lines = figures_on(digits, monkeypatch)
    assert figures == []
    assert "not measured" in lines[0]
    assert "a stand-in" in lines[0]


# Training


def reference_products(
    inputs: Tensor, weights: Tensor, bias: Tensor, shape: tuple[int, ...], side: int, least: int
) -> Tensor:
    """Kept products by unfolding, differentiable: [rows, B], [K, O] -> [O, positions, B]."""
    kernel = shape[2] if len(shape) == 4 else 1
    maps = inputs.t().reshape(BATCH, shape[1], side, side)
    columns = functional.unfold(maps, kernel)  # [B, K, P]
    levels = [arithmetic.leading_ones(x.detach().to(torch.int8)) for x in (columns, weights)]
    both = (levels[0][:, :, None] >= 0) & (levels[1][None, :, :, None] >= 0)
    enough = levels[0][:, :, None] + levels[1][None, :, :, None] >= least
    kept = columns[:, :, None] * weights[None, :, :, None] * (both & enough)
    return (kept.sum(dim=1) + bias[None, :, None]).permute(1, 2, 0)


@pytest.mark.parametrize(
    ("shape", "side"), [((6, 1, 5, 5), 8), ((11, 3, 3, 3), 5), ((23, 14), 1), ((1, 7), 1)]
)
@pytest.mark.parametrize("threshold", [None, 6])
def test_kernels_equal_autograd(shape: tuple[int, ...], side: int, threshold: int | None) -> None:
    generator = torch.Generator().manual_seed(0)

    def integers(*size: int) -> Tensor:
        return torch.randint(-127, 128, size, generator=generator).float()

    places = geometry(shape, side)
    values = (
        integers(places.rows, BATCH).requires_grad_(),
        integers(len(places.offset), shape[0]).requires_grad_(),
        integers(shape[0]).requires_grad_(),
    )
    if threshold is None:
        sums = Products.apply(*values, places, None, None)
        # Threshold 0 of the reference still leaves out -1, so exact is the plain matrix product.
        maps = values[0].t().reshape(BATCH, shape[1], side, side)
        columns = functional.unfold(maps, shape[2] if len(shape) == 4 else 1)
        expected = torch.einsum("bkp,ko->opb", columns, values[1]) + values[2][:, None, None]
    else:
        thresholds = keep_thresholds(values[1], threshold)
        sums = Products.apply(*values, places, thresholds, thresholds)
        expected = reference_products(*values, shape, side, threshold)
    assert torch.equal(sums, expected)
    # Small integers, so that no gradient is rounded and equality means equality.
    slopes = torch.randint(-3, 4, sums.shape, generator=generator).float()
    for found, wanted in zip(
        torch.autograd.grad(sums, values, slopes),
        torch.autograd.grad(expected, values, slopes),
        strict=True,
    ):
        assert torch.equal(found, wanted)


@pytest.mark.parametrize(("activation", "pool"), [("relu", "max"), ("tanh", "average")])
def test_training_activations_equal_the_integer_model(activation: str, pool: str) -> None:
    sums = torch.randint(-90_000, 90_000, (3, 16, BATCH), dtype=torch.int32)
    multiplier, shift = arithmetic.multiplier_and_shift(2**-9)
    scaled = arithmetic.requantise(sums, multiplier, shift)
    outputs = getattr(arithmetic, activation)(scaled).permute(2, 0, 1).unflatten(2, (4, 4))
    expected = getattr(arithmetic, f"{pool}_pool")(outputs).flatten(1).t()
    assert torch.equal(Finish.apply(sums.float(), 2**-9, activation, pool), expected.float())


@pytest.mark.parametrize("pool", ["max", "average"])
def test_pool_gradient_equals_autograd(pool: str) -> None:
    # Distinct sums between 0 and 127, so that neither the clamp nor a tie touches the gradient.
    values = torch.stack([torch.randperm(16) * 7 + 8 for _ in range(2 * BATCH)])
    sums = values.view(2, BATCH, 16).transpose(1, 2).float().requires_grad_()
    gradient = torch.randint(-8, 8, (8, BATCH)).float()
    found = torch.autograd.grad(Finish.apply(sums, 1.0, "relu", pool), sums, gradient)[0]
    maps = sums.permute(2, 0, 1).unflatten(2, (4, 4))
    torch_pool = functional.max_pool2d if pool == "max" else functional.avg_pool2d
    wanted = torch.autograd.grad(torch_pool(maps, 2).flatten(1).t(), sums, gradient)[0]
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("thresholds", [None, (9, 9, 8, 7, 5)])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_exported_student_computes_what_was_trained(
    activation: str, thresholds: tuple[int, ...] | None
) -> None:
    torch.manual_seed(0)
    student, images = Student(lenet5(activation)), random_images(BATCH)
    student.rescale(images)
    student.set_thresholds(thresholds)
    logits = student.forward(images, measure=True).detach()
    network = student.export(f"lenet5-{activation}")
    trace = network.run(images, Mode.ABSOLUTE if thresholds else Mode.EXACT)
    # The forward pass requantises in float32, so a sum on the verge of rounding may differ.
    assert (logits.argmax(dim=1) == trace.logits.argmax(dim=1)).float().mean() > 0.98
    if thresholds:
        assert abs(100 * student.kept_share() - trace.share("kept")) < 0.5


def small_training(seed: int, skip: bool) -> tuple[Network, list[str]]:
    """Forty epochs of two batches on images whose label is the quadrant of a bright square."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(0, 4, (2 * BATCH,), generator=generator)
    images = torch.zeros(2 * BATCH, 28, 28, dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        row, column = 14 * (label // 2), 14 * (label % 2)
        image[row + 3 : row + 10, column + 3 : column + 10] = 255
    recipe = train.Training(
        epochs=40,
        rate=3e-3,
        skip=train.Skip((8, 8, 7, 6, 5), (6, 6, 5, 5, 5), kept=0.1, price=0.05) if skip else None,
    )
    lines: list[str] = []
    pool = Pool(images[None], torch.empty(0))
    return train.train("lenet5-relu", recipe, seed, pool, labels, lines.append), lines


@pytest.mark.parametrize("skip", [False, True])
def test_training_learns_and_the_same_seed_gives_the_same_weights(skip: bool) -> None:
    (first, lines), (second, _), (other, _) = (small_training(seed, skip) for seed in (5, 5, 6))
    for one, two in zip(first.layers, second.layers, strict=True):
        assert torch.equal(one.weights, two.weights)
        assert torch.equal(one.bias, two.bias)
    assert not torch.equal(first.layers[0].weights, other.layers[0].weights)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines]
    assert losses[-1] < losses[0] / 2
    assert [layer.threshold for layer in first.layers] == ([8, 8, 7, 6, 5] if skip else [0] * 5)


def test_thresholds_rise_in_steps_to_their_final_values() -> None:
    skip = train.Skip((9, 9, 8, 7, 5), (7, 7, 7, 6, 5), kept=0.1, price=0.05)
    assert skip.at(0.2) == (7, 7, 7, 6, 5)
    assert skip.at(0.325)[0] == 8
    assert skip.at(0.45) == skip.at(1.0) == (9, 9, 8, 7, 5)


def test_missing_compiler_gives_the_install_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    compiled.library.cache_clear()
    with pytest.raises(CompilerError, match=r"apt-get install g\+\+"):
        kernels.library()
    compiled.library.cache_clear()
