"""Sets of sentences that a question may average besides its own prompt."""

from __future__ import annotations

from collections.abc import Sequence

import engine

ALONE, OWN, EIGHTY = "", "model", engine.datasets.EIGHTY
SETS = (OWN, EIGHTY)


def sentences(chosen: str, own: Sequence[str]) -> tuple[str, ...]:
    """Those of the set `chosen`, of which `own` is the model's; raises `EngineError` for a set that there is not."""
    if chosen == EIGHTY:
        return engine.datasets.imagenet_templates()
    if chosen not in (ALONE, OWN):
        listed = " or ".join(SETS)
        raise engine.EngineError(f"Expected the sentences to average to be empty, {listed}; got “{chosen:.40}”.")
    return tuple(own) if chosen == OWN else ()


def with_more(prompt: str, chosen: str, own: Sequence[str]) -> tuple[str, ...]:
    """The prompt, and behind it the other sentences of the set `chosen`, each once."""
    return tuple(dict.fromkeys((prompt, *sentences(chosen, own))))
