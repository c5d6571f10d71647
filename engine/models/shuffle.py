"""A model that has forgotten: the weights of its image tower shuffled, in a copy that leaves the model as it is."""

from __future__ import annotations

import copy

import torch
from torch import nn

from .model import Backbone


def shuffled(backbone: Backbone, part: str, seed: int) -> Backbone:
    """The same model with the entries of each weight in random order, in its "last" block or "all" of its image tower.

    A map that looks the same on it does not depend on what the model has learned (the randomisation test of Adebayo et
    al., NeurIPS 2018). Words and whatever is not shuffled are shared with `backbone`.
    """
    with backbone.lock:  # no hooks that trace; those that ask for cancellation are copied and live as long as the copy
        shared = {id(tensor): tensor for tensor in _outside(backbone.model, backbone.visual)}
        model = copy.deepcopy(backbone.model, shared)
    made = backbone.with_model(model, f"{backbone.name} (shuffled)")
    tower = made.visual if part == "all" else made.last_block
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in tower.parameters():
            order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))
    return made


def _outside(model: nn.Module, tower: nn.Module) -> list[torch.Tensor]:
    inside = {id(tensor) for tensor in tower.state_dict(keep_vars=True).values()}
    return [tensor for tensor in model.state_dict(keep_vars=True).values() if id(tensor) not in inside]
