"""The page on the tiny model, built once; tests that change what a visitor has use a visitor of their own."""

import asyncio

import gradio as gr
import pytest

from app.export import report
from app.figures.printed import KINDS, as_file
from app.layout import build_app
from app.wiring.page import Page


@pytest.fixture(scope="session")
def built(tiny) -> tuple[gr.Blocks, Page]:
    """The page and its wiring, built inside a running event loop: one that Gradio makes for itself is never closed."""
    pages = []
    start = Page.__init__

    async def build():
        return build_app(tiny)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "__init__", lambda self, *a: (start(self, *a), pages.append(self))[0])
        demo = asyncio.run(build())
    (page,) = pages
    return demo, page


@pytest.fixture
def page(built) -> Page:
    """The wiring of the page."""
    return built[1]


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """The figures of a download are composed, and their files left empty: to draw those takes seconds."""
    monkeypatch.setattr(report, "as_files", lambda figure: dict.fromkeys(KINDS, b""))


@pytest.fixture
def drawn_once(monkeypatch) -> None:
    """Every figure of a download is drawn as PNG, and its other files left empty: all kinds take four times as long."""
    monkeypatch.setattr(report, "as_files", lambda figure: dict.fromkeys(KINDS, b"") | {"png": as_file(figure, "png")})
