"""The phases that the built-in model is trained in, and the file beside it that names them. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

BATCH = 128
CARD = "training.json"


@dataclass(frozen=True, slots=True)
class Phase:
    """`pictures` views of the corpus `seed` are shown; the last `decay` of them with a falling learning rate.

    `tokens` of 196 patches are kept, background dropped first, which is faster; from `full_from` on all are. A share
    `whole` of the pictures is not cropped, the others to `smallest_crop` ... 1 of their area. `momentum` is that of the
    moving average of the weights, which is what a phase hands on.
    """

    name: str
    pictures: int
    seed: int
    learning_rate: float
    warmup: int
    decay: float
    tokens: int
    full_from: float
    whole: float
    smallest_crop: float
    momentum: float

    @property
    def steps(self) -> int:
        """How many batches that is."""
        return self.pictures // BATCH

    def rate(self, step: int) -> float:
        """The learning rate of batch `step`."""
        rise = min(1.0, (step + 1) / self.warmup)
        fall = min(1.0, (self.steps - step) / max(1, round(self.steps * self.decay)))
        return self.learning_rate * rise * fall


PHASES = (
    Phase("learn", 370_000, 0, 1e-3, 200, 0.35, 64, 0.9, whole=0.35, smallest_crop=0.3, momentum=0.998),
    Phase("finish", 64_000, 1, 3e-4, 50, 0.85, 96, 0.4, whole=0.6, smallest_crop=0.6, momentum=0.99),
)
