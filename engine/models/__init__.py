"""One CLIP-like model, and how it is found by name. This package is the only home of open_clip in the engine."""

from .build import is_here
from .device import choose_device
from .load import load_backbone
from .model import Backbone
from .names import BUILT_IN, FIELDGUIDE, FORMS
from .prompts import Prompts, read_prompts
from .trace import Trace

__all__ = ["BUILT_IN", "FIELDGUIDE", "FORMS", "Backbone", "Prompts", "Trace", "choose_device", "load_backbone"]
__all__ += ["is_here", "read_prompts"]
