"""The step that a link opens: once its picture is there the page goes to it, and computes what its sender saw."""

from __future__ import annotations

from collections.abc import Generator, Mapping

import gradio as gr

from app.export import link
from app.text import export as text
from app.text import words
from app.wiring.page import Page
from app.wiring.running import Running

GO = """(turn, ...rest) => {
  document.getElementById(`card-${document.querySelector('#linked [data-step]')?.dataset.step}`)?.click();
  if (window.innerWidth <= 900) document.getElementById('journey').scrollIntoView();
  window.turn = (window.turn || 0) + 1;
  return [window.turn, ...rest];
}"""


class LinkedStep:
    """Has a page that a link has opened on a step compute it, in a run of its own, which Stop ends.

    A host that lends its accelerator charges whoever opens a page with what is computed, so there the step only opens.
    """

    def __init__(self) -> None:
        self.wanted = gr.HTML("", elem_id="linked", elem_classes=["unseen"])

    def wanting(self, parameters: Mapping[str, str], found: bool) -> dict:
        """The update that opens the step of a link with these parameters, if it has one.

        `found` says whether the picture that it names is here: without it nothing is as it was shared.
        """
        step, _ = link.opened(parameters)
        here = found or not parameters.get(link.PICTURE)
        return {self.wanted: f'<i data-step="{step}"></i>'} if step and here else {}

    def wire(self, page: Page, running: Running) -> None:
        """Once the wish is there, it is followed."""

        def handler(request: gr.Request, key: str) -> Generator[dict]:
            step, parts = link.opened(dict(request.query_params))
            if parts and page.models.lent is None:
                yield from running.run(key, parts, text.LINK_OPENED.format(step=step, name=words.STEPS[step - 1]))
            else:
                yield {page.status: gr.skip()}

        page.listen(self.wanted.change, handler, [running.curve], alone=True, of_picture=True, js=GO)
