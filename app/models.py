"""The models that a page offers: the one it started with, and those that its visitors choose."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import engine
from app.downloads import Downloads, Report
from app.state.lent import Lend, Lent
from app.state.parts import Account, Question, Run
from app.text import inputs as text

KEPT = 1  # models beside the first that stay in memory
LARGE = 4e9  # operations of a pass: the views of a story then take a minute where the processor has no bf16
FEW = 16
SIBLING = 168  # pixels: the built-in model, trained at 112, is nearly as often right at that size


class Models:
    """Loads models by name, each once; safe to use from several threads.

    `free` lets visitors name any model, files and folders of this machine included; without it they choose from the
    engine's catalogue.
    """

    def __init__(self, first: engine.Backbone, lend: Lend | None = None, free: bool = False) -> None:
        self.first, self.free = first, free
        self.lent = None if lend is None else Lent(first, lend, lambda placed: Models(placed).backbone)
        self._kept: OrderedDict[str, engine.Backbone] = OrderedDict()
        self._views: dict[str, int] = {}  # by model, as counting takes a pass
        self._loading = threading.Lock()
        self._downloads = Downloads(self._bring)

    def backbone(self, name: str) -> engine.Backbone:
        """That model, loaded again where others took its place; the empty name is the first model."""
        if name in ("", self.first.name):
            return self.first
        with self._loading:
            if name not in self._kept:
                self._keep(name, self._load(name))
            self._kept.move_to_end(name)
            return self._kept[name]

    def run(self, question: Question, names: Sequence[str]) -> Run:
        """These parts of the story, where they are to be computed; their results are held afterwards.

        Raises `EngineError` where they cannot be lent what they need.
        """
        return Run(question) if self.lent is None else self.lent.run(question, names)

    def compute(self, question: Question, *names: str) -> None:
        """Compute these parts to their end."""
        with closing(self.run(question, names)) as run:
            for name in names:
                for _ in run.part(name):
                    pass

    def ready(self, name: str) -> bool:
        """Whether that model is in memory."""
        return name == self.first.name or name in self._kept

    def beside(self, name: str) -> list[str]:
        """The other models that are on this machine, strangers first; nobody is asked for them."""
        entries = [entry.name for entry in engine.models.listed_models() if entry.here and entry.needs is None]
        every = dict.fromkeys((self.first.name, *list(self._kept), *entries))
        near = [sibling()] if name == engine.models.BUILT_IN else []
        others = [one for one in every if one not in (name, sibling())]
        return sorted(others, key=lambda one: one == engine.models.BUILT_IN) + near

    def result(self, question: Question, request: engine.story.Request) -> Any:
        """The result of a request whose needs are held, where it is to be computed; it is held afterwards."""
        if self.lent is not None:
            return self.lent.result(question, request)
        *_, (_, found) = question.ask(request)
        return found

    def views(self, backbone: engine.Backbone) -> int:
        """How many views the page begins with on this model."""
        if backbone.name not in self._views:
            slow = self.lent is None and engine.models.is_slow(backbone, LARGE)
            self._views[backbone.name] = FEW if slow else engine.Settings().views.count
        return self._views[backbone.name]

    def answer(
        self,
        backbone: engine.Backbone,
        question: engine.datasets.Question,
        plan: engine.evaluation.Plan,
        account: Account,
        passes: float,
    ) -> engine.evaluation.Answered:
        """A model's record of one picture, which takes so many passes, where it is to be computed."""
        if self.lent is not None:
            return self.lent.answer(question, plan, backbone.name, passes)
        held, owner = account.new_results(), account.owner
        return engine.evaluation.answer_question(backbone, question, 0, plan, results=held, owner=owner)

    def fetch(self, name: str) -> Generator[engine.results.Download | None]:
        """Make `backbone(name)` quick: how far the download is, some times a second, None before its first piece.

        Raises `EngineError` for a model that this page does not offer, and as `engine.load_backbone` does, and
        `Cancelled` where the run that waits is to end. The last who leaves ends the download.
        """
        if not self.offers(name):
            raise engine.EngineError(text.MODEL_NOT_OFFERED.format(name=name[:80]))
        yield from self._downloads.follow(name)

    def _bring(self, name: str, report: Report) -> None:
        if not self.ready(name):
            engine.models.fetch_model(name, report)
        self.backbone(name)

    def offers(self, name: str) -> bool:
        """Whether a visitor can choose the model."""
        offered = name in (self.first.name, sibling()) or engine.models.entry_of(name) is not None
        return bool(name) and (self.free or offered)

    def _load(self, name: str) -> engine.Backbone:
        first = self.first
        return engine.models.apart(partial(engine.load_backbone, name, str(first.device), first.precision))

    def _keep(self, name: str, backbone: engine.Backbone) -> None:
        self._kept[name] = backbone
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def sibling() -> str:
    """The name of the built-in model for pictures of another size."""
    return engine.models.sized(engine.models.BUILT_IN, SIBLING)


def called(name: str) -> str:
    """What the page calls a model."""
    entry = engine.models.entry_of(engine.models.BUILT_IN if name == sibling() else name)
    if entry is None:
        scheme, _, folder = name.partition(":")
        return text.MODEL_FOLDER.format(name=Path(folder).name) if scheme == "local-dir" else name
    return text.MODEL_SIBLING.format(title=entry.title, size=SIBLING) if name == sibling() else entry.title
