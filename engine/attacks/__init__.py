"""Adversarial perturbations: what there is, what they look through, and their runs as streams of steps."""

from .ball import to_8_bits
from .catalogue import ATTACKS, Attack
from .stream import attack, attack_batch

__all__ = ["ATTACKS", "Attack", "attack", "attack_batch", "to_8_bits"]
