"""What one visitor has done so far, frozen, and the store that keeps it on the server.

A `Session` forgets downstream by construction: a new picture cannot stand beside the attack on the old one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch

import engine
from app.batch import Batch

# What becomes void when a part is set anew.
_DOWNSTREAM = {
    "defences": (),
    "ensemble": ("defences",),
    "steps": ("ensemble", "defences"),
    "views": ("steps", "ensemble", "defences"),
    "occlusion": (),
    "maps": ("occlusion",),
    "every": (),
    "words": (),
    "heads": (),
    "adversarial": ("maps", "occlusion", "every", "words", "heads", "views", "steps", "ensemble", "defences"),
}
_DOWNSTREAM["clean"] = ("adversarial", *_DOWNSTREAM["adversarial"])
_DOWNSTREAM["question"] = ("clean", *_DOWNSTREAM["clean"])
_EMPTY = {"steps": (), "defences": (), "every": ()}


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """A picture in use: its name, a sentence on how it was read, its size and the pixels (3, s, s) the model sees.

    `mask` and `part` (s, s) mark the object and its telling part where these are known, as they are for paintings.
    `source` names a picture that anyone can open again; it is empty for a visitor's own, which lies in `file`.
    """

    name: str
    note: str
    size: tuple[int, int]
    pixels: torch.Tensor
    asks: str = ""
    mask: torch.Tensor | None = None
    part: torch.Tensor | None = None
    source: str = ""
    file: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class MapPair:
    """One kind of map for the clean and the attacked picture, and for random noise as large as the attack.

    `rival` are clean and attacked map for the class that the attacked picture is taken for, where that is another.
    """

    clean: engine.AttentionMap
    attacked: engine.AttentionMap
    noisy: engine.AttentionMap | None
    rival: tuple[engine.AttentionMap, engine.AttentionMap] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class MapTest:
    """One kind of map put to the test: a pair as above, and the clean map of the model with its last block shuffled."""

    pair: MapPair
    shuffled: engine.AttentionMap


@dataclass(frozen=True, eq=False, slots=True)
class WordsRead:
    """Which words make a sentence fit: of the attacked class, and of the answer after the attack where it is another.

    Each is a pair: for the clean and for the attacked picture.
    """

    asked: tuple[engine.maps.WordRelevance, engine.maps.WordRelevance]
    answer: tuple[engine.maps.WordRelevance, engine.maps.WordRelevance] | None


@dataclass(frozen=True, eq=False, slots=True)
class OcclusionPair:
    """Deletion and insertion on the clean picture, in the order of its map and of a map drawn at random."""

    map: engine.maps.Occlusion
    chance: engine.maps.Occlusion


@dataclass(frozen=True, eq=False, slots=True)
class HeadsPair:
    """What all heads of the model attend to, in the clean and in the attacked picture."""

    clean: engine.maps.AttentionHeads
    attacked: engine.maps.AttentionHeads


@dataclass(frozen=True, eq=False, slots=True)
class Session:
    """The state of one visitor; every `with_…` returns another Session without what no longer follows.

    `model` is the name of a model that the visitor chose, empty for the page's own; `domain_word` is the word that
    defences had in their prompts.
    """

    model: str = ""
    picture: Shown | None = None
    classes: engine.Classes | None = None
    label: int | None = None
    domain_word: str = ""
    clean: engine.Prediction | None = None
    adversarial: engine.Adversarial | None = None
    maps: MapPair | None = None
    occlusion: OcclusionPair | None = None
    every: tuple[MapTest, ...] = ()
    words: WordsRead | None = None
    heads: HeadsPair | None = None
    views: engine.ViewSet | None = None
    steps: tuple[engine.TuneStep, ...] = ()
    ensemble: engine.Ensemble | None = None
    defences: tuple[engine.DefenceResult, ...] = ()
    batch: Batch | None = None

    def with_model(self, name: str) -> Session:
        """Another model, named as it is loaded: nothing that the old one computed remains."""
        return replace(self._without("question"), model=name, picture=None, batch=None)

    def with_picture(self, picture: Shown) -> Session:
        """Another picture: nothing that was computed on the old one remains."""
        return replace(self._without("question"), picture=picture)

    def with_question(self, classes: engine.Classes, label: int | None) -> Session:
        """Other classes or another true label; the same ones change nothing."""
        if self.classes == classes and self.label == label:
            return self
        stale = "question" if self.classes != classes else "clean"
        return replace(self._without(stale), classes=classes, label=label)

    def with_domain_word(self, word: str) -> Session:
        """Another word in A-TPT's prompt; the same one changes nothing."""
        if self.domain_word == word:
            return self
        return replace(self.without("defences"), domain_word=word)

    def with_result(self, part: str, result: object) -> Session:
        """Set one computed part, named as its field, and drop what was made from the old one."""
        return replace(self._without(part), **{part: result})

    def with_step(self, step: engine.TuneStep) -> Session:
        """One more state of the tuned prompt; step 0 begins a new row of them."""
        steps = (*self.steps, step) if step.index else (step,)
        return self.with_result("steps", steps)

    def with_defence(self, defence: engine.DefenceResult) -> Session:
        """One more defence's answer."""
        return replace(self, defences=(*self.defences, defence))

    def without(self, part: str) -> Session:
        """This session with `part` and all that follows from it forgotten; itself where nothing was there."""
        emptied = replace(self._without(part), **{part: _EMPTY.get(part)})
        same = all(getattr(self, field.name) is getattr(emptied, field.name) for field in fields(self))
        return self if same else emptied

    @property
    def given(self) -> bool:
        """Whether the visitor says what the picture shows; without that nothing can be called right."""
        return self.label is not None

    @property
    def reference(self) -> int | None:
        """The class a defence should answer: the true label, else the clean answer."""
        if self.given:
            return self.label
        return None if self.clean is None else self.clean.label

    def _without(self, part: str) -> Session:
        return replace(self, **{name: _EMPTY.get(name) for name in _DOWNSTREAM[part]})


class Superseded(Exception):
    """The visitor changed something while a result was on its way; the result belongs to nothing any more."""


class Store:
    """Sessions by visitor, bounded in time, number and bytes; safe to use from several threads."""

    def __init__(
        self,
        max_bytes: int = 1024 << 20,
        max_sessions: int = 200,
        keep_seconds: float = 3600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_bytes, self.max_sessions, self.keep_seconds, self.clock = max_bytes, max_sessions, keep_seconds, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Session, int, float]] = OrderedDict()

    def get(self, key: str) -> Session:
        """The visitor's session, or an empty one for a newcomer and for one long gone."""
        with self._lock:
            self._expire()
            if key not in self._kept:
                return Session()
            session, size, _ = self._kept.pop(key)
            self._kept[key] = (session, size, self.clock())
            return session

    def put(self, key: str, session: Session) -> None:
        """Keep `session`; others unused for longest make room."""
        with self._lock:
            self._put(key, session)

    def swap(self, key: str, old: Session, new: Session) -> None:
        """Keep `new` where `old` stood; raises `Superseded` if another handler has put something else there."""
        with self._lock:
            current = self._kept.get(key)
            if current is not None and current[0] is not old:
                raise Superseded
            self._put(key, new)

    def drop(self, key: str) -> None:
        """Forget the visitor's session."""
        with self._lock:
            self._kept.pop(key, None)

    def __len__(self) -> int:
        return len(self._kept)

    def _put(self, key: str, session: Session) -> None:
        self._kept.pop(key, None)
        self._kept[key] = (session, engine.results.size(session), self.clock())
        self._expire()
        while len(self._kept) > 1 and (len(self._kept) > self.max_sessions or self._bytes() > self.max_bytes):
            self._kept.popitem(last=False)

    def _bytes(self) -> int:
        return sum(size for _, size, _ in self._kept.values())

    def _expire(self) -> None:
        limit = self.clock() - self.keep_seconds
        while self._kept and next(iter(self._kept.values()))[2] < limit:
            self._kept.popitem(last=False)
