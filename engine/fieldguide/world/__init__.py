"""The built-in world: painted specimens with known parts, the words for them, and hard label sets.

What paints is not imported here: it needs OpenCV and its system library, which naming and describing do not.
"""

from .captions import TEMPLATES, VOCABULARY, Description, describe, random_description, unknown_words
from .labels import label_set
from .specimens import COLOURS, KINDS, PATTERNS, Specimen, is_held_out, random_specimen

__all__ = [
    "COLOURS",
    "KINDS",
    "PATTERNS",
    "TEMPLATES",
    "VOCABULARY",
    "Description",
    "Specimen",
    "describe",
    "is_held_out",
    "label_set",
    "random_description",
    "random_specimen",
    "unknown_words",
]
