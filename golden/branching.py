# SPDX-License-Identifier: Apache-2.0
"""Which words the firmware lenet5_branch jumps over, and what the unit's counters miss for it.

A weight's leading one is at 6 at most, so the absolute rule with threshold T keeps no product of an
activation below 2^(T-6), and the rules zero and running maximum none of an activation that is 0. A
word without any other activation is dead: its `dot4` would do nothing but count. The firmware
(verif/firmware/lenet5) looks for dead words, or dead pooling windows, in the layers where that
pays, and only where activations are never negative.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from golden.msb_skip import Counts, Mode
from golden.network import Layer, Network, Trace


def layers_by_words(network: Network, mode: Mode) -> tuple[str, ...]:
    """Layers of which single words are jumped over (`words_branch` of the firmware)."""
    if network.layers[0].activation != "relu" or mode == Mode.EXACT:
        return ()
    return ("c3", "c5", "f6") if mode == Mode.ABSOLUTE else ("c5", "f6")


def uncounted(
    network: Network, images: Tensor, trace: Trace, mode: Mode, orders: Mapping[str, Tensor]
) -> dict[str, Counts]:
    """Lanes that no `dot4` sees, by layer: what the counters show less than for all words.

    Args:
        network: the layers with the thresholds in force.
        images: uint8 [N, 28, 28].
        trace: of the network on these images, in this mode.
        mode: the rule.
        orders: of every layer, as golden.packing gives them; lanes without a product count, too.
    """
    inputs = (images[:, None] >> 1).to(torch.int8)
    result = {}
    for layer in network.layers:
        windows = layer.windows(inputs)
        live = _live(layer, windows, mode)
        if layer.name == "c1":
            dead = _dead_windows(live)
        else:
            dead = _dead_words(live, orders[layer.name])
            if layer.name not in layers_by_words(network, mode):
                dead = torch.zeros_like(dead)
        result[layer.name] = _lanes(layer, windows, dead, orders[layer.name])
        inputs = trace.outputs[layer.name]
    return result


def _live(layer: Layer, windows: Tensor, mode: Mode) -> Tensor:
    """Whether each activation, not negative, may be kept; same shape as `windows` [N, P, K]."""
    if mode == Mode.EXACT:
        return torch.ones_like(windows, dtype=torch.bool)
    level = min(7, max(0, layer.threshold - 6)) if mode == Mode.ABSOLUTE else 0
    live: Tensor = windows.to(torch.int16) >= 1 << level
    return live


def _dead_windows(live: Tensor) -> Tensor:
    """[N, 784, 25] of c1 -> [N, 784, 1]: nothing of the 2x2 pooling window is live."""
    side = 28
    pooled = live.any(dim=2).unflatten(1, (side // 2, 2, side // 2, 2)).any(4).any(2)
    live_windows: Tensor = pooled.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    return ~live_windows.flatten(1)[:, :, None]


def _dead_words(live: Tensor, order: Tensor) -> Tensor:
    """[N, P, K] -> [N, P, L/4]: no lane of the word is live."""
    lanes = live[:, :, order.clamp(min=0)] & (order >= 0)
    dead: Tensor = ~lanes.unflatten(2, (-1, 4)).any(dim=3)
    return dead


def _lanes(layer: Layer, windows: Tensor, dead: Tensor, order: Tensor) -> Counts:
    """Lanes of the dead words, with all outputs, by what the unit would have counted them as."""
    taken = order.clamp(min=0)
    lanes = dead.expand(-1, -1, len(order) // 4).repeat_interleave(4, dim=2)
    nonzero = ((windows[:, :, taken] != 0) & lanes).sum(dim=1)
    weights = ((layer.weights.flatten(1)[:, taken] != 0) & (order >= 0)).sum(dim=0)
    soft = nonzero @ weights
    total = lanes.sum(dim=(1, 2)) * len(layer.weights)
    return Counts(torch.zeros_like(total), total - soft, soft)
