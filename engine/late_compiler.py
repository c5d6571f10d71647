"""Lets torchvision and timm load without torch's compiler, a third of what a start loads and used by nothing here.

One file of each brings all of it: `torchvision.ops.roi_align` takes a function out of `torch._dynamo.utils`, and
`timm.layers.typing` takes `torch.compiler.disable`, which timm marks functions with. While such a file loads, and no
longer, it is given something that does the same and takes the compiler when it is first called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_COMPILER = "torch._dynamo"
_UTILS = f"{_COMPILER}.utils"


class _Later(ModuleType):
    """Any function of that module, which is loaded when the function is called."""

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *given, **named: getattr(import_module(_UTILS), name)(*given, **named)


@contextmanager
def _later_utils() -> Generator[None]:
    later = sys.modules[_UTILS] = _Later(_UTILS)
    try:
        yield
    finally:
        if sys.modules.get(_UTILS) is later:
            del sys.modules[_UTILS]


@contextmanager
def _later_disable() -> Generator[None]:
    import torch

    def later(fn: Callable | None = None, recursive: bool = True, *, reason: str | None = None) -> Callable:
        return torch._disable_dynamo(fn, recursive)

    held = vars(torch.compiler)
    disable = held["disable"]
    held["disable"] = later
    try:
        yield
    finally:
        held["disable"] = disable


_WITHIN: Mapping[str, Callable[[], AbstractContextManager]] = {
    "torchvision.ops.roi_align": _later_utils,
    "timm.layers.typing": _later_disable,
}


class LateCompiler(MetaPathFinder):
    """Finds those files where they are, unless the compiler is loaded already."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How to load that file; None for any other."""
        if fullname not in _WITHIN or _COMPILER in sys.modules:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Within(spec.loader.name, spec.loader.path)
        return spec


class _Within(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with _WITHIN[self.name]():
            super().exec_module(module)
