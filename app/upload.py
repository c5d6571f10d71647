"""The field for a visitor's own picture.

Gradio writes a stub (`upload.pyi`) beside any file that defines a component, so this one has a file to itself.
"""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import FileData


class PictureFile(gr.Image):
    """An upload field that hands over the path of the file as it came: the engine decodes it and says what is wrong.

    A class, not a method set on one field: Gradio builds a visitor's field anew, from its class, when it updates it.
    """

    is_template = True  # the browser draws it as the field it derives from

    def preprocess(self, payload: FileData | None) -> str | None:
        """The file's path, or None where the field is empty; nothing is decoded here."""
        return None if payload is None else payload.path
