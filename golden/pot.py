# SPDX-License-Identifier: Apache-2.0
"""pot, bit exact: what a weight's code means in each form of the processing element.

    codes = encode(Form.POT, layer.weights, name="c1")
    product(Form.POT, 200, 0b1011) + correction(Form.POT, 0b1011) == 200 * -4

A form multiplies an activation byte, taken as 0..255, by what a code holds. Forms that negate by a
one's complement come out too large by a constant, the code's correction, which is folded into the
bias. So are 128 x the weights where activations are signed: the array then sees activation ^ 0x80.
Written from the contract of the block (docs/pot.md), not from its RTL.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import torch
from torch import Tensor

from golden.architecture import ModelError

EXPONENT_MAXIMUM = 6
_ONES = 255  # what a one's complement adds to the negated activation
_OFFSET = 128  # what activation ^ 0x80 adds to a signed one


class Form(IntEnum):
    """Forms of the processing element, as rtl/pot/pot_pkg.sv numbers them.

    POT: sign and exponent. TWOS, BOOTH: two's complement, by an array or a Booth multiplier.
    MAGNITUDE: sign and magnitude. RECODED: two's complement, held as two Booth digits. EIGHT: two's
    complement of eight bits; the others have four.
    """

    POT = 0
    TWOS = 1
    BOOTH = 2
    MAGNITUDE = 3
    RECODED = 4
    EIGHT = 5

    @property
    def weight_bits(self) -> int:
        """Bits of a code."""
        return 8 if self is Form.EIGHT else 4

    @property
    def accumulator_bits(self) -> int:
        """Bits of partial sums, unless asked otherwise."""
        return 28 if self is Form.EIGHT else 24

    @property
    def codes(self) -> range:
        """All codes."""
        return range(1 << self.weight_bits)


def form_named(name: str) -> Form:
    """Return the form of this name, in small letters.

    Raises:
        ModelError: if there is none.
    """
    try:
        return Form[name.upper()]
    except KeyError:
        valid = ", ".join(form.name.lower() for form in Form)
        raise ModelError(f"form '{name}' is not one of: {valid}") from None


def value(form: Form, code: int, exponent_maximum: int = EXPONENT_MAXIMUM) -> int:
    """Weight that a code stands for; exponents above `exponent_maximum` stand for nothing.

    >>> [value(Form.POT, code) for code in (0, 1, 7, 8, 9, 15)]
    [0, 1, 64, 0, -1, -64]
    >>> [value(Form.MAGNITUDE, code) for code in (7, 8, 15)], value(Form.TWOS, 8)
    ([7, 0, -7], -8)
    """
    if form not in (Form.POT, Form.MAGNITUDE):
        half = 1 << (form.weight_bits - 1)
        return (code ^ half) - half
    low = code & 7
    magnitude = low
    if form is Form.POT:
        magnitude = 1 << (low - 1) if 0 < low <= exponent_maximum + 1 else 0
    return -magnitude if code & 8 else magnitude


def correction(form: Form, code: int, exponent_maximum: int = EXPONENT_MAXIMUM) -> int:
    """What has to be added to a product with this code.

    >>> [correction(form, 0b1011) for form in Form]
    [-1020, 0, 0, -765, -1275, 0]
    """
    if form is Form.RECODED:
        return -_ONES * sum(-digit << 2 * i for i, digit in enumerate(digits(code)) if digit < 0)
    if form in (Form.POT, Form.MAGNITUDE):
        return _ONES * min(0, value(form, code, exponent_maximum))
    return 0


def digits(code: int) -> tuple[int, int]:
    """Radix-4 Booth digits of a code of four bits, two's complement; the low one first.

    >>> digits(0b0110), digits(0b1011)
    ((-2, 2), (-1, -1))
    """
    bits = code << 1
    low, high = ((bits >> 2 * i) & 7 for i in (0, 1))
    return _DIGITS[low], _DIGITS[high]


_DIGITS = (0, 1, 1, 2, -2, -1, -1, 0)


def product(
    form: Form, activation: int, code: int, exponent_maximum: int = EXPONENT_MAXIMUM
) -> int:
    """What a lane adds for an activation 0..255: a one's complement where it negates.

    >>> product(Form.POT, 200, 0b1011), product(Form.TWOS, 200, 0b1011)
    (220, -1000)
    """
    complement = activation ^ _ONES
    if form is Form.RECODED:
        parts = ((complement if d < 0 else activation) * abs(d) for d in digits(code))
        return sum(part << 2 * i for i, part in enumerate(parts))
    weight = value(form, code, exponent_maximum)
    if form in (Form.POT, Form.MAGNITUDE):
        return (complement if weight < 0 else activation) * abs(weight)
    return activation * weight


@cache
def values(form: Form, exponent_maximum: int = EXPONENT_MAXIMUM) -> Tensor:
    """`value` of every code, int64 [codes]."""
    return torch.tensor([value(form, code, exponent_maximum) for code in form.codes])


@cache
def corrections(form: Form, exponent_maximum: int = EXPONENT_MAXIMUM) -> Tensor:
    """`correction` of every code, int64 [codes]."""
    return torch.tensor([correction(form, code, exponent_maximum) for code in form.codes])


@cache
def _code_of_value(form: Form, exponent_maximum: int) -> Tensor:
    """Code of every weight -128..127, -1 where there is none; zero has the code 0."""
    found = torch.full((256,), -1, dtype=torch.int64)
    for code in reversed(form.codes):
        found[value(form, code, exponent_maximum) + 128] = code
    return found


def encode(
    form: Form, weights: Tensor, *, name: str, exponent_maximum: int = EXPONENT_MAXIMUM
) -> Tensor:
    """Codes of weights, uint8 of the same shape.

    Args:
        weights: int8, any shape.
        name: of the layer, for the message.

    Raises:
        ModelError: naming the first weight that the form has no code for.
    """
    codes = _code_of_value(form, exponent_maximum)[weights.long() + 128]
    if bool((codes < 0).any()):
        place = tuple(int(i) for i in (codes < 0).nonzero()[0])
        _refuse(form, int(weights[place]), f"layer {name}: weight {list(place)}", exponent_maximum)
    return codes.to(torch.uint8)


def _refuse(form: Form, weight: int, place: str, exponent_maximum: int) -> None:
    if form is Form.POT and abs(weight).bit_count() == 1:
        exponent = abs(weight).bit_length() - 1
        raise ModelError(
            f"{place} is {weight}: exponent {exponent} is beyond the largest, {exponent_maximum}; "
            "build with a larger ExponentMax or train with fewer levels"
        )
    known = sorted(set(values(form, exponent_maximum).tolist()))
    levels = f"{known[0]}..{known[-1]}"
    if form is Form.POT:
        levels = f"0 and +-2^e, e = 0..{exponent_maximum}"
    raise ModelError(
        f"{place} is {weight}, form {form.name.lower()} has {levels}; use its training"
    )


def decode(form: Form, codes: Tensor, exponent_maximum: int = EXPONENT_MAXIMUM) -> Tensor:
    """Weights of codes, int64 of the same shape."""
    return values(form, exponent_maximum)[codes.long()]


def folded_bias(
    form: Form, codes: Tensor, bias: Tensor, *, signed: bool, exponent_maximum: int
) -> Tensor:
    """Bias that makes the array's sums come out right, int64 [O].

    Args:
        codes: uint8 [O, K], all codes of a filter.
        bias: int32 [O], of the layer.
        signed: whether the activations are.
    """
    extra = corrections(form, exponent_maximum)[codes.long()].sum(dim=1)
    if signed:
        extra = extra - _OFFSET * decode(form, codes, exponent_maximum).sum(dim=1)
    return bias.long() + extra


def sum_bounds(
    weights: Tensor, bias: Tensor, activations: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Smallest and largest final sum of each filter, int64 [O].

    Args:
        weights: [O, K] of any integer type.
        bias: int32 [O].
        activations: smallest and largest, at most 0 and at least 0.
    """
    low, high = activations
    positive = weights.long().clamp(min=0).sum(dim=1)
    negative = weights.long().clamp(max=0).sum(dim=1)
    return (
        bias.long() + positive * low + negative * high,
        bias.long() + positive * high + negative * low,
    )


def check_sums(
    weights: Tensor,
    bias: Tensor,
    activations: tuple[int, int],
    accumulator_bits: int,
    name: str,
) -> None:
    """Refuse a layer whose final sums can leave the accumulator. What is in between may wrap.

    Raises:
        ModelError: naming the layer, the filter, and the bits that it needs.
    """
    low, high = sum_bounds(weights, bias, activations)
    limit = 1 << (accumulator_bits - 1)
    outside = (low < -limit) | (high >= limit)
    if not bool(outside.any()):
        return
    worst = int(outside.nonzero()[0])
    sums = (int(low[worst]), int(high[worst]))
    bits = max(-sums[0] - 1, sums[1]).bit_length() + 1
    raise ModelError(
        f"layer {name}: sums of filter {worst} can reach {sums[0]}..{sums[1]}, which is beyond the "
        f"accumulator of {accumulator_bits} bits; use AccBits = {bits}"
    )
