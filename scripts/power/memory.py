# SPDX-License-Identifier: Apache-2.0
"""Energy of memories: so many multiply-accumulates of the same cell library for each access.

No open library has a memory macro whose energy was measured, and joules of one node mean nothing in
another. A ratio to arithmetic carries over better. docs/method.md has the values and their sources;
they were fixed before the first result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.power.estimate import Estimator, Window
from scripts.power.gates import Gates, gates
from scripts.power.replay import Recording, Words
from scripts.power.trace import transposed

Integers = NDArray[np.int64]

# Multiply-accumulates (8 x 8 + 32 bits) for one access of 32 bits. 8 KB at 45 nm: 10 pJ for 64 bits
# (Horowitz, ISSCC 2014), 5.5 pJ for 32, over the 2.39 pJ of the same MAC in Nangate 45 nm without
# wires. Half as much again for the data RAM, which has four times as many banks of 8 KB to reach.
ACCESS_MACS = {"u_instr_ram": 2.3, "u_data_ram": 3.45}

# Of memories with other sizes: in proportion to the width and, up to a bank of 8 KB, to the root of
# the capacity, which is the length of word and bit lines.
BANK_BYTES = 8192

MAC_CYCLES = 4000
MAC_SEED = 1


def access_fj(liberty: Path) -> dict[str, float]:
    """fJ of an access of each memory of the system, in this library."""
    mac = mac_fj(liberty)
    return {name: macs * mac for name, macs in ACCESS_MACS.items()}


def macs_of_access(width: int, size: int) -> float:
    """Multiply-accumulates for one access. width: bits; size: bytes.

    >>> macs_of_access(32, 8192)
    2.3
    >>> macs_of_access(8, 512)
    0.14375
    """
    share = min(1.0, math.sqrt(size / BANK_BYTES))
    return ACCESS_MACS["u_instr_ram"] * width / 32 * share


def mac_fj(liberty: Path) -> float:
    """fJ of a multiply-accumulate (rtl/common/mac.sv) on random operands, glitches included.

    Operands like a network's: activations half normal with sigma 40, weights normal with sigma 30,
    both new in each cycle, cleared every 64 cycles.
    """
    made = gates("common", liberty, top="mac")
    return _mac_fj(made)


def _mac_fj(made: Gates) -> float:
    recording = _recording()
    window = Window("mac", 8, recording.cycles)
    estimate = Estimator(made).estimate(recording, [window], MAC_SEED, samples=1000)
    return estimate.windows[0].energy.of() / estimate.windows[0].cycles


def _recording() -> Recording:
    """What mac.sv does with random operands, computed."""
    random = np.random.default_rng(MAC_SEED)
    a = np.minimum(np.abs(random.normal(0, 40, MAC_CYCLES)), 127).astype(np.int64)
    b = np.clip(random.normal(0, 30, MAC_CYCLES), -127, 127).astype(np.int64)
    clear = (np.arange(MAC_CYCLES) % 64 == 0).astype(np.int64)
    clear[:3] = 1
    return recording(mac_behaviour(a, b, clear))


def mac_behaviour(a: Integers, b: Integers, clear: Integers) -> dict[str, tuple[Integers, int]]:
    """Signals of mac.sv and their widths for inputs [cycles]; its registers start at 0."""
    a_q, b_q, clear_q = (np.concatenate([[0], x[:-1]]) for x in (a, b, clear))
    sums = np.zeros(len(a), np.int64)
    for i in range(1, len(a)):
        sums[i] = 0 if clear_q[i - 1] else sums[i - 1] + a_q[i - 1] * b_q[i - 1]
    return {
        "clear_i": (clear, 1), "a_i": (a, 8), "b_i": (b, 8), "acc_o": (sums, 32),
        "clear_q": (clear_q, 1), "a_q": (a_q, 8), "b_q": (b_q, 8), "acc_q": (sums, 32),
    }  # fmt: skip


def recording(signals: Mapping[str, tuple[Integers, int]]) -> Recording:
    """A recording of integers [cycles] of so many bits each."""
    names: dict[str, int] = {}
    rows: list[Words] = []
    cycles = 0
    for name, (values, width) in signals.items():
        cycles = len(values)
        bits = transposed(values.astype(np.uint64).reshape(-1, 1))
        for bit in range(width):
            names[name if width == 1 else f"{name}[{bit}]"] = len(rows)
            rows.append(bits[bit])
    return Recording(cycles, names, np.array(rows))
