"""Text features of long lists of classes, kept on this machine from one run to the next.

A file holds one tensor and its checksum and is named by a digest of all that it depends on: nobody reads the class
names out of it. What cannot be read or written is worked out again; the folder is bounded.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

VARIABLE = "ATPT_CACHE"  # the folder to keep them in; empty: none are kept
FEWEST = 200  # sentences: fewer are read about as fast as a file
MOST_BYTES = 256_000_000
NAME, CHECKSUM = "features", "sha256"


def folder() -> Path | None:
    """Where features are kept: what `VARIABLE` says, else below the user's cache as the platform has it."""
    said = os.environ.get(VARIABLE)
    if said is not None:
        return Path(said) if said else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "a-tpt-explorer" / "text-features"


@contextmanager
def none_kept() -> Generator[None]:
    """Inside, nothing is kept or found by any thread."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = ""
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        if before is not None:
            os.environ[VARIABLE] = before


def kept(key: str, make: Callable[[], Tensor]) -> Tensor:
    """The features under `key`, on the CPU if they were kept, else as `make` works them out, and then kept."""
    home = folder()
    if home is None:
        return make()
    path = home / f"{key}.safetensors"
    found = _read(path)
    if found is None:
        found = make()
        _write(path, found)
    return found


def _read(path: Path) -> Tensor | None:
    """What the file holds; None where there is none or it is not what was written."""
    try:
        with safe_open(path, "pt") as file:
            features, said = file.get_tensor(NAME), (file.metadata() or {}).get(CHECKSUM)
        os.utime(path)  # the oldest make room
    except (OSError, SafetensorError):
        return None
    return features if said == _checksum(features) else None


def _write(path: Path, features: Tensor) -> None:
    """Put the file in its place whole, so that another process never reads half of it."""
    exact = features.detach().cpu().contiguous()
    content = save({NAME: exact}, {CHECKSUM: _checksum(exact)})
    half: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            half = Path(file.name)
            file.write(content)
        os.replace(half, path)
        _make_room(path.parent)
    except OSError:  # a full or locked disk: the next run works them out again
        if half is not None:
            half.unlink(missing_ok=True)


def _make_room(home: Path) -> None:
    """Remove the files that were not used for longest until the folder keeps within its bound."""
    listed = sorted(((file.stat().st_mtime, file.stat().st_size, file) for file in home.iterdir()), reverse=True)
    total = 0
    for _, size, file in listed:
        total += size
        if total > MOST_BYTES:
            file.unlink(missing_ok=True)


def _checksum(features: Tensor) -> str:
    return hashlib.sha256(repr((features.dtype, features.shape)).encode() + features.numpy().tobytes()).hexdigest()
