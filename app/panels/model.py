"""The model in use: a menu of models, their download, and the same picture on another one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import gradio as gr

import engine
from app.choices import Choices
from app.figures.html import esc, note
from app.head import Head
from app.models import Models
from app.picture_sources import PictureSources
from app.present import present
from app.state.visitors import Visitor
from app.text import inputs as text
from app.text import words as common
from app.wiring.page import Page

BUILT_IN = "fieldguide"  # says so in its title
Follow = Callable[[engine.Backbone, Visitor], tuple[Visitor, dict]]


class ModelPicker:
    """A fold of the inputs; `outputs` show another model, those of the page's head among them."""

    def __init__(self, models: Models, sources: PictureSources, head: Head) -> None:
        self.models, self.sources, self.head = models, sources, head
        with gr.Accordion(text.MODEL, open=False, elem_id="model-picker"):
            self.name = gr.Dropdown(
                _menu(models), value=models.first.name, label=text.MODEL_NAME, elem_id="model-name",
                info=text.MODEL_FREE if models.free else None, allow_custom_value=models.free, filterable=models.free,
            )  # fmt: skip
            self.about = gr.HTML(_about(models.first.name), elem_id="model-about")
            self.use = gr.Button(text.MODEL_USE, elem_id="use-model", size="sm")
        self.words = gr.HTML(_words(models.first), elem_id="model-words")
        self.outputs = [*head.outputs, self.words, self.name, self.about]

    def wire(self, page: Page, follow: Follow, followers: list) -> None:
        """Choosing a model describes it; the button downloads it and then shows it the visitor's picture.

        `follow` returns the visitor with the question for another model, and the updates of the fields `followers`.
        """
        self._follow = follow

        def describe(request: gr.Request, name: str | None) -> str:
            """Said below the menu: in the status line it would stand over a run's, whenever a menu is left."""
            used = page.backbone(page.visitors.get(present(request.session_hash))).name
            press = "" if name == used else note(text.MODEL_PRESS.format(button=text.MODEL_USE))
            return press + _about(name)

        self.name.input(describe, self.name, self.about, **page.at_once)
        self.switching = [*self.outputs, page.controls["map"], *followers]
        page.listen(self.use.click, self._use(page), self.switching, [self.name])

    def show(self, page: Page, backbone: engine.Backbone, choices: Choices) -> dict:
        """The fields for a visitor on that model: its name, its words, and the maps it can draw."""
        listed = [(engine.MAPS[name].title, name) for name in engine.maps.maps_for(backbone)]
        return {
            **self.head.show(backbone),
            self.words: _words(backbone),
            self.name: backbone.name,
            self.about: _about(backbone.name),
            page.controls["map"]: gr.Dropdown(choices=listed, value=choices.map),
        }

    def switched(self, page: Page, key: str, name: str) -> dict:
        """The updates of `switching` that show the visitor's picture on another model, which is in memory."""
        backbone, visitor = self.models.backbone(name), page.visitors.get(key)
        picture, choices = visitor.picture, present(visitor.choices).drawable(backbone)
        again = None if picture is None else self.sources.on(backbone).same(picture).shown
        chosen = "" if backbone is self.models.first else name
        views, before = self.models.views(backbone), self.models.views(page.backbone(visitor))
        own = choices.views == before  # a number that the visitor chose stays
        moved = own and views != before
        if moved:
            choices = choices._replace(views=views)
        asking, followed = self._follow(backbone, visitor.on(chosen, again).setting(choices))
        page.visitors.put(key, replace(asking, unshown=asking.unshown | {"views"}) if moved else asking)
        shown = self.show(page, backbone, choices) | followed
        same = present(asking.choices).class_names == choices.class_names
        said = common.MODEL_READY[same].format(name=backbone.name) + (few_views(views) if own else "")
        return shown | page.rest(key, said, "good")

    def _use(self, page: Page) -> Callable[..., Generator[dict]]:
        def handler(request: gr.Request, name: str | None, key: str) -> Generator[dict]:
            yield page.say(common.MODEL_LOADING.format(name=name), "busy", 0.0)
            try:
                for piece in self.models.fetch(name or ""):
                    if piece is not None:
                        yield page.say(_progress(piece), "busy", piece.fraction)
            except engine.EngineError:
                now = page.backbone(page.visitors.get(key)).name
                yield {self.name: now, self.about: _about(now)}  # what answers still
                raise
            yield self.switched(page, key, name or "")

        return handler


def few_views(views: int) -> str:
    """What the status line says of a page that begins with this many views; empty for the usual number."""
    usual = engine.Settings().views.count
    return "" if views == usual else text.FEW_VIEWS.format(views=views, usual=usual)


def _menu(models: Models) -> list[tuple[str, str]]:
    listed = [(_title(entry), entry.name) for entry in engine.models.listed_models()]
    first = models.first.name
    return listed if any(name == first for _, name in listed) else [(first, first), *listed]


def _title(entry: engine.models.ModelEntry) -> str:
    if entry.here:
        return entry.title if entry.name == BUILT_IN else f"{entry.title} · {text.MODEL_HERE}"
    return f"{entry.title} · {entry.megabytes:,} MB"


def _about(name: str | None) -> str:
    entry = engine.models.entry_of(name or "")
    if entry is None:
        return f'<p class="fine">{esc(text.MODEL_OTHER)}</p>'
    lines = [f"{entry.knows}.", f"{entry.source}; licence {entry.licence}."]
    if not entry.here:
        lines.append(text.MODEL_DOWNLOAD.format(size=f"{entry.megabytes:,} MB"))
    if entry.needs:
        lines.append(text.MODEL_NEEDS.format(package=entry.needs))
    return "".join(f'<p class="fine">{esc(line)}</p>' for line in lines)


def _words(backbone: engine.Backbone) -> str:
    if backbone.words is None:
        return ""
    words = ", ".join(sorted(backbone.words))
    return (
        f'<details class="words"><summary>The {len(backbone.words)} words this model'
        f" knows</summary>{esc(words)}</details>"
    )


def _progress(piece: engine.results.Download) -> str:
    total = "" if piece.total is None else f" of {piece.total / 1e6:,.0f}"
    return text.MODEL_PROGRESS.format(file=piece.file, done=f"{piece.done / 1e6:,.0f}", total=total)
