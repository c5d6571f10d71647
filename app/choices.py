"""What a visitor has chosen on the page, and its translation into the engine's settings; knows no components."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import replace

import engine
from app.prompts import with_more

FIRST_MAP = "relevance"  # one that shows the object on most pictures; the engine's default is the map A-TPT mixes by
LARGEST_TYPED_SEED = 2**31 - 1
NO_TRUTH = "Not given (attack the clean answer)"
NO_TARGET = "None: away from the class, wherever to"
ATTACKED = "Class pushed away from, and answer"
NO_RIVAL = "No other: for this class alone"
ASKED = ("class_names", "template", "prompt_ensemble", "true_class", "about", "against")
DISPLAY = (
    "colours", "cells", "scale", "opened_view", "heads_which", "heads_order", "opened_head", "opened_patch",
    "lens_patch", "live", "mosaic_left", "mosaic_right", "mosaic_arm",
)  # fmt: skip
PAGE = (*ASKED, *DISPLAY)  # what is asked, and how it is shown; everything else is a setting of the engine
SETTINGS = tuple(engine.parameters.parameters())
STORY = engine.parameters.STORY
OF_ATTACK = frozenset(engine.parameters.words("attack")) - {"seed", "legacy"}  # which views and defences read too


def first_map(backbone: engine.Backbone) -> str:
    """The map that the page opens with, or where the model cannot draw it the first that it can; empty where none."""
    maps = engine.maps.maps_for(backbone)
    return FIRST_MAP if FIRST_MAP in maps else next(iter(maps), "")


class Choices(namedtuple("Choices", (*PAGE, *SETTINGS))):
    """The values of all controls: those of the page alone, and one for each of the engine's parameters.

    Settings go by the words and units of `engine.parameters`: `eps` is in levels of 1/255 or, under the norm l2, a
    length. `about`, `against` and `target` are class names or the words for none; `opened_view` is the view that step 4
    shows in full. `mosaic_left` and `mosaic_right` are the two defences that step 7 compares, on the kept pictures of
    `mosaic_arm`.
    """

    __slots__ = ()
    class_names: str | None
    template: str | None
    prompt_ensemble: str
    true_class: str | None
    about: str | None
    against: str | None
    attack: str
    norm: str
    target: str | None
    map: str
    fit: str
    frame: float
    domain_word: str | None
    defences: Sequence[str]
    seed: float | None
    live: bool
    mosaic_left: str
    mosaic_right: str
    mosaic_arm: str

    def classes(self, sentences: Sequence[str] = ()) -> engine.Classes:
        """The classes as written; raises `EngineError` with a sentence for what cannot be used.

        `sentences` are the model's set of prompts. The set that is chosen comes in behind the page's own prompt, where
        tuning starts.
        """
        templates = with_more((self.template or "").strip(), self.prompt_ensemble, sentences)
        return engine.Classes.parse(self.class_names or "", templates)

    def label(self, classes: engine.Classes) -> int | None:
        """The true label's place among `classes`, or None where none is given or it is no longer listed."""
        return engine.classes.find(self.true_class, classes.names)

    @property
    def word(self) -> str:
        """The domain word without blanks around it; empty for none."""
        return (self.domain_word or "").strip()

    def differing(self, other: Choices) -> list[str]:
        """The names of what is asked otherwise, however it is shown."""
        names = (name for name in self._fields if name not in DISPLAY)
        return [name for name in names if getattr(self, name) != getattr(other, name)]

    def possible(self) -> Choices:
        """The same with a norm that the attack can keep to, and without a target where it cannot be aimed.

        A limit has the unit of its norm, so another norm brings its usual one.
        """
        attack = engine.ATTACKS[self.attack]
        chosen = self if attack.targeted else self._replace(target=NO_TARGET)
        return (
            chosen if self.norm in attack.norms or not attack.limited else chosen._replace(norm=attack.norms[0]).usual()
        )

    def usual(self) -> Choices:
        """The same with the usual limit and step size of its norm."""
        limit = engine.parameters.from_settings(engine.parameters.to_settings({"norm": self.norm}))
        return self._replace(eps=limit["eps"], step_size=limit["step_size"])

    def asked(self, classes: engine.Classes) -> tuple[int | None, int | None]:
        """The places of the class the maps are about, and of the one it is held against, where they are listed."""
        return engine.classes.find(self.about, classes.names), engine.classes.find(self.against, classes.names)

    def drawable(self, backbone: engine.Backbone) -> Choices:
        """The same with a map that the model can draw."""
        return self if self.map in engine.maps.maps_for(backbone) else self._replace(map=first_map(backbone))

    def aimed(self, settings: engine.Settings, classes: engine.Classes) -> engine.Settings:
        """`settings` with the place of the target among `classes`, where it is listed there."""
        target = engine.classes.find(self.target, classes.names)
        return replace(settings, attack=replace(settings.attack, target=target))

    def settings(self) -> engine.Settings:
        """The engine's settings but for the target, a class; raises `EngineError` for values out of range."""
        return engine.parameters.to_settings(self._values())

    @property
    def how(self) -> engine.PictureSettings:
        """How the picture is fitted; raises `EngineError` for what is no fit."""
        return engine.PictureSettings(self.fit, self.frame)

    def options(self, attack: bool = True) -> list[str]:
        """The same choices as words for `python -m engine defend`; classes and target are apart, and without `attack`
        what only an attack reads is left out."""
        chosen = [word for word in STORY if self._heeded(word) and (attack or word not in OF_ATTACK)]
        return engine.parameters.as_options(self._values(), chosen)

    def _heeded(self, word: str) -> bool:
        """Whether a command line takes it: not where other attacks alone read it."""
        readers = engine.parameters.read_by(word) if word in OF_ATTACK else ()
        return not readers or self.attack in readers

    def _values(self) -> dict[str, object]:
        """The parameters by word. The defences stand in the order of the registry, whichever was ticked first."""
        defences = tuple(name for name in engine.DEFENCES if name in self.defences)
        given = {"seed": self.whole_seed(), "target": "", "domain_word": self.word, "defences": defences}
        return {word: getattr(self, word) for word in SETTINGS} | given

    def whole_seed(self) -> int:
        """The seed, 0 where none is written; raises `EngineError` for one out of range, or that is not whole."""
        seed = 0 if self.seed is None else self.seed
        if not 0 <= seed <= LARGEST_TYPED_SEED or seed != int(seed):
            raise engine.EngineError(f"Expected a whole seed from 0 to {LARGEST_TYPED_SEED:,}; got {seed:,.15g}.")
        return int(seed)
