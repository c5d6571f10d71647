"""The story of one picture: its parts, their results by key, and all of it as a stream of events."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
