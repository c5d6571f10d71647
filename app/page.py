"""The page's wiring: every listener is made here, so that all treat queue, errors, sessions and status alike."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr

import engine
from app.choices import Choices
from app.figures.journey import journey, status
from app.following import Change, Following
from app.models import Models
from app.panel import Panel
from app.reactions import Reacting, Reactions
from app.run import Job
from app.session import Session, Store, Superseded
from app.stopping import Runs, until
from app.tabs import Tabs
from app.text import words as text

if TYPE_CHECKING:
    from app.story import Story


class Page:
    """All components of one page and the listeners between them."""

    def __init__(self, models: Models, store: Store) -> None:
        self.models, self.store, self.tabs = models, store, Tabs(store)
        self.controls: dict[str, gr.components.Component] = {}
        self.panels: dict[int, Panel] = {}
        self.computing: list = []
        self.runs = Runs()
        self.reacting, self.following = Reacting(), Following(self.store, self.tabs)
        self.journey: gr.HTML
        self.status: gr.HTML
        self.story: Story

    # -- drawing ---------------------------------------------------------------------------------------------------

    @property
    def inputs(self) -> list:
        """All controls in the order of `Choices`."""
        return [self.controls[name] for name in Choices._fields]

    @property
    def outputs(self) -> list:
        """Everything a handler may redraw."""
        drawn = [component for panel in self.panels.values() for component in panel.outputs]
        return [*drawn, self.journey, self.status]

    def draw(self, session: Session, choices: Choices, first: int = 1, last: int = len(text.STEPS)) -> dict:
        """The panels `first` to `last` and the row of cards as the session has them."""
        updates = {self.journey: journey(session)}
        for number in range(first, last + 1):
            updates |= self.panels[number].draw(session, choices)
        return updates

    def set(self, choices: Choices) -> dict:
        """All controls as `choices` has them."""
        values = {self.controls[name]: value for name, value in choices._asdict().items()}
        return values | self.panels[2].choose.fit(choices)

    def say(self, sentence: str, tone: str = "calm", share: float | None = None) -> dict:
        """The status line."""
        return {self.status: status(sentence, tone, share)}

    # -- listeners -------------------------------------------------------------------------------------------------

    def compute(self, trigger: Callable, work: Callable[[Job, Choices], Iterator[dict]], extra: Sequence = ()) -> None:
        """Let `trigger` run `work` in the one queue of the model; sentences of the engine reach toast and status."""

        def handler(request: gr.Request, *values: object) -> Iterator[dict]:
            choices = Choices(*values)
            yield from work(self.job(request, choices.settings()), choices)

        self.listen(trigger, handler, extra)

    def press(self, button: gr.Button, work: Callable[[Job, Choices], Iterator[dict]]) -> None:
        """Let `button` run `work`."""
        self.note_press(button)
        self.compute(button.click, work)

    def note_press(self, button: gr.Button) -> None:
        """Tell, in the order of what a visitor does, that `button` asks for a run; the run itself may have to wait."""

        def handler(request: gr.Request, *values: object) -> None:
            self.tabs.pressed(request.session_hash, Choices(*values))

        button.click(handler, self.inputs, None, **_CHEAP)

    def job(self, request: gr.Request, settings: engine.Settings) -> Job:
        """A run for the visitor, on the model of their choice."""
        key = request.session_hash
        return Job(self.models.worker(self.store.get(key).model), self.store, key, settings)

    def listen(self, trigger: Callable, handler: Callable, extra: Sequence = (), before: Sequence = ()) -> None:
        """Register a computing generator; `before` are inputs ahead of the controls, `extra` outputs behind the panels.

        `handler` takes what its first parameters ask Gradio for (an event, the request) and then all inputs, with the
        controls as they stand when its turn has come.
        """

        @functools.wraps(handler)
        def guarded(*arguments: object) -> Iterator[dict]:
            request = next(a for a in arguments if isinstance(a, gr.Request))
            asked, choices = arguments[: -len(Choices._fields)], _choices(arguments)
            arguments = (*asked, *self.tabs.begun(request.session_hash, choices))
            with self.runs.begun(request.session_hash) as stop:
                try:
                    with closing(handler(*arguments)) as updates:
                        yield from until(stop, updates)
                except engine.models.Cancelled:
                    return  # the button that stopped it has the last word
                except engine.EngineError as error:
                    yield self.complain(request.session_hash, error)
                except Superseded:
                    session = self.store.get(request.session_hash)
                    yield {self.journey: journey(session)} | self.say(text.SUPERSEDED)
                except Exception:
                    yield {self.journey: journey(self.store.get(request.session_hash))} | self.say(text.FAULT, "bad")
                    raise  # into the server's log

        run = trigger(
            guarded,
            [*before, *self.inputs],
            list(dict.fromkeys([*self.outputs, *extra])),
            concurrency_id="model",
            concurrency_limit=1,
            show_progress="minimal",
            show_progress_on=[self.status],
            api_visibility="private",
        )
        self.computing.append(run)
        run.then(self._caught_up, self.inputs, self.outputs, trigger_mode="multiple", **_CHEAP)

    def _caught_up(self, request: gr.Request, *values: object) -> dict:
        """After a run: what was moved while it went on and concerns what it has found."""
        return self._followed(request.session_hash, self._read(request, values)) or gr.skip()

    def _read(self, request: gr.Request, values: Sequence) -> Choices:
        """The controls among `values`; remembered, so that a page loaded again can show them."""
        choices = _choices(values)
        self.tabs.note(request.session_hash, choices)
        return choices

    def complain(self, key: str, error: engine.EngineError) -> dict:
        """An engine's sentence as a toast and in the status line; what the session holds stays on the page."""
        gr.Warning(str(error), title=text.NOT_YET)
        return {self.journey: journey(self.store.get(key))} | self.say(str(error), "bad")

    def redraw(
        self, control: gr.components.Component, draw: Callable[..., dict], outputs: list, before: Sequence = ()
    ) -> None:
        """Draw again from what is there when `control` is moved; the model does not run.

        `draw` takes the session, the choices and the values of the components `before`.
        """

        def react(key: str, choices: Choices, *own: object) -> dict:
            return draw(self.store.get(key), choices, *own)

        self.reacting.add(control, react, outputs, before)

    def connect(self) -> None:
        """Make the listeners for all that `redraw`, `forget` and `weigh` asked for."""
        for reactions in self.reacting:
            reactions.control.input(
                self._reacting_to(reactions),
                [*reactions.before, *self.inputs],
                reactions.outputs,
                trigger_mode="always_last",
                **_CHEAP,
            )

    def _reacting_to(self, reactions: Reactions) -> Callable:
        def handler(request: gr.Request, *values: object) -> dict:
            own, choices = values[: len(reactions.before)], self._read(request, values)
            return reactions.run(request.session_hash, choices, own) or gr.skip()

        return handler

    def pick(self, trigger: Callable, draw: Callable[..., dict], outputs: list) -> None:
        """Let a press inside a figure draw again from what is there; the model does not run.

        `draw` takes the session, the choices and the event, whose data the browser made up: it may hold anything.
        """

        def handler(event: gr.EventData, request: gr.Request, *values: object) -> dict:
            return draw(self.store.get(request.session_hash), self._read(request, values), event) or gr.skip()

        trigger(handler, self.inputs, outputs, trigger_mode="always_last", **_CHEAP)

    def forget(self, names: tuple[str, ...], part: str) -> None:
        """When one of the controls changes, drop `part` and all that followed from it, visibly."""
        self.drop(names, lambda session, choices: session.without(part), part)

    def drop(self, names: tuple[str, ...], change: Callable[[Session, Choices], Session], part: str) -> None:
        """When one of the controls changes, put what `change` makes in the place of the session: one without `part`."""
        first = {"adversarial": 2, "maps": 3, "views": 4, "steps": 5, "defences": 6}[part]
        last = 3 if part == "maps" else 6
        self._follow(Change(names, change, first, last, text.DONE["cleared"]))

    def alter(
        self,
        trigger: Callable,
        change: Callable[[Session, Choices], Session],
        said: str,
        controls: Callable[[Session], dict],
    ) -> None:
        """Let `trigger` put another session in the place of the visitor's and say so; no model runs.

        `change` returns the session it is given where there is nothing to do. Panels from 4 on are drawn anew, and
        `controls` sets what stands otherwise then.
        """

        def handler(request: gr.Request, *values: object) -> dict:
            key, choices = request.session_hash, self._read(request, values)
            session = self.store.get(key)
            changed = change(session, choices)
            if changed is session:
                return gr.skip()
            self.store.put(key, changed)
            return self.draw(changed, choices, 4) | controls(changed) | self.say(said)

        trigger(handler, self.inputs, self.outputs, trigger_mode="always_last", **_CHEAP)

    def weigh(self, name: str, defences_follow: bool) -> None:
        """When a control of the weights changes, weigh the views anew; they are encoded already, so no model runs.

        `defences_follow` tells whether the table of defences depends on the control too and must go.
        """

        def weighed(session: Session, choices: Choices) -> Session:
            if session.ensemble is None:
                return session.without("defences") if defences_follow else session
            fused = engine.fuse(session.views, session.steps[-1], choices.settings().ensemble)
            return session.with_result("ensemble", fused) if defences_follow else replace(session, ensemble=fused)

        self._follow(Change((name,), weighed, 4, 6))

    def _follow(self, change: Change) -> None:
        self.following.add(change)
        for name in change.names:
            self.reacting.add(self.controls[name], self._followed, self.outputs)

    def _followed(self, key: str, choices: Choices) -> dict:
        """What is drawn anew when a control has moved; nothing where the results are in step already."""
        found = self.following.follow(key, choices)
        if not found.done:
            return {} if found.refused is None else self.complain(key, found.refused)
        first, last = min(change.first for change in found.done), max(change.last for change in found.done)
        drawn = self.draw(found.session, choices, first, last)
        if found.refused is not None:
            return drawn | self.complain(key, found.refused)
        said = "".join(dict.fromkeys(change.said for change in found.done))
        return drawn | (self.say(said) if said else {})

    def in_step(self, job: Job, choices: Choices) -> bool:
        """Give `job` the visitor's session in step with the controls, and tell whether that dropped anything."""
        found = self.following.follow(job.key, choices, begins=True)
        job.session = found.session
        return bool(found.done)

    def stop(self, button: gr.Button) -> None:
        """Let `button` end whatever computes for this visitor.

        The last word on a run that had begun waits in the model's own queue: it comes when the run has let go, so no
        late update of that run can follow it, and a new run may start at once. What was finished is drawn behind it:
        a full page takes a moment.
        """
        begun: set[str] = set()

        def stopped(key: str, values: Sequence) -> dict:
            return self.draw(self.store.get(key), Choices(*values), 2) | self.say(text.STOPPED)

        def stopping(request: gr.Request, *values: object) -> dict:
            key = request.session_hash
            if not self.runs.stop(key):
                return stopped(key, values)
            begun.add(key)
            return self.say(text.STOPPING)

        def ended(request: gr.Request, *values: object) -> Iterator[dict]:
            key = request.session_hash
            if key not in begun:
                yield gr.skip()
                return
            begun.discard(key)
            latest = time.monotonic() + LET_GO
            while self.runs.going(key) and time.monotonic() < latest:
                time.sleep(0.02)  # until the run is closed, the browser would not begin another
            yield self.say(text.STOPPED)
            yield stopped(key, values)

        press = button.click(stopping, self.inputs, self.outputs, cancels=self.computing, **_AT_ONCE)
        press.then(ended, self.inputs, self.outputs, **_QUIET, concurrency_id="model", concurrency_limit=1)


def _choices(values: Sequence) -> Choices:
    """The controls, which are the last of what a listener reads."""
    return Choices(*values[-len(Choices._fields) :])


LET_GO = 10  # seconds that the last word on a stopped run waits for it
_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
_AT_ONCE = _QUIET | {"concurrency_limit": None}
# Gradio goes through its queues in random order; in one queue, what a visitor did last is also done last.
_CHEAP = _QUIET | {"concurrency_id": "page", "concurrency_limit": 1}
