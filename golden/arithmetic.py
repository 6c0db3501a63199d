# SPDX-License-Identifier: Apache-2.0
"""Integer arithmetic shared by every block: requantisation, activations, pooling, leading ones.

Everything here is integers; hardware, firmware and golden models compute the same bits. Scalars are
Python integers, arrays are torch tensors of the dtype that each function names.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Inclusive.
MULTIPLIER_RANGE = (1 << 30, (1 << 31) - 1)
SHIFT_RANGE = (32, 62)
COARSE_STEP = 1 << 23
"""Multipliers of 8 bits are multiples of this."""
ACTIVATION_MAXIMUM = 127

TANH_STEPS_PER_UNIT = 128
TANH_TABLE = torch.tensor(
    [round(127 * math.tanh(i / TANH_STEPS_PER_UNIT)) for i in range(512)], dtype=torch.int8
)
"""tanh for arguments 0 .. 511/128 in steps of 1/128, as int8 with 127 standing for 1."""


def requantise(accumulator: Tensor, multiplier: int, shift: int) -> Tensor:
    """Scale int32 accumulators by multiplier / 2**shift, rounding halves towards +infinity.

    This is the gemmlowp/TFLite multiplier with a single rounding: (acc * M + 2**(s-1)) >> s in 64
    bits. The ranges keep the sum below 2**63 for every int32 accumulator.

    Args:
        accumulator: any shape, integer values within int32.
        multiplier: M, 2**30 <= M < 2**31.
        shift: s, 32 <= s <= 62.

    Returns:
        int64 tensor of the same shape.

    Raises:
        ValueError: if multiplier or shift is out of range.
    """
    if not MULTIPLIER_RANGE[0] <= multiplier <= MULTIPLIER_RANGE[1]:
        raise ValueError(f"multiplier {multiplier} is not in [2^30, 2^31)")
    if not SHIFT_RANGE[0] <= shift <= SHIFT_RANGE[1]:
        raise ValueError(f"shift {shift} is not in 32..62")
    return (accumulator.to(torch.int64) * multiplier + (1 << (shift - 1))) >> shift


def multiplier_and_shift(scale: float) -> tuple[int, int]:
    """Express a positive scale below 1/2 as (multiplier, shift) for `requantise`.

    >>> multiplier_and_shift(0.25)
    (1073741824, 32)

    Raises:
        ValueError: if the scale cannot be expressed in the ranges of `requantise`.
    """
    fraction, exponent = math.frexp(scale)
    multiplier, shift = round(fraction * (1 << 31)), 31 - exponent
    if multiplier > MULTIPLIER_RANGE[1]:
        multiplier, shift = multiplier // 2, shift - 1
    if scale <= 0 or not SHIFT_RANGE[0] <= shift <= SHIFT_RANGE[1]:
        raise ValueError(f"scale {scale} is outside [2^-32, 2^-1)")
    return multiplier, shift


def coarse_multiplier_and_shift(scale: float) -> tuple[int, int]:
    """As `multiplier_and_shift`, with the nearest multiplier of 8 bits: 128..255 times 2**23.

    >>> coarse_multiplier_and_shift(0.25), coarse_multiplier_and_shift(0.3)
    ((1073741824, 32), (1291845632, 32))
    """
    multiplier, shift = multiplier_and_shift(scale)
    rounded = round(multiplier / COARSE_STEP) * COARSE_STEP
    if rounded > MULTIPLIER_RANGE[1]:
        return MULTIPLIER_RANGE[0], shift - 1
    return rounded, shift


def relu(scaled: Tensor) -> Tensor:
    """Clamp requantised values to 0..127; returns int8 of the same shape."""
    return scaled.clamp(0, ACTIVATION_MAXIMUM).to(torch.int8)


def tanh(scaled: Tensor) -> Tensor:
    """Hyperbolic tangent of values in units of 1/128, by table; returns int8 in -127..127.

    The argument saturates at +-511; the table holds only the positive half because tanh is odd.
    """
    argument = scaled.clamp(-511, 511)
    return (torch.sign(argument) * TANH_TABLE[argument.abs().long()]).to(torch.int8)


def max_pool(maps: Tensor) -> Tensor:
    """2x2 maximum with stride 2. [N, C, H, W], H and W even -> [N, C, H/2, W/2]."""
    return _windows(maps).amax(dim=-1)


def average_pool(maps: Tensor) -> Tensor:
    """2x2 mean with stride 2, (a+b+c+d+2) >> 2. int8 [N, C, H, W] -> int8 [N, C, H/2, W/2]."""
    return ((_windows(maps).to(torch.int32).sum(dim=-1) + 2) >> 2).to(torch.int8)


def _windows(maps: Tensor) -> Tensor:
    rows, columns = maps.shape[-2:]
    if rows % 2 or columns % 2:
        raise ValueError(f"2x2 pooling needs even maps, got {rows}x{columns}")
    return torch.stack([maps[..., y::2, x::2] for y in (0, 1) for x in (0, 1)], dim=-1)


def magnitude(x: int) -> int:
    """Ones'-complement magnitude of an int8, x ^ sign(x): seven bits and no carry.

    >>> [magnitude(x) for x in (0, 5, -1, -5, -128)]
    [0, 5, 0, 4, 127]
    """
    return x ^ (x >> 7)


def msb(x: int) -> int:
    """Position of the leading one of magnitude(x), 0..6; -1 when there is none (x = 0 or x = -1).

    >>> [msb(x) for x in (0, -1, 1, 127, -128, 64, -65)]
    [-1, -1, 0, 6, 6, 6, 6]
    """
    return magnitude(x).bit_length() - 1


_MSB = torch.tensor([msb(x) for x in range(-128, 128)], dtype=torch.int8)


def leading_ones(x: Tensor) -> Tensor:
    """`msb` of every element of an int8 tensor; returns int8 of the same shape, -1 for none."""
    return _MSB[x.long() + 128]
