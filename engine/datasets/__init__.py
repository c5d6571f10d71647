"""Numbered questions read from folders, tables, split files and torchvision's data sets."""

from .base import Question

__all__ = ["Question"]
