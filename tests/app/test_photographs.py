"""The photographs to begin with: there, credited, asked something, and offered to models that can read their names."""

import asyncio
import json

import gradio as gr
import pytest
from PIL import Image

import engine
from app.choices import ATTACKED, NO_RIVAL, NO_TARGET, NO_TRUTH
from app.export import link
from app.head import Head
from app.labels import first_asked, load_label_sets, set_of
from app.models import Models
from app.panels.inputs import OF_PICTURE, Inputs
from app.picture_sources import PictureSources
from app.samples import load_photographs, load_samples
from app.state.visitors import Visitor
from tests.page_cases import CHOICES

SETS = load_label_sets(engine.ASSETS / "labels")
LISTING = engine.ASSETS / "samples" / "photographs.json"
NAMES = {each.key: each.names for each in SETS}
ENTRIES = json.loads(LISTING.read_text(encoding="utf-8"))
PAINTINGS = load_samples(engine.ASSETS / "samples")
PHOTOGRAPHS = load_photographs(LISTING, NAMES)


@pytest.fixture(scope="module")
def closed():
    return engine.load_backbone(device="cpu")


@pytest.fixture(scope="module")
def sources(tiny):
    return PictureSources(tiny, (*PAINTINGS, *PHOTOGRAPHS))


@pytest.fixture(scope="module")
def inputs(tiny, sources):
    async def build():  # in a running loop: one that Gradio makes for itself is never closed
        with gr.Blocks():
            models = Models(tiny)
            return Inputs(sources, models, Head(models), SETS)

    return asyncio.run(build())


def own(sources, tmp_path):
    """A visitor's own picture, opened."""
    path = tmp_path / "own.png"
    Image.new("RGB", (200, 160), "orange").save(path)
    return sources.file(str(path))


def test_ten_and_more_are_there_and_no_two_are_one(sources):
    assert len(PHOTOGRAPHS) == len(ENTRIES) >= 10
    assert len({one.source for one in PHOTOGRAPHS}) == len(PHOTOGRAPHS)
    assert len({sources.again(one.source).shown.picture.digest for one in PHOTOGRAPHS}) == len(PHOTOGRAPHS)


@pytest.mark.parametrize("one", PHOTOGRAPHS, ids=lambda one: one.source)
def test_each_is_of_another_package_credited_and_asked_something(one):
    assert not one.path.is_relative_to(engine.ASSETS) and one.path.is_file()
    assert one.credit and one.question.endswith("?") and one.title
    assert one.truth in one.classes and len(one.classes) >= 30


def test_what_a_package_does_not_bring_is_left_out(tmp_path):
    entries = [ENTRIES[0], ENTRIES[1] | {"file": "data/none.png"}, ENTRIES[2] | {"package": "no_such_package"}]
    (tmp_path / "some.json").write_text(json.dumps(entries))
    assert [one.source for one in load_photographs(tmp_path / "some.json", NAMES)] == ["photograph cat"]


def test_they_come_first_where_their_names_can_be_read(sources, closed):
    assert [bool(sources.samples[place].credit) for place in sources.offered] == [True] * 14 + [False] * 10
    assert sources.on(closed).offered == tuple(range(len(PAINTINGS)))


def test_the_rows_of_tiles_follow_the_model(inputs, tiny, closed):
    opened, painted = inputs._tiles("photograph cat", tiny), inputs._tiles("sample 1", closed)
    assert opened.count('class="sample"') == 24 and painted.count('class="sample"') == 10
    assert opened.index("A cat") < opened.index(PAINTINGS[0].title) and "A cat" not in painted
    assert opened.count('aria-pressed="true"') == painted.count('aria-pressed="true"') == 1
    assert opened.count('class="label"') == 2 and painted.count('class="label"') == 1


def test_a_page_of_an_open_model_begins_with_a_photograph_and_its_named_list(inputs):
    assert inputs.names.value.splitlines() == list(PHOTOGRAPHS[0].classes)
    assert (inputs.labels.value, inputs.truth.value) == ("everyday", "cat")


def test_a_link_names_a_photograph_and_its_model(sources):
    opened = sources.again("photograph coffee")
    assert (opened.truth, opened.shown.credit[:19]) == ("cup of coffee", "by Rachel Michetti,")
    asked = opened.asking(CHOICES)
    made = link.query(asked, CHOICES, opened, "ViT-B-32/openai")
    assert made == "?picture=photograph+coffee&model=ViT-B-32%2Fopenai"
    assert link.restored({"picture": "photograph coffee"}, CHOICES, opened, lambda *_: True) == (asked, [])


@pytest.mark.parametrize("source", ["photograph dragon", "photograph", "photograph cat 1", ""])
def test_a_photograph_that_is_none_is_refused(sources, source):
    with pytest.raises(engine.EngineError, match="“photograph” with its name"):
        sources.again(source)


def test_everyday_things_are_two_hundred_and_for_open_models_alone(tiny, closed):
    things = first_asked(SETS, tiny)
    assert len(things.names) == 200 and things.source == "this repository"
    assert set_of(SETS, things.lines) is things and first_asked(SETS, closed).key == "field-guide-kinds"
    assert first_asked(SETS[:0], closed) is None


def test_an_own_picture_is_asked_for_everyday_things_in_the_place_of_another_picture_s_classes(
    inputs, sources, tiny, tmp_path
):
    shown, names = own(sources, tmp_path).shown, "blue bird\nred bird"
    visitor = Visitor("", shown, CHOICES._replace(class_names=names), brought=names)
    asking = inputs._of_things(visitor, tiny)
    things = first_asked(SETS, tiny)
    assert (asking.choices.class_names, asking.choices.true_class) == (things.lines, NO_TRUTH)
    assert inputs._of_things(asking, tiny).choices == asking.choices
    _, updates = inputs._another(tiny, visitor)
    assert updates[inputs.names]["value"] == things.lines and updates[inputs.labels]["value"] == "everyday"


def test_names_that_the_visitor_wrote_stay(inputs, sources, tiny, tmp_path):
    shown = own(sources, tmp_path).shown
    wrote = Visitor("", shown, CHOICES._replace(class_names="mine\nyours"), brought="blue bird\nred bird")
    assert inputs._of_things(wrote, tiny) is wrote


def test_nothing_that_was_chosen_for_another_picture_stays_with_the_next(sources, tmp_path):
    named = {"about": "blue bird", "against": "red bird", "target": "red bird", "true_class": "blue bird"}
    chosen = CHOICES._replace(**named, only_cells="2x2:2.3")
    for opened in (own(sources, tmp_path), sources.again("photograph coffee")):
        asking = opened.asking(chosen)
        assert (asking.about, asking.against, asking.target) == (ATTACKED, NO_RIVAL, NO_TARGET)
        assert asking.only_cells == "" and "only_cells" in OF_PICTURE
    assert asking.true_class == "cup of coffee"


def test_another_model_keeps_the_question_of_a_picture_of_the_page(inputs, sources, tiny):
    opened = sources.sample(0)
    names = "\n".join(opened.names)
    visitor = Visitor("", opened.shown, CHOICES._replace(class_names=names), brought=names)
    same, updates = inputs._another(tiny, visitor)
    assert same is visitor and 'data-index="0" aria-pressed="true"' in updates[inputs.gallery]
