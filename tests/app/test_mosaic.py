"""Two defences on the same kept pictures: the tiles are the records, and a tile opens its record's question."""

import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
from scipy.stats import binomtest

import engine
from app import measured
from app.choices import Choices
from app.figures.mosaic import GROUPS, arm_name, compared, mosaic
from app.panels.mosaic import Mosaic
from app.panels.recorded import Recorded, remark
from app.picture_sources import PictureSources
from app.state.found import Found
from app.state.visitors import Visitor
from app.text import many as text
from tests.page_cases import CHOICES, picture

ARMS = measured.arms()


def tiles(drawn, kind):
    group = drawn.split(f'class="bunch {kind}"')[1].split("</div></div>")[0]
    return [int(place) for place in re.findall(r'data-n="(\d+)"', group)]


@pytest.mark.parametrize("name", ARMS)
def test_every_picture_is_one_tile_in_the_group_of_its_record(name):
    kept, arm = ARMS[name]
    drawn = mosaic(kept, arm, "a-tpt", "r-tpt")
    for kind, rights in GROUPS.items():
        both = zip(arm.right["a-tpt"], arm.right["r-tpt"], strict=True)
        assert tiles(drawn, kind) == [place for place, found in enumerate(both) if found == rights]
    assert f"{kept.pictures} pictures" in drawn and arm_name(kept, arm).endswith(f"{kept.pictures} pictures")


def test_the_sentence_is_the_exact_paired_test():
    for (_, arm), left in zip(ARMS.values(), ("clip", "tpt", "view-average", "a-tpt") * 3, strict=False):
        both = list(zip(arm.right[left], arm.right["r-tpt"], strict=True))
        first, second = both.count((True, False)), both.count((False, True))
        p = binomtest(first, first + second).pvalue if first + second else 1.0
        said = compared(arm, left, "r-tpt")
        assert said.startswith(f"**{first} : {second}, ")
        assert ("cannot be told apart" in said) == (p >= 0.05)
        assert ("p < 0.001" in said) == (p < 0.001) and (p < 0.01 or f"p = {p:.2f}" in said)


def test_a_pair_that_cannot_be_compared_says_why():
    kept, arm = ARMS["collapse/pgd-8"]
    assert text.MOSAIC_SAME in mosaic(kept, arm, "tpt", "tpt")
    said = mosaic(kept, arm, "mac", "a-tpt")
    assert "MAC" in said and "Measured are no defence, View average" in said and "mosaic" not in said


def test_an_answer_that_is_wrong_is_told_with_the_words_that_differ():
    kept, arm = ARMS["every-defence/pgd-4"]
    place = arm.right["clip"].index(False)
    told_of = re.search(r'data-left="([^"]*)"', mosaic(kept, arm, "clip", "a-tpt"))[1].split("|")
    assert [not said for said in told_of] == list(arm.right["clip"])
    assert told_of[place].replace("*", "") == arm.answers["clip"][place] and "*" in told_of[place]


@pytest.fixture
def fresh(tiny, built):
    """The page, and the key of a visitor whose browser has loaded it just now."""
    page, key = built[1], "fresh"
    page.visitors.put(key, Visitor("", picture(tiny, salt=key), CHOICES))
    yield page, key
    page.visitors.drop(key)
    page.screens.forget(key)


def sent(page, key) -> dict[str, int]:
    """The characters of what the next drawing sends, by the place that it is for."""
    drawn = page.drawn(key).items()
    return {getattr(output, "elem_id", ""): len(str(value)) for output, value in drawn}


def test_the_first_drawing_sends_no_tiles_and_coming_near_them_brings_them_and_what_stands_below(built, fresh):
    page, key = fresh
    first = sent(page, key)
    assert first["mosaic"] < 200 and max(first.values()) < 12_000
    (mosaic,) = (block for block in built[0].blocks.values() if getattr(block, "elem_id", "") == "mosaic")
    (near,) = (each.fn for each in built[0].fns.values() if (mosaic._id, "expand") in each.targets)
    assert set(near(gr.Request(session_hash=key))) == {page.nudge}
    then = sent(page, key)
    assert set(then) == {"mosaic", "trust-drawn"} and then["mosaic"] > 30_000
    assert sent(page, key) == {}
    page.visitors.change(key, choices=CHOICES._replace(mosaic_left="tpt"))
    assert set(sent(page, key)) >= {"mosaic"}


@pytest.fixture(scope="module")
def builtin():
    return engine.load_backbone("fieldguide")


@pytest.fixture(scope="module")
def page(builtin):
    """As much of a page as opening a tile asks for."""
    models = SimpleNamespace(first=builtin, backbone=lambda name: builtin)
    return SimpleNamespace(models=models, defaults=CHOICES, backbone=lambda visitor: builtin)


def opener(sources):
    made = Mosaic.__new__(Mosaic)  # without its components
    made.sources, made.arms = sources, ARMS
    return made


def at(choices: Choices = CHOICES) -> Visitor:
    return Visitor(choices=choices)


@pytest.mark.parametrize("name", ARMS)
def test_a_tile_opens_with_the_question_of_its_record(name, builtin, page):
    kept, arm = ARMS[name]
    odd = CHOICES._replace(mosaic_arm=name, eps=7, legacy=True, template="{}", seed=3, map="raw", target="red fish")
    odd = odd._replace(only_cells="2x2:2.3")
    there = opener(PictureSources(builtin, ())).opened(page, at(odd), 17)
    choices = there.choices
    asked = engine.evaluation.settings_kept(kept.plan, arm.name, 17)
    assert choices.true_class == kept.truths[17] and choices.template == engine.classes.DEFAULT_TEMPLATE
    apart = {"attention": asked.attention, "defences": ()}
    assert replace(choices.settings(), **apart) == replace(asked, **apart)
    assert choices.settings().attack.seed == choices.settings().views.seed == 11_000_033 + 17
    assert list(choices.defences) == ["clip", "r-tpt", "a-tpt"] and choices.map == "raw"
    assert there.picture.source == "numbered 11 17" and there.asked == frozenset({"clean"})
    again = PictureSources(builtin, ()).again(there.picture.source)
    assert again.shown.picture.digest == there.picture.picture.digest and again.names == choices.classes().names


def test_the_next_picture_is_not_asked_with_what_came_with_a_tile_but_for_what_the_visitor_has_set(builtin, page):
    odd = CHOICES._replace(eps=7, steps=33, seed=3, template="{}")
    mosaic = opener(PictureSources(builtin, ()))
    there = mosaic.opened(page, at(odd), 17)
    assert there.choices.steps != 33 and there.choices.seed == 11_000_033 + 17
    assert {"steps", "seed", "eps", "template"} <= there.recorded.keys()
    for one in (there, mosaic.opened(page, there, 18)):  # behind a second tile too
        kept = ("eps", "steps", "seed", "template", "views", "norm", "defences")
        assert [getattr(one.own, name) for name in kept] == [getattr(odd, name) for name in kept]
    moved = replace(there, choices=there.choices._replace(steps=21))
    assert (moved.own.steps, moved.own.seed) == (21, 3)


def test_a_record_of_an_attack_kept_to_cells_brings_them(builtin, page):
    kept, arm = ARMS["every-defence/pgd-4"]
    asked = kept.settings(arm, 17, ("clip",))
    some = replace(asked, attack=replace(asked.attack, only_cells="2x2:2.3"))
    opened = PictureSources(builtin, ()).again("numbered 11 17")
    assert Mosaic._asked(page, CHOICES, opened, some).only_cells == "2x2:2.3"
    assert Mosaic._asked(page, CHOICES._replace(only_cells="2x2:1.3"), opened, asked).only_cells == ""


@pytest.mark.parametrize("number", [None, -1, 600, "7", 1.5])
def test_what_is_no_tile_opens_nothing(number, builtin, page):
    with pytest.raises(engine.EngineError, match="no such picture"):
        opener(PictureSources(builtin, ())).opened(page, at(), number)


def ended(builtin, page, answers):
    """What is found of tile 17 where the defences answer so."""
    there = opener(PictureSources(builtin, ())).opened(page, at(), 17)
    classes = there.choices.classes()
    found = Found(
        "", there.picture, classes, classes.names.index(there.choices.true_class), defences=tuple(answers(classes))
    )
    return found, there.choices


def answers_of(arm, classes, other=()):
    for name in ("clip", "a-tpt"):
        answer = arm.answers[name][17]
        answer = next(one for one in classes.names if one != answer) if name in other else answer
        yield SimpleNamespace(defence=name, prediction=SimpleNamespace(name=answer))


def test_the_verdict_says_whether_the_story_ends_as_its_record(builtin, page):
    kept, arm = ARMS["every-defence/pgd-4"]
    piece = Recorded(page.models)
    found, choices = ended(builtin, page, lambda classes: answers_of(arm, classes))
    (said,) = piece.draw(found, choices).values()
    assert "specimen 17" in said and "all 2 methods answer as in its record" in said
    found, choices = ended(builtin, page, lambda classes: answers_of(arm, classes, ("a-tpt",)))
    (said,) = piece.draw(found, choices).values()
    assert "Otherwise than the record of specimen 17" in said and arm.answers["a-tpt"][17] in said and "A-TPT" in said
    assert said == remark(found, kept, arm, 17)
    assert remark(replace(found, defences=()), kept, arm, 17) == ""  # nor are there words on no method
    (said,) = piece.draw(found, choices._replace(steps=99)).values()
    assert said == ""  # another question has no record


@pytest.mark.parametrize("source", ["", "numbered", "numbered 11", "numbered 11 -1", "numbered 11 x", "sample 11 1"])
def test_what_names_no_numbered_picture(source):
    assert measured.numbered(source) is None
    assert measured.numbered(measured.spelled(11, 5)) == (11, 5)
