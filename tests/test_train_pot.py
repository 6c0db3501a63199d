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
from golden.architecture import ModelError, lenet5, vgg16
from golden.datasets import Labelled, mnist
from golden.examples import examples
from golden.kernels import BATCH
from golden.level_fitting import Batch, LevelFit, Source, Stage, pruned_share
from golden.levelled import FACTOR_STEP, Levelled, SmallLevelled, coarse_factor, zero_share
from golden.levels import (
    SETS,
    Levels,
    RoundToLevels,
    budgets,
    keep_largest,
    powers_of_two,
    search_scale,
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


def test_no_pruning_has_no_budgets() -> None:
    assert budgets([random(4, 4), random(2, 2)], 0.0) == (0.0, 0.0)


def test_the_smallest_weights_go() -> None:
    kept = keep_largest(torch.tensor([[0.1, -3.0], [2.0, -0.2]]), 0.5)
    assert kept.tolist() == [[False, True], [True, False]]
    assert keep_largest(random(3, 3), 0.0).all()


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
        assert layer.multiplier % FACTOR_STEP == 0
        assert 128 <= layer.multiplier // FACTOR_STEP <= 255


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
    assert (logits - wanted).square().mean().sqrt() < 0.02 * wanted.square().mean().sqrt()


def test_a_task_tells_its_figures() -> None:
    images, labels = pictures(128)
    task = Task("lenet5-relu", lenet(), source(), (images, labels), SmallLevelled)
    network, figures = task.tune("pot3_pruned80", STAGE, lambda _line: None)
    assert isinstance(network, Network)
    assert figures["held_out_correct"] == f"{task.correct(network)} of 128"
    assert float(figures["zero_weight_percent"]) >= 80


@pytest.mark.parametrize("training", ["pot5", "plain", "pot3_pruned", "pot3_80"])
def test_unknown_trainings_are_refused(training: str) -> None:
    with pytest.raises(ModelError, match=f"'{training}' is not a set of levels"):
        parse(training)


@pytest.mark.parametrize("network", LEVEL_TRAININGS)
def test_every_listed_training_can_be_made(network: str) -> None:
    for training in LEVEL_TRAININGS[network]:
        levels, zeros = parse(training)
        assert levels in SETS.values()
        assert zeros in (0, 0.7, 0.8, 0.9)


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
    levels, zeros = parse(training)
    for layer in network.layers:
        assert levels.holds(layer.weights), layer.name
        assert layer.multiplier % FACTOR_STEP == 0, layer.name
    assert round(zero_share(network), 3) >= zeros
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
