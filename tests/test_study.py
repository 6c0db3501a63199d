# SPDX-License-Identifier: Apache-2.0
"""The study of a network of one's own: counts, cycles, prices, page, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import re
import zipfile
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from golden.architecture import Description, describe
from golden.datasets import mnist
from golden.msb_skip import Mode, Unit
from golden.msb_skip_cycles import layer_cycles, layer_order
from golden.network import Layer, load
from golden.packing import lenet5_orders
from scripts.errors import UserError
from scripts.power import libraries
from scripts.power.memory import mac_fj
from scripts.project import ROOT
from scripts.study import __main__ as command
from scripts.study import blocks, calibrate, prices
from scripts.study.inputs import Split, read_data, read_network
from scripts.study.outcome import two_digits
from scripts.study.simplify import simplified
from scripts.study.thresholds import HIGHEST, choose, with_thresholds

KEYS = [f"{split}_{kind}" for split in ("calibration", "test") for kind in ("images", "labels")]


def example() -> ModuleType:
    """docs/examples/digits.py."""
    spec = importlib.util.spec_from_file_location("digits", ROOT / "docs" / "examples/digits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's files, of a short training and few images."""
    folder, module = tmp_path_factory.mktemp("digits"), example()
    arrays = module.data()
    module.EPOCHS = 6
    model = module.train(*(torch.from_numpy(arrays[f"training_{k}"]) for k in ("images", "labels")))
    save_file(model.state_dict(), folder / "digits.safetensors")
    np.savez(folder / "digits.npz", **{key: arrays[key][:60] for key in KEYS})
    return folder


@pytest.fixture(autouse=True)
def known_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """The multiply-accumulate as it was measured, so that nothing is synthesised."""
    known = json.loads(prices.FILE.read_text())["mac_fj"]
    monkeypatch.setattr(
        command, "prices", lambda name: prices.with_mac(name, known.get(name, 50_000.0))
    )


def study(folder: Path, output: Path, *more: str, network: Path | None = None) -> int:
    """Run the command on the files of `folder`."""
    own = ["--network", str(network or ROOT / "docs/examples/digits.py")]
    weights = [] if network else ["--weights", str(folder / "digits.safetensors")]
    data = ["--data", str(folder / "digits.npz"), "--output", str(output)]
    return command.main([*own, *weights, *data, *more])


@pytest.fixture(scope="module")
def found(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """study.json and the page of the example."""
    output = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "prices", lambda name: prices.with_mac(name, 80_000.0))
        assert study(digits, output, "--multipliers", "12", "--budget", "2") == 0
    assert sorted(path.name for path in output.iterdir()) == ["index.html", "study.json"]
    return json.loads((output / "study.json").read_text()), (output / "index.html").read_text()


# ---- Cycles of msb_skip ----


def random_layer(kind: str, threshold: int) -> Layer:
    generator = torch.Generator().manual_seed(threshold)
    shape = (3, 2, 3, 3) if kind == "conv" else (5, 18)
    weights = torch.randint(-20, 21, shape, generator=generator).to(torch.int8)
    description = Description("layer", kind, shape, padding=int(kind == "conv"))
    return Layer(description, weights, torch.zeros(shape[0]), 1 << 30, 32, threshold)


def cycles_by_instruction(
    layer: Layer, inputs: torch.Tensor, mode: Mode, order: torch.Tensor, multipliers: int
) -> int:
    """Execute every dot4 on the model of the unit; count as docs/msb_skip.md's table does."""
    unit, cycles = Unit(), 0
    unit.configuration = mode << 4 | layer.threshold
    for window in layer.windows(inputs)[0]:
        for row in layer.weights.flatten(1):
            for lanes in order.split(4):
                words = [
                    sum(
                        (int(values[lane]) & 255 if lane >= 0 else 0) << 8 * place
                        for place, lane in enumerate(lanes)
                    )
                    for values in (window, row)
                ]
                before = unit.counters[0]
                unit.execute(1 << 12 | 0x0B, *words)
                cycles += max(1, -(-(unit.counters[0] - before) // multipliers))
    return cycles


@pytest.mark.parametrize("multipliers", [1, 2, 4])
@pytest.mark.parametrize("mode", [Mode.EXACT, Mode.ZERO, Mode.ABSOLUTE])
@pytest.mark.parametrize("kind", ["conv", "linear"])
def test_layer_cycles_are_those_of_every_instruction(
    kind: str, mode: Mode, multipliers: int
) -> None:
    layer = random_layer(kind, threshold=5)
    size = (2, 4, 4) if kind == "conv" else (2, 3, 3)
    inputs = torch.randint(-3, 60, (2, *size), generator=torch.Generator().manual_seed(1))
    inputs = torch.where(inputs < 10, 0, inputs).to(torch.int8)
    order = layer_order(layer, size)
    found = layer_cycles(layer, inputs, mode, order, multipliers)
    expected = [
        cycles_by_instruction(layer, image[None], mode, order, multipliers) for image in inputs
    ]
    assert found.tolist() == expected


def test_layer_order_is_the_firmware_s() -> None:
    orders = lenet5_orders()
    sizes = {"c3": (6, 14, 14), "c5": (16, 5, 5), "f6": (120,), "out": (84,)}
    for layer in load("lenet5-relu", "plain").layers:
        if layer.name in sizes:
            assert torch.equal(layer_order(layer, sizes[layer.name]), orders[layer.name])


def test_a_rule_that_needs_a_maximum_has_no_cycles() -> None:
    layer = random_layer("linear", 3)
    with pytest.raises(ValueError, match="RUNNING_MAXIMUM"):
        layer_cycles(
            layer, torch.zeros(1, 18).char(), Mode.RUNNING_MAXIMUM, layer_order(layer, (18,)), 1
        )


# ---- Prices ----


def test_prices_reproduce_the_measured_energies() -> None:
    if not mnist("test").full:
        pytest.skip("the measured runs are of MNIST images")
    table = json.loads(prices.FILE.read_text())
    fresh = calibrate.calibrate(table["mac_fj"])
    for block, kinds in prices.KINDS.items():
        for library, stored in table[block].items():
            again = {kind: fresh[block][library][kind] for kind in kinds}
            old = {kind: stored[kind] for kind in kinds}
            assert again == pytest.approx(old, rel=0.05), "run: python -m scripts.study.calibrate"
    own = prices.with_mac("osu018", table["mac_fj"]["osu018"])
    lanes = calibrate.lanes("lenet5-relu", "soft", "soft", 4)
    modelled = own.nj("msb_skip", **dict(zip(calibrate.LANES, lanes, strict=True)))
    measured = next(
        figure.value
        for figure in calibrate.energies("msb_skip")
        if figure.network == "lenet5-relu"
        and {"library": "osu018", "level": "unit", "mode": "soft", "multipliers": 1,
             "program": "lenet5"}.items() <= figure.conditions.items()
    )  # fmt: skip
    assert abs(modelled / measured - 1) < table["msb_skip"]["osu018"]["worst_percent"] / 100


def test_the_stored_multiply_accumulate_is_the_measured_one() -> None:
    stored = json.loads(prices.FILE.read_text())["mac_fj"]["osu018"]
    assert mac_fj(libraries.liberty("osu018")) == pytest.approx(stored, rel=0.02)


def test_an_unknown_library_takes_the_prices_of_all() -> None:
    own = prices.with_mac("somewhere/cells.lib", 1000.0)
    assert own.library == "cells.lib"
    assert own.nj("msb_skip", pair=1e6) == pytest.approx(
        1000 * json.loads(prices.FILE.read_text())["msb_skip"]["other"]["pair"]
    )
    assert "three other libraries" in own.error("msb_skip")


@pytest.mark.parametrize(("value", "digits"), [(1234.5, 1200), (0.0678, 0.068), (99.6, 100)])
def test_modelled_energies_have_two_digits(value: float, digits: float) -> None:
    assert two_digits(value) == digits


# ---- The whole study ----


def outcome(study: dict[str, Any], block: str, variant: str) -> dict[str, Any]:
    return next(
        one for one in study["outcomes"] if (one["block"], one["variant"]) == (block, variant)
    )


def test_study_counts_what_the_network_does(found: tuple[dict[str, Any], str]) -> None:
    study, _ = found
    assert [layer["products"] for layer in study["layers"]] == [4608, 55296, 6144, 320]
    exact, zero, soft = (outcome(study, "msb_skip", kind) for kind in ("exact", "zero", "soft"))
    assert exact["products_skipped_percent"] == 0
    assert 0 < zero["products_skipped_percent"] < soft["products_skipped_percent"] < 100
    assert exact["correct"] == zero["correct"] == study["correct"]["integer"]
    bound = outcome(study, "arithmetic", "zero skipped")
    assert bound["products_skipped_percent"] == zero["products_skipped_percent"]
    assert exact["cycles"] == 6144 + 55296 + 6144 + 320  # three lanes a row in conv0, four a word
    assert exact["cycles"] > zero["cycles"] > soft["cycles"]
    for one in (exact, zero, soft):
        assert one["cycles"] >= sum(layer["made"] for layer in one["layers"]) * 0.9


def test_a_good_network_causes_no_warning(found: tuple[dict[str, Any], str]) -> None:
    study, page = found
    assert study["warnings"] == []
    assert "Note:" not in page


def test_study_searches_a_pipeline(found: tuple[dict[str, Any], str]) -> None:
    study, _ = found
    sparse, dense = (outcome(study, "sparse_stream", kind) for kind in ("sparse", "dense twin"))
    assert sparse["multipliers"] <= 12
    assert sparse["cycles"] < dense["cycles"]
    assert sparse["correct"] == study["correct"]["integer"]
    work = sum(layer["made"] for layer in sparse["layers"])
    assert sparse["cycles"] * sparse["multipliers"] > work * 0.9
    hardware = [layer["name"] for layer in sparse["notes"]["hardware"]]
    assert hardware == [layer["layer"] for layer in study["layers"]]


def test_page_shows_the_figures_and_fetches_nothing(found: tuple[dict[str, Any], str]) -> None:
    study, page = found
    for one in study["outcomes"]:
        title = f"{one['block']}, {one['variant']}"
        row = re.search(rf'<tr data-outcome="{title}">(.*?)</tr>', page, re.DOTALL)
        assert row is not None
        assert f"<td>{100 * one['correct'] / 60:.2f} %</td>" in row[1]
        assert f"{one['products_skipped_percent']:.1f} %" in row[1]
        if one["cycles"] is not None:
            assert f"<td>{one['cycles']:,.0f}</td>" in row[1]
    assert "modelled" in page
    assert not re.search(r"https?://|<script|src=|url\(", page)


def test_thresholds_stay_within_the_budget() -> None:
    network = load("lenet5-relu", "plain")
    images = mnist("test")
    few = Split(images.images[:40], images.labels[:40])
    chosen = choose(network, few, 5.0, lambda _: None)
    assert chosen is not None
    exact = network.run(few.images, Mode.EXACT).correct(few.labels)
    assert chosen.run(few.images, Mode.ABSOLUTE).correct(few.labels) >= exact - 2
    highest = [HIGHEST] * len(network.layers)
    everything = with_thresholds(network, highest).run(few.images, Mode.ABSOLUTE)
    assert everything.share("kept") == 0
    assert min(layer.threshold for layer in chosen.layers) > 0


def test_simplified_networks_compute_the_same() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout2d(0.5),
        nn.Identity(), nn.Flatten(), nn.Linear(144, 6, bias=False), nn.BatchNorm1d(6), nn.ReLU(),
        nn.Dropout(), nn.Linear(6, 3, bias=False),
    )  # fmt: skip
    images = torch.rand(20, 1, 8, 8)
    for _ in range(5):
        model(images)
    simple = simplified(model)
    kinds = [type(module).__name__ for module in simple]
    assert kinds == ["Conv2d", "ReLU", "Flatten", "Linear", "ReLU", "Linear"]
    assert torch.allclose(simple(images), model.eval()(images), atol=1e-5)


def test_a_network_file_may_have_dataclasses(tmp_path: Path) -> None:
    network = tmp_path / "net.py"
    network.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from torch import nn\n"
        "@dataclass\nclass Shape:\n    inputs: int = 64\n"
        "def network(): return nn.Sequential(nn.Flatten(), nn.Linear(Shape().inputs, 10))\n"
    )
    assert [name for name, _ in read_network(network, None).named_children()] == [
        "layer0",
        "linear1",
    ]


def test_a_network_of_doubles_is_simplified_to_floats() -> None:
    simple = simplified(nn.Sequential(nn.Flatten(), nn.Linear(4, 3, bias=False)).double())
    assert simple(torch.rand(1, 1, 2, 2)).dtype == torch.float32


def test_a_module_that_stands_in_two_places_counts_in_both() -> None:
    relu, pool = nn.ReLU(), nn.MaxPool2d(2)
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), relu, pool, nn.Conv2d(2, 3, 3, padding=1), relu, pool,
        nn.Flatten(), nn.Linear(12, 3),
    )  # fmt: skip
    simple = simplified(model)
    assert [layer.pool for layer in describe(simple)] == ["max", "max", None]
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(simple(images), model(images))


def test_a_network_that_a_block_does_not_take_is_studied_on_the_others(
    digits: Path, tmp_path: Path
) -> None:
    network = tmp_path / "tanh.py"
    network.write_text(
        "from torch import nn\n"
        "network = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.Tanh(), nn.Linear(8, 10))\n"
        "network[3].bias.data[0] = 1000  # always the first class\n"
    )
    assert study(digits, tmp_path / "out", network=network) == 0
    made = json.loads((tmp_path / "out/study.json").read_text())
    refused = [one for one in made["outcomes"] if one["refused"]]
    assert {one["block"] for one in refused} == {"pot", "sparse_stream"}
    assert all("tanh" in one["refused"] for one in refused)
    page = (tmp_path / "out/index.html").read_text()
    assert "sparse_stream does not take this network" in page
    assert "hardly more than guessing among 10" in made["warnings"][0]
    assert made["warnings"][0] in page


@pytest.mark.parametrize(
    ("layers", "refused"),
    [
        (
            "nn.Flatten(), nn.Linear(64, 10), nn.ReLU()",
            "layer linear1: the hardware's last layer has no",
        ),
        (
            "nn.Conv2d(1, 2, (3, 1)), nn.ReLU(), nn.Conv2d(2, 2, (1, 3)), nn.ReLU(), "
            "nn.Flatten(), nn.Linear(72, 10)",
            "layer conv0: a kernel of 3 x 1",
        ),
    ],
    ids=["a ReLU behind the last layer", "kernels that are not square"],
)
def test_what_is_not_for_the_pipeline_is_refused_by_it_alone(
    digits: Path, tmp_path: Path, layers: str, refused: str
) -> None:
    network = tmp_path / "odd.py"
    text = f"network = nn.Sequential({layers})"
    network.write_text(f"from torch import nn, manual_seed\nmanual_seed(0)\n{text}\n")
    assert study(digits, tmp_path / "out", network=network) == 0
    made = json.loads((tmp_path / "out/study.json").read_text())
    said = {one["block"]: one["refused"] for one in made["outcomes"] if one["refused"]}
    assert list(said) == ["sparse_stream"]
    assert refused in said["sparse_stream"]


def test_a_module_among_the_blocks_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "warp.py").write_text("def outcomes(subject):\n    return []\n")
    monkeypatch.setattr(blocks, "__path__", [*blocks.__path__, str(tmp_path)])
    assert [name for name, _ in blocks.blocks()] == [
        "arithmetic",
        "msb_skip",
        "pot",
        "sparse_stream",
        "warp",
    ]


# ---- What is refused ----

GOOD = "nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10)"
NETWORKS = {
    "raise SystemError('no luck')": "SystemError: no luck",
    "raise SystemExit(0)": "net.py: SystemExit: 0",
    "x = 1": "nothing called `network`",
    "network = 3": "`network` gives a int",
    "def network(): return nn.Linear(2, 3)": "`network` gives a Linear",
    "network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.Sigmoid())": "'layer2' (Sigmoid)",
    "network = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), "
    "nn.Linear(36, 10))": "'conv0' (Conv2d) is not supported: convolutions need stride 1",
    "network = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))": "use an uninitialized parameter",
    "class Net(nn.Sequential):\n    def forward(self, x): return super().forward(x / 255)\n"
    "network = Net(nn.Flatten(), nn.Linear(64, 10))": "network is a Net with a forward of its own",
    "class Half(nn.Linear):\n    def forward(self, x): return super().forward(x / 2)\n"
    "network = nn.Sequential(nn.Flatten(), Half(64, 10))": "1 is a Half with a forward of its own",
    "from torch.nn.utils import prune\nnetwork = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))\n"
    "prune.l1_unstructured(network[1], 'weight', 0.5)": "1.weight is computed from other tensors",
    "from torch.nn.utils.parametrizations import weight_norm\n"
    "network = nn.Sequential(nn.Flatten(), weight_norm(nn.Linear(64, 10)))":
        "1.weight is computed from other tensors",
    "network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(3))": "net.py: RuntimeError: The",
    "network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2, track_running_stats=False), "
    "nn.ReLU(), nn.Flatten(), nn.Linear(72, 10))": "'layer1' (BatchNorm2d) is not supported",
    "network = nn.Sequential(nn.Flatten(), nn.Linear(65, 10))": "does not take images of 1 x 8 x 8",
    "network = nn.Sequential(nn.Conv2d(1, 2, 3))": "end it with a Linear",
    "network = nn.Sequential(nn.Flatten(1, 2), nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), "
    "nn.Linear(36, 10))": "does not take images of 1 x 8 x 8",
    "network = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Flatten(), nn.Linear(32, 10))":
        "put a Flatten in front",
    "network = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 4))":
        "but the network has 4 outputs",
    "network = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), "
    "nn.Linear(18, 10))": "layer 'conv0' is not supported: 2x2 pooling needs even maps",
    "network = nn.Sequential(nn.Flatten())": "the network has no layer with weights",
    "network = nn.Sequential(nn.Conv2d(1, 10, 8), nn.Flatten())":
        "layer 'conv0' makes the network's output, but is a convolution",
    f"network = nn.Sequential({GOOD})\nnn.init.zeros_(network[1].weight)": "all weights are zero",
    f"network = nn.Sequential({GOOD})\nnn.init.constant_(network[3].bias, 1e7)":
        "layer 'linear3': its bias is too large",
    "network = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.Tanh(), nn.Linear(8, 10))\n"
    "nn.init.constant_(network[1].weight, 100)": "layer 'linear1' cannot be quantised: scale",
    f"network = nn.Sequential({GOOD})\nnn.init.constant_(network[1].bias, -1e6)":
        "its output is zero for all calibration images",
    f"network = nn.Sequential({GOOD})\nnn.init.constant_(network[1].bias, float('nan'))":
        "net.py: 1.bias has a value that is not a number",
}  # fmt: skip


def refusal(capsys: pytest.CaptureFixture[str], output: Path, status: int) -> str:
    """The one line that a refused study says; nothing was written."""
    assert status == 2
    assert not output.exists()
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize("text", NETWORKS)
def test_networks_that_cannot_be_studied_are_refused(
    text: str, digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = tmp_path / "net.py"
    network.write_text(f"from torch import nn\n{text}\n")
    status = study(digits, tmp_path / "out", network=network)
    assert NETWORKS[text] in refusal(capsys, tmp_path / "out", status)


IMAGES, LABELS = np.full((9, 8, 8), 255, np.uint8), np.zeros(9, np.int64)
DATA: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"test_labels": None}, "test_labels is missing, found calibration_images"),
    "float": ({"test_images": IMAGES.astype(float)}, "test_images is float64 [9, 8, 8]"),
    "flat": ({"test_images": IMAGES.reshape(9, 64)}, "test_images is uint8 [9, 64]"),
    "few labels": ({"test_labels": LABELS[:5]}, "test_labels is int64 [5]"),
    "few images": ({"test_images": IMAGES[:5], "test_labels": LABELS[:5]}, "store 6 or more"),
    "other size": ({"test_images": IMAGES[:, :7]}, "calibration images are 8 x 8, test images"),
    "high label": ({"calibration_labels": LABELS + 10}, "label 10 in calibration_labels"),
    "negative label": ({"test_labels": LABELS - 1}, "label -1 in test_labels"),
    "black": ({"calibration_images": IMAGES // 255}, "calibration_images has no pixel above 1"),
    "objects": ({"test_labels": np.array([None] * 9)}, "give a file of numpy.savez"),
}


@pytest.mark.parametrize("case", DATA)
def test_data_that_cannot_be_used_is_refused(
    case: str, digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, message = DATA[case]
    arrays = dict(zip(KEYS, (IMAGES, LABELS, IMAGES, LABELS), strict=True)) | changes
    path = tmp_path / "digits.npz"
    np.savez(path, **{key: values for key, values in arrays.items() if values is not None})
    (tmp_path / "digits.safetensors").write_bytes((digits / "digits.safetensors").read_bytes())
    said = refusal(capsys, tmp_path / "out", study(tmp_path, tmp_path / "out"))
    assert message in said
    assert str(path) in said


def test_an_altered_npz_is_refused(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "altered.npz"
    np.savez_compressed(path, **dict(np.load(digits / "digits.npz")))
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with suppress(UserError):  # some bytes are of no importance
            read_data(path)
    with zipfile.ZipFile(path, "w") as file:
        for key in KEYS:
            file.writestr(f"{key}.npy", b"no array")
    status = study(digits, tmp_path / "out", "--data", str(path))
    assert "calibration_images is |S8 []" in refusal(capsys, tmp_path / "out", status)


def test_a_single_array_is_no_npz(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "images.npy", IMAGES)
    status = study(digits, tmp_path / "out", "--data", str(tmp_path / "images.npy"))
    assert "give a file of numpy.savez" in refusal(capsys, tmp_path / "out", status)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--network", "nowhere.py"], "no file nowhere.py"),
        (["--network", "README.md"], "README.md is not a Python file"),
        (["--data", "nowhere.npz"], "nowhere.npz: FileNotFoundError"),
        (["--data", "README.md"], "README.md: "),
        (["--weights", "nowhere.safetensors"], "nowhere.safetensors: FileNotFoundError"),
        (["--weights", "README.md"], "README.md: SafetensorError"),
        (["--budget", "-1"], "--budget -1 is not a percentage"),
        (["--multipliers", "3"], "--multipliers 3 is too few for 4 layers"),
        (["--multipliers", "0"], "--multipliers 0 is too few"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: list[str],
    message: str,
    digits: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert message in refusal(
        capsys, tmp_path / "out", study(digits, tmp_path / "out", *options)
    )  # fmt: skip


def test_weights_of_another_network_are_refused(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors = {"0.weight": torch.zeros(8, 1, 5, 5)}
    for change, message in (
        (tensors, "tensor 0.weight is [8, 1, 5, 5], the network's is [8, 1, 3, 3]"),
        ({}, "tensor 0.weight is missing"),
        ({**example().network().state_dict(), "extra": torch.zeros(1)}, "the network has no extra"),
    ):
        save_file(change, tmp_path / "other.safetensors")
        options = ("--weights", str(tmp_path / "other.safetensors"))
        status = study(digits, tmp_path / "out", *options)
        assert message in refusal(capsys, tmp_path / "out", status)


def test_weights_of_a_lazy_layer_are_refused(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = tmp_path / "net.py"
    network.write_text("from torch import nn\nnetwork = nn.Sequential(nn.LazyLinear(10))\n")
    save_file({"0.weight": torch.zeros(10, 64)}, tmp_path / "net.safetensors")
    options = ("--weights", str(tmp_path / "net.safetensors"))
    status = study(digits, tmp_path / "out", *options, network=network)
    assert "uninitialized parameter" in refusal(capsys, tmp_path / "out", status)


@pytest.mark.parametrize("below", [".", "further/down"])
def test_an_output_that_is_a_file_is_refused_before_the_study(
    below: str, digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("kept")
    assert study(digits, tmp_path / "out" / below) == 2
    said = capsys.readouterr()
    assert f"{tmp_path / 'out'} is not a folder; give another --output" in said.err
    assert said.out == ""
    assert (tmp_path / "out").read_text() == "kept"


def test_a_library_that_cannot_be_read_is_not_blamed_on_the_output(
    digits: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreadable(name: str) -> None:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr(command, "prices", unreadable)
    status = study(digits, tmp_path / "out", "--liberty", "cells.lib")
    said = refusal(capsys, tmp_path / "out", status)
    assert "Permission denied: 'cells.lib'; make it readable" in said
