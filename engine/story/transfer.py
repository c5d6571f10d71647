"""Does an attack that was made on one model fool another: the answers of both to the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..results import Prediction

TRANSFERRED, HELD, MISSED, TURNED, NOISY, SPOILT = "transferred", "held", "missed", "turned", "noisy", "spoilt"


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """What one model, which looks at pictures of `size` pixels a side, answers to the clean picture, to the attacked
    one, and to the clean one under as much random noise; `noise` is None where nothing was changed."""

    model: str
    size: int
    clean: Prediction
    attacked: Prediction
    noise: Prediction | None


@dataclass(frozen=True, eq=False, slots=True)
class Transfer:
    """An attack away from class number `label`, the true one or the clean answer of the model that it was made on, and
    whom it fools: `asked` has that model first."""

    label: int
    from_truth: bool
    asked: tuple[Asked, ...]

    @property
    def fooled(self) -> bool:
        """Whether the model that it was made on gives the attacked picture another class."""
        return self.asked[0].attacked.label != self.label

    def outcome(self, one: Asked) -> str:
        """How it ends with this model; see `outcome`."""
        return outcome(self.label, self.fooled, one)

    def resized(self, one: Asked) -> bool:
        """Whether this model saw the pictures at another size than the attack was made at."""
        return one.size != self.asked[0].size


def outcome(label: int, fooled: bool, one: Asked) -> str:
    """What an attack away from class number `label`, which `fooled` the model that it was made on, is to another.

    `SPOILT`: that one gives the clean picture another class, so nothing can be judged. `HELD`: it is right on the
    attacked picture too, so nothing transferred. `MISSED`: it is, but so is the model that the attack was made on.
    `NOISY`: wrong on the attacked picture, but under as much random noise too, which says nothing of the attack.
    `TRANSFERRED`: wrong on that alone. `TURNED`: the same, though the model that it was made on was not fooled.
    """
    if one.clean.label != label:
        return SPOILT
    if one.attacked.label == label:
        return HELD if fooled else MISSED
    if one.noise is not None and one.noise.label != label:
        return NOISY
    return TRANSFERRED if fooled else TURNED


def transfer_data(rows: Sequence[Transfer]) -> list[dict]:
    """The same as plain data: of every attack the model that it was made on, and by model the answers, the leads of the
    attacked class, in logits, and how it ends."""
    return [_row(row) for row in rows]


def _row(row: Transfer) -> dict:
    first, names = row.asked[0], row.asked[0].clean.classes.names
    own = {"made_on": first.model, "away_from": names[row.label], "from_truth": row.from_truth, "fooled": row.fooled}
    return own | {"answered_by": {one.model: _asked(row, one) for one in row.asked}}


def _asked(row: Transfer, one: Asked) -> dict:
    arms = {"clean": one.clean, "attacked": one.attacked, "noise": one.noise}
    seen = {name: None if answer is None else _answer(answer, row.label) for name, answer in arms.items()}
    return {"image_size": one.size, "resized": row.resized(one), **seen, "outcome": row.outcome(one)}


def _answer(answer: Prediction, label: int) -> dict:
    return {"name": answer.name, "confidence": answer.confidence, "lead": answer.lead(label)}
