"""The page's wiring: the ways to register what triggers it, each in one place.

Runs draw nothing: they compute, say how far they are, and nudge the one listener that draws (`app/wiring/drawing.py`).
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component
from gradio.events import Dependency

import engine
from app.choices import Choices
from app.present import present
from app.state.found import Found
from app.state.visitors import Progress, Visitor
from app.text import words as text
from app.wiring.drawing import NEXT_TURN, Drawing
from app.wiring.stopping import Run, until

PASSED_TURN = "() => window.passed"
LET_GO = 10  # seconds that the last word on a stopped run waits for it


class Page(Drawing):
    """All components of one page and the listeners between them."""

    def press(self, figure: gr.HTML, chosen: Callable[[Found, Choices, gr.EventData], dict[str, Any]]) -> None:
        """Let a press inside a figure choose something: `chosen` gives values by name of choice, of what the browser
        made up and may be anything."""

        def handler(event: gr.EventData, request: gr.Request, *values: Any) -> dict:
            key = present(request.session_hash)
            visitor = self.choose(key, values)
            picked = chosen(self.found(key), present(visitor.choices), event)
            return self.set(picked) | self.nudged() if picked else gr.skip()

        outputs = [self.controls[name] for name in Choices._fields if not self.controls[name].visible]
        figure.click(
            handler, self.inputs, [*outputs, self.nudge], js=NEXT_TURN, trigger_mode="multiple", **self.at_once
        )

    def look(self, control: Component, draw: Callable[[Found, Any], dict], outputs: Sequence[Component]) -> None:
        """Let a control that is no choice draw `outputs` from what is found and its value."""

        def handler(request: gr.Request, value: Any) -> dict:
            return draw(self.found(present(request.session_hash)), value) or gr.skip()

        control.input(handler, control, list(outputs), trigger_mode="always_last", **self.at_once)  # type: ignore[attr-defined]

    def listen(
        self,
        trigger: Callable[..., Dependency],
        handler: Callable[..., Generator[dict]],
        outputs: Sequence[Block] = (),
        before: Sequence[Component] = (),
        alone: bool = False,
        of_picture: bool = False,
        last: bool = False,
        js: str | None = NEXT_TURN,
    ) -> None:
        """Register a generator of updates that Stop ends; `before` are inputs ahead of the turn and the controls.

        `handler` takes what its first parameters ask Gradio for (an event, the request), then the values of `before`,
        and the visitor's key, last. Of those that are `alone`, one goes on at a time for each visitor, and pressing for
        the same again does nothing. Those `of_picture` end where the visitor goes on to another picture or model, or
        presses the same button with other settings. One that is also `last` ends those before it and
        begins once they have let go.
        """

        @functools.wraps(handler)
        def guarded(*arguments: Any) -> Iterator[dict]:
            request = next(a for a in arguments if isinstance(a, gr.Request))
            key, count = present(request.session_hash), len(self.inputs)
            visitor = self.choose(key, arguments[-count:])
            run = Run(arguments[-count], alone, pressed=guarded, about=visitor.look if of_picture else None)
            with self.runs.begun(key, run):
                if last:
                    self.runs.end_others(key, run)
                if alone:
                    if self.runs.repeats(key, run):
                        return
                    self.runs.wait_in_line(key, run)
                try:
                    with closing(handler(*arguments[:-count], key)) as updates:
                        yield from until(run.stop, updates)
                except engine.models.Cancelled:
                    if run.left:
                        yield self.rest(key, text.READY)
                    return  # else the button that stopped it has the last word
                except engine.EngineError as error:
                    if not run.stop.is_set():
                        yield self._refused(key, visitor, error)
                    elif run.left:
                        yield self.rest(key, text.READY)
                except Exception:
                    yield self.rest(key, text.FAULT, "bad")
                    raise  # into the server's log

        *known, _ = inspect.signature(handler).parameters.values()  # Gradio reads what it is to hand over
        values = inspect.Parameter("values", inspect.Parameter.VAR_POSITIONAL)
        guarded.__dict__["__signature__"] = inspect.Signature([*known, values])
        every = [*outputs, self.status, self.nudge]
        place = {} if js is None else {"js": js if not before else _behind(len(before))}
        trigger(
            guarded, [*before, *self.inputs], list(dict.fromkeys(every)), show_progress="hidden",
            show_progress_on=[self.status], trigger_mode="multiple", api_visibility="private", concurrency_limit=None,
            **place,
        )  # fmt: skip

    def _refused(self, key: str, pressed: Visitor, error: engine.EngineError) -> dict:
        """A run of the visitor, who was then as `pressed`, cannot be.

        The status line says why until something is changed, unless something has been meanwhile.
        """
        now, complaint = self.visitors.get(key), self.complain(error)
        moved = present(pressed.choices).differing(present(now.choices))
        if any(name not in now.replaced for name in moved):
            return self.rest(key, text.READY)
        self.screens.complains(key, now.choices, str(error))
        return self.rest(key) | complaint

    def rest(self, key: str, said: str = "", tone: str = "calm", go: int | None = None, walk: bool = False) -> dict:
        """No run of the visitor's is under way; the next drawing says so and opens the step `go`, with `walk` the steps
        before it too, one after the other."""
        progress = Progress(None, go, time.monotonic_ns(), walk, walk, said, tone)
        self.visitors.change(key, progress=progress)
        return self.nudged()

    def stop(self, button: gr.Button) -> None:
        """Let `button` end whatever computes for this visitor, and nothing be computed live until a control moves.

        The last word comes when every run before it has let go: a new one may start at once then. Where one was pressed
        behind Stop, that has it.
        """

        def stopping(request: gr.Request, turn: float) -> Iterator[dict]:
            key = present(request.session_hash)
            self.visitors.change(key, stopped=self.visitors.get(key).choices)
            self.runs.stop(key, turn)
            if not self.runs.pressed_since(key, turn):
                yield self.say(text.STOPPING)
            latest = time.monotonic() + LET_GO
            while self.runs.going(key, before=turn) and time.monotonic() < latest:
                time.sleep(0.02)
            if not self.runs.pressed_since(key, turn):
                yield self.rest(key, text.STOPPED) | self.say(text.STOPPED)

        button.click(stopping, self.turn, [self.status, self.nudge], js=NEXT_TURN, **self.at_once)

    def build_hidden(self) -> None:
        """The components that nobody sees."""
        self.turn = gr.Number(0, visible=False)
        self.nudge = gr.HTML("", elem_id="nudge", elem_classes=["unseen"])
        self.unlink = gr.HTML("", elem_id="unlink", elem_classes=["unseen"])
        self.drawn_turn = gr.HTML("", elem_id="drawn-turn", elem_classes=["unseen"])
        self._redraw = gr.Button("", elem_id="draw", elem_classes=["unseen"])
        overtake = gr.Button("", elem_id="overtake", elem_classes=["unseen"])
        overtake.click(self._overtake, self.turn, None, js=PASSED_TURN, **self.at_once)

    def _overtake(self, request: gr.Request, turn: float) -> None:
        """The visitor has moved a control since this turn: what is computed live for it is wanted no longer."""
        self.runs.overtake(present(request.session_hash), turn)


def _behind(count: int) -> str:
    """The next turn behind that many other values."""
    return f"(...all) => {{ window.turn = (window.turn || 0) + 1; all[{count}] = window.turn; return all; }}"
