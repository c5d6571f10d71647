"""The models that a page offers: the one it started with, and those that its visitors choose."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from queue import Empty, SimpleQueue

import engine
from app.state.lent import Lend, Lent
from app.state.parts import Account, Question, Run
from app.text import words as text

Item = engine.results.Download | Exception | None
NOTICE = 0.05  # seconds until one who waits for a model notices that the run is to end
KEPT = 1  # models beside the first that stay in memory


class Models:
    """Loads models by name, each once; safe to use from several threads.

    `free` lets visitors name any model, files and folders of this machine included; without it they choose from the
    engine's catalogue.
    """

    def __init__(self, first: engine.Backbone, lend: Lend | None = None, free: bool = False) -> None:
        self.first, self.free = first, free
        self.lent = None if lend is None else Lent(first, lend, lambda placed: Models(placed).backbone)
        self._kept: OrderedDict[str, engine.Backbone] = OrderedDict()
        self._loading = threading.Lock()

    def backbone(self, name: str, report: Callable[[engine.results.Download], None] | None = None) -> engine.Backbone:
        """That model, loaded again where others took its place; the empty name is the first model.

        `report` is called with every piece that a download brings.
        """
        if name in ("", self.first.name):
            return self.first
        with self._loading:
            if name not in self._kept:
                self._keep(name, self._load(name, report))
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

    def answer(
        self, question: engine.datasets.Question, plan: engine.evaluation.Plan, account: Account, passes: float
    ) -> engine.evaluation.Answered:
        """The first model's record of one picture, which takes so many passes, where it is to be computed."""
        if self.lent is not None:
            return self.lent.answer(question, plan, self.first.name, passes)
        held, owner = account.new_results(), account.owner
        return engine.evaluation.answer_question(self.first, question, 0, plan, results=held, owner=owner)

    def fetch(self, name: str) -> Iterator[engine.results.Download]:
        """Make `backbone(name)` quick: how far each downloaded file is, as it comes.

        Raises `EngineError` for a model that this page does not offer, and as `engine.load_backbone` does, and
        `Cancelled` where the run that waits is to end. That, or closing the iterator, leaves the download to itself;
        what it brings is on the disk the next time.
        """
        if not self._offers(name):
            raise engine.EngineError(text.MODEL_NOT_OFFERED.format(name=name[:80]))
        queue: SimpleQueue[Item] = SimpleQueue()

        def work() -> None:
            try:
                self.backbone(name, queue.put)
                queue.put(None)
            except Exception as error:  # whatever it is, it belongs to the thread that waits
                queue.put(error)

        threading.Thread(target=work, name="model", daemon=True).start()
        while (item := _next(queue)) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    def _offers(self, name: str) -> bool:
        offered = {self.first.name, *(entry.name for entry in engine.models.listed_models())}
        return bool(name) and (self.free or name in offered)

    def _load(self, name: str, report: Callable[[engine.results.Download], None] | None) -> engine.Backbone:
        first = self.first
        return engine.load_backbone(name, str(first.device), first.precision, report)

    def _keep(self, name: str, backbone: engine.Backbone) -> None:
        self._kept[name] = backbone
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _next(queue: SimpleQueue[Item]) -> Item:
    """What comes next; raises `Cancelled` where the run that waits is to end."""
    while True:
        try:
            return queue.get(timeout=NOTICE)
        except Empty:
            engine.models.raise_if_cancelled()
