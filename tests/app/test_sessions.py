"""A session keeps what it needs to go on, and no copy of what was drawn in it."""

import asyncio
from types import SimpleNamespace

import gradio as gr
import pytest

from app.sessions import Sessions, slim


@pytest.fixture
def page():
    """A page of a menu, whose choices one event changes, and of a figure that another draws."""

    async def build():
        with gr.Blocks() as demo:
            menu, figure = gr.Dropdown(["a", "b"], value="a"), gr.HTML()
            press = gr.Button()
            press.click(lambda: gr.Dropdown(choices=["c", "d"], value="c"), None, menu)
            press.click(lambda: "<p>drawn</p>" * 1000, None, figure)
            press.click(lambda chosen: chosen, menu, figure)
        return demo

    return asyncio.run(build())


@pytest.fixture
def sessions(page) -> Sessions:
    app = SimpleNamespace()
    slim(app, page)
    return app.state_holder


def event(page, session, number, inputs=()):
    """What one event gives the browser."""
    return asyncio.run(page.process_api(page.fns[number], list(inputs), state=session))["data"]


def test_a_session_keeps_its_menus_and_nothing_that_was_drawn(page, sessions):
    session = sessions["me"]
    event(page, session, 0)
    drawn = event(page, session, 1)
    assert "drawn" in drawn[0] and list(session.components) == [] and len(session.config_values) == 0
    assert event(page, session, 2, ["d"]) == ["d"]  # of the choices that the first event has set
    assert sessions["me"] is session


def test_a_session_does_not_grow_with_its_events(page, sessions):
    session = sessions["me"]
    for _ in range(5):
        event(page, session, 0)
        event(page, session, 2, ["d"])
    assert set(session.blocks_config.blocks) == set(page.blocks)


def test_another_session_has_the_menus_of_a_new_page(page, sessions):
    event(page, sessions["me"], 0)
    with pytest.raises(gr.Error, match="not in the list of choices"):
        event(page, sessions["another"], 2, ["d"])


def test_no_more_sessions_are_kept_than_the_page_says(page, sessions):
    sessions.capacity = 3
    for number in range(5):
        assert sessions[str(number)] is not None
    assert "0" not in sessions and "4" in sessions and len(sessions.session_data) == 3
