# SPDX-License-Identifier: Apache-2.0
"""sparse_stream's golden model, configurations, memory images, cycle model and search."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from golden import architecture, arithmetic
from golden import sparse_stream_cycles as cycles
from golden import sparse_stream_fifos as fifos
from golden.msb_skip import Mode
from golden.network import Layer, Network, load
from golden.sparse_stream import (
    LayerProgram,
    Program,
    bind,
    describe,
    program,
    window_values,
    with_hardware,
)
from golden.sparse_stream_config import (
    CONFIGURATIONS,
    Configuration,
    ConfigurationError,
    LayerConfiguration,
    from_json,
    read,
    to_json,
)
from golden.sparse_stream_cycles import time_layer
from golden.sparse_stream_memory import (
    bias_hex,
    read_bias_hex,
    read_weight_hex,
    stream_channels,
    weight_hex,
    weight_words,
    weights_of,
)
from golden.sparse_stream_search import Space, dealt, physical_order
from scripts import explore, generate
from tests.sparse_stream_clock import last_beats

LENET = {
    "c1": {"pixels": 4, "columns": 3, "slots": 2},
    "c3": {"streams": 2, "lanes": 3, "columns": 4, "slots": 2, "order": (5, 0, 1, 4, 2, 3)},
    "c5": {"streams": 4, "lanes": 2, "columns": 10, "order": tuple(reversed(range(16)))},
    "f6": {"order": tuple((7 * channel) % 120 for channel in range(120))},
    "out": {"order": tuple((5 * channel) % 84 for channel in range(84))},
}


def random_images(count: int, shape: tuple[int, ...] = (28, 28), seed: int = 0) -> Tensor:
    """uint8 [count, *shape], two thirds background."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randint(0, 256, (count, *shape), generator=generator)
    return (noise * (torch.rand(noise.shape, generator=generator) < 1 / 3)).to(torch.uint8)


@pytest.fixture(scope="module")
def lenet() -> Network:
    return load("lenet5-relu", "plain")


@pytest.fixture(scope="module")
def shuffled(lenet: Network) -> Program:
    """LeNet-5 with streams, lanes and channel orders of all kinds."""
    small = describe(lenet, 28, "shuffled", training="plain")
    return bind(with_hardware(small, LENET), lenet)


def layer(**changes: Any) -> LayerConfiguration:
    """A small layer that can be built, with some entries replaced."""
    channels = changes.get("channels", 4)
    entries: dict[str, Any] = {
        "name": "c1", "height": 6, "width": 8, "channels": channels, "filters": 6, "kernel": 3,
        "stride": 1, "padding": 1, "pool": None, "logits": True, "multiplier": 1 << 30, "shift": 37,
        "streams": 1, "lanes": 2, "pixels": 1, "slots": 1, "columns": 2, "queue": 4, "banks": 2,
        "fifo": 2, "order": tuple(range(channels)),
    }  # fmt: skip
    return LayerConfiguration(**{**entries, **changes})


def alone(shape: LayerConfiguration, *, dense: bool = False) -> Configuration:
    """A configuration of one layer."""
    return Configuration("one", "none", "plain", 0, dense, (shape,))


def random_maps(shape: LayerConfiguration, images: int, density: float, seed: int = 0) -> Tensor:
    """int8 [N, H, W, C], 0..127."""
    generator = torch.Generator().manual_seed(seed)
    size = (images, shape.height, shape.width, shape.channels)
    values = torch.randint(1, 128, size, generator=generator)
    return (values * (torch.rand(size, generator=generator) < density)).to(torch.int8)


def random_program(shape: LayerConfiguration, seed: int = 0) -> LayerProgram:
    generator = torch.Generator().manual_seed(seed)
    size = (shape.filters, shape.kernel, shape.kernel, shape.channels)
    weights = torch.randint(-127, 128, size, generator=generator).to(torch.int8)
    bias = torch.randint(-5000, 5000, (shape.filters,), generator=generator, dtype=torch.int32)
    return LayerProgram(shape, weights, bias)


# Outputs


def test_every_layer_sends_the_networks_outputs_in_its_physical_order(
    lenet: Network, shuffled: Program
) -> None:
    images = random_images(20)
    run, trace = shuffled.run(images), lenet.run(images, Mode.EXACT)
    for place, shape in enumerate(shuffled.configuration.layers):
        wanted = trace.outputs[shape.name].reshape(20, shape.filters, *shape.output_shape)
        order = list(shuffled.configuration.filter_order(place))
        assert torch.equal(run.outputs[place], wanted[:, order].permute(0, 2, 3, 1)), shape.name
        assert run.outputs[place].dtype == wanted.dtype
        assert run.outputs[place].is_contiguous(), "a flattened map is a stream"


SHAPES = [
    layer(kernel=1, padding=0, channels=3, lanes=3),
    layer(kernel=5, padding=2, stride=2, filters=4),
    layer(kernel=7, padding=0, height=7, width=7, filters=8),
    layer(kernel=3, stride=2, padding=0, height=7, width=9),
    layer(kernel=3, pool="max", logits=False),
    layer(kernel=3, pool="average", logits=False, channels=2),
    layer(kernel=3, channels=128, lanes=8, filters=4),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_random_layers_equal_integer_convolutions(shape: LayerConfiguration) -> None:
    shape.check()
    bound, maps = random_program(shape), random_maps(shape, 3, 0.6)
    sums = functional.conv2d(
        maps.permute(0, 3, 1, 2).long(), bound.weights.permute(0, 3, 1, 2).long(),
        bound.bias.long(), stride=shape.stride, padding=shape.padding,
    )  # fmt: skip
    if not shape.logits:
        scaled = (sums * shape.multiplier + 2 ** (shape.shift - 1)) >> shape.shift
        sums = scaled.clamp(0, 127)
    if shape.pool == "max":
        sums = functional.max_pool2d(sums.double(), 2).long()
    if shape.pool == "average":
        sums = (sums.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).sum(dim=(3, 5)) + 2) >> 2
    assert torch.equal(bound.outputs(maps).long(), sums.permute(0, 2, 3, 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_counts_equal_brute_force(shape: LayerConfiguration) -> None:
    maps = random_maps(shape, 2, 0.15)
    counts = random_program(shape).counts(maps)
    made, dense, empty = [0, 0], 0, [0, 0]
    rows, columns = shape.sums_shape
    for image, row, column in itertools.product(range(2), range(rows), range(columns)):
        live = inside = 0
        for dy, dx in itertools.product(range(shape.kernel), repeat=2):
            y, x = (
                row * shape.stride - shape.padding + dy,
                column * shape.stride - shape.padding + dx,
            )
            if 0 <= y < shape.height and 0 <= x < shape.width:
                inside += shape.channels
                live += int((maps[image, y, x] != 0).sum())
        made[image] += live * shape.filters
        dense += inside * shape.filters
        empty[image] += live == 0
    assert counts.made.tolist() == made
    assert counts.dense.tolist() == [dense // 2] * 2
    assert (counts.empty_windows.tolist(), counts.windows) == (empty, rows * columns)
    assert counts.density == sum(made) / dense


def test_fully_connected_layers_are_convolutions(shuffled: Program) -> None:
    by_name = {shape.name: shape for shape in shuffled.configuration.layers}
    found = {name: (shape.kernel, shape.channels) for name, shape in by_name.items()}
    assert found == {"c1": (5, 1), "c3": (5, 6), "c5": (5, 16), "f6": (1, 120), "out": (1, 84)}
    assert [by_name[name].padding for name in ("c1", "c3", "c5")] == [2, 0, 0]


def random_network(channels: int, side: int) -> Network:
    """VGG in small: two blocks of a 3x3 convolution and a pool, one fully connected layer."""
    torch.manual_seed(0)
    modules: dict[str, nn.Module] = {
        "c1": nn.Conv2d(channels, 4, 3, padding=1), "a1": nn.ReLU(), "p1": nn.MaxPool2d(2),
        "c2": nn.Conv2d(4, 8, 3, padding=1), "a2": nn.ReLU(), "p2": nn.MaxPool2d(2),
        "flatten": nn.Flatten(), "out": nn.Linear(8 * (side // 4) ** 2, 10),
    }  # fmt: skip
    model = nn.Sequential(OrderedDict(modules))
    layers = []
    for description in architecture.describe(model):
        terms = torch.Size(description.shape[1:]).numel()
        scale = arithmetic.multiplier_and_shift(1 / (60 * terms**0.5))
        weights = torch.randint(-60, 61, description.shape, dtype=torch.int8)
        bias = torch.randint(-500, 500, description.shape[:1], dtype=torch.int32)
        layers.append(Layer(description, weights, bias, *scale))
    return Network("colours", tuple(layers))


def test_colour_images_enter_in_the_order_of_the_channels() -> None:
    network, images = random_network(3, 8), random_images(5, (3, 8, 8))
    natural = bind(describe(network, 8, "natural"), network)
    changed = with_hardware(natural.configuration, {"c1": {"order": (2, 0, 1)}})
    inputs = bind(changed, network).inputs(images)
    assert torch.equal(inputs[..., 0], (images[:, 2] >> 1).to(torch.int8))
    logits = natural.run(images).outputs[-1]
    assert torch.equal(bind(changed, network).run(images).outputs[-1], logits)
    assert logits.unique().numel() > 10


# Memory images


@pytest.mark.parametrize("shape", [*SHAPES, layer(channels=12, streams=2, lanes=3, columns=6)])
def test_hex_files_read_back_are_the_weights(shape: LayerConfiguration) -> None:
    bound = random_program(shape)
    text = weight_hex(weight_words(bound))
    lines = text.split()
    assert len(lines) == shape.streams * shape.rows * shape.groups
    assert {len(line) for line in lines} == {2 * shape.columns}
    assert torch.equal(weights_of(read_weight_hex(text, shape), shape), bound.weights)
    assert torch.equal(read_bias_hex(bias_hex(bound.bias)), bound.bias)


def test_weight_words_lie_where_the_contract_says() -> None:
    shape = layer(channels=12, streams=2, lanes=3, columns=2)
    bound = random_program(shape)
    lines = weight_hex(weight_words(bound)).split()
    for stream, dy, dx, channel, group in itertools.product(
        range(2), range(3), range(3), range(6), range(3)
    ):
        row = (dy * 3 + dx) * 6 + channel
        word = int(lines[(stream * shape.rows + row) * shape.groups + group], 16)
        physical = (channel // 3) * 6 + stream * 3 + channel % 3
        assert stream_channels(shape)[stream, channel] == physical
        for column in range(2):
            weight = int(bound.weights[group * 2 + column, dy, dx, physical])
            assert word >> 8 * column & 0xFF == weight & 0xFF


def test_generated_files_hold_the_program(shuffled: Program, tmp_path: Path) -> None:
    paths = generate.generate(shuffled, tmp_path)
    assert {path.parent for path in paths} == {tmp_path}
    assert read(tmp_path / "configuration.json") == shuffled.configuration
    for bound in shuffled.layers:
        shape = bound.shape
        parts = "".join(
            (tmp_path / f"{shape.name}_weights_{stream}.hex").read_text()
            for stream in range(shape.streams)
        )
        assert torch.equal(weights_of(read_weight_hex(parts, shape), shape), bound.weights)
        bias = (tmp_path / f"{shape.name}_bias.hex").read_text()
        assert torch.equal(read_bias_hex(bias), bound.bias)
    text = (tmp_path / "sparse_stream_net.sv").read_text()
    assert text.count("sparse_stream_layer #(") == text.count("fifo #(") == 5
    assert ".Streams(4), .Lanes(2), .Pixels(1), .Slots(1), .Columns(10)" in text.replace(
        "\n    ", " "
    )


# Configurations


def test_json_comes_back_as_it_was(shuffled: Program) -> None:
    assert from_json(to_json(shuffled.configuration)) == shuffled.configuration


@pytest.mark.parametrize("path", sorted(CONFIGURATIONS.glob("*.json")), ids=lambda path: path.stem)
def test_committed_configurations_can_be_built(path: Path) -> None:
    bound = program(read(path))
    assert bound.configuration.name == path.stem
    assert path.stat().st_size < 100_000


WRONG = [
    ({"slots": 3}, "slots 3 is more than the 2 lanes of a vector; use 1..2"),
    ({"streams": 4}, "streams 4 x lanes 2 = 8 does not divide the 4 channels"),
    ({"columns": 4}, "columns 4 does not divide the 6 filters"),
    ({"pixels": 2}, "pixels 2 needs streams x lanes = 4 channels, found 2"),
    ({"pixels": 3, "lanes": 4}, "pixels 3 does not divide the width 8"),
    ({"queue": 0}, "queue 0: nothing could ever pass; use 1 or more"),
    ({"fifo": 0}, "fifo 0: nothing could ever pass; use 1 or more"),
    ({"banks": 1}, "banks 1 would stop the multipliers during every drain; use 2 or more"),
    ({"kernel": 9, "padding": 0}, "kernel 9; use 1..7, or a square map's side without padding"),
    ({"kernel": 7, "padding": 0}, "kernel 7 does not fit the padded map of 6 x 8"),
    ({"padding": 2}, "padding 2 with kernel 3; use 0..1"),
    ({"padding": -1}, "padding -1; use 0 or more"),
    ({"stride": 3}, "stride 3; use 1 or 2"),
    ({"stride": 0}, "stride 0; use 1 or more"),
    ({"pool": "sum", "logits": False}, "pool 'sum'; use null, 'max' or 'average'"),
    ({"pool": "max"}, "pool 'max' with logits; use null"),
    ({"pool": "max", "logits": False, "height": 7}, "pool of a map of 7 x 8, which must be even"),
    ({"multiplier": 5}, "multiplier 5; use 1073741824..2147483647"),
    ({"shift": 63}, "shift 63; use 32..62"),
    ({"order": (0, 1, 2, 2)}, "order is not a permutation of the 4 channels; give 0..3, each once"),
    ({"order": (0, 1, 2, 3.0)}, "order holds something else; use whole numbers"),
    ({"lanes": "2"}, "lanes is '2'; use a whole number"),
    ({"lanes": True}, "lanes is True; use a whole number"),
    ({"logits": 1}, "logits is 1; use true or false"),
    ({"logits": False}, "logits is false in the last layer; set it to true"),
]


@pytest.mark.parametrize(("change", "problem"), WRONG)
def test_what_cannot_be_built_is_refused_in_one_line(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        alone(layer(**change)).check()
    message = str(error.value)
    assert message.startswith(f"layer c1: {problem}")
    assert "\n" not in message


def chained(**changes: Any) -> str:
    """JSON of two layers that fit each other, with some entries of the second replaced."""
    one = layer(logits=False, pool="max")
    two = layer(name="c2", height=3, width=4, channels=6, order=tuple(range(6)), filters=2)
    two = dataclasses.replace(two, **changes)
    return to_json(Configuration("two", "none", "plain", 0, False, (one, two)))


def without(entry: str) -> str:
    values = json.loads(chained())
    del values["layers"][1][entry]
    return json.dumps(values)


def test_two_layers_that_fit_are_accepted() -> None:
    assert len(from_json(chained()).layers) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "the configuration is not an object"),
        ("{}", "the configuration: 'name' is missing"),
        (chained(height=4), "layer c2: takes a map of 4 x 4 x 6, but c1 makes 3 x 4 x 6"),
        (chained(name="c1"), "layer c1: there are two of that name"),
        (chained(name="a-b"), "layer 'a-b': not a name"),
        (without("lanes"), "layer c2: 'lanes' is missing; add it"),
        (chained().replace('"banks"', '"bank"'), "layer c1: 'banks' is missing"),
        (chained().replace('"seed": 0', '"seed": 0, "x": 1'), "'x' is unknown; remove it"),
        (chained().replace('"seed": 0', '"seed": "0"'), "seed is '0'; use a whole number"),
        (chained().replace('"two"', '"../two"'), "name '../two' cannot be a folder's"),
        (chained().replace("[0, 1, 2, 3]", "3"), "layer c1: order is not a list"),
        (chained().replace('"logits": false', '"logits": true, "pool": null', 1), "layer c1: "),
    ],
)
def test_files_that_say_something_else_are_refused(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        read(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert problem in message
    assert "\n" not in message


def test_absent_file_and_unknown_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent.json.*give a configuration file"):
        read(tmp_path / "absent.json")
    with pytest.raises(ConfigurationError, match=r"one: network 'none' is not one of: lenet5-relu"):
        program(alone(layer()))


def test_network_must_be_the_one_it_was_made_for(lenet: Network, shuffled: Program) -> None:
    with pytest.raises(ConfigurationError, match="use the network it was made for"):
        bind(alone(layer()), lenet)
    other = with_hardware(shuffled.configuration, {"c3": {"shift": 33}})
    with pytest.raises(ConfigurationError, match=r"layer c3: multiplier .* and shift 33 are not"):
        bind(other, lenet)
    with pytest.raises(ConfigurationError, match="activation tanh makes negative values"):
        describe(load("lenet5-tanh", "plain"), 28, "tanh")
    with pytest.raises(ConfigurationError, match=r"layer c1: takes images \[1, 28, 28\]"):
        shuffled.inputs(random_images(1, (3, 32, 32)))
    with pytest.raises(ConfigurationError, match="layer c9: unknown"):
        with_hardware(shuffled.configuration, {"c9": {}})
    with pytest.raises(ConfigurationError, match="'lane'"):
        with_hardware(shuffled.configuration, {"c1": {"lane": 1}})


def test_generator_says_why_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(chained(columns=3))
    monkeypatch.setattr("sys.argv", ["generate", str(path), "--folder", str(tmp_path / "out")])
    assert generate.main() == 2
    assert "layer c2: columns 3 does not divide the 2 filters" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# Cycles


CLOCKED = [
    layer(),
    layer(queue=1, banks=2, columns=6),
    layer(slots=2, lanes=4, queue=2, columns=3),
    layer(streams=2, lanes=1, columns=6, queue=3),
    layer(pixels=4, lanes=4, slots=3, columns=2, padding=0),
    layer(pixels=2, streams=2, lanes=2, slots=4, columns=1, banks=3),
    layer(stride=2, kernel=5, padding=2, columns=3, height=7, width=7),
    layer(pool="max", logits=False, columns=6, queue=16, banks=4),
    layer(pool="average", logits=False, channels=1, lanes=1, pixels=8, columns=6),
    layer(stride=2, padding=0, columns=6, height=6, width=8, lanes=4),
    layer(stride=2, kernel=1, padding=0, columns=6, height=6, width=8, lanes=4, pixels=2),
    layer(height=1, width=1, kernel=1, padding=0, channels=12, lanes=3, filters=5, columns=1),
]


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("number", range(len(CLOCKED)))
def test_cycles_equal_a_layer_clocked_in_python(number: int, dense: bool) -> None:
    shape = CLOCKED[number]
    shape.check()
    maps = torch.cat([random_maps(shape, 1, share, seed=number) for share in (0.1, 0.7, 0.0, 0.3)])
    for out_values in (1, shape.filters):
        timing = time_layer(shape, maps, dense=dense, out_values=out_values)
        wanted = last_beats(shape, maps, dense=dense, out_values=out_values)
        assert [end - timing.starts[0] for end in timing.ends] == wanted
        made = random_program(shape).counts(maps)
        assert timing.products == int((made.dense if dense else made.made).sum())


@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_no_layer_is_faster_than_its_limits(density: float) -> None:
    shape = layer(columns=3, queue=64, banks=8)
    maps = random_maps(shape, 5, density)
    timing = time_layer(shape, maps, dense=False)
    entries = int(window_values(maps, shape, dense=False).sum())
    sums = shape.sums_shape[0] * shape.sums_shape[1] * shape.filters
    assert timing.cycles >= entries * shape.groups
    assert timing.cycles >= 5 * sums
    assert timing.cycles >= window_values(maps, shape, dense=True).sum() / shape.lanes
    assert timing.working == entries * shape.groups
    assert timing.utilisation <= 1


@pytest.mark.parametrize("dense", [False, True])
def test_without_zeros_the_multipliers_are_always_busy(dense: bool) -> None:
    shape = layer(columns=2, filters=8)
    maps = random_maps(shape, 4, 1.0)
    timing = time_layer(shape, maps, dense=dense)
    work = int(window_values(maps, shape, dense=True).sum()) * shape.groups
    # Filling, and draining the last window.
    assert work < timing.cycles < work + 40
    assert timing.ends[3] - timing.ends[2] == work // 4


def test_pipeline_runs_at_the_pace_of_its_slowest_layer(lenet: Network) -> None:
    configuration = read(CONFIGURATIONS / "lenet5-relu-dense.json")
    run = bind(configuration, lenet).run(random_images(8))
    layers, whole = cycles.alone(configuration, run), cycles.pipeline(configuration, run)
    assert whole.interval == max(one.ends[-1] - one.ends[-2] for one in layers)
    assert whole.utilisation == run.dense / 8 / (whole.multipliers * whole.interval)
    for one, together in zip(layers, whole.layers, strict=True):
        assert one.products == together.products == int(run.counts[layers.index(one)].dense.sum())
        assert together.ends[0] >= one.ends[0]
    with pytest.raises(ValueError, match="8 images are too few"):
        cycles.pipeline(configuration, run, edge=4)


# Search


def test_search_beats_equal_shares_and_keeps_its_budget(lenet: Network) -> None:
    base = describe(lenet, 28, "searched")
    run = bind(base, lenet).run(random_images(4))
    space = Space(base, run, dense=False)
    best, equal = space.fastest(20), space.shared([4] * 5)
    assert best is not None
    best.check()
    assert best.multipliers <= 20
    assert all(shape.multipliers <= 4 for shape in equal.layers)
    assert space.interval(equal) > 2 * space.interval(best)
    assert space.fastest(4) is None
    assert space.cheapest(space.work, most=5) is not None


def test_searched_order_gives_streams_equal_loads() -> None:
    load = torch.tensor([9.0, 1.0, 5.0, 8.0, 2.0, 4.0])
    hands = dealt(load, 2)
    sums = [sum(float(load[channel]) for channel in hand) for hand in hands]
    assert sums == [15.0, 14.0]
    order = torch.tensor(physical_order(hands, lanes=3))
    shape = layer(channels=6, streams=2, lanes=3)
    assert order[stream_channels(shape)].tolist() == hands


def test_fifos_are_as_shallow_as_the_pace_allows(lenet: Network) -> None:
    base = describe(lenet, 28, "fifos")
    wide = {"c1": {"columns": 6, "pixels": 28}, "c3": {"columns": 16, "lanes": 6}}
    configuration = with_hardware(base, wide)
    run = bind(configuration, lenet).run(random_images(8))
    small = fifos.smallest(configuration, run, loss=0.01)
    depths = fifos.deepest(configuration)
    best = cycles.pipeline(fifos.with_fifos(configuration, depths), run).interval
    assert cycles.pipeline(small, run).interval <= 1.01 * best
    assert all(one.fifo <= depth for one, depth in zip(small.layers, depths, strict=True))


def run_explore(
    monkeypatch: pytest.MonkeyPatch, folder: Path, multipliers: int
) -> tuple[int, Path, Path]:
    """The command on random images with a short front; its status, configuration and plot."""
    images = explore.Images(random_images(6), random_images(6, seed=1))
    monkeypatch.setattr(explore, "images_of", lambda *_: images)
    monkeypatch.setattr(explore, "FRONT_POINTS", 3)
    out, plot = folder / "out.json", folder / "front.svg"
    options = ["--multipliers", str(multipliers), "--out", str(out), "--plot", str(plot)]
    monkeypatch.setattr("sys.argv", ["explore", *options])
    return explore.main(), out, plot


def test_explore_writes_what_can_be_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, plot = run_explore(monkeypatch, tmp_path, 12)
    assert status == 0
    assert program(read(out)).configuration.multipliers <= 12
    said = capsys.readouterr().out
    for part in ("equal shares: ", "shares of the dense twin: ", "dense twin: ", "density 0."):
        assert part in said
    assert plot.read_text().count("<svg") == 1


def test_explore_says_how_many_multipliers_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run_explore(monkeypatch, tmp_path, 3)
    assert (status, out.exists()) == (2, False)
    assert "3 multipliers are too few for 5 layers; use 5 or more" in capsys.readouterr().err
