"""What is computed on an accelerator that a host lends by the call: all of a run in one call, in another process.

That process is a fork of this one; values go to and fro as bytes, and what it changes stays there. It has models of its
own: the first is copied before anything is computed, so that no lock of it can be held when the process forks, others
are read again from the disk.

This process computes no gradient where an accelerator is lent. PyTorch prepares for gradients once, on the devices that
it then finds: it would find none here, and every fork would take that over.
"""

from __future__ import annotations

import math
import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import engine
from app.state.parts import PARTS, Computed, Question, Row, Run, foreseen, rows_computed
from app.text import words as text

BEGIN = 5.0  # seconds until another process has the model on its accelerator
PASS = 0.01  # seconds of a pass of one picture, which a larger model takes on a small batch
LEAST, MOST = 10, 60  # seconds that a call books
PASSES = (MOST - BEGIN) / PASS
Lend = Callable[[Callable, Callable], Callable]
Find = Callable[[str], engine.Backbone]
Call = Callable[[str, float, "Task"], Generator[Any, None, None]]


def booked(model: str, passes: float, task: bytes) -> int:
    """The seconds that a call is lent the accelerator for, given what the call is."""
    return min(MOST, max(LEAST, math.ceil(BEGIN + passes * PASS)))


class Task(ABC):
    """What the other process is to compute, as values that can be sent there."""

    @abstractmethod
    def run(self, backbone: engine.Backbone) -> Iterator[Any]: ...


@dataclass(frozen=True, eq=False, slots=True)
class Parts(Task):
    """Parts of a question; `known` has the results that it goes on from.

    Everything that comes is given with the request that it belongs to, without what was given before; None ends a part.
    """

    recipe: engine.story.Recipe
    about: int | None
    against: int | None
    names: tuple[str, ...]
    known: dict[engine.story.Request, Any]

    def run(self, backbone: engine.Backbone) -> Iterator[Computed | tuple[engine.story.Request] | None]:
        story = engine.story.Story(backbone, self.recipe)
        for request, result in self.known.items():
            story.results.put(story.key(request), result)
        given: dict[engine.story.Request | None, Any] = {**self.known}
        for name in self.names:
            for request, item in rows_computed(Question(story, self.about, self.against), name):
                again = request is not None and given.get(request) is item
                given[request] = item
                yield (request,) if again else (request, item)
            yield None


@dataclass(frozen=True, eq=False, slots=True)
class Record(Task):
    """One record of an evaluation."""

    question: engine.datasets.Question
    plan: engine.evaluation.Plan

    def run(self, backbone: engine.Backbone) -> Iterator[engine.evaluation.Answered]:
        yield engine.evaluation.answer_question(backbone, self.question, 0, self.plan)


@dataclass(frozen=True, eq=False, slots=True)
class Single(Task):
    """The result of one request; `known` has those that it needs."""

    recipe: engine.story.Recipe
    request: engine.story.Request
    known: dict[engine.story.Request, Any]

    def run(self, backbone: engine.Backbone) -> Iterator[Any]:
        story = engine.story.Story(backbone, self.recipe)
        for request, result in self.known.items():
            story.results.put(story.key(request), result)
        yield story.result(self.request)


class Lent:
    """Computes what it is asked for where `lend` takes it: the one function that needs the accelerator.

    `models` gives the other process its way from a model's name to the model, once `first` is on its accelerator.
    """

    def __init__(self, first: engine.Backbone, lend: Lend, models: Callable[[engine.Backbone], Find]) -> None:
        placed = first.copied("cpu")
        there = lru_cache(1)(lambda: models(placed.copied()))  # called in the other process only

        def work(model: str, passes: float, task: bytes) -> Iterator[bytes]:
            try:
                for item in pickle.loads(task).run(there()(model)):
                    yield pickle.dumps(item)
            except engine.EngineError as error:  # the host would hand over its class only
                yield pickle.dumps(error)

        self._work = lend(work, booked)

    def run(self, question: Question, names: Iterable[str]) -> LentRun:
        """These parts, in one call if anything of them is missing.

        Raises `EngineError` where that would take longer than a call may, or than the question's budget has room for.
        """
        return LentRun(self.call, question, tuple(names))

    def result(self, question: Question, request: engine.story.Request) -> Any:
        """The result of a request whose needs are held, in one call if it is missing. Raises `EngineError` as `run`."""
        story = question.story
        if request in story:
            return story.results[story.key(request)]
        engine.story.charge(engine.story.Budget(PASSES), story, request)
        question.charge(request)
        passes, needs = engine.story.cost_of(story, request), request.needs(story.recipe).values()
        known = {need: story.results[story.key(need)] for need in needs}
        (found,) = self.call(story.backbone.name, passes, Single(story.recipe, request, known))
        story.results.put(story.key(request), found, story.owner)
        return found

    def answer(
        self, question: engine.datasets.Question, plan: engine.evaluation.Plan, model: str, passes: float
    ) -> engine.evaluation.Answered:
        """A record that takes so many passes. Raises `EngineError` where that is longer than a call may take."""
        engine.story.Budget(PASSES).charge("", passes)
        (answered,) = self.call(model, passes, Record(question, plan))
        return answered

    def call(self, model: str, passes: float, task: Task) -> Generator[Any]:
        """What the task gives, as it comes. Raises `EngineError` for what it refuses, and where nothing was lent."""
        packed = pickle.dumps(task)
        with closing(self._work(model, passes, packed)) as items:
            while True:
                try:
                    item = next(items)
                except StopIteration:
                    return
                except Exception as error:  # a host has its own, and they have no common base
                    seconds = booked(model, passes, packed)
                    raise engine.EngineError(text.NOT_LENT.format(seconds=seconds, reason=_reason(error))) from error
                item = pickle.loads(item)
                if isinstance(item, engine.EngineError):
                    raise item
                yield item


class LentRun(Run):
    """Parts of one question on a lent accelerator, for which nothing is booked where all is held."""

    def __init__(self, call: Call, question: Question, names: tuple[str, ...]) -> None:
        super().__init__(question)
        missing = [request for name in names for request in foreseen(question, name)]
        story = question.story
        engine.story.charge(engine.story.Budget(PASSES), story, *missing)
        question.charge(*missing)
        self._given = _known(question, names, missing)
        self._items: Generator[Any] | None = None
        if missing:
            passes = engine.story.cost_of(story, *missing)
            task = Parts(story.recipe, question.about, question.against, names, dict(self._given))
            self._items = call(story.backbone.name, passes, task)
            self.seconds = booked(story.backbone.name, passes, b"")

    def part(self, name: str) -> Iterator[Computed]:
        """As `rows_computed`, part after part in the order of their names; what comes is held here."""
        if self._items is None:
            yield from super().part(name)
            return
        last = None
        for item in self._items:
            if item is None:
                break
            request, found = item if len(item) == 2 else (*item, self._given[item[0]])
            if last is not None and last != request:
                self._keep(last)
            self._given[request], last = found, request
            yield request, found

    def close(self) -> None:
        """Have the call end with the next result."""
        if self._items is not None:
            self._items.close()

    def _keep(self, request: engine.story.Request) -> None:
        story = self.question.story
        story.results.put(story.key(request), self._given[request], story.owner)


def _known(
    question: Question, names: Iterable[str], missing: Iterable[engine.story.Request]
) -> dict[engine.story.Request, Any]:
    """The results that are held of these parts, and of what is needed for those that are missing."""
    story, found = question.story, {}
    rows = [Row(wanted).advance(story) for name in names for wanted in PARTS[name].wanted(question)]
    needs = [need for request in engine.story.missing(story, *missing) for need in request.needs(story.recipe).values()]
    for request in (*(request for row in rows for request in row.given), *needs):
        if request in story:
            found[request] = story.results[story.key(request)]
    return found


def _reason(error: Exception) -> str:
    """What the host says, with its heading: its errors have both beside the class."""
    heading, message = getattr(error, "title", type(error).__name__), str(getattr(error, "message", error))
    return f"{heading}: {message}".strip().rstrip(".")
