# SPDX-License-Identifier: Apache-2.0
"""Training of VGG-16: augmentation, penalty, schedule, resumption and what comes out."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden import sparsity, train_vgg
from golden.architecture import vgg16
from golden.fitting import BATCH, Examples, Fit, Stage, augmented
from golden.train_vgg import Recipe, Run, train

WIDTH = 1 / 16
PLAIN = Stage(epochs=8, rate=0.05)
SPARSE = Stage(epochs=8, rate=0.02, density=0.1, price=3.0)
TUNED = Stage(epochs=1, rate=1e-4, adam=True)
RECIPES = {"plain": Recipe(PLAIN, TUNED), "sparse": Recipe(SPARSE, TUNED)}


def examples() -> Examples:
    """Noisy images whose label is the colour that prevails, one of three."""
    generator = torch.Generator().manual_seed(0)
    count = 4 * BATCH
    labels = torch.randint(0, 3, (count,), generator=generator)
    images = torch.randint(0, 128, (count, 3, 32, 32), generator=generator)
    images[torch.arange(count), labels] += 127
    pixels = images.to(torch.uint8)
    held = 3 * BATCH
    return Examples(pixels[:held], labels[:held], pixels[held:], labels[held:])


def weights(run_folder: Path, training: str) -> dict[str, Tensor]:
    """Parameters in the last checkpoint of a training."""
    path = run_folder / f"vgg16-4-{training}-0.real.pt"
    state: dict[str, Tensor] = torch.load(path, weights_only=True)["model"]
    return state


# Augmentation


def test_augmentation_shifts_and_mirrors() -> None:
    # Each pixel says where it comes from, and 0 is left to the padding.
    rows, columns = torch.meshgrid(torch.arange(1, 33), torch.arange(1, 33), indexing="ij")
    image = torch.stack([rows, columns, columns]).to(torch.uint8)
    moved = augmented(image.expand(64, 3, 32, 32), torch.Generator().manual_seed(0))
    assert moved.shape == (64, 3, 32, 32)
    centre = moved[:, :, 16, 16].int()
    down, across = centre[:, 0] - 17, centre[:, 1] - moved[:, 1, 16, 15].int()
    assert set(down.tolist()) == set(range(-4, 5))
    assert set(across.tolist()) == {-1, 1}
    for one, shift, direction in zip(moved.int(), down.tolist(), across.tolist(), strict=True):
        inside = one[0, :, 16] > 0
        assert torch.equal(one[0, inside, 16], torch.arange(1, 33)[inside.roll(shift, 0)].int())
        steps = one[1, 16].diff()
        both = (one[1, 16, 1:] > 0) & (one[1, 16, :-1] > 0)
        assert (steps[both] == direction).all()


def test_augmentation_follows_its_generator() -> None:
    images = examples().images[:8]
    first, again, other = (
        augmented(images, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


# Penalty


def hoyer(values: Tensor) -> Tensor:
    """The measure as torch differentiates it."""
    return values.sum().square() / (values.square().sum() * values.numel())


def test_penalty_equals_autograd_and_does_not_see_the_scale() -> None:
    values = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0)) - 0.5
    values = values.relu().requires_grad_()
    found, wanted = sparsity.penalty([values], [1.0]), hoyer(values)
    assert torch.allclose(found, wanted)
    (slopes,) = torch.autograd.grad(found, values)
    assert torch.allclose(slopes, torch.autograd.grad(wanted, values)[0], atol=1e-7)
    assert torch.allclose(sparsity.penalty([values * 100], [1.0]), wanted)


def test_penalty_and_density_weigh_layers_by_their_products() -> None:
    model = vgg16(WIDTH)
    _, inputs = sparsity.forward(model, torch.rand(1, 3, 32, 32))
    shares = sparsity.shares(model, inputs)
    assert len(shares) == 12
    assert math.isclose(sum(shares), 1)
    # conv1_2 has 4 x 4 kernels on 32 x 32 positions, conv2_1 has 8 x 4 on 16 x 16.
    assert math.isclose(shares[0] / shares[1], 2)
    empty = [torch.zeros_like(values) for values in inputs]
    empty[0] += 1
    assert math.isclose(sparsity.density(empty, shares), shares[0])


def test_price_follows_the_density() -> None:
    price = sparsity.Price(wanted=0.3, value=1.0)
    price.observe(0.5)
    raised = price.value
    assert raised > 1
    price.observe(0.2)
    assert price.value < raised


def test_rate_rises_and_falls() -> None:
    stage = Stage(epochs=1, rate=0.1, warm=0.2)
    assert math.isclose(stage.rate_at(0.1), 0.05)
    assert math.isclose(stage.rate_at(0.2), 0.1)
    assert math.isclose(stage.rate_at(0.6), 0.05)
    assert math.isclose(stage.rate_at(1.0), 0.0, abs_tol=1e-12)


# Training


def test_training_learns_and_the_penalty_makes_it_sparse(tmp_path: Path) -> None:
    lines: list[str] = []
    run = Run(WIDTH, 0, examples(), tmp_path, lines.append)
    plain, figures = train("plain", run, RECIPES)
    assert run.correct(plain) > 0.9 * BATCH
    sparse, sparse_figures = train("sparse", run, RECIPES)
    assert run.correct(sparse) > 0.9 * BATCH
    assert float(sparse_figures["held_out_density"]) < 0.9 * float(figures["held_out_density"])
    assert any("vgg16-4-plain-0.real.pt after epoch 8" in line for line in lines)


def test_tuning_changes_weights_and_keeps_the_accuracy(tmp_path: Path) -> None:
    run = Run(WIDTH, 0, examples(), tmp_path, lambda _line: None)
    student = run.quantised(run.real("plain", RECIPES)[0])
    before = student.export("vgg16-cifar10")
    run.tune("plain", student, replace(TUNED, rate=1e-3, density=0.3, price=1.0))
    after = student.export("vgg16-cifar10")
    assert not torch.equal(before.layers[5].weights, after.layers[5].weights)
    assert run.correct(after) > 0.9 * BATCH


def test_options_change_the_chosen_recipe_only() -> None:
    words = ["--training", "sparse", "--epochs", "5", "--density", "0.2"]
    recipes = train_vgg._recipes(train_vgg._arguments(words))
    assert recipes["plain"] == train_vgg.RECIPES["plain"]
    assert recipes["sparse"].real.epochs == 5
    assert recipes["sparse"].real.density == recipes["sparse"].tuned.density == 0.2


def test_killed_training_continues_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, lines = examples(), []
    Run(WIDTH, 0, data, tmp_path / "whole", lines.append).real("plain", RECIPES)
    again = Run(WIDTH, 0, data, tmp_path / "killed", lines.append)
    save = Fit._save

    def killed(fit: Fit, epoch: int) -> None:
        save(fit, epoch)
        if epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Fit, "_save", killed)
        with pytest.raises(KeyboardInterrupt):
            again.real("plain", RECIPES)
    again.real("plain", RECIPES)
    assert any("after epoch 2" in line for line in lines)
    resumed, whole = (weights(tmp_path / run, "plain") for run in ("killed", "whole"))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_state_of_another_recipe_is_not_taken_over(tmp_path: Path) -> None:
    lines: list[str] = []
    run = Run(WIDTH, 0, examples(), tmp_path, lines.append)
    for epochs in (1, 2):
        stage = replace(PLAIN, epochs=epochs)
        run.real("plain", {"plain": Recipe(stage, TUNED)})
    assert any("another recipe; starting anew" in line for line in lines)
    assert any(line.startswith("epoch 1/2") for line in lines)
