# SPDX-License-Identifier: Apache-2.0
"""Batch normalisation for training, and its removal before quantisation."""

from __future__ import annotations

import copy
from collections import OrderedDict

import torch
from torch import nn


def normalised(model: nn.Sequential) -> nn.Sequential:
    """A copy of a network with batch normalisation behind every convolution.

    The convolutions lose their biases, which the normalisation replaces; that of "conv1_1" is
    named "conv1_1_norm".
    """
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for name, module in model.named_children():
        modules[name] = copied = copy.deepcopy(module)
        if isinstance(copied, nn.ReLU):
            copied.inplace = True  # nobody else needs its inputs, and it saves a pass over memory
        if isinstance(copied, nn.Conv2d):
            copied.bias = None
            modules[f"{name}_norm"] = nn.BatchNorm2d(copied.out_channels)
    return nn.Sequential(modules)


def fold(trained: nn.Sequential, model: nn.Sequential) -> None:
    """Copy a trained `normalised` network into the plain one, without the normalisation.

    Convolution and normalisation together are one convolution: weights w * g and bias
    b - mean * g, where g = gain / sqrt(variance + eps) of each output channel.

    Args:
        trained: what `normalised(model)` became; its running mean and variance are used.
        model: overwritten; computes what `trained` computes in evaluation mode.
    """
    with torch.no_grad():
        for name, module in model.named_children():
            if not isinstance(module, nn.Conv2d | nn.Linear):
                continue
            weight = trained.get_parameter(f"{name}.weight")
            if isinstance(module, nn.Linear):
                module.weight.copy_(weight)
                module.bias.copy_(trained.get_parameter(f"{name}.bias"))
                continue
            norm = trained.get_submodule(f"{name}_norm")
            assert isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            assert module.bias is not None
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            module.weight.copy_(weight * gain[:, None, None, None])
            module.bias.copy_(norm.bias - norm.running_mean * gain)
