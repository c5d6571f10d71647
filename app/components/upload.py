"""The fields for a visitor's own pictures.

Gradio writes a stub (`upload.pyi`) beside any file that defines a component, so these have a file to themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import gradio as gr
from gradio.data_classes import FileData, ImageData, ListFiles

LONGEST = 120  # characters of a name


class Upload(NamedTuple):
    """A file as it came: where it lies, and what its owner calls it, which the name on the server only resembles."""

    path: str
    name: str


class PictureFile(gr.Image):
    """An upload field that hands over the file as it came: the engine decodes it and says what is wrong.

    A class, not a method set on one field: Gradio builds a visitor's field anew, from its class, when it updates it.
    """

    is_template = True  # the browser draws it as the field it derives from

    def preprocess(self, payload: ImageData | None) -> Upload | None:  # type: ignore[override]
        """The file, or None where the field is empty; nothing is decoded here."""
        return None if payload is None or payload.path is None else _upload(payload.path, payload.orig_name)


class PictureFiles(gr.File):
    """The same for several files, in the order in which they were handed over."""

    is_template = True

    def preprocess(self, payload: ListFiles | FileData | None) -> list[Upload]:  # type: ignore[override]
        """The files, none where the field is empty; nothing is decoded and no name is judged here."""
        if payload is None:
            return []
        files = [payload] if isinstance(payload, FileData) else payload
        return [_upload(file.path, file.orig_name) for file in files]


def _upload(path: str, called: str | None) -> Upload:
    """With the name that the browser tells, without folders and line breaks; else that on the server."""
    last = (called or "").replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return Upload(path, plain[:LONGEST] or Path(path).name)
