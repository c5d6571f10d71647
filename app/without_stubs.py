"""Lets Gradio load without writing type stubs, half of what its loading takes.

At every start Gradio reads the syntax of each file that defines a component, its own and ours, writes the component's
events out for type checkers, and compares that with the stub beside the file. Its own stubs come with it, and nobody
reads ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

DEFINES = "gradio.component_meta"
WRITER = "create_or_modify_pyi"


class WithoutStubs(MetaPathFinder):
    """Finds the module that writes them where it is."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How to load that module; None for any other."""
        spec = PathFinder.find_spec(fullname, path) if fullname == DEFINES else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Without(spec.loader.name, spec.loader.path)
        return spec


class _Without(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, WRITER):
            setattr(module, WRITER, _nothing)


def _nothing(*_: object) -> None:
    pass
