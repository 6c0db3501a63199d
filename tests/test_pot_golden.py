# SPDX-License-Identifier: Apache-2.0
"""Golden model of pot: codes against the formula, the machine against PyTorch, every refusal."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn

from golden.architecture import Description, ModelError
from golden.arithmetic import COARSE_STEP
from golden.msb_skip import Mode
from golden.network import Layer, Network, load
from golden.pot import (
    Form,
    check_sums,
    correction,
    decode,
    digits,
    encode,
    folded_bias,
    form_named,
    product,
    value,
    values,
)
from golden.pot_cycles import cycles
from golden.pot_engine import (
    COMMAND_BITS,
    FIELDS,
    Command,
    Engine,
    Machine,
    Operation,
    mask_rows,
    positions,
)
from golden.pot_layer import (
    Placed,
    Shape,
    describe,
    place,
    rearrange,
    rearranged,
    worth_rearranging,
)
from golden.pot_nearest import nearest
from golden.pot_program import Program, compile_network
from golden.pot_sample import chosen_channels, sample_network, scales
from golden.pot_schedule import Room, batch_turns, choose_batches

FORMS = list(Form)
DEFAULT = Engine()
NARROW = Engine(lanes=16, columns=8, pixels=64, requantisers=2)
QUARTER = (1 << 30, 32)  # multiplier and shift


# Codes


@pytest.mark.parametrize("exponents", [0, 3, 6])
@pytest.mark.parametrize("form", FORMS)
def test_product_and_correction_of_every_code_are_activation_times_weight(
    form: Form, exponents: int
) -> None:
    for code in form.codes:
        weight, fix = value(form, code, exponents), correction(form, code, exponents)
        for activation in range(256):
            made = product(form, activation, code, exponents)
            assert made + fix == activation * weight
            assert made >= 0 or form in (Form.TWOS, Form.BOOTH, Form.EIGHT)


@pytest.mark.parametrize("form", FORMS)
def test_a_code_of_zero_makes_nothing_and_needs_no_correction(form: Form) -> None:
    zeros = [code for code in form.codes if value(form, code) == 0]
    assert zeros == ([0, 8] if form in (Form.POT, Form.MAGNITUDE) else [0])
    assert all(product(form, 255, code) == correction(form, code) == 0 for code in zeros)


@pytest.mark.parametrize(
    ("form", "levels"),
    [
        (Form.POT, [0, *(s << e for e in range(7) for s in (1, -1))]),
        (Form.TWOS, range(-8, 8)),
        (Form.BOOTH, range(-8, 8)),
        (Form.MAGNITUDE, range(-7, 8)),
        (Form.RECODED, range(-8, 8)),
        (Form.EIGHT, range(-128, 128)),
    ],
)
def test_levels_of_a_form(form: Form, levels: list[int]) -> None:
    assert sorted(set(values(form).tolist())) == sorted(levels)
    weights = torch.tensor(list(levels), dtype=torch.int8)
    codes = encode(form, weights, name="c1")
    assert codes.dtype == torch.uint8
    assert torch.equal(decode(form, codes), weights.long())


def test_fewer_exponents_leave_codes_that_hold_nothing() -> None:
    assert [value(Form.POT, code, 2) for code in range(8)] == [0, 1, 2, 4, 0, 0, 0, 0]
    assert [value(Form.POT, code, 0) for code in (1, 2, 9)] == [1, 0, -1]


def test_booth_digits_are_the_code() -> None:
    for code in range(16):
        low, high = digits(code)
        assert low + 4 * high == value(Form.TWOS, code)
        assert {abs(low), abs(high)} <= {0, 1, 2}


def test_forms_by_name() -> None:
    assert [form_named(form.name.lower()) for form in Form] == FORMS
    with pytest.raises(ModelError, match="form 'shift' is not one of: pot, twos, booth"):
        form_named("shift")


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_the_folded_bias_makes_the_sum_right(form: Form, signed: bool) -> None:
    random = np.random.default_rng(int(form))
    codes = torch.from_numpy(random.integers(0, len(form.codes), (3, 40)).astype(np.uint8))
    seen = random.integers(-128, 128, 40) if signed else random.integers(0, 256, 40)
    bias = torch.tensor([5, -7, 1000], dtype=torch.int32)
    folded = folded_bias(form, codes, bias, signed=signed, exponent_maximum=6)
    lanes = [int(a) ^ 0x80 if signed else int(a) for a in seen]
    lanes = [lane & 0xFF for lane in lanes]
    for row in range(3):
        made = sum(product(form, a, int(c)) for a, c in zip(lanes, codes[row], strict=True))
        exact = int((decode(form, codes[row]) * torch.from_numpy(seen)).sum())
        assert made + int(folded[row]) == exact + int(bias[row])


# Commands


def test_command_bits() -> None:
    assert COMMAND_BITS == 212
    word = Command(Operation.STORE, in_base=1, shift=9).pack()
    assert word >> 210 == 2
    assert word >> 194 & 0xFFFF == 1
    assert word & 63 == 9


@given(st.tuples(*(st.integers(0, (1 << bits) - 1) for bits in FIELDS.values())))
def test_commands_survive_packing(numbers: tuple[int, ...]) -> None:
    operation = Operation(numbers[0] % 3)
    command = Command(operation, *numbers[1:])
    assert Command.unpack(command.pack()) == command


def test_a_field_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ModelError, match="command: in_base = 65536 does not fit 16 bits"):
        Command.load(65536, 1).pack()


def test_positions_come_in_blocks_with_pooling() -> None:
    command = Command(Operation.LAYER, pixels=16, out_cols=4, out_rows=2, pool=1)
    found = [tuple(int(n) for n in row) for row in positions(command)]
    block = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)]
    assert found[:8] == [*block, *((i, r, c + 2) for i, r, c in block)]
    assert found[8] == (1, 0, 0)


# Layers: the machine against PyTorch in integers


def conv(
    weights: Tensor,
    *,
    padding: int = 0,
    activation: str | None = "relu",
    pool: str | None = None,
    bias: Tensor | None = None,
    scale: tuple[int, int] = QUARTER,
) -> Layer:
    kind = "conv" if weights.dim() == 4 else "linear"
    description = Description("c1", kind, tuple(weights.shape), padding, activation, pool)
    found = torch.zeros(len(weights), dtype=torch.int32) if bias is None else bias
    return Layer(description, weights, found, *scale)


def run_layer(layer: Layer, shape: Shape, engine: Engine, maps: Tensor, limit: int) -> Tensor:
    """Run a layer on the machine, int8 maps [N, H, W, C] -> outputs [N, H', W', F]."""
    placed = place(layer, shape, engine, activations=(-128 if shape.signed else 0, limit))
    machine = Machine(engine)
    stored = np.ascontiguousarray(maps.numpy()).view(np.uint8).reshape(-1)
    machine.memory[8 : 8 + len(stored)] = stored
    base = engine.map_bytes // 2
    command = shape.command(engine, len(maps), 8, base)
    machine.layer(Command.unpack(command.pack()), placed.beats(engine))
    result = machine.memory[base : base + command.out_bytes()]
    kind = "<i4" if shape.raw else np.int8
    sizes = (len(maps), *shape.results, shape.out_channels)
    return torch.from_numpy(result.view(kind).reshape(sizes).copy())


@st.composite
def layers(draw: st.DrawFn) -> tuple[Layer, Shape, Engine, Tensor]:
    form = draw(st.sampled_from(FORMS))
    exponents = draw(st.sampled_from((0, 3, 6)))
    engine = Engine(form, exponents, draw(st.sampled_from((8, 16))), draw(st.sampled_from((4, 8))))
    kernel, channels = draw(st.integers(1, 4)), draw(st.integers(1, 20))
    padding = draw(st.integers(0, kernel - 1))
    rows, cols = (draw(st.integers(max(1, kernel - 2 * padding), 7)) for _ in range(2))
    sums = [size + 2 * padding - kernel + 1 for size in (rows, cols)]
    pool = "max" if all(n % 2 == 0 for n in sums) and draw(st.booleans()) else None
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = [v for v in sorted(set(values(form, exponents).tolist())) if v > -128]
    size = (draw(st.integers(1, 12)), channels, kernel, kernel)
    weights = torch.from_numpy(random.choice(np.array(levels, np.int8), size))
    weights[:, :, random.random(kernel) < draw(st.sampled_from((0, 0.5)))] = 0
    assume(bool(weights.any()))
    bias = torch.from_numpy(random.integers(-5000, 5000, size[0], np.int32))
    scale = (int(random.integers(128, 256)) << 23, int(random.integers(32, 40)))
    activation = draw(st.sampled_from(("relu", None)))
    layer = conv(weights, padding=padding, pool=pool, bias=bias, activation=activation, scale=scale)
    signed = draw(st.booleans())
    shape = describe(layer, rows, cols, signed=signed)
    low, high = (-128, 128) if signed else (0, 128)
    maps = random.integers(low, high, (draw(st.integers(1, 3)), rows, cols, channels))
    return layer, shape, engine, torch.from_numpy(maps.astype(np.int8))


def in_pytorch(layer: Layer, maps: Tensor) -> Tensor:
    """Integer convolution by torch in float64, which is exact here, and the layer's own finish."""
    inputs = maps.permute(0, 3, 1, 2).double()
    sums = nn.functional.conv2d(inputs, layer.weights.double(), padding=layer.padding).int()
    sums = sums + layer.bias[:, None, None]
    if layer.activation is None and layer.pool:
        return nn.functional.max_pool2d(sums.double(), 2).int().permute(0, 2, 3, 1)
    return layer.finish(sums).permute(0, 2, 3, 1)


@given(layers())
def test_a_layer_on_the_machine_is_the_convolution(
    case: tuple[Layer, Shape, Engine, Tensor],
) -> None:
    layer, shape, engine, maps = case
    assert torch.equal(run_layer(layer, shape, engine, maps, 127), in_pytorch(layer, maps))


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_without_relu_clamps_to_a_byte(form: Form) -> None:
    weights = torch.tensor([[[[1]]], [[[-1]]]], dtype=torch.int8)
    layer = conv(weights)
    shape = dataclasses.replace(describe(layer, 1, 4, signed=True), relu=False, shift=7)
    maps = torch.tensor([-128, -1, 1, 127], dtype=torch.int8).reshape(1, 1, 4, 1)
    found = run_layer(layer, shape, Engine(form), maps, 127)
    assert found.reshape(4, 2).tolist() == [[-128, 127], [-1, 1], [1, -1], [127, -127]]


def test_unsigned_bytes_up_to_255() -> None:
    layer = conv(torch.tensor([[[[-4]]]], dtype=torch.int8), activation=None)
    maps = torch.tensor([[[[-1]]]], dtype=torch.int8)  # as a byte, 255
    found = run_layer(layer, describe(layer, 1, 1), Engine(), maps, 255)
    assert int(found) == -1020


def test_sums_wrap_at_the_accumulator() -> None:
    engine = Engine(Form.POT)
    layer = conv(torch.tensor([[[[1]]]], dtype=torch.int8), activation=None)
    shape = describe(layer, 1, 1)
    placed = Placed(shape, encode(engine.form, layer.weights, name="c1"), torch.tensor([2**23 - 3]))
    machine = Machine(engine)
    machine.memory[0] = 5
    command = shape.command(engine, 1, 0, 8)
    beats = placed.beats(engine)
    assert machine.exact(command, beats)[0, 0] == 2**23 + 2
    assert machine.sums(command, beats)[0, 0] == -(2**23) + 2


@pytest.mark.parametrize("padding", [0, 2])
def test_a_rearranged_layer_is_the_same(padding: int) -> None:
    random = np.random.default_rng(3)
    engine = NARROW
    levels = np.array(sorted(set(values(Form.POT).tolist())), np.int8)
    weights = torch.from_numpy(random.choice(levels, (6, 2, 5, 5)))
    layer = conv(weights, padding=padding, activation=None)
    maps = torch.from_numpy(random.integers(0, 128, (2, 9, 8, 2)).astype(np.int8))
    shape = describe(layer, 9, 8)
    assert worth_rearranging(shape, engine)
    other = rearranged(shape)
    stacked = rearrange(maps, 5, padding)
    assert tuple(stacked.shape[1:]) == (other.rows, other.cols, other.channels)
    assert other.chunks(16) == 4 < 5 * shape.chunks(16)
    assert torch.equal(run_layer(layer, other, engine, stacked, 127), in_pytorch(layer, maps))


def test_only_rows_that_leave_lanes_empty_are_rearranged() -> None:
    weights = ones(8, 16, 3, 3)
    assert not worth_rearranging(describe(conv(weights, padding=1), 8, 8), NARROW)


def test_beats_of_weights_in_their_order() -> None:
    """Biases of a group, then the codes of a tile, column by column, lane 0 lowest."""
    weights = torch.zeros(5, 3, 1, 1, dtype=torch.int8)
    weights[1, 0, 0, 0], weights[1, 2, 0, 0], weights[4, 1, 0, 0] = 2, -4, 1
    bias = torch.tensor([1, -1, 0, 0, 7], dtype=torch.int32)
    engine = Engine(Form.TWOS, lanes=8, columns=4)
    layer = conv(weights, bias=bias)
    beats = place(layer, describe(layer, 1, 1), engine).beats(engine)
    words = [int.from_bytes(beat.tobytes(), "little") for beat in beats]
    assert words[:8] == [1, 0xFFFFFF, 0, 0, 0, 0xC02, 0, 0]
    assert words[8:] == [7, 0, 0x010]  # the zeros are for the other three columns


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("kept", [[0], [2], [4], [1, 3], [0, 4], [0, 1, 2, 3, 4]])
def test_kernel_rows_without_weights_are_left_out(kept: list[int], signed: bool) -> None:
    random = np.random.default_rng(len(kept))
    levels = np.array([-4, 0, 1, 64], np.int8)
    weights = torch.zeros(6, 9, 5, 5, dtype=torch.int8)
    weights[:, :, kept] = torch.from_numpy(random.choice(levels, (6, 9, len(kept), 5)))
    layer = conv(weights, padding=2, pool="max", activation=None)
    low = -128 if signed else 0
    maps = torch.from_numpy(random.integers(low, 128, (2, 6, 8, 9)).astype(np.int8))
    shape = describe(layer, 6, 8, signed=signed)
    assert mask_rows(shape.row_mask) == kept
    command = shape.command(NARROW, 2, 0, 0)
    assert command.tiles == len(kept) * 3
    assert len(place(layer, shape, NARROW).beats(NARROW)) == 6 * (1 + command.tiles) + 1
    assert torch.equal(run_layer(layer, shape, NARROW, maps, 127), in_pytorch(layer, maps))


# Networks


def without_rows(network: Network, name: str, rows: list[int]) -> Network:
    """The network with all weights of these kernel rows of a layer zero."""
    layers = []
    for layer in network.layers:
        weights = layer.weights.clone()
        if layer.name == name:
            weights[:, :, rows] = 0
        layers.append(dataclasses.replace(layer, weights=weights))
    return dataclasses.replace(network, layers=tuple(layers))


def small(form: Form, training: str = "plain") -> Network:
    return nearest(load("lenet5-relu", training, 0), Engine(form))


def images(count: int, seed: int = 0) -> Tensor:
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.integers(0, 256, (count, 28, 28), np.uint8))


def execute(program: Program) -> None:
    """Run a program on the machine and compare all that it stores."""
    machine = Machine(program.engine)
    for step in program.steps:
        command = Command.unpack(step.command.pack())
        if step.maps is not None:
            machine.load(command, step.maps)
        elif step.weights is not None:
            machine.layer(command, step.weights)
        else:
            assert step.expected is not None
            assert step.known is not None
            assert ((machine.store(command) == step.expected) | ~step.known).all(), step.name


@pytest.mark.parametrize("form", FORMS)
def test_lenet5_on_the_machine(form: Form) -> None:
    program = compile_network(small(form), images(3), Engine(form), every_map=True)
    assert all(step.known is None or step.known.all() for step in program.steps)
    execute(program)


@pytest.mark.parametrize("form", FORMS)
def test_a_network_without_two_rows_of_a_layer_has_fewer_tiles_and_cycles(form: Form) -> None:
    engine = Engine(form)
    programs = [
        compile_network(network, images(3), engine, every_map=True)
        for network in (small(form), without_rows(small(form), "c3", [0, 4]))
    ]
    execute(programs[1])
    whole, pruned = (
        next(step for step in program.steps if step.name == "c3" and step.weights is not None)
        for program in programs
    )
    assert pruned.command == dataclasses.replace(whole.command, row_mask=0b01110)
    assert pruned.command.tiles * 5 == whole.command.tiles * 3
    assert pruned.weights is not None
    assert len(pruned.weights) == 16 * (1 + pruned.command.tiles)
    before, after = (cycles([step.command], engine)[0] for step in (whole, pruned))
    strips = -(-whole.command.pixels // engine.pixels)
    tiles = whole.command.tiles - pruned.command.tiles
    assert before - after == tiles * (strips * engine.columns + whole.command.pixels)


def test_what_comes_out_is_what_the_network_says() -> None:
    network = small(Form.POT)
    program = compile_network(network, images(5), Engine())
    trace = network.run(images(5), Mode.EXACT)
    assert torch.equal(program.logits, trace.logits)
    for name, maps in trace.outputs.items():
        shaped = maps.permute(0, 2, 3, 1) if maps.dim() == 4 else maps
        assert torch.equal(program.outputs[name], shaped)


def test_an_image_alone_leaves_no_byte_of_its_logits_unknown() -> None:
    program = compile_network(small(Form.POT), images(1), Engine())
    (store,) = [step for step in program.steps if step.expected is not None]
    assert store.expected is not None
    assert store.known is not None
    assert store.expected.shape == (2, 32)
    assert store.known.all()
    execute(program)


def test_fully_connected_layers_see_many_images_at_once() -> None:
    program = compile_network(small(Form.POT), images(70), Engine())
    assert program.batches == (4, 16, 64, 64, 64)
    runs = [step for step in program.steps if step.name == "c5"]
    assert [step.images for step in runs] == [(0, 64), (64, 6)]
    execute(program)


def test_products_by_hand() -> None:
    program = compile_network(small(Form.POT), images(2), NARROW)
    counts = program.counts()
    useful = int(torch.count_nonzero(program.layers[0].codes))
    assert counts["c1"].useful == 2 * 784 * useful
    assert counts["c1"].slots == 2 * 784 * 2 * 128  # two tiles, one group
    assert counts["c1"].beats == 6 * 3 + 1  # and zeros for the columns without a channel
    assert counts["out"].slots == 2 * 6 * 2 * 128


def test_batches_fit_the_memory_and_addresses_are_multiples_of_eight() -> None:
    engine = Engine()
    program = compile_network(small(Form.POT), images(1), engine)
    shapes = [layer.shape for layer in program.layers]
    for count in (1, 3, 7, 20, 64):
        chosen = choose_batches(shapes, engine, count)
        assert chosen[-1] == count
        for turn in batch_turns(shapes, engine, chosen, 0, count):
            assert turn.command.in_base % 8 == turn.command.out_base % 8 == 0


def test_a_sample_of_a_network_makes_the_channels_of_the_whole() -> None:
    network = small(Form.POT)
    program = sample_network(network, images(3), NARROW, groups=1)
    execute(program)
    whole = compile_network(network, images(3), NARROW)
    assert chosen_channels(program.layers[1], NARROW, 1) == list(range(8, 16))
    stored = next(s for s in program.steps if s.name == "c3" and s.expected is not None)
    assert stored.expected is not None
    wanted = whole.outputs["c3"][..., 8:].numpy().astype(np.uint8).reshape(-1)
    assert (stored.expected.reshape(-1)[: len(wanted)] == wanted).all()
    assert scales(program, 1) == {"c1": 1 / 3, "c3": 2 / 3, "c5": 5.0, "f6": 11 / 3, "out": 2 / 3}


def test_room_takes_the_lowest_free_place() -> None:
    room = Room(64, 16)
    first, second, third = room.take(10, "a"), room.take(17, "b"), room.take(1, "c")
    assert (first, second, third) == (0, 16, 48)
    room.free(second)
    assert room.take(20, "d") == 16
    with pytest.raises(ModelError, match="layer e: no room for 16 bytes in the map memory of 64"):
        room.take(1, "e")


@pytest.mark.parametrize("form", FORMS)
def test_the_nearest_network_can_be_held(form: Form) -> None:
    network = small(form)
    for layer in network.layers:
        encode(form, layer.weights, name=layer.name)
        assert layer.multiplier % COARSE_STEP == 0


# Time


def test_cycles_of_a_command_by_hand() -> None:
    engine = NARROW
    commands = [Command.load(0, 10), Command.store(0, 10)]
    assert cycles(commands, engine) == [12, 13]
    command = Command(
        Operation.LAYER,
        pixels=100,
        row_mask=0b1010,
        chunks=3,
        groups=2,
        pad_rows=3,
        out_channels=16,
    )
    # group: biases, strips of 64 and 36, six tiles each, the last at a position per four cycles
    strips = sum(6 * 8 + 5 * n + 4 * (n - 1) + 1 for n in (64, 36))
    taken = 2 * (8 + strips) + 7 + 4
    assert cycles([Command.load(0, 200), command], engine)[1] == taken
    shorter = dataclasses.replace(command, out_channels=11)  # two passes for three channels
    assert cycles([Command.load(0, 200), shorter], engine)[1] == taken - 2 - 5 * (1 + 2 * 6) + 1


def test_a_tile_waits_for_the_sum_of_a_single_position() -> None:
    command = Command(Operation.LAYER, pixels=1, row_mask=1, chunks=4, groups=1, out_channels=1)
    wide = dataclasses.replace(command, out_channels=3)
    one, three = (cycles([Command.load(0, 8), each], NARROW)[1] for each in (command, wide))
    # biases and a word of zeros; four tiles, three cycles apart or a column per cycle; the end,
    # with a pass of two requantisers for each two channels
    assert (one, three) == (2 + 2 + 1 + 3 * 3 + 1 + 6, 2 + 4 + 3 + 3 * 4 + 1 + 7)


def test_a_group_that_fills_the_buffer_is_waited_for() -> None:
    command = Command(Operation.LAYER, pixels=1, row_mask=1, chunks=3, groups=4, out_channels=32)
    loads = [Command.load(0, 4096)]
    roomy, tight = (
        cycles([*loads, command], dataclasses.replace(NARROW, weight_words=words))[1]
        for words in (128, 32)
    )
    assert tight == roomy + 3


# Refusals


def refused(layer: Layer, engine: Engine = DEFAULT, rows: int = 4, cols: int = 4) -> str:
    with pytest.raises(ModelError) as problem:
        place(layer, describe(layer, rows, cols), engine)
    text = str(problem.value)
    assert "\n" not in text
    return text


def ones(*size: int, weight: int = 1) -> Tensor:
    return torch.full(size, weight, dtype=torch.int8)


def test_a_weight_without_a_code_is_refused() -> None:
    weights = ones(2, 3, 1, 1)
    weights[1, 2, 0, 0] = 3
    assert refused(conv(weights)) == (
        "layer c1: weight [1, 2, 0, 0] is 3, form pot has 0 and +-2^e, e = 0..6; use its training"
    )
    weights[1, 2, 0, 0] = -8
    assert "is -8, form magnitude has -7..7" in refused(conv(weights), Engine(Form.MAGNITUDE))
    weights[1, 2, 0, 0] = 9
    assert "is 9, form booth has -8..7" in refused(conv(weights), Engine(Form.BOOTH))


def test_an_exponent_beyond_the_largest_is_refused() -> None:
    text = refused(conv(ones(1, 1, 1, 1, weight=-16)), Engine(exponent_maximum=3))
    assert "is -16: exponent 4 is beyond the largest, 3; build with a larger ExponentMax" in text


def test_sums_beyond_the_accumulator_are_refused() -> None:
    text = refused(conv(ones(2, 1200, 1, 1, weight=64)))
    assert (
        "layer c1: sums of filter 0 can reach 0..9753600, which is beyond the accumulator" in text
    )
    assert "use AccBits = 25" in text


def test_sums_up_to_the_limit_are_not_refused() -> None:
    weights, bias = ones(1, 1), torch.tensor([2**23 - 1 - 127], dtype=torch.int32)
    check_sums(weights, bias, (0, 127), 24, "c1")
    check_sums(-weights, -bias - 1, (0, 127), 24, "c1")
    for wrong in (bias + 1, -bias - 255):
        with pytest.raises(ModelError, match="use AccBits = 25"):
            check_sums(weights if wrong > 0 else -weights, wrong, (0, 127), 24, "c1")


@pytest.mark.parametrize("size", [(2, 3, 5, 5), (4, 8)])
def test_a_layer_without_weights_is_refused(size: tuple[int, ...]) -> None:
    assert refused(conv(ones(*size, weight=0))) == (
        "layer c1: all weights are zero; keep a weight in one kernel row at least"
    )


def test_a_multiplier_that_is_not_coarse_is_refused() -> None:
    text = refused(conv(ones(1, 1, 1, 1), scale=((1 << 30) + 1, 32)))
    assert text == (
        f"layer c1: multiplier 1073741825 is not a multiple of {1 << 23}; round it in training"
    )


def test_a_group_larger_than_the_buffer_is_refused() -> None:
    text = refused(conv(ones(1, 256, 3, 3)), dataclasses.replace(NARROW, weight_words=1024))
    assert "a group of 8 filters takes 1160 words, more than the weight buffer's 1024" in text
    assert "use WeightWords = 2048" in text


def test_an_odd_map_is_not_pooled() -> None:
    text = refused(conv(ones(1, 1, 1, 1), pool="max"), rows=4, cols=5)
    assert "layer c1: pooling of 4 x 5 sums, which must be even" in text


def test_other_activations_and_pools_are_refused() -> None:
    assert "activation tanh is not supported; use ReLU" in refused(
        conv(ones(1, 1, 1, 1), activation="tanh")
    )
    assert "average pooling is not supported; use maximum" in refused(
        conv(ones(1, 1, 1, 1), pool="average")
    )


def test_lenet5_with_tanh_is_refused() -> None:
    with pytest.raises(ModelError, match="layer c1: activation tanh is not supported"):
        compile_network(load("lenet5-tanh", "plain", 0), images(1), Engine())


def test_maps_larger_than_the_memory_are_refused() -> None:
    network = small(Form.POT)
    with pytest.raises(ModelError, match=r"layer c1: maps of 784 \+ 1176 bytes do not fit the map"):
        compile_network(network, images(1), Engine(map_bytes=1024))
    with pytest.raises(ModelError, match="layer c1: no room for 75264 bytes in the map memory"):
        compile_network(network, images(64), Engine(), batches=(1, 64, 64, 64, 64))


def test_maps_that_a_command_cannot_say_are_refused() -> None:
    layer = conv(ones(1, 1, 1, 1))
    with pytest.raises(ModelError, match="layer c1: command: pixels = 65792 does not fit 16 bits"):
        describe(layer, 257, 256).command(Engine(), 1, 0, 0)


def test_batches_that_split_a_beat_are_refused() -> None:
    program = compile_network(small(Form.POT), images(2), Engine())
    shapes = [layer.shape for layer in program.layers]
    with pytest.raises(ModelError, match="layer f6: 1 maps of 84 bytes are not a multiple of 8"):
        batch_turns(shapes, Engine(), (2, 2, 2, 1, 2), 0, 2)
