"""Where the pictures of a story went: clean, attacked, every view, before and after tuning, on one plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import EngineError
from ..numerics.plane import Plane, plane_of
from ..results import Adversarial, Ensemble, Prediction, TuneStep, ViewSet


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Points (2,) of a `plane`, in units of cosine.

    Its three classes are the one that the attack pushed away from, the answer to the attacked picture, and the weighted
    views' answer; where some of these are the same, the views' next ones. `clean` is None where
    that picture is not known, `noise` where there is no change to be as large as. `path` (m, 2) is the attack's, pass
    by pass, `attacked` where the 8-bit picture lies. `untuned` and `tuned` (n, 2) are the views under the first and
    under the tuned prompt, `tuning` (steps + 1, 2) the attacked picture under the prompt after each step. `answer` is
    where the weighted views' answer lies, `before` what the same weights give under the first prompt.
    """

    plane: Plane
    clean: Tensor | None
    noise: Tensor | None
    path: Tensor
    attacked: Tensor
    untuned: Tensor
    tuned: Tensor
    tuning: Tensor
    answer: Tensor
    before: Tensor

    @property
    def marks(self) -> dict[str, Tensor]:
        """The places of single pictures and answers by what they are, in the order of the story."""
        named = {
            "clean": self.clean, "noise": self.noise, "attacked": self.attacked, "tuned": self.tuning[-1],
            "before": self.before, "answer": self.answer,
        }  # fmt: skip
        return {name: place for name, place in named.items() if place is not None}

    @property
    def way(self) -> Tensor:
        """The attack's way (m, 2), from the clean picture where that is known to the attacked one in 8 bits."""
        begin = [] if self.clean is None else [self.clean[None]]
        return torch.cat([*begin, self.path, self.attacked[None]])

    @property
    def leads(self) -> dict[str, float]:
        """By how many logits the first class leads the second there, by the same names."""
        apart = {name: self.plane.leads(place) for name, place in self.marks.items()}
        return {name: float(lead[0] - lead[1]) for name, lead in apart.items()}


def places(
    attacked: Adversarial,
    noise: Prediction | None,
    views: ViewSet,
    steps: Sequence[TuneStep],
    weighted: Ensemble,
    scale: float,
) -> Places:
    """Place everything that these results of a story tell of; `scale` is what the model multiplies cosines with.

    Raises `EngineError` for fewer than three classes, and for sentences that span no plane.
    """
    count = len(views.classes)
    if count < 3:
        raise EngineError(f"Expected at least 3 classes, whose sentences span a plane; got {count}.")
    chosen = torch.tensor(_in_question(attacked, steps[-1], weighted))
    plane = plane_of(steps[0].text_features, chosen, scale)
    trail = [step.prediction.logits for step in attacked.steps] or [attacked.after.logits]
    return Places(
        plane=plane,
        clean=None if attacked.before is None else plane.place(attacked.before.logits),
        noise=None if noise is None else plane.place(noise.logits),
        path=plane.place(torch.stack(trail)),
        attacked=plane.place(attacked.after_saved.logits),
        untuned=plane.place(steps[0].logits),
        tuned=plane.place(steps[-1].logits),
        tuning=plane.place(torch.stack([step.prediction.logits for step in steps])),
        answer=plane.place(weighted.prediction.logits),
        before=plane.place(_untuned(weighted).logits),
    )


def places_data(placed: Places, names: Sequence[str]) -> dict:
    """The same as plain data: points as [x, y] in units of cosine, leads in logits, the three classes by name."""
    numbers = placed.plane.classes.tolist()
    trails = {"path": placed.path, "tuning": placed.tuning, "views": placed.tuned, "views untuned": placed.untuned}
    return {
        "classes": [names[number] for number in numbers],
        "sentences": placed.plane.tips.tolist(),
        "leads": placed.leads,
        **{name: place.tolist() for name, place in {**placed.marks, **trails}.items()},
    }


def _untuned(weighted: Ensemble) -> Prediction:
    if weighted.untuned is None:
        raise EngineError("Expected views that a story has weighed, which tells their answer before tuning too.")
    return weighted.untuned


def _in_question(attacked: Adversarial, last: TuneStep, weighted: Ensemble) -> list[int]:
    """Three classes: the attacked one, the attacked picture's answer, the weighted views', then by their mean share."""
    shares = last.logits.softmax(-1).mean(0)
    named = (attacked.label, attacked.after_saved.label, weighted.prediction.label)
    return list(dict.fromkeys([*named, *shares.argsort(descending=True, stable=True).tolist()]))[:3]
