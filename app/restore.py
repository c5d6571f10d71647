"""The line after a reload that offers the last result of this tab, still on the server, to be restored or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gradio as gr

from app.choices import Choices
from app.figures.html import esc
from app.figures.journey import furthest, journey
from app.page import Page
from app.present import present
from app.session import Session
from app.text import words as text

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
  return [token, ...rest];
}"""
PRESS = """element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button) trigger('click', {wish: button.dataset.do});
});"""


class RestoreLine:
    """The line, empty unless something can be restored; when the page loads, the tab shows its token in its place."""

    def __init__(self) -> None:
        self.drawn = gr.HTML("", elem_id="restore", js_on_load=PRESS)

    def offer(self, page: Page, token: object, key: str, source: str) -> dict:
        """The line for a page just loaded by the tab with `token`, which opens with the picture `source`."""
        page.tabs.opened(str(token or ""), key, source)
        last = page.tabs.last(key)
        return {self.drawn: "" if last is None else _line(last[0])}

    def wire(self, page: Page, again: Callable[[Page, Session, Choices], dict], fields: list) -> None:
        """The two buttons; `again` is how the controls and `fields` stood with the session that is restored."""

        def handler(event: gr.EventData, request: gr.Request, *values: object) -> Iterator[dict]:
            key, wish = present(request.session_hash), getattr(event, "wish", None)
            last = page.tabs.last(key)
            if wish == "forget":
                page.tabs.forget(key)
                yield {self.drawn: ""} | page.say(text.RESTORE_FORGOTTEN)
            elif wish != "restore" or last is None:
                yield {self.drawn: ""} | page.say(text.RESTORE_GONE, "bad")
            else:
                session, choices = last
                page.store.put(key, session)
                page.tabs.computed(key, choices)
                yield {self.drawn: ""} | again(page, session, choices)
                drawn = page.draw(session, choices) | {page.journey: journey(session, go=furthest(session))}
                yield drawn | page.say(text.RESTORE_RESTORED, "good")

        page.listen(self.drawn.click, handler, [self.drawn, *page.inputs, *fields])


def _line(session: Session) -> str:
    buttons = "".join(
        f'<button type="button" data-do="{wish}">{esc(word)}</button>' for wish, word in text.RESTORE_WISHES.items()
    )
    sentence = esc(text.RESTORE_HERE.format(name=present(session.picture).name))
    return f'<div class="restore" role="status"><span>{sentence}</span>{buttons}</div>'
