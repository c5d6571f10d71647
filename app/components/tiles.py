"""A press on one tile of a drawn grid, told to the server by the tile's number."""

from __future__ import annotations

import gradio as gr

from app.choices import Choices
from app.state.found import Found

PICK = """element.addEventListener('click', (event) => {
  const tile = event.target.closest('[data-index]');
  if (tile) trigger('click', {index: Number(tile.dataset.index)});
});"""


def pressed_view(found: Found, choices: Choices, event: gr.EventData) -> dict[str, int]:
    """The choice that opens the view whose number was pressed; none for what the browser may have made up."""
    place = getattr(event, "index", None)
    there = found.views is not None and isinstance(place, int) and 0 <= place < len(found.views)
    return {"opened_view": place} if there else {}
