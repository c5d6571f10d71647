"""The other models of an evaluation, which answer to what the attacked one saw: each worker loads its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ..models import Backbone, load_backbone

ANSWERING = "answering"  # of the plan: what the loaded others are


def answering(backbone: Backbone, names: Sequence[str]) -> list[Backbone]:
    """The models of these names, on the device and in the precision of the attacked one; each loaded once a process."""
    return [_loaded(name, str(backbone.device), backbone.precision) for name in names]


def described(backbone: Backbone, names: Sequence[str]) -> dict:
    """What plan.json says of the loaded models: the fingerprint of the attacked one and what it reads with, and under
    `answering` by name those of the others, where there are any."""
    others = {one.name: _of(one) for one in answering(backbone, names)}
    return _of(backbone) | ({ANSWERING: others} if others else {})


def fingerprints(plan: dict, own: str) -> dict[str, str | None]:
    """By name, of the model called `own` and of the others, as far as a plan tells them."""
    others = {name: one["fingerprint"] for name, one in plan.get(ANSWERING, {}).items()}
    return {own: plan.get("fingerprint")} | others


def _of(backbone: Backbone) -> dict:
    return {"fingerprint": backbone.fingerprint, "reading": backbone.reading}


@cache
def _loaded(name: str, device: str, precision: str) -> Backbone:
    return load_backbone(name, device, precision)
