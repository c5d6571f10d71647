"""Attacks that look for the smallest change that turns the answer: Carlini & Wagner, DeepFool and FAB.

The runs of the first two return the change as they found it, however long; the stream cuts it to epsilon. Both are
written here, because the package's fall short: its C&W ends after a few of its steps, searches for no weight, and by
its change of variable never moves a pixel that is 0 or 1; its DeepFool knows the Euclidean norm only and compares all
classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from .base import NORMS, UNAWARE, WITHIN, Attack, Run, fools, likeliest_wrong
from .looks import Looks, rivals

if TYPE_CHECKING:
    from torch import Tensor

    from ..settings import AttackSettings
    from .probes import Probe

OVERSHOOT = 0.02  # of DeepFool's way, as in its paper
FURTHER = 1e-4  # that each of its steps goes, as in its authors' code: a step to the boundary itself may fall short
SEARCHES = 4  # of Carlini & Wagner, for the weight or the limit that just suffices
SPARE = 1.5  # beginning with so much more than would suffice if boundaries were flat
SHRINK = 0.6
LEAD = 1e-3  # of another class over the label, in logits, that the rounding of the last digit does not undo
RATES = (0.5, 0.02)  # of Carlini & Wagner's descent: first to where a flat boundary would be, and last
STRIDE = 0.25  # of its steps under a limit, as a share of that
TINY = 1e-30  # keeps a gradient of zeros from being divided by


def deepfool(probe: Probe, settings: AttackSettings) -> Run:
    """The way to the nearest linearised boundary of the `RIVALS` likeliest wrong classes, again until over it
    (Moosavi-Dezfooli et al., 2016, algorithm 2). Ends as soon as the answer is not the label, so that pictures that are
    wrong already stay as they are.

    The whole way is lengthened by `OVERSHOOT`, as in the paper, and not each step for itself: the last one is next to
    nothing, and would end where the rounding of the last digit gives the answer.
    """

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        near = over = pixels
        way, others = pixels.new_zeros(pixels.shape), []
        for _ in range(settings.steps):
            shown = near.detach().requires_grad_()
            logits = probe(shown)
            if int(logits.argmax()) != int(label):
                return over
            others = others or _likeliest_others(logits, label)
            way = way + min(_ways(probe, shown, logits[0], int(label), others, settings.norm), key=lambda w: w[0])[1]
            near, over = (pixels + way).clamp(0, 1), (pixels + (1 + OVERSHOOT) * way).clamp(0, 1)
            if fools(probe, over, label):
                break
        return over

    return run


def deepfool_looks(settings: AttackSettings, classes: int) -> Looks:
    """Two for every step; of the first, a gradient for each rival."""
    return Looks(2 * settings.steps, rivals(classes) * settings.steps)


def _likeliest_others(logits: Tensor, label: Tensor) -> list[int]:
    """The `RIVALS` likeliest classes but the label, of logits (1, c)."""
    order = logits[0].argsort(descending=True).tolist()
    return [order[place - 1] for place in likeliest_wrong(logits, label)]


def _ways(
    probe: Probe, shown: Tensor, logits: Tensor, label: int, others: list[int], norm: str
) -> Iterator[tuple[float, Tensor]]:
    """How far the linearised boundary to each of the other classes is, and the shortest way (1, 3, s, s) over it.

    In the dual of the norm the gradient is as steep as it can be: its Euclidean length for l2, along itself; the sum of
    its absolute values for linf, along its signs (section 3.3 of the paper).
    """
    import torch

    for place, other in enumerate(others, 1):
        probe.check_cancelled()
        lead = logits[other] - logits[label]
        (slope,) = torch.autograd.grad(lead, shown, retain_graph=place < len(others))
        steep, along = _dual(slope, norm)
        far = float(lead.detach().abs()) / steep
        yield far, (far + FURTHER) * along


def _dual(slope: Tensor, norm: str) -> tuple[float, Tensor]:
    """How much a function with this gradient rises along the best change of length 1 in the norm, and that change."""
    if norm == "linf":
        return max(float(slope.abs().sum()), TINY), slope.sign()
    steep = max(float(slope.norm()), TINY)
    return steep, slope / steep


def carlini_wagner(probe: Probe, settings: AttackSettings) -> Run:
    """The shortest change by which another class leads by `settings.confidence` logits (Carlini & Wagner, 2017).

    For l2 the squared length of the change plus a weight times what is missing of the lead (their loss f6) goes down;
    for linf what is missing goes down under a limit, which stands in place of their penalty. `SEARCHES` searches of
    `steps` each look for the least weight or limit that suffices. A picture that none can turn stays as it is.

    Of the paper's three solvers, which it found equally good, this is gradient descent, and of its three ways to keep
    to [0, 1] the projection: the change of variable has no gradient where pixels are 0 or 1, and Adam's steps of one
    size for all pixels are far longer than the change in search.
    """
    attempt, growth = {"linf": (_under_limit, 2), "l2": (_with_weight, 10)}[settings.norm]

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        look = partial(_look, probe, int(label), max(settings.confidence, LEAD))
        first = look(pixels)
        if first.missing < 0 or not first.slope.any():
            return pixels
        given = partial(attempt, look, pixels, first, settings.steps)
        return _search(given, _start(first, settings.norm), growth, pixels, settings.norm)

    return run


def carlini_wagner_looks(settings: AttackSettings, classes: int) -> Looks:
    """One for every step of every search, and one before the first."""
    return Looks(1 + SEARCHES * settings.steps, 1 + SEARCHES * settings.steps)


@dataclass(frozen=True, eq=False, slots=True)
class _Looked:
    """What one pass tells: how many logits are `missing` of the wanted lead (f6 of the paper before it is cut off at
    0, plus the lead), and the gradient of that, (1, 3, s, s).
    """

    missing: float
    slope: Tensor


Look = Callable[["Tensor"], _Looked]
Attempt = Callable[[float], tuple["Tensor | None", float]]


def _look(probe: Probe, label: int, lead: float, pixels: Tensor) -> _Looked:
    import torch

    shown = pixels.detach().requires_grad_()
    logits = probe(shown)[0]
    others = torch.cat([logits[:label], logits[label + 1 :]])
    missing = logits[label] - others.max() + lead
    (slope,) = torch.autograd.grad(missing, shown)
    return _Looked(float(missing.detach()), slope)


def _start(first: _Looked, norm: str) -> float:
    """The weight or the limit that would suffice with `SPARE` to spare if boundaries were flat: with slope g and m
    missing, |change|^2 + weight (m + g change) is least where nothing is missing from the weight 2 m / |g|^2 on.
    """
    steep = _dual(first.slope, norm)[0]
    return SPARE * (first.missing / steep if norm == "linf" else 2 * first.missing / steep**2)


def _search(attempt: Attempt, value: float, growth: float, pixels: Tensor, norm: str) -> Tensor:
    """The shortest picture that `SEARCHES` attempts found: at `growth` times the value while none suffices, and then
    halfway between the least value that did and the greatest that did not, which counts as `SHRINK` of it at least.
    """
    from .projection import size_of

    found, low, high = pixels, 0.0, math.inf
    for _ in range(SEARCHES):
        turned, enough = attempt(value)
        if turned is None:
            low = value
        else:
            high = enough
            if found is pixels or size_of(turned - pixels, norm) < size_of(found - pixels, norm):
                found = turned
        value = growth * value if high == math.inf else (max(low, SHRINK * high) + high) / 2
    return found


def _with_weight(look: Look, pixels: Tensor, first: _Looked, steps: int, weight: float) -> tuple[Tensor | None, float]:
    """The shortest picture that suffices on the way down |change|^2 + weight * missing, and the weight."""
    shortest, found, change, seen = math.inf, None, pixels.new_zeros(pixels.shape), first
    for step in range(steps):
        pull = 2 * change if seen.missing < 0 else 2 * change + weight * seen.slope
        rate = RATES[0] * (RATES[1] / RATES[0]) ** (step / steps)
        change = (pixels + change - rate * pull).clamp(0, 1) - pixels
        seen = look(pixels + change)
        if seen.missing < 0 and float(change.norm()) < shortest:
            shortest, found = float(change.norm()), pixels + change
    return found, weight


def _under_limit(look: Look, pixels: Tensor, first: _Looked, steps: int, limit: float) -> tuple[Tensor | None, float]:
    """The first picture that suffices on the way down what is missing, no channel changed by more than `limit`; and
    the limit that would have been enough for it.
    """
    change, seen = pixels.new_zeros(pixels.shape), first
    for _ in range(steps):
        change = (change - STRIDE * limit * seen.slope.sign()).clamp(-limit, limit)
        change = (pixels + change).clamp(0, 1) - pixels
        seen = look(pixels + change)
        if seen.missing < 0:
            return pixels + change, float(change.abs().max())
    return None, limit


def fab(probe: Probe, settings: AttackSettings) -> Run:
    """The nearest boundaries to the `RIVALS` likeliest classes (Croce & Hein, 2020), until one lies within epsilon.

    Where none does, the picture stays as it is. A part of AutoAttack; no attack of its own here.
    """
    import torchattacks

    from .projection import into_ball

    norm, count = NORMS[settings.norm], len(probe.classes[0])
    made = {"norm": norm, "eps": settings.epsilon, "steps": settings.steps, "n_classes": count, "multi_targeted": True}
    built = torchattacks.FAB(probe, **made)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        for built.target_class in likeliest_wrong(probe(pixels), label):
            found = built.attack_single_run_targeted(pixels, label)
            inside = into_ball(found, pixels, settings.epsilon, settings.norm)
            if fools(probe, inside, label):
                return inside
        return pixels

    return run


def fab_looks(settings: AttackSettings, classes: int) -> Looks:
    """One for the likeliest classes, and for each of these two for every step and three around them."""
    return Looks(1 + rivals(classes) * (2 * settings.steps + 3), rivals(classes) * settings.steps)


CARLINI_WAGNER = Attack(
    title="Carlini & Wagner",
    source="Carlini & Wagner, IEEE S&P 2017",
    explanation="Looks for the shortest change that just turns the answer, weighing its length against the margin.",
    threat=UNAWARE,
    build=carlini_wagner,
    looks=carlini_wagner_looks,
    batched=False,
    blocking=True,
    minimal=True,
    uses=("steps", "confidence", *WITHIN),
)
DEEPFOOL = Attack(
    title="DeepFool",
    source="Moosavi-Dezfooli et al., CVPR 2016",
    explanation="Walks to the nearest boundary between two answers, as if boundaries were flat, until over it.",
    threat=UNAWARE,
    build=deepfool,
    looks=deepfool_looks,
    batched=False,
    blocking=True,
    minimal=True,
)
