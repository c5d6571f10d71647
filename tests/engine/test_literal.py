"""The literal schedules of the benchmark: they give our answers, and take the operations that are said of them."""

import copy
from dataclasses import replace

import pytest
import torch

from engine import Settings, ViewSettings
from engine.benchmarks.literal import Passes, sentences
from engine.benchmarks.operations import literal_operations, operations
from engine.benchmarks.resized import resized
from engine.benchmarks.schedules import SCHEDULES, Draws, draw
from engine.benchmarks.speed import defended
from engine.benchmarks.subjects import in_another_order, made_up_classes, picture
from engine.classes import Classes
from engine.defences.defend import defend
from engine.errors import EngineError
from engine.models import Backbone, load_backbone
from engine.numerics.upsampling import upsample
from engine.views.guided import make_views
from tests.fixtures import noise

CLASSES = Classes(("cat", "dog", "sea lion", "fox"))
VIEWS = 12
NAMES = 8  # made up, of the built-in model's words; a map reads them once a view


@pytest.fixture(scope="module")
def built_in() -> Backbone:
    return load_backbone(device="cpu")


def in_double(backbone: Backbone) -> Backbone:
    return backbone.with_model(copy.deepcopy(backbone.model).double(), backbone.name)


def answer(backbone: Backbone, pixels: torch.Tensor, classes: Classes, name: str, views: int) -> torch.Tensor:
    whole = backbone.text.context_length
    passes = Passes(backbone, sentences(backbone, classes, whole))
    with torch.no_grad():
        return SCHEDULES[name](passes, draw(backbone, pixels, classes, views))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_literal_schedule_answers_as_ours_does_on_the_built_in_model(built_in, name):
    """A-TPT in float64: in float32, maps that are made of rounding are others in a batch than alone."""
    backbone = in_double(built_in) if name == "a-tpt" else built_in
    pixels, classes = picture(backbone), made_up_classes(backbone, NAMES if name == "a-tpt" else 20)
    literal, ours = answer(backbone, pixels, classes, name, VIEWS), defended(backbone, pixels, classes, name, VIEWS)
    assert int(literal.argmax()) == int(ours.argmax())
    assert torch.allclose(literal.softmax(-1).float(), ours.softmax(-1).float(), atol=1e-4, rtol=0)
    untouched = defended(backbone, pixels, classes, "clip").softmax(-1).float()
    assert not torch.allclose(literal.softmax(-1).float(), untouched, atol=1e-2, rtol=0)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_literal_schedule_answers_as_ours_does_on_a_resnet(resnet, name):
    pixels = noise(64)
    literal, ours = answer(resnet, pixels, CLASSES, name, VIEWS), defended(resnet, pixels, CLASSES, name, VIEWS)
    assert torch.allclose(literal.softmax(-1), ours.softmax(-1), atol=1e-4, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["built_in", "resnet"])
def test_a_literal_map_is_that_of_the_views(kind, request):
    backbone = in_double(request.getfixturevalue(kind))
    pixels, classes = picture(backbone), made_up_classes(backbone, NAMES)
    passes = Passes(backbone, sentences(backbone, classes, backbone.text.context_length))
    draws = draw(backbone, pixels, classes, VIEWS)
    views = make_views(backbone, pixels, classes, ViewSettings(count=VIEWS))
    expected = upsample(views.maps, backbone.image_size, views.floor)
    for crop, ours in zip(draws.crops, expected, strict=True):
        assert torch.allclose(passes.map(crop, passes.start()).float(), ours, atol=1e-4)


@pytest.mark.parametrize("length", [77, 40])
def test_sentences_of_any_length_are_read_alike(tiny, length):
    passes = Passes(tiny, sentences(tiny, CLASSES, length))
    assert passes.sentences.ids.shape == (4, length)
    assert torch.allclose(passes.text(passes.start()), tiny.encode_text(CLASSES), atol=1e-6)


def test_sentences_are_not_cut_short(tiny):
    with pytest.raises(EngineError, match="Expected at least 9 tokens for these class names; got 8."):
        sentences(tiny, CLASSES, 8)
    assert sentences(tiny, CLASSES, 9).ids.shape == (4, 9)


@pytest.fixture(scope="module")
def drawn(shallow) -> tuple[Passes, Draws]:
    return Passes(shallow, sentences(shallow, CLASSES, 77)), draw(shallow, noise(32), CLASSES, VIEWS)


@pytest.fixture(scope="module")
def literal(drawn) -> dict[str, int]:
    """The operations of each schedule, none carried out."""
    with torch.no_grad():
        return {name: literal_operations(name, *drawn) for name in SCHEDULES}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEDULES)
def test_operations_that_are_not_carried_out_are_counted_alike(drawn, literal, name):
    with torch.no_grad():
        assert literal[name] == operations(lambda: SCHEDULES[name](*drawn)) > 0


def test_operations_are_those_of_products_convolutions_and_attention(small):
    """Of the image tower of a picture, worked out by hand: patches, four blocks, the projection."""
    width, tokens, blocks = 64, 17, 4
    block = 12 * width * width * tokens + 2 * tokens * tokens * width  # weights, then scores and mixing of values
    by_hand = 2 * (16 * 3 * 8 * 8 * width + blocks * block + width * 64)
    with torch.no_grad():
        assert operations(lambda: small.visual(noise(32)[None])) == by_hand


@pytest.mark.slow
def test_ours_takes_fewer_operations(shallow, literal):
    for name in SCHEDULES:
        assert operations(lambda name=name: defended(shallow, noise(32), CLASSES, name, VIEWS)) < literal[name]


def test_the_schedules_read_the_prompts_and_the_views_as_often_as_their_codes(shallow, monkeypatch):
    """The counts of the released codes: image passes, maps, text passes, without the passes of a map."""
    counts: dict[str, int] = {}

    def counted(name, size):
        real = getattr(Passes, name)

        def call(self, *given):
            counts[name] = counts.get(name, 0) + size(given)
            return real(self, *given)

        monkeypatch.setattr(Passes, name, call)

    counted("image", lambda given: len(given[0]))
    counted("map", lambda given: 1)
    counted("text", lambda given: 1)
    expected = {
        "tpt": {"image": 65, "text": 2},
        "r-tpt": {"image": 257, "text": 5},
        "a-tpt": {"image": 193, "text": 67, "map": 63},
    }
    for name, passes in expected.items():
        counts.clear()
        answer(shallow, noise(32), CLASSES, name, 64)
        assert counts == passes


def test_a_label_set_in_another_order_is_another_one_with_the_same_names():
    turned = in_another_order(CLASSES, 1)
    assert turned.names == ("dog", "sea lion", "fox", "cat") and turned != CLASSES
    assert in_another_order(CLASSES, 4) == CLASSES


def test_made_up_classes_are_words_that_the_model_knows(built_in, small):
    for count in (10, 102, 1000):
        for backbone in (built_in, small):
            classes = made_up_classes(backbone, count)
            assert len(classes) == count and not backbone.unknown_words(classes.sentences(classes.templates[0]))


def test_a_resized_model_reads_pictures_of_its_own_size_and_stays_itself_at_the_old_one(small):
    larger = resized(small, 6)
    assert (larger.image_size, larger.grid, small.image_size, small.grid) == (48, (6, 6), 32, (4, 4))
    assert larger.encode_image(noise(48)[None]).shape == (1, 64)
    same = resized(small, 4).encode_image(noise(32)[None])
    assert torch.allclose(same, small.encode_image(noise(32)[None]), atol=1e-5)


def test_defended_is_what_the_defence_answers(small):
    settings = replace(Settings(), defences=("r-tpt",), views=ViewSettings(count=VIEWS))
    (expected,) = defend(small, noise(32), CLASSES, settings)
    assert torch.equal(defended(small, noise(32), CLASSES, "r-tpt", VIEWS), expected.prediction.logits)
