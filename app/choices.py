"""What a visitor has chosen on the page, and its translation into the engine's settings; knows no components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import engine

LARGEST_SEED = 2**31 - 1
STRIDE = 0.25  # of the limit, the engine's own step size
NO_TRUTH = "Not given (attack the clean answer)"
NO_PURIFIER = "none"
NO_TARGET = "None: away from the class, wherever to"
ATTACKED = "Class pushed away from, and answer"
NO_RIVAL = "No other: for this class alone"


class Choices(NamedTuple):
    """The values of all controls, in the order in which the page lists them.

    The attack's limit is `eps` in levels of 1/255, under the norm l2 `length`, of pixels in [0, 1]; `stride` is the
    step size as a share of it. 0 of the views that answer means all. `about` and `against` are class names,
    `opened_view` is the view that step 4 shows in full.
    """

    class_names: str
    template: str
    prompt_ensemble: bool
    domain_word: str
    true_class: str | None
    seed: float | None
    attack: str
    eps: float
    length: float
    steps: float
    norm: str
    stride: float
    target: str | None
    eot_samples: float
    target_defence: str
    unroll: str
    map: str
    about: str | None
    against: str | None
    colours: str
    cells: str
    scale: str
    kind: str
    views: float
    high: float
    low: float
    keep_high: float
    keep_low: float
    smallest_crop: float
    opened_view: float
    loss: str
    tune_steps: float
    learning_rate: float
    keep: float
    weighting: str
    neighbours: float
    temperature: float
    answer_views: float
    tv_map: str
    tv_norm: str
    tv_reduction: str
    tv_temperature: float
    defences: list[str]
    purifier: str
    legacy: bool

    def classes(self, sentences: Sequence[str] = ()) -> engine.Classes:
        """The classes as written; raises `EngineError` with a sentence for what cannot be used.

        `sentences` are the model's set of prompts, which an ensemble takes in behind the page's own, where tuning
        starts.
        """
        own = (self.template or "").strip()
        more = [sentence for sentence in sentences if sentence != own] if self.prompt_ensemble else []
        return engine.Classes.parse(self.class_names or "", (own, *more))

    def label(self, classes: engine.Classes) -> int | None:
        """The true label's place among `classes`, or None where none is given or it is no longer listed."""
        return _place(classes, self.true_class)

    @property
    def word(self) -> str:
        """The domain word without blanks around it; empty for none."""
        return (self.domain_word or "").strip()

    def possible(self) -> Choices:
        """The same with a norm that the attack can keep to, and without a target where it cannot be aimed."""
        attack = engine.ATTACKS[self.attack]
        chosen = self if attack.targeted else self._replace(target=NO_TARGET)
        return chosen if self.norm in attack.norms else chosen._replace(norm=attack.norms[0])

    def aimed(self, settings: engine.Settings, classes: engine.Classes) -> engine.Settings:
        """`settings` with the place of the target among `classes`, where it is listed there."""
        return replace(settings, attack=replace(settings.attack, target=_place(classes, self.target)))

    def asked(self, classes: engine.Classes) -> tuple[int | None, int | None]:
        """The places of the class the maps are about, and of the one it is held against, where they are listed."""
        return _place(classes, self.about), _place(classes, self.against)

    def settings(self) -> engine.Settings:
        """The engine's settings but for the target, a class; raises `EngineError` for values out of range."""
        limit, unit = self._limit()
        step = self._step()
        chosen = engine.Settings(
            attack=engine.AttackSettings(
                attack=self.attack,
                epsilon=limit / unit,
                step_size=None if step is None else step / unit,
                steps=int(self.steps),
                norm=self.norm,
                eot_samples=int(self.eot_samples),
                target_defence=self.target_defence,
                unroll=self.unroll,
                legacy=self.legacy,
            ),
            attention=engine.AttentionSettings(map=self.map),
            views=engine.ViewSettings(
                kind=self.kind,
                count=int(self.views),
                high=self.high,
                low=self.low,
                keep_high=self.keep_high,
                keep_low=self.keep_low,
                smallest_crop=self.smallest_crop,
            ),
            tuning=engine.TuneSettings(
                loss=self.loss,
                steps=int(self.tune_steps),
                learning_rate=self.learning_rate,
                keep=self.keep,
                legacy=self.legacy,
            ),
            ensemble=engine.EnsembleSettings(
                weighting=self.weighting,
                neighbours=int(self.neighbours),
                temperature=self.temperature,
                tv_temperature=self.tv_temperature,
                answer_views=int(self.answer_views) or None,
                tv_map=self.tv_map,
                tv_norm=self.tv_norm,
                tv_reduction=self.tv_reduction,
                legacy=self.legacy,
            ),
            defences=tuple(name for name in engine.DEFENCES if name in self.defences),
            purifier="" if self.purifier == NO_PURIFIER else self.purifier,
            domain_word=self.word,
        )
        return chosen.with_seed(self._seed())

    def options(self) -> list[str]:
        """The same choices as words for `python -m engine defend`; classes and target are apart."""
        named = {
            "attack": self.attack, "eps": self._limit()[0], "steps": self.steps, "norm": self.norm,
            "step-size": self._step(), "eot-samples": self.eot_samples, "target-defence": self.target_defence,
            "unroll": self.unroll,
            "seed": self._seed(),
            "kind": self.kind, "views": self.views, "high": self.high, "low": self.low,
            "keep-high": self.keep_high, "keep-low": self.keep_low, "smallest-crop": self.smallest_crop,
            "loss": self.loss, "tune-steps": self.tune_steps, "learning-rate": self.learning_rate, "keep": self.keep,
            "weighting": self.weighting, "neighbours": self.neighbours, "domain-word": self.word or None,
            "temperature": self.temperature, "answer-views": int(self.answer_views) or None, "tv-map": self.tv_map,
            "tv-norm": self.tv_norm, "tv-reduction": self.tv_reduction, "tv-temperature": self.tv_temperature,
            "purifier": None if self.purifier == NO_PURIFIER else self.purifier,
        }  # fmt: skip
        given = {name: value for name, value in named.items() if value is not None}
        chosen = [(name, value if isinstance(value, str) else f"{value:.10g}") for name, value in given.items()]
        chosen += [("defence", name) for name in engine.DEFENCES if name in self.defences]
        words = [word for name, value in chosen for word in ("--" + name, value)]
        return [*words, "--legacy"] if self.legacy else words

    def _limit(self) -> tuple[float, int]:
        """The limit in force, and how many of its unit make 1."""
        return (self.eps, 255) if self.norm == "linf" else (self.length, 1)

    def _step(self) -> float | None:
        """The step size in the unit of the limit; None for the engine's own, and where there is nothing to attack."""
        limit, _ = self._limit()
        return None if self.stride == STRIDE or not limit else round(self.stride * limit, 9)

    def _seed(self) -> int:
        seed = 0 if self.seed is None else self.seed
        if not 0 <= seed <= LARGEST_SEED:
            raise engine.EngineError(f"Expected a seed from 0 to {LARGEST_SEED:,}; got {seed:,.0f}.")
        return int(seed)


def _place(classes: engine.Classes, name: str | None) -> int | None:
    return classes.names.index(name) if name in classes.names else None
