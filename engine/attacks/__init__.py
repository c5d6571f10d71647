"""Adversarial perturbations, one file a family: what there is, what they look through, and their runs as streams."""

from .registry import ATTACKS, Attack

__all__ = ["ATTACKS", "Attack"]
