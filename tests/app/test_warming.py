"""The stories of the samples are computed ahead, as a page just loaded asks for them, as far as that is cheap."""

import math
from pathlib import Path

import pytest

import engine
from app import warming
from app.picture_sources import PictureSources
from app.samples import Sample
from app.state.visitors import Visitor
from app.wiring.live import Pace
from engine.story import Results
from tests.page_cases import CHOICES, EVERYTHING, WHOLE

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"
CLASSES = ("red fish", "blue fish", "green fish")


@pytest.fixture
def sources(tiny):
    return PictureSources(
        tiny, [Sample(SAMPLES / f"{one}.png", one, "", "blue fish", CLASSES, one) for one in ("bird-1", "fish-2")]
    )


@pytest.fixture
def cold(page, monkeypatch):
    """The page with nothing computed, whose stories are short."""
    monkeypatch.setattr(page, "results", Results())
    monkeypatch.setattr(page, "pace", Pace())
    monkeypatch.setattr(type(page), "defaults", CHOICES)
    return page


def seen(page, sources, place: int):
    """What a visitor finds of everything, who has just picked the sample."""
    opened = sources.sample(place)
    key = f"warming {place}"
    page.visitors.put(key, Visitor("", opened.shown, opened.asking(page.defaults), asked=frozenset(EVERYTHING)))
    found = page.found(key)
    page.visitors.drop(key)
    return found


def test_every_sample_s_story_is_there_and_is_kept_whoever_comes(cold, sources):
    assert warming.warm(cold, sources) == 2
    for place in range(2):
        found = seen(cold, sources, place)
        assert set(found.made) == set(WHOLE) and not found.partial
    before = cold.results.bytes
    cold.results.drop(warming.OWNER)
    assert cold.results.bytes == before and set(seen(cold, sources, 0).made) == set(WHOLE)


def test_what_is_needed_on_the_way_and_not_shown_is_not_kept(cold, sources):
    warming.warm(cold, sources)
    question = warming._question(cold, sources.sample(0))
    assert engine.story.Views() in question.story and engine.story.Views("tpt") not in question.story


def test_a_story_that_takes_too_long_is_not_computed_ahead(cold, sources, monkeypatch):
    monkeypatch.setattr(warming, "LONGEST", 0.0)
    monkeypatch.setattr(warming, "TRIES", 1)
    assert warming.warm(cold, sources) == 0
    assert set(seen(cold, sources, 0).made) == {"clean", "adversarial"} and not seen(cold, sources, 1).made


@pytest.mark.parametrize(("tries", "pinned"), [(1, 1), (2, 2)])
def test_one_that_takes_too_long_is_kept_and_a_few_do_not_end_it(cold, sources, monkeypatch, tries, pinned):
    """The first sample's attack is quick and its story is not, as when somebody else needs the machine."""
    answers = iter([True, False, True, True])
    quick = warming._is_quick
    monkeypatch.setattr(warming, "TRIES", tries)
    monkeypatch.setattr(warming, "_is_quick", lambda *asked: (quick(*asked), next(answers))[1])
    assert warming.warm(cold, sources) == pinned
    assert set(seen(cold, sources, 0).made) == set(WHOLE)


def test_stories_are_computed_ahead_until_there_is_no_room(cold, sources, monkeypatch):
    alone = Results()
    monkeypatch.setattr(cold, "results", alone)
    warming.warm(cold, PictureSources(sources.backbone, sources.samples[:1]))
    monkeypatch.setattr(cold, "results", Results(most=math.inf, most_pinned=1.5 * alone.bytes))
    assert warming.warm(cold, sources) == 1


def test_computing_ahead_is_of_low_priority_and_charged_to_nobody(cold, sources, monkeypatch):
    monkeypatch.setattr(cold, "budget", engine.story.Budget(1))
    lows = []
    monkeypatch.setattr(
        engine.story.Results, "ask", lambda self, *a, ask=Results.ask: (lows.append(a[-1]), ask(self, *a))[1]
    )
    assert warming.warm(cold, sources) == 2 and lows and all(lows)
