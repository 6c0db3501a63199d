# SPDX-License-Identifier: Apache-2.0
"""The same network in fewer words: what only matters in training goes, before it is quantised."""

from __future__ import annotations

import copy
from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

_IDLE = (nn.Dropout, nn.Dropout2d, nn.Identity)
_PREFIX: dict[type, str] = {nn.Conv2d: "conv", nn.Linear: "linear"}


def simplified(model: nn.Sequential) -> nn.Sequential:
    """A copy, in evaluation mode, that computes the same.

    Dropout is left out, batch normalisation behind a layer becomes part of it, a missing bias is
    zero, parameters are float32, and names can be part of identifiers: "0" becomes "conv0".
    """
    kept: OrderedDict[str, nn.Module] = OrderedDict()
    for name, shared in model.named_modules(remove_duplicate=False):
        if not name or "." in name:  # the model, or within a module of it
            continue
        module = copy.deepcopy(shared).eval()  # in each place its own, or torch lists it only once
        before = next(reversed(kept)) if kept else ""
        fused = _fused(kept.get(before), module)
        if fused is not None:
            kept[before] = fused
        elif not isinstance(module, _IDLE):
            kept[_identifier(name, module)] = module
    for module in kept.values():
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is None:
            module.bias = nn.Parameter(torch.zeros(len(module.weight)))
    return nn.Sequential(kept).to("cpu", torch.float32).eval()


def _fused(layer: nn.Module | None, norm: nn.Module) -> nn.Module | None:
    """A layer with the normalisation behind it; None where there is nothing to fuse."""
    if getattr(norm, "running_mean", None) is None:  # none, or one that takes each batch's own
        return None
    if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
        return fuse_conv_bn_eval(layer, norm)
    if isinstance(layer, nn.Linear) and isinstance(norm, nn.BatchNorm1d):
        return fuse_linear_bn_eval(layer, norm)
    return None


def _identifier(name: str, module: nn.Module) -> str:
    return f"{_PREFIX.get(type(module), 'layer')}{name}" if name[0].isdigit() else name
