"""One CLIP-like model, and how it is found by name. This package is the only home of open_clip in the engine."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
