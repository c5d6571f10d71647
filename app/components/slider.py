"""The sliders of the page.

Gradio writes a stub beside any file that defines a component, so this one has a file to itself.
"""

from __future__ import annotations

import gradio as gr


class Range(gr.Slider):
    """A slider whose number may be half written: on the way to 32 stands a 3, and then nothing where it was deleted.

    What lies beyond an end counts as that end, nothing as the lower one, as in the browser once the number is left.
    """

    is_template = True  # the browser draws it as the slider it derives from

    def preprocess(self, payload: float | None) -> float:
        """The number within the slider's ends."""
        return super().preprocess(self.minimum if payload is None else min(max(payload, self.minimum), self.maximum))
