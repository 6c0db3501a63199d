# SPDX-License-Identifier: Apache-2.0
"""One layer of a network on pot: the shape of its map, its command, its beats of weights.

A map is stored image by image, row by row, pixel by pixel, channel by channel. A layer with very
few channels is rearranged by the host, which makes a kernel of k rows one of a single row: the
channels of the k pixels that a window has above each other become the channels of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from golden.architecture import ModelError
from golden.arithmetic import COARSE_STEP
from golden.network import Layer
from golden.pot import check_sums, encode, folded_bias
from golden.pot_engine import Bytes, Command, Engine, Operation, mask_rows

ACTIVATIONS = (0, 127)
"""Smallest and largest activation of a network with ReLU."""


@dataclass(frozen=True)
class Shape:
    """How the hardware sees a layer: sizes of its input map, its kernel and its output.

    out_rows, out_cols: before pooling. signed: whether activations are. rearranged: whether kernel
    rows have become channels. row_mask: bit r is set if kernel row r has weights, that is one other
    than zero in any filter; the hardware leaves out the others.
    """

    name: str
    rows: int
    cols: int
    channels: int
    kernel_rows: int
    kernel_cols: int
    row_mask: int
    pad_rows: int
    pad_cols: int
    out_channels: int
    pool: bool
    raw: bool
    relu: bool
    signed: bool
    multiplier: int
    shift: int
    rearranged: bool = False

    @property
    def out_rows(self) -> int:
        """Rows of sums."""
        return self.rows + 2 * self.pad_rows - self.kernel_rows + 1

    @property
    def out_cols(self) -> int:
        """Sums of a row."""
        return self.cols + 2 * self.pad_cols - self.kernel_cols + 1

    @property
    def in_bytes(self) -> int:
        """Bytes of one input map."""
        return self.rows * self.cols * self.channels

    @property
    def results(self) -> tuple[int, int]:
        """Rows and columns of the output map."""
        return (self.out_rows // 2, self.out_cols // 2) if self.pool else self.sums

    @property
    def sums(self) -> tuple[int, int]:
        """Rows and columns before pooling."""
        return self.out_rows, self.out_cols

    @property
    def out_bytes(self) -> int:
        """Bytes of one output map."""
        return self.results[0] * self.results[1] * self.out_channels * (4 if self.raw else 1)

    @property
    def taps(self) -> int:
        """Weights of one filter."""
        return self.kernel_rows * self.kernel_cols * self.channels

    def chunks(self, lanes: int) -> int:
        """Chunks of `lanes` bytes of a kernel row."""
        return -(-self.kernel_cols * self.channels // lanes)

    def tiles(self, lanes: int) -> int:
        """Tiles of a group."""
        return self.row_mask.bit_count() * self.chunks(lanes)

    def command(self, engine: Engine, images: int, in_base: int, out_base: int) -> Command:
        """Return the command that runs the layer on this many images."""
        pixels = images * self.out_rows * self.out_cols
        row_bytes = self.cols * self.channels
        command = Command(
            Operation.LAYER, in_base=in_base, out_base=out_base, pixels=pixels,
            out_cols=self.out_cols, out_rows=self.out_rows, in_rows=self.rows,
            row_bytes=row_bytes, pixel_bytes=self.channels, image_bytes=self.rows * row_bytes,
            row_mask=self.row_mask, chunks=self.chunks(engine.lanes), pad_rows=self.pad_rows,
            pad_bytes=self.pad_cols * self.channels,
            groups=-(-self.out_channels // engine.columns), out_channels=self.out_channels,
            pool=int(self.pool), raw=int(self.raw), relu=int(self.relu),
            signed_in=int(self.signed), multiplier=self.multiplier, shift=self.shift,
        )  # fmt: skip
        try:
            command.pack()
        except ModelError as error:
            raise ModelError(
                f"layer {self.name}: {error}; use fewer images or a smaller map"
            ) from (error)
        return command


@dataclass(frozen=True)
class Placed:
    """A layer with its numbers: codes uint8 [O, kernel rows, kernel columns, channels], bias [O].

    The bias is that of the hardware, int64, with all corrections.
    """

    shape: Shape
    codes: Tensor
    bias: Tensor

    def beats(self, engine: Engine) -> Bytes:
        """Return the layer's beats of weights, see `weight_beats`."""
        shape = self.shape
        filters = -(-shape.out_channels // engine.columns) * engine.columns
        held = self.codes[:, mask_rows(shape.row_mask)].flatten(2).numpy()
        codes = np.zeros(
            (filters, held.shape[1], shape.chunks(engine.lanes) * engine.lanes), np.uint8
        )
        codes[: len(held), :, : held.shape[2]] = held
        bias = np.zeros(filters, np.int64)
        bias[: len(held)] = self.bias.numpy()
        return weight_beats(engine, codes, bias, shape.out_channels)

    @property
    def useful(self) -> int:
        """Weights that are not zero, of all filters."""
        return int(torch.count_nonzero(self.codes))


def weight_beats(engine: Engine, codes: Bytes, bias: NDArray[np.int64], channels: int) -> Bytes:
    """Return beats of weights, uint8 [beats, bytes of one].

    By group of Columns filters: their biases, then for each kernel row with weights and chunk of
    Lanes bytes one beat of codes for each filter. Filters beyond `channels` have none; a beat of
    zeros behind the biases is for all of them.

    Args:
        codes: [filters, rows with weights, bytes of a row]; multiples of Columns and Lanes.
        bias: [filters], of the hardware; its low AccBits bits are taken.
        channels: filters that are output channels.
    """
    lanes, columns = engine.lanes, engine.columns
    filters, rows, width = codes.shape
    # group, column, row, chunk, lane -> group, row, chunk, column, lane
    tiles = codes.reshape(filters // columns, columns, rows, width // lanes, lanes)
    tiles = tiles.transpose(0, 2, 3, 1, 4).reshape(filters // columns, -1, lanes)
    if engine.form.weight_bits == 4:
        tiles = tiles[..., ::2] + np.uint8(16) * tiles[..., 1::2]
    heads = np.zeros((filters // columns, columns, engine.weight_beat), np.uint8)
    numbers = (bias & ((1 << engine.accumulator_bits) - 1)).astype("<i8")
    kept = min(8, engine.weight_beat)
    heads[:, :, :kept] = numbers.view(np.uint8).reshape(-1, columns, 8)[:, :, :kept]
    groups = np.concatenate([heads, tiles], axis=1)
    groups = groups.reshape(len(groups), -1, columns, engine.weight_beat)
    beats: list[Bytes] = []
    for number, group in enumerate(groups):
        count = min(columns, channels - number * columns)
        none = np.zeros((int(count < columns), engine.weight_beat), np.uint8)
        beats += [group[0, :count], none, group[1:, :count].reshape(-1, engine.weight_beat)]
    return np.concatenate(beats)


def describe(layer: Layer, rows: int, cols: int, *, signed: bool = False) -> Shape:
    """How the hardware sees a layer on input maps of rows x cols.

    Raises:
        ModelError: naming the layer and what the hardware does not do.
    """
    if layer.activation not in ("relu", None):
        raise ModelError(
            f"layer {layer.name}: activation {layer.activation} is not supported; use ReLU"
        )
    if layer.pool not in ("max", None):
        raise ModelError(f"layer {layer.name}: {layer.pool} pooling is not supported; use maximum")
    multiplier, shift = _requantisation(layer)
    linear = layer.kind == "linear"
    filters, inputs = layer.weights.shape[:2]
    kernel = (1, 1) if linear else tuple(layer.weights.shape[2:])
    shape = Shape(
        name=layer.name, rows=1 if linear else rows, cols=1 if linear else cols, channels=inputs,
        kernel_rows=kernel[0], kernel_cols=kernel[1], row_mask=_row_mask(layer),
        pad_rows=layer.padding, pad_cols=layer.padding, out_channels=filters,
        pool=layer.pool is not None, raw=layer.activation is None,
        relu=layer.activation == "relu", signed=signed, multiplier=multiplier, shift=shift,
    )  # fmt: skip
    if shape.pool and (shape.out_rows % 2 or shape.out_cols % 2):
        raise ModelError(
            f"layer {layer.name}: pooling of {shape.out_rows} x {shape.out_cols} sums, which must "
            "be even; use another size or padding"
        )
    return shape


def _row_mask(layer: Layer) -> int:
    """Kernel rows with a weight other than zero in any filter; a linear layer is a single row."""
    weights = layer.weights if layer.kind == "conv" else layer.weights[:, :, None, None]
    held = weights.movedim(2, 0).flatten(1).any(dim=1).tolist()
    if not any(held):
        raise ModelError(
            f"layer {layer.name}: all weights are zero; keep a weight in one kernel row at least"
        )
    return sum(1 << row for row, has_weights in enumerate(held) if has_weights)


def _requantisation(layer: Layer) -> tuple[int, int]:
    """Multiplier and shift of the hardware; those of a layer of raw sums do not matter."""
    if layer.activation is None:
        return 128, 1
    if layer.multiplier % COARSE_STEP:
        raise ModelError(
            f"layer {layer.name}: multiplier {layer.multiplier} is not a multiple of "
            f"{COARSE_STEP}; round it in training"
        )
    return layer.multiplier // COARSE_STEP, layer.shift - COARSE_STEP.bit_length() + 1


def place(
    layer: Layer,
    shape: Shape,
    engine: Engine,
    *,
    side: tuple[int, int] | None = None,
    activations: tuple[int, int] = ACTIVATIONS,
) -> Placed:
    """Give a layer its codes and biases.

    Args:
        layer: of the network.
        shape: of `describe` or `rearranged`.
        engine: whose form the weights have to suit.
        side: rows and columns of the map that a linear layer flattens, if it does.
        activations: smallest and largest that can come.

    Raises:
        ModelError: naming the layer, and a weight without a code, sums beyond the accumulator, or
            the room that its weights need.
    """
    weights = layer.weights
    if layer.kind == "linear":
        rows, cols = side or (1, 1)
        weights = weights.reshape(len(weights), -1, rows, cols)
    limit = engine.exponent_maximum
    codes = encode(engine.form, weights, name=layer.name, exponent_maximum=limit)
    flat = weights.flatten(1)
    check_sums(flat, layer.bias, activations, engine.accumulator_bits, layer.name)
    words = engine.columns * (1 + shape.tiles(engine.lanes))
    if words > engine.weight_words:
        raise ModelError(
            f"layer {layer.name}: a group of {engine.columns} filters takes {words} words, more "
            f"than the weight buffer's {engine.weight_words}; use WeightWords = {_power(words)}"
        )
    bias = folded_bias(
        engine.form, codes.flatten(1), layer.bias, signed=shape.signed, exponent_maximum=limit
    )
    codes = codes.permute(0, 2, 3, 1)  # rows, columns, channels
    if shape.rearranged:
        codes = codes.permute(0, 2, 1, 3)  # a column's rows are its channels
    sizes = (shape.kernel_rows, shape.kernel_cols, shape.channels)
    return Placed(shape, codes.reshape(len(codes), *sizes).contiguous(), bias)


def _power(number: int) -> int:
    """The power of two that is not below a number."""
    return 1 << (number - 1).bit_length()


def rearranged(shape: Shape) -> Shape:
    """Return the shape with kernel rows as channels; the input maps are those of `rearrange`."""
    return Shape(
        **{
            **shape.__dict__,
            "rows": shape.out_rows,
            "channels": shape.kernel_rows * shape.channels,
            "kernel_rows": 1,
            "row_mask": 1,
            "pad_rows": 0,
            "rearranged": True,
        }
    )


def rearrange(maps: Tensor, kernel_rows: int, padding: int) -> Tensor:
    """Stack the pixels that a window has above each other: [N, H, W, C] -> [N, H', W, k C]."""
    padded = nn.functional.pad(maps, (0, 0, 0, 0, padding, padding))
    return padded.unfold(1, kernel_rows, 1).permute(0, 1, 2, 4, 3).flatten(3).contiguous()


def worth_rearranging(shape: Shape, engine: Engine) -> bool:
    """Whether fewer tiles result, with a map that still fits its memory."""
    other = rearranged(shape)
    fewer = other.tiles(engine.lanes) < shape.tiles(engine.lanes)
    return shape.kernel_rows > 1 and fewer and other.in_bytes + other.out_bytes <= engine.map_bytes
