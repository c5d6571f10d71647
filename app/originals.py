"""Whole pictures: decoded for fitting, and small for looking."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections import OrderedDict
from pathlib import Path

from PIL import Image

import engine
from app.state.shown import Original

LOOKED_AT = 1024  # pixels: the longer side of a picture as the page shows the whole of it
MOST_DECODED = 3  # pictures kept with all of their pixels
_LATEST: OrderedDict[tuple[str, int], engine.pictures.Picture] = OrderedDict()
_LATEST_LOCK = threading.Lock()


def original(image: Image.Image) -> Original:
    """The whole picture for looking, at most `LOOKED_AT` pixels long; lossy."""
    small = image.copy()
    small.thumbnail((LOOKED_AT, LOOKED_AT), Image.Resampling.BICUBIC, reducing_gap=2)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    file = buffer.getvalue()
    uri = f"data:image/jpeg;base64,{base64.b64encode(file).decode()}"
    return Original(hashlib.sha256(file).hexdigest()[:16], uri, *image.size)


def decoded_copy(whole: Original) -> Image.Image:
    """The small copy of a picture that the page shows."""
    return Image.open(io.BytesIO(base64.b64decode(whole.uri.partition(",")[2])))


def decoded(path: str) -> engine.pictures.Picture:
    """The picture in a file, decoded once while its owner fits it this way and that."""
    try:
        key = (path, Path(path).stat().st_mtime_ns)
    except (OSError, ValueError):
        return engine.load_picture(path)  # which says what is wrong
    with _LATEST_LOCK:
        held = _LATEST.get(key)
    if held is None:
        held = engine.load_picture(path)
    with _LATEST_LOCK:
        _LATEST[key] = held
        _LATEST.move_to_end(key)
        while len(_LATEST) > MOST_DECODED:
            _LATEST.popitem(last=False)
    return held
