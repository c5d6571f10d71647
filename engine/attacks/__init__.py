"""Adversarial perturbations: what there is, what they look through, and their runs as streams of steps."""

from .catalogue import ATTACKS, Attack
from .rounding import to_8_bits
from .stream import attack

__all__ = ["ATTACKS", "Attack", "attack", "to_8_bits"]
