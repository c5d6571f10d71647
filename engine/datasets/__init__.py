"""Numbered questions read from folders, tables, split files and torchvision's data sets."""

from .base import Question
from .class_lists import EIGHTY, flower_names, imagenet_names, imagenet_templates

__all__ = ["EIGHTY", "Question", "flower_names", "imagenet_names", "imagenet_templates"]
