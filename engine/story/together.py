"""The attacks of several stories, computed as one batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..results import Adversarial
from .attack import attack_batch
from .graph import Story
from .requests import Attack


def attacked_together(stories: Sequence[Story]) -> list[Adversarial]:
    """What `Attack` gives of each story on one model, up to the rounding of batched arithmetic; `seconds` are those of
    all of them.

    Their settings may differ in the attack's seed alone, and they have equally many classes. Raises `EngineError` as
    `attack_batch` does.
    """
    backbone = stories[0].backbone
    held = [Attack().slice(backbone, story.recipe) for story in stories]
    return attack_batch(
        backbone,
        torch.stack([one["picture"].pixels for one in held]),
        [one["classes"] for one in held],
        held[0]["settings"],
        [one["label"] for one in held],
        [one["settings"].seed for one in held],
        held[0]["defended"],
    )
