"""Pure tensor functions that know no model: attention algebra, measures, baselines."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
