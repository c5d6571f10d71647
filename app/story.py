"""What a press of a button sets going: one part of the story with what it needs, or all of it, shown as it comes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import engine
from app.choices import Choices
from app.figures.journey import journey
from app.page import Page
from app.run import DWELL_SECONDS, STEP_OF, Job
from app.text import words as text

NEXT = {
    "clean": "attack", "attack-step": "attack", "attacked": "maps", "map-clean": "maps", "map-attacked": "views",
    "views": "tune", "tune-step": "tune", "ensemble": "defences", "defence": "defences",
}  # fmt: skip
NEEDS = {
    "attack": (), "maps": ("attack",), "occlusion": ("attack", "maps"), "every": ("attack",), "words": ("attack",),
    "heads": ("attack",), "views": ("attack",),
    "tune": ("attack", "views"), "defences": ("attack",),
}  # fmt: skip
HOLDS = {"attack": "adversarial", "maps": "maps", "views": "views", "tune": "steps"}
HOLDS_MANY = {"defences": "defences", "every": "every"}  # parts that add to what is there
SHOWN_IN = {
    "attack": 2, "maps": 3, "occlusion": 3, "every": 3, "words": 3, "heads": 3, "views": 4, "tune": 5, "defences": 6,
    "ensemble": 6,
}  # fmt: skip
TELL_AFTER = 3  # seconds
FRAME_SECONDS = 0.1  # between two drawings of an attack under way, so that the browser can also heed its visitor
SHARE = {
    "clean": 0.03,
    "attacked": 0.2,
    "map-clean": 0.22,
    "map-attacked": 0.26,
    "views": 0.45,
    "tune-step": 0.5,
    "ensemble": 0.52,
}


class Story:
    """The work of one page; every method of it yields what the page shows next."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def settle(self, job: Job, choices: Choices) -> Iterator[dict]:
        """Bring picture, classes and label in step with the controls; the clean answer is there afterwards."""
        if self.page.in_step(job, choices):
            yield self.page.draw(job.session, choices)
        session = job.session
        if session.picture is None:
            raise engine.EngineError(text.MISSING["Attack"])
        try:
            classes = choices.classes(job.worker.backbone.templates)
        except engine.EngineError:
            job.keep(session.without("clean"))  # no answer stands beside a list of classes it was not given for
            yield self.page.draw(job.session, choices)
            raise
        asked = session.with_question(classes, choices.label(classes)).with_domain_word(choices.word)
        if asked is not session:
            job.keep(asked)
            yield self.page.draw(asked, choices)
        job.settings, job.asked = choices.aimed(job.settings, classes), choices.asked(classes)
        if job.session.clean is None:
            for event in job.events("clean"):
                job.take(event)
            yield self.page.draw(job.session, choices)

    def work_on(self, part: str, done: str | None = None) -> Callable[[Job, Choices], Iterator[dict]]:
        """Work that runs `part` after whatever it needs and has not got."""

        def work(job: Job, choices: Choices) -> Iterator[dict]:
            yield from self.settle(job, choices)
            for needed in NEEDS[part]:
                if not getattr(job.session, HOLDS[needed]):
                    yield from self.run(job, choices, needed)
            yield from self.run(job, choices, part)
            yield self.page.draw(job.session, choices, 2) | self.page.say(done or text.DONE[part], "good")

        return work

    def run(self, job: Job, choices: Choices, part: str) -> Iterator[dict]:
        """One part of the story from the session as it is."""
        yield {self.page.journey: journey(job.session, SHOWN_IN[part])} | self.page.say(text.BUSY[part], "busy")
        if part in HOLDS_MANY:
            job.keep(job.session.without(HOLDS_MANY[part]))
        for event in _taken(job, part):
            share = _share(job, event)
            yield self._show(job, choices, event) | self.page.say(_busy(job, part, share), "busy", share)
        if part == "tune":
            yield from self.run(job, choices, "ensemble")

    def whole(self, job: Job, choices: Choices) -> Iterator[dict]:
        """All six steps with the settings of the page."""
        yield from self.settle(job, choices)
        job.keep(job.session.without("adversarial"))
        yield self.page.draw(job.session, choices, 2) | {self.page.journey: journey(job.session, 2, 2, True)}
        job.moved = time.monotonic()
        for event in _taken(job, "story"):
            upcoming = text.BUSY[NEXT[event.name]]
            yield self._show(job, choices, event, story=True) | self.page.say(
                upcoming, "busy", _story_share(job, event)
            )
        seconds = time.monotonic() - job.started
        yield {self.page.journey: journey(job.session)} | self.page.say(
            f"{text.DONE['story']} in {seconds:.1f} s.", "good"
        )

    def _show(self, job: Job, choices: Choices, event: engine.Event, story: bool = False) -> dict:
        number = STEP_OF[event.name]
        if event.name == "attack-step":
            return self.page.panels[2].live(job.trail, job.session.reference, job.settings.attack)
        if event.name == "map-clean":
            return {}
        go = self._move(job, event.name, number) if story else None
        updates = {self.page.journey: journey(job.session, STEP_OF.get(event.name), go, story)}
        if event.name == "tune-step" or event.name == "ensemble":
            updates |= self.page.panels[4].mark(job.session, choices)
        if event.name == "ensemble":
            updates |= self.page.panels[5].draw(job.session, choices)
        return updates | self.page.panels[number].draw(job.session, choices)

    @staticmethod
    def _move(job: Job, name: str, number: int) -> int | None:
        """The step to open while the story runs: the verdict at once, others only if the last had time to be seen."""
        now = time.monotonic()
        if name != "ensemble" and (name in ("clean", "defence") or now - job.moved < DWELL_SECONDS):
            return None
        job.moved = now
        return number


def _taken(job: Job, part: str) -> Iterator[engine.Event]:
    """What there is to draw of `part`; all of it is taken up, but not every iteration of an attack is worth a drawing
    of its own: the next one holds it as well."""
    drawn = -math.inf
    for event in job.events(part):
        job.take(event)
        now = time.monotonic()
        if event.name != "attack-step" or now - drawn >= FRAME_SECONDS:
            drawn = now
            yield event


def _share(job: Job, event: engine.Event) -> float | None:
    """How far one part has come, where it counts its own steps."""
    if event.name == "attack-step":
        return event.result.index / event.result.total
    if event.name == "tune-step":
        return event.result.index / max(job.settings.tuning.steps, 1)
    if event.name == "every":
        return len(job.session.every) / len(engine.maps.maps_for(job.worker.backbone))
    if event.name == "defence":
        return len(job.session.defences) / max(len(job.settings.defences), 1)
    return None


def _busy(job: Job, part: str, share: float | None) -> str:
    """What goes on; of a long part that counts its steps, also how long it may still take."""
    spent = time.monotonic() - job.started
    if not share or spent < TELL_AFTER:
        return text.BUSY[part]
    return text.LEFT.format(doing=text.BUSY[part], left=spent / share * (1 - share))


def _story_share(job: Job, event: engine.Event) -> float:
    """How far the story has come, by steps, not by time."""
    if event.name == "attack-step":
        return 0.03 + 0.17 * _share(job, event)
    if event.name == "defence":
        return 0.52 + 0.48 * _share(job, event)
    return SHARE[event.name]
