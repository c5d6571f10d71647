"""Test-time defences, one file a paper, and what they share: prompt tuning, weighted ensembles, counterattacks."""

from .registry import DEFENCES, Defence

__all__ = ["DEFENCES", "Defence"]
