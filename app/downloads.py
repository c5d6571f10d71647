"""Downloads under way, each once, whoever waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import engine

Report = Callable[[engine.results.Download], None]
LOOK_EVERY = 0.25  # seconds


@dataclass(eq=False, slots=True)
class _Download:
    """One that somebody waits for; `stop` ends it with its next piece, `error` is what it ended with."""

    waiting: int = 0
    latest: engine.results.Download | None = None
    error: Exception | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def report(self, piece: engine.results.Download) -> None:
        if self.stop.is_set():
            raise engine.models.Cancelled
        self.latest = piece


class Downloads:
    """Has `bring(name, report)` called in a thread for each name that is waited for; safe to use from several threads.

    `bring` calls `report` with every piece. The last who leaves ends it, with the next piece.
    """

    def __init__(self, bring: Callable[[str, Report], None]) -> None:
        self.bring = bring
        self._lock = threading.Lock()
        self._going: dict[str, _Download] = {}

    def follow(self, name: str) -> Generator[engine.results.Download | None]:
        """How far that download is, some times a second and None before its first piece, until it is there.

        Raises what `bring` raises, and `Cancelled` where the run that waits is to end.
        """
        download = self._joined(name)
        try:
            while not download.over.wait(LOOK_EVERY):
                engine.models.raise_if_cancelled()
                yield download.latest
            if download.error is not None:
                raise download.error
        finally:
            self._leave(name, download)

    def _joined(self, name: str) -> _Download:
        with self._lock:
            download = self._going.get(name)
            if download is None:
                download = self._going[name] = _Download()
                threading.Thread(target=self._run, args=(name, download), name="model", daemon=True).start()
            download.waiting += 1
            return download

    def _leave(self, name: str, download: _Download) -> None:
        with self._lock:
            download.waiting -= 1
            if not download.waiting:
                download.stop.set()
                self._drop(name, download)

    def _run(self, name: str, download: _Download) -> None:
        try:
            self.bring(name, download.report)
        except Exception as error:  # whatever it is, it belongs to those who wait
            download.error = error
        with self._lock:
            self._drop(name, download)
        download.over.set()

    def _drop(self, name: str, download: _Download) -> None:
        if self._going.get(name) is download:
            del self._going[name]
