"""What computing takes, in passes through the two towers of a model. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

BACK = 2  # a pass back takes about twice as long as one forward: gradients of a layer's input and of what it computed


@dataclass(frozen=True, slots=True)
class Passes:
    """Passes through a model; fractions are of its blocks, or of the sentences.

    `forward` and `back` count pictures through the image tower; `text_forward` and `text_back` count how often the
    sentences of all classes go through the text tower. Reading class names for the first time is not counted: a model
    keeps their features for all pictures.
    """

    forward: float = 0
    back: float = 0
    text_forward: float = 0
    text_back: float = 0

    def __add__(self, other: Passes) -> Passes:
        return Passes(
            self.forward + other.forward,
            self.back + other.back,
            self.text_forward + other.text_forward,
            self.text_back + other.text_back,
        )

    def __mul__(self, times: float) -> Passes:
        return Passes(self.forward * times, self.back * times, self.text_forward * times, self.text_back * times)

    def cost(self, reading: float = 0.0) -> float:
        """All of it in the one unit of costs, the pass of one picture forward through the image tower.

        Forward counts as 1, so forward and back as 3. `reading` is what all sentences take forward through the text
        tower, in the same unit (`Backbone.reading_cost`).
        """
        return self.forward + BACK * self.back + reading * (self.text_forward + BACK * self.text_back)
