"""The probe of the adaptive attack: the attacker's model is a whole defence, which is handed to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from ..classes import Classes
from ..models import Backbone
from ..settings import AttackSettings
from .adaptive import TargetDefence
from .probes import ChanceProbe, Glance


class DefenceProbe(ChanceProbe):
    """Answers as the defence `target` does, with fresh views at every glance (EOT).

    The attacker knows the defence and its settings, not the defender's seed. Gradients flow through crops, other
    angles, blurs and the defence's own answer. They pass straight through what has none: rounding to 8 bits, AugMix,
    JPEG, fewer colour levels, and purifiers (BPDA, Athalye et al., ICML 2018).
    """

    def __init__(
        self, target: TargetDefence, backbone: Backbone, classes: Sequence[Classes], settings: AttackSettings, *hooks
    ) -> None:
        self.target, self.given = target, classes
        super().__init__(backbone, [target.classes(backbone, one) for one in classes], settings, *hooks)

    def glance(self, picture: Tensor, place: int) -> Glance:
        seed = int(self.rngs[place].integers(2**31))
        drawn = self.target.draw(self.backbone, picture[0].detach(), self.given[place], seed)
        seen = picture if drawn.followed is None else drawn.followed(picture[0])
        shown = _straight_through(seen, drawn.shown)
        return Glance(shown, partial(drawn.answer, shown))


def _straight_through(seen: Tensor, shown: Tensor) -> Tensor:
    """`shown` in value, `seen` to the gradient."""
    return seen + (shown.to(seen) - seen).detach()
