# SPDX-License-Identifier: Apache-2.0
"""Training with weights on few levels: levels, scales, budgets, the twin and what comes out."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden import float_model, inference, level_fitting, train_pot
from golden.architecture import ModelError, describe, lenet5, vgg16
from golden.arithmetic import COARSE_STEP
from golden.datasets import Labelled, mnist
from golden.examples import examples
from golden.kernels import BATCH
from golden.level_fitting import Batch, LevelFit, Source, Stage, pruned_share
from golden.levelled import (
    Levelled,
    SmallLevelled,
    coarse_factor,
    positions,
    product_share,
    zero_share,
)
from golden.levels import (
    SETS,
    Levels,
    RoundToLevels,
    budgets,
    keep_largest,
    lowest_rows,
    powers_of_two,
    product_budgets,
    search_scale,
    without_rows,
)
from golden.msb_skip import Mode
from golden.network import LEVEL_TRAININGS, Network, load
from golden.teacher import Pool
from golden.train_pot import Task, parse, real
from scripts import figures_pot
from scripts.figure import check_unique

STAGE = Stage(epochs=2, rate=0.01)
NO_PRUNING = (0.0,) * 5


def random(*shape: int) -> Tensor:
    """Normal numbers, always the same."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def pictures(count: int) -> tuple[Tensor, Tensor]:
    """Noise whose label is the quarter of the image that is bright; uint8 [N, 28, 28], int64."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 128, (count, 28, 28), generator=generator)
    labels = torch.randint(0, 4, (count,), generator=generator)
    for quarter in range(4):
        rows, columns = (slice(14 * place, 14 * place + 14) for place in divmod(quarter, 2))
        images[labels == quarter, rows, columns] += 120
    return images.to(torch.uint8), labels


def source(count: int = 512) -> Source:
    """Batches of `pictures`, taught by certain logits."""
    images, labels = pictures(count)
    taught = 6 * torch.nn.functional.one_hot(labels, 10).float()

    def epoch(_number: int) -> Iterator[Batch]:
        yield from zip(images.split(128), labels.split(128), taught.split(128), strict=True)

    return Source(epoch, count // 128, images[:64])


def lenet() -> torch.nn.Sequential:
    """LeNet-5 with ReLU, its weights always the same."""
    torch.manual_seed(0)
    return lenet5("relu")


def twin(levels: Levels, shares: tuple[float, ...] = NO_PRUNING) -> Levelled:
    """A settled twin of `lenet`."""
    student = Levelled(lenet(), levels, shares)
    student.settle(pictures(64)[0], 1.0)
    return student


# Levels


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("pot6", [1, 2, 4, 8, 16, 32, 64]),
        ("pot3", [1, 2, 4, 8]),
        ("uniform8", list(range(1, 128))),
        ("uniform4", [1, 2, 3, 4, 5, 6, 7]),
        ("uniform3", [1, 2, 3]),
    ],
)
def test_magnitudes_fit_their_codes(name: str, wanted: list[int]) -> None:
    levels = SETS[name]
    assert list(levels.magnitudes) == wanted
    assert 2 * len(wanted) + 1 <= 1 << levels.bits


def test_exponents_are_those_of_powers_of_two() -> None:
    assert SETS["pot3"].exponents == (0, 1, 2, 3)
    assert SETS["uniform4"].exponents == ()


@pytest.mark.parametrize("levels", SETS.values(), ids=SETS)
def test_nearest_level_is_the_nearest(levels: Levels) -> None:
    values = random(2000) * levels.largest
    every = torch.tensor([sign * m for m in (0, *levels.magnitudes) for sign in (1, -1)])
    least = (values[:, None] - every).abs().min(dim=1).values
    rounded = levels.nearest(values)
    assert levels.holds(rounded)
    assert torch.allclose((values - rounded).abs(), least)


def test_halves_go_away_from_zero() -> None:
    assert SETS["pot3"].nearest(torch.tensor([0.5, -0.5, 3.0, -6.0])).tolist() == [1, -1, 4, -8]
    assert SETS["uniform4"].nearest(torch.tensor([0.5, -2.5, 9.0])).tolist() == [1, -3, 7]


def test_other_values_are_not_held() -> None:
    assert SETS["pot3"].holds(torch.tensor([0, -8, 2], dtype=torch.int8))
    assert not SETS["pot3"].holds(torch.tensor([3]))
    assert not SETS["pot3"].holds(torch.tensor([16]))


def test_rounding_passes_the_gradient_even_where_it_prunes_or_clips() -> None:
    values = torch.tensor([0.2, 2.7, -30.0], requires_grad=True)
    kept = torch.tensor([True, False, True])
    rounded = RoundToLevels.apply(values, SETS["pot3"], kept)
    assert rounded.tolist() == [0, 0, -8]
    (rounded * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [1, 2, 3]


# Scales


@pytest.mark.parametrize("levels", SETS.values(), ids=SETS)
def test_search_finds_the_scale_of_weights_on_levels(levels: Levels) -> None:
    weights = torch.tensor([float(m) for m in (*levels.magnitudes, 0)] * 3) * 0.037
    assert math.isclose(search_scale(weights, levels), 0.037, rel_tol=1e-6)


def test_search_clips_rare_large_weights() -> None:
    weights = torch.cat([random(5000), torch.tensor([9.0])])
    assert search_scale(weights, SETS["uniform4"]) * 7 < 6


def test_scale_serves_the_weights_that_stay() -> None:
    weights = random(20000)
    levels = powers_of_two(4, 6)
    kept = keep_largest(weights, 0.8)
    scale = search_scale(weights, levels, kept)

    def error(step: float) -> float:
        survivors = weights[kept]
        return float((levels.nearest(survivors / step) * step - survivors).square().mean())

    assert error(scale) <= error(search_scale(weights, levels))


# Budgets


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9])
def test_budgets_add_up_and_spare_small_layers(share: float) -> None:
    weights = [random(6, 25), random(120, 400), random(10, 84)]
    found = budgets(weights, share)
    counts = [layer.numel() for layer in weights]
    total = sum(part * count for part, count in zip(found, counts, strict=True)) / sum(counts)
    assert math.isclose(total, share, abs_tol=1e-4)
    assert found[1] > max(found[0], found[2])


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_product_budgets_leave_that_share_of_the_products(share: float) -> None:
    model = lenet()
    weights = [p for p in model.parameters() if p.dim() > 1]
    costs = positions(describe(model), 28)
    found = product_budgets(weights, costs, share)
    made = [cost * layer.numel() for cost, layer in zip(costs, weights, strict=True)]
    gone = sum(part * count for part, count in zip(found, made, strict=True)) / sum(made)
    assert sum(made) == 416_520
    assert share - 784 / sum(made) < gone < share
    by_weights = budgets(weights, share)
    assert found[0] > by_weights[0]
    assert found[1] > by_weights[1]


def test_useful_products_are_counted_by_positions() -> None:
    assert positions(describe(lenet()), 28) == (784, 100, 1, 1, 1)
    network = twin(SETS["uniform4"], (0.5, 0.0, 0.0, 0.0, 0.0)).export("lenet5-relu")
    useful = sum(
        cost * int((layer.weights != 0).sum())
        for cost, layer in zip((784, 100, 1, 1, 1), network.layers, strict=True)
    )
    assert product_share(network, 28) == useful / 416_520


def test_no_pruning_has_no_budgets() -> None:
    assert budgets([random(4, 4), random(2, 2)], 0.0) == (0.0, 0.0)


def test_the_smallest_weights_go() -> None:
    kept = keep_largest(torch.tensor([[0.1, -3.0], [2.0, -0.2]]), 0.5)
    assert kept.tolist() == [[False, True], [True, False]]
    assert keep_largest(random(3, 3), 0.0).all()


# Kernel rows

KERNEL = torch.tensor([[8.0, 0, 0], [1, 1, 4], [2, 2, 2], [0, 1, 0], [8, 8, 8]])[None, None]
"""One channel. Levels up from zero, by row: powers of two 4, 5, 6, 1, 12; even 8, 6, 6, 1, 24."""


def test_the_rows_lowest_in_levels_go() -> None:
    assert lowest_rows(KERNEL, SETS["pot3"], 0) == ()
    assert lowest_rows(KERNEL, SETS["pot3"], 1) == (3,)
    assert lowest_rows(KERNEL, SETS["pot3"], 2) == (0, 3)
    assert lowest_rows(KERNEL, SETS["pot3"], 3) == (0, 1, 3)
    assert lowest_rows(-KERNEL, powers_of_two(4, 3), 4) == (0, 1, 2, 3)
    assert lowest_rows(KERNEL, SETS["uniform8"], 3) == (1, 2, 3)


def test_channels_of_a_row_count_together() -> None:
    weights = torch.zeros(2, 1, 2, 1)
    weights[:, 0, :, 0] = torch.tensor([[8.0, 1.0], [0.0, 8.0]])
    assert lowest_rows(weights, SETS["pot3"], 1) == (0,)


def test_a_kernel_keeps_a_row() -> None:
    with pytest.raises(ModelError, match="5 of 5 kernel rows cannot be left out"):
        lowest_rows(KERNEL, SETS["pot3"], 5)
    with pytest.raises(ModelError, match="6 of 5 kernel rows cannot be left out"):
        parse("pot3_rows6").rows(lenet())


def test_only_the_rows_become_zero() -> None:
    left = without_rows(KERNEL, (0, 3))
    assert left[0, 0].any(dim=1).tolist() == [False, True, True, False, True]
    assert torch.equal(left[:, :, [1, 2, 4]], KERNEL[:, :, [1, 2, 4]])
    assert KERNEL[0, 0, 0, 0] == 8
    assert without_rows(KERNEL, ()) is KERNEL


def test_rows_are_those_of_convolutions_but_the_first() -> None:
    found = parse("pot3_rows2").rows(lenet())
    assert [len(rows) for rows in found] == [0, 2, 0, 0, 0]
    assert [len(rows) for rows in parse("pot3_rows1").rows(vgg16(1 / 16))] == [0] + [1] * 12 + [0]


@pytest.mark.parametrize(("training", "share"), [("pot3_rows3_products60", 0.6), ("pot3_rows2", 0)])
def test_budgets_hold_the_rows_and_count_their_products(training: str, share: float) -> None:
    model, goal = lenet(), parse(training)
    found = goal.budgets(model, 28)
    assert found[1] >= goal.dropped / 5
    made = [cost * layer for cost, layer in zip((784, 100, 1, 1, 1), (150, 2400, 48000, 10080, 840),
                                                strict=True)]  # fmt: skip
    gone = sum(part * count for part, count in zip(found, made, strict=True)) / sum(made)
    if share:
        assert share - 784 / sum(made) < gone < share
    else:
        assert found == (0.0, 0.4, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("share", "zeros"), [(0.4, 960), (1.0, 1200)])
def test_rows_go_at_once_and_count_in_the_budget(share: float, zeros: int) -> None:
    student = Levelled(lenet(), SETS["pot3"], (0.0, 0.5, 0.0, 0.0, 0.0), ((), (1, 4), (), (), ()))
    student.settle(pictures(64)[0], share)
    kept = student.get_buffer("kept1")
    assert not kept[:, :, [1, 4]].any()
    assert int((~kept).sum()) == zeros
    assert not student.export("lenet5-relu").layers[1].weights[:, :, [1, 4]].any()


def test_pruning_ramps_up_and_stays() -> None:
    assert pruned_share(0.0) == 0.0
    assert pruned_share(0.1) > 0.2 * pruned_share(0.5)
    assert pruned_share(0.5) == pruned_share(1.0) == 1.0


# The twin


@pytest.mark.parametrize("factor", [0.3, 0.1234, 1 / 81, 127 / 128 / 4, 0.2499999])
def test_coarse_factors_have_eight_bits(factor: float) -> None:
    coarse = coarse_factor(factor)
    assert abs(coarse / factor - 1) <= 1 / 256
    mantissa, _ = math.frexp(coarse)
    assert (mantissa * 256).is_integer()


@pytest.mark.parametrize("name", ["pot3", "uniform4", "pot6"])
def test_export_computes_what_the_forward_pass_does(name: str) -> None:
    student = twin(SETS[name], (0.1, 0.3, 0.8, 0.5, 0.2))
    network = student.export("lenet5-relu")
    images, _ = pictures(64)
    trace = network.run(images, Mode.EXACT)
    with torch.no_grad():
        logits = student(images) / student.scales[-1, :2].prod()
    assert torch.equal(logits.round().int(), trace.logits)
    assert torch.equal(inference.classify(network, images), trace.logits)


@pytest.mark.parametrize("name", SETS)
def test_exported_numbers_suit_the_hardware(name: str) -> None:
    for layer in twin(SETS[name]).export("lenet5-relu").layers:
        assert SETS[name].holds(layer.weights)
        assert layer.multiplier % COARSE_STEP == 0
        assert 128 <= layer.multiplier // COARSE_STEP <= 255


def test_twin_on_the_training_kernels_computes_the_same() -> None:
    images, labels = pictures(BATCH)
    logits, slopes = [], []
    for kind in (Levelled, SmallLevelled):
        student = kind(lenet(), SETS["pot3"], (0.5,) * 5)
        student.settle(images, 1.0)
        logits.append(student(images))
        torch.nn.functional.cross_entropy(logits[-1], labels).backward()
        slopes.append(student.model.get_parameter("out.weight").grad)
    assert torch.equal(*logits)
    assert torch.allclose(*slopes, atol=1e-6)


def test_settling_keeps_what_the_network_computes() -> None:
    model, images = lenet(), pictures(64)[0]
    student = Levelled(copy.deepcopy(model), SETS["uniform8"], NO_PRUNING)
    student.settle(images, 0.0)
    with torch.no_grad():
        wanted = model((images >> 1)[:, None].float() / 127)
        assert (student(images) - wanted).abs().max() < 0.05 * wanted.abs().max()


# Tuning


def test_tuning_learns_prunes_to_its_budgets_and_keeps_to_its_levels() -> None:
    shares = budgets([p for p in lenet().parameters() if p.dim() > 1], 0.8)
    student, lines = SmallLevelled(lenet(), SETS["pot3"], shares), []
    fit = LevelFit(student, Stage(epochs=30, rate=0.02), source(), lines.append)
    fit.run(lambda: "evaluated")
    network = student.export("lenet5-relu")
    assert 0.8 <= zero_share(network) < 0.9
    assert all(SETS["pot3"].holds(layer.weights) for layer in network.layers)
    images, labels = pictures(256)
    assert inference.accuracy(network, images, labels) > 240
    assert len(lines) == 30
    assert "evaluated" in lines[0]


def test_pruned_weights_can_come_back() -> None:
    student = twin(SETS["pot3"], (0.0, 0.0, 0.9, 0.0, 0.0))
    logits = student(pictures(64)[0])
    logits.square().sum().backward()
    gradient = student.model.get_parameter("c5.weight").grad
    assert gradient is not None
    assert (gradient[~student.get_buffer("kept2")] != 0).any()


def test_killed_tuning_continues_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    def fit(folder: str) -> LevelFit:
        student = Levelled(lenet(), SETS["pot3"], (0.2,) * 5)
        return LevelFit(student, STAGE, source(), lines.append, tmp_path / folder / "state.pt")

    whole, killed, resumed = fit("whole"), fit("killed"), fit("killed")
    whole.run(str)
    with monkeypatch.context() as patch:
        patch.setattr(level_fitting.LevelFit, "_epoch", stop_at(killed, 1))
        with pytest.raises(KeyboardInterrupt):
            killed.run(str)
    resumed.run(str)
    assert any("after epoch 1" in line for line in lines)
    wanted = whole.student.state_dict()
    found = resumed.student.state_dict()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def stop_at(fit: LevelFit, epoch: int):
    """`LevelFit._epoch` that is interrupted in that epoch."""
    original = LevelFit._epoch

    def interrupted(self: LevelFit, number: int) -> float:
        if self is fit and number == epoch:
            raise KeyboardInterrupt
        return original(self, number)

    return interrupted


def test_state_of_another_recipe_is_not_taken_over(tmp_path: Path) -> None:
    lines: list[str] = []
    for name in ("pot3", "uniform4"):
        student = Levelled(lenet(), SETS[name], NO_PRUNING)
        stage = Stage(epochs=1, rate=0.01)
        LevelFit(student, stage, source(128), lines.append, tmp_path / "state.pt").run(str)
    assert any("another recipe; starting anew" in line for line in lines)


def test_rate_rises_and_falls() -> None:
    stage = Stage(epochs=1, rate=0.1)
    assert math.isclose(stage.rate_at(0.05), 0.05)
    assert math.isclose(stage.rate_at(0.1), 0.1)
    assert math.isclose(stage.rate_at(1.0), 0.0, abs_tol=1e-12)


# Tasks


def test_a_real_network_starts_as_its_integer_one() -> None:
    network = load("lenet5-relu", "same", 0)
    images = mnist("train").images[:512]
    wanted = 0.01 * inference.classify(network, images)
    model = real(network, Pool(images[None], wanted.half()[None]))
    with torch.no_grad():
        logits = model((images >> 1)[:, None].float() / 127)
    # What the rounding of activations makes: 1.0 % on MNIST, 2.1 % on the bundled digits.
    assert (logits - wanted).square().mean().sqrt() < 0.03 * wanted.square().mean().sqrt()


def test_a_task_tells_its_figures() -> None:
    images, labels = pictures(128)
    task = Task("lenet5-relu", lenet(), source(), (images, labels), SmallLevelled)
    network, figures = task.tune("pot3_pruned80", STAGE, lambda _line: None)
    assert isinstance(network, Network)
    assert figures["held_out_correct"] == f"{task.correct(network)} of 128"
    assert float(figures["zero_weight_percent"]) >= 80


def test_a_task_prunes_products() -> None:
    images, labels = pictures(128)
    task = Task("lenet5-relu", lenet(), source(), (images, labels), SmallLevelled)
    _, figures = task.tune("pot3_products50", STAGE, lambda _line: None)
    assert 40 < float(figures["useful_product_percent"]) < 50.2


def test_a_task_drops_rows() -> None:
    images, labels = pictures(128)
    task = Task("lenet5-relu", lenet(), source(), (images, labels), SmallLevelled)
    network, figures = task.tune("uniform4_rows2_products50", STAGE, lambda _line: None)
    assert dropped_rows(network) == [0, 2]
    assert 40 < float(figures["useful_product_percent"]) < 50.2


def dropped_rows(network: Network) -> list[int]:
    """Kernel rows of each convolution that are zero in all channels."""
    kernels = [layer.weights for layer in network.layers if layer.kind == "conv"]
    return [int((~weights.any(dim=3).any(dim=1).any(dim=0)).sum()) for weights in kernels]


def test_a_name_says_all_that_is_left_out() -> None:
    goal = parse("uniform4_rows3_products60")
    assert goal.levels == SETS["uniform4"]
    assert (goal.dropped, goal.zeros, goal.products) == (3, 0, 0.6)
    goal = parse("pot3_rows1_pruned70")
    assert (goal.dropped, goal.zeros, goal.products) == (1, 0.7, 0)
    assert parse("pot6").dropped == 0


def test_trainings_that_lose_rows_take_longer() -> None:
    plain, rows = (train_pot.recipe("lenet5-relu", name) for name in ("pot3", "pot3_rows2"))
    assert (plain.epochs, rows.epochs) == (8, 24)
    assert plain.rate == rows.rate


@pytest.mark.parametrize(
    "training",
    [
        "pot5", "plain", "pot3_pruned", "pot3_80", "pot3_products", "pot3_rows", "pot3_rows0",
        "pot3_rows22", "pot3_products50_rows2", "pot3_pruned70_products50", "pot3_rows2_",
    ],
)  # fmt: skip
def test_unknown_trainings_are_refused(training: str) -> None:
    with pytest.raises(ModelError, match=f"'{training}' is not a set of levels"):
        parse(training)


@pytest.mark.parametrize("network", LEVEL_TRAININGS)
def test_every_listed_training_can_be_made(network: str) -> None:
    for training in LEVEL_TRAININGS[network]:
        goal = parse(training)
        assert goal.levels in SETS.values()
        assert goal.zeros in (0, 0.7, 0.8, 0.9)
        assert goal.products in (0, 0.5, 0.6)
        assert goal.dropped in (0, 2, 3)


def test_missing_models_name_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"train_pot --network lenet5-relu --training pot3"):
        load("lenet5-relu", "pot3", path=tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match=r"golden\.train_vgg --training plain"):
        load("vgg16-cifar10", "plain", path=tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match=r"golden\.float_model --seed 3"):
        float_model.load(3, path=tmp_path / "none.safetensors")


def test_options_change_the_recipe() -> None:
    words = ["--network", "vgg16-cifar10", "--training", "pot3", "--epochs", "3", "--rate", "0.5"]
    arguments = train_pot._arguments(words)
    assert (arguments.epochs, arguments.rate, arguments.seed) == (3, 0.5, 0)


# The network in floating point


def test_float_network_is_kept_in_half_precision(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, path = vgg16(1 / 16), tmp_path / "float.safetensors"
    float_model.save(model, path, {"command": "none"})
    again = float_model.load(path=path)
    for name, value in model.named_parameters():
        assert torch.equal(again.get_parameter(name), value.half().float())
    images = torch.randint(0, 256, (20, 3, 32, 32), dtype=torch.uint8)
    labels = model((images >> 1).float() / 127).argmax(dim=1)
    assert float_model.accuracy(again, images, labels) >= 19


def test_a_float_file_without_its_tensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "float.safetensors"
    float_model.save(lenet(), path, {})
    with pytest.raises(ModelError, match=r"conv1_1\.bias"):
        float_model.load(path=path)


# Committed models


@pytest.mark.parametrize("seed", figures_pot.SEEDS)
@pytest.mark.parametrize("training", LEVEL_TRAININGS["lenet5-relu"])
def test_committed_lenets_are_what_their_names_say(training: str, seed: int) -> None:
    check_model(load("lenet5-relu", training, seed), training, seed)


@pytest.mark.parametrize("training", LEVEL_TRAININGS["vgg16-cifar10"])
def test_committed_vggs_are_what_their_names_say(training: str) -> None:
    check_model(load("vgg16-cifar10", training, 0), training, 0)


def check_model(network: Network, training: str, seed: int) -> None:
    """Levels, multipliers of eight bits, pruned share and metadata."""
    goal = parse(training)
    for layer in network.layers:
        assert goal.levels.holds(layer.weights), layer.name
        assert layer.multiplier % COARSE_STEP == 0, layer.name
    assert round(zero_share(network), 3) >= goal.zeros
    if goal.dropped:
        assert dropped_rows(network) == [0, goal.dropped]
    if goal.products:
        share = product_share(network, 28)
        assert share < 1 - goal.products + 784 / 416_520  # falls short by less than a weight
        assert network.metadata["useful_product_percent"] == f"{100 * share:.2f}"
    assert network.metadata["seed"] == str(seed)
    assert f"--training {training}" in network.metadata["command"]
    assert network.metadata["zero_weight_percent"] == f"{100 * zero_share(network):.2f}"


# Figures


def test_figures_tell_accuracies_beside_their_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(network: str, _split: str) -> Labelled:
        found = examples(network, "test")
        return Labelled(found.images[:30], found.labels[:30], "a few", full=True)

    monkeypatch.setattr(figures_pot, "examples", few)
    figures = figures_pot.accuracy_figures(lambda _line: None)
    check_unique(figures)
    by = {(figure.network, figure.conditions["training"]): figure for figure in figures}
    for name, trainings in LEVEL_TRAININGS.items():
        assert {training for network, training in by if network == name} >= set(trainings)
    pot, even = by["lenet5-relu", "pot3"], by["lenet5-relu", "uniform4"]
    assert (pot.name, pot.reference, even.reference) == ("correct", even.value, None)
    assert (pot.conditions["exponents"], even.conditions["exponents"]) == ("0..3", "none")
    pruned = by["lenet5-relu", "pot3_pruned80"]
    assert pruned.name == "correct_pruned"
    assert pruned.reference == by["lenet5-relu", "uniform4_pruned80"].value
    assert pruned.conditions["zero_weight_percent"] >= 80
    below = by["vgg16-cifar10", "pot3"]
    real = by["vgg16-cifar10", "float"].value
    assert below.conditions["points_below_float"] == round(real - below.value, 2)


def test_nothing_is_claimed_without_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = pictures(8)
    stand_in = Labelled(images, labels, "noise", full=False)
    monkeypatch.setattr(figures_pot, "examples", lambda _network, _split: stand_in)
    lines: list[str] = []
    assert figures_pot.accuracy_figures(lines.append) == []
    assert all("not measured (found only noise)" in line for line in lines)
