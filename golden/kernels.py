# SPDX-License-Identifier: Apache-2.0
"""The training kernels of train_kernels.cc as differentiable torch functions.

Tensors are float32 and hold the batch, always BATCH images, in their last dimension.
"""

from __future__ import annotations

import ctypes
import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from golden import compiled
from golden.arithmetic import TANH_STEPS_PER_UNIT, TANH_TABLE, leading_ones

BATCH = 128
_SOURCE = Path(__file__).with_name("train_kernels.cc")


def library() -> ctypes.CDLL:
    """The compiled kernels. Raises CompilerError if there is no compiler."""
    return compiled.library(_SOURCE)


class _CGeometry(ctypes.Structure):
    _fields_ = [
        ("base", ctypes.c_void_p),
        ("offset", ctypes.c_void_p),
        ("positions", ctypes.c_int32),
        ("terms", ctypes.c_int32),
        ("outputs", ctypes.c_int32),
    ]


@dataclass(frozen=True)
class Geometry:
    """Term k of output position p reads input row base[p] + offset[k]."""

    base: Tensor
    offset: Tensor
    outputs: int
    rows: int
    channels: int

    @functools.cached_property
    def channel_of_term(self) -> Tensor:
        """Input channel of each term, int32 [K]."""
        return (torch.arange(len(self.offset)) * self.channels // len(self.offset)).int()

    def uses(self) -> Tensor:
        """How many products of each output read each input row, float32 [rows]."""
        read = (self.base[:, None] + self.offset).flatten()
        return torch.bincount(read, minlength=self.rows).float()

    def reference(self) -> Any:
        """Pointer to the C structure, for a call that ends before this object does."""
        return ctypes.byref(
            _CGeometry(
                self.base.data_ptr(),
                self.offset.data_ptr(),
                len(self.base),
                len(self.offset),
                self.outputs,
            )
        )


def geometry(shape: tuple[int, ...], side: int) -> Geometry:
    """Geometry of weights [O, I, kh, kw] on (padded) maps of side x side, or of weights [O, I]."""
    outputs, channels = shape[:2]
    kernel = shape[2] if len(shape) == 4 else 1
    side = side if len(shape) == 4 else 1
    positions = torch.arange(side - kernel + 1)
    taps = torch.arange(kernel)
    base = positions[:, None] * side + positions
    planes = torch.arange(channels)[:, None, None] * side * side
    offset = planes + taps[:, None] * side + taps
    return Geometry(
        base.flatten().int(), offset.flatten().int(), outputs, channels * side * side, channels
    )


# A weight without a leading one is never kept; any threshold above every magnitude will do.
_NEVER = 1e9


def keep_thresholds(weights: Tensor, threshold: int) -> Tensor:
    """Per weight what |a + 1/2| must reach for its product to be kept (see train_kernels.cc).

    weights: float32, integers in -127..127, any shape.
    """
    return _keep_table(threshold)[weights.detach().long() + 128]


@functools.cache
def _keep_table(threshold: int) -> Tensor:
    levels = leading_ones(torch.arange(-128, 128, dtype=torch.int8))
    least = torch.pow(2.0, (threshold - levels).clamp(min=0)) + 0.5
    return torch.where(levels < 0, torch.full_like(least, _NEVER), least)


def _pointer(tensor: Tensor | None) -> ctypes.c_void_p | None:
    return None if tensor is None else ctypes.c_void_p(tensor.data_ptr())


class Products(torch.autograd.Function):
    """Sums of kept products.

    apply(inputs [rows, BATCH], weights [K, O], bias [O], geometry, thresholds, backward_thresholds)
    -> sums [O, positions, BATCH]. thresholds [K, O] (None keeps all) decide which products are
    summed and reach the inputs' gradient; backward_thresholds, which may be lower, decide which
    reach the weights' gradient.
    """

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        weights: Tensor,
        bias: Tensor,
        geometry: Geometry,
        thresholds: Tensor | None,
        backward_thresholds: Tensor | None,
    ) -> Tensor:
        inputs, weights = inputs.contiguous(), weights.contiguous()
        sums = torch.empty(geometry.outputs, len(geometry.base), BATCH)
        library().forward(
            geometry.reference(), _pointer(inputs), _pointer(weights), _pointer(thresholds),
            _pointer(bias), _pointer(sums),
        )  # fmt: skip
        ctx.save_for_backward(inputs, weights, thresholds, backward_thresholds)
        ctx.geometry = geometry
        return sums

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weights, thresholds, backward_thresholds = ctx.saved_tensors
        gradient = gradient.contiguous()
        for_weights, for_inputs = torch.empty_like(weights), None
        library().weight_gradient(
            ctx.geometry.reference(), _pointer(inputs), _pointer(backward_thresholds),
            _pointer(gradient), _pointer(for_weights),
        )  # fmt: skip
        if ctx.needs_input_grad[0]:
            for_inputs = torch.zeros_like(inputs)
            library().input_gradient(
                ctx.geometry.reference(), _pointer(inputs), _pointer(weights), _pointer(thresholds),
                _pointer(gradient), _pointer(for_inputs),
            )  # fmt: skip
        return for_inputs, for_weights, gradient.sum(dim=(1, 2)), None, None, None


class Finish(torch.autograd.Function):
    """Requantisation, activation and 2x2 pool, straight through the roundings.

    apply(sums [O, positions, BATCH], scale, activation, pool) -> [O * positions (/ 4), BATCH];
    scale is the real factor of requantisation, activation "relu" or "tanh", pool "max", "average"
    or None.
    """

    @staticmethod
    def forward(ctx: Any, sums: Tensor, scale: float, activation: str, pool: str | None) -> Tensor:
        channels, positions, _ = sums.shape
        side = math.isqrt(positions)
        values, slopes = _activate(sums.contiguous(), scale, activation)
        ctx.pool, ctx.which, ctx.slopes, ctx.side = pool, None, slopes, side
        if pool is None:
            return values.view(-1, BATCH)
        pooled = torch.empty(channels * positions // 4, BATCH)
        if pool == "max":
            ctx.which = torch.empty(pooled.shape, dtype=torch.uint8)
            library().max_pool(
                _pointer(values), channels, side, _pointer(pooled), _pointer(ctx.which)
            )
        else:
            library().average_pool(_pointer(values), channels, side, _pointer(pooled))
        return pooled

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gradient = gradient.contiguous()
        if ctx.pool is None:
            return gradient.view(ctx.slopes.shape) * ctx.slopes, None, None, None
        result = torch.empty_like(ctx.slopes)
        library().pool_gradient(
            _pointer(gradient), _pointer(ctx.slopes), _pointer(ctx.which),
            ctx.slopes.shape[0], ctx.side, _pointer(result),
        )  # fmt: skip
        return result, None, None, None


def magnitude_slopes(operands: Tensor, table: Tensor, channels: Tensor, scale: float) -> Tensor:
    """Look up each operand's magnitude in its channel's row of a table, with the operand's sign.

    operands [R, B], table [C, 128], channels int32 [R]; returns scale * table[channel, magnitude].
    """
    operands, table = operands.contiguous(), table.contiguous()
    result = torch.empty_like(operands)
    rows, columns = (ctypes.c_int64(n) for n in operands.shape)
    library().magnitude_slopes(
        _pointer(operands), rows, columns, _pointer(channels), _pointer(table),
        ctypes.c_float(scale), _pointer(result),
    )  # fmt: skip
    return result


_STEPS = torch.arange(-511, 512)
_TANH = (torch.sign(_STEPS) * TANH_TABLE[_STEPS.abs()]).float()
_TANH_SLOPE = 127 / TANH_STEPS_PER_UNIT * (1 - torch.tanh(_STEPS / TANH_STEPS_PER_UNIT) ** 2)


def _activate(sums: Tensor, scale: float, activation: str) -> tuple[Tensor, Tensor]:
    """Activated values and their slopes, both of the shape of sums."""
    values, slopes = torch.empty_like(sums), torch.empty_like(sums)
    count, factor = ctypes.c_int64(sums.numel()), ctypes.c_float(scale)
    if activation == "relu":
        library().relu(_pointer(sums), count, factor, _pointer(values), _pointer(slopes))
    else:
        slope_table = _TANH_SLOPE * scale
        library().tanh_table(
            _pointer(sums), count, factor, _pointer(_TANH), _pointer(slope_table),
            _pointer(values), _pointer(slopes),
        )  # fmt: skip
    return values, slopes
