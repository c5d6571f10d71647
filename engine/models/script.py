"""Weights out of a TorchScript archive, the form of OpenAI's own files, while the program in it is never run.

Such a file is a ZIP: tensors in `data/`, a pickle `data.pkl` that says which module holds which, and the modules' code.
`torch.jit.load` compiles that code and may run parts of it; here only the pickle is read, with a reader that makes
tensors and knows nothing else.
"""

from __future__ import annotations

import pickle
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

FORMATS = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "BoolStorage": torch.bool,
}


def is_script(path: Path) -> bool:
    """Whether the file is a TorchScript archive, which holds a program beside its weights."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def read_script(path: Path) -> dict[str, Tensor]:
    """Parameters and buffers by their dotted names, as `state_dict` would give them, on the CPU.

    Raises `pickle.UnpicklingError` for a pickle that asks for anything but modules and tensors, and whatever reading
    a damaged file raises.
    """
    with zipfile.ZipFile(path) as archive:
        try:
            module = _Reader(archive, _root(archive)).load()
        except (TypeError, AttributeError) as error:  # of a pickle that was not written by TorchScript
            raise pickle.UnpicklingError(str(error)) from error
    if not isinstance(module, _Module):
        raise pickle.UnpicklingError("it holds no module")
    return dict(_tensors(module))


def module_kinds(path: Path) -> set[str]:
    """The names of the classes whose modules a TorchScript archive is made of, such as Linear."""
    with zipfile.ZipFile(path) as archive:
        steps = pickletools.genops(archive.read(_root(archive)))
        named = [argument.split() for step, argument, _ in steps if step.name == "GLOBAL" and argument]
    return {name for module, name in named if module.startswith("__torch__")}


def _root(archive: zipfile.ZipFile) -> str:
    return next((name for name in archive.namelist() if name.endswith("/data.pkl")), "data.pkl")


class _Module:
    """Stands for a module of the program, whatever its class: only its attributes are kept."""


def _tensors(module: _Module, before: str = "") -> Iterator[tuple[str, Tensor]]:
    for name, value in vars(module).items():
        if isinstance(value, Tensor):
            yield before + name, value
        elif isinstance(value, _Module):
            yield from _tensors(value, f"{before}{name}.")


def _tensor(storage: Tensor, start: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Tensor:
    return storage.as_strided(size, stride, start)


def _first(value: object, *_: object) -> object:
    """Lists and dictionaries come with a note of their type."""
    return value


class _Reader(pickle.Unpickler):
    """Makes modules, tensors and plain containers of a pickle, and refuses whatever else it asks for."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(archive.open(root))
        self.archive, self.folder = archive, root.removesuffix(".pkl")
        self.storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Callable | torch.dtype:
        if module.partition(".")[0] == "__torch__":
            return _Module
        if module == "torch" and name in FORMATS:
            return FORMATS[name]
        if module == "torch.jit._pickle":
            return _first
        known = {"torch._utils._rebuild_tensor_v2": _tensor, "collections.OrderedDict": OrderedDict}
        if f"{module}.{name}" in known:
            return known[f"{module}.{name}"]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, storage: tuple[str, torch.dtype, str, str, int]) -> Tensor:
        """All numbers (n,) of one storage."""
        _, dtype, key, _, _ = storage
        if key not in self.storages:
            content = bytearray(self.archive.read(f"{self.folder}/{key}"))
            self.storages[key] = torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
        return self.storages[key]
