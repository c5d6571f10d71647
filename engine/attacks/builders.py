"""The attacks' algorithms, ready to run; the only home of torchattacks.

A builder takes a probe and the settings and returns the run and its number of forward passes, at most. It builds anew
at every call, because torchattacks' objects keep state. Runs start below the package's own entries where those would
seed the global generator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torchattacks
from torch import Tensor

from ..settings import AttackSettings
from .ball import into_ball
from .probes import Probe

Run = Callable[[Tensor, Tensor], Tensor]  # pixels (b, 3, s, s) and labels (b,) -> perturbed pixels
Builder = Callable[[Probe, AttackSettings], tuple[Run, int]]
NORMS = {"linf": "Linf", "l2": "L2"}  # as torchattacks spells them
RIVALS = 9  # wrong classes that targeted parts try, as AutoAttack does
WEIGHTS = (1, 10, 100)  # of the margin against the length of the change, for Carlini & Wagner
OVERSHOOT = 0.02  # of DeepFool's way, as in its paper
QUERIES = 50  # of AutoAttack's Square per step: 5,000 at the 100 steps of its standard


def pgd(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """Projected gradient ascent from a random start (Madry et al., 2018)."""
    family = {"linf": torchattacks.PGD, "l2": torchattacks.PGDL2}[settings.norm]
    built = family(probe, eps=settings.epsilon, alpha=settings.step, steps=settings.steps, random_start=True)
    return _aimed(built, settings), settings.steps


def fgsm(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """One step of size epsilon along the gradient's sign (Goodfellow et al., 2015)."""
    return _aimed(torchattacks.FGSM(probe, eps=settings.epsilon), settings), 1


def mi_fgsm(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """Sign steps along a gradient with momentum 1, from the picture itself (Dong et al., 2018)."""
    built = torchattacks.MIFGSM(probe, eps=settings.epsilon, alpha=settings.step, steps=settings.steps, decay=1.0)
    return _aimed(built, settings), settings.steps


def _aimed(built: torchattacks.attack.Attack, settings: AttackSettings) -> Run:
    """The attack in the mode that its own switch, which prints, would set."""
    if settings.target is not None:
        built.targeted = True
        built._target_map_function = lambda pixels, labels: torch.full_like(labels, settings.target)
    return built


def apgd(probe: Probe, settings: AttackSettings, loss: str) -> tuple[Run, int]:
    """Ascent that sets its own step size and starts again from its best point (Croce & Hein, 2020); no step size.

    Pictures that are wrong already are attacked too. Where nothing fooled the model, the result is the picture with the
    highest loss.
    """
    norm = NORMS[settings.norm]
    built = torchattacks.APGD(probe, norm=norm, eps=settings.epsilon, steps=settings.steps, loss=loss)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        highest, held, _, fooling = built.attack_single_run(pixels, label)
        return torch.where(held[:, None, None, None], highest, fooling)

    return run, settings.steps + 1


def apgd_targeted(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """APGD up the targeted logit ratio towards each of the `RIVALS` likeliest classes, until one fools the model
    (Croce & Hein, 2020). Where none does, the result is the picture with the highest ratio.
    """
    norm, count = NORMS[settings.norm], len(probe.classes)
    built = torchattacks.APGDT(probe, norm=norm, eps=settings.epsilon, steps=settings.steps, n_classes=count)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        best, top = pixels, -torch.inf
        for built.target_class in _ranks(probe(pixels), label):
            highest, held, loss, fooling = built.attack_single_run(pixels, label)
            if not held:
                return fooling
            if float(loss) > top:
                best, top = highest, float(loss)
        return best

    return run, 1 + _rivals(count) * (settings.steps + 2)


def _ranks(logits: Tensor, label: Tensor) -> list[int]:
    """Places from the top, counted from 1, of the likeliest wrong classes in logits (1, c)."""
    order = logits.sort(dim=1)[1][0].flip(0).tolist()
    return [place for place, name in enumerate(order, 1) if name != int(label)][: _rivals(len(order))]


def _rivals(count: int) -> int:
    return min(RIVALS, count - 1)


def carlini_wagner(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """The shortest change that just turns the answer, by Adam in tanh space (Carlini & Wagner, 2017), cut to epsilon.

    Each of `WEIGHTS` gets `steps` at most, in place of the paper's search, until one turns the answer. A picture that
    none can turn stays as it is.
    """
    built = _Margin(probe, kappa=0, steps=settings.steps, lr=0.01)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        for built.c in WEIGHTS:
            found = built(pixels, label)
            if _fools(probe, found, label):
                break
        return into_ball(found, pixels, settings.epsilon, settings.norm)

    return run, len(WEIGHTS) * (settings.steps + 1)


class _Margin(torchattacks.CW):
    """The package's own margin takes the other logits to be positive, and fails on a GPU."""

    def f(self, outputs: Tensor, labels: Tensor) -> Tensor:
        own = outputs.gather(1, labels[:, None])[:, 0]
        others = outputs.scatter(1, labels[:, None], -torch.inf).amax(1)
        return (own - others).clamp_min(-self.kappa)


def deepfool(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """The shortest way to the nearest linearised boundary, again until over (Moosavi-Dezfooli et al., 2016), cut to
    epsilon. Ends as soon as the answer is not the label, so that pictures that are wrong already stay as they are.

    The whole way is lengthened by `OVERSHOOT`, as in the paper. The package lengthens each step for itself: the last
    one is next to nothing, so it ends on the boundary, where the rounding of the last digit gives the answer.
    """
    built = torchattacks.DeepFool(probe, steps=1, overshoot=0)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        near = pixels
        for _ in range(settings.steps):
            near = built(near, label)
            over = (pixels + (1 + OVERSHOOT) * (near - pixels)).clamp(0, 1)
            if _fools(probe, over, label):
                break
        return into_ball(over, pixels, settings.epsilon, settings.norm)

    return run, 2 * settings.steps


def square(probe: Probe, settings: AttackSettings, queries: int = 1) -> tuple[Run, int]:
    """Random squares, kept where they lower the margin (Andriushchenko et al., 2020); ends when the answer turns.

    `queries` are those per step.
    """
    norm, queries = NORMS[settings.norm], queries * settings.steps
    built = torchattacks.Square(probe, norm=norm, eps=settings.epsilon, n_queries=queries)
    built.targeted = settings.target is not None

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        built.init_hyperparam(pixels)
        wanted = label if settings.target is None else torch.full_like(label, settings.target)
        return built.attack_single_run(pixels, wanted)[1]

    return run, 1 + queries


def fab(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """The nearest boundaries to the `RIVALS` likeliest classes (Croce & Hein, 2020), until one lies within epsilon.

    Where none does, the picture stays as it is.
    """
    norm, count = NORMS[settings.norm], len(probe.classes)
    made = {"norm": norm, "eps": settings.epsilon, "steps": settings.steps, "n_classes": count, "multi_targeted": True}
    built = torchattacks.FAB(probe, **made)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        for built.target_class in _ranks(probe(pixels), label):
            found = built.attack_single_run_targeted(pixels, label)
            inside = into_ball(found, pixels, settings.epsilon, settings.norm)
            if _fools(probe, inside, label):
                return inside
        return pixels

    return run, 1 + _rivals(count) * (2 * settings.steps + 3)


def auto(probe: Probe, settings: AttackSettings) -> tuple[Run, int]:
    """AutoAttack's standard suite (Croce & Hein, 2020): each part begins where the ones before it failed.

    Where all fail, the result is the first part's. `steps` is 100 in the standard.
    """
    parts = [partial(apgd, loss="ce"), apgd_targeted, fab, partial(square, queries=QUERIES)]
    runs, passes = zip(*(part(probe, settings) for part in parts), strict=True)

    def run(pixels: Tensor, label: Tensor) -> Tensor:
        results = []
        for part in runs:
            results.append(part(pixels, label))
            if _fools(probe, results[-1], label):
                return results[-1]
        return results[0]

    return run, sum(passes) + len(parts)


def _fools(probe: Probe, pixels: Tensor, label: Tensor) -> bool:
    return bool((probe(pixels).argmax(-1) != label).all())
