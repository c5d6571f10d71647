"""One CLIP-like model, and how it is found by name. This package is the only home of open_clip in the engine."""

from .load import BUILT_IN, FIELDGUIDE, choose_device, load_backbone
from .model import Backbone
from .prompts import Prompts, read_prompts
from .trace import Trace

__all__ = ["BUILT_IN", "FIELDGUIDE", "Backbone", "Prompts", "Trace", "choose_device", "load_backbone", "read_prompts"]
