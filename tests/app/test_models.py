"""The models of a page: loaded once by name, offered or not, and what computes for a visitor who chose one."""

import pytest
import torch

import engine
from app.models import Models
from app.session import Session, Shown, Store
from tests.page_cases import CLASSES


@pytest.fixture
def own(resnet):
    """The models of a page that was started with another one."""
    return Models(resnet, free=True)


def test_the_page_starts_with_its_own_model(own, resnet):
    assert own.worker("").backbone is resnet and own.worker(resnet.name).backbone is resnet
    assert own.ready(resnet.name) and not own.ready("another")


def test_a_fetched_model_is_loaded_once_and_computes(own, model, tiny, pixels):
    assert list(own.fetch(model)) == []  # nothing to download
    assert own.ready(model)
    worker = own.worker(model)
    assert own.worker(model) is worker
    expected = engine.predict(tiny, pixels, CLASSES).logits
    assert torch.allclose(worker.one("predict", pixels, CLASSES).logits, expected, atol=1e-4)


def test_a_model_that_made_room_is_loaded_again(own, model, tmp_path):
    first = own.worker(model)
    other = tmp_path / "other"
    other.symlink_to(model.removeprefix("local-dir:"))
    own.worker(f"local-dir:{other}")
    assert not own.ready(model) and own.worker(model) is not first


@pytest.mark.parametrize("name", ["nobody/knows-this", "local-dir:/nowhere", ""])
def test_what_cannot_be_loaded_gets_a_sentence(own, name):
    with pytest.raises(engine.EngineError):
        list(own.fetch(name))


def test_a_page_for_everybody_offers_the_catalogue_only(tiny, model):
    public = Models(tiny)
    with pytest.raises(engine.EngineError, match="does not offer"):
        list(public.fetch(model))
    assert list(public.fetch(tiny.name)) == []
    assert list(public.fetch("fieldguide")) == [] and public.ready("fieldguide")


def test_a_lent_accelerator_keeps_the_page_to_its_model(tiny):
    lent = Models(tiny, lend=lambda function: function, free=True)
    with pytest.raises(engine.EngineError, match="does not offer"):
        list(lent.fetch("fieldguide"))


def test_another_model_keeps_nothing_that_the_old_one_computed(told):
    session = told.with_model("RN50/openai")
    assert session.model == "RN50/openai" and session.clean is None and session.adversarial is None
    assert session.defences == () and session.picture is None
    store = Store()
    store.put("me", session.with_picture(Shown("x", "", (8, 8), torch.zeros(3, 8, 8))))
    assert store.get("me").model == "RN50/openai"
    assert Session().model == ""
