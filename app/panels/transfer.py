"""Within step 2: whether other models that are here fall for the attacked picture."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

import gradio as gr

import engine
from app.choices import Choices
from app.components.controls import part
from app.figures.html import caption, empty, esc
from app.figures.transfer import transfer_figure
from app.models import Models, called
from app.picture_sources import PictureSources
from app.present import present
from app.state.found import Found
from app.state.parts import Question
from app.state.visitors import Progress, Visitor
from app.text import transfer as text
from app.text import words
from app.transferring import begun, rows
from app.wiring.page import Page
from app.wiring.pieces import Piece

MOST = 2  # others at once: with three models the attack is made three times
NAMED = 5  # words that a model does not know


class TransferTest:
    """The test, folded until asked for."""

    def __init__(self, models: Models, sources: PictureSources) -> None:
        self.models, self.sources = models, sources
        listed = models.beside(models.first.name)
        with gr.Accordion(text.TITLE, open=False, elem_id="transfer-fold"):
            self.others = gr.Dropdown(
                _options(listed), value=listed[:1], multiselect=True, max_choices=MOST, label=text.OTHERS,
                allow_custom_value=models.free, elem_id="transfer-models",
            )  # fmt: skip
            self.about = gr.HTML(_about(models, models.first.name), elem_id="transfer-about")
            self.button, self.drawn = part(text.ASK, text.RUN, "hand-on", "transfer", 190)
            gr.HTML(caption(text.CAPTION))
        reads = ("transfers", "adversarial", "picture")
        self.pieces = [
            Piece(self.draw, [self.drawn], reads),
            Piece(self.offer, [self.others, self.about], ("model",)),
        ]

    def wire(self, page: Page) -> None:
        """The button attacks one model after the other and asks all of them."""

        def handler(request: gr.Request, names: list[str] | None, key: str) -> Generator[dict]:
            visitor = page.visitors.get(key)
            base = page.question(visitor, key)
            if base is None:
                raise engine.EngineError(words.MISSING["Attack"])
            if base.story.recipe.attacked is not None:
                raise engine.EngineError(text.ELSEWHERE)
            chosen = self._checked(base.story.backbone.name, names or [])
            others = []
            for name in chosen:
                yield page.say(text.LOADING.format(name=name), "busy")
                others.append((yield from self._loaded(page, name)))
            questions = [base, *(self._on(other, base, visitor) for other in others)]
            page.visitors.ask(key, frozenset({"adversarial"}))
            page.visitors.change(key, transfers=None, progress=Progress(2))
            yield page.nudged() | page.say(text.BUSY, "busy", 0.0)
            before = None
            for transfers, share in rows(self.models, questions, begun(questions)):
                if transfers is not before:
                    page.visitors.change(key, transfers=transfers)
                    yield page.nudged()
                before = transfers
                yield page.say(text.BUSY, "busy", share)
            yield page.rest(key, text.DONE, "good")

        page.listen(self.button.click, handler, before=[self.others], alone=True, of_picture=True)

    def draw(self, found: Found, choices: Choices) -> dict:
        """What there is of this very attack, or what to press."""
        transfers = found.transfers
        if transfers is None or not transfers.rows:
            return {self.drawn: empty(text.EMPTY.format(run=text.RUN))}
        if transfers.made != found.made.get("adversarial"):
            return {self.drawn: empty(text.CHANGED.format(run=text.RUN))}
        own = None if found.adversarial is None else found.adversarial.null
        names = {name: called(name) for name in transfers.models}
        return {self.drawn: transfer_figure(transfers, names, "" if own is None else own.what)}

    def offer(self, found: Found, choices: Choices) -> dict:
        """The models beside the one in use."""
        own = found.model or self.models.first.name
        listed = self.models.beside(own)
        menu = gr.update(choices=_options(listed), value=listed[:1])
        return {self.others: menu, self.about: _about(self.models, own)}

    def _checked(self, own: str, names: Sequence[str]) -> list[str]:
        """The names of other models that are here; raises `EngineError` for any other."""
        if not names:
            raise engine.EngineError(text.NONE_CHOSEN)
        listed = self.models.beside(own)
        for name in names:
            if name == own:
                raise engine.EngineError(text.OWN.format(name=called(name)))
            if name not in listed and not (self.models.free and engine.models.is_here(name)):
                raise engine.EngineError(text.NOT_HERE.format(name=name[:80]))
        return list(dict.fromkeys(names))

    def _loaded(self, page: Page, name: str) -> Generator[dict, None, engine.Backbone]:
        with closing(self.models.fetch(name)) as pieces:
            for _ in pieces:
                yield {page.status: gr.skip()}
        return self.models.backbone(name)

    def _on(self, other: engine.Backbone, base: Question, visitor: Visitor) -> Question:
        """The same question for another model, with the same sentences, about the picture as that one sees it."""
        unknown = other.unknown_words(base.story.recipe.classes.names)
        if unknown:
            said = text.UNREADABLE.format(name=called(other.name), words=", ".join(unknown[:NAMED]))
            raise engine.EngineError(said)
        sources = self.sources.on(other, present(visitor.choices).how)
        picture = sources.same(present(visitor.picture)).shown.picture
        recipe = replace(base.story.recipe, picture=picture)
        return replace(base, story=engine.story.Story(other, recipe, base.story.results, base.story.owner))


def _options(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(called(name), name) for name in names]


def _about(models: Models, own: str) -> str:
    """How to bring another model, where there is no stranger."""
    near = all(name.partition("@")[0] == own for name in models.beside(own))
    said = (text.LONELY if near else "") + (text.FREE if models.free else "")
    return f'<p class="fine">{esc(said.strip())}</p>' if said else ""
