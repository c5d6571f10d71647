"""Is it an attacked picture: scores that see it, and how they are spread over clean and attacked pictures."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
