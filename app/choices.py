"""What a visitor has chosen on the page, and its translation into the engine's settings; knows no components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import engine

LARGEST_SEED = 2**31 - 1
NO_TRUTH = "Not given (attack the clean answer)"
NO_TARGET = "None: away from the class, wherever to"


class Choices(NamedTuple):
    """The values of all controls, in the order in which the page lists them.

    Epsilon and step size are in levels of 1/255, under the norm l2 lengths of pixels in [0, 1]; a step size of 0 leaves
    it to the engine.
    """

    class_names: str
    template: str
    ensemble: bool
    domain_word: str
    truth: str | None
    seed: float | None
    attack: str
    epsilon: float
    attack_steps: float
    norm: str
    step_size: float | None
    target: str | None
    draws: float
    through: str
    unroll: str
    map_method: str
    colours: str
    cells: str
    scale: str
    view_kind: str
    view_count: float
    high: float
    low: float
    keep_high: float
    keep_low: float
    smallest_crop: float
    loss: str
    tune_steps: float
    learning_rate: float
    keep: float
    weighting: str
    neighbours: float
    methods: list[str]

    def classes(self, sentences: Sequence[str] = ()) -> engine.Classes:
        """The classes as written; raises `EngineError` with a sentence for what cannot be used.

        `sentences` are the model's set of prompts, which an ensemble takes in behind the page's own, where tuning
        starts.
        """
        own = (self.template or "").strip()
        more = [sentence for sentence in sentences if sentence != own] if self.ensemble else []
        return engine.Classes.parse(self.class_names or "", (own, *more))

    def label(self, classes: engine.Classes) -> int | None:
        """The true label's place among `classes`, or None where none is given or it is no longer listed."""
        return classes.names.index(self.truth) if self.truth in classes.names else None

    @property
    def word(self) -> str:
        """The domain word without blanks around it; empty for none."""
        return (self.domain_word or "").strip()

    def possible(self) -> Choices:
        """The same with a norm that the attack can keep to, and without a target where it cannot be aimed."""
        attack = engine.ATTACKS[self.attack]
        chosen = self if attack.targeted else self._replace(target=NO_TARGET)
        if self.norm in attack.norms:
            return chosen
        start = engine.AttackSettings()
        return chosen._replace(norm=start.norm, epsilon=255 * start.epsilon, step_size=0)

    def aimed(self, settings: engine.Settings, classes: engine.Classes) -> engine.Settings:
        """`settings` with the place of the target among `classes`, where it is listed there."""
        target = classes.names.index(self.target) if self.target in classes.names else None
        return replace(settings, attack=replace(settings.attack, target=target))

    def settings(self) -> engine.Settings:
        """The engine's settings but for the target, a class; raises `EngineError` for values out of range."""
        unit = 255 if self.norm == "linf" else 1
        chosen = engine.Settings(
            attack=engine.AttackSettings(
                method=self.attack,
                epsilon=self.epsilon / unit,
                step_size=self.step_size / unit if self.step_size else None,
                steps=int(self.attack_steps),
                norm=self.norm,
                draws=int(self.draws),
                through=self.through,
                unroll=self.unroll,
            ),
            attention=engine.AttentionSettings(method=self.map_method),
            views=engine.ViewSettings(
                kind=self.view_kind,
                count=int(self.view_count),
                high=self.high,
                low=self.low,
                keep_high=self.keep_high,
                keep_low=self.keep_low,
                crop_scale=(self.smallest_crop, 1.0),
            ),
            tuning=engine.TuneSettings(
                loss=self.loss, steps=int(self.tune_steps), learning_rate=self.learning_rate, keep=self.keep
            ),
            ensemble=engine.EnsembleSettings(weighting=self.weighting, neighbours=int(self.neighbours)),
            methods=tuple(name for name in engine.METHODS if name in self.methods),
            domain_word=self.word,
        )
        return chosen.with_seed(self._seed())

    def options(self) -> list[tuple[str, str]]:
        """The same choices as options of `python -m engine defend`, in its spelling; classes and target are apart."""
        named = {
            "attack": self.attack, "eps": self.epsilon, "steps": self.attack_steps, "norm": self.norm,
            "step-size": self.step_size or None, "draws": self.draws, "through": self.through, "unroll": self.unroll,
            "seed": self._seed(),
            "kind": self.view_kind, "views": self.view_count, "high": self.high, "low": self.low,
            "keep-high": self.keep_high, "keep-low": self.keep_low, "smallest-crop": self.smallest_crop,
            "loss": self.loss, "tune-steps": self.tune_steps, "learning-rate": self.learning_rate, "keep": self.keep,
            "weighting": self.weighting, "neighbours": self.neighbours, "domain-word": self.word or None,
        }  # fmt: skip
        given = {name: value for name, value in named.items() if value is not None}
        chosen = [(name, value if isinstance(value, str) else f"{value:.10g}") for name, value in given.items()]
        chosen += [("method", name) for name in engine.METHODS if name in self.methods]
        return [("--" + name, value) for name, value in chosen]

    def _seed(self) -> int:
        seed = 0 if self.seed is None else self.seed
        if not 0 <= seed <= LARGEST_SEED:
            raise engine.EngineError(f"Expected a seed from 0 to {LARGEST_SEED:,}; got {seed:,.0f}.")
        return int(seed)
