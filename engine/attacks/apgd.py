"""APGD: ascent that sets its own step size and starts again from its best point (Croce & Hein, 2020).

Up the cross-entropy, up a ratio of differences of logits, or towards the likeliest wrong classes in turn. Walks, as in
`gradient`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from .base import UNAWARE, Attack, Walk, likeliest_wrong
from .gradient import cross_entropy, look
from .looks import Looks, rivals

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe

    Loss = Callable[[Tensor], Tensor]  # logits (b, c) -> losses (b,)

MOMENTUM = 0.25  # of the last step in each
RISING = 0.75  # the share of steps that must have raised the loss for the step size to stay
WINDOWS = (0.22, 0.06, 0.03)  # shares of the steps: the first window between checks, the least, what each is shorter
TINY = 1e-12


def apgd(probe: Probe, settings: AttackSettings, ratio: bool = False) -> Walk:
    """Up the cross-entropy, or up the logit ratio; no step size.

    Pictures that are wrong already are attacked too. Where nothing fooled the model, the result is the picture with the
    highest loss.
    """
    import torch

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        loss = partial(_ratio, labels) if ratio else cross_entropy(labels, settings)
        found = yield from _ascent(probe, settings, pixels, labels, loss)
        return torch.where(found.held[:, None, None, None], found.highest, found.fooling)

    return walk


def _ratio(labels: Tensor, logits: Tensor) -> Tensor:
    """The lead (b,) of the best other class over the label, relative to that of the first over the third."""
    ordered, order = logits.sort(1)
    own = logits.gather(1, labels[:, None])[:, 0]
    other = ordered[:, -1].where(order[:, -1] != labels, ordered[:, -2])
    return -(own - other) / (ordered[:, -1] - ordered[:, -3] + TINY)


def apgd_looks(settings: AttackSettings, classes: int) -> Looks:
    """One for every step, and one before the first."""
    return Looks(settings.steps + 1, settings.steps + 1)


def apgd_targeted(probe: Probe, settings: AttackSettings) -> Walk:
    """Up the targeted logit ratio towards each of the `RIVALS` likeliest classes, until one fools the model. Where none
    does, the result is the picture with the highest ratio. For one picture at a time.
    """

    def walk(pixels: Tensor, labels: Tensor) -> Generator[None, None, Tensor]:
        best, top = pixels, -math.inf
        first = probe(pixels)
        yield
        for place in likeliest_wrong(first, labels):
            order = probe(pixels).sort(1)[1]
            yield
            loss = partial(_targeted_ratio, labels, order[:, -place])
            found = yield from _ascent(probe, settings, pixels, labels, loss)
            if not found.held:
                return found.fooling
            if float(found.loss) > top:
                best, top = found.highest, float(found.loss)
        return best

    return walk


def _targeted_ratio(labels: Tensor, aims: Tensor, logits: Tensor) -> Tensor:
    """The lead (b,) of the class aimed at over the label, relative to that of the first over the next ones."""
    ordered = logits.sort(1)[0]
    own, aim = (logits.gather(1, asked[:, None])[:, 0] for asked in (labels, aims))
    return -(own - aim) / (ordered[:, -1] - 0.5 * ordered[:, -3] - 0.5 * ordered[:, -4] + TINY)


def apgd_targeted_looks(settings: AttackSettings, classes: int) -> Looks:
    """One for the likeliest classes, and for each of these one for its number and then those of APGD."""
    tried, own = rivals(classes), apgd_looks(settings, classes)
    return Looks(1 + tried * (1 + own.forward), tried * own.back)


@dataclass(frozen=True, eq=False, slots=True)
class _Ascent:
    """What became of pictures (b, 3, s, s): those of the highest loss (b,), whether the answer held all along (b,), and
    the last picture that fooled the model, where there was one.
    """

    highest: Tensor
    loss: Tensor
    held: Tensor
    fooling: Tensor


def _ascent(
    probe: Probe, settings: AttackSettings, pixels: Tensor, labels: Tensor, loss: Loss
) -> Generator[None, None, _Ascent]:
    import torch

    ball = _Ball(pixels, settings)
    moved = before = ball.start(probe)
    logits, best, slope = yield from look(probe, moved, loss)
    held, fooling, highest, steepest = logits.argmax(1) == labels, moved, moved, slope
    pace = _Pace(settings, best)
    for index in range(settings.steps):
        reached = ball.step(moved, before, ball.along(slope, pace.sizes), index > 0)
        moved, before = reached, moved
        logits, losses, slope = yield from look(probe, moved, loss)
        right, higher = logits.argmax(1) == labels, losses > best
        held = held & right
        fooling = _where(right, fooling, moved)
        highest, steepest = _where(higher, moved, highest), _where(higher, slope, steepest)
        best = torch.where(higher, losses, best)
        again = pace.checked(index, losses, best)
        moved, slope = _where(again, highest, moved), _where(again, steepest, slope)
    return _Ascent(highest, best, held, fooling)


def _where(chosen: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Of pictures (b, 3, s, s) the ones that `chosen` (b,) says, else the others."""
    return one.where(chosen[:, None, None, None], other)


@dataclass(frozen=True, eq=False, slots=True)
class _Ball:
    """The changes of `middle` (b, 3, s, s) that the settings allow."""

    middle: Tensor
    settings: AttackSettings

    @property
    def epsilon(self) -> float:
        """How far they may go."""
        return self.settings.epsilon

    @property
    def norm(self) -> str:
        """What measures that."""
        return self.settings.norm

    def start(self, probe: Probe) -> Tensor:
        """A random picture on the ball's surface."""
        import torch

        from .projection import confined

        with probe.luck:
            linf = self.norm == "linf"
            drawn = 2 * torch.rand(self.middle.shape) - 1 if linf else torch.randn(self.middle.shape)
        drawn = confined(drawn.to(self.middle), self.settings)
        largest = drawn.abs().amax((1, 2, 3), keepdim=True) if linf else _lengths(drawn) + TINY
        return (self.middle + self.epsilon * drawn / largest).clamp(0, 1)

    def along(self, slope: Tensor, sizes: Tensor) -> Tensor:
        """Steps of these sizes (b, 1, 1, 1) in the gradient's direction."""
        return sizes * slope.sign() if self.norm == "linf" else sizes * slope / (_lengths(slope) + TINY)

    def step(self, moved: Tensor, before: Tensor, change: Tensor, onwards: bool) -> Tensor:
        """The picture after a change, `onwards` with a part of the step before it."""
        share = 1 - MOMENTUM if onwards else 1.0
        there = self.inside(moved + change, 0.0)
        return self.inside(moved + (there - moved) * share + (moved - before) * (1 - share), TINY)

    def inside(self, pixels: Tensor, tiny: float) -> Tensor:
        """Pixels brought back into the ball and into [0, 1]."""
        if self.norm == "linf":
            low, high = self.middle - self.epsilon, self.middle + self.epsilon
            return pixels.maximum(low).minimum(high).clamp(0, 1)
        change = pixels - self.middle
        far = _lengths(change)
        return (self.middle + change / (far + TINY) * (far + tiny).clamp(max=self.epsilon)).clamp(0, 1)


def _lengths(change: Tensor) -> Tensor:
    return change.square().sum((1, 2, 3), keepdim=True).sqrt()


class _Pace:
    """The step sizes (b, 1, 1, 1) of pictures, halved where a window of steps has not raised the loss enough.

    A loss that rose from 0 counts as rising before the first step, as in the published code.
    """

    def __init__(self, settings: AttackSettings, best: Tensor) -> None:
        self.window, self.least, self.shorter = (max(int(share * settings.steps), 1) for share in WINDOWS)
        self.sizes = best.new_full((len(best), 1, 1, 1), 2 * settings.epsilon)
        self.losses = best.new_zeros(settings.steps, len(best))
        self.best, self.halved, self.since = best, best == best, 0

    def checked(self, index: int, losses: Tensor, best: Tensor) -> Tensor:
        """Which pictures (b,) are to go on from their best point, after the step of this index."""
        self.losses[index] = losses
        self.since += 1
        if self.since < self.window:
            return self.halved & False
        places = range(index, index - self.window, -1)
        risen = sum(self.losses[place] > self.losses[place - 1] for place in places)
        self.halved = (risen <= self.window * RISING) | (~self.halved & (self.best >= best))
        self.sizes = self.sizes / (1 + self.halved[:, None, None, None].to(self.sizes))
        self.best, self.since, self.window = best, 0, max(self.window - self.shorter, self.least)
        return self.halved


APGD_CE = Attack(
    title="APGD, cross-entropy",
    source="Croce & Hein, ICML 2020",
    explanation="As PGD, but it halves its step where the loss no longer rises and goes on from its best point.",
    threat=UNAWARE,
    build=apgd,
    looks=apgd_looks,
)
APGD_DLR = Attack(
    title="APGD, logit ratio",
    source="Croce & Hein, ICML 2020",
    explanation="As APGD, up a ratio of differences of logits, which has a gradient where the model is very sure too.",
    threat=UNAWARE,
    build=partial(apgd, ratio=True),
    looks=apgd_looks,
    least=3,
)
APGD_T = Attack(
    title="APGD, towards likely classes",
    source="Croce & Hein, ICML 2020",
    explanation="As APGD, towards each of the likeliest wrong classes in turn, until one of them is the answer.",
    threat=UNAWARE,
    build=apgd_targeted,
    looks=apgd_targeted_looks,
    least=4,
    batched=False,
)
