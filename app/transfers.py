"""Whom an attack fools: the attacks made on each of several models so far, answered by all of them."""

from __future__ import annotations

from dataclasses import dataclass

import engine


@dataclass(frozen=True, eq=False, slots=True)
class Transfers:
    """One row for each of `models` on which the attack was made so far, the visitor's own first.

    `made` names the visitor's attack, as `Found.made` does, once it is there. `strange` are the models that say that
    they know no such picture; `given` says whether the class that should be answered is the true one, else it is the
    clean answer of the model that is attacked.
    """

    models: tuple[str, ...]
    given: bool
    rows: tuple[engine.story.Transfer, ...] = ()
    strange: tuple[str, ...] = ()
    made: str = ""
