"""Within step 3: which map is drawn, about which class, and against which other class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import gradio as gr

import engine
from app.choices import ATTACKED, NO_RIVAL, Choices
from app.components.controls import class_menu, listing
from app.page import Page
from app.run import Job
from app.text import words as text


class MapQuestion:
    """Three menus and the button of the step; below maps that are there, another choice draws them anew at once."""

    def __init__(self, backbone: engine.Backbone) -> None:
        maps = engine.maps.maps_for(backbone)
        with gr.Row(elem_classes=["controls"]):
            self.map = gr.Dropdown(
                [(engine.MAPS[name].title, name) for name in maps], value=maps[0] if maps else None,
                label=text.MAP_KIND, elem_id="map-menu", filterable=False, min_width=220, scale=2,
            )  # fmt: skip
            self.button = gr.Button(text.LOOK, elem_id="look", min_width=120, scale=0)
        with gr.Row(elem_classes=["controls"]):
            self.about = class_menu(ATTACKED, text.MAP_ABOUT, "map-about", min_width=290)
            self.against = class_menu(NO_RIVAL, text.MAP_AGAINST, "map-against", min_width=290)
        self.controls = {"map": self.map, "about": self.about, "against": self.against}

    def wire(self, page: Page, draw: Callable[..., dict]) -> None:
        """Where there are maps, another choice draws them again with `draw`; where there are none, nothing happens."""
        page.press(self.button, page.story.work_on("maps"))
        page.compute(_latest(self.map), self._again(page, draw, ()), [self.about, self.against])
        for menu in (self.about, self.against):
            page.compute(_latest(menu), self._again(page, draw, ("every",)))

    def fit(self, names: Sequence[str], choices: Choices) -> dict:
        """The classes there are to choose from, where the map asks for one; a class that is none of them is dropped."""
        asks = choices.map in engine.MAPS and engine.MAPS[choices.map].class_specific
        return {
            self.about: listing(ATTACKED, names, choices.about, visible=asks),
            self.against: listing(NO_RIVAL, names, choices.against, visible=asks),
        }

    def _again(self, page: Page, draw: Callable[..., dict], stale: Sequence[str]) -> Callable:
        def work(job: Job, choices: Choices) -> Iterator[dict]:
            names = () if job.session.classes is None else job.session.classes.names
            yield self.fit(names, choices)
            if job.session.maps is None and not job.session.every:
                return
            yield from page.story.settle(job, choices)
            for part in stale:
                job.keep(job.session.without(part))
            try:
                if job.session.maps is not None:
                    yield page.say(text.BUSY["maps"], "busy")
                    for event in job.events("maps"):
                        job.take(event)
            except engine.EngineError:
                job.keep(job.session.without("maps"))  # no map stands below a choice that it was not drawn for
                yield draw(job.session, choices)
                raise
            yield draw(job.session, choices) | page.say(text.DONE["maps"], "good")

        return work


def _latest(menu: gr.Dropdown) -> Callable:
    """While one choice is drawn, the latest of those that follow waits."""
    return partial(menu.input, trigger_mode="always_last")
