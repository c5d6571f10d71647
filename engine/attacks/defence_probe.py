"""The probe of the adaptive attack: the attacker's model is a whole defence, which is handed to it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..settings import AttackSettings
from .adaptive import TargetDefence
from .probes import ChanceProbe, Glance, cut_out


class DefenceProbe(ChanceProbe):
    """Answers as the defence `target` does, with fresh views at every glance (EOT).

    The attacker knows the defence and its settings, not the defender's seed. Gradients flow through crops and
    the defence's own answer. They pass straight through what has none: rounding to 8 bits, AugMix, and purifiers
    (BPDA, Athalye et al., ICML 2018).
    """

    def __init__(
        self, target: TargetDefence, backbone: Backbone, classes: Sequence[Classes], settings: AttackSettings, *hooks
    ) -> None:
        self.target, self.given = target, classes
        super().__init__(backbone, [target.classes(backbone, one) for one in classes], settings, *hooks)

    def glance(self, picture: Tensor, place: int) -> Glance:
        seed = int(self.rngs[place].integers(2**31))
        drawn = self.target.draw(self.backbone, picture[0].detach(), self.given[place], seed)
        seen = picture if drawn.boxes is None else cut_out(picture[0], drawn.boxes.tolist())
        return Glance(_straight_through(seen, drawn.shown), drawn.answer)


def _straight_through(seen: Tensor, shown: Tensor) -> Tensor:
    """`shown` in value, `seen` to the gradient."""
    return seen + (shown.to(seen) - seen).detach()
