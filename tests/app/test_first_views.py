"""How many views a page begins with: fewer where the processor would take a minute for the usual number."""

import asyncio
import threading
from types import SimpleNamespace

import gradio as gr
import pytest
import torch

import engine
from app.export.linked import LinkedStep
from app.head import Head
from app.models import FEW, LARGE, Models
from app.panels.inputs import Inputs
from app.panels.model import few_views
from app.picture_sources import PictureSources
from app.present import present
from app.restore import RestoreLine
from app.samples import load_samples
from app.state.tabs import Tabs
from app.text.inputs import RESTORED
from app.text.words import READY
from engine.models import is_slow, operations, pass_operations
from tests.fixtures import TINY
from tests.page_cases import CHOICES, picture

USUAL = engine.Settings().views.count


@pytest.mark.slow
def test_operations_of_a_pass_are_those_of_its_matrix_products(tiny):
    """The last block is worked out for the class token alone, but for its keys and values."""
    shape = TINY["vision_cfg"]
    width, blocks = shape["width"], shape["layers"]
    tokens = 1 + (shape["image_size"] // shape["patch_size"]) ** 2
    whole = 2 * 12 * width**2 * tokens + 4 * width * tokens**2
    assert (blocks - 1) * whole < pass_operations(tiny) < (blocks + 1) * whole


@pytest.mark.parametrize(("flags", "most", "slow"), [(False, 0, True), (True, 0, False), (False, 1e18, False)])
def test_a_model_is_slow_by_its_operations_and_the_processors_flags(tiny, monkeypatch, flags, most, slow):
    monkeypatch.setattr(operations, "has_bf16", lambda device: flags)
    assert is_slow(tiny, most) is slow


def test_where_an_accelerator_is_lent_there_are_as_many_as_ever(tiny, monkeypatch):
    monkeypatch.setattr(engine.models, "is_slow", lambda backbone, most: most == LARGE)
    assert Models(tiny).views(tiny) == FEW and "16 views" in few_views(FEW) and few_views(USUAL) == ""
    assert "bf16" not in few_views(FEW) and "processor" not in few_views(FEW)
    assert Models(tiny, lend=lambda function, seconds: function).views(tiny) == USUAL


@pytest.mark.parametrize(("before", "behind"), [(USUAL, FEW), (32, 32)])
def test_another_model_brings_its_number_unless_the_visitor_chose_one(built, page, monkeypatch, before, behind):
    monkeypatch.setattr(page.models, "_views", {"fieldguide": FEW, "tiny": USUAL})
    (button,) = (b for b in built[0].blocks.values() if getattr(b, "elem_id", None) == "use-model")
    press = next(each.fn for each in built[0].fns.values() if (button._id, "click") in each.targets)
    key = f"views {before}"
    page.choose(key, [1, *CHOICES._replace(views=before)])

    list(press(gr.Request(session_hash=key), "fieldguide", 2, *CHOICES._replace(views=before)))
    visitor = page.visitors.get(key)
    assert (visitor.model, present(visitor.choices).views) == ("fieldguide", behind)
    said = visitor.progress.said
    assert "the same picture, class names and prompt" in said and "other class names" not in said
    assert ("16 views" in visitor.progress.said) == (page.visitors.unshown(key) == {"views": FEW}) == (behind == FEW)

    list(press(gr.Request(session_hash=key), "tiny", 3, *present(visitor.choices)))
    assert present(page.visitors.get(key).choices).views == before


@pytest.fixture
def opening(tiny, page):
    """The listener of a page that opens on the first sample, as it is registered."""
    registered = []

    def load(guarded, *_, **__):
        registered.append(guarded)
        return SimpleNamespace(then=load)

    async def build() -> None:  # inside a running event loop: one that Gradio makes for itself is never closed
        with gr.Blocks():
            sources = PictureSources(tiny, load_samples(engine.ASSETS / "samples")[:1])
            inputs = Inputs(sources, page.models, Head(page.models), ())
            inputs.wire_load(page, load, RestoreLine(Tabs(page.visitors)), LinkedStep())

    asyncio.run(build())
    return registered[0]


@pytest.mark.parametrize(
    ("asked_for", "views", "said"),
    [
        ({}, FEW, READY + few_views(FEW)),
        ({"__theme": "dark"}, FEW, READY + few_views(FEW)),
        ({"eps": "2"}, USUAL, RESTORED),
        ({"picture": "sample 0"}, USUAL, RESTORED),
    ],
)
def test_a_page_says_that_a_link_has_restored_it_only_where_there_is_one(
    page, opening, monkeypatch, asked_for, views, said
):
    monkeypatch.setattr(page.models, "_views", {"tiny": FEW})
    key = f"opens {asked_for}"
    list(opening(gr.Request(session_hash=key, query_params=asked_for), None, 1, *page.defaults))
    visitor = page.visitors.get(key)
    assert (visitor.progress.said, present(visitor.choices).views) == (said, views)
    assert (visitor.linked is not None) == (said == RESTORED)


def test_all_settings_as_at_the_start_are_those_of_the_model(built, page, monkeypatch):
    monkeypatch.setattr(page.models, "_views", {"tiny": FEW})
    (button,) = (b for b in built[0].blocks.values() if getattr(b, "elem_id", None) == "start-over")
    press = next(each.fn for each in built[0].fns.values() if (button._id, "click") in each.targets)
    key = "start over"
    page.choose(key, [1, *CHOICES])
    page.visitors.put(key, page.visitors.get(key).on("", picture(page.models.first)))
    list(press(gr.Request(session_hash=key), 2, *CHOICES))
    assert present(page.visitors.get(key).choices) == page.defaults._replace(
        views=FEW, class_names=CHOICES.class_names, true_class=CHOICES.true_class, map=page.defaults.map
    )


def test_counting_leaves_the_gradients_of_other_threads_alone(tiny, monkeypatch):
    """torch's counter by itself puts hooks on the modules of all threads, and their gradients then fail."""
    layer, failed = torch.nn.Linear(2, 1), []

    def another() -> None:
        try:
            values = torch.ones(1, 2, requires_grad=True)
            torch.autograd.grad(layer(values).sum(), values)
        except RuntimeError as error:
            failed.append(error)

    encode = tiny.encode_image

    def encoding(pixels):
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()
        return encode(pixels)

    monkeypatch.setattr(tiny, "encode_image", encoding)
    assert pass_operations(tiny) > 0 and failed == []
