"""The line after a reload that offers the last result of this tab, still on the server, to be restored or deleted."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import gradio as gr

from app.components.wishes import WISH
from app.figures.html import esc
from app.figures.journey import furthest
from app.present import present
from app.state.found import Found
from app.state.tabs import Tabs
from app.state.visitors import Visitor
from app.text import export as text
from app.wiring.page import Page

READ_TOKEN = """(_, ...rest) => {
  let token = '';
  try {
    token = sessionStorage.getItem('a-tpt-tab') || '';
    if (!token) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      token = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      sessionStorage.setItem('a-tpt-tab', token);
    }
  } catch { token = ''; }  // a browser that keeps nothing is offered nothing
  window.turn = (window.turn || 0) + 1;
  return [token, window.turn, ...rest.slice(1)];
}"""


class RestoreLine:
    """The line, empty unless something can be restored; when the page loads, the tab shows its token in its place."""

    def __init__(self, tabs: Tabs) -> None:
        self.tabs = tabs
        self.drawn = gr.HTML("", elem_id="restore", js_on_load=WISH)

    def offer(self, page: Page, token: object, key: str, source: str) -> dict:
        """The line for a page just loaded by the tab with `token`, which opens with the picture `source`."""
        self.tabs.opened(str(token or ""), key, source)
        last = self.tabs.last(key)
        return {self.drawn: "" if last is None else _line(last)}

    def wire(self, page: Page, again: Callable[[Page, Visitor], dict], fields: list) -> None:
        """The two buttons; `again` is how the controls and `fields` stood for the visitor who is restored."""

        def handler(event: gr.EventData, request: gr.Request, key: str) -> Generator[dict]:
            wish, last = getattr(event, "wish", None), self.tabs.last(key)
            if wish == "forget":
                self.tabs.forget(key)
                yield {self.drawn: ""} | page.say(text.RESTORE_FORGOTTEN)
            elif wish != "restore" or last is None:
                yield {self.drawn: ""} | page.say(text.RESTORE_GONE, "bad")
            else:
                own = page.visitors.get(key).setting(present(last.choices))
                page.visitors.put(key, replace(last, replaced=own.replaced, mosaic=own.mosaic))
                found = page.found(key)
                said = page.rest(key, restored(found, last.asked), "good", furthest(found))
                yield {self.drawn: ""} | again(page, last) | said

        page.listen(self.drawn.click, handler, [self.drawn, *page.inputs[1:], *fields])


def restored(found: Found, asked: frozenset[str]) -> str:
    """What there is again of what was asked for: settings are kept for longer than results."""
    return text.RESTORE_RESTORED if asked <= found.made.keys() else text.RESTORE_SETTINGS


def _line(visitor: Visitor) -> str:
    buttons = "".join(
        f'<button type="button" data-do="{wish}">{esc(word)}</button>' for wish, word in text.RESTORE_WISHES.items()
    )
    sentence = esc(text.RESTORE_HERE.format(name=present(visitor.picture).name))
    return f'<div class="restore" role="status"><span>{sentence}</span>{buttons}</div>'
