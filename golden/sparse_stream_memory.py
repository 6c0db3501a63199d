# SPDX-License-Identifier: Apache-2.0
"""Contents of sparse_stream's weight and bias memories, as hex files for $readmemh.

Weight words lie in the order stream, row, group of filters: index (stream * rows + row) * G + g
with row = (dy * K + dx) * (C / S) + channel within the stream. A word holds P weights; column p in
bits 8p+7 .. 8p is physical filter g * P + p. Bias words hold one int32 per physical filter.
"""

from __future__ import annotations

import torch
from torch import Tensor

from golden.sparse_stream import LayerProgram
from golden.sparse_stream_config import LayerConfiguration


def stream_channels(shape: LayerConfiguration) -> Tensor:
    """Physical channel of each channel within each stream, int64 [S, C/S].

    A beat carries `lanes` channels of stream 0, then of stream 1, ...; channel within the stream
    counts on over the beats of a pixel.
    """
    groups = shape.channels // (shape.streams * shape.lanes)
    channels = torch.arange(shape.channels).view(groups, shape.streams, shape.lanes)
    return channels.transpose(0, 1).reshape(shape.streams, -1)


def weight_words(layer: LayerProgram) -> Tensor:
    """Weights in memory order: int8 [S, rows, G, P]."""
    shape = layer.shape
    channels = stream_channels(shape)
    taps = layer.weights.flatten(1, 2)[:, :, channels]  # [F, K*K, S, C/S]
    grouped = taps.unflatten(0, (shape.groups, shape.columns))  # [G, P, K*K, S, C/S]
    words: Tensor = grouped.permute(3, 2, 4, 0, 1).flatten(1, 2).contiguous()
    return words


def weights_of(words: Tensor, shape: LayerConfiguration) -> Tensor:
    """The inverse of `weight_words`: int8 [S, rows, G, P] -> [F, K, K, C]."""
    kernel = (shape.kernel, shape.kernel)
    taps = words.unflatten(1, (shape.kernel**2, -1)).permute(3, 4, 1, 0, 2).flatten(0, 1)
    weights = torch.empty(shape.filters, shape.kernel**2, shape.channels, dtype=torch.int8)
    weights[:, :, stream_channels(shape).flatten()] = taps.flatten(2)
    return weights.view(shape.filters, *kernel, shape.channels)


def weight_hex(words: Tensor) -> str:
    """int8 [..., P] -> one line of 2P hexadecimal digits per word, column 0 in the low byte."""
    lines = words.flatten(0, -2).flip(-1).contiguous().numpy().tobytes().hex()
    digits = 2 * words.shape[-1]
    return "".join(f"{lines[at : at + digits]}\n" for at in range(0, len(lines), digits))


def read_weight_hex(text: str, shape: LayerConfiguration) -> Tensor:
    """The inverse of `weight_hex` for a whole layer: int8 [S, rows, G, P]."""
    words = torch.frombuffer(bytearray.fromhex(text), dtype=torch.int8)
    size = (shape.streams, shape.rows, shape.groups, shape.columns)
    return words.view(size).flip(-1).contiguous()


def bias_hex(bias: Tensor) -> str:
    """int32 [F] -> one line of 8 hexadecimal digits per filter, two's complement."""
    return "".join(f"{value & 0xFFFFFFFF:08x}\n" for value in bias.tolist())


def read_bias_hex(text: str) -> Tensor:
    """The inverse of `bias_hex`: int32 [F]."""
    words = torch.tensor([int(line, 16) for line in text.split()], dtype=torch.int64)
    return torch.where(words >= 1 << 31, words - (1 << 32), words).to(torch.int32)
