"""Within step 3: which map is drawn, about which class, and against which other class."""

from __future__ import annotations

import gradio as gr

import engine
from app.choices import ATTACKED, NO_RIVAL, Choices, first_map
from app.components.controls import class_menu, listing
from app.state.found import Found
from app.text import attention as text
from app.wiring.page import Page
from app.wiring.pieces import Piece
from app.wiring.running import Running


class MapQuestion:
    """Three menus and the button of the step."""

    def __init__(self, backbone: engine.Backbone) -> None:
        maps = engine.maps.maps_for(backbone)
        with gr.Row(elem_classes=["controls"]):
            self.map = gr.Dropdown(
                [(engine.MAPS[name].title, name) for name in maps], value=first_map(backbone) or None,
                label=text.MAP_KIND, elem_id="map-menu", filterable=False, min_width=220, scale=2,
            )  # fmt: skip
            self.button = gr.Button(text.LOOK, elem_id="look", min_width=120, scale=0)
        with gr.Row(elem_classes=["controls"]):
            self.about = class_menu(ATTACKED, text.MAP_ABOUT, "map-about", min_width=290)
            self.against = class_menu(NO_RIVAL, text.MAP_AGAINST, "map-against", min_width=290)
        self.pieces = [Piece(self.draw, [self.about, self.against], ("classes",), choices=("map",))]
        self.controls = {"map": self.map, "about": self.about, "against": self.against}

    def wire(self, page: Page, running: Running) -> None:
        """The button; other choices are drawn where they are held."""
        running.button(self.button, ("maps", "guide"))

    def draw(self, found: Found, choices: Choices) -> dict:
        """The classes there are to choose from, where the map asks for one; a class that is none of them is dropped."""
        if found.classes is None:
            return {}
        names = found.classes.names
        asks = choices.map in engine.MAPS and engine.MAPS[choices.map].class_specific
        return {
            self.about: listing(ATTACKED, names, choices.about, visible=asks),
            self.against: listing(NO_RIVAL, names, choices.against, visible=asks),
        }
