"""A-TPT Explorer's engine: attack, attend, make views, tune and fuse on any CLIP-like model. Knows nothing about pages.

Every verb is `verb(backbone, what it works on, classes, settings)`. The names are listed in `__init__.pyi` and are
loaded when they are first used, so that importing the engine is quick.
"""

import sys

from lazy_loader import attach_stub

from .late_compiler import LateCompiler

sys.meta_path.insert(0, LateCompiler())
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
