"""Adversarial perturbations: what there is, what they look through, and their runs as streams of steps."""

from .ball import to_8_bits
from .registry import ATTACKS, Attack
from .run import attack, attack_batch

__all__ = ["ATTACKS", "Attack", "attack", "attack_batch", "to_8_bits"]
