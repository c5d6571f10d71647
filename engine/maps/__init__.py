"""Where the evidence for a class lies in a picture: every map, the attention heads, words, occlusion curves."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
