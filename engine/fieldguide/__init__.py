"""The built-in painted world: its painting, its data set, and the training of its model."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
