"""The parts of the story as the page shows them: which results of the engine each is put together from.

A part is written as generators that ask for one result after another and return what is shown; a `Row` drives one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import engine
from app.present import present

CLEAN, ATTACKED, NOISE = engine.story.CLEAN, engine.story.ATTACKED, engine.story.NOISE
LABEL, ANSWER = engine.story.LABEL, engine.story.ANSWER
Wanted = Generator[engine.story.Request, Any, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """A recipe on a model; `about` is the class of the maps (None: the one attacked), `against` one held against it.

    What is computed is charged to the story's owner in `budget`; with `low`, that is done while nobody else waits.
    """

    story: engine.story.Story
    about: int | None = None
    against: int | None = None
    budget: engine.story.Budget = engine.story.Budget()  # without a bound
    low: bool = False

    def ask(self, request: engine.story.Request) -> Iterator[tuple[engine.story.Request, Any]]:
        """As `Story.ask`. Raises `EngineError` before anything is computed that the budget has no room for."""
        self.charge(request)
        return self.story.ask(request, self.low)

    def charge(self, *requests: engine.story.Request) -> None:
        """Charge what these would cost now. Raises `EngineError` where the budget has no room for it."""
        engine.story.charge(self.budget, self.story, *requests)

    @property
    def clean_known(self) -> bool:
        """Whether there is a clean picture to ask about."""
        return self.story.recipe.clean_known

    @property
    def known(self) -> str:
        """The picture that there is at any rate: the clean one where it is known."""
        return CLEAN if self.clean_known else ATTACKED

    @property
    def settings(self) -> engine.Settings:
        """Those of the recipe."""
        return self.story.recipe.settings


@dataclass(frozen=True, eq=False, slots=True)
class Account:
    """Who asks beside others: `owner` takes part in `turns` (None: alone) and is charged in `budget`."""

    owner: str = ""
    turns: engine.story.Turns | None = None
    budget: engine.story.Budget = engine.story.Budget()

    def new_results(self) -> engine.story.Results:
        """Empty ones, for what nobody else is to find."""
        return engine.story.Results(turns=self.turns)

    def question(
        self,
        backbone: engine.Backbone,
        recipe: engine.story.Recipe,
        about: int | None = None,
        against: int | None = None,
        results: engine.story.Results | None = None,
    ) -> Question:
        """One whose results go with it, unless they are to be kept in `results`."""
        held = self.new_results() if results is None else results
        return Question(engine.story.Story(backbone, recipe, held, self.owner), about, against, self.budget)


@dataclass(frozen=True, eq=False, slots=True)
class MapPair:
    """One kind of map for the clean and the attacked picture, and for random noise as large as the attack.

    `rival` are clean and attacked map for the class that the attacked picture is taken for, where that is another. What
    is clean is None where that picture is not known, and so is the noise.
    """

    clean: engine.AttentionMap | None
    attacked: engine.AttentionMap
    noisy: engine.AttentionMap | None
    rival: tuple[engine.AttentionMap | None, engine.AttentionMap] | None = None

    @property
    def known(self) -> engine.AttentionMap:
        """The map that there is at any rate: the clean one where there is one."""
        return self.attacked if self.clean is None else self.clean


@dataclass(frozen=True, eq=False, slots=True)
class MapTest:
    """One kind of map put to the test: a pair as above, and the clean map of the model with its last block shuffled, or
    where no clean picture is known the attacked one."""

    pair: MapPair
    shuffled: engine.AttentionMap


@dataclass(frozen=True, eq=False, slots=True)
class WordsRead:
    """Which words make a sentence fit: of the attacked class, and of the answer after the attack where it is another.

    Each is a pair: for the clean picture, None where that is not known, and for the attacked one.
    """

    asked: tuple[engine.maps.WordRelevance | None, engine.maps.WordRelevance]
    answer: tuple[engine.maps.WordRelevance | None, engine.maps.WordRelevance] | None


@dataclass(frozen=True, eq=False, slots=True)
class OcclusionPair:
    """Deletion and insertion on the clean picture, in the order of its map and of a map drawn at random; where none is
    known, on the attacked one."""

    map: engine.maps.Occlusion
    chance: engine.maps.Occlusion


@dataclass(frozen=True, eq=False, slots=True)
class HeadsPair:
    """What all heads of the model attend to in the clean picture, None where that is not known, and in the attacked."""

    clean: engine.maps.AttentionHeads | None
    attacked: engine.maps.AttentionHeads

    @property
    def both(self) -> tuple[engine.maps.AttentionHeads, ...]:
        """The two, or what there is of them."""
        return (self.attacked,) if self.clean is None else (self.clean, self.attacked)


@dataclass(frozen=True, slots=True)
class Part:
    """`wanted` gives the generators of a part, one for each row where it is shown `in_rows`, else a single one."""

    wanted: Callable[[Question], Iterable[Wanted]]
    in_rows: bool = False


class _Unknown:
    """Stands for a result that is not there yet: whatever is asked of it is unknown too, and equals nothing."""

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> _Unknown:
        return self

    def __eq__(self, other: object) -> bool:
        return False


class Row:
    """One row of a part on its way: `request` is what it asks for next, None once it is whole and `value` is shown.

    `given` are the requests whose results it has.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.given: list[engine.story.Request] = []
        self.request: engine.story.Request | None = None
        self.value: Any = None
        self._wanted = wanted
        self._ask(lambda: next(wanted))

    def give(self, result: Any) -> None:
        """Hand it what it asks for."""
        self.given.append(present(self.request))
        self._ask(lambda: self._wanted.send(result))

    def advance(self, story: engine.story.Story) -> Row:
        """Hand it all that is held, up to the first result that is not, or that cannot be asked for; itself."""
        while self.request is not None:
            try:
                result = story.results[story.key(self.request)]
            except (KeyError, engine.EngineError):
                break
            self.give(result)
        return self

    def foresee(self) -> Iterator[engine.story.Request]:
        """What it may ask for from here to its end, whatever the results are; it gives no value afterwards."""
        while self.request is not None:
            yield self.request
            self.give(_Unknown())

    def _ask(self, go_on: Callable[[], engine.story.Request]) -> None:
        try:
            self.request = go_on()
        except StopIteration as end:
            self.request, self.value = None, end.value


Computed = tuple[engine.story.Request | None, Any]


def asks(question: Question, name: str) -> bool:
    """Whether a part asks for anything: the methods do where some are chosen, an attack's defence where it has one."""
    return next(iter(PARTS[name].wanted(question)), None) is not None


def foreseen(question: Question, name: str) -> list[engine.story.Request]:
    """What a part may ask for that is not held, at most; none where all of it is held."""
    rows = [Row(wanted).advance(question.story) for wanted in PARTS[name].wanted(question)]
    return [request for row in rows for request in row.foresee() if request not in question.story]


def rows_computed(question: Question, name: str) -> Iterator[Computed]:
    """Everything that comes while a part is computed, each item with the request that it belongs to.

    Behind each row comes None with the share of the rows that are through.
    """
    rows = list(PARTS[name].wanted(question))
    for index, wanted in enumerate(rows):
        row = Row(wanted)
        while row.request is not None:
            item = None
            for asked, item in question.ask(row.request):
                yield asked, item
            row.give(item)
        yield None, (index + 1) / len(rows)


class Run:
    """Parts of one question, asked for one after the other; `seconds` of a lent accelerator are booked for them."""

    seconds = 0

    def __init__(self, question: Question) -> None:
        self.question = question

    def part(self, name: str) -> Iterator[Computed]:
        """As `rows_computed`."""
        return rows_computed(self.question, name)

    def close(self) -> None:
        """Let go of whatever goes on."""


def _clean(question: Question) -> Wanted:
    return (yield engine.story.Clean())


def _attack(question: Question) -> Wanted:
    yield from _clean(question)
    return (yield engine.story.Attack())


def _maps(question: Question, kind: str = "") -> Wanted:
    hit = yield from _attack(question)
    about = LABEL if question.about is None else question.about

    def drawn(picture: str) -> engine.story.Map:
        return engine.story.Map(picture, kind, about, question.against)

    clean = (yield drawn(CLEAN)) if question.clean_known else None
    attacked = yield drawn(ATTACKED)
    noisy = (yield drawn(NOISE)) if question.clean_known and hit.per_channel else None
    return MapPair(clean, attacked, noisy)


def _maps_and_rival(question: Question) -> Wanted:
    hit = yield from _attack(question)
    pair = yield from _maps(question)
    chosen = (question.about, question.against) != (None, None)
    kind = engine.MAPS[question.settings.attention.map]
    if chosen or hit.after_saved.label == pair.attacked.label or not kind.class_specific:
        return pair
    clean = (yield engine.story.Map(CLEAN, about=ANSWER)) if question.clean_known else None
    attacked = yield engine.story.Map(ATTACKED, about=ANSWER)
    return MapPair(pair.clean, pair.attacked, pair.noisy, (clean, attacked))


def _guide(question: Question) -> Wanted:
    yield from _attack(question)
    clean = (yield engine.story.Guide(CLEAN)) if question.clean_known else None
    return MapPair(clean, (yield engine.story.Guide(ATTACKED)), None)


def _map_test(question: Question, kind: str) -> Wanted:
    pair = yield from _maps(question, kind)
    about = LABEL if question.about is None else question.about
    shuffled = yield engine.story.Map(question.known, kind, about, question.against, "last")
    return MapTest(pair, shuffled)


def _occlusion(question: Question) -> Wanted:
    yield from _maps_and_rival(question)
    about = LABEL if question.about is None else question.about
    by_map = yield engine.story.Curves(False, about, question.against, question.known)
    by_chance = yield engine.story.Curves(True, about, question.against, question.known)
    return OcclusionPair(by_map, by_chance)


def _words(question: Question) -> Wanted:
    hit = yield from _attack(question)
    clean = (yield engine.story.Words(CLEAN)) if question.clean_known else None
    asked = clean, (yield engine.story.Words(ATTACKED))
    if hit.after_saved.label == hit.label:
        return WordsRead(asked, None)
    clean = (yield engine.story.Words(CLEAN, ANSWER)) if question.clean_known else None
    return WordsRead(asked, (clean, (yield engine.story.Words(ATTACKED, ANSWER))))


def _heads(question: Question) -> Wanted:
    yield from _attack(question)
    clean = (yield engine.story.Heads(CLEAN)) if question.clean_known else None
    attacked = yield engine.story.Heads(ATTACKED)
    return HeadsPair(clean, attacked)


def _lens(question: Question) -> Wanted:
    yield from _attack(question)
    return (yield engine.story.Read())


def _views(question: Question) -> Wanted:
    yield from _attack(question)
    return (yield engine.story.Views())


def _step(question: Question, index: int) -> Wanted:
    yield from _views(question)
    tuned = yield engine.story.Tune(index)
    return tuned.step


def _ensemble(question: Question) -> Wanted:
    for index in range(question.settings.tuning.steps + 1):
        yield from _step(question, index)
    return (yield engine.story.Weighted())


def _placed(question: Question) -> Wanted:
    yield from _ensemble(question)
    return (yield engine.story.Placed())


def _survival(question: Question) -> Wanted:
    yield from _attack(question)
    return (yield engine.story.Survives())


def _severities(question: Question) -> Wanted:
    yield from _clean(question)
    return (yield engine.story.Damaged())


def _detection(question: Question) -> Wanted:
    yield from _attack(question)
    return (yield engine.story.Detected())


def _defence(question: Question, name: str) -> Wanted:
    yield from _attack(question)
    return (yield engine.story.Defended(name))


def _through(question: Question) -> Iterator[Wanted]:
    """What the defence answers that the attack goes through, where it goes through one."""
    attack, here = question.settings.attack, question.story.recipe.attacked is None
    aimed = here and "target_defence" in engine.ATTACKS[attack.attack].uses
    return (_defence(question, name) for name in [attack.target_defence] if aimed)


def _guides(question: Question) -> Iterator[Wanted]:
    """The map that A-TPT mixes by, where the model can draw it and it is not the one that is drawn anyway."""
    guide = question.settings.views.guide
    drawn = guide != question.settings.attention.map and guide in engine.maps.maps_for(question.story.backbone)
    return (_guide(question) for _ in range(drawn))


def _every(question: Question) -> Iterator[Wanted]:
    return (_map_test(question, kind) for kind in engine.maps.maps_for(question.story.backbone))


def _steps(question: Question) -> Iterator[Wanted]:
    return (_step(question, index) for index in range(question.settings.tuning.steps + 1))


def _defences(question: Question) -> Iterator[Wanted]:
    return (_defence(question, name) for name in question.settings.defences)


PARTS = {
    "clean": Part(lambda question: [_clean(question)]),
    "adversarial": Part(lambda question: [_attack(question)]),
    "through": Part(_through),
    "maps": Part(lambda question: [_maps_and_rival(question)]),
    "guide": Part(_guides),
    "occlusion": Part(lambda question: [_occlusion(question)]),
    "every": Part(_every, in_rows=True),
    "words": Part(lambda question: [_words(question)]),
    "heads": Part(lambda question: [_heads(question)]),
    "lens": Part(lambda question: [_lens(question)]),
    "views": Part(lambda question: [_views(question)]),
    "steps": Part(_steps, in_rows=True),
    "ensemble": Part(lambda question: [_ensemble(question)]),
    "defences": Part(_defences, in_rows=True),
    "survival": Part(lambda question: [_survival(question)]),
    "detection": Part(lambda question: [_detection(question)]),
    "placed": Part(lambda question: [_placed(question)]),
    "severities": Part(lambda question: [_severities(question)]),
}
STORY = ("adversarial", "maps", "guide", "views", "steps", "ensemble", "defences")  # the whole story, in its order
