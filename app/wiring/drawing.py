"""The one listener that draws: whatever is moved or computed, it draws what then is found and chosen.

A visitor's browser has one event of it under way and sends the next, with the controls as they then stand, when that
one is through. So nothing older can be drawn over something newer, nor by two that begin in the same instant, as the
end of an event draws nothing (`app/blocks.py`). What is computed live for it ends early where the visitor has moved on
(`Runs.overtake`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import gradio as gr
from gradio.components import Component

import engine
from app.choices import Choices
from app.figures.html import esc
from app.figures.journey import SUBJECTS, finding, status
from app.models import Models
from app.present import present
from app.state.found import Found
from app.state.parts import Question
from app.state.visitors import Adjust, Visitor, Visitors
from app.text import words as text
from app.text.counted import counted
from app.wiring.asking import Asking
from app.wiring.live import Pace, caught_up
from app.wiring.moving import moves
from app.wiring.pieces import Panel, Piece, merged
from app.wiring.screens import Behind, Screens
from app.wiring.stopping import Run, Runs, until
from app.wiring.trail import LIVE_SECONDS, AttackTrail

NEXT_TURN = "(turn, ...rest) => { window.turn = (window.turn || 0) + 1; return [window.turn, ...rest]; }"


class Drawing(Asking):
    """All components of one page, and the one listener that draws them."""

    def __init__(
        self,
        models: Models,
        visitors: Visitors,
        results: engine.story.Results,
        budget: engine.story.Budget | None = None,
    ) -> None:
        super().__init__(models, visitors, results, budget)
        self.controls: dict[str, Component] = {}
        self.panels: dict[int, Panel] = {}
        self.stale: dict[int, gr.HTML] = {}
        self.screens = Screens(self.stale)
        self.runs, self.pace = Runs(), Pace()
        self.status: gr.HTML
        self.nudge: gr.HTML
        self.unlink: gr.HTML
        self.drawn_turn: gr.HTML
        self.turn: gr.Number
        self.trail: Callable[[Question, float], AttackTrail]
        self._redraw: gr.Button
        self._adjust: list[Adjust] = []

    @property
    def quiet(self) -> dict[str, Any]:
        """How events are registered that show no progress.

        One component is named for it all the same: Gradio's page hands the progress of an event, shown or not, to every
        output of all that have run, copying what each holds, at each message of the event. Of the drawing's 150 outputs
        that took the browser longer than all else.
        """
        return {"show_progress": "hidden", "show_progress_on": [self.nudge], "api_visibility": "private"}

    @property
    def at_once(self) -> dict[str, Any]:
        """The same for events that wait for no other."""
        return self.quiet | {"concurrency_limit": None}

    @property
    def inputs(self) -> list[Component]:
        """What every listener reads: the browser's turn, and all controls in the order of `Choices`."""
        return [self.turn, *(self.controls[name] for name in Choices._fields)]

    @property
    def defaults(self) -> Choices:
        """The choices of a page just loaded."""
        return Choices(*(component.value for component in self.inputs[1:]))

    def add(self, pieces: Sequence[Piece], step: int = 0) -> None:
        """Pieces of the panel of a step, or of no panel."""
        self.screens.pieces += [(step, piece) for piece in pieces]

    def adjust(self, adjust: Adjust) -> None:
        """Let `adjust(before, now)` make choices fit each other when one of them has moved."""
        self._adjust.append(adjust)

    def choose(self, key: str, values: Sequence, drawing: bool = False) -> Visitor:
        """The visitor with the controls of an event, where nothing newer has come."""
        turn, *controls = values
        return self.visitors.choose(key, turn, Choices(*controls), self._adjusted, drawing)

    def _adjusted(self, before: Choices, now: Choices) -> Choices:
        for adjust in self._adjust:
            now = adjust(before, now)
        return now

    def set(self, values: Mapping[str, Any]) -> dict:
        """The controls with these values, by the names of their choices."""
        return {self.controls[name]: gr.update(value=value) for name, value in values.items()}

    def drawn(self, key: str) -> dict:
        """What has to be drawn anew, and what the status line is to say with it."""
        visitor = self.visitors.get(key)
        choices = visitor.choices
        if choices is None:
            return {}
        complaint: dict = {}
        question = None
        try:
            visitor = self.fitted(visitor)
            question = self.question(visitor, key)
        except engine.EngineError as error:
            complaint = self._complained(key, str(error))
        progress = visitor.progress
        if progress.said:
            self.visitors.said(key, progress)
            complaint = self.say(progress.said, progress.tone) | complaint
        if question is None and self._names_classes(visitor):
            return complaint  # only settings are wrong: what there is stays
        found = self.held(question, visitor, key)
        if question is not None and progress.step is None:
            self.pace.note(question)
            self._seen(key, visitor, found)
        before = self.screens.behind(key)
        updates = self.screens.redrawn(key, visitor, found, choices)
        behind = self.screens.behind(key)
        moved = before.moved_to(behind) and progress.step is None and choices != visitor.worded
        if moved and not complaint and not self.screens.complaining(key, choices):
            complaint = self.say(_changed(behind, found))
            self.visitors.change(key, worded=None)
        return complaint | updates

    def _seen(self, key: str, visitor: Visitor, found: Found) -> None:
        """Remember what is looked at, where there is more of it than the clean answer or no more was asked for."""
        if visitor.look is not None and (len(found.made) > 1 or found.made.keys() >= visitor.asked):
            self.visitors.seen(key, visitor.look)

    def _names_classes(self, visitor: Visitor) -> bool:
        """Whether there is a picture, and class names that can be asked about."""
        try:
            present(visitor.choices).classes(self.backbone(visitor).templates)
        except engine.EngineError:
            return False
        return visitor.picture is not None

    def connect(self) -> None:
        """Make the one listener that draws, once all controls and pieces are there."""
        pieces = [piece for _, piece in self.screens.pieces]
        outputs = [output for piece in pieces for output in piece.outputs]
        outputs += [*self.controls.values(), *self.stale.values()]
        outputs += [self.status, self.nudge, self.unlink, self.drawn_turn]
        moved = [getattr(c, "blur" if isinstance(c, gr.Textbox) else "input") for c in self.controls.values()]
        moving = moves(self.models.backbone(""), self.controls, pieces, self.defaults)
        gr.HTML(moving, elem_id="moves", elem_classes=["unseen"])
        self.screens.controls = self.controls
        gr.on(
            [*moved, self._redraw.click],
            self._draw,
            self.inputs,
            list(dict.fromkeys(outputs)),
            js=NEXT_TURN,
            trigger_mode="always_last",
            **self.at_once,
        )

    def _draw(self, request: gr.Request, *values: Any) -> Iterator[dict]:
        key = present(request.session_hash)
        replaced = self.choose(key, values, drawing=True).replaced
        again, said = self.nudged() if replaced else {}, self.visitors.get(key).progress.said
        updates = merged(self.drawn(key), self.set(self.visitors.unshown(key))) | again | self._unlinked(key)
        self.runs.look(key, self.visitors.get(key).look)
        yield updates | {self.drawn_turn: f'<i data-drawn="{values[0]}"></i>'}
        if self.visitors.get(key).progress.step is not None:
            return
        with self.runs.begun(key, Run(values[0], live=True)) as run:
            try:
                with closing(self._caught_up(key, bool(said))) as updates:
                    yield from filter(None, until(run.stop, updates))  # each costs the browser
            except engine.models.Cancelled:
                yield self.nudged()  # whatever ended it, the controls as they stand now are drawn

    def _unlinked(self, key: str) -> dict:
        """Has the browser take a link out of its address bar that opens something else than what is looked at now."""
        if not self.visitors.get(key).left_link:
            return {}
        self.visitors.change(key, linked=None)
        return {self.unlink: f'<i data-unlink="{time.monotonic_ns()}"></i>'}

    def _caught_up(self, key: str, said: bool) -> Generator[dict]:
        """What is cheap and asked for, as it comes; a sentence where it cannot be computed, and a word when it can
        again, unless something else was `said` just now."""
        visitor = self.visitors.get(key)
        try:
            question = self.question(visitor, key)
        except engine.EngineError:
            return  # said when it was drawn
        try:
            if question is not None:
                yield from self._computed(question, visitor, key)
                self._check_word(question, present(visitor.choices).word)
            better = self._complained(key, "")
            yield {} if said else better
        except engine.EngineError as error:
            yield self._complained(key, str(error))

    def _computed(self, question: Question, visitor: Visitor, key: str) -> Iterator[dict]:
        live = self.models.lent is None and present(visitor.choices).live and visitor.stopped != visitor.choices
        trail = self.trail(question, LIVE_SECONDS)
        with self.to_its_end(key, trail):
            for _, item in caught_up(question, visitor, self.pace, live):
                if item is None:
                    yield self.drawn(key)
                elif trail.took(item):
                    yield from self.climbing(key, trail)

    @contextmanager
    def to_its_end(self, key: str, trail: AttackTrail) -> Generator[None]:
        """Inside, an attack may be drawn into `trail`; where that is stopped, what was drawn of it goes."""
        ended = False
        try:
            yield
            ended = True
        finally:
            if trail.begun and not ended:
                self.screens.cut(key, trail.curve)

    def climbing(self, key: str, trail: AttackTrail, said: Mapping | None = None) -> Iterator[dict]:
        """An attack as far as it is, and what is `said` with it. Where another run has drawn its end meanwhile, that is
        drawn once more, behind this."""
        try:
            yield trail.drawn() | dict(said or {})
        finally:
            self.screens.covered(key, trail.curve)

    @staticmethod
    def _check_word(question: Question, word: str) -> None:
        """Raises `EngineError` for a domain word that the model cannot put into its prompts, before it is needed."""
        if word:
            story = question.story
            story.backbone.prompts(engine.with_domain_word(story.recipe.classes, word))

    def _complained(self, key: str, sentence: str) -> dict:
        """What the status line says where the choices as they stand cannot be computed, or can be again."""
        if not self.screens.complains(key, self.visitors.get(key).choices, sentence):
            return {}
        return self.complain(engine.EngineError(sentence)) if sentence else self.say(text.READY)

    def nudged(self) -> dict:
        """Makes the browser ask for what has to be drawn."""
        return {self.nudge: f'<i data-nudge="{time.monotonic_ns()}"></i>'}

    def say(self, sentence: str, tone: str = "calm", share: float | None = None) -> dict:
        """The status line."""
        return {self.status: status(sentence, tone, share)}

    def complain(self, error: engine.EngineError) -> dict:
        """An engine's sentence as a toast and in the status line; what there is stays on the page."""
        gr.Warning(esc(error), title=text.NOT_YET)
        return self.say(str(error), "bad")


def _changed(behind: Behind, found: Found) -> str:
    """What the status line says where settings have moved: which steps are behind, or that none is."""
    for sentence, steps in ((text.DIMMED, behind.dimmed), (text.CLEARED, behind.cleared)):
        if steps:
            *others, last = map(str, steps)
            return counted(sentence, of=len(steps), steps=text.AND.join(filter(None, (", ".join(others), last))))
    return text.UP_TO_DATE if all(finding(found, number) for number in SUBJECTS) else text.READY
