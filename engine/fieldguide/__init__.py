"""The built-in world: painted specimens with known parts, the words for them, and hard label sets."""

from .captions import TEMPLATES, VOCABULARY, Description, describe, random_description, unknown_words
from .labels import label_set
from .render import Painting, paint
from .specimens import COLOURS, KINDS, PATTERNS, Specimen, is_held_out, random_specimen

__all__ = [
    "COLOURS",
    "KINDS",
    "PATTERNS",
    "TEMPLATES",
    "VOCABULARY",
    "Description",
    "Painting",
    "Specimen",
    "describe",
    "is_held_out",
    "label_set",
    "paint",
    "random_description",
    "random_specimen",
    "unknown_words",
]
