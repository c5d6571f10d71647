"""What a press of a button sets going: parts of the story, computed one after the other and shown as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing

import gradio as gr
from gradio.components import Component

import engine
from app.choices import Choices
from app.present import present
from app.state.found import Found
from app.state.parts import PARTS, STORY, Part, Question, Row, Run, asks
from app.state.visitors import Progress
from app.text import words as text
from app.wiring.page import Page
from app.wiring.trail import FRAME_SECONDS

TELL_AFTER = 3  # seconds
DWELL_SECONDS = 1.5  # a step of the story that the page opened by itself stays open at least this long
Change = Callable[[Found, Choices], Choices]


class Running:
    """Buttons of one page; an attack under way is drawn into `curve`."""

    def __init__(self, page: Page, curve: Component) -> None:
        self.page, self.curve = page, curve

    def button(
        self,
        button: gr.Button,
        parts: Sequence[str],
        change: Change | None = None,
        changes: Sequence[Component] = (),
        done: str = "",
    ) -> None:
        """Let `button` compute `parts`; `change` first makes other choices, which the components `changes` show, and
        which are taken back where nothing can be computed with them."""

        def handler(request: gr.Request, key: str) -> Generator[dict]:
            before = present(self.page.visitors.get(key).choices)
            now = before if change is None else change(self.page.found(key), before)
            if change is not None:
                yield self._choose(key, before, now) or {self.page.nudge: gr.skip()}
            try:
                yield from self.run(key, parts, (done or text.DONE[parts[0]]).format(steps=now.tune_steps))
            except engine.EngineError:
                if now != before:
                    yield self._choose(key, now, before)
                raise

        self.page.listen(button.click, handler, [self.curve, *changes], alone=True, of_picture=True)

    def _choose(self, key: str, before: Choices, now: Choices) -> dict:
        """Choices that the server makes: what is another than `before`, unless the visitor has moved it since."""
        kept = present(self.page.visitors.get(key).choices)
        moved = {
            name: getattr(now, name) for name in before.differing(now) if getattr(kept, name) == getattr(before, name)
        }
        self.page.visitors.set(key, kept._replace(**moved))
        return self.page.set(moved)

    def put_away(self, button: gr.Button, parts: Sequence[str], said: str) -> None:
        """Let `button` show `parts` no longer."""

        def handler(request: gr.Request, key: str) -> Generator[dict]:
            asked = self.page.visitors.get(key).asked - frozenset(parts)
            self.page.visitors.change(key, asked=asked)
            yield self.page.rest(key, said)

        self.page.listen(button.click, handler)

    def story(self, button: gr.Button) -> None:
        """Let `button` compute the whole story, and the page open one step after the other."""

        def handler(request: gr.Request, key: str) -> Generator[dict]:
            yield from self.run(key, STORY, "", story=True)

        self.page.listen(button.click, handler, [self.curve], alone=True, of_picture=True)

    def run(self, key: str, parts: Sequence[str], done: str, story: bool = False) -> Generator[dict]:
        """The parts, one after the other; what is held is not computed again."""
        page = self.page
        visitor = page.visitors.get(key)
        question = page.question(visitor, key)
        if question is None:
            raise engine.EngineError(text.MISSING["Attack"])
        parts = [name for name in parts if asks(question, name)]
        walk = _Walk(page, key, question, story)
        walk.take_held(parts)
        page.visitors.ask(key, frozenset(parts))
        if story and all(_is_held(question, name) for name in parts):
            yield page.rest(key, text.STORY_HELD, "good", walk.last_go(), walk=True)
            return
        with closing(page.models.run(question, parts)) as walk.run:
            for place, name in enumerate(parts):
                yield walk.begin(name, place / len(parts) if story else None)
                with closing(self._part(name, walk)) as updates:
                    yield from updates
        done = done or text.STORY_DONE.format(seconds=time.monotonic() - walk.started)
        yield page.rest(key, done, "good", walk.last_go())

    def _part(self, name: str, walk: _Walk) -> Generator[dict]:
        """One part, row by row."""
        trail = self.page.trail(walk.question, FRAME_SECONDS)
        with self.page.to_its_end(walk.key, trail):
            for asked, item in walk.run.part(name):
                if asked is None:
                    yield self.page.nudged() | walk.say(name, item if PARTS[name].in_rows else None)
                elif isinstance(item, engine.AttackStep):
                    if trail.took(item) and walk.current():
                        said = walk.say(name, item.index / item.total, "adversarial")
                        yield from self.page.climbing(walk.key, trail, said)
                elif walk.took(asked):
                    yield self.page.nudged()


class _Walk:
    """Where a run of one visitor is: what it says, what it has brought to the page, which step it opens."""

    def __init__(self, page: Page, key: str, question: Question, story: bool) -> None:
        self.page, self.key, self.question, self.story = page, key, question, story
        self.run = Run(question)
        self.requested: set[engine.story.Request] = set()
        self.started = self.moved = time.monotonic()
        self.begun = 0.0

    def begin(self, name: str, share: float | None) -> dict:
        """The step of the part is at work."""
        step, go = self.step(name), None
        if self.story and (name == "ensemble" or time.monotonic() - self.moved >= DWELL_SECONDS or share == 0):
            self.moved, go = time.monotonic(), step
        self.begun = share or 0.0
        self.page.visitors.change(self.key, progress=Progress(step, go, time.monotonic_ns(), self.story))
        return self.page.say(text.BUSY[name] + self._booked(), "busy", share) | self.page.nudged()

    def last_go(self) -> int | None:
        """The step that is open at the end of a story."""
        return self.step("ensemble") if self.story else None

    def step(self, name: str) -> int:
        """The number of the panel whose subject the part is; the answer, which is nobody's, stands in the first."""
        return next((step for step, piece in self.page.screens.pieces if step and name in piece.shows), 1)

    def current(self) -> bool:
        """Whether the visitor still asks for the attack that is computed."""
        question = self.page.question(self.page.visitors.get(self.key), self.key)
        attack = engine.story.Attack()
        return question is not None and question.story.key(attack) == self.question.story.key(attack)

    def take_held(self, names: Sequence[str]) -> None:
        """What others have had computed of these parts is shown as soon as they are, with what they follow from."""
        rows = [Row(wanted) for name in names for wanted in PARTS[name].wanted(self.question)]
        self.took(*(request for row in rows for request in row.advance(self.question.story).given))

    def took(self, *requests: engine.story.Request) -> bool:
        """Results have come: the parts that are complete with them are shown from now on; whether there are any."""
        self.requested.update(*(_closure(request, self.question.story.recipe) for request in set(requests)))
        asked = self.page.visitors.get(self.key).asked
        new = frozenset(
            name for name, part in PARTS.items() if name not in asked and _covers(self.requested, part, self.question)
        )
        if new:
            self.page.visitors.ask(self.key, new)
        return bool(new)

    def say(self, name: str, share: float | None, doing: str = "") -> dict:
        """What goes on; of a long part that counts its steps, also how long it may still take."""
        doing, spent = text.BUSY[doing or name], time.monotonic() - self.started
        others = self.page.runs.others(self.key)
        doing += text.SHARED[min(others, 2)].format(count=others) + self._booked()
        if self.story:
            return self.page.say(doing, "busy", self.begun + (share or 0) / len(STORY))
        if share and spent >= TELL_AFTER and (left := spent / share * (1 - share)) >= 1:
            doing = text.LEFT.format(doing=doing, left=left)
        return self.page.say(doing, "busy", share)

    def _booked(self) -> str:
        """What the visitor's quota on a lent accelerator is charged with."""
        return text.BOOKED.format(seconds=self.run.seconds) if self.run.seconds else ""


def _is_held(question: Question, name: str) -> bool:
    """Whether everything of a part is there already."""
    return all(Row(wanted).advance(question.story).request is None for wanted in PARTS[name].wanted(question))


def _closure(request: engine.story.Request, recipe: engine.story.Recipe) -> set[engine.story.Request]:
    """The request and all that it needs."""
    return {request}.union(*(_closure(need, recipe) for need in request.needs(recipe).values()))


def _covers(requested: set[engine.story.Request], part: Part, question: Question) -> bool:
    """Whether everything that the part (its first row) asks for is held and was requested."""
    first = next(iter(part.wanted(question)), None)  # none where no defence was chosen
    if first is None:
        return False
    row = Row(first).advance(question.story)
    return row.request is None and requested.issuperset(row.given)
