"""What the server does by the clock: let go of results that nobody asks for any more, and of memory."""

from __future__ import annotations

import threading
import time

import engine
from app import hosting

EVERY = 2.0  # seconds
KEEP = 900.0  # seconds that results stay though nobody asks for any of their owner's


def begin(results: engine.story.Results) -> None:
    """Tidy up in the background for as long as the process lives."""
    threading.Thread(target=_go_on, args=(results,), name="tidying", daemon=True).start()


def tidy(results: engine.story.Results) -> None:
    """Drop results of owners who are gone, and give free memory back to the system.

    No visitor says that he leaves: only a stream kept open for each would tell it.
    """
    results.drop_unasked(KEEP)
    hosting.give_back()


def _go_on(results: engine.story.Results) -> None:
    while True:
        time.sleep(EVERY)
        tidy(results)
