"""The page's wiring: every listener is made here, so that all treat queue, errors, sessions and status alike."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import gradio as gr

import engine
from app import text
from app.choices import Choices
from app.figures.journey import journey, status
from app.run import DWELL_SECONDS, STEP_OF, Job, Worker
from app.session import Session, Store, Superseded

NEXT = {
    "clean": "attack", "attack-step": "attack", "attacked": "maps", "map-clean": "maps", "map-attacked": "views",
    "views": "tune", "tune-step": "tune", "ensemble": "methods", "method": "methods",
}  # fmt: skip
NEEDS = {"attack": (), "maps": ("attack",), "views": ("attack",), "tune": ("attack", "views"), "methods": ("attack",)}
HOLDS = {"attack": "adversarial", "views": "views", "tune": "steps", "maps": "maps"}
SHARE = {"clean": 0.03, "attacked": 0.2, "map-clean": 0.22, "map-attacked": 0.26, "views": 0.45, "tune-step": 0.5, "ensemble": 0.52}


class Page:
    """All components of one page and the listeners between them."""

    def __init__(self, worker: Worker, store: Store) -> None:
        self.worker, self.store = worker, store
        self.controls: dict[str, gr.components.Component] = {}
        self.stages: dict[int, object] = {}
        self.computing: list = []
        self.journey = self.status = None

    # -- drawing ---------------------------------------------------------------------------------------------------

    @property
    def inputs(self) -> list:
        """All controls in the order of `Choices`."""
        return [self.controls[name] for name in Choices._fields]

    @property
    def outputs(self) -> list:
        """Everything a handler may redraw."""
        drawn = [component for stage in self.stages.values() for component in stage.outputs]
        return [*drawn, self.journey, self.status]

    def draw(self, session: Session, choices: Choices, first: int = 1, last: int = 6) -> dict:
        """The panels `first` to `last` and the strip of cards as the session has them."""
        updates = {self.journey: journey(session)}
        for number in range(first, last + 1):
            updates |= self.stages[number].draw(session, choices)
        return updates

    def say(self, sentence: str, tone: str = "calm", share: float | None = None) -> dict:
        """The status line."""
        return {self.status: status(sentence, tone, share)}

    # -- listeners -------------------------------------------------------------------------------------------------

    def compute(self, trigger: Callable, work: Callable[[Job, Choices], Iterator[dict]], extra: Sequence = ()) -> None:
        """Let `trigger` run `work` in the one queue of the model; sentences of the engine reach toast and status."""

        def handler(request: gr.Request, *values: object) -> Iterator[dict]:
            choices = Choices(*values)
            job = Job(self.worker, self.store, request.session_hash, choices.settings())
            yield from work(job, choices)

        self.listen(trigger, handler, extra)

    def listen(self, trigger: Callable, handler: Callable, extra: Sequence = (), before: Sequence = ()) -> None:
        """Register a computing generator; `before` are inputs ahead of the controls, `extra` outputs behind the panels.

        `handler` takes what its first parameters ask Gradio for (an event, the request) and then all inputs.
        """

        @functools.wraps(handler)
        def guarded(*arguments: object) -> Iterator[dict]:
            request = next(a for a in arguments if isinstance(a, gr.Request))
            try:
                with closing(handler(*arguments)) as updates:
                    yield from updates
            except engine.EngineError as error:
                yield self.complain(request, error)
            except Superseded:
                session = self.store.get(request.session_hash)
                yield {self.journey: journey(session)} | self.say(text.SUPERSEDED)

        self.computing.append(
            trigger(
                guarded,
                [*before, *self.inputs],
                [*self.outputs, *extra],
                concurrency_id="model",
                concurrency_limit=1,
                show_progress="hidden",
                api_visibility="private",
            )
        )

    def complain(self, request: gr.Request, error: engine.EngineError) -> dict:
        """An engine's sentence as a toast and in the status line; what the session holds stays on the page."""
        gr.Warning(str(error), title=text.NOT_YET)
        return {self.journey: journey(self.store.get(request.session_hash))} | self.say(str(error), "bad")

    def redraw(self, trigger: Callable, draw: Callable[[Session, Choices], dict], outputs: list) -> None:
        """Let `trigger` draw again from what is there; the model does not run."""

        def handler(request: gr.Request, *values: object) -> dict:
            return draw(self.store.get(request.session_hash), Choices(*values)) or gr.skip()

        trigger(handler, self.inputs, outputs, **_CHEAP)

    def forget(self, names: tuple[str, ...], part: str) -> None:
        """When one of the controls changes, drop `part` and all that followed from it, visibly."""
        first = {"adversarial": 2, "maps": 3, "views": 4, "steps": 5, "defences": 6}[part]

        def handler(request: gr.Request, *values: object) -> dict:
            session = self.store.get(request.session_hash)
            remaining = session.without(part)
            if remaining is session:
                return {self.status: gr.skip()}
            self.store.put(request.session_hash, remaining)
            last = 3 if part == "maps" else 6
            return self.draw(remaining, Choices(*values), first, last) | self.say(text.DONE["cleared"])

        triggers = [self.controls[name].input for name in names]
        gr.on(triggers, handler, self.inputs, self.outputs, trigger_mode="always_last", **_CHEAP)

    def weigh(self, name: str, methods_follow: bool) -> None:
        """When a control of the weights changes, weigh the views anew; they are encoded already, so no model runs.

        `methods_follow` tells whether the table of methods depends on the control too and must go.
        """

        def handler(request: gr.Request, *values: object) -> dict:
            session, choices = self.store.get(request.session_hash), Choices(*values)
            if session.ensemble is None:
                return {self.status: gr.skip()}
            fused = engine.fuse(session.views, session.steps[-1], choices.settings().ensemble)
            weighed = session.with_result("ensemble", fused) if methods_follow else replace(session, ensemble=fused)
            self.store.put(request.session_hash, weighed)
            return self.draw(weighed, choices, 6) | self.stages[4].draw_grid(weighed)

        self.controls[name].input(handler, self.inputs, self.outputs, trigger_mode="always_last", **_CHEAP)

    def stop(self, button: gr.Button) -> None:
        """Let `button` end whatever computes for this visitor."""

        def handler(request: gr.Request, *values: object) -> dict:
            session = self.store.get(request.session_hash)
            return self.draw(session, Choices(*values), 2) | self.say(text.STOPPED)

        button.click(handler, self.inputs, self.outputs, cancels=self.computing, **_CHEAP)

    # -- work ------------------------------------------------------------------------------------------------------

    def settle(self, job: Job, choices: Choices) -> Iterator[dict]:
        """Bring picture, classes and label in step with the controls; the clean answer is there afterwards."""
        session = job.session
        if session.picture is None:
            raise engine.EngineError(text.MISSING["Attack"])
        classes = choices.classes()
        asked = session.with_question(classes, choices.label(classes))
        if asked is not session:
            job.keep(asked)
            yield self.draw(asked, choices)
        if job.session.clean is None:
            for stage in job.stages("clean"):
                job.take(stage)
            yield self.draw(job.session, choices)

    def work_on(self, part: str, done: str | None = None) -> Callable[[Job, Choices], Iterator[dict]]:
        """Work that runs `part` after whatever it needs and has not got."""

        def work(job: Job, choices: Choices) -> Iterator[dict]:
            yield from self.settle(job, choices)
            for needed in NEEDS[part]:
                if not getattr(job.session, HOLDS[needed]):
                    yield from self.run(job, choices, needed)
            yield from self.run(job, choices, part)
            yield self.draw(job.session, choices, 2) | self.say(done or text.DONE[part], "good")

        return work

    def run(self, job: Job, choices: Choices, part: str) -> Iterator[dict]:
        """One part of the story from the session as it is."""
        number = {"attack": 2, "maps": 3, "views": 4, "tune": 5, "methods": 6, "ensemble": 6}[part]
        yield {self.journey: journey(job.session, number)} | self.say(text.BUSY[part], "busy")
        if part == "methods":
            job.keep(job.session.without("defences"))
        for stage in job.stages(part):
            job.take(stage)
            yield self._show(job, choices, stage) | self.say(text.BUSY[part], "busy", _share(job, stage))
        if part == "tune":
            yield from self.run(job, choices, "ensemble")

    def story(self, job: Job, choices: Choices) -> Iterator[dict]:
        """All six steps with the settings of the page."""
        yield from self.settle(job, choices)
        job.keep(job.session.without("adversarial"))
        yield self.draw(job.session, choices, 2) | {self.journey: journey(job.session, 2, 2, True)}
        job.moved = time.monotonic()
        for stage in job.stages("story"):
            job.take(stage)
            upcoming = text.BUSY[NEXT[stage.name]]
            yield self._show(job, choices, stage, story=True) | self.say(upcoming, "busy", _story_share(job, stage))
        seconds = time.monotonic() - job.started
        yield {self.journey: journey(job.session)} | self.say(f"{text.DONE['story']} in {seconds:.1f} s.", "good")

    def _show(self, job: Job, choices: Choices, stage: engine.Stage, story: bool = False) -> dict:
        number = STEP_OF[stage.name]
        if stage.name == "attack-step":
            return self.stages[2].live(job.trail, job.session.reference)
        if stage.name == "map-clean":
            return {}
        go = self._move(job, stage.name, number) if story else None
        updates = {self.journey: journey(job.session, STEP_OF.get(stage.name), go, story)}
        if stage.name == "tune-step" or stage.name == "ensemble":
            updates |= self.stages[4].draw_grid(job.session)
        if stage.name == "ensemble":
            updates |= self.stages[5].draw(job.session, choices)
        return updates | self.stages[number].draw(job.session, choices)

    @staticmethod
    def _move(job: Job, name: str, number: int) -> int | None:
        """The step to open while the story runs: the verdict at once, others only if the last had time to be seen."""
        now = time.monotonic()
        if name != "ensemble" and (name in ("clean", "method") or now - job.moved < DWELL_SECONDS):
            return None
        job.moved = now
        return number


_CHEAP = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}


def _share(job: Job, stage: engine.Stage) -> float | None:
    """How far one part has come, where it counts its own steps."""
    if stage.name == "attack-step":
        return stage.result.index / stage.result.total
    if stage.name == "tune-step":
        return stage.result.index / max(job.settings.tuning.steps, 1)
    if stage.name == "method":
        return len(job.session.defences) / max(len(job.settings.methods), 1)
    return None


def _story_share(job: Job, stage: engine.Stage) -> float:
    """How far the story has come, by steps, not by time."""
    if stage.name == "attack-step":
        return 0.03 + 0.17 * _share(job, stage)
    if stage.name == "method":
        return 0.52 + 0.48 * _share(job, stage)
    return SHARE[stage.name]
