"""The fields for a visitor's own pictures.

Gradio writes a stub (`upload.pyi`) beside any file that defines a component, so these have a file to themselves.
"""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import FileData, ImageData, ListFiles


class PictureFile(gr.Image):
    """An upload field that hands over the path of the file as it came: the engine decodes it and says what is wrong.

    A class, not a method set on one field: Gradio builds a visitor's field anew, from its class, when it updates it.
    """

    is_template = True  # the browser draws it as the field it derives from

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The file's path, or None where the field is empty; nothing is decoded here."""
        return None if payload is None else payload.path


class PictureFiles(gr.File):
    """The same for several files: their paths in the order in which they were handed over."""

    is_template = True

    def preprocess(self, payload: ListFiles | FileData | None) -> list[str]:
        """The paths, none where the field is empty; nothing is decoded and no name is judged here."""
        if payload is None:
            return []
        return [payload.path] if isinstance(payload, FileData) else [file.path for file in payload]
