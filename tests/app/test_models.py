"""The models of a page: loaded once by name, offered or not, and what computes for a visitor who chose one."""

from dataclasses import replace

import pytest
import torch

import engine
from app.batch import Batch
from app.models import Models
from app.state.shown import Shown
from app.state.visitors import FIRST, Visitor
from engine.story import Clean, Picture, Results
from tests.page_cases import CHOICES, CLASSES, WHOLE, asked, held, picture


@pytest.fixture
def own(resnet):
    """The models of a page that was started with another one."""
    return Models(resnet, free=True)


def test_the_page_starts_with_its_own_model(own, resnet):
    assert own.backbone("") is resnet and own.backbone(resnet.name) is resnet


def test_a_fetched_model_is_loaded_once_and_computes(own, model, tiny, pixels, monkeypatch):
    assert set(own.fetch(model)) <= {None}  # nothing to download
    monkeypatch.setattr(engine, "load_backbone", None)  # what is in memory is not loaded again
    backbone = own.backbone(model)
    assert own.backbone(model) is backbone
    expected = engine.predict(tiny, pixels, CLASSES).logits
    shown = Shown("x.png", "", (64, 64), Picture(pixels))
    *_, (_, found), _ = own.run(asked(backbone, Results(), shown=shown), ("clean",)).part("clean")
    assert torch.allclose(found.logits, expected, atol=1e-4)


def test_a_model_that_made_room_is_loaded_again(own, model, tmp_path):
    first = own.backbone(model)
    other = tmp_path / "other"
    other.symlink_to(model.removeprefix("local-dir:"))
    own.backbone(f"local-dir:{other}")
    assert own.backbone(model) is not first


def test_a_model_for_larger_pictures_is_another_model(model):
    large = engine.load_backbone(model, "cpu", settings=engine.ModelSettings(image_size=96))
    own = Models(large, free=True)
    assert own.backbone(f"{model}@96") is large and own.backbone(model).image_size == 64
    assert own.backbone(f"{model}@32").grid == (4, 4)


@pytest.mark.parametrize("name", ["nobody/knows-this", "local-dir:/nowhere", ""])
def test_what_cannot_be_loaded_gets_a_sentence(own, name):
    with pytest.raises(engine.EngineError):
        list(own.fetch(name))


def test_a_page_for_everybody_offers_the_catalogue_only(tiny, model):
    public = Models(tiny)
    with pytest.raises(engine.EngineError, match="does not offer"):
        list(public.fetch(model))
    assert set(public.fetch(tiny.name)) <= {None}
    assert set(public.fetch("fieldguide")) <= {None}


def test_a_lent_accelerator_keeps_a_page_for_everybody_to_the_catalogue_too(tiny, model):
    lent = Models(tiny, lend=lambda function, seconds: function)
    with pytest.raises(engine.EngineError, match="does not offer"):
        list(lent.fetch(model))
    assert set(lent.fetch("fieldguide")) <= {None}


def test_another_model_keeps_nothing_that_the_old_one_computed(tiny):
    batch = Batch(CHOICES.settings(), 1)
    visitor = replace(Visitor("", picture(tiny), CHOICES), asked=frozenset(WHOLE), batch=batch)
    other = visitor.on("RN50/openai", visitor.picture)
    assert (other.model, other.asked, other.batch) == ("RN50/openai", FIRST, None)
    assert visitor.on("", picture(tiny, 2)).batch is batch and Visitor().model == ""


def test_models_find_nothing_of_each_other(tiny, resnet, question, told):
    assert asked(resnet, question.story.results).story.key(Clean()) != question.story.key(Clean())
    other = held(asked(resnet, question.story.results), WHOLE)
    assert other.clean is None and other.adversarial is None and other.defences == ()
