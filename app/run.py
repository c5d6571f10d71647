"""How the page talks to the engine: one worker for all computing, one job per press of a button.

Whatever the engine reports, from the whole story or from a single step, arrives as an `Event` and is taken up by
`Job.take`, so that both ways draw the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Literal, overload

import torch

import engine
from app.session import HeadsPair, MapPair, MapTest, OcclusionPair, Session, Store, WordsRead

VERBS = {
    "predict": engine.predict,
    "attack": engine.attack,
    "attend": engine.attend,
    "attention_heads": engine.maps.attention_heads,
    "occlude": engine.maps.occlude,
    "word_relevance": engine.maps.word_relevance,
    "make_views": engine.make_views,
    "tune": engine.tune,
    "defend": engine.defend,
    "explore": engine.explore,
    "answer_question": engine.evaluation.answer_question,
}
STEP_OF = {
    "clean": 1, "attack-step": 2, "attacked": 2,
    "map-clean": 3, "map-attacked": 3, "heads": 3, "occlusion": 3, "every": 3, "words": 3,
    "views": 4, "tune-step": 5, "ensemble": 6, "defence": 6,
}  # fmt: skip
DWELL_SECONDS = 1.5  # a step of the story that the page opened by itself stays open at least this long


def chance_map(session: Session) -> torch.Tensor:
    """What the maps of the session must beat: one of the same grid, drawn at random."""
    return engine.baselines.random_map(tuple(session.maps.clean.raw.shape), session.adversarial.label)


class Worker:
    """Runs the engine's verbs on one backbone; `lend` wraps the one function that needs the accelerator."""

    def __init__(self, backbone: engine.Backbone, lend: Callable | None = None) -> None:
        self.backbone = backbone

        def stream(verb: str, *arguments: object) -> Iterator:
            with backbone.cancellation_hooks.in_place():
                result = VERBS[verb](backbone, *arguments)
                if not isinstance(result, Iterator):
                    yield result
                    return
                with closing(result):
                    yield from result

        self.stream = lend(stream) if lend else stream

    @overload
    def one(self, verb: Literal["predict"], *arguments: object) -> engine.Prediction: ...
    @overload
    def one(self, verb: Literal["attack"], *arguments: object) -> engine.Adversarial: ...
    @overload
    def one(self, verb: Literal["attend"], *arguments: object) -> engine.AttentionMap: ...
    @overload
    def one(self, verb: Literal["answer_question"], *arguments: object) -> engine.evaluation.Answered: ...
    @overload
    def one(self, verb: str, *arguments: object) -> object: ...
    def one(self, verb: str, *arguments: object) -> object:
        """The last item of a verb's stream."""
        *_, last = self.stream(verb, *arguments)
        return last


class Job:
    """One run of a handler for one visitor: takes the engine's results into the visitor's session."""

    def __init__(self, worker: Worker, store: Store, key: str, settings: engine.Settings) -> None:
        self.worker, self.store, self.key, self.settings = worker, store, key, settings
        self.session = store.get(key)
        self.trail: list[engine.AttackStep] = []
        self.started = self.moved = time.monotonic()
        self.asked: tuple[int | None, int | None] = (None, None)  # the class of the maps, and the one held against it
        self._clean_map: engine.AttentionMap | None = None

    def keep(self, session: Session) -> None:
        """Make `session` the visitor's; raises `Superseded` if the visitor changed something meanwhile."""
        self.store.swap(self.key, self.session, session)
        self.session = session

    def take(self, event: engine.Event) -> None:
        """Put one result of the engine where it belongs."""
        name, result, session = event.name, event.result, self.session
        if name == "attack-step":
            self.trail.append(result)
        elif name == "map-clean":
            self._clean_map = result
        elif name == "map-attacked":
            pair = MapPair(self._clean_map, result, self._noisy_map(result), self._rival_maps(result))
            self.keep(session.with_result("maps", pair))
        elif name == "every":
            self.keep(session.with_result("every", (*session.every, result)))
        elif name == "tune-step":
            self.keep(session.with_step(result))
        elif name == "defence":
            self.keep(session.with_defence(result))
        else:
            part = {"attacked": "adversarial"}.get(name, name)
            self.keep(session.with_result(part, result))

    def events(self, part: str) -> Iterator[engine.Event]:
        """The engine's results for one part of the story, from what the session holds."""
        session, settings, stream = self.session, self.settings, self.worker.stream
        question = session.classes
        if part == "clean":
            yield engine.Event("clean", self.worker.one("predict", session.picture.pixels, question))
        elif part == "attack":
            for event in stream("attack", session.picture.pixels, question, settings.attack, session.label):
                yield engine.Event("attack-step" if isinstance(event, engine.AttackStep) else "attacked", event)
        elif part == "maps":
            adversarial = session.adversarial
            for name, pixels in (("map-clean", adversarial.clean), ("map-attacked", adversarial.saved)):
                yield engine.Event(name, self._attend(pixels, settings.attention, self._about()))
        elif part == "occlusion":
            found, clean = session.maps.clean, session.adversarial.clean
            orders = (found.raw, chance_map(session))
            tested = (self.worker.one("occlude", clean, values, question, found.label) for values in orders)
            yield engine.Event("occlusion", OcclusionPair(*tested))
        elif part == "every":
            yield from (engine.Event("every", test) for test in self._map_tests())
        elif part == "words":
            yield engine.Event("words", self._words())
        elif part == "heads":
            pictures = (session.adversarial.clean, session.adversarial.saved)
            yield engine.Event("heads", HeadsPair(*(self.worker.one("attention_heads", p, question) for p in pictures)))
        elif part == "views":
            made = self.worker.one("make_views", session.adversarial.saved, question, settings.views)
            yield engine.Event("views", made)
        elif part == "tune":
            for step in stream("tune", session.views, question, settings.tuning):
                yield engine.Event("tune-step", step)
        elif part == "ensemble":
            yield engine.Event("ensemble", engine.fuse(session.views, session.steps[-1], settings.ensemble))
        elif part == "defences":
            made = [] if session.views is None else [session.views]
            for defence in stream("defend", session.adversarial.saved, question, settings, made):
                yield engine.Event("defence", defence)
        else:
            yield from stream("explore", session.picture.pixels, question, settings, session.label, *self.asked)

    def _map_tests(self) -> Iterator[MapTest]:
        """Every kind of map that this model has, on the clean and the attacked picture and on its null arm."""
        hit, noise, about = self.session.adversarial, self._noise(), self._about()
        for name in engine.maps.maps_for(self.worker.backbone):
            settings = replace(self.settings.attention, map=name)
            clean, attacked = (self._attend(p, settings, about) for p in (hit.clean, hit.saved))
            noisy = None if noise is None else self._attend(noise, settings, about)
            shuffled = self._attend(hit.clean, replace(settings, shuffled="last"), about)
            yield MapTest(MapPair(clean, attacked, noisy), shuffled)

    def _words(self) -> WordsRead:
        hit = self.session.adversarial
        answer = hit.after_saved.label
        labels = [hit.label] if answer == hit.label else [hit.label, answer]
        read = [
            tuple(self.worker.one("word_relevance", p, self.session.classes, label) for p in (hit.clean, hit.saved))
            for label in labels
        ]
        return WordsRead(read[0], read[1] if len(read) > 1 else None)

    def _attend(self, pixels: torch.Tensor, settings: engine.AttentionSettings, label: int) -> engine.AttentionMap:
        return self.worker.one("attend", pixels, self.session.classes, settings, label, self.asked[1])

    def _about(self) -> int:
        """The class of the maps: the one asked for, else the one attacked."""
        asked, _ = self.asked
        return self.session.adversarial.label if asked is None else asked

    def _rival_maps(self, like: engine.AttentionMap) -> tuple[engine.AttentionMap, engine.AttentionMap] | None:
        """Clean and attacked map for the answer that the attack has brought about, unless certain classes are asked."""
        adversarial, settings = self.session.adversarial, self.settings.attention
        answer = adversarial.after_saved.label
        if self.asked != (None, None) or answer == like.label or not engine.MAPS[like.map].class_specific:
            return None
        pictures = (adversarial.clean, adversarial.saved)
        return tuple(self._attend(pixels, settings, answer) for pixels in pictures)

    def _noisy_map(self, like: engine.AttentionMap) -> engine.AttentionMap | None:
        """The null arm: the same map of the clean picture under random signs."""
        noise = self._noise()
        return None if noise is None else self._attend(noise, self.settings.attention, like.label)

    def _noise(self) -> torch.Tensor | None:
        """The clean picture under random signs as large as the attack, in its norm; None where nothing was changed."""
        hit = self.session.adversarial
        size = hit.per_channel
        return engine.baselines.sign_noise(hit.clean, size, self.settings.attack.seed) if size else None
