"""What a visitor asks, and what is held of it: choices and picture as a question, and results as they are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import engine
from app.models import Models
from app.state.found import Found, Pinned, find
from app.state.parts import Question
from app.state.shown import Shown
from app.state.visitors import Visitor, Visitors


class Asking:
    """The models, visitors and results of one page; `fit` fits a picture, `budget` bounds what is asked for."""

    def __init__(
        self,
        models: Models,
        visitors: Visitors,
        results: engine.story.Results,
        budget: engine.story.Budget | None = None,
    ) -> None:
        self.models, self.visitors, self.results = models, visitors, results
        self.budget = budget or engine.story.Budget()
        self.fit: Callable[[engine.Backbone, Shown, engine.PictureSettings], Shown]

    def backbone(self, visitor: Visitor) -> engine.Backbone:
        """The visitor's model."""
        return self.models.backbone(visitor.model)

    def fitted(self, visitor: Visitor) -> Visitor:
        """The visitor with the picture as it is to be fitted; raises `EngineError` where its file is gone."""
        if visitor.picture is None or visitor.choices is None:
            return visitor
        return replace(visitor, picture=self.fit(self.backbone(visitor), visitor.picture, visitor.choices.how))

    def question(self, visitor: Visitor, key: str) -> Question | None:
        """What the visitor asks; None without a picture. Raises `EngineError` for what cannot be asked."""
        visitor = self.fitted(visitor)
        if visitor.picture is None or visitor.choices is None:
            return None
        backbone, choices = self.backbone(visitor), visitor.choices
        classes = choices.classes(backbone.templates)
        settings = choices.aimed(choices.settings(), classes)
        shown = visitor.picture
        recipe = shown.recipe(classes, choices.label(classes), settings)
        owner = f"{key} own" if shown.picture.salt or shown.attacked is not None else key
        return Question(engine.story.Story(backbone, recipe, self.results, owner), *choices.asked(classes), self.budget)

    def found(self, key: str) -> Found:
        """What is held of all that the visitor has asked for."""
        visitor = self.visitors.get(key)
        return replace(self._found(visitor, key), pinned=self._pinned(visitor, key))

    def held(self, question: Question | None, visitor: Visitor, key: str) -> Found:
        """What is held of a question, and of what the visitor has pinned; without one, what is known of the model."""
        return replace(self._held(question, visitor), pinned=self._pinned(visitor, key))

    def _found(self, visitor: Visitor, key: str) -> Found:
        question = None
        try:
            visitor = self.fitted(visitor)
            question = self.question(visitor, key)
        except engine.EngineError:
            pass
        return self._held(question, visitor)

    def _held(self, question: Question | None, visitor: Visitor) -> Found:
        found = find(question, visitor)
        return found if question is not None else replace(found, grid=self.backbone(visitor).grid)

    def _pinned(self, visitor: Visitor, key: str) -> Pinned | None:
        """What is held of the look that the visitor has pinned; its model is not loaded for that."""
        if visitor.pinned is None:
            return None
        then = Visitor().at(visitor.pinned)
        if then.model and not self.models.ready(then.model):
            return Pinned(visitor.pinned, find(None, then), away=True)
        unmoved = visitor.look is not None and visitor.look.same(visitor.pinned)
        return Pinned(visitor.pinned, self._found(then, key), unmoved=unmoved)
