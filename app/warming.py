"""The stories of the samples, computed while nobody waits, so that they are there for whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import engine
from app.picture_sources import Opened, PictureSources
from app.present import present
from app.state.parts import PARTS, STORY, Question, Row, rows_computed
from app.state.visitors import Visitor
from app.wiring.page import Page

LONGEST = 8.0  # seconds that a story may take for the samples' to be computed ahead
TRIES = 3  # stories that may take longer: the machine may be busy for a while
SETTLED = 3.0  # seconds
OWNER = "samples"


def begin(page: Page, sources: PictureSources) -> None:
    """Compute them in the background, once the page has had time to be served."""
    timer = threading.Timer(SETTLED, warm, (page, sources))
    timer.daemon = True
    timer.start()


def warm(page: Page, sources: PictureSources) -> int:
    """Compute the story of each sample, as a page just loaded asks for it, and pin what the page shows of it.

    Ends where `TRIES` of them take too long, or there is no room; how many are pinned.
    """
    pinned, slow = 0, 0
    for place in sources.offered:
        question = _question(page, sources.sample(place))
        if not _is_quick(question, ["adversarial"]):
            slow += 1
        else:
            slow += not _is_quick(question, ["clean", *STORY])
            if not page.results.pin(*_keys(question, ["clean", *STORY])):
                break
            pinned += 1
            page.results.drop(OWNER)  # what was needed and is not shown
        if slow == TRIES:
            break
    return pinned


def _question(page: Page, opened: Opened) -> Question:
    visitor = Visitor("", opened.shown, opened.asking(page.defaults))
    question = present(page.question(visitor, OWNER))
    return replace(question, low=True, budget=engine.story.Budget())


def _is_quick(question: Question, parts: Sequence[str]) -> bool:
    """Compute the parts; whether that took less than `LONGEST`, without what was held and whatever it waited for."""
    for name in parts:
        for _ in rows_computed(question, name):
            pass
    return sum(map(question.story.results.seconds, _keys(question, parts))) < LONGEST


def _keys(question: Question, parts: Sequence[str]) -> set[str]:
    """The keys of all that the page shows of these parts, which are held."""
    rows = [Row(wanted).advance(question.story) for name in parts for wanted in PARTS[name].wanted(question)]
    return {question.story.key(request) for row in rows for request in row.given}
