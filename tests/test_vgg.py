# SPDX-License-Identifier: Apache-2.0
"""VGG-16: shapes, folding, exact inference, density, model files and the committed networks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from golden import inference
from golden.architecture import Description, ModelError, describe, vgg16
from golden.batchnorm import fold, normalised
from golden.cifar import cifar10
from golden.datasets import Labelled
from golden.fake_quantised import FakeQuantised
from golden.inference import accuracy, classify, densities, layer_inputs, overall, sums
from golden.msb_skip import Mode
from golden.network import LENETS, VGG_TRAININGS, Layer, Network, load, model_path
from golden.quantise import calibrate, largest, least_error, quantise, to_float

WIDTH = 1 / 16


def random_images(count: int, seed: int = 0) -> Tensor:
    """uint8 [count, 3, 32, 32], smooth like photographs."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 8, 8, generator=generator) * 255
    return functional.interpolate(coarse, size=(32, 32), mode="bilinear").to(torch.uint8)


def folded(seed: int = 0) -> tuple[nn.Sequential, nn.Sequential]:
    """A narrow network with batch normalisation, its statistics settled, and without."""
    torch.manual_seed(seed)
    model = vgg16(WIDTH)
    trained = normalised(model)
    for norm in trained:
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias, -0.5, 0.5)
    with torch.no_grad():
        for _ in range(30):
            trained(to_float(random_images(64, seed)))
    fold(trained, model)
    return trained.eval(), model


@pytest.fixture(scope="module")
def narrow() -> Network:
    """An integer VGG-16 of 1/16 width with random weights."""
    return quantise("vgg16-cifar10", folded()[1], random_images(64), least_error)


# Shape


def test_vgg16_has_the_convolutions_of_the_paper_and_one_linear_layer() -> None:
    with torch.device("meta"):
        layers = describe(vgg16(1))
    names = [layer.name for layer in layers]
    assert names[:3] == ["conv1_1", "conv1_2", "conv2_1"]
    assert names[-2:] == ["conv5_3", "out"]
    assert [layer.shape[0] for layer in layers] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6 + [
        10
    ]
    assert [layer.name for layer in layers if layer.pool] == [
        "conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3",
    ]  # fmt: skip
    sides = [32] * 2 + [16] * 2 + [8] * 3 + [4] * 3 + [2] * 3 + [1]
    products = [
        torch.Size(layer.shape).numel() * side**2 for layer, side in zip(layers, sides, strict=True)
    ]
    assert sum(products) == 313_201_664  # known for 32 x 32 with one fully connected layer
    assert vgg16(1 / 4)(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_width_without_whole_maps_is_refused() -> None:
    with pytest.raises(ModelError, match=r"width 0.26 gives 16.64 maps"):
        vgg16(0.26)


def test_folding_the_normalisation_changes_nothing() -> None:
    trained, model = folded()
    values = to_float(random_images(8, seed=1))
    wanted = trained(values)
    assert (model(values) - wanted).abs().max() < 1e-5 * wanted.abs().max()


# Exact inference


def test_fast_inference_equals_the_literal_one(narrow: Network) -> None:
    images = random_images(3, seed=2)
    trace = narrow.run(images, Mode.EXACT)
    assert torch.equal(classify(narrow, images), trace.logits)
    inputs = layer_inputs(narrow, images)
    assert torch.equal(inputs["conv1_1"], (images >> 1).to(torch.int8))
    for before, layer in zip(narrow.layers, narrow.layers[1:], strict=False):
        assert torch.equal(inputs[layer.name].flatten(), trace.outputs[before.name].flatten())


@pytest.mark.parametrize("name", LENETS)
def test_fast_inference_covers_lenet5(name: str) -> None:
    network = load(name, "plain")
    images = random_images(5)[:, 0, 2:30, 2:30]
    assert torch.equal(classify(network, images), network.run(images, Mode.EXACT).logits)


def test_large_sums_are_exact_too() -> None:
    shape = (2, 1200, 3, 3)
    generator = torch.Generator().manual_seed(0)
    weights = torch.randint(100, 128, shape, generator=generator).to(torch.int8)
    inputs = torch.randint(100, 128, (1, 1200, 5, 5), generator=generator).to(torch.int8)
    layer = Layer(
        Description("conv", "conv", shape, 1), weights, torch.tensor([3, -4]).int(), 1 << 30, 32
    )
    wanted = layer.accumulate(inputs, Mode.EXACT)[0]
    assert wanted.max() > 1 << 24
    assert torch.equal(sums(layer, inputs), wanted)


# Density


@pytest.mark.parametrize(("kernel", "padding"), [(3, 1), (5, 2), (3, 0)])
def test_density_equals_counting_every_product(kernel: int, padding: int) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 3, kernel, padding=padding), nn.ReLU(),
        nn.Flatten(), nn.Linear(3 * (6 + 2 * padding - kernel + 1) ** 2, 10),
    )  # fmt: skip
    images = random_images(2)[:, :2, 4:10, 4:10] * (torch.rand(2, 2, 6, 6) < 0.5)
    network = quantise("small", model, images)
    total, active = [0, 0], [0, 0]
    side = 6 + 2 * padding - kernel + 1
    for image, maps in enumerate(images.tolist()):
        for row, column, output in (
            (r, c, o) for r in range(side) for c in range(side) for o in range(3)
        ):
            del output  # each output channel has the same products
            for y, x in ((a, b) for a in range(kernel) for b in range(kernel)):
                place = row + y - padding, column + x - padding
                if not all(0 <= p < 6 for p in place):
                    continue
                values = [channel[place[0]][place[1]] >> 1 for channel in maps]
                total[image] += len(values)
                active[image] += sum(value != 0 for value in values)
    found = densities(network, images)["0"]
    assert [found.total] * 2 == total
    assert found.active.tolist() == active
    assert found.share == sum(active) / sum(total)


def test_density_of_a_linear_layer_counts_its_inputs(narrow: Network) -> None:
    images = random_images(4, seed=3)
    found = densities(narrow, images)
    inputs = layer_inputs(narrow, images)["out"]
    assert found["out"].total == 10 * 32
    assert found["out"].active.tolist() == (10 * (inputs != 0).sum(dim=1)).tolist()


def test_overall_density_leaves_out_the_first_and_the_last_layer(narrow: Network) -> None:
    found = densities(narrow, random_images(4, seed=3))
    inner = [found[layer.name] for layer in narrow.layers[1:-1]]
    active = sum(int(density.active.sum()) for density in inner)
    assert overall(found) == active / (4 * sum(density.total for density in inner))


def test_command_prints_accuracy_and_densities(
    narrow: Network, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = Labelled(random_images(6), torch.zeros(6, dtype=torch.int64), "random", full=False)
    monkeypatch.setattr(inference, "load", lambda *_: narrow)
    monkeypatch.setattr(inference, "cifar10", lambda _split: pictures)
    monkeypatch.setattr("sys.argv", ["inference", "--training", "sparse"])
    inference.main()
    lines = capsys.readouterr().out.splitlines()
    correct = accuracy(narrow, pictures.images, pictures.labels)
    assert lines[0] == f"{correct} of 6 images correct, random"
    assert len(lines) == 16
    assert lines[-1].endswith(f"{overall(densities(narrow, pictures.images)):.4f}")


# Quantisation


def test_clipping_rare_large_values_lowers_the_error() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(100_000, generator=generator)
    values[0] = 20

    def error(limit: float) -> float:
        scale = limit / 127
        rounded = torch.floor(values / scale + 0.5).clamp(-127, 127) * scale
        return float((rounded - values).square().mean())

    assert error(least_error(values)) < 0.7 * error(largest(values))
    assert largest(values) == float(values.abs().max())


def test_tuning_computes_what_it_exports() -> None:
    images = random_images(32)
    model = folded()[1]
    student = FakeQuantised(model, calibrate(model, images, least_error))
    network = student.export("vgg16-cifar10")
    logits, inputs = student(images)
    exact = layer_inputs(network, images)
    convolutions = [layer.name for layer in network.layers if layer.kind == "conv"][1:]
    for values, name in zip(inputs, convolutions, strict=True):
        # The factor of the requantisation is rounded, so a sum on the verge may differ.
        assert (values == exact[name]).float().mean() > 0.999
    assert (logits.argmax(dim=1) == classify(network, images).argmax(dim=1)).float().mean() > 0.9


# Model files


def damaged(tensors: dict[str, Tensor], how: str) -> None:
    """Damage the tensors of a model file in place."""
    if how == "first layer missing":
        del tensors["conv1_1.weight"]
    elif how == "layer missing":
        del tensors["conv3_2.bias"]
    elif how == "narrower layer":
        tensors["conv4_1.weight"] = tensors["conv4_1.weight"][:-1].contiguous()
    elif how == "no maps":
        tensors["conv1_1.weight"] = torch.zeros(0, 3, 3, 3, dtype=torch.int8)
    else:
        tensors["conv6_1.weight"] = torch.zeros(1)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("first layer missing", "tensor conv1_1.weight is missing"),
        ("layer missing", "tensor conv3_2.bias is missing"),
        ("narrower layer", r"tensor conv4_1.weight: expected .*\[32, 16, 3, 3\]"),
        ("no maps", "width 0 gives 0 maps"),
        ("layer too many", "unexpected tensor conv6_1.weight"),
    ],
)
def test_damaged_model_file_is_refused(
    how: str, said: str, narrow: Network, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    narrow.save(path, {})
    tensors = load_file(path)
    damaged(tensors, how)
    save_file(tensors, path)
    with pytest.raises(ModelError, match=said) as error:
        load("vgg16-cifar10", "plain", path=path)
    assert "python -m golden.train_vgg --training plain --seed 0" in str(error.value)


def test_width_comes_from_the_tensors_and_must_be_the_stated_one(
    narrow: Network, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    narrow.save(path, {"width": "0.0625"})
    images = random_images(2)
    again = load("vgg16-cifar10", "sparse", path=path)
    assert torch.equal(classify(again, images), classify(narrow, images))
    narrow.save(path, {"width": "0.25"})
    with pytest.raises(ModelError, match=r"width 0.25 stated, 0.0625 by tensor conv1_1.weight"):
        load("vgg16-cifar10", "sparse", path=path)


def test_networks_have_trainings_of_their_own() -> None:
    with pytest.raises(ModelError, match="'soft' is not one of: plain, sparse"):
        load("vgg16-cifar10", "soft")
    with pytest.raises(ModelError, match="'sparse' is not one of: plain, same, soft"):
        load("lenet5-relu", "sparse")


# Committed networks


@pytest.mark.parametrize("training", VGG_TRAININGS)
def test_committed_network_is_small_and_says_how_it_was_made(training: str) -> None:
    assert model_path("vgg16-cifar10", training, 0).stat().st_size < 16 << 20
    network = load("vgg16-cifar10", training)
    assert f"--training {training}" in network.metadata["command"]
    assert float(network.metadata["width"]) == len(network.layers[0].weights) / 64
    images = cifar10("test").images[:1]
    trace = network.run(images, Mode.EXACT)
    assert torch.equal(classify(network, images), trace.logits)
    inputs = layer_inputs(network, images)
    for before, layer in zip(network.layers, network.layers[1:], strict=False):
        assert torch.equal(inputs[layer.name].flatten(), trace.outputs[before.name].flatten())


@pytest.mark.parametrize(("training", "densest"), [("plain", 1.0), ("sparse", 0.4)])
def test_committed_network_is_accurate_and_sparse(training: str, densest: float) -> None:
    pictures = cifar10("test")
    if not pictures.full:
        pytest.skip(f"CIFAR-10 not found, {pictures.source}")
    network = load("vgg16-cifar10", training)
    images, labels = pictures.images[:400], pictures.labels[:400]
    assert accuracy(network, images, labels) > 0.86 * len(labels)
    assert overall(densities(network, images[:100])) < densest
